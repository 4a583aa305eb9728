"""How much of two texts is the same, with what is common to all taken out.

What everybody has to write (the question's words, the words of the field, stock phrases) says
nothing about two people. Texts are compared by their runs of three words, each of which weighs
the more the fewer of the class have it: TF-IDF and the cosine, as in Manning, Raghavan and
Schütze, "Introduction to Information Retrieval" (2008), chapter 6.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

RUN = 3
"""Words in a row that are compared as one."""
SIMILAR = 0.4
"""Cosine from which on two texts are alike; docs/report.md says of whom that is told wrongly."""
LEAST_WORDS = 15
"""Words of a text that is compared: with fewer it says too little."""
_LONGEST = 400
"""Words of a text that are read: a reflection has 40 to 80."""
_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")

Run = tuple[str, ...]


def words(text: str) -> list[str]:
    """Return the words and numbers of a text, in small letters and in order."""
    found = (match[0] for match in _WORD.finditer(text.casefold()))
    return [word.replace(",", "") for word in islice(found, _LONGEST)]


def _runs(text: Sequence[str]) -> set[Run]:
    return {tuple(text[at : at + RUN]) for at in range(len(text) - RUN + 1)}


def similar_pairs(
    texts: Mapping[str, Sequence[str]], question: Sequence[str]
) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of students whose texts, as words, are alike, and how much: above 0, to 1."""
    students = sorted(student for student, text in texts.items() if len(text) >= LEAST_WORDS)
    runs = {student: _runs(texts[student]) - _runs(question) for student in students}
    had = Counter(run for own in runs.values() for run in own)
    # what two alone have weighs as much as what one has
    weight = {run: np.log(len(students) / max(many - 1, 1)) for run, many in had.items()}
    place = {run: at for at, run in enumerate(run for run, many in had.items() if many > 1)}
    vectors = np.zeros((len(students), len(place)), dtype=np.float32)
    for row, student in enumerate(students):
        own = runs[student]
        norm = np.sqrt(sum(weight[run] ** 2 for run in own)) or 1.0
        for run in own & place.keys():
            vectors[row, place[run]] = weight[run] / norm
    cosines = vectors @ vectors.T
    for one, other in np.argwhere(np.triu(cosines, 1) >= SIMILAR):
        yield students[one], students[other], min(float(cosines[one, other]), 1.0)
