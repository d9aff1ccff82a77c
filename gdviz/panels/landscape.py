"""Walks over a landscape: on its curve, seen from above, or on its surface in space."""

from itertools import pairwise
from string import ascii_uppercase

import numpy as np
from contourpy import contour_generator
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from gdviz.panels.panel import FAR, Arrow, Panel, Rules, note, walker
from gdviz.panels.style import COLOURS, INK, KINDS, LINE, MARKERS, PAPER, PRESENT, SLOPE

# the way behind the walker fades: how many steps back a piece begins, and how strong it is
AGES = ((0, 1.0), (8, 0.8), (20, 0.62), (45, 0.5))
MOST_RUNS = 8


class OnLandscape(Panel):
    """A walk over a landscape: its bounds are the picture's, its critical points are marked.

    Each run is a ball with the way behind it, which fades; a ring is where it started, an arrow the
    step that it is about to take. A batch of more than eight runs is a crowd of dots; ``rings`` is
    the size of the rings where a crowd started. ``marks`` says whether critical points are marked.
    ``lines`` are drawn on the ground, ``(lines, n, dim)``, or a function of the result that returns
    them; a dict names them, and each name stands at its line's end. ``markers`` and ``sizes`` are
    the shapes of the runs and how large they are: of those that meet, the first lies lowest, and is
    seen where it is the largest. ``step_marks`` says whether every step of the way has its mark,
    ``legend`` whether there is one of the ``labels``.
    """

    marks = True

    def __init__(
        self,
        landscape=None,
        *,
        labels=None,
        colours=COLOURS,
        letters=True,
        ball=True,
        arrows=0,
        marks=None,
        lines=None,
        rings=6,
        markers=MARKERS,
        sizes=(14,) * MOST_RUNS,
        step_marks=True,
        legend=True,
        **options,
    ):
        super().__init__(**options)
        self.given = landscape
        self.marks = self.marks if marks is None else marks
        self.labels, self.colours, self.letters = labels, colours, letters
        self.with_ball, self.arrows = ball, arrows
        self.lines, self.size_of_rings = lines, rings
        self.markers, self.sizes = markers, sizes
        self.step_marks, self.with_legend = step_marks, legend

    def landscape(self, run):
        """Return the landscape to draw: the one given, or else the one that the run walked on."""
        return self.given if self.given is not None else run.objective

    def ground(self, run):
        landscape = self.landscape(run)
        if len(landscape.bounds) != self.dim:
            raise ValueError(
                f"a {type(self).__name__} panel shows a landscape of {self.dim} "
                f"variable{'s' * (self.dim > 1)}, and this one has {len(landscape.bounds)}: "
                f"use {_panel_for(len(landscape.bounds))}"
            )
        count = int(np.prod(np.shape(run.points)[1:-1])) if hasattr(run, "points") else 0
        return landscape, min(count, MOST_RUNS + 1), len(self._lines(run))

    def _lines(self, run):
        return list(self._named_lines(run).values())

    def _named_lines(self, run):
        lines = self.lines(run) if callable(self.lines) else self.lines
        if isinstance(lines, dict):
            return lines
        return dict(enumerate(() if lines is None else lines))

    def place(self, points, landscape):
        """Return where points ``(..., dim)`` of the landscape stand in the picture."""
        raise NotImplementedError

    def scene(self, ax, landscape):
        """Draw the landscape."""
        raise NotImplementedError

    def draw(self, ax, run):
        self.ax = ax
        landscape = self.landscape(run)
        *_, count, lines = self.ground(run)
        self.scene(ax, landscape)
        look = {"lw": 3, "zorder": 9}
        self.drawn = [ax.plot([], [], color=COLOURS[number], **look)[0] for number in range(lines)]
        self.line_names = []
        for line, name in zip(self.drawn, self._named_lines(run), strict=True):
            if isinstance(name, str):
                # a run that swings far would hide what the lines point out
                line.set(color=INK, lw=1.6, zorder=10.5)
                text = ax.annotate(name, (0, 0), (5, 3), textcoords="offset points", color=INK)
                text.set(weight="bold", zorder=12)
                self.line_names.append(text)
        self.stars, self.names, self.marked = [], [], []
        if self.scenery(run) is None:
            self._critical(ax, landscape)
        self.crowd = count > MOST_RUNS
        if self.crowd:
            look = {"ls": "none", "marker": "o"}
            (self.rings,) = ax.plot([], [], mfc="none", mec="#5B6770", zorder=9, **look)
            self.rings.set(
                markersize=self.size_of_rings, markeredgewidth=min(1, self.size_of_rings / 2)
            )
            # above the star in which a whole crowd may end
            (self.dots,) = ax.plot([], [], color=PRESENT, mew=0, ms=9, zorder=10.7, **look)
        else:
            self._walkers(ax, count)
        # the names of the runs stand at the top
        below = self.labels and self.with_legend
        self.note = note(ax, **({"y": 0.03, "va": "bottom"} if below else {}))

    def _walkers(self, ax, count):
        self.ways, self.balls, self.rings, self.next = [], [], [], []
        for number in range(count):
            colour = self.colours[number]
            shape = "o" if count == 1 else self.markers[number]
            mark = {"marker": shape, "ms": 5, "mew": 0} if self.step_marks else {}
            look = {"color": colour, "lw": 2.2, "zorder": 10, **mark}
            self.ways.append([ax.plot([], [], alpha=alpha, **look)[0] for _, alpha in AGES])
            if self.with_ball:
                self.rings.append(walker(ax, colour, ring=True))
                self.balls.append(walker(ax, colour, marker=shape, size=self.sizes[number]))
            self.next.append(Arrow(ax))
        self.first = [Arrow(ax) for _ in range(self.arrows)]
        look = {"weight": "bold", "ha": "right", "va": "bottom", "zorder": 12, "color": INK}
        self.first_names = [
            ax.annotate(f"$X_{number}$", (0, 0), (-7, 5), textcoords="offset points", **look)
            for number in range(self.arrows + bool(self.arrows))
        ]
        if self.labels and self.with_legend:
            named = zip(self.colours, self.markers, self.labels, strict=False)
            handles = [
                ax.plot([], [], color=colour, marker=marker, label=label)[0]
                for colour, marker, label in named
            ]
            # with what moves, for a scene would cover it
            self.key = ax.legend(handles=handles, loc="upper right")
            # over the ways, under the balls
            self.key.set_zorder(10.6)

    def _critical(self, ax, landscape):
        """Mark each critical point by its kind: star, triangle, cross; minima have letters too."""
        known = self.marks and hasattr(landscape, "critical_points")
        points = landscape.critical_points() if known else []
        minima = [point for point in points if point.kind == "minimum"]
        # many are small, so that they do not hide one another
        size = min(1.0, (24 / max(len(points), 1)) ** 0.5)
        self.stars, self.names, self.marked = [], [], []
        for point in points:
            least = point.kind == "minimum"
            place = self.place(np.asarray(point.point), landscape)
            look = {"marker": KINDS[point.kind], "ms": size * (15 if least else 11)}
            look |= {"ls": "none", "mfc": "white", "mec": INK, "mew": 1.5, "zorder": 10.6}
            self.stars += ax.plot(*place, **look)
            self.marked.append((self.stars[-1], point.point))
            if least and self.letters and 1 < len(minima) <= len(ascii_uppercase):
                letter = ascii_uppercase[minima.index(point)]
                text = ax.annotate(letter, place, (0, -9), textcoords="offset points")
                text.set(ha="center", va="top", weight="bold", color=INK, zorder=10.6)
                self.names.append(text)
                self.marked.append((text, point.point))

    def trails(self, run):
        """Return the way of every run, ``(runs, dim of the picture, steps + 1)``."""
        points = np.asarray(run.points, dtype=float)
        points = points.reshape(len(points), -1, points.shape[-1]).swapaxes(0, 1)
        with np.errstate(all="ignore"):
            return np.stack(self.place(points, self.landscape(run)), axis=1)

    def update(self, run):
        for artist, points in zip(self.drawn, self._lines(run), strict=True):
            with np.errstate(all="ignore"):
                way = np.stack(self.place(np.asarray(points, dtype=float), self.landscape(run)))
            self._put(artist, self._visible(way[None])[0])
        for text, line in zip(self.line_names, self.drawn, strict=False):
            text.xy = line.get_xdata()[-1], line.get_ydata()[-1]
        if self.crowd:
            self._move_crowd(run)
            return
        trails = self.trails(run)
        self.note.set_text(self._departure(trails, getattr(run, "unit", "step")))
        seen = self._visible(trails)
        ahead = self._ahead(run)
        for number, (pieces, trail) in enumerate(zip(self.ways, seen, strict=True)):
            last = trail.shape[-1] - 1
            ends = [max(0, last - age) for age, _ in AGES] + [0]
            for piece, end, begin in zip(pieces, ends, ends[1:], strict=False):
                # the strongest piece begins where the next, older one ends
                self._put(piece, trail[:, begin : end + 1])
                piece.set_markersize(5 if last <= 120 else 3.5)
            if self.with_ball:
                self._put(self.rings[number], trail[:, :1])
                self._put(self.balls[number], trail[:, -1:])
            if self.next:
                self.next[number].point(trail[:, -1], None if ahead is None else ahead[number])
        for number, (arrow, _) in enumerate(zip(self.first, self.first_names, strict=False)):
            way = seen[0]
            there = number + 1 < way.shape[-1]
            if there:
                arrow.point(way[:, number], way[:, number + 1])
            else:
                arrow.hide()
        self._name_first(seen)

    def _name_first(self, seen):
        """Write X0, X1, ... beside the first places, each unless it would stand on an earlier."""
        room, taken = 22 * self.ax.get_figure(root=True).dpi / 100, []
        for number, text in enumerate(self.first_names):
            text.set_visible(number < seen.shape[-1])
            if not text.get_visible():
                continue
            text.xy = seen[0][:, number]
            place = self.ax.transData.transform(text.xy)
            free = all(np.hypot(*(place - other)) >= room for other in taken)
            text.set_visible(free)
            if free:
                taken.append(place)

    def _ahead(self, run):
        points = getattr(run, "ahead", None)
        if points is None:
            return None
        points = np.asarray(points, dtype=float).reshape(-1, self.dim)
        with np.errstate(all="ignore"):
            places = np.stack(self.place(points, self.landscape(run)), axis=1)
        return self._visible(places[..., None])[..., 0]

    def _move_crowd(self, run):
        for artist, points in ((self.rings, run.points[0]), (self.dots, run.points[-1])):
            with np.errstate(all="ignore"):
                points = np.asarray(points, dtype=float).reshape(-1, self.dim)
                places = np.stack(self.place(points, self.landscape(run)))
            places = np.where(np.isfinite(places).all(axis=0), places, np.nan)
            self._put(artist, self._visible(places[None])[0])
        final = np.asarray(run.points[-1], dtype=float).reshape(-1, self.dim)
        # a few dots are strong, many are pale, so that a crowd shows where it is dense
        self.dots.set_alpha(float(np.clip(20 / len(final), 0.25, 0.9)))
        self.rings.set_alpha(float(np.clip(150 / len(final), 0.2, 1.0)))
        low, high = np.transpose(self.landscape(run).bounds)
        with np.errstate(invalid="ignore"):
            gone = np.count_nonzero(~((final >= low) & (final <= high)).all(axis=1))
        self.note.set_text(f"{gone:,} of {len(final):,} left the picture" if gone else "")

    def trail(self):
        """Return what a pinned run leaves behind."""
        return [self.dots] if self.crowd else [self.ways, self.rings, self.balls]

    def story(self, run):
        """Return the step at which every run has arrived, to a pixel, or has left the picture."""
        trails = self.trails(run)[:, :2]
        with np.errstate(all="ignore"):
            flat = self._visible(trails).swapaxes(1, 2).reshape(-1, 2)
            pixels = self.ax.transData.transform(flat).reshape(len(trails), -1, 2)
            away = np.abs(pixels - pixels[:, -1:]).max(axis=2) > 1.0
            low, high = self._limits()[: trails.shape[1]].T[..., None]
            gone = ~((trails >= low) & (trails <= high)).all(axis=1)
        # a run that never comes back is over when it leaves
        lost = np.logical_and.accumulate(gone[:, ::-1], axis=1)[:, ::-1]
        busy = (away & ~lost).any(axis=0)
        return int(np.flatnonzero(busy)[-1]) + 1 if busy.any() else 0

    def _departure(self, trails, unit):
        """Say in words at which step a run left the picture, if one did."""
        trails = trails[:, : self.dim]
        finite = np.isfinite(trails).all(axis=1)
        low, high = self._limits()[: trails.shape[1]].T[..., None]
        with np.errstate(invalid="ignore"):
            inside = finite & ((trails >= low) & (trails <= high)).all(axis=1)
        if inside[:, -1].all():
            return ""
        # the last stay outside counts: a run that only swings out and comes back has not left
        gone = max(
            (run for run in inside if not run[-1]), key=lambda run: np.flatnonzero(run)[-1:].sum()
        )
        if not gone.any():
            return "starts outside the picture"
        left = int(np.flatnonzero(gone)[-1]) + 1
        who = []
        if self.labels and len(inside) > 1:
            who = [self.labels[number] for number in np.flatnonzero(~inside[:, -1])]
        # one that hops in and out leaves at no step worth a name
        if np.count_nonzero(np.diff(gone)) > 8 or len(who) > 1:
            return "outside the picture" + (f": {', '.join(who)}" if who else "")
        return " ".join([*who, f"left the picture at {unit} {left:,}"])

    def _limits(self):
        return np.array([self.ax.get_xlim(), self.ax.get_ylim()])

    def _visible(self, trails):
        """Return the trails ``(runs, axes, steps)`` with far points drawn in, on the same line."""
        low, high = self._limits().T[..., None]
        middle, span = (low + high) / 2, np.abs(high - low)
        with np.errstate(all="ignore"):
            away = (trails - middle) / span
            farthest = np.abs(away).max(axis=1, keepdims=True)
            return np.where(farthest > FAR, middle + away / farthest * FAR * span, trails)

    def _put(self, artist, trail):
        artist.set_data(*trail)

    def where(self, value):
        if np.size(value) != self.dim:
            return None
        landscape = self.ground_landscape
        with np.errstate(all="ignore"):
            place = self.place(np.atleast_1d(np.asarray(value, dtype=float)), landscape)
        return self.ax.transData.transform([float(part) for part in place])

    def locate(self, pixel):
        at = self.ax.transData.inverted().transform(pixel)[: self.dim]
        return tuple(
            float(np.clip(value, low, high))
            for value, (low, high) in zip(at, self.ground_landscape.bounds, strict=True)
        )


