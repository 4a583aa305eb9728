"""Track files: the ones that there are hold together; a broken one names file and field."""

import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import keys
import pytest

from storagelab.devices import load_devices
from storagelab.parts import PARTS
from storagelab.tracks import EXTRA_TRACKS, PRICED, TRACKS, load_track, parse_track


def text_of(name: str) -> str:
    """Return the text of a track's file."""
    return (resources.files("storagelab") / "data" / "tracks" / f"{name}.toml").read_text("utf-8")


TEXT = text_of("cloud_titan")
FILE = "some_track.toml"


def edited(old: Any, new: Any, text: Any = TEXT) -> str:
    """Return a track's text with the first ``old`` replaced."""
    assert old in text, f"the track no longer says {old!r}"
    return text.replace(old, new, 1)


def without(block: Any) -> Any:
    """Return the track's text without the table that ``block`` heads."""
    start = TEXT.index(block)
    end = re.compile(r"^\[", re.MULTILINE).search(TEXT, start + len(block))
    return TEXT[:start] + (TEXT[end.start() :] if end else "")


def doubled(block: Any) -> Any:
    """Return the track's text with the table that ``block`` heads there twice."""
    start = TEXT.rindex("[[", 0, TEXT.index(block))
    end = re.compile(r"^\[", re.MULTILINE).search(TEXT, TEXT.index(block)).start()
    return TEXT[:end] + TEXT[start:end] + TEXT[end:]


def refused(text: str) -> str:
    """Return the error of a broken text: always a ValueError that begins with the file's name."""
    with pytest.raises(ValueError, match=f"^{FILE}: ") as caught:
        parse_track(text, FILE)
    return str(caught.value)


# --- the tracks that there are


def test_there_are_four_tracks() -> None:
    assert set(TRACKS) >= {"cloud_titan", "edge_guardian", "mobile_nomad", "tiny_pioneer"}


@pytest.mark.parametrize("name", TRACKS)
def test_every_track_loads_under_its_own_name_and_only_once(name: str) -> None:
    track = load_track(name)
    assert track.name == name
    assert load_track(name) is track


@pytest.mark.parametrize("name", TRACKS)
def test_every_price_has_a_date_and_a_source(name: str) -> None:
    prices = load_track(name).prices
    assert set(prices) == set(PRICED)
    for price in prices.values():
        assert re.fullmatch(r"20\d\d-\d\d", price.date)
        assert price.source


@pytest.mark.parametrize("name", TRACKS)
def test_a_tracks_defaults_are_the_story_that_it_tells(name: str) -> None:
    part = load_track(name).checkpoint
    default = {item.name: item.to_si(item.default) for item in part.controls} | part.fixed
    assert default["interval"] == part.present_interval
    assert float(default["bytes_per_parameter"]) * part.parameters == part.size
    assert part.event_node_mtbf < float(default["node_mtbf"])
    reachable = [item.to_si(value) for item in part.controls for value in item.values]
    assert {part.proposed_interval, part.event_node_mtbf} <= set(reachable)


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_what_is_compared_is_a_position_of_the_sliders(name: str, part: Any) -> None:
    """As an answer, and not where the sliders are anyway."""
    content = part.of(load_track(name))
    controls = {item.answer: item for item in content.controls}
    for answer, value in content.compare.items():
        assert value in controls[answer].values
    changed = content.to_si(content.compare)
    assert any(value != content.turned[setting] for setting, value in changed.items())


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_a_preset_is_another_position_than_the_crisis_and_gives_no_answer_away(
    name: str, part: Any
) -> None:
    track = load_track(name)
    content = part.of(track)
    controls = {item.answer: item for item in content.controls}
    least = part.judge(track, keys.reference_answers(track, part)["decision"]).cost
    assert content.presets
    for preset in content.presets:
        assert any(value != controls[key].default for key, value in preset.settings.items())
        crisis = {item.name: item.to_si(item.default) for item in content.controls}
        moved = {controls[key].name: controls[key].to_si(x) for key, x in preset.settings.items()}
        outcome = part.run(track, {**crisis, **moved, **part.given(track)})
        assert outcome.unmet or outcome.cost > 1.25 * least  # all points go up to there


@pytest.mark.parametrize("name", TRACKS)
def test_a_consumer_agrees_with_its_verbs(name: str) -> None:
    track = load_track(name)
    for consumer in (track.terms.consumer, track.fed):
        assert consumer.name.startswith("the ")
        if consumer.plural:
            assert (consumer.verb("wait"), consumer.verb("are")) == ("wait", "are")
            assert (consumer.they, consumer.themselves) == ("they", "themselves")
        else:
            assert (consumer.verb("wait"), consumer.verb("are")) == ("waits", "is")
            assert (consumer.verb("have"), consumer.verb(consumer.works)) == (
                "has",
                f"{consumer.works}s",
            )
            assert (consumer.they, consumer.themselves) == ("it", "itself")


