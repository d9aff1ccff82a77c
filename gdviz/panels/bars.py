"""Bars that lie below one another: lengths side by side, or the lanes of a race."""

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from gdviz.panels.panel import Panel, Rules, finite, walker
from gdviz.panels.style import COLOURS, INK


class Bars(Panel):
    """Bars of ``lengths(result)``, ``(n,)``, each with its name on the left.

    ``words(result)``, n texts, stand behind the ends. ``limits`` fix the axis, for good or as a
    function of the result; without them it ends at the longest. With ``log`` it is logarithmic, and
    where the first limit is the larger one, lower numbers reach farther. ``vlines`` name lines that
    matter, as in ``Lines``. ``ticks``, a number for each bar, are marked across it: what could be
    reached. ``markers`` make the bars the lanes of a race: a walker of that shape runs at the end
    of each, and the words stand behind the lines. ``story(result)`` is the step at which Play may
    end.

    >>> import gdviz as gd
    >>> falls = Bars(lambda loss: loss, ["a", "b"], limits=(1.0, 1e-6), log=True)
    >>> bars = gd.show(np.array([1e-2, 1e-4]), falls).panels[0].bars
    >>> [f"{bar.get_x() + bar.get_width():.3g}" for bar in bars]
    ['0.01', '0.0001']
    """

    margins = (108, 16, 10, 50)
    same_axes = True

    def __init__(
        self,
        lengths,
        labels,
        *,
        words=None,
        colours=COLOURS,
        markers=None,
        limits=None,
        log=False,
        vlines=None,
        ticks=None,
        xlabel="",
        story=None,
        **options,
    ):
        super().__init__(**options)
        self.lengths, self.labels, self.words = lengths, labels, words
        self.colours, self.markers = colours, markers
        self.limits, self.log, self.vlines, self.xlabel = limits, log, vlines or {}, xlabel
        self.ticks = () if ticks is None else ticks
        if story is not None:
            self.story = story

    def ground(self, result):
        lengths = np.asarray(self.lengths(result), dtype=float)
        if len(lengths) != len(self.labels):
            raise ValueError(
                f"there are {len(lengths)} bars and {len(self.labels)} labels: give one for each"
            )
        limits = self.limits(result) if callable(self.limits) else self.limits
        self.calmed = limits or (0.0, 1.25 * float(finite([1e-9, *lengths]).max()))
        rules = self.vlines(result) if callable(self.vlines) else self.vlines
        return self.calmed, rules

    def draw(self, ax, result):
        self.ax = ax
        count = len(self.labels)
        # a line that matters is named below the bars
        room = 0.3 * bool(self.vlines)
        ax.set_xscale("log" if self.log else "linear")
        ax.set(xlim=self.calmed, ylim=(count - 0.4 + room, -0.6), xlabel=self.xlabel, yticks=[])
        if self.log:
            ax.xaxis.set_minor_locator(NullLocator())
        else:
            ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        look = {"va": "center", "weight": "bold", "color": INK, "zorder": 12}
        beside = {"transform": ax.get_yaxis_transform(), "ha": "right", "clip_on": False}
        self.rules = Rules(ax, "x", self.vlines, result)
        self.rules.move(result)
        self.bars, self.heads, self.told = [], [], []
        # over the bars, which move
        self.marks = [
            ax.plot([tick] * 2, [place - 0.4, place + 0.4], color=INK, lw=2.4, zorder=6)[0]
            for place, tick in enumerate(self.ticks)
        ]
        for place, (label, colour) in enumerate(zip(self.labels, self.colours, strict=False)):
            ax.text(-0.02, place, label, **look, **beside)
            tall = 0.3 if self.markers else 0.8
            self.bars += ax.barh([place], [0], height=tall, color=colour, zorder=5)
            if self.markers:
                self.heads.append(walker(ax, colour, marker=self.markers[place]))
                # between two frames of Play a ball would roll on without its bar
                self.heads[-1].set_gid(None)
            beyond = {"xytext": (11 if self.markers else 6, 0), "textcoords": "offset points"}
            # over a line that matters
            beyond["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
            self.told.append(ax.annotate("", (0, place), **beyond, **look))

    def update(self, result):
        lengths = np.asarray(self.lengths(result), dtype=float)
        begin = self.ax.get_xlim()[0]
        # a bar without an end goes to the largest number of the axis
        ends = np.clip(np.nan_to_num(lengths, nan=np.inf), *sorted(self.ax.get_xlim()))
        words = self.words(result) if self.words else [""] * len(ends)
        # words across the finish of a race would be struck through
        lines = [
            line.get_xdata()[0] for line in self.rules.lines if self.markers and line.get_visible()
        ]
        for place, (bar, end) in enumerate(zip(self.bars, ends, strict=True)):
            bar.set_x(begin)
            bar.set_width(end - begin)
            self.told[place].set_text(words[place])
            self.told[place].xy = max([end, *lines], key=lambda x: abs(x - begin)), place
        for place, head in enumerate(self.heads):
            head.set_data([ends[place]], [place])
