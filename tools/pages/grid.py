"""Which positions of which controls a page has: a grid that fits a number of states."""

import itertools
from dataclasses import dataclass, field

import ipywidgets as widgets
import numpy as np

from gdviz.controls import LogSlider, Point, value_of
from gdviz.live import _told as told
from gdviz.readout import say

NICE = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000]
# how many positions a control may have, from few to many; a start has so many across and so many up
SLIDER = (7, 11, 16, 21, 31, 41, 51, 61, 81, 101)
LINE = (9, 15, 21, 31, 41, 61)
PLANE = ((6, 5), (9, 7), (11, 8), (13, 9), (17, 11), (21, 15))
# a surface is turned all the way round, with the first side in the middle
ROUND = (9,)
# the main slider has so many if that can be, and else fewer before another control is left fixed
GOOD, LEAST = 41, 21


@dataclass
class Axis:
    """One thing that moves: a control, or one coordinate of a start, and where it can stand."""

    name: str
    label: str
    values: list
    words: list
    first: int
    part: int | None = None


@dataclass(frozen=True)
class Turn:
    """The hand that turns a surface: a control of the page alone, in degrees to the right."""

    description: str = "turn"
    value: float = 0.0


@dataclass
class Control:
    """A control of a figure: its kind, the axes of the grid that it has, and words if it has none.

    ``kind`` is "slider", "menu", "check", "point", "turn", or "fixed".
    """

    name: str
    kind: str
    label: str
    axes: list = field(default_factory=list)
    first: object = None
    scalar: bool = True
    typed: bool = False

    def value(self, places):
        """Return the value at these places of its axes."""
        values = [axis.values[place] for axis, place in zip(self.axes, places, strict=True)]
        if self.kind == "fixed":
            return self.first
        return values[0] if self.kind != "point" or self.scalar else tuple(values)


def levels(widget):
    """Return how many positions a control may have, from few to many; () where it has no grid."""
    if isinstance(widget, Turn):
        return [(n,) for n in ROUND]
    if isinstance(widget, Point):
        count = len(widget.fields)
        return {1: [(n,) for n in LINE], 2: list(PLANE)}.get(count, ())
    if isinstance(widget, (LogSlider, widgets.FloatSlider, widgets.IntSlider)):
        return sorted({min((n,), (len(positions(widget, n)),)) for n in SLIDER})
    if isinstance(widget, (widgets.Checkbox, widgets.ToggleButton)):
        return [(2,)]
    if hasattr(widget, "_options_full"):
        return [(len(widget._options_full),)]
    return ()


def positions(widget, count):
    """Return some ``count`` values of a slider: round numbers, its ends, and where it stands first.

    >>> slider = widgets.FloatSlider(1.9, min=0.01, max=2.4, step=0.01)
    >>> positions(slider, 13)
    [0.01, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 1.9, 2.0, 2.2, 2.4]
    """
    if isinstance(widget, LogSlider):
        values = [float(f"{v:.2g}") for v in np.geomspace(widget.low, widget.high, count)]
        values = [min(max(value, widget.low), widget.high) for value in values]
        return sorted({widget.low, *values, widget.high, widget.value})
    low, high, step = widget.min, widget.max, widget.step
    skip = next((n for n in NICE if (high - low) / (n * step) < 1.15 * count), NICE[-1])
    first, last = np.ceil(low / (skip * step) - 1e-9), np.floor(high / (skip * step) + 1e-9)
    values = [float(f"{n * skip * step:.12g}") for n in np.arange(first, last + 1)]
    values = sorted({float(f"{v:.12g}") for v in (low, *values, high, widget.value)})
    return [int(v) for v in values] if isinstance(widget, widgets.IntSlider) else values


def places_of(point, count, ends):
    """Return the values of each coordinate of a start, its first one among them."""
    found = []
    for n, (low, high), first in zip(count, ends, np.atleast_1d(point.value), strict=True):
        values = np.linspace(low, high, n)
        digits = 2 - int(np.floor(np.log10(high - low)))
        values = [round(float(value), digits) for value in values]
        near = int(np.argmin(np.abs(np.array(values) - first)))
        values[near] = float(first)
        found.append(sorted(set(values)))
    return found


