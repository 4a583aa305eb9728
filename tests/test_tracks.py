"""Track files: the ones that there are hold together; a broken one names file and field."""

import re
from dataclasses import fields
from importlib import resources

import pytest

from storagelab.experiments.access import AccessSettings
from storagelab.experiments.checkpoint import CheckpointSettings
from storagelab.experiments.pipeline import PipelineSettings
from storagelab.tracks import CONTROLS, PRICED, TRACKS, load_track, parse_track

TEXT = (resources.files("storagelab") / "data" / "tracks" / "cloud_titan.toml").read_text("utf-8")
FILE = "some_track.toml"


def edited(old, new):
    """Return the track's text with the first ``old`` replaced."""
    assert old in TEXT, f"the track no longer says {old!r}"
    return TEXT.replace(old, new, 1)


def without(block):
    """Return the track's text without the table that ``block`` heads."""
    start = TEXT.index(block)
    end = re.compile(r"^\[", re.MULTILINE).search(TEXT, start + len(block))
    return TEXT[:start] + (TEXT[end.start() :] if end else "")


def doubled(block):
    """Return the track's text with the table that ``block`` heads there twice."""
    start = TEXT.rindex("[[", 0, TEXT.index(block))
    end = re.compile(r"^\[", re.MULTILINE).search(TEXT, TEXT.index(block)).start()
    return TEXT[:end] + TEXT[start:end] + TEXT[end:]


def refused(text):
    """Return the error of a broken text: always a ValueError that begins with the file's name."""
    with pytest.raises(ValueError, match=f"^{FILE}: ") as caught:
        parse_track(text, FILE)
    return str(caught.value)


# --- the tracks that there are


@pytest.mark.parametrize("name", TRACKS)
def test_every_track_loads_under_its_own_name_and_only_once(name):
    track = load_track(name)
    assert track.name == name
    assert load_track(name) is track


@pytest.mark.parametrize("name", TRACKS)
def test_every_price_has_a_date_and_a_source(name):
    prices = load_track(name).prices
    assert set(prices) == set(PRICED)
    for price in prices.values():
        assert re.fullmatch(r"20\d\d-\d\d", price.date)
        assert price.source


@pytest.mark.parametrize("name", TRACKS)
def test_a_tracks_defaults_are_the_story_that_it_tells(name):
    part = load_track(name).checkpoint
    default = {item.name: item.to_si(item.default) for item in part.controls}
    assert default["interval"] == part.present_interval
    assert default["bytes_per_parameter"] * part.parameters == pytest.approx(part.size)
    assert part.event_node_mtbf < default["node_mtbf"]
    reachable = [item.to_si(value) for item in part.controls for value in item.values]
    assert {part.proposed_interval, part.event_node_mtbf} <= set(reachable)


@pytest.mark.parametrize("name", TRACKS)
def test_a_scale_runs_upwards_and_no_value_is_there_twice(name):
    track = load_track(name)
    for part in (track.access, track.pipeline, track.checkpoint):
        for control in part.controls:
            assert len(set(control.values)) == len(control.values)
            if control.kind == "scale":
                assert list(control.values) == sorted(control.values)
        answers = [control.answer for control in part.controls]
        assert len(set(answers)) == len(answers)


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("access", AccessSettings),
        ("pipeline", PipelineSettings),
        ("checkpoint", CheckpointSettings),
    ],
)
def test_the_controls_of_a_part_are_what_its_experiment_takes(part, settings):
    assert CONTROLS[part] == tuple(item.name for item in fields(settings))


def test_the_llm_architects_numbers():
    track = load_track("cloud_titan")
    assert track.dataset.samples == pytest.approx(87.2e6, rel=1e-3)
    assert track.node.demand == pytest.approx(8 * 1785.71, rel=1e-5)  # the published H100 rate
    assert track.checkpoint.nodes * track.checkpoint.size == pytest.approx(358.4e12)


