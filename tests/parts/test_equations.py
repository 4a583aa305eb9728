"""The equations behind the math peek: the numbers are the model's, the right term is boxed."""

import re
from typing import Any

import pytest
from msgspec.structs import astuple

from storagelab.parts import PARTS
from storagelab.parts.checkpoint.words import format_loss
from storagelab.parts.equation import boxed, share, struck, symbol, text
from storagelab.parts.pipeline.experiment import TIERS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_share, format_time
from tests.parts.sliders import of_part, positions

EVERY = pytest.mark.parametrize(
    ("name", "part"), [(name, part) for part in PARTS.values() for name in TRACKS]
)
PLAIN = {
    "begin", "end", "text", "boxed", "frac", "sqrt", "max", "min", "left", "right", "cdot", "quad",
    "rlap", "tau", "ge", "varphi", "approx",
}  # fmt: skip
"""Commands of TeX and amsmath, which MathJax has without an extension from the network."""


GREEK = {r"\tau": "τ", r"\varphi": "φ"}


def signs(tex: str) -> set[str]:
    """Return the symbols of an equation, such as ``t_open``, without the base e of powers."""
    for command, letter in GREEK.items():
        tex = re.sub(rf"{re.escape(command)}(?![a-z])", letter, tex)
    tex = re.sub(r"_\\text\{([^}]*)\}", r"_<\1>", tex)
    tex = re.sub(r"\\(begin|end)\{aligned\}|\\text\{[^}]*\}|\[\d+ex\]|\\[a-zA-Z]+", " ", tex)
    found = re.findall(r"([A-Za-zτφ])(?:_<([^>]*)>|_(\w))?", tex)
    return {"_".join(filter(None, parts)) for parts in found} - {"e"}


def test_symbols_are_found_in_tex() -> None:
    tex = r"t_\text{I/O} &= \text{3 s} \\[1ex] \tau\,d + W_0(-e^{-1-d/M})"
    assert signs(rf"\begin{{aligned}}{tex}\end{{aligned}}") == {"t_I/O", "τ", "d", "W_0", "M"}


@EVERY
def test_every_symbol_is_in_the_equation_and_every_one_of_the_equation_is_listed(
    name: str, part: Any
) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=200):
        equation = part.equation(track, outcome)
        listed = {item.sign for item in equation.symbols}
        written = set(re.findall(r"\\text\{([^}]*)\}", equation.tex))
        words = {sign for sign in listed if sign in written and not re.search("_|^.$", sign)}
        assert signs(equation.tex) == listed - words


def boxes(tex: str) -> list[Any]:
    """Return what stands in each box of an equation."""
    found = []
    for match in re.finditer(r"\\boxed\{", tex):
        depth, at = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(tex[at], 0)
            at += 1
        found.append(tex[match.end() : at - 1])
    return found


@EVERY
def test_an_equation_is_plain_tex_with_braces_that_match(name: str, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=60):
        tex = part.equation(track, outcome).tex
        assert set(re.findall(r"\\([a-zA-Z]+)", tex)) <= PLAIN
        assert tex.count("{") == tex.count("}")
        assert tex.count(r"\left") == tex.count(r"\right")
        assert tex.startswith(r"\begin{aligned}")
        assert tex.endswith(r"\end{aligned}")
        # inside of text MathJax would show a backslash
        assert not re.search(r"\\text\{[^}]*[\\%]", tex)
        assert not re.search(r"\b(nan|inf|None)\b", tex)


@EVERY
def test_the_words_name_what_dominates_and_the_table_marks_it(name: str, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=60):
        equation = part.equation(track, outcome)
        assert "dominate" in equation.words
        assert any(item.dominates for item in equation.symbols)
        assert boxes(equation.tex)
        for item in equation.symbols:
            assert item.sign
            assert item.meaning
            assert item.value
            assert not re.search(r"[{}\\]|\b(nan|inf|None)\b", " ".join(map(str, astuple(item))))
        assert len({item.sign for item in equation.symbols}) == len(equation.symbols)


def marked(equation: Any) -> set[Any]:
    return {item.sign for item in equation.symbols if item.dominates}


