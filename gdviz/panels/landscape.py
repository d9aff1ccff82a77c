"""Walks over a landscape: on its curve, seen from above, or on its surface in space."""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator

from gdviz.panels.panel import Walk, limits
from gdviz.panels.style import COLOURS, KINDS, PRESENT, sequential


class OnLandscape(Walk):
    """A walk over a landscape: its bounds are the picture's, its critical points are marked."""

    marks = True

    def __init__(self, landscape=None, **options):
        super().__init__(**options)
        self.given = landscape
        self.drawn = None
        self.scenery, self.stars = [], []

    def landscape(self, run):
        """Return the landscape to draw: the one given, or else the one that the run walked on."""
        return self.given if self.given is not None else run.objective

    def changed(self, run):
        return self.landscape(run) != self.drawn

    def still(self, run):
        for artist in self.scenery + self.stars:
            artist.remove()
        self.drawn = self.landscape(run)
        if len(self.drawn.bounds) != self.dim:
            raise ValueError(
                f"a {type(self).__name__} panel shows a landscape of {self.dim} "
                f"variable{'s' * (self.dim > 1)}, and this one has {len(self.drawn.bounds)}: "
                f"use {'Curve' if len(self.drawn.bounds) == 1 else 'Contour or Surface'}"
            )
        self.points = self.drawn.critical_points() if hasattr(self.drawn, "critical_points") else []
        self.scenery = self.scene(self.drawn)
        self.stars = self.critical(self.drawn) if self.marks else []

    @property
    def moving(self):
        # the critical points stand still, but on top of the path that leads to them
        return [*self.lines, *self.stars, *self.balls, self.note]

    def critical(self, landscape):
        """Mark each critical point by its kind: star, triangle, cross."""
        artists = []
        for point in self.points[:24]:
            artists += self.ax.plot(
                *self.place(np.asarray(point.point), landscape),
                ls="none",
                marker=KINDS[point.kind],
                ms=13 if point.kind == "minimum" else 10,
                mfc="white",
                mec="black",
                mew=1.3,
                zorder=10.5,
                animated=True,
            )
        return artists

    def place(self, points, landscape):
        """Return where points ``(..., dim)`` of the landscape stand in the picture."""
        raise NotImplementedError

    def trails(self, run):
        points = np.asarray(run.points, dtype=float)
        points = points.reshape(len(points), -1, points.shape[-1]).swapaxes(0, 1)
        with np.errstate(all="ignore"):
            return np.stack(self.place(points, self.landscape(run)), axis=1)

    def departure(self, trails):
        return super().departure(trails[:, : self.dim])

    def locate(self, pixel):
        at = self.ax.transData.inverted().transform(pixel)[: self.dim]
        return tuple(
            float(np.clip(value, low, high))
            for value, (low, high) in zip(at, self.drawn.bounds, strict=True)
        )


class Curve(OnLandscape):
    """A function of one variable with the walker on it.

    Shows ``f(x)`` over its bounds, the start as the ball, every step as a marker on the curve.
    ``limits`` fixes the vertical axis where a control changes the landscape.

    >>> Curve(title="Every step goes downhill").dim
    1
    """

    dim = 1

    def __init__(self, landscape=None, *, limits=None, **options):
        super().__init__(landscape, **options)
        self.limits = limits

    def scene(self, landscape):
        (low, high) = landscape.bounds[0]
        x = np.linspace(low, high, 600)
        with np.errstate(all="ignore"):
            y = landscape.value(x[:, None])
        shown = y[np.isfinite(y)]
        if not len(shown):
            raise ValueError(f"{landscape.formula!r} has no finite value between {low} and {high}")
        bottom, top = shown.min(), shown.max()
        margin = 0.06 * (top - bottom or 1)
        self.ax.set(
            xlim=(low, high),
            ylim=self.limits or (bottom - margin, top + margin),
            xlabel=landscape.variables[0],
            ylabel=height_label(landscape),
        )
        self.say()
        return self.ax.plot(x, y, color="#3B4A6B", lw=2.2, zorder=2)

    def place(self, points, landscape):
        return points[..., 0], landscape.value(points)


class Contour(OnLandscape):
    """A landscape of two variables seen from above, with the path and an arrow for each step.

    ``arrows`` is how many steps get an arrow head, from the first on. Contour levels follow the
    landscape's own values, closer together where it has a minimum, so that a valley floor shows.

    >>> Contour(arrows=4).dim
    2
    """

    dim = 2

    def __init__(self, landscape=None, *, arrows=12, **options):
        super().__init__(landscape, **options)
        self.arrows = arrows

    def scene(self, landscape):
        grids, values = heights(landscape, 121)
        levels = contour_levels(values, any(point.kind == "minimum" for point in self.points))
        names = landscape.variables
        self.ax.set(xlabel=names[0], ylabel=names[1])
        self.say()
        self.ax.set(xlim=landscape.bounds[0], ylim=landscape.bounds[1])
        values = np.ma.masked_invalid(values)
        filled = self.ax.contourf(*grids, values, levels, cmap=sequential(), zorder=0)
        thin = {"colors": "#3B4A6B", "linewidths": 0.6, "linestyles": "solid", "zorder": 1}
        lines = self.ax.contour(*grids, values, levels, **thin)
        return [filled, lines]

    def place(self, points, landscape):
        return points[..., 0], points[..., 1]

    def draw(self, ax, result):
        self.heads = None
        super().draw(ax, result)
        self.heads = PolyCollection([], facecolor=PRESENT, zorder=10, animated=True)
        ax.add_collection(self.heads, autolim=False)
        self.update(result)

    @property
    def moving(self):
        return [self.heads, *super().moving]

    def update(self, result):
        anew = super().update(result)
        if self.heads is not None:
            heads = [arrow_heads(self.ax, trail.T[: self.arrows + 1]) for trail in self.shown]
            self.heads.set_verts(np.concatenate(heads))
            colours = np.repeat(COLOURS[: len(heads)], [len(head) for head in heads])
            self.heads.set_facecolor(colours)
        return anew