@pytest.mark.parametrize("name", TRACKS)
def test_a_cost_is_its_amount_times_its_price_over_the_currencys_period(name: str) -> None:
    track = load_track(name)
    for item, price in track.prices.items():
        assert track.charge(item, price.si) == pytest.approx(price.amount)
        assert track.charge(item, 0.0) == 0
        flow = track.charge_flow(item, price.si)
        assert flow == pytest.approx(price.amount * track.currency.period)
    assert track.currency.says.format(cost="$5") != track.currency.says


def test_a_second_that_a_track_has_no_price_for_wastes_the_accelerators_of_all_nodes() -> None:
    track = load_track("cloud_titan")
    assert track.waste_price == pytest.approx(1024 * 8 * 2.5 / 3600)  # $2.50 an hour
    assert load_track("edge_guardian").waste_price == 0.05


def test_dollars_are_counted_for_a_month_and_watts_for_a_second() -> None:
    periods = {name: load_track(name).currency.period for name in TRACKS}
    units = {name: load_track(name).currency.unit for name in TRACKS}
    assert all(periods[name] == 1 for name in TRACKS if units[name] == "W")
    assert periods["cloud_titan"] == pytest.approx(365.25 * 86400 / 12)


@pytest.mark.parametrize("name", TRACKS)
def test_every_device_that_has_a_price_can_be_chosen(name: str) -> None:
    part = load_track(name).access
    chosen = set(part.control("device").values if part.has_control("device") else [part.home])
    assert set(part.device_prices) <= chosen
    assert part.home in chosen
    assert chosen <= set(load_devices())


@pytest.mark.parametrize("name", TRACKS)
def test_a_scale_runs_upwards_and_no_value_is_there_twice(name: str) -> None:
    track = load_track(name)
    for part in (track.access, track.pipeline, track.checkpoint):
        for control in part.controls:
            assert len(set(control.values)) == len(control.values)
            if control.kind == "scale":
                assert list(control.values) == sorted(control.values)
        answers = [control.answer for control in part.controls]
        assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_each_setting_has_a_control_or_is_fixed(name: str, part: Any) -> None:
    content = part.of(load_track(name))
    controls = [item.name for item in content.controls]
    assert sorted([*controls, *content.fixed]) == sorted(part.setting_types)
    for setting, value in content.fixed.items():
        assert getattr(part.baseline(load_track(name)).settings, setting) == value


def test_the_llm_architects_numbers() -> None:
    track = load_track("cloud_titan")
    assert track.dataset.samples == pytest.approx(87.2e6, rel=1e-3)
    assert track.node.demand == pytest.approx(8 * 1785.71, rel=1e-5)  # the published H100 rate
    assert track.checkpoint.nodes * track.checkpoint.size == pytest.approx(358.4e12)


def test_the_av_systems_leads_numbers() -> None:
    track = load_track("edge_guardian")
    lidars = 4 * 64 * 1024 * 20 * 12608 / (64 * 16)  # packets of 16 columns of 64 beams
    assert track.access.writes == pytest.approx(lidars, rel=1e-6)
    assert track.pass_demand == pytest.approx(track.access.writes)
    assert track.pass_size == pytest.approx(track.pass_demand * 8 * 3600)
    assert track.node.compute_time == 0.010
    shift = track.pass_size / track.pass_demand
    assert track.currency.period == pytest.approx(track.pipeline.epochs * shift)


def test_the_ar_glasses_developers_numbers() -> None:
    track = load_track("mobile_nomad")
    assert 1 / track.node.compute_time == pytest.approx(60, rel=1e-4)
    assert track.dataset.samples == track.node.batch_size == 1500
    assert track.pass_demand == pytest.approx(60 * track.pass_size)


def test_the_hearable_leads_numbers() -> None:
    track = load_track("tiny_pioneer")
    assert track.node.compute_time == 480 / 48000
    assert track.dataset.samples == track.node.batch_size == 40
    assert track.pass_demand == pytest.approx(track.pass_size / track.node.compute_time)
    assert track.access.budget == track.pipeline.budget == 1e-3
    assert track.access.misses_limit == 0
    ring = float(track.access.control("buffer").values[-1]) * track.dataset.sample_size
    assert ring <= 64 * 1024


