"""PipelineSaturation: the rate as one resource grows, under every stage's ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import bqplot
import ipywidgets
import msgspec
import numpy as np

from storagelab.checks import Floats
from storagelab.colors import BLUE, GREEN, GREY, PURPLE, RED
from storagelab.parts.formatting import format_setting, inside
from storagelab.parts.pipeline.experiment import (
    RESOURCES,
    TIERS,
    Change,
    Feeds,
    PipelineOutcome,
    binding_changes,
    resources,
    sweep,
)
from storagelab.parts.pipeline.settings import PipelineSettings
from storagelab.parts.pipeline.words import binding_words, stage_labels
from storagelab.schema import Control
from storagelab.tracks import Track
from storagelab.units import bandwidth_unit, format_bandwidth, format_share
from storagelab.widgets.controls import field_label
from storagelab.widgets.drawing import PLACED, WRITTEN, Column, Drawing, Entry, Shape, table_of
from storagelab.widgets.hands import Handle
from storagelab.widgets.instruments.base import Instrument
from storagelab.widgets.picture import picture
from storagelab.widgets.sub_choice import SubChoice
from storagelab.widgets.table import Table
from storagelab.widgets.theme import (
    TEXT,
    axis,
    boxes,
    fitting,
    log_ticks,
    steps,
    update_shapes,
    update_traits,
)

STYLES = {
    "link": (BLUE, "dashed"),
    "nvme": (PURPLE, "dotted"),
    "prepare": (RED, "dash_dotted"),
    "compute": (TEXT, "solid"),
}
"""Colour and line style of each stage's ceiling."""
GRID = 61
"""The number of points on a curve, without those at its corners."""
UPRIGHT = 0.08
"""The share of the axis that a line of upright text needs: 19 of 240 pixels."""
CHANGES = 4
"""The most corners that are drawn; each stage takes over once at most."""
ABOVE = 10.0
"""How far a ceiling is drawn, in heights of the figure, so that it leaves it at its slope."""


class Range(msgspec.Struct, frozen=True):
    """The resource on the x axis, with a place from 0 to 1 for each of its amounts."""

    control: Control

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest amount, in the student's unit."""
        return float(self.control.values[0]), float(self.control.values[-1])

    @property
    def is_log(self) -> bool:
        """Whether the axis is logarithmic: zero has no place there, and a short range no ticks."""
        low, high = self.ends
        return low > 0 and high >= 8 * low

    def amounts(self, places: Floats) -> Floats:
        """Return the SI amounts at ``places``."""
        low, high = self.ends
        found = low * (high / low) ** places if self.is_log else low + (high - low) * places
        return np.asarray(found * self.control.si)

    def places(self, amounts: float | Floats) -> Floats:
        """Return the places of ``amounts`` in SI, clipped to the ends."""
        low, high = self.ends
        shown = np.clip(np.asarray(amounts) / self.control.si, low, high)
        if self.is_log:
            return np.asarray(np.log(shown / low) / np.log(high / low))
        return np.asarray((shown - low) / (high - low))

    @property
    def steps(self) -> Floats:
        """The slider's own amounts, in SI."""
        return np.array([self.control.to_si(value) for value in self.control.values], dtype=float)


class Region(msgspec.Struct, frozen=True):
    """The places, from 0 to 1, between which one stage binds."""

    stage: str
    left: float
    right: float


def regions(span: Range, changes: Sequence[Change], binding: str) -> list[Region]:
    """Return which stage binds where along ``span``; without ``changes`` it is ``binding``."""
    stages = [changes[0].before, *(change.after for change in changes)] if changes else [binding]
    edges = [0.0, *(float(span.places(change.at)) for change in changes), 1.0]
    return [Region(stage, *ends) for stage, ends in zip(stages, pairwise(edges), strict=True)]


def points(span: Range, changes: Sequence[Change]) -> Floats:
    """Return the places of the curves' points, corners included; their number is constant."""
    at = span.places(np.array([change.at for change in changes[:CHANGES]]))
    corners = np.ones(2 * CHANGES)
    corners[: 2 * len(at)] = np.concatenate([at * (1 - 1e-9), at])
    return np.sort(np.concatenate([np.linspace(0, 1, GRID), corners]))


