"""Published figures: what the chapter "Is it true?" shows is asserted here, case by case."""

import re
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

import storagelab
from storagelab.validation import (
    Fault,
    all_cases,
    by_tests,
    headline,
    load_domains,
    load_faults,
    read_table,
)
from storagelab.validation.cases import TABLES, Sure, Tests
from storagelab.widgets.predicted_vs_published import (
    HIGH,
    LEAST,
    LOW,
    MOST,
    groups,
    summary,
    table,
)
from tests.models.test_inputs import laws

CASES = all_cases()


def of(model: Any) -> list[Any]:
    return [case for case in CASES if case.model == model]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.model}-{case.name}")
def test_a_published_figure_is_met_or_its_miss_is_explained(case: Any) -> None:
    assert case.met or case.why, f"{case.error:+.2%} against a tolerance of {case.tolerance:.2%}"


@pytest.mark.parametrize("case", [case for case in CASES if case.why], ids=lambda case: case.name)
def test_a_miss_that_is_explained_is_one(case: Any) -> None:
    """Otherwise the explanation is out of date."""
    assert not case.met


def test_every_published_table_is_held_against_a_model() -> None:
    from importlib import resources

    files = (resources.files("storagelab") / "data" / "published").iterdir()
    tables = {file.name.removesuffix(".csv") for file in files if file.name.endswith(".csv")}
    # what interrupted a training is quoted in the book, and its total is a case of job_mtbf
    assert tables - {"interruptions"} == set(TABLES)
    assert sum(row["count"] for row in read_table("interruptions")) == 419
    hours = read_table("job_mtbf")[0]["job_mtbf_h"]
    assert hours == pytest.approx(54 * 24 / 419, abs=1e-5)


def test_every_case_has_a_source_a_tolerance_and_a_figure_that_is_not_the_models() -> None:
    for case in CASES:
        assert len(case.source) > 20
        assert 0 < case.tolerance <= (0.2 if case.unit else 0.5)  # of 2 accelerators, one is half
        assert np.isfinite([case.published, case.predicted]).all()
        assert case.published > 0
        assert case.tests in get_args(Tests)
        assert case.sure in get_args(Sure)
        if case.sure != "read":  # then the source's own words say it
            assert re.search(
                "second-hand|quoted by|memory|typical|guidance|arithmetic", case.source
            )
    # a model that met all predictions exactly would have been given them
    errors = [abs(case.error) for case in by_tests(CASES)["prediction"]]
    assert np.median(errors) > 0.02


def test_a_law_that_is_given_the_measured_utilisation_predicts_nothing() -> None:
    """The 90 training runs are identities: in the headline they must not stand as predictions."""
    parted = by_tests(CASES)
    assert sum(map(len, parted.values())) == len(CASES)
    runs = of("pipeline.training_throughput")
    assert len(runs) == 90
    assert {case.tests for case in runs} == {"identity"}
    # what somebody ran or rated is a prediction or an identity, and what a source computes neither
    for case in CASES:
        worked_out = "measured" not in case.source and "rated for" not in case.source
        assert (case.tests == "arithmetic") == worked_out, case.name


def test_the_headline_counts_predictions_apart_from_identities() -> None:
    words = headline(CASES)
    assert words.startswith(f"{len(CASES)} published figures. ")
    for (tests, cases), said in zip(by_tests(CASES).items(), words.split(". ")[1:], strict=True):
        met = sum(case.met for case in cases)
        assert said.startswith(f"{len(cases)} "), tests
        assert f": {met} met, {len(cases) - met} missed" in said
    assert "check an identity" in words
    # it counts what it is given
    assert headline([]).startswith("0 published figures. 0 test a prediction: 0 met, 0 missed")


def test_the_worst_misses_come_first() -> None:
    flags = [case.met for case in CASES]
    assert flags == sorted(flags)
    errors = [abs(case.error) for case in CASES if not case.met]
    assert errors == sorted(errors, reverse=True)