@pytest.mark.parametrize("name", ["cloud_titanic", "", "../cloud_titan", "CLOUD_TITAN"])
def test_an_unknown_track_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=f"unknown track {name!r}; known are .*cloud_titan"):
        load_track(name)


# --- a folder with tracks of one's own


def in_a_fresh_process(folder: Any, code: str) -> Any:
    """Return what ``code`` prints where ``folder`` holds further tracks."""
    environment = {**os.environ, EXTRA_TRACKS: str(folder)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def test_a_fifth_track_in_a_folder_of_its_own_runs_like_the_others(tmp_path: Path) -> None:
    text = edited(
        'name = "cloud_titan"', 'name = "sky_farer"', edited("size = 10e12", "size = 9e12")
    )
    (tmp_path / "sky_farer.toml").write_text(text, "utf-8")
    (tmp_path / "notes.txt").write_text("no track")
    code = """
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
track = load_track("sky_farer")
print(*TRACKS)
print(track.dataset.size)
print(*(len(part.baseline(track).unmet) for part in PARTS.values()))
"""
    done = in_a_fresh_process(tmp_path, code)
    assert done.stderr == ""
    names, size, unmet = done.stdout.splitlines()
    assert names.split() == [*[name for name in TRACKS if name != "sky_farer"], "sky_farer"]
    assert float(size) == 9e12
    assert unmet == "1 2 1"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("sky_farer", TEXT, "sky_farer.toml: name is 'cloud_titan', which isn't the file's"),
        ("sky_farer", "name = ", "sky_farer.toml: "),
        ("sky_farer", 'name = "sky_farer"', "sky_farer.toml: Object missing required field"),
    ],
)
def test_a_broken_track_of_ones_own_is_named_when_it_is_loaded_and_harms_no_other(
    tmp_path: Path, name: str, text: Any, says: str
) -> None:
    (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    code = f"""
from storagelab.tracks import TRACKS, load_track
load_track("cloud_titan")
print(*TRACKS)
load_track({name!r})
"""
    done = in_a_fresh_process(tmp_path, code)
    assert name in done.stdout.split()
    assert f"ValueError: {says}" in done.stderr


@pytest.mark.parametrize("folder", ["nowhere/at/all", "/nowhere/at/all"])
def test_a_folder_that_is_relative_or_missing_is_named(folder: Any) -> None:
    done = in_a_fresh_process(folder, "import storagelab.tracks")
    assert f"ValueError: {EXTRA_TRACKS} must name an existing folder" in done.stderr
    assert folder in done.stderr


def test_an_empty_variable_is_no_folder() -> None:
    done = in_a_fresh_process("", "from storagelab.tracks import TRACKS; print(*TRACKS)")
    assert set(done.stdout.split()) >= {"cloud_titan", "tiny_pioneer"}
    assert done.stderr == ""


# --- broken files


@pytest.mark.parametrize("name", ["cloud_titan", "edge_guardian", "mobile_nomad", "tiny_pioneer"])
def test_the_text_as_it_is_parses(name: str) -> None:
    assert parse_track(text_of(name), FILE) == load_track(name)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('name = "cloud_titan"\n', "`name`"),
        ("size = 10e12\n", "`size` - at `$.dataset`"),
        ("compute_time = 0.224\n", "`compute_time` - at `$.node`"),
        (
            'says = "A node costs {cost} a month, idle accelerators included."\n',
            "`says` - at `$.curr",
        ),
        ("period = 2629800\n", "`period` - at `$.currency`"),
        ('preparer = "the CPU that prepares the samples"\n', "`preparer` - at `$.terms`"),
        ('dumps = "checkpoints"\n', "`dumps` - at `$.terms`"),
        ('compare_words = "twice today\'s cache"\n', "`compare_words` - at `$.pipeline`"),
        ("compare = { cache_gb = 4000 }\n", "`compare` - at `$.pipeline`"),
        ("start_time = 120\n", "`start_time` - at `$.checkpoint`"),
        ("amount = 2.5\n", "`amount` - at `$.prices"),
        ('belief = "Compute is always the bottleneck"\n', "`belief` - at `$.access.question"),
        ('answer = "cache_gb"\n', "`answer` - at `$.pipeline.controls[0]`"),
        ('model = "access.request_size_for"\n', "`model` - at `$.access.law`"),
        ("example = [0.9, 100e-6, 7e9]\n", "`example` - at `$.access.law`"),
        ("ranges = [[0.01, 0.99], [1e-6, 1], [1e6, 1e11]]\n", "`ranges` - at `$.access.law`"),
        ('name = "warm_hours"\n', "`name` - at `$.pipeline.answer`"),
    ],
)
def test_a_missing_field_is_named(line: str, field: str) -> None:
    message = refused(edited(line, ""))
    assert "missing required field" in message
    assert field in message