@pytest.mark.parametrize("name", ["cloud_titanic", "", "../cloud_titan", "CLOUD_TITAN"])
def test_an_unknown_track_is_refused_with_the_known_ones(name):
    with pytest.raises(ValueError, match=f"unknown track {name!r}; known are .*cloud_titan"):
        load_track(name)


# --- broken files


def test_the_text_as_it_is_parses():
    assert parse_track(TEXT, FILE) == load_track("cloud_titan")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('name = "cloud_titan"\n', "`name`"),
        ("size = 10e12\n", "`size` - at `$.dataset`"),
        ("compute_time = 0.224\n", "`compute_time` - at `$.node`"),
        ('home = "object_store"\n', "`home` - at `$.access`"),
        ("reach_target = 5000\n", "`reach_target` - at `$.access`"),
        ('policy = "never_evict"\n', "`policy` - at `$.pipeline`"),
        ("restart_time = 600\n", "`restart_time` - at `$.checkpoint`"),
        ("dollars = 2.5\n", "`dollars` - at `$.prices"),
        ('belief = "Compute is always the bottleneck"\n', "`belief` - at `$.access.question"),
        ('answer = "cache_gb"\n', "`answer` - at `$.pipeline.controls[0]`"),
    ],
)
def test_a_missing_field_is_named(line, field):
    message = refused(edited(line, ""))
    assert "missing required field" in message
    assert field in message


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("mission =", "mision =", "mis"),
        ("sample_size =", "samplesize =", "sample"),
        ("nodes = 1024", "nodes = 1024\nnode_count = 1024", "`node_count` - at `$.checkpoint`"),
        ("policy =", "policy_ = 1\npolicy =", "`policy_` - at `$.pipeline`"),
        ("decided = false", "decidd = false", "`decidd` - at `$.access.controls[2]`"),
        ('date = "2026-11"', 'dates = "2026-11"', "`$.prices"),
    ],
)
def test_a_misspelt_field_is_named(old, new, field):
    assert field in refused(edited(old, new))


NUMBERS = {
    "size = 10e12": "$.dataset.size",
    "sample_size = 114660": "$.dataset.sample_size",
    "batch_size = 400": "$.node.batch_size",
    "compute_time = 0.224": "$.node.compute_time",
    "prepare_rate = 24000": "$.node.prepare_rate",
    "dollars = 2.5": "$.prices",
    "target_utilization = 0.95": "$.access.target_utilization",
    "reach_target = 5000": "$.access.reach_target",
    "epochs = 30": "$.pipeline.epochs",
    "stream_bandwidth = 87.5e6": "$.pipeline.stream_bandwidth",
    "runs = 10": "$.pipeline.runs",
    "nodes = 1024": "$.checkpoint.nodes",
    "size = 350e9": "$.checkpoint.size",
    "node_bandwidth = 25e9": "$.checkpoint.node_bandwidth",
    "restart_time = 600": "$.checkpoint.restart_time",
    "solve_time = 2592000": "$.checkpoint.solve_time",
    "storage_limit = 0.02": "$.checkpoint.storage_limit",
    "event_node_mtbf = 7200000": "$.checkpoint.event_node_mtbf",
    "si = 1024": "$.access.controls[3].si",
}


@pytest.mark.parametrize("bad", ["-1", "0", "nan", "inf", "-inf", '"many"', "true", "[1]", "{}"])
@pytest.mark.parametrize(("line", "path"), NUMBERS.items())
def test_a_bad_number_is_named_by_its_path(line, path, bad):
    name = line.partition(" = ")[0]
    assert f"at `{path}" in refused(edited(f"\n{line}\n", f"\n{name} = {bad}\n"))


