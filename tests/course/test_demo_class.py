"""The demo class, graded by nbgrader: every student's score in every track, cell by cell."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keys
import nbformat
import pytest

from demo.forks import run_nbgrader
from demo.run_class import AT_A_SCREEN, read_scores
from demo.students import NEIGHBOUR, NOT_MINE, ONCE, make_student, names_in, own_sheets, own_variant
from storagelab.course.layout import Layout
from storagelab.labs.texts import text_of
from storagelab.ledger import read_opening
from storagelab.parts import PARTS
from storagelab.parts.scoring import free_cost
from storagelab.tracks import TRACKS, load_track

COPIERS = ("nora_pastes_a_neighbours_lines", "ole_hands_in_a_neighbours_folder")
CLASS = [(track, name) for track in TRACKS for name in names_in(track)]
every_student = pytest.mark.parametrize(("track", "name"), CLASS)
every_track = pytest.mark.parametrize("track", TRACKS)


@pytest.fixture(
    scope="module",
    params=["demo-class", pytest.param("demo-class-stock", marks=pytest.mark.nightly)],
)
def demo_class(request: pytest.FixtureRequest, layout: Layout, make: Callable[[str], None]) -> Any:
    """The class as ``make test`` has it, and the one that nbgrader alone graded, with kernels."""
    make(request.param)
    return layout.root / "build" / request.param


@pytest.fixture(scope="module")
def scores(demo_class: Path) -> dict[Any, Any]:
    return {
        track: json.loads((demo_class / track / "scores.json").read_text(encoding="utf-8"))
        for track in TRACKS
    }


@pytest.fixture(scope="module")
def full(layout: Layout) -> Any:
    """All points of every graded cell, by track; None where a person grades."""
    points: dict[str, dict[str, float | None]] = {track: {} for track in TRACKS}
    for track, cells in points.items():
        for part in PARTS.values():
            path = layout.source / track / f"{part.stem}.ipynb"
            for cell in nbformat.read(path, as_version=4).cells:
                grading = cell.metadata.get("nbgrader", {})
                if grading.get("grade"):
                    cells[f"{part.name}/{cell.id}"] = float(grading["points"])
                elif grading.get("task"):
                    cells[f"{part.name}/{cell.id}"] = None
    return points


def name_of(cell: Any) -> Any:
    # a cell that nbgrader puts back has the grade id and no other
    return cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id"))


@pytest.fixture(scope="module")
def graded(demo_class: Path) -> Callable[..., dict[str, str]]:
    """What each cell of a graded notebook answered, by ``part/cell``: its errors, or nothing."""

    def read(track: Any, name: str, home: bool = False) -> dict[str, str]:
        room = demo_class / track / ("homes" if home else "course/autograded") / name / track
        return {
            f"{part.name}/{name_of(cell)}": "\n".join(
                "\n".join([output.ename, output.evalue, *output.traceback])
                for output in cell.get("outputs", [])
                if output.output_type == "error"
            )
            for part in PARTS.values()
            for cell in nbformat.read(room / f"{part.stem}.ipynb", as_version=4).cells
        }

    return read


@every_track
def test_everybody_is_graded(track: Any, scores: Any) -> None:
    assert set(scores[track]) == set(names_in(track))


def test_every_kind_of_student_is_in_every_track_but_for_the_time_limit() -> None:
    for track in TRACKS[1:]:
        assert set(names_in(TRACKS[0])) - set(names_in(track)) == set(ONCE)


@every_student
def test_every_cell_has_the_score_that_it_deserves(
    track: str, name: str, scores: dict[Any, Any], full: Any
) -> None:
    loses = make_student(keys, track, name).loses
    assert loses.keys() <= full[track].keys()
    deserved = {**full[track], **{cell: loss.score for cell, loss in loses.items()}}
    assert scores[track][name] == deserved


@every_student
def test_a_cell_without_points_says_why_and_the_others_say_nothing(
    track: str, name: str, full: Any, graded: Callable[..., dict[str, str]]
) -> None:
    loses, answered = make_student(keys, track, name).loses, graded(track, name)
    for cell in full[track]:
        if cell in loses and not loses[cell].score:
            assert loses[cell].says
            assert loses[cell].says in answered[cell], f"{cell}: {loses[cell].why}"
        else:
            assert answered[cell] == "", cell


@pytest.fixture
def at_a_screen(track: str, demo_class: Any) -> None:
    """Leave out a track in which nobody worked in a kernel."""
    if demo_class.name == "demo-class" and track != TRACKS[0]:
        pytest.skip("worked through in kernels by the nightly class")


@every_track
@pytest.mark.usefixtures("at_a_screen")
def test_who_does_everything_right_meets_no_error_on_the_way(
    track: str, graded: Callable[..., dict[str, str]], full: Any
) -> None:
    at_home = graded(track, AT_A_SCREEN, home=True)
    assert {cell: says for cell, says in at_home.items() if says} == {}
    assert full[track].keys() < at_home.keys()


@every_track
@pytest.mark.usefixtures("at_a_screen")
def test_a_notebook_is_handed_in_as_jupyterlab_leaves_it_with_its_workbench(
    track: str, demo_class: Any
) -> None:
    for part in PARTS.values():
        path = demo_class / track / "course/submitted" / AT_A_SCREEN / track / f"{part.stem}.ipynb"
        cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
        shown = [set(output.get("data", {})) for output in cells["workbench"].outputs]
        assert any("application/vnd.jupyter.widget-view+json" in kinds for kinds in shown)


@every_track
def test_a_wrong_prediction_costs_nothing(track: str, scores: dict[Any, Any]) -> None:
    for sheet in own_sheets(keys, track, "ben_wrong_prediction").values():
        assert sheet.wrong_option not in (sheet.key["prediction"], sheet.key["conclusion"])
    assert scores[track]["ben_wrong_prediction"] == scores[track]["ada_perfect"]


@every_track
def test_meeting_the_targets_for_too_much_money_earns_part_of_the_points(
    track: str, scores: dict[Any, Any], full: Any
) -> None:
    for part, sheet in own_sheets(keys, track, "gus_twice_the_cost").items():
        cell = f"{part}/decide-test"
        outcome = sheet.judge(sheet.dear)
        assert not outcome.unmet
        assert outcome.cost > free_cost(sheet.least, sheet.part.crisis_cost(sheet.track))
        assert 0 < scores[track]["gus_twice_the_cost"][cell] < full[track][cell]


@every_track
def test_another_tracks_answers_earn_next_to_nothing(
    track: str, scores: dict[Any, Any], full: Any
) -> None:
    by_machine = sum(points for points in full[track].values() if points is not None)
    earned = [score for score in scores[track]["lea_copies_another_track"].values() if score]
    assert sum(earned) <= 0.1 * by_machine


@every_track
def test_everybody_has_numbers_of_their_own_by_the_hubs_name(track: Any, demo_class: Any) -> None:
    """In the ledger that travels, and in what the notebook says where it was graded."""
    for name in names_in(track):
        student, course = make_student(keys, track, name), demo_class / track / "course"
        opening = read_opening(course / "submitted" / name / track, track)
        assert opening is not None
        assert (opening.origin, opening.user) == ("hub", student.user)
        assert opening.variant == own_variant(keys, track, student.user) > 0
        notebook = nbformat.read(course / "autograded" / name / track / "1_access.ipynb", 4)
        shown = json.dumps([cell.outputs for cell in notebook.cells if name_of(cell) == "open"])
        own = text_of(load_track(track, opening.variant), PARTS["access"], "crisis")
        assert json.dumps(own, ensure_ascii=False)[1:-1] in json.loads(json.dumps(shown)), name


@every_track
def test_a_neighbours_lines_and_a_neighbours_folder_earn_what_is_the_same_for_all(
    track: str, scores: dict[Any, Any], full: Any
) -> None:
    """The laws; and of lines, the lock and what a decision happens to be worth elsewhere.

    What each line is worth is in the scores that the copiers deserve.
    """
    variants = {own_variant(keys, track, name) for name in (NEIGHBOUR, *COPIERS)}
    assert len(variants) == 1 + len(COPIERS), "they happen to have the same numbers"
    laws = sum(points for cell, points in full[track].items() if cell.endswith("/law-test"))
    lines, folder = (in_all(scores[track][name]) for name in COPIERS)
    assert folder == laws == 22
    assert laws < lines < in_all(full[track])


def in_all(points: dict[str, float | None]) -> float:
    """Return the points that a machine gives, of all cells together."""
    return sum(filter(None, points.values()))


def test_over_all_tracks_a_neighbours_lines_earn_clearly_less(
    scores: dict[Any, Any], full: Any
) -> None:
    """In one or another this pair's lines happen to be worth more."""
    earned = sum(in_all(scores[track][COPIERS[0]]) for track in TRACKS)
    assert earned <= 0.85 * sum(in_all(full[track]) for track in TRACKS)


