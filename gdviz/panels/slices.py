"""Curvature: slices of a landscape through a point, and the eigenvalues of many Hessians."""

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from gdviz.panels.landscape import Surface, heights
from gdviz.panels.panel import Panel
from gdviz.panels.style import COLOURS, KINDS, PINNED, PRESENT, THEORY

OUTSIDE = "the point is outside"
PARABOLA = "parabola with this\nslope and curvature"


@dataclass(frozen=True, eq=False)
class Cut:
    """A landscape of two variables cut through a point: one way, and at right angles to it.

        one way (cos a, sin a),    the other way (-sin a, cos a)

    ``objective`` has ``value``, ``gradient``, ``hessian`` and ``bounds``; ``point`` has shape
    ``(2,)``; ``angle`` is in degrees from the first variable's axis. A place on a slice is counted
    from the middle of the bounds. Raises ValueError where the landscape has not two variables.

    >>> from types import SimpleNamespace
    >>> cut = Cut(SimpleNamespace(bounds=((-2, 2), (-2, 2))), (1.0, 0.5), angle=90)
    >>> (cut.directions.round(3) + 0.0).tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    >>> cut.places.round(3).tolist()
    [0.5, -1.0]
    """

    objective: object
    point: tuple
    angle: float = 0.0

    def __post_init__(self):
        if len(self.objective.bounds) != 2:
            raise ValueError(
                f"a cut goes through a landscape of 2 variables, and this one has "
                f"{len(self.objective.bounds)}: name both, as in variables=('x', 'y')"
            )

    @property
    def directions(self):
        """The two unit vectors, ``(2, 2)``: one way, the other way."""
        cosine, sine = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        return np.array([[cosine, sine], [-sine, cosine]])

    @property
    def places(self):
        """Where the point stands on each of the two slices, ``(2,)``."""
        return self.directions @ (np.asarray(self.point, dtype=float) - self._middle)

    @property
    def inside(self):
        """Whether the point lies within the bounds."""
        low, high = np.transpose(self.objective.bounds)
        return bool(((self.point >= low) & (self.point <= high)).all())

    @property
    def reach(self):
        """Half the width of the larger bound: a slice is shown from -reach to reach."""
        return float(np.diff(self.objective.bounds).max()) / 2

    def at(self, number, places):
        """Return the points at ``places`` ``(...)`` of slice ``number``, ``(..., 2)``."""
        direction = self.directions[number]
        return np.asarray(self.point) + (places - self.places[number])[..., None] * direction

    @property
    def points(self):
        """The point, a gap, then each slice from end to end: ``(steps, 2 slices, 2)``."""
        places = np.linspace(-self.reach, self.reach, 81)
        both = np.stack([self.at(number, places) for number in (0, 1)], axis=1)
        return np.concatenate([np.tile(self.point, (1, 2, 1)), np.full((1, 2, 2), np.nan), both])

    @property
    def _middle(self):
        return np.mean(self.objective.bounds, axis=1)


class Slice(Panel):
    """One slice of a Cut: the value along it, with the point as the ball.

    ``number`` is 0 for one way and 1 for the other. Black and dashed stands the parabola that has
    the gradient's slope and the Hessian's curvature at the point:

        f(p) + (g . d) t + (d . H d) t^2 / 2

    The ball can be dragged along the slice. Both slices of one landscape have the same axes.

    >>> Slice(1, title="The other way").number
    1
    """

    def __init__(self, number=0, **options):
        super().__init__(**options)
        self.number = number

    @property
    def moving(self):
        return [self.curve, self.parabola, self.ball, self.note]

    def draw(self, ax, result):
        self.ax, self.drawn = ax, None
        look = {"color": COLOURS[self.number], "lw": 3, "animated": True}
        dashes = {"color": THEORY, "ls": "--", "lw": 1.5, "animated": True}
        ball = {"color": PRESENT, "marker": "o", "ms": 13, "mec": "white", "mew": 1.5, "ls": "none"}
        (self.curve,) = ax.plot([], [], **look)
        (self.parabola,) = ax.plot([], [], label=PARABOLA, **dashes)
        (self.ball,) = ax.plot([], [], animated=True, **ball)
        words = {"color": PRESENT, "weight": "bold", "ha": "center", "animated": True}
        self.note = ax.text(0.5, 0.03, "", transform=ax.transAxes, **words)
        ax.set_xlabel("place on the slice")
        # upright at the top, clear of the numbers of a surface to the left
        ax.set_ylabel("f", rotation=0, loc="top", labelpad=-6)
        ax.grid(axis="y", color="#DDDDDD", lw=0.7)
        ax.legend(loc="upper center", handlelength=1.6)
        self.say()
        self.update(result)

    def update(self, result):
        self.cut = self.of(result)
        anew = self.cut.objective is not self.drawn
        if anew:
            self._still()
        places = np.linspace(-self.cut.reach, self.cut.reach, 161)
        self.curve.set_data(places, self._values(places))
        self.parabola.set_data(places, self._parabola(places))
        place = self.cut.places[self.number : self.number + 1]
        self.ball.set_data(place, self._values(place))
        self.note.set_text("" if self.cut.inside else OUTSIDE)
        return anew

    def pin(self, result):
        (trail,) = self.ax.plot(*self.curve.get_data(), color=PINNED, lw=1.5, alpha=0.8)
        self.pinned = [*self.pinned, trail]

    def locate(self, pixel):
        place = np.array([self.ax.transData.inverted().transform(pixel)[0]])
        (point,) = np.clip(self.cut.at(self.number, place), *np.transpose(self.drawn.bounds))
        return tuple(point.tolist())

    def _still(self):
        self.drawn = self.cut.objective
        _, values = heights(self.drawn, 41)
        shown = values[np.isfinite(values)]
        margin = 0.06 * (shown.max() - shown.min() or 1)
        self.ax.set_xlim(-self.cut.reach, self.cut.reach)
        # room for the legend above
        self.ax.set_ylim(shown.min() - margin, shown.max() + 4 * margin)

    def _values(self, places):
        with np.errstate(all="ignore"):
            return self._seen(self.cut.objective.value(self.cut.at(self.number, places)))

    def _parabola(self, places):
        point, direction = np.asarray(self.cut.point), self.cut.directions[self.number]
        t = places - self.cut.places[self.number]
        with np.errstate(all="ignore"):
            slope = self.cut.objective.gradient(point) @ direction
            curvature = direction @ self.cut.objective.hessian(point) @ direction
            return self._seen(self.cut.objective.value(point) + slope * t + curvature * t * t / 2)

    def _seen(self, values):
        low, high = self.ax.get_ylim()
        return np.clip(values, low - 10 * (high - low), high + 10 * (high - low))