def test_a_share_above_one_and_half_a_node_are_refused():
    assert "$.access.target_utilization" in refused(
        edited("target_utilization = 0.95", "target_utilization = 95")
    )
    assert "$.checkpoint.nodes" in refused(edited("nodes = 1024", "nodes = 1024.5"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("default = 64", "default = 65", "queue_depth: default 65.0 isn't among its values"),
        ('default = "raw"', 'default = "zip"', "format: default 'zip' isn't among its values"),
        ("default = 64", "default = nan", "queue_depth: nan isn't a finite number"),
        ("values = [1, 2, 4,", "values = [-1, 2, 4,", "queue_depth: -1.0 isn't a finite number"),
        ("values = [1, 2, 4,", "values = [inf, 2, 4,", "queue_depth: inf isn't a finite number"),
        ("values = [1, 2, 4,", 'values = ["1", 2, 4,', "queue_depth: a scale can't take"),
        ("default = true", 'default = "yes"', "shuffled: a switch can't take the value 'yes'"),
        ('["sequential", "stochastic shuffle"]', '["x"]', "shuffled: 1 labels for 2 values"),
        ("values = [false, true]", "values = [true]", "$.access.controls[0].values"),
        ('kind = "switch"', 'kind = "knob"', "$.access.controls[0].kind"),
    ],
)
def test_a_control_that_contradicts_itself_is_named(old, new, says):
    assert says in refused(edited(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('home = "object_store"', 'home = "tape"', "unknown device 'tape' - at `$.access.home`"),
        ('"sata_ssd", "nvme"]', '"sata_ssd", "nvmee"]', "unknown device 'nvmee'"),
        ('["raw", "tfrecord",', '["raw", "tfrec",', "unknown format 'tfrec'"),
        ('policy = "never_evict"', 'policy = "fifo"', "unknown policy 'fifo'"),
        ("[prices.get_request]", "[prices.put_request]", "`get_request` - at `$.prices`"),
        ('name = "cache"', 'name = "cash"', "there is no control 'cache'"),
        ('name = "link"', 'name = "cache"', "the control 'cache' is there more than once"),
        ('id = "iops"', 'id = "compute"', "the option 'compute' is there more than once"),
    ],
)
def test_an_unknown_or_twin_name_is_refused(old, new, says):
    assert says in refused(edited(old, new))


@pytest.mark.parametrize("item", PRICED)
def test_a_missing_price_is_named(item):
    message = refused(without(f"[prices.{item}]"))
    assert f"missing required field `{item}` - at `$.prices`" in message


def test_a_price_of_nothing_known_is_named():
    extra = TEXT[TEXT.index("[prices.get_request]") : TEXT.index("[prices.link_gbps_month]")]
    extra = extra.replace("get_request", "floppy", 1)
    message = refused(edited("[prices.link_gbps_month]", extra + "[prices.link_gbps_month]"))
    assert "unknown field `floppy` - at `$.prices`" in message


@pytest.mark.parametrize(
    ("block", "path"), [('name = "cache"', "$.pipeline"), ('name = "sharded"', "$.checkpoint")]
)
def test_a_control_that_is_there_twice_is_named(block, path):
    message = refused(doubled(block))
    assert "is there more than once" in message
    assert path in message


def test_a_control_that_no_experiment_takes_is_named():
    extra = TEXT[TEXT.index('[[pipeline.controls]]\nname = "nvme"') : TEXT.index("[checkpoint]\n")]
    text = edited("[checkpoint]\n", extra.replace('"nvme"', '"tape"', 1) + "[checkpoint]\n")
    assert "unknown control 'tape' - at `$.pipeline.controls`" in refused(text)


@pytest.mark.parametrize(
    "text", ["", "name = ", 'name = "x"\nname = "y"', "\x00", "[access", "just words"]
)
def test_what_is_no_toml_or_no_track_is_refused(text):
    refused(text)


def test_an_empty_text_is_no_text():
    assert "$.mission" in refused(
        edited('mission = "maximise the serving of Llama-3-70B"', 'mission = ""')
    )