@pytest.mark.parametrize(
    ("block", "field"),
    [
        ("[currency]", "`currency`"),
        ("[terms]", "`terms`"),
        ("[access.law]", "`law` - at `$.access`"),
        ("[pipeline.answer]", "`answer` - at `$.pipeline`"),
        ("[checkpoint.answer]", "`answer` - at `$.checkpoint`"),
    ],
)
def test_a_missing_table_is_named(block: str, field: str) -> None:
    message = refused(without(block))
    assert "missing required field" in message
    assert field in message


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("mission =", "mision =", "mis"),
        ("sample_size =", "samplesize =", "sample"),
        ("start_time = 120", "start_time = 120\nend_time = 1", "`end_time` - at `$.checkpoint`"),
        ("fixed = { policy", "fixd = 1\nfixed = { policy", "`fixd` - at `$.pipeline`"),
        ("decided = false", "decidd = false", "`decidd` - at `$.access.controls[2]`"),
        ('date = "2026-11"', 'dates = "2026-11"', "`$.prices"),
        ("plural = true", "plurals = true", "`$.terms.consumer`"),
        ('passes = "epochs"', 'passes = "epochs"\npast = "x"', "`past` - at `$.terms`"),
        ('per = "a month and node"', 'pre = "a month and node"', "`pre` - at `$.currency`"),
    ],
)
def test_a_misspelt_field_is_named(old: str, new: str, field: str) -> None:
    assert field in refused(edited(old, new))


NUMBERS = {
    "size = 10e12": "$.dataset.size",
    "sample_size = 114660": "$.dataset.sample_size",
    "batch_size = 400": "$.node.batch_size",
    "compute_time = 0.224": "$.node.compute_time",
    "prepare_rate = 24000": "$.node.prepare_rate",
    "period = 2629800": "$.currency.period",
    "target_utilization = 0.95": "$.access.target_utilization",
    "epochs = 30": "$.pipeline.epochs",
    "stream_bandwidth = 87.5e6": "$.pipeline.stream_bandwidth",
    "runs = 10": "$.pipeline.runs",
    "parameters = 70.55e9": "$.checkpoint.parameters",
    "node_bandwidth = 25e9": "$.checkpoint.node_bandwidth",
    "start_time = 120": "$.checkpoint.start_time",
    "write_efficiency = 0.4": "$.checkpoint.write_efficiency",
    "metadata_rate = 15000": "$.checkpoint.metadata_rate",
    "plot_top = 432": "$.checkpoint.plot_top",
    "share = 0.15": "$.checkpoint.failures[0].share",
    "bandwidth = 160e9": "$.checkpoint.destinations[1].bandwidth",
    "useful = 0.87": "$.checkpoint.fleets[0].useful",
    "solve_time = 2592000": "$.checkpoint.solve_time",
    "storage_limit = 0.02": "$.checkpoint.storage_limit",
    "event_node_mtbf = 7200000": "$.checkpoint.event_node_mtbf",
    "si = 1024": "$.access.controls[3].si",
}
"""Numbers of the track, and where the error says they are; none may be 0 or less."""
OR_ZERO = {
    "reach_target = 5000": "$.access.reach_target",
    "amount = 2.5": "$.prices",
    "files_per_writer = 8": "$.checkpoint.files_per_writer",
    "detect_time = 600": "$.checkpoint.detect_time",
    "repair_time = 14400": "$.checkpoint.repair_time",
}
OF_OTHERS = {
    "edge_guardian": {
        "writes = 64552960": "$.access.writes",
        "write_size = 12608": "$.access.write_size",
        "misses_limit = 1": "$.access.misses_limit",
        "pass_size = 1859125248000": "$.pipeline.pass_size",
        "pass_demand = 64552960": "$.pipeline.pass_demand",
        "full_copies = 128": "$.checkpoint.full_copies",
        "dump_latency = 0.005": "$.checkpoint.dump_latency",
        "life_target = 38016000": "$.checkpoint.life_target",
        "plot_top = 6": "$.checkpoint.plot_top",
    },
    "mobile_nomad": {
        "density = 0.4": "$.access.density",
        "skip_time = 0.05": "$.access.skip_time",
        "budget = 1.2": "$.access.budget",
        "budget = 1.8": "$.pipeline.budget",
        "waste_limit = 0.02": "$.checkpoint.waste_limit",
    },
}
"""The same for what the first track doesn't use."""
BAD = ["-1", "nan", "inf", "-inf", '"many"', "true", "[1]", "{}"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("line", "path"), OR_ZERO.items())
def test_a_bad_number_that_may_be_nothing_is_named_by_its_path(
    line: Any, path: Any, bad: str
) -> None:
    name = line.partition(" = ")[0]
    assert f"at `{path}" in refused(edited(f"\n{line}\n", f"\n{name} = {bad}\n"))
    parse_track(edited(f"\n{line}\n", f"\n{name} = 0\n"), FILE)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("name", "line", "path"),
    [(name, line, path) for name, lines in OF_OTHERS.items() for line, path in lines.items()],
)
def test_a_bad_number_of_another_track_is_named_by_its_path(
    name: Any, line: Any, path: Any, bad: str
) -> None:
    field = line.partition(" = ")[0]
    text = edited(f"\n{line}\n", f"\n{field} = {bad}\n", text_of(name))
    assert f"at `{path}" in refused(text)


