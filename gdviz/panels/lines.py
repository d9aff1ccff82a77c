"""Curves against anything: a quantity against the step, the layer, or a hyper-parameter."""

import math

import numpy as np
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator

from gdviz.panels.panel import FAR, Panel, Rules, calm, finite, note, walker
from gdviz.panels.style import COLOURS, MARKERS, PRESENT, THEORY


class Lines(Panel):
    """Curves: ``y(result)`` of shape ``(n,)`` or ``(curves, n)`` against ``x``, ``(n,)``, or of the
    shape of ``y``.

    ``x``, ``y`` and ``theory`` are arrays or functions of the result; without ``x`` the curve is
    drawn against 0, 1, 2 ... ``theory`` is black and dashed. ``at(result)``, a place on the x axis,
    is marked by an upright line, of the colour ``cursor``, and by a ball on each curve; with
    ``drag``, the name of a control, the learner drags it there; ``drag={"y": name}`` names the
    control that the height stands for. ``points`` are dots that belong to the picture: ``(x, y)``
    or ``(x, y, classes)``, or a function of the result that returns them. ``vlines``, ``hlines``
    name lines that matter, ``{"2/λ": 0.2}``; ``spans`` shade what lies between two places of the x
    axis, ``{"diverges": (0.2, 1.0)}``, in the colour ``shade``: dicts, or functions of the result.
    ``xlabel`` may be a function of the result too.

    ``log`` names the logarithmic axes: "", "x", "y" or "xy". ``limits`` and ``xlimits`` fix the
    axes, for good or as functions of the result; without them an axis follows its data in calm
    steps, a logarithmic one over at most ``decades``. ``xticks`` are the places of the x axis that
    bear a number, () for none. ``marker`` puts a mark on each point; with ``zeros`` a cross at the
    foot of a logarithmic axis stands for a 0. ``markers`` are the shapes of the curves' marks and
    balls. ``labels`` name the curves. ``outside`` leaves so many pixels at the right of the axes,
    where ``hlines`` are named then. ``legend`` is the place of the names, or False for none.

    >>> import gdviz as gd
    >>> squares = gd.show(3, Lines(lambda n: np.arange(n + 1) ** 2, log="y")).panels[0]
    >>> squares.curves[0].get_ydata().tolist()
    [nan, 1.0, 4.0, 9.0]
    """

    same_axes = True

    def __init__(
        self,
        y,
        *,
        x=None,
        theory=None,
        theory_label="theory",
        at=None,
        drag=None,
        cursor=PRESENT,
        points=None,
        labels=None,
        point_labels=None,
        colours=None,
        log="",
        limits=None,
        xlimits=None,
        xticks=None,
        decades=16,
        xlabel="",
        ylabel="",
        hlines=None,
        vlines=None,
        spans=None,
        shade=PRESENT,
        marker=False,
        markers=None,
        ball=False,
        zeros=False,
        outside=0,
        legend="best",
        **options,
    ):
        super().__init__(**options)
        self.x, self.y, self.theory, self.at = x, y, theory, at
        self.drags = dict(drag if isinstance(drag, dict) else {"x": drag} if drag else {})
        self.colour_of_cursor = cursor
        self.points = points
        self.labels, self.point_labels = labels, point_labels
        self.theory_label = theory_label
        self.colours = colours or (COLOURS[1:] if at is not None else COLOURS)
        self.log, self.decades = log, decades
        self.limits, self.xlimits, self.xticks = limits, xlimits, xticks
        if not xlabel and xticks is not None and not len(xticks):
            self.margins = (*self.margins[:3], 16)
        self.outside = outside
        if outside:
            self.margins = (self.margins[0], outside, *self.margins[2:])
        self.xlabel, self.ylabel = xlabel, ylabel
        self.rules = [("y", hlines), ("x", vlines)]
        self.spans, self.colour_of_spans = spans, shade
        self.marker, self.ball, self.zeros = marker, ball, zeros
        self.markers = markers
        self.legend = legend

    def rows(self, quantity, result):
        """Return a quantity as rows: ``(curves, n)``."""
        if quantity is None:
            return np.empty((0, 0))
        values = np.asarray(quantity(result) if callable(quantity) else quantity, dtype=float)
        return values.reshape(math.prod(values.shape[:-1]), values.shape[-1])

    def places(self, result, rows):
        """Return the place of every point of ``rows`` on the x axis, in the shape of ``rows``."""
        x = self.x(result) if callable(self.x) else self.x
        if x is None:
            x = np.arange(rows.shape[-1])
        x = np.asarray(x, dtype=float)
        if x.shape[-1:] != rows.shape[-1:]:
            raise ValueError(
                f"a line has one value of y for each of x, and here are {x.shape[-1]} of x and "
                f"{rows.shape[-1]} of y"
            )
        return np.broadcast_to(x, rows.shape)

    def ground(self, result):
        rows, theory = self.rows(self.y, result), self.rows(self.theory, result)
        x = self.places(result, rows)
        before_x, before_y = self.calmed or (None, None)
        xlimits = self.xlimits(result) if callable(self.xlimits) else self.xlimits
        if xlimits is None and (callable(self.x) or self.x is None):
            xlimits = calm(x, before_x, "x" in self.log)
        elif xlimits is None:
            xlimits = float(x.min()), float(x.max())
        limits = self.limits(result) if callable(self.limits) else self.limits
        if limits is None:
            scattered = [] if callable(self.points) or self.points is None else self.points[1]
            values = [*self.seen(rows).ravel(), *theory.ravel(), *np.ravel(scattered)]
            limits = calm(values, before_y, "y" in self.log, self.decades)
        self.calmed = xlimits, limits
        return len(rows), len(theory), self.calmed, self._xlabel(result)

    def _xlabel(self, result):
        return self.xlabel(result) if callable(self.xlabel) else self.xlabel

    def seen(self, rows):
        """Return the part of the data that the vertical axis follows."""
        return rows

    def draw(self, ax, result):
        self.ax = ax
        xlimits, limits = self.calmed
        ax.set_xscale("log" if "x" in self.log else "linear")
        ax.set_yscale("log" if "y" in self.log else "linear")
        ax.set(xlim=xlimits, ylim=limits, ylabel=self.ylabel)
        ax.set_xlabel(self._xlabel(result))
        ax.grid(True)
        whole = self.x is None or ax.get_xlabel().startswith(("step", "layer"))
        _calm_ticks(ax, self.log, whole)
        if self.xticks is not None:
            ax.set_xticks(self.xticks)
        rows, theory = self.rows(self.y, result), self.rows(self.theory, result)
        many = len(rows) > 1
        self.curves, self.dots, self.crosses = [], [], []
        for number in range(len(rows)):
            colour = self.colours[number % len(self.colours)]
            look = {"color": colour, "lw": 2.2, "zorder": 8}
            if self.marker:
                shapes = self.markers or (MARKERS if many else "o")
                look |= {"marker": shapes[number % len(shapes)], "ms": 4.5}
            label = self.labels[number] if self.labels else None
            self.curves += ax.plot([], [], label=label, **look)
            if self.zeros:
                cross = {"color": colour, "marker": "x", "ms": 9, "mew": 2.4, "zorder": 9}
                self.crosses += ax.plot([], [], ls="none", **cross)
            if self.at is not None:
                self.dots.append(walker(ax, PRESENT if not many else colour))
            elif self.ball:
                shape = self.markers[number] if self.markers else "o"
                self.dots.append(walker(ax, colour, size=11, marker=shape))
        look = {"color": THEORY, "ls": (0, (4, 3)), "lw": 1.6, "zorder": 9}
        self.dashed = [
            ax.plot([], [], label=None if number else self.theory_label, **look)[0]
            for number in range(len(theory))
        ]
        self.cursor = (
            ax.axvline(1, color=self.colour_of_cursor, lw=1.6, zorder=7) if self.at else None
        )
        self.lines_that_matter = [
            Rules(ax, across, given, result, outside=bool(self.outside))
            for across, given in self.rules
            if given is not None
        ]
        self._shade(ax, result)
        self._scatter(ax, result)
        self.note = note(ax)
        if self.legend and (self.labels or self.point_labels or len(theory)):
            ax.legend(loc=self.legend)

    def _shade(self, ax, result):
        spans = self.spans(result) if callable(self.spans) else self.spans or {}
        colour = self.colour_of_spans
        self.shades = [ax.axvspan(0, 1, color=colour, alpha=0.13, lw=0, zorder=0) for _ in spans]
        look = {"color": colour, "weight": "bold", "rotation": 90, "va": "top", "ha": "center"}
        look["transform"] = ax.get_xaxis_transform()
        self.shade_names = [
            ax.text(0, 0.96, name, zorder=6, clip_on=True, **look) for name in spans
        ]

    def _scatter(self, ax, result):
        if self.points is None:
            return
        artists = []
        x, _, classes = self._points(result)
        # a handful of points is seen from the back of the room
        size = 9 if len(x) <= 20 else 5.5
        # with names, a class may be empty now and be filled later
        self.classes = range(len(self.point_labels)) if self.point_labels else np.unique(classes)
        for number in self.classes:
            label = self.point_labels[number] if self.point_labels else None
            look = {"color": COLOURS[number + 1], "marker": MARKERS[number], "label": label}
            artists += ax.plot([], [], ls="none", ms=size, mec="white", mew=0.5, zorder=5, **look)
        self._place_points(artists, result)
        if callable(self.points):
            self.scattered = artists

    def _points(self, result):
        x, y, *more = self.points(result) if callable(self.points) else self.points
        classes = np.asarray(more[0] if more else np.zeros(len(x)), dtype=int)
        return np.asarray(x, dtype=float), np.asarray(y, dtype=float), classes

    def _place_points(self, artists, result):
        x, y, classes = self._points(result)
        for artist, number in zip(artists, self.classes, strict=True):
            artist.set_data(x[classes == number], y[classes == number])

    def update(self, result):
        rows = self.rows(self.y, result)
        x = self.places(result, rows)
        seen = self._visible(rows)
        for curve, places, row in zip(self.curves, x, seen, strict=True):
            curve.set_data(places, row)
            if self.marker:
                curve.set_markevery(max(1, len(row) // 40))
        rank = 0
        for cross, places, row in zip(self.crosses, x, rows, strict=False):
            zero = row == 0
            cross.set_data(places[zero], np.full(zero.sum(), self._foot(rank)))
            rank += zero.any()
        theory = self.rows(self.theory, result)
        for curve, places, row in zip(
            self.dashed, self.places(result, theory) if len(theory) else [], self._visible(theory),
            strict=True,
        ):  # fmt: skip
            curve.set_data(places, row)
        if self.at is not None:
            self._mark(float(self.at(result)), x, seen)
        else:
            for dot, places, row in zip(self.dots, x, seen, strict=False):
                dot.set_data(places[-1:], row[-1:])
        for rules in self.lines_that_matter:
            rules.move(result)
        spans = self.spans(result) if callable(self.spans) else self.spans or {}
        for shade, text, (name, ends) in zip(
            self.shades, self.shade_names, spans.items(), strict=True
        ):
            low, high = np.clip(ends, *sorted(self.ax.get_xlim()))
            shade.set_visible(high > low)
            shade.set_bounds(low, 0, high - low, 1)
            text.set_text(name)
            text.set_visible(high > low)
            middle = math.sqrt(low * high) if "x" in self.log else (low + high) / 2
            text.set_x(middle)
        if callable(self.points):
            self._place_points(self.scattered, result)
        self.note.set_text(self.beyond(rows))

    def trail(self):
        """Return what a pinned result leaves behind."""
        return [self.cursor, self.dots] if self.at is not None else [self.curves, self.dots]

    def beyond(self, rows):
        """Say in words what the panel cannot show."""
        return ""

    def _mark(self, at, x, rows):
        self.cursor.set_xdata([at, at])
        scale = np.log if "x" in self.log else np.asarray
        vertical = np.log10 if "y" in self.log else np.asarray
        for dot, places, row in zip(self.dots, x, rows, strict=True):
            order = np.argsort(places)
            with np.errstate(all="ignore"):
                height = np.interp(scale(at), scale(places[order]), vertical(row[order]))
                dot.set_data([at], [10**height if "y" in self.log else height])

    def _foot(self, rank):
        low, high = self.ax.get_ylim()
        return low * (high / low) ** (0.05 + 0.09 * rank)

    def _visible(self, rows):
        low, high = self.ax.get_ylim()
        with np.errstate(all="ignore"):
            if "y" in self.log:
                rows = np.where(rows > 0, rows, np.nan)
                return np.clip(rows, max(low * 1e-6, 1e-320), min(high * 1e6, 1e308))
            span = abs(high - low)
            return np.clip(rows, low - FAR * span, high + FAR * span)


def _calm_ticks(ax, log, whole):
    if "y" in log:
        # LogLocator looks one tick beyond the axis, which may be beyond the floats
        low, high = np.log10(ax.get_ylim())
        stride = max(1, math.ceil((high - low) / 8))
        powers = np.arange(math.ceil(low / stride - 1e-9), math.floor(high / stride + 1e-9) + 1)
        ax.yaxis.set_major_locator(FixedLocator(10.0 ** (powers * stride)))
        ax.yaxis.set_minor_locator(NullLocator())
    else:
        ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    if "x" in log:
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(
            MaxNLocator(6, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1)
        )


class Series(Lines):
    """A quantity at every step: ``quantity(run)``, shape ``(steps + 1, ...)``, against the step.

    What ``Lines`` takes; ``log=False`` for a linear axis, ``steps`` fixes the horizontal one.

    >>> Series(lambda run: run.gradient_norms, ylabel="gradient norm").log
    'y'
    """

    def __init__(self, quantity, *, ylabel, xlabel="step", log=True, steps=None, **options):
        options.setdefault("marker", True)
        options.setdefault("ball", True)
        axes = {True: "y", False: ""}.get(log, log)
        xlimits = (0, steps) if steps else None
        super().__init__(
            quantity, xlabel=xlabel, ylabel=ylabel, log=axes, xlimits=xlimits, **options
        )

    def rows(self, quantity, result):
        if quantity is None:
            return np.empty((0, 0))
        values = np.asarray(quantity(result) if callable(quantity) else quantity, dtype=float)
        return values.reshape(len(values), math.prod(values.shape[1:])).T

    def ground(self, result):
        count, theory, (xlimits, limits), label = super().ground(result)
        if self.xlimits is None:
            # room for the ball at the end
            xlimits = (0, 1.02 * max(1, self.rows(self.y, result).shape[1] - 1))
            self.calmed = xlimits, limits
        return count, theory, self.calmed, label

    def seen(self, rows):
        # a run that diverges shows where it came from, not only where it went
        first = finite(rows[:, 0])
        if not len(first) or "y" not in self.log or not first.max() > 0:
            return rows
        with np.errstate(invalid="ignore"):
            rows = np.where(rows > 0, rows, np.nan)
        return np.clip(rows, first.max() * 1e-18, first.max() * 1e9)

    def beyond(self, rows):
        low, high = self.ax.get_ylim()
        with np.errstate(invalid="ignore"):
            # a value missing after an overflow is as far up as the overflow was
            overflown = np.maximum.accumulate(rows == np.inf, axis=1)
            above, below = overflown | (rows > high), rows < low
        ways = (
            (overflown, "not finite"),
            (above, "above the picture"),
            (below, "below the picture"),
        )
        for gone, words in ways:
            if gone[:, -1:].any():
                first = max(int(np.argmin(run[::-1])) for run in gone if run[-1])
                named = zip(self.labels or [], gone, strict=False)
                who = [label for label, run in named if run[-1]]
                told = f"{who[0]}: {words}" if len(who) == 1 < len(gone) else words
                return f"{told} from step {gone.shape[1] - first if first else 0}"
        return ""


class Loss(Series):
    """The value at every step, ``f(x_k) - minimum`` against ``k``, on a logarithmic axis unless
    ``log=False``.

    >>> Loss(minimum=-11.2003).ylabel
    'loss − minimum'
    """

    def __init__(self, *, minimum=0.0, ylabel=None, **options):
        label = ylabel or ("loss − minimum" if minimum else "loss")
        super().__init__(lambda run: _lost(run.values) - minimum, ylabel=label, **options)


def _lost(values):
    """Return the values with every NaN read as infinite: a loss that is no number is lost."""
    return np.where(np.isnan(values), np.inf, values)


class Sweep(Lines):
    """A quantity against a hyper-parameter, with the dragged value marked: ``Lines`` on a
    logarithmic x axis.

    >>> Sweep(np.arange(1, 4), np.arange(3) ** 2, at=lambda run: 1.0).log
    'x'
    """

    def __init__(self, x, y, *, at, log="x", **options):
        super().__init__(y, x=x, at=at, log=log, **options)