def _panel_for(dim):
    return {1: "Curve", 2: "Contour or Surface"}.get(dim, "Lines, which shows any number of them")


class Curve(OnLandscape):
    """A function of one variable with the walker on it.

    ``limits`` fixes the vertical axis where a control changes the landscape; ``xlabel`` and
    ``ylabel`` name the axes;
    ``tangent`` draws the line that touches the curve at the walker; ``hlines`` names heights that
    matter, ``{"as high as the start": 2.0}``, a dict or a function of the run.

    >>> Curve(title="Every step goes downhill").dim
    1
    """

    dim = 1
    same_axes = True

    def __init__(
        self,
        landscape=None,
        *,
        limits=None,
        xlabel=None,
        ylabel=None,
        tangent=True,
        hlines=None,
        **options,
    ):
        super().__init__(landscape, **options)
        self.limits, self.xlabel, self.ylabel = limits, xlabel, ylabel
        self.tangent = tangent
        self.hlines = hlines or {}

    def draw(self, ax, run):
        super().draw(ax, run)
        self.levels = Rules(ax, "y", self.hlines, run)
        for name in self.levels.names:
            name.set_ha("center")

    def scene(self, ax, landscape):
        self.ground_landscape = landscape
        (low, high) = landscape.bounds[0]
        x = np.linspace(low, high, 600)
        with np.errstate(all="ignore"):
            y = landscape.value(x[:, None])
        shown = y[np.isfinite(y)]
        if not len(shown):
            raise ValueError(
                f"{landscape.formula!r} has no finite value between {low:g} and {high:g}: "
                "give a formula that is defined there"
            )
        bottom, top = float(shown.min()), float(shown.max())
        margin = 0.06 * (top - bottom or 1)
        ax.set(
            xlim=(low, high),
            # room for a letter below the lowest minimum
            ylim=self.limits or (bottom - 2.5 * margin, top + margin),
            xlabel=self.xlabel or landscape.variables[0],
            ylabel=self.ylabel or height_label(landscape),
        )
        self.curve_x, self.curve_y = x, y
        ax.plot(x, y, color=LINE, lw=2.6, zorder=2)
        ax.fill_between(x, y, ax.get_ylim()[0], color="#7FB3C8", alpha=0.16, lw=0, zorder=1)
        # over the curve and the way behind, under the ball and the arrow of the next step
        look = {"color": SLOPE, "lw": 3.6, "zorder": 10.4}
        self.touching = ax.plot([], [], **look)[0] if self.tangent else None

    def update(self, run):
        super().update(run)
        self.levels.move(run)
        for name in self.levels.names:
            name.set_x(self._room_above(name.get_position()[1]))
        if self.touching is None:
            return
        self.touching.set_visible(not self.crowd and len(self.balls) == 1)
        if not self.touching.get_visible():
            return
        at = np.asarray(run.points[-1], dtype=float).reshape(1, 1)
        (low, high) = self.ground_landscape.bounds[0]
        reach = 0.22 * (high - low) * np.array([-1.0, 1.0])
        with np.errstate(all="ignore"):
            slope = float(self.ground_landscape.gradient(at)[0, 0])
            height = float(self.ground_landscape.value(at)[0])
            # as long on the screen wherever it is steep
            steep = slope * (high - low) / float(np.diff(self.ax.get_ylim())[0])
            reach = reach / np.hypot(1.0, steep) if np.isfinite(steep) else reach * np.nan
        self.touching.set_data(at[0] + reach, height + slope * reach)

    def _room_above(self, height):
        """Return the middle of the widest stretch where the curve is below, as a share."""
        with np.errstate(invalid="ignore"):
            below = np.concatenate([[False], self.curve_y < height, [False]])
        begin, end = np.flatnonzero(np.diff(below)).reshape(-1, 2).T
        if not len(begin):
            return 0.5
        widest = np.argmax(end - begin)
        return float((begin[widest] + end[widest]) / 2 / len(self.curve_x))

    def place(self, points, landscape):
        return points[..., 0], landscape.value(points)