def test_a_neighbours_line_that_misses_a_target_fails_with_a_sentence(
    graded: Callable[..., dict[str, str]],
) -> None:
    """In some track: in one or another a neighbour's lines happen to meet every target."""
    said = [graded(track, COPIERS[0])[f"{part}/decide-test"] for track in TRACKS for part in PARTS]
    assert any("right for somebody else's numbers" in words for words in said)


@every_track
def test_ten_runs_without_a_thought_dont_find_the_least_cost(
    track: str, scores: dict[Any, Any], full: Any
) -> None:
    cell = "pipeline/decide-test"
    sheet = own_sheets(keys, track, "max_brute_force")["pipeline"]
    assert len({str(run) for run in sheet.brute_runs}) == len(sheet.brute_runs) == 10
    met = [run for run in sheet.brute_runs if not sheet.judge(run).unmet]
    earned = scores[track]["max_brute_force"]
    assert (earned[cell] > 0) == bool(met)
    assert sheet.judge(sheet.best_of_brute_runs).cost > sheet.least
    assert earned["pipeline/runs-test"] == full[track]["pipeline/runs-test"]


@every_track
@pytest.mark.parametrize("name", ["hana_edited_the_confidence", "kai_edited_the_runs"])
def test_a_ledger_that_was_edited_is_evidence_of_nothing(
    track: Any, name: Any, demo_class: Any, scores: dict[Any, Any]
) -> None:
    ledger = demo_class / track / "course" / "submitted" / name / track / "ledger.json"
    entries = json.loads(ledger.read_text(encoding="utf-8"))["entries"]
    assert {entry["kind"] for entry in entries} == {"open", "lock", "reveal", "run", "decision"}
    for part in PARTS:
        assert scores[track][name][f"{part}/lock-test"] == 0
    assert scores[track][name]["pipeline/runs-test"] == 0


