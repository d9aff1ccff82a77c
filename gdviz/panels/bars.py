"""Bars that lie below one another, in an order that may change."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from gdviz.panels.panel import Panel, finite
from gdviz.panels.style import COLOURS, INK

PALE = 0.3


class Bars(Panel):
    """Bars of ``lengths(result)``, ``(n,)``, each with its name on the left: who needs how long.

    ``order(result)`` holds the numbers of the bars from the top down; without it they stand as they
    are given. ``pale(result)``, n truths, are the bars that are not final yet. ``words(result)``,
    n texts, stand behind the ends. ``limits`` fix the axis; without them it ends at the longest.

    >>> import gdviz as gd
    >>> race = Bars(lambda steps: steps, ["a", "b"], order=np.argsort)
    >>> bars = gd.show(np.array([7, 3]), race).panels[0].bars
    >>> [(float(bar.get_width()), round(bar.get_y() + 0.4)) for bar in bars]
    [(7.0, 1), (3.0, 0)]
    """

    margins = (108, 16, 10, 50)
    same_axes = True

    def __init__(
        self,
        lengths,
        labels,
        *,
        order=None,
        pale=None,
        words=None,
        colours=COLOURS,
        limits=None,
        xlabel="",
        **options,
    ):
        super().__init__(**options)
        self.lengths, self.labels = lengths, labels
        self.order, self.pale, self.words = order, pale, words
        self.colours, self.limits, self.xlabel = colours, limits, xlabel

    def ground(self, result):
        lengths = np.asarray(self.lengths(result), dtype=float)
        if len(lengths) != len(self.labels):
            raise ValueError(
                f"there are {len(lengths)} bars and {len(self.labels)} labels: give one for each"
            )
        self.calmed = self.limits or (0.0, 1.25 * float(finite([1e-9, *lengths]).max()))
        return self.calmed

    def draw(self, ax, result):
        self.ax = ax
        count = len(self.labels)
        ax.set(xlim=self.calmed, ylim=(count - 0.4, -0.6), xlabel=self.xlabel, yticks=[])
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        look = {"va": "center", "weight": "bold", "color": INK, "zorder": 8}
        beside = {"transform": ax.get_yaxis_transform(), "ha": "right", "clip_on": False}
        self.bars, self.names, self.told = [], [], []
        for label, colour in zip(self.labels, self.colours, strict=False):
            self.bars += ax.barh([0], [0], height=0.8, color=colour, zorder=5)
            self.names.append(ax.text(-0.02, 0, label, **look, **beside))
            self.told.append(ax.annotate("", (0, 0), (6, 0), textcoords="offset points", **look))

    def update(self, result):
        count = len(self.bars)
        lengths = np.asarray(self.lengths(result), dtype=float)
        # a bar without an end goes to the end of the axis
        lengths = np.clip(np.nan_to_num(lengths, nan=np.inf), *self.ax.get_xlim())
        order = self.order(result) if self.order else range(count)
        pale = self.pale(result) if self.pale else np.zeros(count, dtype=bool)
        words = self.words(result) if self.words else [""] * count
        for place, number in enumerate(order):
            bar = self.bars[number]
            bar.set_width(lengths[number])
            bar.set_y(place - 0.4)
            bar.set_alpha(PALE if pale[number] else 1.0)
            self.names[number].set_y(place)
            self.told[number].set_text(words[number])
            self.told[number].xy = lengths[number], place
