"""The benchmarks leave no law out, and time the same numbers on both sides."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import grading, soak_page, sweeps
from benchmarks.monte_carlo import JOB, failure_by_failure, segment_by_segment
from storagelab.checkpoint import simulate_wall_time
from storagelab.course.layout import Layout
from tests.models.test_inputs import ONE_BY_ONE, laws

RECORDS = {
    "formats.sample_cost",
    "formats.shuffle_reach",
    "formats.shuffle_separation",
    "pipeline.find_bottleneck",
    "pipeline.gains",
}
"""Functions of one configuration, which take or give records and no arrays."""


def test_every_closed_form_is_swept() -> None:
    one_by_one = {
        f"{item.__module__.removeprefix('storagelab.').partition('.')[0]}.{item.__name__}"
        for item in ONE_BY_ONE
    }
    swept = {name.partition(",")[0] for name in sweeps.SWEEPS}
    assert swept == laws() - one_by_one - RECORDS


@pytest.mark.parametrize("name", sweeps.SWEEPS)
def test_the_bare_expression_gives_the_laws_numbers(name: Any) -> None:
    ours, bare = sweeps.SWEEPS[name]
    np.testing.assert_allclose(ours(), bare(), rtol=1e-6)


@pytest.mark.parametrize("loop", [segment_by_segment, failure_by_failure])
def test_the_loops_play_the_job_that_the_package_plays(loop: Any) -> None:
    estimate = simulate_wall_time(**JOB, trials=400, seed=2)
    error = estimate.standard_error * np.sqrt(2)
    assert abs(loop(**JOB, trials=400) - estimate.mean) < 4 * error


def test_the_page_of_the_soak_is_what_was_measured(layout: Layout) -> None:
    found = json.loads((layout.root / soak_page.RESULTS).read_text(encoding="utf-8"))
    assert (layout.root / soak_page.PAGE).read_text(encoding="utf-8") == soak_page.page(found)
    drawn = (layout.root / soak_page.PLOT).read_text(encoding="utf-8")
    assert f"ceiling: {found['ceiling']['per_minute']:.0f}" in drawn
    for step in found["by_workers"]:
        assert f">{step['per_minute']:.0f}<" in drawn
    assert found["class"]["submissions"] == 1000
    assert found["class"]["failed"] == 0
    assert found["same_work_same_score"]


def costs(seconds: float, cpu: float) -> grading.Cost:
    return grading.Cost(seconds, cpu)


def test_a_promise_of_grading_is_about_the_median_of_the_pairs() -> None:
    pairs = [grading.Pair(costs(took, took), costs(30, 18)) for took in (600, 310, 200)]
    alone = [grading.Alone(start, costs(4, 3), costs(2.5, 2)) for start in (3.0, 4.5, 9.0)]
    found = {item.name: item for item in grading.promises(61, pairs, alone)}
    times, cpu, start, one = found.values()
    assert times.median == pytest.approx(310 / 30)
    assert cpu.median == pytest.approx(0.25)
    assert times.kept
    assert cpu.kept
    assert (start.median, start.kept) == (4.5, False)
    assert (one.median, one.kept) == (2.5, True)
    grading.table_of([*found.values()], "a class")


def test_what_a_command_takes_has_what_it_starts_in_it(tmp_path: Path) -> None:
    """Also of those for whom nobody waits, as for a sandbox's processes."""
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint(7)"
    (tmp_path / "starts.py").write_text(
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"subprocess.Popen([sys.executable, '-c', {busy!r}]).wait()\n"
    )
    meter = grading.Meter()
    try:
        cost, printed = grading.cost_of(meter, tmp_path, "starts")
    finally:
        meter.close()
    assert printed.strip() == "7"
    assert math.isnan(cost.cpu) or cost.cpu >= 0.5
