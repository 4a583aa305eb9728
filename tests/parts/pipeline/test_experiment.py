"""Part 2 over the whole slider space: bytes are conserved, tiers bind as they should."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from storagelab.parts import PARTS
from storagelab.parts.pipeline.experiment import (
    RESOURCES,
    TIERS,
    binding_changes,
    evaluate_pipeline,
    evaluate_pipelines,
    frontier,
    one_unit_more,
    resources,
    sweep,
)
from storagelab.parts.pipeline.settings import PipelineSettings
from storagelab.parts.pipeline.table import Content
from storagelab.pipeline import CACHE_POLICIES, cache_hit_rate, recorded_share
from storagelab.tracks import TRACKS, load_track
from tests.parts.sliders import baseline_but, decisions, of_part, positions


def altered(name: str, **changes: Any) -> Any:
    """Return a track with some of part 2's fields changed."""
    track = load_track(name)
    return structs.replace(track, pipeline=structs.replace(track.pipeline, **changes))


READERS = [param for param in of_part("pipeline") if param.id != "edge_guardian"]
"""The tracks that read; the other one logs what its sensors raise."""


def content(outcome: Any, track: Any) -> Any:
    """Return what a log keeps; of a track that reads, all of it."""
    whole = Content(share=1, peak=1, incidents=1, source="all")
    return track.pipeline.contents.get(outcome.settings.content, whole)


def price(track: Any, item: Any) -> Any:
    """Return what an SI unit of ``item`` costs."""
    return track.prices[item].amount / track.prices[item].si


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_every_byte_that_reaches_an_accelerator_came_by_the_link_or_from_the_cache(
    name: Any, part: Any
) -> None:
    track = load_track(name)
    for outcome in positions(part, track):
        settings = outcome.settings
        for epoch in (outcome.cold, outcome.warm):
            flows = epoch.flows
            came = flows["link"] + flows["hits"] + flows["memory"]
            assert came == pytest.approx(flows["accelerators"])
            assert flows["link"] <= settings.link * (1 + 1e-9)
            assert flows["hits"] + flows["fill"] <= settings.nvme * (1 + 1e-9)
            size = track.pass_size * content(outcome, track).share
            assert epoch.rate * epoch.time == pytest.approx(size)
        assert outcome.warm.flows["fill"] == 0
        if not track.pipeline.cold_start:
            assert outcome.cold == outcome.warm
            continue
        assert outcome.cold.flows["hits"] == outcome.cold.flows["memory"] == 0
        # what the cold epoch puts into the cache is the cache, or what the memory doesn't hold
        filled = outcome.cold.flows["fill"] * outcome.cold.time
        held = min(outcome.page_cache, track.pass_size)
        assert filled == pytest.approx(min(settings.cache, track.pass_size - held))


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_the_rate_is_the_lowest_ceiling_and_its_tier_is_busy_throughout(
    name: Any, part: Any
) -> None:
    for outcome in positions(part, load_track(name)):
        for epoch in (outcome.cold, outcome.warm):
            assert set(epoch.ceilings) == set(TIERS)
            assert epoch.rate == min(epoch.ceilings.values()) == epoch.ceilings[epoch.binding]
        assert 0 < outcome.utilization <= 1
        for share in outcome.busy.values():
            assert 0 <= share <= 1 + 1e-9
        if not load_track(name).pipeline.is_log:
            assert outcome.busy[outcome.warm.binding] == pytest.approx(1)


def played_workers(workers: float, cores: int, memory: float, each: float, time: float) -> float:
    """Return the samples/s of workers that each need memory and a core."""
    running = workers
    while each and running * each > memory * (1 + 1e-12):
        running = memory / each
    return min(running, cores) / time


