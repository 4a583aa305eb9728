"""The book's tables and quotations, made from the tracks and the models: no number is typed here.

The pages import this module when the book is built; it lies beside them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from IPython.display import HTML, Markdown
from ipywidgets import VBox

from storagelab import schema
from storagelab.access import half_bandwidth_request_size
from storagelab.course.track_file import meanings
from storagelab.devices import Device, load_device
from storagelab.parts import ACCESS, CHECKPOINT, PARTS, PIPELINE, AnyOutcome
from storagelab.parts.access.table import AccessTable
from storagelab.parts.checkpoint.table import CheckpointTable, Destination, Failure, Fleet
from storagelab.parts.checkpoint.words import format_loss
from storagelab.parts.formatting import (
    cost_with_period,
    format_cost,
    format_setting,
)
from storagelab.parts.normalized_curves import read_point, save_point
from storagelab.parts.pace import MINUTES, STEPS
from storagelab.parts.pipeline.table import Content, Load, PipelineTable
from storagelab.parts.pipeline.words import binding_words
from storagelab.tracks import PRICED, TRACKS, Track, load_track
from storagelab.units import (
    format_bandwidth,
    format_binary,
    format_bytes,
    format_count,
    format_share,
    format_size,
    format_time,
    significant,
)
from storagelab.validation import all_cases, load_faults
from storagelab.widgets.hierarchy import Stage, hierarchy
from storagelab.widgets.normalized_curves import normalized_curves as curves


def table(
    label: str, heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "figures"
) -> str:
    """Return an HTML table; its cells are HTML, the first of each row is the row's head.

    On a narrow screen each row becomes a block, with the column's head before each cell, whose
    content is held together for that. The roles are said, because a browser forgets them where a
    table isn't laid out as one.
    """
    plain = [escape(re.sub("<[^>]*>", "", head)) for head in heads]
    body = "".join(
        '<tr role="row">'
        f'<th role="rowheader" scope="row">{first}</th>'
        + "".join(
            f'<td role="cell" data-head="{head}"><span>{cell}</span></td>'
            for head, cell in zip(plain[1:], cells, strict=True)
        )
        + "</tr>"
        for first, *cells in rows
    )
    top = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in heads)
    return (
        f'<table class="storagelab-table storagelab-{kind}" role="table" '
        f'aria-label="{escape(label)}"><thead role="rowgroup"><tr role="row">{top}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


# --- choosing a track


def link_to(track: Track) -> str:
    """Return the track's name as a link to its chapter, or alone where it has none."""
    if not Path(__file__).with_name(f"track_{track.name}.md").exists():
        return escape(track.persona.name)
    return f'<a href="track_{track.name}.html">{escape(track.persona.name)}</a>'


def choose(texts: Mapping[str, Mapping[str, str]]) -> HTML:
    """Return the table to choose a track from.

    ``texts`` has for each track the ``part`` whose numbers fill its ``crisis`` and ``storage``.
    """
    rows = []
    for name, said in texts.items():
        track, part = load_track(name), PARTS[said["part"]]
        crisis, storage = (part.words(track, said[key]) for key in ("crisis", "storage"))
        rows.append(
            (
                f"{link_to(track)}<small>{escape(track.title)}</small>",
                f"{escape(_capital(track.persona.role))}, {escape(track.persona.team)}. "
                f"{escape(_capital(track.mission))}.",
                escape(crisis),
                escape(storage),
                escape(_counted(track)),
            )
        )
    heads = (
        "track",
        "who you are, and the mission",
        "the crisis",
        "its storage",
        "what it costs today",
    )
    return HTML(table("the four tracks", heads, rows, "prose"))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _counted(track: Track) -> str:
    part = track.pipeline
    today = track.currency.says.format(cost=format_cost(track, PIPELINE.crisis(track).cost))
    if part.budget is None:
        return today
    return f"{today} The budget is {format_cost(track, part.budget)}."


# --- a track's own chapter