@pytest.mark.parametrize("bad", ["-1", "0", "nan", "inf", "-inf", '"many"', "true", "[1]", "{}"])
@pytest.mark.parametrize(("line", "path"), NUMBERS.items())
def test_a_bad_number_is_named_by_its_path(line: Any, path: Any, bad: str) -> None:
    name = line.partition(" = ")[0]
    assert f"at `{path}" in refused(edited(f"\n{line}\n", f"\n{name} = {bad}\n"))


def test_a_share_above_one_and_half_a_node_are_refused() -> None:
    assert "$.access.target_utilization" in refused(
        edited("target_utilization = 0.95", "target_utilization = 95")
    )
    half = edited("256, 1024, 2048", "256.5, 1024, 2048")
    assert "nodes must be whole numbers from 1 up - at `$.checkpoint.nodes`" in refused(half)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("default = 64", "default = 65", "queue_depth: default 65.0 isn't among its values"),
        ('default = "recordio"', 'default = "zip"', "format: default 'zip' isn't among its values"),
        ("default = 64", "default = nan", "queue_depth: nan isn't a finite number"),
        ("values = [1, 2, 4,", "values = [-1, 2, 4,", "queue_depth: -1.0 isn't a finite number"),
        ("values = [1, 2, 4,", "values = [inf, 2, 4,", "queue_depth: inf isn't a finite number"),
        ("values = [1, 2, 4,", 'values = ["1", 2, 4,', "queue_depth: a scale can't take"),
        ("default = false", 'default = "yes"', "shuffled: a switch can't take the value 'yes'"),
        ('["in order", "stochastic shuffle"]', '["x"]', "shuffled: 1 labels for 2 values"),
        ("values = [false, true]", "values = [true]", "$.access.controls[0].values"),
        ('kind = "switch"', 'kind = "knob"', "$.access.controls[0].kind"),
    ],
)
def test_a_control_that_contradicts_itself_is_named(old: str, new: str, says: str) -> None:
    assert says in refused(edited(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('default = "hdd_shelf"', 'default = "tape"', "device: default 'tape' isn't among"),
        ('"sata_ssd", "nvme"]', '"sata_ssd", "nvmee"]', "unknown device 'nvmee' - at `$.access"),
        (
            '"recordio", "tfrecord",',
            '"recordio", "tfrec",',
            "unknown format 'tfrec' - at `$.access",
        ),
        (
            'fixed = { policy = "never_evict", content = "all" }',
            'fixed = { policy = "fifo", content = "all" }',
            "unknown policy 'fifo' - at `$.pipeline.policy`",
        ),
        (
            "nvme = 16000.0 }",
            "floppy = 16000.0 }",
            "unknown device 'floppy' - at `$.access.device_prices`",
        ),
        ("[prices.request]", "[prices.put_request]", "`request` - at `$.prices`"),
        (
            'name = "cache"',
            'name = "cash"',
            "'cache' is neither a control nor fixed - at `$.pipeline.controls`",
        ),
        ('name = "link"', 'name = "cache"', "the control 'cache' is there more than once"),
        ('id = "iops"', 'id = "compute"', "the option 'compute' is there more than once"),
        ('unit = "$"', 'unit = "£"', "$.currency.unit"),
        (
            "shared_by = { object_store = 16 }",
            "shared_by = { object_shop = 16 }",
            "unknown device 'object_shop' - at `$.access.shared_by`",
        ),
        (
            'charged_requests = ["object_store"]',
            'charged_requests = ["object_shop"]',
            "unknown device 'object_shop' - at `$.access.charged_requests`",
        ),
        (
            'moves_to = "object_store"',
            'moves_to = "object_shop"',
            "unknown device 'object_shop' - at `$.access.moves_to`",
        ),
        (
            "turn = { shuffled = true }",
            "turn = { shuffle = true }",
            "no control has the answer 'shuffle' - at `$.access.turn`",
        ),
        (
            "turn = { shuffled = true }",
            'turn = { shuffled = "yes" }',
            "'shuffled' has no value 'yes' - at `$.access.turn`",
        ),
        (
            "compare = { cache_gb = 4000 }",
            "compare = { cash_gb = 4000 }",
            "no control has the answer 'cash_gb' - at `$.pipeline.compare`",
        ),
        (
            "settings = { cache_gb = 4000 }",
            "settings = { cash_gb = 4000 }",
            "no control has the answer 'cash_gb' - at `$.pipeline.presets`",
        ),
        (
            'label = "Most of everything"',
            'label = "The vendor\'s offer"',
            'the preset "The vendor\'s offer" is there more than once',
        ),
    ],
)
def test_an_unknown_or_twin_name_is_refused(old: str, new: str, says: str) -> None:
    assert says in refused(edited(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "mobile_nomad",
            'fixed = { device = "ufs_4", scattered_writes = true }',
            'fixed = { device = "tape", scattered_writes = true }',
            "unknown device 'tape' - at `$.access.device`",
        ),
        (
            "mobile_nomad",
            'fixed = { device = "ufs_4", scattered_writes = true }',
            "fixed = { device = 4, scattered_writes = true }",
            "'device' must be a str - at `$.access.fixed`",
        ),
        (
            "mobile_nomad",
            'values = ["lru_repeated", "never_evict"]',
            'values = ["lru_repeated", "never"]',
            "unknown policy 'never' - at `$.pipeline.policy`",
        ),
        (
            "edge_guardian",
            "device_prices = { emmc = 3.0,",
            "device_prices = { emcc = 3.0,",
            "unknown device 'emcc' - at `$.access.device_prices`",
        ),
        (
            "edge_guardian",
            "device_prices = { emmc = 3.0,",
            "device_prices = { emmc = -3.0,",
            "$.access.device_prices",
        ),
        (
            "edge_guardian",
            "endurance = [3e14, 3e14, 3e14, 3e14, 3e14]",
            "endurance = [3e14, 3e14]",
            "2 endurances for 5 write bandwidths - at `$.checkpoint.endurance`",
        ),
        (
            "tiny_pioneer",
            "endurance = [1.31e10, 1.31e10, 1e18]",
            "endurance = [1.31e10, 1.31e10, 1e18, 1e18]",
            "4 endurances for 3 write bandwidths - at `$.checkpoint.endurance`",
        ),
        (
            "tiny_pioneer",
            "endurance = [1.31e10, 1.31e10, 1e18]",
            "endurance = [1.31e10, 0, 1e18]",
            "$.checkpoint.endurance",
        ),
        (
            "tiny_pioneer",
            "endurance = [1.31e10, 1.31e10, 1e18]",
            "endurance = [1.31e10, inf, 1e18]",
            "$.checkpoint.endurance",
        ),
        ("mobile_nomad", "density = 0.4", "density = 1.1", "$.access.density"),
        ("edge_guardian", "cold_start = false", 'cold_start = "no"', "$.pipeline.cold_start"),
        (
            "edge_guardian",
            'consumer = { name = "the black box", plural = false, label',
            "consumer = { name = 3, plural = false, label",
            "$.pipeline.consumer.name",
        ),
    ],
)
def test_what_another_track_says_of_nothing_known_is_refused(
    name: str, old: str, new: str, says: str
) -> None:
    assert says in refused(edited(old, new, text_of(name)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'fixed = { policy = "never_evict", content = "all" }',
            'fixed = { policy = "never_evict", content = "all", cache = 1e12 }',
            "'cache' has a control - at `$.pipeline.fixed`",
        ),
        (
            'fixed = { policy = "never_evict", content = "all" }',
            'fixed = { policy = "never_evict", content = "all", tape = 1e12 }',
            "unknown setting 'tape' - at `$.pipeline.fixed`",
        ),
        (
            'fixed = { policy = "never_evict", content = "all" }',
            "fixed = {}",
            "'policy' is neither a control nor fixed - at `$.pipeline.controls`",
        ),
        (
            'fixed = { policy = "never_evict", content = "all" }\n',
            "",
            "'policy' is neither a control nor fixed - at `$.pipeline.controls`",
        ),
        (
            "fixed = { scattered_writes = false }",
            "fixed = { scattered_writes = false, shuffled = true }",
            "'shuffled' has a control - at `$.access.fixed`",
        ),
    ],
)
def test_a_setting_has_a_control_or_is_fixed_and_never_both_or_neither(
    old: str, new: str, says: str
) -> None:
    assert says in refused(edited(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "example = [0.9, 100e-6, 7e9]",
            "example = [0.9, 100e-6]",
            "the law request_size: example",
        ),
        (
            "example = [0.9, 100e-6, 7e9]",
            "example = [0.9, 100e-6, 7e9, 1]",
            "the law request_size: example must have one entry an argument",
        ),
        (
            "ranges = [[0.01, 0.99], [1e-6, 1], [1e6, 1e11]]",
            "ranges = [[0.01, 0.99], [1e-6, 1]]",
            "the law request_size: ranges must have one entry an argument",
        ),
        (
            "ranges = [[0.01, 0.99], [1e-6, 1], [1e6, 1e11]]",
            "ranges = [[0.01, 0.99], [1e-6, 1], [1e6]]",
            "$.access.law.ranges",
        ),
        (
            "ranges = [[0.01, 0.99], [1e-6, 1], [1e6, 1e11]]",
            "ranges = [[0.01, 0.99], [1e-6, 1], [1e6, 1e8, 1e11]]",
            "$.access.law.ranges",
        ),
        (
            'arguments = ["share", "latency", "bandwidth"]',
            'arguments = ["share", "latency"]',
            "the law request_size: example must have one entry an argument",
        ),
        (
            'arguments = ["share", "latency", "bandwidth"]',
            "arguments = []",
            "$.access.law.argum",
        ),
        ("[0.01, 0.99], [1e-6, 1]", "[0.01, 0.99], [1, 1e-6]", "1 to 1e-06 is no"),
        ("[0.01, 0.99], [1e-6, 1]", "[0.01, 0.99], [0, 1]", "0 to 1 is no range"),
        ('name = "request_size"', 'name = "request size"', "'request size' is no name in Python"),
    ],
)
def test_a_law_that_contradicts_itself_is_named(old: str, new: str, says: str) -> None:
    message = refused(edited(old, new))
    assert says in message
    assert "$.access.law" in message


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "cloud_titan",
            "unmet = { utilization = ",
            "unmet = { utilisation = ",
            "unknown limit 'utilisation' - at `$.access.unmet`",
        ),
        (
            "cloud_titan",
            "runs = 10\n",
            "runs = 10\nbudget = 2000\n",
            "no sentence for the limit 'budget' - at `$.pipeline.unmet`",
        ),
        (
            "cloud_titan",
            "parameters = 70.55e9\n",
            "parameters = 70.55e9\nwaste_limit = 0.1\n",
            "no sentence for the limit 'waste' - at `$.checkpoint.unmet`",
        ),
        (
            "cloud_titan",
            'survives = ["process"]',
            'survives = ["prozess"]',
            "'local NVMe' survives an unknown 'prozess' - at `$.checkpoint.destinations`",
        ),
        (
            "cloud_titan",
            "bandwidth = 160e9\n",
            "",
            "'snapshot' needs a bandwidth - at `$.checkpoint.destinations`",
        ),
        (
            "cloud_titan",
            "bandwidth = 6e9\nevery = 10",
            "bandwidth = 6e9\nevery = 200",
            "'local NVMe' may never reach the shared storage - at `$.checkpoint.destinations`",
        ),
        (
            "cloud_titan",
            "share = 0.15",
            "share = 0.25",
            "the shares add up to 1.1 - at `$.checkpoint.failures`",
        ),
        (
            "mobile_nomad",
            'destination = "storage"',
            'destination = "elsewhere"',
            "unknown destination 'elsewhere' - at `$.checkpoint.destination`",
        ),
        (
            "edge_guardian",
            'wear = "Your flushes',
            'waste = "Your flushes',
            "no sentence for the limit 'wear' - at `$.checkpoint.unmet`",
        ),
        ("tiny_pioneer", "draw {cost}, a", "draw much, a", "{cost} in it - at `$.currency.says`"),
        (
            "cloud_titan",
            'fixed = { policy = "never_evict", content = "all" }',
            'fixed = { policy = 3, content = "all" }',
            "'policy' must be a str - at `$.pipeline.fixed`",
        ),
        (
            "cloud_titan",
            "compare = { cache_gb = 4000 }",
            "compare = { cache_gb = 4100 }",
            "'cache_gb' has no value 4100.0 - at `$.pipeline.compare`",
        ),
        (
            "cloud_titan",
            "settings = { cache_gb = 4000 }",
            "settings = { cache_gb = 4100 }",
            "'cache_gb' has no value 4100.0 - at `$.pipeline.presets`",
        ),
    ],
)
def test_sentences_and_numbers_that_dont_fit_the_rest_of_the_file_are_named(
    name: str, old: str, new: str, says: str
) -> None:
    assert says in refused(edited(old, new, text_of(name)))