def make(name, widget, count, ends=None):
    """Return the Control of a widget with so many positions; with none where ``count`` is None."""
    label = widget.description
    if count is None:
        first = getattr(widget, "label", None)
        word = first if isinstance(first, str) else say(widget.value)
        axis = Axis(name, label, [widget.value], [word], 0)
        typed = isinstance(widget, widgets.Text)
        return Control(name, "fixed", label, [axis], widget.value, typed=typed)
    if isinstance(widget, Turn):
        values = np.linspace(-180, 180, count[0]).tolist()
        axis = Axis(name, label, values, [f"{say(v)}°" for v in values], count[0] // 2)
        return Control(name, "turn", label, [axis], widget.value)
    if isinstance(widget, Point):
        parts = [
            Axis(
                name,
                f"{label} {box.description}",
                values,
                [say(value) for value in values],
                0,
                part,
            )
            for part, (box, values) in enumerate(
                zip(widget.fields, places_of(widget, count, ends), strict=True)
            )
        ]
        for axis, first in zip(parts, np.atleast_1d(widget.value).tolist(), strict=True):
            axis.first = axis.values.index(first)
        return Control(name, "point", label, parts, widget.value, widget.scalar)
    if isinstance(widget, (widgets.Checkbox, widgets.ToggleButton)):
        axis = Axis(name, label, [False, True], ["no", "yes"], int(widget.value))
        return Control(name, "check", label, [axis], widget.value)
    if hasattr(widget, "_options_full"):
        words, values = zip(*widget._options_full, strict=True)
        axis = Axis(name, label, list(values), list(map(str, words)), widget.index)
        return Control(name, "menu", label, [axis], widget.value)
    values = positions(widget, count[0])
    first = values.index(value_of(widget))
    axis = Axis(name, label, values, [say(value) for value in values], first)
    return Control(name, "slider", label, [axis], widget.value)


def choose(given, carries, most, of_main=10_000):
    """Return how many positions each control has, so that there are at most ``most`` states.

    ``given`` are the widgets by name; the first of ``carries`` is the main one, moved most, and
    has ``of_main`` positions at most, or as many as are good.
    Where the grid is too large, first the positions are thinned, then controls are left fixed, the
    last one first: they get None.
    """
    known = {name: levels(widget) for name, widget in given.items()}
    bound = max(of_main, 1.1 * GOOD)
    for name in carries[:1]:
        known[name] = [count for count in known[name] if np.prod(count) <= bound] or known[name][:1]
    moved = [name for name in carries if known[name]]
    level = {}

    def size(name, n):
        return int(np.prod(known[name][n]))

    def states():
        return int(np.prod([size(name, n) for name, n in level.items()], dtype=float))

    while moved:
        main, *others = moved
        level = dict.fromkeys(others, 0)
        last = len(known[main]) - 1
        good = next((n for n in range(last + 1) if size(main, n) >= GOOD), last)
        level[main] = good
        # the main control is not thinned so that a surface can be turned
        turns = any(isinstance(given[name], Turn) for name in others)
        least = GOOD if turns else LEAST
        while states() > most and level[main] and size(main, level[main] - 1) >= least:
            level[main] -= 1
        if states() <= most or not others:
            break
        moved.pop()
    growing = [name for name in carries if name in level]
    while growing:
        # the one that has least of what it may have
        name = min(growing, key=lambda name: (level[name] + 1) / len(known[name]))
        if level[name] + 1 == len(known[name]):
            growing.remove(name)
            continue
        level[name] += 1
        if states() > most:
            level[name] -= 1
            growing.remove(name)
    return {name: known[name][level[name]] if name in level else None for name in given}


def outward(axis):
    """Return the places of an axis from its first one up, and those from there down."""
    return [*range(axis.first, len(axis.values))], [*range(axis.first - 1, -1, -1)]


def rows(axes, main):
    """Yield the places of all axes but the main one, as dicts by number."""
    others = [number for number in range(len(axes)) if number != main]
    orders = [itertools.chain(*outward(axes[number])) for number in others]
    for places in itertools.product(*orders):
        yield dict(zip(others, places, strict=True))


__all__ = ["Axis", "Control", "choose", "make", "outward", "rows", "told"]