@pytest.mark.parametrize("cold_start", [True, False], ids=["cold", "warm"])
@pytest.mark.parametrize(("name", "part"), READERS)
def test_utilisation_flows_and_costs_are_those_of_a_job_played_epoch_by_epoch(
    name: Any, part: Any, cold_start: bool
) -> None:
    """Each epoch lasts as long as its slowest tier takes for its own bytes."""
    epochs = min(40, load_track(name).pipeline.epochs)
    track = altered(name, cold_start=cold_start, epochs=epochs)
    size, node, period = track.pass_size, track.node, track.currency.period
    computing, each = size / track.pass_demand, track.pipeline.worker_memory
    for outcome in positions(part, track, count=300):
        settings = outcome.settings
        rate = played_workers(
            settings.workers, node.cores, settings.memory, each, node.cores / node.prepare_rate
        )
        preparing = size / track.dataset.sample_size / rate
        held = min(max(0.0, settings.memory - settings.workers * each), size)
        cached = min(settings.cache, size - held)
        both = cache_hit_rate((held + cached) / size, settings.policy) * size
        from_memory = cache_hit_rate(held / size, settings.policy) * size
        hits = both - from_memory
        total = fetched = served = 0.0
        for epoch in range(epochs):
            cold = cold_start and epoch == 0
            by_link, from_cache = (size, 0.0) if cold else (size - both, hits)
            on_nvme = cached if cold else hits  # read, or written
            moving = max(by_link / settings.link, on_nvme / settings.nvme)
            total += max(moving, preparing, computing)
            fetched += by_link
            served += from_cache
        busy = computing * epochs / total
        assert outcome.utilization == pytest.approx(busy)
        requests = fetched / track.pipeline.request_size / total * period
        waiting = node.accelerators * (1 - busy) * period
        by_link, from_cache = fetched / total * period, served / total * period
        expected = {
            "requests": requests * price(track, "request"),
            "idle": waiting * price(track, "idle"),
            "cache": settings.cache * price(track, "cache"),
            "memory": settings.memory * price(track, "memory"),
            "workers": settings.workers * price(track, "core"),
            "link": settings.link * price(track, "link") + by_link * price(track, "link_byte"),
            "nvme": settings.nvme * price(track, "nvme") + from_cache * price(track, "cache_byte"),
        }
        assert outcome.costs == pytest.approx(expected, abs=1e-6 * outcome.cost)


def test_what_is_on_record_is_what_a_log_and_an_uplink_save_of_a_shift_that_is_played() -> None:
    """Second by second, with what is logged in bursts that are spread over the shift."""
    track, part = load_track("edge_guardian"), PARTS["pipeline"]
    shift = 2880  # a tenth, and a tenth of the log with it
    for outcome in positions(part, track, count=200):
        settings, kept = outcome.settings, content(outcome, track)
        peak = track.pass_demand * kept.peak
        room, waiting, logged, recorded, owed = settings.cache / 10, 0.0, 0.0, 0.0, 0.0
        for _ in range(shift):
            owed += kept.share / kept.peak
            raised = peak if owed >= 1 else 0.0
            owed -= raised / peak
            logged += raised
            # the uplink sends what is raised, or what an earlier burst left for it
            sent = min(settings.link, raised)
            late = min(settings.link - sent, waiting)
            held = min(raised - sent, settings.nvme, room + late)
            waiting += held - late
            room -= held - late
            recorded += sent + held
        share = outcome.warm.rate / outcome.demand
        assert share == pytest.approx(recorded / logged, abs=0.03)
        assert outcome.utilization == pytest.approx(share * kept.incidents)
        assert outcome.read_off == pytest.approx(
            share * kept.share / kept.peak * track.pass_size / track.pass_demand
        )


def test_a_log_of_everything_is_the_law_that_the_student_writes() -> None:
    track, part = load_track("edge_guardian"), PARTS["pipeline"]
    for outcome in positions(part, track, count=300):
        if outcome.settings.content == "everything":
            settings, shift = outcome.settings, track.pass_size / track.pass_demand
            stream = track.pass_demand
            share = recorded_share(stream, shift, settings.cache, settings.link, settings.nvme)
            assert outcome.utilization == pytest.approx(share)


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_more_of_any_tier_never_starves_the_accelerators_more(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=400):
        settings = outcome.settings
        for tier in ("link", "nvme"):
            more = evaluate_pipeline(
                track, replace(settings, **{tier: 2 * getattr(settings, tier)})
            )
            assert more.utilization >= outcome.utilization * (1 - 1e-9)