class Surface(OnLandscape):
    """A landscape of two variables as a surface in space, which the learner turns by dragging it.

    The arrow keys turn it too, when the picture has the focus.

    >>> Surface(view=(40, -70)).view
    (40, -70)
    """

    dim = 2
    projection = "3d"
    turns = True
    marks = False

    def __init__(self, landscape=None, *, view=(38, -60), **options):
        super().__init__(landscape, **options)
        self.view = view

    def scene(self, landscape):
        grids, values = heights(landscape, 41)
        names = landscape.variables
        shown = np.ma.masked_invalid(values)
        bottom, top = float(shown.min()), float(shown.max())
        self.ax.computed_zorder = False
        self.ax.view_init(*self.view)
        self.ax.set_box_aspect(None, zoom=0.92)
        self.ax.set(xlim=landscape.bounds[0], ylim=landscape.bounds[1])
        self.say()
        # the valley floor may lie a little below the lowest point of the grid
        margin = 0.02 * (top - bottom) or 1
        self.ax.set(zlim=(bottom - margin, top + margin), xlabel=names[0], ylabel=names[1])
        self.ax.set_zlabel(height_label(landscape), labelpad=9)
        for axis in (self.ax.xaxis, self.ax.yaxis, self.ax.zaxis):
            axis.set_major_locator(MaxNLocator(5))
        look = {"cmap": sequential(), "rcount": 41, "ccount": 41, "lw": 0.2, "edgecolor": "#3B4A6B"}
        return [self.ax.plot_surface(*grids, shown, alpha=0.9, zorder=0, **look)]

    def place(self, points, landscape):
        return points[..., 0], points[..., 1], landscape.value(points)

    def turn(self, right, up):
        """Turn the surface by so many degrees."""
        elevation, azimuth = self.view
        self.view = (float(np.clip(elevation + up, -90, 90)), (azimuth - right) % 360)
        self.ax.view_init(*self.view)

    def locate(self, pixel):
        return None

    def _place(self, line, trail):
        # what leaves the box would be drawn across the whole figure
        low, high = limits(self.ax).T[..., None]
        with np.errstate(invalid="ignore"):
            outside = ~((trail >= low) & (trail <= high)).all(axis=0)
        line.set_data_3d(*np.where(outside, np.nan, trail))


def height_label(landscape):
    """Return the name of the height, such as ``f(x, y)``."""
    return f"{getattr(landscape, 'name', 'f')}({', '.join(landscape.variables)})"


def heights(landscape, count):
    """Return the grid over the landscape's bounds and its values there: two ``(count, count)``
    arrays and one.

    >>> from types import SimpleNamespace
    >>> flat = SimpleNamespace(bounds=((0, 1), (0, 1)), value=lambda points: points[..., 0])
    >>> heights(flat, 2)[1].tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    grids = np.meshgrid(*(np.linspace(*bound, count) for bound in landscape.bounds))
    with np.errstate(all="ignore"):
        values = landscape.value(np.stack(grids, axis=-1))
    if not np.isfinite(values).any():
        raise ValueError(
            f"the landscape has no finite value in its bounds {landscape.bounds}: "
            "choose bounds in which the formula is defined"
        )
    return grids, values


def contour_levels(values, has_minimum, count=22):
    """Return increasing contour levels that follow the values, closer together near a minimum.

    >>> contour_levels(np.arange(5.0), has_minimum=False, count=3).tolist()
    [0.0, 2.0, 4.0]
    """
    quantiles = np.linspace(0, 1, count) ** (2 if has_minimum else 1)
    levels = np.unique(np.quantile(values[np.isfinite(values)], quantiles))
    return levels if len(levels) > 1 else levels[0] + np.array([-0.5, 0.5])


def arrow_heads(ax, path, size=10):
    """Return a triangle ``(3, 2)`` at the end of every step of ``path`` ``(steps + 1, 2)``, in data
    coordinates.

    ``size`` is in points; a shorter step gets a smaller head, one under a pixel none.
    """
    pixels = ax.transData.transform(path)
    steps = np.diff(pixels, axis=0)
    lengths = np.hypot(*steps.T)
    seen = np.isfinite(lengths) & (lengths > 1)
    ends, along = pixels[1:][seen], (steps[seen] / lengths[seen, None])
    size = size / 72 * ax.get_figure(root=True).dpi
    long = np.minimum(size, 0.9 * lengths[seen])[:, None]
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
    corners = [
        ends,
        ends - long * along + 0.45 * long * aside,
        ends - long * along - 0.45 * long * aside,
    ]
    triangles = np.stack(corners, axis=1)
    return ax.transData.inverted().transform(triangles.reshape(-1, 2)).reshape(triangles.shape)