def test_readers_with_batches_of_their_own_pay_for_the_fill_and_others_next_to_nothing() -> None:
    """UNet3D and CosmoFlow with the term, ResNet-50, whose readers share a batch, without it."""
    runs = of("pipeline.training_throughput")
    own = [case.error for case in runs if not case.name.startswith("resnet50")]
    shared = [case.error for case in runs if case.name.startswith("resnet50")]
    assert (len(own), len(shared)) == (56, 34)
    assert np.abs(own).mean() < 0.0075
    assert np.abs(shared).mean() < 0.003

    unfilled = []
    for row in read_table("training_throughput"):
        if row["workload"] != "resnet50":
            rate = storagelab.pipeline.training_throughput(
                row["accelerators"], row["batch_size"], row["compute_time_s"], row["utilization"]
            )
            unfilled.append(rate / row["samples_per_s"] - 1)
    assert np.abs(unfilled).mean() > 3 * np.abs(own).mean()


def test_every_law_has_a_domain_and_every_domain_a_law() -> None:
    named = [model for domain in load_domains() for model in domain.models]
    assert len(named) == len(set(named))
    assert set(named) == laws()
    assert {case.model for case in CASES} <= set(named)
    for domain in load_domains():
        assert len(domain.trust_when) > 20
        assert len(domain.not_when) > 20


def test_the_plot_parts_the_cases_and_its_words_count_them() -> None:
    parted = groups(CASES)
    assert sum(map(len, parted.values())) == len(CASES)
    words = summary(CASES)
    assert words.startswith(headline(CASES))
    assert f"Of the {len(parted['prediction'])} predictions that are met" in words
    assert all(case.name in words for case in parted["missed"])


def test_every_case_lies_within_the_plot() -> None:
    for case in CASES:
        assert LEAST < case.published < MOST
        assert LOW < case.predicted / case.published < HIGH


def test_the_table_has_a_row_for_each_case_with_the_models_own_error() -> None:
    html = table(CASES, "all")
    assert html.count("<tr>") == len(CASES) + 1
    errors = [float(text) for text in re.findall(r"<td>([+-][\d.]+)%</td>", html)]
    assert errors == pytest.approx([100 * case.error for case in CASES], abs=0.005)
    for tests, cases in by_tests(CASES).items():
        assert html.count(f"<td>{tests}<small>") == len(cases)
    assert html.count("<br>second-hand</small>") == sum(c.sure == "second-hand" for c in CASES)


def test_what_the_domains_quote_is_what_the_models_say() -> None:
    """The sentences hold numbers; a change of a law must not leave them behind."""
    from storagelab.access import reordered_iops
    from storagelab.checkpoint import expected_wall_time, optimal_interval, young_interval

    words = {domain.topic: domain.trust_when + " " + domain.not_when for domain in load_domains()}

    def cost_of_young(ratio: float) -> Any:
        best = expected_wall_time(1e4, optimal_interval(ratio, 1.0), ratio, 1.0, 0)
        return expected_wall_time(1e4, young_interval(ratio, 1.0), ratio, 1.0, 0) / best - 1

    assert f"{100 * cost_of_young(0.01):.2f}% over" in words["Young's interval"]
    assert f"At a third it costs {100 * cost_of_young(1 / 3):.1f}%" in words["Young's interval"]
    depths = of("access.iops_at_queue_depth")
    bound = [case.error for case in depths if "host" in case.why]
    free = [case.error for case in depths if "host" not in case.why]
    assert len({case.name.split(":")[0] for case in depths}) == 6
    assert "six measured drives at 4 to 32 outstanding" in words["Queue depth"]
    assert (
        f"from {-100 * min(free):.0f}% below to {100 * max(free):.0f}% above"
        in (words["Queue depth"])
    )
    assert f"up to {100 * max(bound):.0f}% too much" in words["Queue depth"]
    assert round(100 * (1 - 170 / reordered_iops(2e-4, 16e-3, 1 / 120, 16))) == 8
    assert "are 8% below the bound" in words["Hard disks"]
    jobs = {case.name: case for case in of("checkpoint.job_mtbf")}
    rsc = jobs["jobs of 1,024 A100 on RSC-1, from its jobs of 8: MTBF"]
    llama = jobs["Llama 3 405B pre-training: MTBF"]
    assert f"predict {rsc.predicted / 3600:.1f} h" in words["MTBF of a job"]
    assert f"{rsc.published / 3600:.1f} h were measured" in words["MTBF of a job"]
    assert f"predict {llama.predicted / 3600:.2f} h" in words["MTBF of a job"]
    assert f"{llama.published / 3600:.2f} h were measured" in words["MTBF of a job"]
    nodes = read_table("job_mtbf")[2]
    assert "node-days" in nodes["source"]
    assert (
        f"node failures alone predict {nodes['component_mtbf_h'] / 128:.1f} h"
        in (words["MTBF of a job"])
    )
    clean = jobs["OPT-175B, from 50,000 h for each GPU: MTBF"]
    assert f"{1 + clean.error:.1f} times as often" in words["MTBF of a job"]
    (save,) = of("checkpoint.storm_write_time")
    assert f"got {100 / (1 + save.error):.0f}% of their file system's peak" in words["The storm"]
    assert f"{1 + save.error:.1f} times too fast" in words["The storm"]
    drives = of("access.garbage_collection_amplification")
    assert len(drives) == 4
    assert (
        f"within {100 * max(abs(case.error) for case in drives):.0f}% of their ratings"
        in (words["Write amplification and wear"])
    )
    port = [case for case in of("pipeline.connections_for") if not case.met]
    assert [(case.published, case.predicted) for case in port] == [(250, 143)]
    assert "opens 250 for 100 Gb/s where the law says 143" in words["Object stores"]