@pytest.mark.parametrize(("name", "part"), of_part("access"))
def test_the_longest_of_storages_times_and_the_longer_side_are_boxed(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=300):
        equation, step = part.equation(track, outcome), outcome.steps
        longest = max(("open", "wait", "read"), key=step.get)
        side = "t_I/O" if outcome.io_time > step["compute"] else "t_compute"
        assert marked(equation) == {f"t_{longest}", side}
        first, second = boxes(equation.tex)
        assert first == text(format_time(step[longest]))
        assert format_share(step[longest] / outcome.io_time) in equation.words
        assert second in equation.tex.split(r"\max\left(")[1]
        greater = max(outcome.io_time, step["compute"])
        assert outcome.utilization == pytest.approx(step["compute"] / greater)
        assert equation.tex.endswith(rf"= {share(outcome.utilization)}\end{{aligned}}")


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_the_least_ceiling_is_boxed_and_is_what_flows(name: Any, part: Any) -> None:
    track = load_track(name)
    is_log = track.pipeline.is_log
    signs = {
        "link": "R" if is_log else "B_link",
        "nvme": "F_log" if is_log else "B_cache",
        "prepare": "F_prepare",
        "compute": "F_compute",
    }
    assert set(signs) == set(TIERS)
    for outcome in positions(part, track, count=300):
        equation, warm, settings = part.equation(track, outcome), outcome.warm, outcome.settings
        assert marked(equation) == {signs[warm.binding]}
        (least,) = boxes(equation.tex)
        misses = 1 - warm.hit_rate - warm.memory_hit_rate
        bandwidth, part_of_it = {
            "link": (settings.link, misses),
            "nvme": (settings.nvme, warm.hit_rate),
            "prepare": (warm.ceilings["prepare"], 1.0),
            "compute": (outcome.demand, 1.0),
        }[warm.binding]
        if is_log and warm.binding in ("link", "nvme"):
            bandwidth, part_of_it = warm.rate, 1.0
        assert bandwidth == pytest.approx(part_of_it * warm.rate)
        if not (is_log and warm.binding == "link"):
            assert format_bandwidth(bandwidth) in least
        else:
            assert format_bandwidth(settings.link) in least
        assert format_bandwidth(warm.rate) in equation.words
        # the second line is the share of the demand that arrives
        assert rf"= {share(warm.rate / outcome.demand)}" in equation.tex


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_the_job_is_in_the_equation_without_its_numbers(name: Any, part: Any) -> None:
    """What a job comes to, a recorded run says: the moving equation has its formula alone."""
    track = load_track(name)
    for outcome in positions(part, track, count=60):
        tex = part.equation(track, outcome).tex
        _, *job = tex.split("utilisation")
        assert len(job) == track.pipeline.cold_start
        assert not re.search(r"\d\.|\d\d|%", "".join(job))


@pytest.mark.parametrize(("name", "part"), of_part("checkpoint"))
def test_the_greatest_loss_is_boxed(name: Any, part: Any) -> None:
    track = load_track(name)
    signs = {"dump": track.terms.dumps, "lost": "lost work", "restart": "restarts"}
    for outcome in positions(part, track, count=300):
        equation = part.equation(track, outcome)
        losses = {kind: outcome.parts[kind] for kind in signs}
        greatest = max(losses.values())
        assert marked(equation) <= {signs[kind] for kind in signs if losses[kind] == greatest}
        assert len(marked(equation)) == len(boxes(equation.tex)) == 1
        if "ends" in outcome.unmet:
            assert "without end" in equation.words
            continue
        for kind in signs:
            assert format_loss(track, outcome.losses[kind]) in equation.words
        assert "leaves the best interval where it is" in equation.words


def test_units_that_cancel_are_struck_out_on_both_sides() -> None:
    for part in PARTS.values():
        tex = part.equation(load_track("cloud_titan"), part.baseline(load_track("cloud_titan"))).tex
        over, under = re.search(r"\\frac\{([^=]*?\\rlap.*?)\}\{(.*?\\rlap.*)", tex).groups()
        unit = re.compile(r"\\rlap\{\\text\{–+\}\}\\text\{([^}]*)\}")
        assert unit.findall(over)[-1] == unit.findall(under)[0]


def test_a_dressed_number_is_parted_from_its_unit() -> None:
    parted = {
        dressed: (symbol("x", "y", dressed).value, symbol("x", "y", dressed).unit)
        for dressed in ("3.5 s", "1,230 GB/s", "20%", "64", "5.5 million", "without end", "0 s")
    }
    assert parted == {
        "3.5 s": ("3.5", "s"),
        "1,230 GB/s": ("1,230", "GB/s"),
        "20%": ("20", "%"),
        "64": ("64", ""),
        "5.5 million": ("5.5", "million"),
        "without end": ("without end", ""),
        "0 s": ("0", "s"),
    }


def test_the_pieces_of_an_equation() -> None:
    assert boxed("x") == r"\boxed{x}"
    assert boxed("x", False) == "x"
    assert share(0.028) == r"\text{2.8}\%"
    assert struck(7200, 3600, "h") == r"\text{2}\ \rlap{\text{–}}\text{h}"


@EVERY
def test_what_strikes_a_unit_out_is_a_flat_line_as_long_as_the_unit(name: str, part: Any) -> None:
    """A slash over ms reads as m/s."""
    track = load_track(name)
    for outcome in positions(part, track, count=60):
        tex = part.equation(track, outcome).tex
        struck_out = re.findall(r"\\rlap\{\\text\{(–+)\}\}\\text\{([^}]*)\}", tex)
        assert len(struck_out) == tex.count(r"\rlap")
        assert struck_out
        assert all(len(line) == len(unit) for line, unit in struck_out)
