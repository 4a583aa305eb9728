"""What honest students write by themselves, made up: reflections, and functions for a law.

A reflection says four to six of a dozen things, each in one of several ways, with the student's
own numbers, as a class does that answers one question after one lecture. It is no corpus; what
it shows is how often people with the same few ideas are taken for one.
"""

from __future__ import annotations

import ast
import random

_OPENINGS = (
    "", "", "", "In my runs ", "From what I saw, ", "The short answer: ", "I think that ",
    "Looking at the bars, ", "First of all ", "As far as I can tell ", "Going by the plot, ",
)  # fmt: skip
_IDEAS = (
    ("a random read pays {a} ms before its first byte arrives",
     "every jump costs about {a} ms whatever its size",
     "the head needs {a} milliseconds to get to a place",
     "each request waits {a} ms no matter how little it asks for"),
    ("flash has no head but {b} µs of sensing remain",
     "an SSD still takes {b} µs per page, so it isn't free either",
     "without moving parts it is {b} µs, small but paid each time",
     "on NVMe the same thing costs {b} µs and is hidden by depth"),
    ("with requests of {c} KiB that cost is shared by many bytes",
     "asking for {c} KiB at once spreads the wait",
     "large reads ({c} KiB in my decision) make the wait vanish",
     "{c} KiB per request brought me close to the peak"),
    ("queue depth {d} keeps all disks busy",
     "with {d} in flight the waits overlap",
     "I raised the depth to {d} and nothing came of going higher",
     "{d} outstanding requests were enough for the shelf"),
    ("the shuffle buffer of {e} moves samples only a little",
     "a buffer holding {e} gives up a full shuffle",
     "{e} samples of buffer are far from a true permutation",
     "what we lose is randomness: {e} places of displacement"),
    ("shards turn many small files into few large ones",
     "packing records into shards means fewer seeks",
     "one shard carries thousands of records in order",
     "writing the data as TFRecord made reads sequential"),
    ("the accelerators idled {f}% of the time before",
     "my GPUs starved for {f}% of each step",
     "{f}% of every step was waiting",
     "utilisation was so low that {f}% went to waste"),
    ("the link binds at {g} MB/s while the NVMe sleeps",
     "it is the {g} MB/s of network that sets the pace",
     "everything upstream is capped at {g} MB/s",
     "more cache didn't help until the link's {g} MB/s grew"),
    ("moving money from disks to the link paid off",
     "I spent less on local drives and more on bandwidth",
     "the cheapest fix was the network, not storage",
     "dollars belong where the bottleneck is"),
    ("saving every {h} minutes wastes {f}% on dumps",
     "an interval of {h} min balances dumps against lost work",
     "I would checkpoint each {h} minutes at this MTBF",
     "{h} minutes came out of the square-root rule"),
    ("local-first loses a node's state when it dies",
     "a dead node takes its NVMe with it",
     "what is local is gone after a crash",
     "cloud storage survives what local disks don't"),
    ("I would change my mind if failures were {d} times rarer",
     "with an MTBF {d} times longer the answer flips",
     "should prices fall by {f}% I'd choose differently",
     "only a link {d} times as fast would convince me otherwise"),
)  # fmt: skip


def reflection(draw: random.Random) -> str:
    """Return a reflection of 40 to 80 words or so."""
    numbers = {
        "a": draw.choice((8, 9, 10, 12, 12.7, 13)), "b": draw.choice((60, 69, 70, 80, 100)),
        "c": draw.choice((256, 512, 1024, 2048, 4096)), "d": draw.choice((2, 4, 8, 16, 32, 64)),
        "e": draw.choice((1024, 4096, 5000, 8192, 10_000)), "f": draw.randint(5, 95),
        "g": draw.choice((234, 625, 1250, 1380)), "h": draw.randint(5, 90),
    }  # fmt: skip
    chosen = draw.sample(_IDEAS, draw.randint(4, 6))
    lines = [draw.choice(_OPENINGS) + draw.choice(idea).format(**numbers) for idea in chosen]
    return draw.choice((". ", "; ", ", and ")).join(lines).strip().capitalize() + "."


def law(draw: random.Random, right: str) -> str:
    """Return a function as somebody writes it who knows the law, or nearly knows it."""
    function = ast.parse(right).body[-1]
    assert isinstance(function, ast.FunctionDef)
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert last.value is not None
    formula = ast.unparse(last.value)
    wrong = draw.choice((f"({formula}) * 2", f"({formula}) / 1000", f"({formula}) + 1",
                         f"({formula}) * 8", f"1 - ({formula})"))  # fmt: skip
    said = wrong if draw.random() < 0.25 else formula
    names = [argument.arg for argument in function.args.args]
    name = draw.choice(("result", "answer", "size", "value", "x"))
    lines = [ast.unparse(line) for line in function.body[:-1]]
    for step in (f"if {draw.choice(names)} <= 0:\n        return 0", "scale = 1.0",
                 f"first = {draw.choice(names)} * {draw.choice(names)}"):  # fmt: skip
        if draw.random() < 0.25:
            lines.insert(draw.randint(0, len(lines)), step)
    lines += [f"return {said}"] if draw.random() < 0.5 else [f"{name} = {said}", f"return {name}"]
    lines.insert(0, draw.choice(("", "", "# from the chapter", "# see my notes")))
    body = "".join(f"    {line}\n" for line in lines)
    return f"import math\n\n\ndef {function.name}({', '.join(names)}):\n{body}"