FAULTS = load_faults()


@pytest.mark.parametrize("case", [case for case in CASES if not case.met], ids=lambda c: c.name)
def test_every_miss_is_admitted_as_a_fault_of_its_model(case: Any) -> None:
    assert any(case in fault.shown_by(CASES) for fault in FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.fault[:40])
def test_a_faults_size_is_that_of_its_cases_at_both_ends(fault: Any) -> None:
    assert fault.part in (1, 2, 3)
    errors = [case.error for case in fault.shown_by(CASES)]
    said = fault.size(CASES).split(" to ")
    assert len(said) in (1, 2)
    for text, error in zip((said[0], said[-1]), (min(errors), max(errors)), strict=True):
        number = float(re.findall(r"[\d.]+", text)[0])
        off = {
            "% too low": -number / 100,
            "% too high": number / 100,
            " times as high": number - 1,
        }[re.sub(r"^[\d.]+", "", text)]
        assert off == pytest.approx(error, rel=0.06)


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ((0.75, 1.79), "25% too low to 79% too high"),
        ((1.5,), "50% too high"),
        ((0.5, 0.9), "50% too low to 10% too low"),
        ((1.999,), "100% too high"),
        ((2.0,), "2 times as high"),
        ((1.0, 7.5), "exact to 7.5 times as high"),
        ((1.0,), "exact"),
        ((1.201, 1.2), "20% too high"),
    ],
)
def test_a_size_is_told_in_per_cent_up_to_twice_and_then_in_times(
    ratios: tuple[float, ...], said: str
) -> None:
    cases = [
        replace(CASES[0], model="a.law", name=f"case {place}", published=4.0, predicted=4.0 * ratio)
        for place, ratio in enumerate(ratios)
    ]
    assert Fault(1, "words", "a.law", "case").size([*cases, CASES[0]]) == said
    assert Fault(1, "words", "a.law", "").size(cases) == said


def test_a_fault_that_no_case_shows_is_refused() -> None:
    with pytest.raises(ValueError, match="no case shows the fault"):
        FAULTS[0].size([case for case in CASES if case.model != FAULTS[0].model])


def test_every_part_admits_faults() -> None:
    assert {fault.part for fault in FAULTS} == {1, 2, 3}


def test_a_published_range_is_met_from_its_one_end_to_the_other() -> None:
    (row,) = read_table("failure_counts")
    (case,) = [case for case in CASES if case.name == row["run"]]
    reach = case.tolerance * case.published
    ends = (case.published - reach, case.published + reach)
    assert ends == pytest.approx((row["fewest"], row["most"]))


def test_the_tables_own_page_names_each_table_and_the_law_that_it_checks() -> None:
    from importlib import resources

    page = (resources.files("storagelab") / "data" / "published" / "README.md").read_text("utf-8")
    lines = dict(re.findall(r"^\| `(\w+)\.csv` \|(.*)\|$", page, re.MULTILINE))
    assert set(lines) == {*TABLES, "interruptions"}
    for table_name, check in TABLES.items():
        for case in check(read_table(table_name)[0]):
            assert case.model.split(".")[1] in lines[table_name], table_name