class SlicedSurface(Surface):
    """A landscape of two variables as a surface in space, with the two slices of a Cut drawn on it.

    The learner turns it by dragging, or with the arrow keys.

    >>> SlicedSurface(view=(30, -50)).view
    (30, -50)
    """

    def draw(self, ax, result):
        super().draw(ax, result)
        self.balls.pop().remove()
        for line in self.lines:
            line.set(marker="", linewidth=3)

    def scene(self, landscape):
        artists = super().scene(landscape)
        for axis in (self.ax.xaxis, self.ax.yaxis, self.ax.zaxis):
            axis.set_major_locator(MaxNLocator(4))
        # the slices beside it name the height
        self.ax.set_zlabel("")
        return artists

    def update(self, result):
        anew = super().update(result)
        self.note.set_text("" if self.of(result).inside else OUTSIDE)
        return anew


class Spectra(Panel):
    """The eigenvalues of many symmetric matrices, one column for each.

    The result holds eigenvalues, shape ``(matrices, n)``. Positive ones are blue dots, the others
    crosses in vermillion. A star stands over a column with only positive eigenvalues, a triangle
    over one with only negative ones: as Hessians these are a minimum and a maximum, and every other
    column is a saddle.

    >>> Spectra(limits=(-3, 3), title="Each column is one matrix").limits
    (-3, 3)
    """

    def __init__(self, *, limits, xlabel="matrix", ylabel="eigenvalue", **options):
        super().__init__(**options)
        self.limits = limits
        self.xlabel, self.ylabel = xlabel, ylabel

    @property
    def moving(self):
        return [self.positive, self.negative, self.minima, self.maxima]

    def draw(self, ax, result):
        self.ax = ax
        low, high = self.limits
        look = {"ls": "none", "animated": True}
        kind = {"mfc": "white", "mec": "black", "mew": 1.3, **look}
        (self.positive,) = ax.plot([], [], "o", color=COLOURS[1], ms=5, **look)
        (self.negative,) = ax.plot([], [], "X", color=PRESENT, ms=6, **look)
        (self.minima,) = ax.plot([], [], KINDS["minimum"], ms=13, **kind)
        (self.maxima,) = ax.plot([], [], KINDS["maximum"], ms=9, **kind)
        ax.axhline(0, color=THEORY, lw=1)
        ax.set(xlim=(0, len(self.of(result)) + 1), ylim=(low, high + 0.15 * (high - low)))
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        self.say()
        self.update(result)

    def update(self, result):
        eigenvalues, columns = self._columns(result)
        positive = eigenvalues > 0
        self.positive.set_data(columns[positive], eigenvalues[positive])
        self.negative.set_data(columns[~positive], eigenvalues[~positive])
        above = self.limits[1] + 0.07 * (self.limits[1] - self.limits[0])
        only = (self.minima, positive.all(axis=1)), (self.maxima, (eigenvalues < 0).all(axis=1))
        for marks, chosen in only:
            marks.set_data(columns[chosen, 0], np.full(chosen.sum(), above))

    def pin(self, result):
        eigenvalues, columns = self._columns(result)
        (trail,) = self.ax.plot(
            columns.ravel(), eigenvalues.ravel(), ".", color=PINNED, ms=4, alpha=0.8
        )
        self.pinned = [*self.pinned, trail]

    def _columns(self, result):
        eigenvalues = np.asarray(self.of(result), dtype=float)
        columns = np.broadcast_to(np.arange(1.0, len(eigenvalues) + 1)[:, None], eigenvalues.shape)
        return eigenvalues, columns