def test_a_larger_cache_spares_a_link_that_binds_from_the_second_epoch_on() -> None:
    """The question of the lock, asked of the baseline: cold as before, warm by the hit rate."""
    track, part = load_track("cloud_titan"), PARTS["pipeline"]
    crisis = part.baseline(track)
    assert crisis.warm.binding == crisis.cold.binding == "link"
    doubled = evaluate_pipeline(track, replace(crisis.settings, cache=2 * crisis.settings.cache))
    assert doubled.cold.time == pytest.approx(crisis.cold.time)
    assert doubled.warm.time < 0.99 * crisis.warm.time


def test_a_larger_log_spares_an_uplink_that_binds_from_the_first_shift_on() -> None:
    track, part = load_track("edge_guardian"), PARTS["pipeline"]
    crisis = part.baseline(track)
    doubled = evaluate_pipeline(track, replace(crisis.settings, cache=2 * crisis.settings.cache))
    assert doubled.cold == doubled.warm
    assert doubled.cold.time < 0.99 * crisis.cold.time


@pytest.mark.parametrize(("name", "fits"), [("mobile_nomad", False), ("tiny_pioneer", True)])
def test_a_larger_cache_serves_nothing_of_a_repeated_order_until_all_of_it_fits(
    name: str, fits: bool
) -> None:
    track, part = load_track(name), PARTS["pipeline"]
    crisis = part.baseline(track)
    caches = [track.pipeline.control("cache").to_si(x) for x in (0, 8, 56, 88)]
    for cache in caches:
        outcome = evaluate_pipeline(track, replace(crisis.settings, cache=cache))
        assert outcome.warm.time == crisis.warm.time
        assert outcome.warm.hit_rate == 0
    largest = track.pipeline.control("cache").to_si(track.pipeline.control("cache").values[-1])
    whole = evaluate_pipeline(track, replace(crisis.settings, cache=largest))
    assert (float(largest) >= track.pass_size) == fits
    assert whole.warm.hit_rate == float(fits)
    assert (whole.warm.time < 0.99 * crisis.warm.time) == fits


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_at_the_baseline_the_link_binds_and_faster_nvme_is_money_for_nothing(
    name: Any, part: Any
) -> None:
    track = load_track(name)
    crisis = part.baseline(track)
    assert crisis.warm.binding == crisis.cold.binding == "link"
    assert crisis.busy["nvme"] < 0.05
    faster = evaluate_pipeline(track, replace(crisis.settings, nvme=2 * crisis.settings.nvme))
    assert faster.utilization == crisis.utilization
    assert faster.cost > crisis.cost


@pytest.mark.parametrize(("name", "part"), READERS)
def test_a_larger_cache_on_a_slow_nvme_can_make_the_nvme_bind(name: Any, part: Any) -> None:
    """More cache is no good where the tier that serves it is slower than the link."""
    track = load_track(name)
    crisis = part.baseline(track)
    demand, none = crisis.demand, crisis.settings.memory - crisis.page_cache
    slow = replace(
        crisis.settings, cache=track.pass_size, link=2 * demand, nvme=demand / 10, memory=none
    )
    whole = evaluate_pipeline(track, slow)
    assert whole.warm.hit_rate == 1
    assert whole.warm.binding == "nvme"
    assert whole.utilization < evaluate_pipeline(track, replace(slow, cache=0)).utilization


# --- memory, processors, and the load


CLOUD = load_track("cloud_titan")