def crisis(track: Track, part_name: str) -> Markdown:
    """Return the crisis of one part, as the track's file tells it, as a quotation."""
    part = PARTS[part_name]
    text = part.words(track, part.of(track).crisis)
    return Markdown("\n".join(f"> {line}".rstrip() for line in text.splitlines()))


def locks(track: Track) -> HTML:
    """Return what a student of this track locks in each part before any evidence."""
    rows = [
        (
            f"Part {part.number}: {escape(part.of(track).title)}",
            escape(part.words(track, part.of(track).question.text)),
        )
        for part in PARTS.values()
    ]
    heads = ("part", "lock your answer to this, and how sure you are")
    return HTML(table("what to lock first", heads, rows, "prose"))


def drawing(track: Track, device_at: Stage, words: str) -> HTML:
    """Return the track's hierarchy with a caption."""
    return HTML(
        f'<figure class="storagelab-drawing">{hierarchy(track, device_at)}'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def devices_of(track: Track) -> list[Device]:
    """Return the devices that the track's part 1 reads from."""
    part = track.access
    if part.has_control("device"):
        return [load_device(str(name)) for name in part.control("device").values]
    return [load_device(part.home)]


def devices(track: Track) -> HTML:
    """Return what the models know of the track's devices, with evidence and source."""
    rows = [
        (
            f"{escape(item.label)}<small>{escape(item.evidence)}: {escape(item.source)}</small>",
            format_bandwidth(item.bandwidth),
            format_time(item.latency),
            format_count(item.max_iops),
        )
        for item in devices_of(track)
    ]
    heads = ("device, evidence and source", "most bytes", "first byte after", "most requests/s")
    return HTML(table("devices", heads, rows, "sourced storagelab-short"))


def given(track: Track) -> HTML:
    """Return what the track takes for given, with its sources."""
    data, node, job = track.dataset, track.node, track.checkpoint
    rows = [
        (
            f"Part 1: {escape(data.label)}<small>{escape(data.source)}</small>",
            f"{format_bytes(data.size)} in {escape(track.terms.samples)} of "
            f"{format_size(data.sample_size)}",
        ),
        (
            f"Part 1: {escape(node.label)}<small>{escape(node.source)}</small>",
            f"{format_count(node.accelerators * node.batch_size)} {escape(track.terms.samples)} "
            f"in {format_time(node.compute_time)}: {format_count(node.demand)} a second",
        ),
        (
            "Part 2: what is fed",
            f"{format_bytes(track.pass_size)} in {escape(track.terms.warm)}, "
            f"{format_bandwidth(track.pass_demand)}; {format_count(track.pipeline.epochs)} "
            f"{escape(track.terms.passes)}",
        ),
        *_assumed(track),
        (
            "Part 3: what is saved",
            f"{format_size(job.size)} of state; {escape(track.terms.run)} of "
            f"{format_time(job.solve_time)}; {format_time(job.detect_time + job.start_time)} to "
            "start again, and to read the state back",
        ),
    ]
    return HTML(table("what is given", ("what, and its source", "in numbers"), rows, "sourced"))


def _assumed(track: Track) -> list[tuple[str, str]]:
    """Return what a track assumes in part 2 besides: what is logged, and what has to load."""
    part = track.pipeline
    rows = [
        (
            f"Part 2: {escape(name.replace('_', ' '))}<small>{escape(kept.source)}</small>",
            f"{format_share(kept.share)} of the bytes; explains "
            f"{format_share(kept.incidents)} of the incidents",
        )
        for name, kept in part.contents.items()
    ]
    if part.load is not None:
        rows.append(
            (
                f"Part 2: {escape(part.load.what)}<small>{escape(part.load.source)}</small>",
                f"{format_bytes(part.load.size or track.pass_size)} within "
                f"{format_time(part.load.within)}",
            )
        )
    return rows


def prices(track: Track) -> HTML:
    """Return the track's prices, each with its date and its source."""
    sign = "$" if track.currency.unit == "$" else ""
    rows = [
        (
            f"{escape(price.unit)}<small>{escape(price.source)}</small>",
            f"{sign}{significant(price.amount, 12)}",
            price.date,
        )
        for price in track.prices.values()
    ]
    heads = ("for one of these, and the source", "price", "date")
    return HTML(table("prices", heads, rows, "sourced storagelab-short"))


def illustrative(track: Track) -> str:
    """Return how many of a track's prices are its author's own guess, in words."""
    guessed = sum(price.source.startswith("illustrative") for price in track.prices.values())
    return f"{guessed} of the {len(track.prices)}"


def runs(track: Track, part_name: str, tries: Mapping[str, Any], shown: Mapping[str, str]) -> HTML:
    """Return a table of experiments: what was tried, and some of each outcome's figures.

    ``tries`` has a part's settings by what they are called, ``shown`` the columns' heads by the
    figures' names.
    """
    part = PARTS[part_name]
    rows = []
    for words, settings in tries.items():
        figures = part.figures(track, part.experiment(track, settings))
        rows.append((escape(words), *(escape(figures[name]) for name in shown)))
    return HTML(
        table(f"experiments of part {part.number}", ("what is tried", *shown.values()), rows)
    )


# --- the same law in every track


def side_by_side(part_name: str) -> HTML:
    """Return the table that holds a part's numbers of every track side by side."""
    tracks = [load_track(name) for name in TRACKS]
    starts = [PARTS[part_name].crisis(track) for track in tracks]
    rows = [
        (head, *(escape(cell(track, start)) for track, start in zip(tracks, starts, strict=True)))
        for head, cell in ROWS[part_name]
    ]
    heads = ("", *(link_to(track) for track in tracks))
    return HTML(table(f"part {PARTS[part_name].number} in four tracks", heads, rows))


def _home(track: Track) -> Device:
    return load_device(track.access.home)


def _late(track: Track, start: AnyOutcome) -> str:
    if track.access.misses_limit is None:
        return "nobody counts them"
    return f"{format_count(start.misses)} of {format_count(3600 / track.node.compute_time)}"


def _sized(number: float, unit: str) -> str:
    return f"{format_count(number)} {unit}"


def _limit(seconds: float) -> str:
    return format_time(seconds) if seconds else "none"


def _waste(share: float | None) -> str:
    return "no limit" if share is None else format_share(share)


Cell = Callable[[Track, AnyOutcome], str]

ROWS: dict[str, tuple[tuple[str, Cell], ...]] = {
    "access": (
        ("what is read", lambda t, o: t.dataset.label),
        ("one piece", lambda t, o: f"{t.terms.sample} of {format_size(t.dataset.sample_size)}"),
        (
            "how many for a step",
            lambda t, o: (
                f"{format_count(t.node.accelerators * t.node.batch_size)} for a "
                f"{t.terms.step} of {format_time(t.node.compute_time)}"
            ),
        ),
        ("where it lies", lambda t, o: _home(t).label),
        ("one request, today", lambda t, o: format_binary(o.request_bytes)),
        ("latency <i>L</i>", lambda t, o: format_time(_home(t).latency)),
        (
            "bandwidth of one request <i>B</i>",
            lambda t, o: format_bandwidth(_home(t).stream_bandwidth),
        ),
        (
            "<i>L·B</i>: the request of half efficiency",
            lambda t, o: format_bytes(read_point(o).half),
        ),
        ("efficiency of one request, today", lambda t, o: format_share(read_point(o).efficiency)),
        (
            "asked for, a second",
            lambda t, o: _sized(o.demand, t.terms.samples),
        ),
        ("delivered, a second", lambda t, o: _sized(o.supply, t.terms.samples)),
        ("busy, today", lambda t, o: f"{t.terms.consumer.label}: {format_share(o.utilization)}"),
        ("late steps an hour, today", _late),
        ("cost, today", lambda t, o: cost_with_period(t, o.cost)),
    ),
    "pipeline": (
        ("store", lambda t, o: f"{t.terms.store}: {format_bytes(t.pass_size)} in {t.terms.warm}"),
        (
            "link",
            lambda t, o: (
                f"{t.terms.link}: " + format_setting(t.pipeline.control("link"), o.settings.link)
            ),
        ),
        (
            "cache",
            lambda t, o: (
                f"{t.terms.cache}: {format_bytes(o.settings.cache)} at "
                f"{format_bandwidth(o.settings.nvme)}"
            ),
        ),
        (
            "room in it for",
            lambda t, o: f"{format_share(min(1.0, o.settings.cache / t.pass_size))} of a pass",
        ),
        (
            "memory",
            lambda t, o: (
                f"{t.terms.memory}: {format_bytes(o.settings.memory)}"
                if t.pipeline.has_control("memory")
                else t.terms.memory
            ),
        ),
        ("whom it feeds", lambda t, o: t.fed.label),
        ("asked for", lambda t, o: format_bandwidth(o.demand)),
        ("delivered", lambda t, o: format_bandwidth(o.warm.rate)),
        ("what binds, today", lambda t, o: binding_words(t)[o.warm.binding]),
        (
            "useful, today",
            lambda t, o: f"{t.pipeline.useful_name}: {format_share(o.utilization)}",
        ),
        ("to be reached", lambda t, o: format_share(o.target_utilization)),
        ("cost, today", lambda t, o: cost_with_period(t, o.cost)),
    ),
    "checkpoint": (
        ("what saves", lambda t, o: f"{t.terms.job}, by a {t.terms.dump}"),
        ("written each time, today", lambda t, o: format_size(o.written)),
        ("dump time <i>d</i>", lambda t, o: format_time(o.dump_time)),
        ("MTBF <i>M</i>", lambda t, o: format_time(o.mtbf)),
        ("<i>M/d</i>", lambda t, o: format_count(float(f"{o.mtbf / o.dump_time:.2g}"))),
        ("interval today", lambda t, o: format_time(o.settings.interval)),
        ("Young: √(2<i>dM</i>)", lambda t, o: format_time(o.young)),
        ("exact optimum", lambda t, o: format_time(o.optimum)),
        ("restart <i>R</i>", lambda t, o: format_time(o.scheme.restart_time)),
        (
            "lost, today",
            lambda t, o: f"{format_loss(t, o.loss)} of {t.checkpoint.gone or t.terms.run}",
        ),
        ("loss that is borne", lambda t, o: _waste(o.waste_limit)),
        (
            "dumps take of the storage, today",
            lambda t, o: (
                f"{format_share(o.storage_share)}, of {format_share(o.storage_limit)} "
                "that it can give"
            ),
        ),
        ("shortest interval for the storage", lambda t, o: _limit(o.storm_interval)),
        ("shortest interval for its life", lambda t, o: _limit(o.wear_interval)),
    ),
}
"""The rows of each part's table: what they are called, and what a track's crisis says."""


# --- what each track calls things


VOCABULARY: tuple[tuple[str, Callable[[schema.Terms], str]], ...] = (
    ("one piece of data", lambda terms: terms.sample),
    ("what is done again and again", lambda terms: terms.step),
    ("where the data lies", lambda terms: terms.store),
    ("how it comes", lambda terms: terms.link),
    ("what keeps some of it near", lambda terms: terms.cache),
    ("where it is used", lambda terms: terms.memory),
    ("who waits for it", lambda terms: terms.consumer.label),
    ("saving a state", lambda terms: terms.dump),
    ("what fails", lambda terms: terms.job),
)
"""What the laws speak of, and a track's word for it."""


def vocabulary() -> HTML:
    """Return what the parts of the laws are called in every track."""
    tracks = [load_track(name) for name in TRACKS]
    rows = [(head, *(escape(word(track.terms)) for track in tracks)) for head, word in VOCABULARY]
    heads = ("in general", *(link_to(track) for track in tracks))
    return HTML(table("what the tracks call things", heads, rows))


def normalized_curves() -> VBox:
    """Return the two curves that every track lies on, with each one's crisis."""
    reads, saves = {}, {}
    for name in TRACKS:
        track = load_track(name)
        reads[track.persona.name] = read_point(ACCESS.crisis(track))
        saves[track.persona.name] = save_point(CHECKPOINT.crisis(track))
    return curves(reads, saves)


def half_efficiency(device: str) -> dict[str, str]:
    """Return a device's latency, its stream's bandwidth and the request that gets a half of it."""
    item = load_device(device)
    return {
        "latency": format_time(item.latency),
        "bandwidth": format_bandwidth(item.stream_bandwidth),
        "request": format_bytes(
            float(half_bandwidth_request_size(item.stream_bandwidth, item.latency))
        ),
    }


def memory_hierarchy(size: float) -> HTML:
    """Return the levels from HBM to the object store, and how long ``size`` bytes take in each.

    Eight accelerators in a node. HBM and the bus are the maker's; DRAM and the latencies above the
    drive are typical; drive and object store are the models' own, with the node's port between.
    """
    drive, store = load_device("nvme"), load_device("object_store")
    levels = (
        ("HBM, of eight accelerators", "640 GB", 8 * 3.35e12, 0.5e-6),
        ("DRAM of the node", "1 to 2 TB", 600e9, 100e-9),
        ("bus from DRAM to the eight (PCIe 5)", "–", 8 * 64e9, 1e-6),
        ("local NVMe, one drive", "some TB", drive.bandwidth, drive.latency),
        ("object store, through the node's port", "no end", store.bandwidth, store.latency),
        ("object store, one stream", "no end", store.stream_bandwidth, store.latency),
    )
    rows = [
        (
            escape(level),
            room,
            format_bandwidth(rate),
            format_time(latency),
            format_time(float(f"{latency + size / rate:.2g}")),
        )
        for level, room, rate, latency in levels
    ]
    heads = ("level", "room", "bytes a second", "first byte after", f"{format_bytes(size)} take")
    return HTML(table("the memory hierarchy", heads, rows, "sourced storagelab-short"))


# --- where the models are wrong


def faults(part: int | None = None) -> HTML:
    """Return the known faults of the models, of one part or of all, each with its size."""
    cases = all_cases()
    rows = [
        (
            f"{escape(fault.fault)}<small>part {fault.part}, <code>{fault.model}</code></small>",
            escape(fault.size(cases)),
        )
        for fault in load_faults()
        if part in (None, fault.part)
    ]
    heads = ("what is left out or taken for granted", "the model against what was published")
    return HTML(table("where the models are wrong", heads, rows, "prose"))


# --- a class


def minutes(said: Mapping[str, tuple[str, str]]) -> HTML:
    """Return the plan of a class: for each step what students and instructor do, and when.

    ``said`` has both for each step by its name, in the order of the steps.
    """
    rows, begin = [], 0.0
    for step in STEPS:
        students, instructor = said[step.name]
        starts = [begin + MINUTES * index for index in range(len(PARTS))]
        rows.append(
            (
                f"{step.name}, {significant(step.minutes)} min",
                *(f"{int(start)}:{60 * (start % 1):02.0f}" for start in starts),
                escape(students),
                escape(instructor),
            )
        )
        begin += step.minutes
    heads = ("step", *(f"part {part.number}" for part in PARTS.values()), "students", "you")
    return HTML(table("the plan of a class", heads, rows))


# --- the track file


def takes(annotation: Any) -> str:
    """Return in words what a field of this type takes."""
    if annotation in KINDS:
        return KINDS[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is list:
        return f"list of: {takes(inner[0])}"
    if origin is dict:
        return f"by name: {takes(inner[1])}"
    if origin is Literal:
        return " or ".join(f"<code>{escape(str(item))}</code>" for item in inner)
    if type(None) in inner:
        return takes(next(item for item in inner if item is not type(None)))
    if hasattr(annotation, "__metadata__"):
        return takes(annotation.__origin__)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return "a table"
    return "true or false, number or text"


KINDS: dict[Any, str] = {
    bool: "true or false",
    float: "number",
    str: "text",
    schema.Positive: "number above 0",
    schema.NonNegative: "number, 0 or more",
    schema.Share: "share: above 0, at most 1",
    schema.Count: "whole number from 1",
    schema.Text: "text",
}

RECORDS: tuple[tuple[str, type], ...] = (
    ("at the top of the file", Track),
    ("[persona]", schema.Persona),
    ("[currency]", schema.Currency),
    ("[terms]", schema.Terms),
    ("consumer, in [terms] and perhaps in [pipeline]", schema.Consumer),
    ("[dataset]", schema.Dataset),
    ("[node]", schema.Node),
    ("[prices.NAME]", schema.Price),
    ("[access], [pipeline] and [checkpoint]", schema.PartTable),
    ("[access] besides", AccessTable),
    ("[pipeline] besides", PipelineTable),
    ("[pipeline.contents.NAME]", Content),
    ("[pipeline.load]", Load),
    ("[checkpoint] besides", CheckpointTable),
    ("[[checkpoint.failures]]", Failure),
    ("[[checkpoint.destinations]]", Destination),
    ("[[checkpoint.fleets]]", Fleet),
    ("question, in each part", schema.Question),
    ("[[PART.question.options]]", schema.Option),
    ("[[PART.controls]]", schema.Control),
    ("[[PART.presets]]", schema.Preset),
    ("[PART.law]", schema.Law),
    ("[pipeline.answer] and [checkpoint.answer]", schema.Answer),
    ("[[vary]]", schema.Vary),
)
"""Every table of a track file, and the record that it is read into."""


def fields(record: type[msgspec.Struct]) -> list[tuple[str, str, str, str]]:
    """Return a record's own fields: name, what it takes, what it is when left out, its meaning."""
    types: dict[str, Any] = inspect.get_annotations(record, eval_str=True)
    said = meanings(record)
    rows = []
    for field in msgspec.structs.fields(record):
        if field.name not in types or field.name == "variant":
            continue  # its base's, or none that a file can set
        left_out = "–"
        if field.default_factory is not msgspec.NODEFAULT or field.default in (None, ""):
            left_out = "none"
        elif field.default is not msgspec.NODEFAULT:
            left_out = f"{field.default:g}" if type(field.default) is float else str(field.default)
        rows.append((field.name, takes(types[field.name]), left_out.lower(), said[field.name]))
    return rows


def _marked(text: str) -> str:
    """Return a field's meaning as HTML: its code and its emphasis marked up."""
    coded = re.sub("``(.+?)``", r"<code>\1</code>", text)
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", coded)


def track_file() -> HTML:
    """Return every table of a track file with its fields."""
    heads = ("field", "takes", "if left out", "what it is")
    return HTML(
        "".join(
            f'<details class="storagelab-details"><summary><code>{escape(name)}</code></summary>'
            + table(
                f"fields of {name}",
                heads,
                [
                    (
                        f"<code>{field}</code>",
                        kind,
                        "needed" if left == "–" else left,
                        _marked(said),
                    )
                    for field, kind, left, said in fields(record)
                ],
                "sourced",
            )
            + "</details>"
            for name, record in RECORDS
        )
    )


def settings() -> HTML:
    """Return each part's settings: the ones with a control, the others, and what can be missed."""
    rows = [
        (
            f"<code>{part.name}</code>",
            _names(part.needs_control),
            _names(name for name in part.setting_types if name not in part.needs_control),
            _names(limit.name for limit in part.limits()),
        )
        for part in PARTS.values()
    ]
    heads = ("part", "need a control", "a control or fixed", "limits")
    return HTML(table("settings and limits", heads, rows, "sourced"))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"<code>{name}</code>" for name in names)


def priced() -> HTML:
    """Return the names under which a track has its prices."""
    rows = [(f"<code>{name}</code>", meaning) for name, meaning in PRICED.items()]
    return HTML(table("prices of a track", ("name", "what it is the price of"), rows, "sourced"))


def movable() -> HTML:
    """Return what can be moved in each part of each track, by the names that builders take."""
    rows = [
        (
            escape(load_track(name).persona.name),
            f"<code>{name}</code>",
            *(
                _names(control.name for control in part.of(load_track(name)).controls)
                for part in PARTS.values()
            ),
        )
        for name in TRACKS
    ]
    heads = (
        "track",
        "name",
        *(f"part {part.number}: <code>{part.name}</code>" for part in PARTS.values()),
    )
    return HTML(table("controls by track", heads, rows, "sourced"))
