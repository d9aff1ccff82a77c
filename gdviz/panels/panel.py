"""What every panel has, and what every panel that shows runs as lines has."""

import numpy as np

from gdviz.panels.style import COLOURS, MARKERS, PINNED, PRESENT

# Agg draws nothing sensible far outside the picture; this many widths away is as good as infinity.
FAR = 1e4


def limits(ax):
    """Return the limits of the picture: ``(low, high)`` for each of its two or three axes."""
    names = ("x", "y", "z") if hasattr(ax, "get_zlim") else ("x", "y")
    return np.array([getattr(ax, f"get_{name}lim")() for name in names])


class Panel:
    """One Axes of a figure; the base of every panel.

    A panel of your own defines ``draw``, ``update`` and ``moving``; ``colours`` names the colours
    of its moving artists that are not the style's, 28 at most.
    """

    projection = None
    turns = False
    colours = ()

    def __init__(self, *, title="", of=None):
        self.title = title
        self.of = of or (lambda result: result)
        self.ax = None
        self.pinned = []

    @property
    def moving(self):
        """The artists that ``update`` moves, in the order in which they are drawn."""
        return []

    def draw(self, ax, result):
        """Draw the still part on ``ax`` and make the artists that move."""
        raise NotImplementedError

    def update(self, result):
        """Move the artists to ``result``; return True if the still part was drawn anew."""
        raise NotImplementedError

    def say(self):
        """Write the panel's message over it."""
        self.ax.set_title(self.title, loc="left")

    def pin(self, result):
        """Keep ``result`` in the still part as a pale trail; a panel without trails keeps none."""

    def unpin(self):
        """Remove every pinned trail."""
        for artist in self.pinned:
            artist.remove()
        self.pinned = []

    def locate(self, pixel):
        """Return the start that the pixel ``(x, y)`` stands for, or None where there is none."""
        return None


class Walk(Panel):
    """A panel that shows every run of a result as a line with markers: the base of the four below.

    ``labels`` names the runs, in order; the result may hold eight runs at most.
    """

    ball = True
    legend = True
    note_at = 0.93

    def __init__(self, *, labels=None, **options):
        super().__init__(**options)
        self.labels = labels

    def trails(self, run):
        """Return the lines: an array ``(runs, dim of the picture, steps + 1)``."""
        raise NotImplementedError

    def still(self, run):
        """Draw everything that does not move."""
        raise NotImplementedError

    def changed(self, run):
        """Return True when the still part no longer fits ``run``."""
        return False

    def draw(self, ax, result):
        self.ax = ax
        run = self.of(result)
        self.still(run)
        trails = self._visible(self.trails(run))
        if len(trails) > len(COLOURS):
            raise ValueError(
                f"the result holds {len(trails)} runs, and a {type(self).__name__} panel shows "
                f"{len(COLOURS)} at most: show fewer, or plot a quantity of all of them with Sweep"
            )
        self.lines, self.balls = [], []
        for number, trail in enumerate(trails):
            look = {"color": COLOURS[number], "marker": MARKERS[number], "animated": True}
            label = self.labels[number] if self.labels else None
            self.lines += ax.plot(*trail, ms=4.5, lw=1.5, zorder=10, label=label, **look)
            if self.ball:
                edge = {"mec": "white", "mew": 1.5, "ms": 13, "zorder": 11}
                self.balls += ax.plot(*trail[:, :1], ls="none", **look, **edge)
        if self.labels and self.legend:
            ax.legend(loc="upper right")
        self.note = self._text()
        self.update(result)

    @property
    def moving(self):
        return [*self.lines, *self.balls, self.note]

    def update(self, result):
        run = self.of(result)
        anew = self.changed(run)
        if anew:
            self.still(run)
        trails = self.trails(run)
        self.note.set_text(self.departure(trails))
        self.shown = self._visible(trails)
        for line, trail in zip(self.lines, self.shown, strict=True):
            self._move(line, trail)
        for ball, trail in zip(self.balls, self.shown, strict=False):
            self._place(ball, trail[:, :1])
        return anew

    def pin(self, result):
        for trail in self._visible(self.trails(self.of(result))):
            look = {"color": PINNED, "lw": 1.2, "marker": ".", "ms": 4, "alpha": 0.8}
            self.pinned = [*self.pinned, *self.ax.plot(*trail, zorder=5, **look)]

    def departure(self, trails):
        """Say in words at which step a run left the picture or the finite numbers, if one did."""
        finite = np.isfinite(trails).all(axis=1)
        low, high = limits(self.ax)[: trails.shape[1]].T[..., None]
        with np.errstate(invalid="ignore"):
            inside = (finite & ((trails >= low) & (trails <= high)).all(axis=1)).T
        if inside[-1].all():
            return ""
        # the last stay outside counts: a run that only swings out and comes back has not left
        left = max(
            int(np.flatnonzero(run)[-1]) + 1 if run.any() else 0
            for run, ends_inside in zip(inside.T, inside[-1], strict=True)
            if not ends_inside
        )
        return f"left the picture at step {left}" if left else "starts outside the picture"

    def _text(self):
        write = getattr(self.ax, "text2D", self.ax.text)
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2}
        look = {"color": PRESENT, "weight": "bold", "ha": "right", "bbox": box, "zorder": 20}
        return write(0.98, self.note_at, "", transform=self.ax.transAxes, animated=True, **look)

    def _visible(self, trails):
        low, high = limits(self.ax).T[..., None]
        span = np.abs(high - low)
        return np.clip(trails, low - FAR * span, high + FAR * span)

    def _place(self, line, trail):
        line.set_data(*trail)

    def _move(self, line, trail):
        self._place(line, trail)
        line.set_markersize(4.5 if trail.shape[-1] <= 100 else 3)