def test_what_the_workers_leave_of_the_memory_is_asked_first_and_spares_the_others() -> None:
    """Hit first, exclusive: what the DRAM holds is neither fetched nor read from the NVMe."""
    crisis = PARTS["pipeline"].baseline(CLOUD)
    workers = crisis.settings.workers * CLOUD.pipeline.worker_memory
    assert crisis.page_cache == crisis.settings.memory - workers
    assert crisis.warm.memory_hit_rate == pytest.approx(crisis.page_cache / CLOUD.pass_size)
    more = evaluate_pipeline(CLOUD, replace(crisis.settings, memory=1e12 + workers))
    assert more.warm.memory_hit_rate == pytest.approx(0.1)
    assert more.warm.hit_rate == pytest.approx(crisis.warm.hit_rate)
    assert more.warm.rate > crisis.warm.rate
    whole = evaluate_pipeline(CLOUD, replace(crisis.settings, memory=2 * CLOUD.pass_size))
    assert (whole.warm.memory_hit_rate, whole.warm.hit_rate) == (1, 0)
    assert whole.warm.flows["link"] == whole.cold.flows["fill"] == 0


def test_a_wider_link_alone_makes_the_processor_bind() -> None:
    """The way out of the crisis: 48 workers prepare 84% of what the accelerators take."""
    crisis = PARTS["pipeline"].baseline(CLOUD)
    wider = evaluate_pipeline(CLOUD, replace(crisis.settings, link=2 * crisis.settings.link))
    assert (crisis.warm.binding, wider.warm.binding) == ("link", "prepare")
    node = CLOUD.node
    assert wider.warm.rate == pytest.approx(
        48 / node.cores * node.prepare_rate * CLOUD.dataset.sample_size
    )
    assert wider.warm.rate / wider.demand == pytest.approx(0.84, abs=0.01)


def test_workers_need_a_core_and_memory_each() -> None:
    crisis = PARTS["pipeline"].baseline(CLOUD).settings

    def prepared(**changes: float) -> float:
        return evaluate_pipeline(CLOUD, replace(crisis, **changes)).warm.ceilings["prepare"]

    assert prepared(workers=96) == pytest.approx(2 * prepared(workers=48))
    assert prepared(workers=960) == prepared(workers=96)
    # 64 GB hold 32 workers
    assert prepared(memory=64e9) == pytest.approx(prepared(workers=32))
    assert evaluate_pipeline(CLOUD, replace(crisis, memory=64e9)).page_cache == 0


def test_the_cores_that_feed_a_gpu_are_as_many_as_were_measured() -> None:
    """Mohan et al. 2021: networks need 3 to 24 cores for each GPU."""
    node = CLOUD.node
    assert 3 <= node.demand / (node.prepare_rate / node.cores) / node.accelerators <= 24


@pytest.mark.parametrize("name", [name for name in TRACKS if load_track(name).pipeline.load])
def test_a_load_takes_as_long_as_the_slowest_stage_that_it_passes(name: str) -> None:
    track = load_track(name)
    load = track.pipeline.load
    assert load is not None
    size = load.size or track.pass_size
    for outcome in positions(PARTS["pipeline"], track, count=200):
        settings = outcome.settings
        times = [size / at for at in (settings.link, settings.nvme, load.machine_bandwidth)]
        assert outcome.load_time == pytest.approx(max(times))
        assert ("load" in outcome.unmet) == (max(times) > load.within)


def test_the_replicas_weights_are_the_models_in_two_bytes_each() -> None:
    assert CLOUD.pipeline.load is not None
    assert CLOUD.pipeline.load.size == 2 * CLOUD.checkpoint.parameters


def test_the_clip_is_what_six_minutes_raise() -> None:
    track = load_track("edge_guardian")
    assert track.pipeline.load is not None
    assert track.pipeline.load.size == 360 * track.pass_demand


def test_what_the_events_explain_follows_from_the_assumptions_that_the_track_states() -> None:
    """Two triggers an hour; causes 40 s before on average; 2% of the incidents trigger nothing."""
    contents = load_track("edge_guardian").pipeline.contents
    for minutes in (1, 3):
        kept = contents[f"events_{minutes}"]
        assert kept.share == pytest.approx(2 * 2 * minutes / 60, rel=1e-3)
        found = 0.98 * (1 - np.exp(-60 * minutes / 40))
        assert kept.incidents == pytest.approx(found, abs=1e-3)


