"""Quantities against the step, and against a hyper-parameter."""

import math

import numpy as np
from matplotlib.ticker import MaxNLocator

from gdviz.panels.panel import FAR, Panel, Walk
from gdviz.panels.style import COLOURS, PRESENT, THEORY


class Series(Walk):
    """A quantity at every step of the run: ``quantity(run)``, shape ``(steps + 1, ...)``, against
    the step.

    ``log`` chooses a logarithmic axis or a linear one; ``limits`` fixes the vertical axis, else the
    first result chooses it; ``steps`` fixes the horizontal one where a control changes the number
    of steps; ``theory(run)``, of the same shape, is drawn black and dashed. A value that is zero or
    negative has no place on a logarithmic axis and is left out.

    >>> Series(lambda run: run.gradient_norms, ylabel="gradient norm").log
    True
    """

    ball = False
    note_at = 0.22

    def __init__(
        self,
        quantity,
        *,
        ylabel,
        xlabel="step",
        log=True,
        limits=None,
        steps=None,
        theory=None,
        **options,
    ):
        super().__init__(**options)
        self.quantity = quantity
        self.ylabel, self.xlabel = ylabel, xlabel
        self.log = log
        self.limits = limits
        self.steps = steps
        self.theory = theory

    def still(self, run):
        limits = self.limits or self._limits(self.trails(run)[:, 1])
        self.ax.set_yscale("log" if self.log else "linear")
        self.ax.set(xlim=(0, self.steps or run.steps), ylim=limits)
        self.ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        self.say()
        self.ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        self.ax.grid(axis="y", color="#DDDDDD", lw=0.7)

    def draw(self, ax, result):
        self.dashed = []
        super().draw(ax, result)
        if self.theory:
            for trail in self._visible(self._rows(self.theory, self.of(result))):
                look = {"color": THEORY, "ls": "--", "lw": 1.5, "zorder": 12, "animated": True}
                self.dashed += ax.plot(*trail, label=None if self.dashed else "theory", **look)
            ax.legend(loc="lower left")

    @property
    def moving(self):
        return [*super().moving, *self.dashed]

    def update(self, result):
        if self.dashed:
            rows = self._visible(self._rows(self.theory, self.of(result)))
            for line, trail in zip(self.dashed, rows, strict=True):
                line.set_data(*trail)
        return super().update(result)

    def trails(self, run):
        return self._rows(self.quantity, run)

    def _move(self, line, trail):
        line.set_data(*trail)
        line.set_markevery(max(1, trail.shape[-1] // 40))

    def _rows(self, quantity, run):
        values = np.asarray(quantity(run), dtype=float)
        values = values.reshape(len(values), math.prod(values.shape[1:])).T
        steps = np.broadcast_to(np.arange(values.shape[1]), values.shape)
        if self.log:
            with np.errstate(invalid="ignore"):
                values = np.where(values > 0, values, np.nan)
        return np.stack([steps, values], axis=1)

    def departure(self, trails):
        values = trails[:, 1]
        with np.errstate(invalid="ignore"):
            # a value missing after an overflow is as far up as the overflow was
            overflown = np.maximum.accumulate(values == np.inf, axis=1)
            above = overflown | (values > self.ax.get_ylim()[1])
        for beyond, words in ((overflown, "not finite"), (above, "above the picture")):
            if beyond[:, -1:].any():
                first = max(int(np.argmin(run[::-1])) for run in beyond if run[-1])
                return f"{words} from step {beyond.shape[1] - first if first else 0}"
        return ""

    def _limits(self, values):
        shown = values[np.isfinite(values)]
        if not len(shown):
            return (1e-9, 10.0) if self.log else (0.0, 1.0)
        if self.log:
            top = np.nanmax(values[:, 0]) if np.isfinite(values[:, 0]).any() else shown.max()
            return float(top) * 1e-10, float(top) * 10
        margin = 0.08 * (shown.max() - shown.min() or 1)
        return float(shown.min() - margin), float(shown.max() + margin)

    def _visible(self, trails):
        low, high = self.ax.get_ylim()
        ceiling = high * 1e6 if self.log else high + FAR * (high - low)
        floor = low * 1e-6 if self.log else low - FAR * (high - low)
        steps, values = trails[:, :1], trails[:, 1:]
        return np.concatenate([steps, np.clip(values, floor, ceiling)], axis=1)


class Loss(Series):
    """The value at every step: ``f(x_k) - minimum`` against ``k``, on a logarithmic axis unless
    ``log=False``.

    >>> Loss(minimum=-11.2003).ylabel
    'loss − minimum'
    """

    def __init__(self, *, minimum=0.0, ylabel=None, **options):
        label = ylabel or ("loss − minimum" if minimum else "loss")
        super().__init__(lambda run: lost(run.values) - minimum, ylabel=label, **options)


def lost(values):
    """Return the values with every NaN read as infinite: a loss that is no number is lost upwards.

    >>> lost(np.array([1.0, np.nan])).tolist()
    [1.0, inf]
    """
    return np.where(np.isnan(values), np.inf, values)


class Sweep(Panel):
    """A quantity against a hyper-parameter, with the dragged value marked.

    ``x`` is the hyper-parameter's values, shape ``(n,)``; ``y`` the quantity, shape ``(n,)`` or
    ``(curves, n)``, or a function of the result that returns it; ``at`` a function of the result
    that returns the dragged value; ``theory`` what the mathematics predicts, in the form of ``y``,
    drawn black and dashed. ``log`` names the logarithmic axes: "", "x", "y" or "xy"; ``legend`` is
    matplotlib's place for it.

    >>> Sweep(np.arange(3), np.arange(3) ** 2, at=lambda run: 1.0).log
    'x'
    """

    def __init__(
        self,
        x,
        y,
        *,
        at,
        theory=None,
        xlabel="",
        ylabel="",
        log="x",
        limits=None,
        labels=None,
        legend="best",
        **options,
    ):
        super().__init__(**options)
        self.x = np.asarray(x, dtype=float)
        self.y = y
        self.at = at
        self.theory = theory
        self.xlabel, self.ylabel = xlabel, ylabel
        self.log = log
        self.limits = limits
        self.labels = labels
        self.legend = legend

    def _rows(self, quantity, result):
        if quantity is None:
            return np.empty((0, len(self.x)))
        values = quantity(result) if callable(quantity) else quantity
        values = np.atleast_2d(np.asarray(values, dtype=float))
        if values.shape[-1] != len(self.x):
            raise ValueError(
                f"the sweep has {len(self.x)} values of the hyper-parameter and "
                f"{values.shape[-1]} of the quantity: give one for each"
            )
        return values

    def draw(self, ax, result):
        self.ax = ax
        result = self.of(result)
        rows = self._rows(self.y, result)
        ax.set_xscale("log" if "x" in self.log else "linear")
        ax.set_yscale("log" if "y" in self.log else "linear")
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        self.say()
        ax.grid(color="#E4E4E4", lw=0.7)
        labels = self.labels or [None] * len(rows)
        self.curves = [
            ax.plot(self.x, row, color=colour, lw=2, animated=True, label=label)[0]
            for row, colour, label in zip(rows, COLOURS[1:], labels, strict=False)
        ]
        look = {"color": THEORY, "ls": "--", "lw": 1.5, "animated": True}
        self.dashed = [
            ax.plot(self.x, row, label=None if number else "theory", **look)[0]
            for number, row in enumerate(self._rows(self.theory, result))
        ]
        self.line = ax.axvline(self.x[0], color=PRESENT, lw=1.2, animated=True)
        self.dots = ax.plot([], [], "o", color=PRESENT, ms=10, mec="white", animated=True)[0]
        ax.set_xlim(self.x.min(), self.x.max())
        if self.limits:
            ax.set_ylim(self.limits)
        else:
            ax.autoscale(axis="x", enable=False)
            ax.autoscale_view(scalex=False)
            ax.autoscale(axis="y", enable=False)
        if self.labels or self.theory is not None:
            ax.legend(loc=self.legend)
        self.update(result, picked=True)

    @property
    def moving(self):
        return [*self.curves, *self.dashed, self.line, self.dots]

    def update(self, result, picked=False):
        result = result if picked else self.of(result)
        rows = self._rows(self.y, result)
        at = float(self.at(result))
        for curve, row in zip(self.curves, rows, strict=True):
            curve.set_ydata(row)
        for curve, row in zip(self.dashed, self._rows(self.theory, result), strict=True):
            curve.set_ydata(row)
        self.line.set_xdata([at, at])
        nearest = int(np.argmin(np.abs(self.x - at)))
        self.dots.set_data(np.full(len(rows), at), rows[:, nearest])
