"""Distributions one above the other: what a layer's numbers look like, layer by layer."""

import math

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from gdviz.panels.panel import Panel, calm, finite, note
from gdviz.panels.style import BEHIND, COLOURS, INK

# how far a row's peak reaches, in distances between rows
REACH = 0.95
# the share of all numbers that an axis without limits leaves out at either end
RARE = 1e-3


class Histogram(Panel):
    """Histograms as ridges, one row for each group: ``groups(result)``, a list of arrays of any
    shape, the first at the bottom.

    Such as the activations of a ``Trace``: ``lambda trace: trace.activations``. Each row is
    scaled to its own peak: a row shows a shape, not how many numbers there are. ``bins`` of equal
    width lie between ``limits``; without those they follow all but one number in a thousand at
    either end, in calm steps. What is beyond counts in the last bin. ``log=True`` shows the
    absolute values on a logarithmic axis, over at most ``decades``; exact zeros are counted in
    words. A row with a number that is not finite is empty, and named. ``labels`` name the rows,
    1, 2, 3 ... by default. ``behind``, as many groups, stands faintly behind them: to compare with.

    >>> import gdviz as gd
    >>> rows = [np.zeros(5), [-1.0, 1.0, 1.0]]
    >>> panel = gd.show(rows, Histogram(bins=2, limits=(-2, 2))).panels[0]
    >>> panel.counts(rows).tolist()
    [[0, 5], [1, 2]]
    """

    same_axes = True

    def __init__(
        self,
        groups=None,
        *,
        bins=50,
        limits=None,
        log=False,
        decades=12,
        labels=None,
        behind=None,
        colour=COLOURS[1],
        xlabel="",
        ylabel="layer",
        **options,
    ):
        super().__init__(**options)
        self.groups = groups or (lambda result: result)
        self.bins, self.limits, self.log, self.decades = bins, limits, log, decades
        self.labels, self.colour = labels, colour
        self.behind = behind
        self.xlabel, self.ylabel = xlabel, ylabel

    def rows(self, result):
        """Return the numbers of each group, flat; their sizes on a logarithmic axis."""
        rows = [np.ravel(group).astype(float) for group in self.groups(result)]
        return [np.abs(row) for row in rows] if self.log else rows

    def ground(self, result):
        rows = self.rows(result)
        self.calmed = self.limits or calm(_common(rows), self.calmed, self.log, self.decades)
        return len(rows), self.calmed

    def edges(self):
        """Return where the bins begin and end: ``(bins + 1,)``."""
        return (np.geomspace if self.log else np.linspace)(*self.calmed, self.bins + 1)

    def counts(self, result):
        """Return how many numbers of each group are in each bin: ``(groups, bins)``."""
        return self._counted(self.rows(result))

    def _counted(self, rows):
        edges, counts = self.edges(), []
        for row in rows:
            inside = row[row > 0] if self.log else row
            inside = inside if np.isfinite(row).all() else row[:0]
            counts.append(np.histogram(np.clip(inside, edges[0], edges[-1]), edges)[0])
        return np.array(counts)

    def draw(self, ax, result):
        self.ax = ax
        count = len(self.rows(result))
        ax.set_xscale("log" if self.log else "linear")
        # room for words above the last row
        ax.set(xlim=self.calmed, ylim=(-0.2, max(1.08 * count, count + 0.2)))
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        if self.log:
            ax.xaxis.set_major_locator(LogLocator(numticks=8))
            ax.xaxis.set_minor_locator(NullLocator())
        else:
            ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        step = math.ceil(count / 12)
        names = self.labels or [str(number + 1) for number in range(count)]
        ax.set_yticks(range(0, count, step), names[::step])
        look = {"closed": True, "fc": (*to_rgb(self.colour), 0.75), "ec": "white", "lw": 1.0}
        # the lower rows stand in front
        self.ridges = [
            ax.add_patch(Polygon(np.zeros((3, 2)), zorder=4 - 2 * row / count, **look))
            for row in range(count)
        ]
        for row in range(count):
            ax.axhline(row, color=INK, lw=0.6, alpha=0.35, zorder=1)
        if self.behind is not None:
            behind = [np.ravel(group).astype(float) for group in self.behind]
            for row, counts in enumerate(self._counted(behind)):
                outline = self._outline(row, counts)
                ax.add_patch(Polygon(outline, closed=True, fc=BEHIND, ec="none", zorder=1.5))
        self.note = note(ax)

    def update(self, result):
        for row, (ridge, counts) in enumerate(zip(self.ridges, self.counts(result), strict=True)):
            ridge.set_xy(self._outline(row, counts))
        self.note.set_text(self.words(result))

    def _outline(self, row, counts):
        heights = row + REACH * counts / max(1, counts.max())
        return np.transpose([np.repeat(self.edges(), 2), [row, *np.repeat(heights, 2), row]])

    def words(self, result):
        """Say in words what the panel cannot show."""
        rows = self.rows(result)
        lost = [number for number, row in enumerate(rows, 1) if not np.isfinite(row).all()]
        if lost:
            return f"not finite: {self.ylabel} {lost[0]}" + " and more" * (len(lost) > 1)
        zeros = np.concatenate(rows) == 0
        if not self.log or zeros.mean() <= 0.005:
            return ""
        others = np.count_nonzero(~zeros)
        if others and zeros.mean() > 0.995:
            return f"all but {others:,} are exactly 0"
        return f"{zeros.mean():.0%} are exactly 0"


def _common(rows):
    values = finite(np.concatenate(rows))
    values = values[values != 0] if values.any() else values
    return np.quantile(values, (RARE, 1 - RARE)) if len(values) else values