def test_an_sram_is_kept_alive_for_what_its_data_sheet_says() -> None:
    """nRF54L15: 0.3 µA for 32 KB at 3 V."""
    assert price(load_track("tiny_pioneer"), "cache") * 32 * 1024 == pytest.approx(0.9e-6, rel=0.01)


@pytest.mark.parametrize("name", TRACKS)
def test_no_decision_beats_the_frontier_in_both(name: str) -> None:
    """Over every decision one by one, which the frontier computes all at once."""
    useful, cost = frontier(load_track(name))
    assert np.all(np.diff(useful) > 0)
    assert np.all(np.diff(cost) > 0)
    allowed = [
        (item.utilization, item.cost)
        for item in decisions(name, "pipeline")
        if not {"load", "room"} & set(item.unmet)
    ]
    for target, least in zip(useful, cost, strict=True):
        among = [price for share, price in allowed if share >= target - 1e-9]
        assert min(among) == pytest.approx(least)
    assert max(share for share, _ in allowed) == pytest.approx(useful[-1])
    assert min(price for _, price in allowed) == pytest.approx(cost[0])


# --- policies


@pytest.mark.parametrize("name", [param.id for param in READERS])
@pytest.mark.parametrize("policy", CACHE_POLICIES)
def test_a_policy_serves_its_share_of_every_cache(name: str, policy: Any) -> None:
    track = load_track(name)
    start = PARTS["pipeline"].baseline(track)
    # a memory that leaves nothing to cache
    none = start.settings.memory - start.page_cache
    settings = replace(start.settings, policy=policy, memory=none)
    for share in (0.0, 0.1, 0.5, 0.999, 1.0, 1.5):
        outcome = evaluate_pipeline(track, replace(settings, cache=share * track.pass_size))
        kept = min(1.0, share)
        if policy == "never_evict":
            assert outcome.warm.hit_rate == pytest.approx(kept)
        elif policy == "lru_repeated":
            assert outcome.warm.hit_rate == (1.0 if share >= 1 else 0.0)
        else:
            assert outcome.warm.hit_rate <= kept
        assert 0 <= outcome.warm.hit_rate <= 1


def play_lru(items: Any, room: Any, passes: Any) -> Any:
    """Return the share of the last pass's reads that an LRU cache of ``room`` items serves."""
    cache: list[int] = []
    hits = 0
    for _ in range(passes):
        hits = 0
        for item in range(items):  # the same order in each pass
            if item in cache:
                cache.remove(item)
                hits += 1
            cache.append(item)
            del cache[: max(0, len(cache) - room)]
    return hits / items


@pytest.mark.parametrize(("room", "serves"), [(1, 0.0), (50, 0.0), (99, 0.0), (100, 1.0)])
def test_an_lru_cache_that_is_played_over_a_repeated_order_serves_nothing_or_all(
    room: int, serves: float
) -> None:
    assert play_lru(100, room, passes=4) == serves
    assert cache_hit_rate(room / 100, "lru_repeated") == serves


@pytest.mark.parametrize("name", ["mobile_nomad", "tiny_pioneer"])
def test_what_is_pinned_serves_its_share_where_lru_serves_nothing(name: str) -> None:
    """The same memory, the same order: only what is thrown out differs."""
    track, part = load_track(name), PARTS["pipeline"]
    crisis = part.baseline(track)
    pinned = baseline_but(part, track, policy="never_evict")
    share = crisis.settings.cache / track.pass_size
    assert (crisis.warm.hit_rate, pinned.warm.hit_rate) == (0, pytest.approx(share))
    assert pinned.warm.time < 0.9 * crisis.warm.time
    # and for less, since a byte from the cache costs a fraction of one through the link
    assert price(track, "cache_byte") < 0.2 * price(track, "link_byte")


def test_settings_with_an_unknown_policy_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown policy 'fifo'; known are never_evict, lru"):
        PipelineSettings(**{**GOOD, "policy": "fifo"})