@pytest.mark.parametrize(
    ("name", "kept"), [("link", "5"), ("node_mtbf", "1"), ("write_bandwidth", "1")]
)
def test_a_setting_that_the_figures_move_needs_a_control(name: str, kept: str) -> None:
    part = "pipeline" if name == "link" else "checkpoint"
    start = TEXT.index(f'[[{part}.controls]]\nname = "{name}"')
    end = re.compile(r"^\[|\Z", re.MULTILINE).search(TEXT, start + 5).start()
    text = TEXT[:start] + TEXT[end:]
    header = f"[{part}]\n"
    fixed = 'fixed = { policy = "never_evict", content = "all" }\n'
    if part == "pipeline":
        text = text.replace(
            fixed, f'fixed = {{ policy = "never_evict", content = "all", {name} = {kept}.0 }}\n'
        )
    else:
        text = text.replace(header, f"{header}fixed = {{ {name} = {kept}.0 }}\n")
    assert f"'{name}' needs a control - at `$.{part}.controls`" in refused(text)


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("[pipeline]\n", 'reason = "Because."'),
        ("[pipeline]\n", 'scheme = ["all", "half", "none"]'),
        ("[pipeline]\n", 'facts = ["So it is."]'),
        ("[pipeline.law]\n", 'solution = ["return 1.0"]'),
    ],
)
def test_an_answer_is_refused_in_the_file_that_students_have(head: str, field: str) -> None:
    name, path = field.split(" ")[0], head.strip()[1:-1]
    message = refused(edited(head, f"{head}{field}\n"))
    assert f"unknown field `{name}` - at `$.{path}`" in message