def test_the_same_work_graded_again_has_the_same_score(
    demo_class: Path, scores: dict[Any, Any], tmp_path: Path
) -> None:
    """By force, in a copy of the course: not a digit moves."""
    track, name = TRACKS[-1], "gus_twice_the_cost"
    course = shutil.copytree(demo_class / track / "course", tmp_path / "course")
    before = read_scores(course, track)
    assert before == scores[track]
    graded = course / "autograded" / name / track
    times = [(graded / f"{part.stem}.ipynb").stat().st_mtime_ns for part in PARTS.values()]
    run_nbgrader(course, tmp_path, "autograde", track, "--student", name, "--force")
    again = [(graded / f"{part.stem}.ipynb").stat().st_mtime_ns for part in PARTS.values()]
    assert all(new > old for new, old in zip(again, times, strict=True)), "nothing was graded"
    assert read_scores(course, track) == before


@every_student
def test_the_ledger_travels_to_the_instructor_as_it_is(
    track: Any, name: Any, demo_class: Any
) -> None:
    home = demo_class / track / "homes" / name / track / "ledger.json"
    for stage in ("submitted", "autograded"):
        path = demo_class / track / "course" / stage / name / track / "ledger.json"
        assert path.exists() == home.exists()
        if home.exists():
            assert path.read_bytes() == home.read_bytes()


@every_track
def test_everybody_gets_feedback_that_says_in_words_what_went_wrong(
    track: Any, demo_class: Any
) -> None:
    feedback = demo_class / track / "course" / "feedback"
    for name in names_in(track):
        for part in PARTS.values():
            assert (feedback / name / track / f"{part.stem}.html").exists()
    scale = own_sheets(keys, track, "juno_gives_no_numbers")["pipeline"].first_scale
    low, high = (pick(map(float, scale.values)) for pick in (min, max))
    for name, stem, says in (
        ("cleo_skipped_the_lock", "1_access", "No prediction was locked."),
        ("hana_edited_the_confidence", "1_access", "ledger.json was edited by hand"),
        ("kai_edited_the_runs", "2_pipeline", "ledger.json was edited by hand"),
        ("eve_code_raises", "1_access", "stopped with NameError"),
        ("ivy_deleted_and_renamed", "1_access", "There is no <code>decision</code>"),
        ("lea_copies_another_track", "1_access", "decision has the unknown entry"),
        ("ole_hands_in_a_neighbours_folder", "1_access", NOT_MINE),
        (
            "juno_gives_no_numbers",
            "2_pipeline",
            f"{scale.answer} must be from {low:g} to {high:g} {scale.unit}",
        ),
    ):
        page = (feedback / name / track / f"{stem}.html").read_text(encoding="utf-8")
        assert says in page, f"{name}: {says}"
        assert "site-packages/storagelab" not in page