@pytest.mark.parametrize("name", [param.id for param in READERS])
def test_without_a_cold_start_the_first_pass_is_like_every_other(name: str) -> None:
    settings = PARTS["pipeline"].baseline(load_track(name)).settings
    settings = replace(settings, policy="never_evict")
    warm, cold = (altered(name, cold_start=start) for start in (False, True))
    once = evaluate_pipeline(warm, settings)
    assert once.cold == once.warm == evaluate_pipeline(cold, settings).warm
    assert once.utilization == pytest.approx(once.warm.rate / once.demand)
    assert evaluate_pipeline(cold, settings).cold.hit_rate == 0
    assert evaluate_pipeline(cold, settings).utilization <= once.utilization


# --- budgets and energy


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_a_target_is_unmet_exactly_where_its_number_is_beyond_it(name: Any, part: Any) -> None:
    track = load_track(name)
    content = track.pipeline
    for outcome in positions(part, track, count=400):
        beyond = {
            "utilization": outcome.utilization < content.target_utilization,
            "load": content.load is not None and outcome.load_time > content.load.within,
            "room": content.cache_limit is not None
            and outcome.settings.cache > content.cache_limit,
            "budget": content.budget is not None and outcome.cost > content.budget,
        }
        assert outcome.unmet == tuple(limit for limit, is_beyond in beyond.items() if is_beyond)


def test_a_budget_of_exactly_what_it_costs_is_met() -> None:
    outcome = PARTS["pipeline"].baseline(load_track("cloud_titan"))
    exact = altered(
        "cloud_titan", budget=outcome.cost, target_utilization=outcome.utilization, load=None
    )
    assert evaluate_pipeline(exact, outcome.settings).unmet == ()
    tight = altered("cloud_titan", budget=outcome.cost * 0.999, load=None)
    assert evaluate_pipeline(tight, outcome.settings).unmet == ("utilization", "budget")


@pytest.mark.parametrize("name", ["mobile_nomad", "tiny_pioneer"])
def test_where_watts_count_a_byte_from_flash_is_paid_by_its_joules(name: str) -> None:
    """A link that is wider than needed costs its own keep; the bytes cost the same."""
    track = load_track(name)
    settings = PipelineSettings(
        cache=0.0,
        link=2 * track.pass_demand,
        nvme=track.pass_demand,
        memory=0.0,
        workers=1.0,
        policy="never_evict",
        content="all",
    )
    full = evaluate_pipeline(track, settings)
    assert full.utilization == 1
    joules = track.prices["link_byte"].amount * full.demand / 1e9
    kept_awake = settings.link * price(track, "link")
    assert full.costs["link"] == pytest.approx(joules + kept_awake)
    half = evaluate_pipeline(track, replace(settings, cache=track.pass_size / 2))
    assert half.costs["link"] == pytest.approx(joules / 2 + kept_awake)
    assert half.costs["nvme"] - full.costs["nvme"] == pytest.approx(
        track.prices["cache_byte"].amount * half.demand / 2 / 1e9
    )


def test_no_cache_that_the_glasses_get_is_enough_unless_it_keeps_what_it_has() -> None:
    met = [item for item in decisions("mobile_nomad", "pipeline") if not item.unmet]
    assert {item.settings.policy for item in met} == {"never_evict"}
    assert min(item.settings.cache for item in met) > 100e6


def test_the_hearable_has_to_keep_nearly_all_of_its_weights() -> None:
    """10 ms at 1 mW don't pay for more than a tenth of the bytes from flash."""
    met = [item for item in decisions("tiny_pioneer", "pipeline") if not item.unmet]
    assert min(item.settings.cache for item in met) >= 0.9 * load_track("tiny_pioneer").pass_size


def test_the_van_keeps_what_matters_and_not_everything() -> None:
    """Logging everything meets the target and costs; keyframes cost little and explain too little.

    Nor does a minute before and after an incident.
    """
    met = [item for item in decisions("edge_guardian", "pipeline") if not item.unmet]
    least = {
        logged: min(item.cost for item in met if item.settings.content == logged)
        for logged in {item.settings.content for item in met}
    }
    assert set(least) == {"events_3", "everything"}
    assert least["everything"] > 2.5 * least["events_3"]


