"""Data, and what a run has learned from it."""

import numpy as np

from gdviz.panels.panel import Panel
from gdviz.panels.style import COLOURS, MARKERS, PINNED, PRESENT


class Fit(Panel):
    """Data points, and the line that the weights at the end of the run draw through them.

    ``x`` and ``y`` have shape ``(n,)``; ``line(weights, x)`` returns the line's height at ``x``,
    for weights of shape ``(dim,)``. ``classes``, whole numbers of shape ``(n,)`` with names in
    ``labels``, give the points colour and marker; ``limits`` fixes the vertical axis.

    >>> Fit(np.arange(3), np.arange(3), lambda weights, x: weights[0] * x).classes.tolist()
    [0, 0, 0]
    """

    def __init__(
        self,
        x,
        y,
        line,
        *,
        classes=None,
        labels=None,
        xlabel="x",
        ylabel="y",
        limits=None,
        **options,
    ):
        super().__init__(**options)
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        self.classes = np.zeros(len(self.x), int) if classes is None else np.asarray(classes)
        if not self.x.shape == self.y.shape == self.classes.shape:
            raise ValueError(
                "x, y and classes hold one number for each point, and their shapes are "
                f"{self.x.shape}, {self.y.shape} and {self.classes.shape}"
            )
        self.line = line
        self.labels = labels
        self.xlabel, self.ylabel = xlabel, ylabel
        self.limits = limits

    @property
    def moving(self):
        return [self.present]

    def draw(self, ax, result):
        self.ax = ax
        for number in np.unique(self.classes):
            chosen = self.classes == number
            ax.plot(
                self.x[chosen],
                self.y[chosen],
                ls="none",
                marker=MARKERS[number],
                ms=5,
                color=COLOURS[number + 1],
                alpha=0.6,
                mec="none",
                label=self.labels[number] if self.labels else None,
            )
        if self.labels:
            ax.legend(loc="lower right")
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        ax.set(xlim=ax.get_xlim(), ylim=self.limits or ax.get_ylim())
        self.say()
        self.ends = np.array(ax.get_xlim())
        (self.present,) = ax.plot(self.ends, self.ends, color=PRESENT, lw=3, animated=True)
        self.update(result)

    def update(self, result):
        self.present.set_data(self.ends, self._heights(result))

    def pin(self, result):
        line = self.ax.plot(self.ends, self._heights(result), color=PINNED, lw=1.5)
        self.pinned = [*self.pinned, *line]

    def _heights(self, result):
        with np.errstate(all="ignore"):
            heights = np.asarray(self.line(self.of(result).final, self.ends), dtype=float)
        low, high = self.ax.get_ylim()
        far = 1e4 * (high - low)
        return np.clip(heights, low - far, high + far)