@pytest.mark.parametrize("item", PRICED)
def test_a_missing_price_is_named(item: Any) -> None:
    message = refused(without(f"[prices.{item}]"))
    assert f"missing required field `{item}` - at `$.prices`" in message


def test_a_price_of_nothing_known_is_named() -> None:
    extra = TEXT[TEXT.index("[prices.request]") : TEXT.index("[prices.active]")]
    extra = extra.replace("request", "floppy", 1)
    message = refused(edited("[prices.link]", extra + "[prices.link]"))
    assert "unknown field `floppy` - at `$.prices`" in message


@pytest.mark.parametrize(
    ("block", "path"), [('name = "cache"', "$.pipeline"), ('name = "sharded"', "$.checkpoint")]
)
def test_a_control_that_is_there_twice_is_named(block: str, path: str) -> None:
    message = refused(doubled(block))
    assert "is there more than once" in message
    assert path in message


def test_a_control_that_no_experiment_takes_is_named() -> None:
    last = TEXT.index('[[pipeline.controls]]\nname = "workers"')
    extra = TEXT[last : TEXT.index("[checkpoint]\n")]
    text = edited("[checkpoint]\n", extra.replace('"workers"', '"tape"', 1) + "[checkpoint]\n")
    assert "unknown setting 'tape' - at `$.pipeline.controls`" in refused(text)


@pytest.mark.parametrize(
    "text", ["", "name = ", 'name = "x"\nname = "y"', "\x00", "[access", "just words"]
)
def test_what_is_no_toml_or_no_track_is_refused(text: str) -> None:
    refused(text)


def test_an_empty_text_is_no_text() -> None:
    assert "$.mission" in refused(
        edited('mission = "maximise the serving of Llama-3-70B"', 'mission = ""')
    )


def test_many_threads_may_ask_for_their_first_track_at_once() -> None:
    """They crashed Python in the decoder: tried in processes of their own, several times."""
    code = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from storagelab.tracks import TRACKS, load_track
names = 4 * list(TRACKS)
barrier = Barrier(len(names))
def load(name):
    barrier.wait()
    return load_track(name).name
with ThreadPoolExecutor(len(names)) as pool:
    assert list(pool.map(load, names)) == names
"""
    for _ in range(5):
        subprocess.run([sys.executable, "-c", code], check=True)