class Contour(OnLandscape):
    """A landscape of two variables seen from above, with the walker on it.

    ``arrows`` draws an arrow for each of the first steps and names their ends X0, X1, ... Contour
    levels follow the landscape's own values, closer together where it has a minimum, so that a
    valley floor shows. Units are equal where the bounds are alike, so that circles are circles.

    >>> Contour(arrows=4).dim
    2
    """

    dim = 2
    same_axes = True

    def ground(self, run):
        landscape, *counts = super().ground(run)
        return tuple(map(tuple, landscape.bounds)), landscape.variables, *counts

    def scenery(self, run):
        return self.landscape(run)

    def scene(self, ax, landscape):
        ax.set(xlabel=landscape.variables[0], ylabel=landscape.variables[1])
        ax.set(xlim=landscape.bounds[0], ylim=landscape.bounds[1])
        across, up = (high - low for low, high in landscape.bounds)
        ax.set_aspect("equal" if 0.4 < up / across < 2.5 else "auto", anchor="N")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))

    def paint(self, ax, run):
        landscape = self.ground_landscape = self.landscape(run)
        grids, values = heights(landscape, 101)
        bands = ax.add_collection(_bands(grids, values, contour_levels(values)), autolim=False)
        for mark in (*self.stars, *self.names):
            mark.remove()
        self._critical(ax, landscape)
        return [bands]

    def place(self, points, landscape):
        return points[..., 0], points[..., 1]