GOOD: dict[str, Any] = {
    "cache": 1e12, "link": 1e9, "nvme": 1e9, "memory": 1e11, "workers": 8.0,
    "policy": "never_evict", "content": "all",
}  # fmt: skip


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "5", None])
def test_settings_that_no_slider_has_are_refused(name: str, bad: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be"):
        PipelineSettings(**{**GOOD, name: bad})


def test_one_unit_more_helps_where_it_binds_and_nowhere_else() -> None:
    """The baseline is bound by its link: a Gb/s helps by its share, NVMe by nothing."""
    track = load_track("cloud_titan")
    settings = PARTS["pipeline"].baseline(track).settings
    gains = one_unit_more(track, settings)
    wider = replace(settings, link=settings.link + 1e9 / 8)
    rate = evaluate_pipeline(track, settings).warm.rate
    assert gains["link"] == pytest.approx(evaluate_pipeline(track, wider).warm.rate - rate)
    assert gains["link"] == pytest.approx(rate / 5)
    assert gains["nvme"] == 0
    assert gains["cache"] > 0


@pytest.mark.parametrize(("name", "part"), of_part("pipeline"))
def test_one_unit_more_is_the_experiment_with_one_piece_more(name: Any, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=60):
        gains = one_unit_more(track, outcome.settings)
        scales = [item for item in track.pipeline.controls if item.kind == "scale"]
        assert set(gains) == {item.name for item in scales} == set(resources(track))
        for item in scales:
            more = getattr(outcome.settings, item.name) + item.piece * item.si
            grown = evaluate_pipeline(track, replace(outcome.settings, **{item.name: more}))
            gain = grown.warm.rate - outcome.warm.rate
            assert gains[item.name] == pytest.approx(gain, abs=1e-9 * outcome.demand)


@pytest.mark.parametrize(
    ("name", "resource"), [(name, item) for name in TRACKS for item in resources(load_track(name))]
)
def test_a_sweep_is_the_experiment_at_each_of_its_points(name: Any, resource: Any) -> None:
    track, part = load_track(name), PARTS["pipeline"]
    control = track.pipeline.control(resource)
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    amounts = np.linspace(low, high, 9)
    for outcome in positions(part, track, count=20):
        swept = sweep(track, outcome.settings, resource, amounts)
        for index, amount in enumerate(amounts):
            there = evaluate_pipeline(track, replace(outcome.settings, **{resource: float(amount)}))
            assert swept.rate[index] == pytest.approx(there.warm.rate)
            assert swept.utilization[index] == pytest.approx(there.utilization)
            assert swept.cost[index] == pytest.approx(there.cost)
            for tier in TIERS:
                assert swept.ceilings[tier][index] == pytest.approx(there.warm.ceilings[tier])


@pytest.mark.parametrize("policy", CACHE_POLICIES)
@pytest.mark.parametrize("name", TRACKS)
def test_feeding_many_is_feeding_each(name: str, policy: Any) -> None:
    track = load_track(name)
    cache = np.array([0.0, 0.3, 1.0, 2.0])[:, None] * track.pass_size
    link = np.array([0.1, 1.0, 3.0]) * track.pass_demand
    start = PARTS["pipeline"].baseline(track).settings
    amounts = {name: getattr(start, name) for name in RESOURCES}
    amounts |= {"cache": cache, "link": link, "nvme": 0.7 * track.pass_demand}
    many = evaluate_pipelines(track, amounts, policy, start.content)
    assert many.rate.shape == many.utilization.shape == many.cost.shape == (4, 3)
    for row, column in np.ndindex(4, 3):
        settings = replace(
            start,
            cache=float(cache[row, 0]),
            link=float(link[column]),
            nvme=0.7 * track.pass_demand,
            policy=policy,
        )
        alone = evaluate_pipeline(track, settings)
        assert many.rate[row, column] == pytest.approx(alone.warm.rate)
        assert many.utilization[row, column] == pytest.approx(alone.utilization)
        assert many.cost[row, column] == pytest.approx(alone.cost)
        allowed = not {"load", "room"} & set(alone.unmet)
        assert many.allowed[row, column] == allowed


@pytest.mark.parametrize("name", TRACKS)
def test_many_cost_what_each_costs_where_everything_has_a_price(name: str) -> None:
    """Also what the tracks charge nothing for: bytes from a log, bytes through a rented link."""
    track = load_track(name)
    dear = {
        item: structs.replace(price, amount=price.amount or 1e-3)
        for item, price in track.prices.items()
    }
    track = structs.replace(track, prices=dear)
    for outcome in positions(PARTS["pipeline"], track, count=60):
        settings = outcome.settings
        amounts = {item: np.array([getattr(settings, item)]) for item in RESOURCES}
        many = evaluate_pipelines(track, amounts, settings.policy, settings.content)
        assert many.cost[0] == pytest.approx(outcome.cost)


def test_a_sweep_of_what_nobody_sells_is_refused() -> None:
    track = load_track("cloud_titan")
    settings = PARTS["pipeline"].baseline(track).settings
    with pytest.raises(
        ValueError, match="unknown resource 'policy'; known are cache, link, nvme, memory"
    ):
        sweep(track, settings, "policy", np.ones(3))
    with pytest.raises(ValueError, match=r"^link\[1\] must be"):
        sweep(track, settings, "link", np.array([1e9, 0.0]))


@pytest.mark.parametrize(
    ("name", "resource"), [(name, item) for name in TRACKS for item in resources(load_track(name))]
)
def test_at_a_change_another_stage_binds_and_in_between_none_does(name: Any, resource: Any) -> None:
    track, part = load_track(name), PARTS["pipeline"]
    control = track.pipeline.control(resource)
    low, high = (float(control.to_si(control.values[end])) for end in (0, -1))
    grid = np.linspace(low, high, 61)

    def binding(settings: Any, amount: Any) -> Any:
        return evaluate_pipeline(track, replace(settings, **{resource: amount})).warm.binding

    seen = 0
    for outcome in positions(part, track, count=40):
        settings = outcome.settings
        changes = binding_changes(track, settings, resource, grid)
        seen += len(changes)
        for change in changes:
            assert change.before != change.after
            assert binding(settings, change.at * (1 - 1e-8)) == change.before
            assert binding(settings, change.at) == change.after
        edges = [low, *(change.at for change in changes), high]
        for left, right in pairwise(edges):
            if right - left < 1e-8 * right:
                continue  # a tie at the slider's end
            within = np.linspace(left, right, 9)[:-1]
            assert len({binding(settings, float(amount)) for amount in within}) == 1
    assert seen > 0


def test_a_link_stops_binding_where_its_misses_meet_the_demand() -> None:
    """Said by the law itself: link = demand times the share that misses."""
    track = load_track("cloud_titan")
    settings = PARTS["pipeline"].baseline(track).settings
    settings = replace(settings, workers=96.0, memory=192e9)  # which leaves none to cache
    (change,) = binding_changes(track, settings, "link", np.linspace(1e8, 1e10, 30))
    misses = 1 - settings.cache / track.pass_size
    assert change.at == pytest.approx(track.pass_demand * misses, rel=1e-8)
    assert (change.before, change.after) == ("link", "compute")


@pytest.mark.parametrize(("name", "part"), READERS)
def test_the_paths_supply_is_what_comes_to_an_endless_appetite(name: Any, part: Any) -> None:
    track = load_track(name)
    hungry = structs.replace(
        track, pipeline=structs.replace(track.pipeline, pass_demand=1e6 * track.pass_demand)
    )
    for outcome in positions(part, track, count=100):
        for epoch, unbounded in zip(
            (outcome.cold, outcome.warm),
            (lambda fed: fed.cold, lambda fed: fed.warm),
            strict=True,
        ):
            assert epoch.supply == unbounded(evaluate_pipeline(hungry, outcome.settings)).rate
            assert epoch.rate == min(epoch.supply, outcome.demand)