class PipelineSaturation(Instrument):
    """The rate of a warm pass against one resource.

    The resource is the one that was moved last or that the student picks, unless ``against`` fixes
    it.
    """

    name = "saturation"

    def __init__(self, track: Track, against: str | None = None) -> None:
        super().__init__(track)
        self._stages = stage_labels(track)
        self.title = "Pipeline saturation: what more of one resource brings"
        self.spans = {name: Range(track.pipeline.control(name)) for name in resources(track)}
        self.scale, self.unit = bandwidth_unit(track.pass_demand)
        self.demand = track.pass_demand / self.scale
        self.top = 2.2 * self.demand
        self._before: PipelineSettings | None = None
        self._drawn: tuple[str, PipelineSettings] | None = None
        self.drawing = Drawing(
            bqplot.LinearScale(min=0, max=1, allow_padding=False),
            bqplot.LinearScale(min=0, max=self.top, allow_padding=False),
        )
        self._add_regions()
        self._add_ceilings()
        self._add_rates()
        self._add_labels()
        self.axes = {name: self._axis(span) for name, span in self.spans.items()}
        for item in self.axes.values():
            self.drawing.move(item, "visible")
        self.figure = self.drawing.figure(
            [*self.axes.values(), *self._rate_axes()], height=380, right=56
        )
        self.resource = against or "link"
        self._follows = against is None
        if self._follows:
            self.chooser = self._choice()
            self.choices, self.follows = (self.chooser,), tuple(self.spans)
            self.extras = (self.chooser.widget,)

    @staticmethod
    def _flat() -> tuple[Floats, Floats]:
        """Return the ``x`` and ``y`` of a curve at zero, with the usual number of points."""
        count = GRID + 2 * CHANGES
        return np.linspace(0, 1, count), np.zeros(count)

    def _add_regions(self) -> None:
        """Add the backgrounds of the stages that bind, and the lines between them."""
        self.areas = self.drawing.areas(
            [Shape(tier, GREY if tier == "compute" else STYLES[tier][0], 0.12) for tier in TIERS],
            corners=4 * 2,
            moving=PLACED,
        )
        nothing = np.zeros((CHANGES, 2))
        self.changes = self.drawing.curve(nothing, nothing, TEXT, "dotted", 1.5, moving=PLACED)

    def _add_ceilings(self) -> None:
        """Add each stage's ceiling, which changes with the settings."""
        said = {tier: f"ceiling of the {name}" for tier, name in self._stages.items()}
        said["compute"] = "demand"
        self.ceilings = {
            tier: self.drawing.curve(
                *self._flat(), *STYLES[tier], moving=PLACED,
                # each has its name at its line
                legend=Entry("a stage's ceiling", 2, GREY, "dashed") if tier == "link" else None,
                table=[
                    Column(f"{said[tier]} ({self.unit})", 3 + place, partial(self._ceiling, tier))
                ],
            )
            for place, tier in enumerate(TIERS)
        }  # fmt: skip

    def _ceiling(self, tier: str, swept: Feeds) -> Floats:
        return swept.ceilings[tier] / self.scale

    def _add_rates(self) -> None:
        """Add the delivered rate and the present point."""
        delivered = f"delivered in {self.track.terms.warm}"
        self.delivered = self.drawing.curve(
            *self._flat(), GREEN, "solid", 4, moving=PLACED, legend=Entry(delivered, 1),
            table=[Column(f"{delivered} ({self.unit})", 2, lambda swept: swept.rate / self.scale)],
        )  # fmt: skip
        self.point = self.drawing.points(
            [0.0], [0.0], GREEN, "diamond", 140, apply_clip=False, moving=PLACED,
            legend=Entry("you", 3), words=self._own_words,
        )  # fmt: skip

    def _add_labels(self) -> None:
        """Add the labels, all of which move."""
        self.asked = self.drawing.label(
            [0.0], [0.0], [""], x_offset=4, y_offset=-9, moving=("y", "text")
        )
        # upright in a region that is too narrow for its name
        self.names = {
            angle: self.drawing.label(
                [0.5], [self.top], [""], align, weight="bold", y_offset=offset,
                rotate_angle=angle, moving=WRITTEN,
            )
            for angle, align, offset in ((0, "middle", 13), (-90, "end", 6))
        }  # fmt: skip
        self.texts = {
            align: self.drawing.label([0.0], [0.0], [""], align, x_offset=offset, moving=WRITTEN)
            for align, offset in (("start", 5), ("end", -5))
        }

    def _rate_axes(self) -> list[Any]:
        """Return the axis of rates on the left and that of their shares on the right."""
        rate = f"rate ({self.unit})"
        left = axis(self.drawing.scales["y"], rate, vertical=True, tick_values=steps(0, self.top))
        share = bqplot.LinearScale(min=0, max=220, allow_padding=False)
        right = axis(share, self._share, vertical=True, tick_values=[*range(0, 201, 20)])
        right.side, right.grid_lines, right.label_offset = "right", "none", "2.6em"
        return [left, right]

    @property
    def _share(self) -> str:
        of_it = "what the sensors raise" if self.track.pipeline.is_log else "the demand"
        return f"share of {of_it} (%)"

    def _choice(self) -> SubChoice:
        """Return the control that chooses the resource."""

        def choose() -> None:
            if self.resource != self.chooser.value:  # or it follows what was moved
                self.resource = self.chooser.value
                self.update(self.outcome)

        return SubChoice(
            "Against",
            [(span.control.label, name) for name, span in self.spans.items()],
            choose,
            self.resource,
            [
                f"Draw the rate against: {inside(span.control.label)}"
                for span in self.spans.values()
            ],
        )

    def handles(self) -> list[Handle]:
        """Return the present point, which is dragged along the resource on the axis."""
        return [
            Handle(
                self.point, span.control,
                tuple(span.places(span.steps).tolist()) if name == self.resource else (),
                f"{span.control.label}, on the curve",
            )
            for name, span in self.spans.items()
        ]  # fmt: skip

    def _own_words(self, outcome: PipelineOutcome) -> list[str]:
        control = self.span.control
        return [
            f"You: {format_bandwidth(outcome.warm.rate)} with "
            f"{format_setting(control, getattr(outcome.settings, self.resource))} of "
            f"{inside(control.label)}, {format_share(outcome.warm.rate / outcome.demand)} of "
            f"{'what the sensors raise' if self.track.pipeline.is_log else 'the demand'}"
        ]

    def _axis(self, span: Range) -> bqplot.Axis:
        """Return the axis of a resource, with a scale of its own."""
        low, high = span.ends
        make, ticks = (
            (bqplot.LogScale, log_ticks(low, high, most=8))
            if span.is_log
            else (bqplot.LinearScale, steps(low, high))
        )
        if ticks[0] == low and len(f"{low:,g}") > 1:
            ticks = ticks[1:]  # a longer number would lie under the other axis's 0
        return axis(
            make(min=low, max=high, allow_padding=False),
            field_label(span.control),
            tick_values=ticks,
            tick_format=",~g",
            visible=False,
        )

    def on_a_page(self, plays_choices: bool = False) -> None:
        """Prepare for a page without a kernel, which may play the choice of the resource.

        The page itself then follows what is moved.
        """
        super().on_a_page(plays_choices)
        if self._follows and not plays_choices:
            self.chooser.hide()
        self._follows = self._follows and not plays_choices

    def _follow(self, settings: PipelineSettings) -> None:
        """Switch to the resource that was moved, if only one was moved."""
        before, self._before = self._before, settings
        if before is None or not self._follows:
            return
        moved = [name for name in self.spans if getattr(before, name) != getattr(settings, name)]
        if len(moved) == 1:
            (self.resource,) = moved
            self.chooser.value = self.resource

    @property
    def span(self) -> Range:
        """The resource on the x axis."""
        return self.spans[self.resource]

    def draw(self, outcome: PipelineOutcome) -> str:
        """Draw the ceilings, the lowest of them, what binds where, and the present point."""
        self._follow(outcome.settings)
        resource = self.resource
        for name, item in self.axes.items():
            item.visible = name == resource
        alike: dict[str, Any] = {resource: 1.0}
        rest = (resource, replace(outcome.settings, **alike))
        if self._drawn != rest:  # along its own axis only the point moves
            self._curves(outcome, resource)
            self._drawn = rest
        at = float(self.span.places(getattr(outcome.settings, resource)))
        update_traits(self.point, x=np.array([at]), y=np.array([outcome.warm.rate / self.scale]))
        return self._words(outcome, resource)

    def _curves(self, outcome: PipelineOutcome, resource: str) -> None:
        settings, span = outcome.settings, self.span
        grid = span.amounts(np.linspace(0, 1, GRID))
        self.found = binding_changes(self.track, settings, resource, grid)
        self.regions = regions(span, self.found, outcome.warm.binding)
        x = points(span, self.found)
        swept = sweep(self.track, settings, resource, span.amounts(x))
        for tier in TIERS:
            # a ceiling may be infinite, which a page's JSON can't hold
            ceiling = np.minimum(swept.ceilings[tier] / self.scale, ABOVE * self.top)
            update_traits(self.ceilings[tier], x=x, y=ceiling)
        update_traits(self.delivered, x=x, y=swept.rate / self.scale)
        update_traits(
            self.asked,
            y=np.array([outcome.demand / self.scale]),
            text=np.array([f"demand {format_bandwidth(outcome.demand)}"]),
        )
        update_shapes(
            self.areas,
            [
                boxes([(r.left, r.right) for r in self.regions if r.stage == tier], 0, self.top, 2)
                for tier in TIERS
            ],
        )
        edges = np.zeros(CHANGES)
        edges[: len(self.regions) - 1] = [region.left for region in self.regions[1:]]
        update_traits(
            self.changes,
            x=np.column_stack([edges, edges]),
            y=np.column_stack([np.zeros(CHANGES), np.where(edges > 0, self.top, 0.0)]),
        )
        self._name_regions()
        self._write(x)

    def _name_regions(self) -> None:
        """Write into each region who binds there, upright in a narrow one, and else nothing."""
        written: dict[int, list[tuple[float, str]]] = {angle: [] for angle in self.names}
        for region in self.regions:
            name, room = self._stages[region.stage], region.right - region.left
            binds = self.track.fed.verb("bind") if region.stage == "compute" else "binds"
            text = fitting(room, f"{name} {binds}", name)
            if text or room > UPRIGHT:
                angle = 0 if text else -90
                middle = (region.left + region.right) / 2
                written[angle].append((middle, text or f"{name} {binds}"))
        for angle, label in self.names.items():
            shown = written[angle] or [(0.5, "")]
            update_traits(
                label,
                x=np.array([at for at, _ in shown]),
                y=np.full(len(shown), self.top),
                text=np.array([text for _, text in shown]),
            )

    def _write(self, x: Floats) -> None:
        """Write their names at the curves, and their amounts at the changes."""
        span = self.span
        texts = [
            (
                region.left,
                self.top * (0.035 + 0.06 * (index % 2)),
                format_setting(span.control, change.at),
                "start" if region.left < 0.6 else "end",
            )
            for index, (region, change) in enumerate(zip(self.regions[1:], self.found, strict=True))
        ]
        texts += [
            text
            for tier in ("link", "nvme", "prepare")
            if (text := self._named(tier, x)) is not None
        ]
        for align, label in self.texts.items():
            chosen = [text for text in texts if text[3] == align] or [(0.0, 0.0, "", align)]
            update_traits(
                label,
                x=np.array([text[0] for text in chosen]),
                y=np.array([text[1] for text in chosen]),
                text=np.array([text[2] for text in chosen]),
            )

    def _named(self, tier: str, x: Floats) -> tuple[float, float, str, str] | None:
        """Return where a ceiling's name stands: its place, its text, and on which side of it.

        A ceiling that rises has it well below the regions' names, a flat one at its end. None for
        one that is nowhere in the figure.
        """
        y = np.asarray(self.ceilings[tier].y)
        seen = np.flatnonzero(y < 0.72 * self.top)
        if not seen.size:
            seen = np.flatnonzero(y < 0.9 * self.top)
        if not seen.size:
            return None
        at, line = int(seen[-1]), 0.04 * self.top
        align = "end" if x[at] > 0.55 else "start"
        if np.ptp(y[seen]) > line:
            return float(x[at]), float(y[at]), self._stages[tier], align
        # above the line, unless the demand is there
        below = tier == "prepare" and 0 < self.demand - y[at] < 2.5 * line
        height = float(y[at]) + (-line if below else line)
        return float(x[at]), height, self._stages[tier], align

    def _words(self, outcome: PipelineOutcome, resource: str) -> str:
        warm, fed = outcome.warm, self.track.fed
        terms, control = self.track.terms, self.span.control
        label = inside(control.label)
        now = format_setting(control, getattr(outcome.settings, resource))
        arrive = (
            f"{format_bandwidth(warm.rate)} arrive in {terms.warm}, "
            f"{format_share(warm.rate / outcome.demand)} of what {fed.name} {fed.verb('ask')} for"
        )
        return f"With {now} of {label} {arrive}. {self._who_binds()}{self._hidden(outcome)}"

    def _who_binds(self) -> str:
        who, control = binding_words(self.track), self.span.control
        if not self.found:
            return f"Along this slider, what binds is {who[self.regions[0].stage]} everywhere."
        ways = [f"{who[self.found[0].before]} up to {format_setting(control, self.found[0].at)}"]
        ways += [
            f"{who[before.after]} from there to {format_setting(control, after.at)}"
            for before, after in pairwise(self.found)
        ]
        last = f"{who[self.found[-1].after]} from there on"
        return f"Along this slider, what binds is {', '.join(ways)} and {last}."

    def _hidden(self, outcome: PipelineOutcome) -> str:
        """Name the ceilings that lie above the figure."""
        names = {"link": self.track.terms.link, "nvme": self.track.terms.cache}
        said = [
            f" The {name}'s ceiling lies above the figure."
            for tier, name in names.items()
            if np.min(self.ceilings[tier].y) > self.top
        ]
        if np.min(self.ceilings["prepare"].y) > self.top:
            ceiling = format_bandwidth(outcome.warm.ceilings["prepare"])
            said.append(f" The preparation's ceiling, {ceiling}, lies above the figure.")
        return "".join(said)

    def table(self, outcome: PipelineOutcome) -> Table:
        """Return the result of every position of the slider."""
        span = self.span
        swept = sweep(self.track, outcome.settings, self.resource, span.steps)
        binding = np.argmin([swept.ceilings[tier] for tier in reversed(TIERS)], axis=0)
        who = binding_words(self.track)
        columns = self.drawing.columns(
            Column(field_label(span.control), 1, lambda swept: span.steps / span.control.si),
            Column("what binds", 8, lambda swept: [who[TIERS[-1 - at]] for at in binding]),
        )
        return table_of(columns, swept)


def pipeline_saturation(
    track: str = "cloud_titan", moving: str | None = "link", **settings: Any
) -> ipywidgets.VBox:
    """Return a track's rate against the resource that is ``moving``, playable without a kernel.

    ``moving`` is a control of part 2, or ``against``: which resource the rate is drawn against.
    ``settings`` in SI by control name (see :func:`storagelab.widgets.picture.picture`).
    """
    made: list[PipelineSaturation] = []
    chosen = moving == "against"
    against = None if chosen else moving if moving in RESOURCES else "link"

    def build(loaded: Track) -> list[PipelineSaturation]:
        made.append(PipelineSaturation(loaded, against))
        return made

    box = picture(build, "pipeline", track, None if chosen else moving, **settings)
    if chosen:
        (shown,) = made
        box.children = (*box.children, shown.chooser.play(shown.targets()))
    return box