def _bands(grids, values, levels):
    """Return the bands between contour levels: what ``Axes.contourf`` draws, in 0.4 of its time."""
    values = np.ma.masked_invalid(values)
    contours = contour_generator(*grids, values, fill_type="ChunkCombinedCode")
    span = levels[-1] - levels[0]
    # the lowest and the highest value belong to the picture too
    ends = [levels[0] - span, *levels[1:-1], levels[-1] + span]
    paths = [
        Path(np.empty((0, 2)) if vertices is None else vertices, codes)
        for low, high in pairwise(ends)
        for vertices, codes in zip(*contours.filled(low, high), strict=True)
    ]
    shares = ((levels[1:] + levels[:-1]) / 2 - levels[0]) / span
    # two bands meet in each line, which is drawn twice
    look = {"edgecolor": to_rgba(LINE, 0.27), "linewidth": 0.5, "zorder": 0}
    return PathCollection(paths, facecolors=PAPER(shares), **look)


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


def contour_levels(values, count=20):
    """Return increasing contour levels that follow the values, closer together in the valleys.

    >>> contour_levels(np.arange(5.0), count=3).round(4).tolist()
    [0.0, 1.3195, 4.0]
    """
    quantiles = np.linspace(0, 1, count) ** 1.6
    levels = np.unique(np.quantile(values[np.isfinite(values)], quantiles).round(12))
    return levels if len(levels) > 1 else levels[0] + np.array([-0.5, 0.5])
