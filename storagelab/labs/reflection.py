"""How long a reflection is, and what is said of it: grading it is a person's."""

from __future__ import annotations

WORDS = (40, 80)
"""Words that a reflection should have, at least and at most."""
_BEGUN = 10
"""Words from which somebody has begun to write."""

SENTENCES: tuple[tuple[float, str], ...] = (
    (_BEGUN, f"Still to do: write {WORDS[0]} to {WORDS[1]} words between the quotes."),
    (
        WORDS[0],
        f"{{count}} words so far. A defence takes {WORDS[0]} to {WORDS[1]}: which number backs it?",
    ),
    (WORDS[1] + 1, "{count} words: a good length."),
    (
        float("inf"),
        f"{{count}} words. Cut it to {WORDS[1]}: which sentence could go without loss?",
    ),
)
"""What is said of a text with fewer than so many words, in ascending order."""


def count_words(text: object) -> int:
    """Return the words of a reflection; 0 of anything that is no text."""
    return len(text.split()) if isinstance(text, str) else 0


def has_good_length(text: object) -> bool:
    """Return whether a reflection is as long as is asked for."""
    return WORDS[0] <= count_words(text) <= WORDS[1]


def comment(text: object) -> str:
    """Return what is said of a reflection's length."""
    count = count_words(text)
    return next(says for below, says in SENTENCES if count < below).format(count=count)
