"""A landscape of two variables as a surface in space that the learner turns."""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import LightSource
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gdviz.panels.landscape import OnLandscape, height_label, heights
from gdviz.panels.marks import in_pixels, width_of
from gdviz.panels.style import FAINT, LINE, PAPER, STYLE

# the box is as wide as it is deep, and not quite as high
SIDES = np.array([1.0, 1.0, 0.7])
FINE = 71


class Surface(OnLandscape):
    """A landscape of two variables as a surface in space, which the learner turns by dragging it.

    The arrow keys turn it too, when the picture has the focus. ``marks`` marks the critical points
    that are seen from this side. ``view`` is the elevation, 0 to 90,
    and the azimuth in degrees; without it the surface shows the side on which most of it is seen.
    ``fine`` draws it of many small faces without a mesh: a steep wall has no teeth.
    Raises ValueError for another view.

    >>> Surface(view=(40, -70)).view
    (40, -70)
    """

    dim = 2
    turns = True
    marks = False
    margins = (14, 14, 6, 8)
    tallest = 500
    faces = 31

    def __init__(self, landscape=None, *, view=None, fine=False, **options):
        super().__init__(landscape, **options)
        if view is not None and not (np.shape(view) == (2,) and 0 <= view[0] <= 90):
            raise ValueError(
                f"view is {view!r}: it is two angles in degrees, the elevation from 0 to 90 and "
                "the azimuth, as in view=(35, -60)"
            )
        self.view = self.first_view = view
        self.fine = fine

    def scene(self, ax, landscape):
        self.ground_landscape = landscape
        grids, values = heights(landscape, FINE if self.fine else self.faces)
        if self.view is None:
            self.view = best_view(values)
        names = (*landscape.variables, height_label(landscape))
        self.space = Space(ax, grids, values, landscape.bounds, names, mesh=not self.fine)
        self.space.look(*self.view)

    def place(self, points, landscape):
        points = np.asarray(points, dtype=float)
        with np.errstate(all="ignore"):
            values = landscape.value(points)
        return self.space.project(np.concatenate([points, values[..., None]], axis=-1))

    def forget(self):
        super().forget()
        self.view = self.first_view

    def turn(self, right, up):
        """Turn the surface by so many degrees."""
        elevation, azimuth = self.view
        self.view = (float(np.clip(elevation + up, 0, 90)), float((azimuth - right) % 360))
        self.space.look(*self.view)
        self.update(self.shown)

    def update(self, run):
        self.shown = run
        super().update(run)
        landscape = self.landscape(run)
        for mark, point in self.marked:
            place = self.place(point, landscape)
            if isinstance(mark, Line2D):
                mark.set_data(*np.reshape(place, (2, 1)))
            else:
                mark.xy = place
            mark.set_visible(self.space.sees(point, landscape))

    def where(self, value):
        return None

    def locate(self, pixel):
        return None


class Space:
    """The box with the surface in it, its walls, ticks and names: what turns, but does not move.

    Parallel lines stay parallel. ``project`` is where a point of the landscape and its height stand
    in the picture.
    """

    def __init__(self, ax, grids, values, bounds, names, mesh=True):
        self.across, self.tall = in_pixels(ax)
        shown = values[np.isfinite(values)]
        bottom, top = float(shown.min()), float(shown.max())
        # the valley floor may lie a little below the lowest point of the grid
        margin = 0.02 * (top - bottom) or 1.0
        self.ends = np.array([*bounds, (bottom - margin, top + margin)], dtype=float)
        corners = self._unit(np.stack([*grids, values], axis=-1))
        self.corners = np.stack(
            [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2
        )
        self.colours = _coloured(corners[..., 2], self.corners[..., 2].mean(axis=2))
        # without a mesh the edges only close the gaps between the faces
        look = {"edgecolor": LINE if mesh else "face", "linewidth": 0.25, "zorder": 2}
        self.faces = ax.add_collection(PolyCollection([], **look), autolim=False)
        (self.walls,) = ax.plot([], [], color=FAINT, lw=0.8, zorder=1)
        (self.edges,) = ax.plot([], [], color=STYLE["axes.edgecolor"], lw=1.1, zorder=3)
        ticks = [MaxNLocator(4).tick_values(*ends) for ends in self.ends]
        self.ticks = [
            row[(low <= row) & (row <= high)]
            for row, (low, high) in zip(ticks, self.ends, strict=True)
        ]
        look = {"ha": "center", "va": "center", "zorder": 4}
        grey = STYLE["xtick.labelcolor"]
        self.labels = [
            [ax.text(0, 0, f"{tick:g}".replace("-", "−"), color=grey, **look) for tick in row]
            for row in self.ticks
        ]
        self.names = [ax.text(0, 0, name, **look) for name in names]

    def _unit(self, points):
        """Return points as parts of the box, whose middle is 0."""
        low, high = self.ends.T
        return ((points - low) / (high - low) - 0.5) * SIDES

    def project(self, points):
        """Return where points ``(..., 3)`` stand: x and y, NaN for what is outside the box."""
        low, high = self.ends[:2].T
        with np.errstate(invalid="ignore"):
            inside = ((points[..., :2] >= low) & (points[..., :2] <= high)).all(axis=-1)
        flat = self._flat(self._unit(points))
        return tuple(np.where(inside, part, np.nan) for part in np.moveaxis(flat, -1, 0))

    def sees(self, point, landscape):
        """Say whether a point ``(2,)`` is in the box, and not behind a part of the surface."""
        low, high = self.ends.T
        point = np.append(point, landscape.value(np.asarray(point, dtype=float)))
        # from there to the eye, a little above the ground
        way = self._unit(point) + np.linspace(0.03, 2.0, 120)[:, None] * self.eye
        places = (way / SIDES + 0.5) * (high - low) + low
        inside = ((places[:, :2] >= low[:2]) & (places[:, :2] <= high[:2])).all(axis=1)
        with np.errstate(all="ignore"):
            covered = landscape.value(places[:, :2]) > places[:, 2] + 0.01 * (high[2] - low[2])
        begins = ((point[:2] >= low[:2]) & (point[:2] <= high[:2])).all()
        return bool(begins and not (covered & inside).any())

    def _flat(self, points):
        with np.errstate(all="ignore"):
            return points @ self.matrix.T + self.middle

    def look(self, elevation, azimuth):
        """Show the box from this side."""
        lift, turn = np.radians([elevation, azimuth])
        right = [-np.sin(turn), np.cos(turn), 0.0]
        up = [-np.cos(turn) * np.sin(lift), -np.sin(turn) * np.sin(lift), np.cos(lift)]
        # room for the ticks and the names around the widest that the box gets at this elevation
        beside = 12 + max(_wide(text) for row in self.labels for text in row)
        above, below = 26, 50
        wide = (self.across - 2 * beside) / np.hypot(*SIDES[:2])
        tall = np.cos(lift) * SIDES[2] + np.sin(lift) * np.hypot(*SIDES[:2])
        self.scale = min(wide, (self.tall - above - below) / tall)
        self.matrix = self.scale * np.array([right, up])
        self.eye = np.cross(right, up)
        self.middle = np.array([self.across / 2, below + (self.tall - above - below) / 2])
        near = np.where(np.array([np.cos(turn), np.sin(turn)]) >= 0, 1, -1)
        # each row and column from far to near: what is in front is drawn last
        order = (slice(None, None, near[1]), slice(None, None, near[0]))
        corners = self.corners[order].reshape(-1, 4, 3)
        known = np.isfinite(corners).all(axis=(1, 2))
        self.faces.set_verts(self._flat(corners[known]))
        self.faces.set_facecolor(self.colours[order].reshape(-1, 4)[known])
        self._wall(*(-near / 2))
        self._label(*(near / 2))

    def _wall(self, x, y):
        """Draw the walls at the back and the floor, with a line at each tick."""
        floor, roof = -SIDES[2] / 2, SIDES[2] / 2
        places = [
            self._unit(np.eye(3)[axis] * row[:, None])[:, axis]
            for axis, row in enumerate(self.ticks)
        ]
        lines = []
        for at in (*places[0], -0.5, 0.5):
            lines += [[(at, -0.5, floor), (at, 0.5, floor)], [(at, y, floor), (at, y, roof)]]
        for at in (*places[1], -0.5, 0.5):
            lines += [[(-0.5, at, floor), (0.5, at, floor)], [(x, at, floor), (x, at, roof)]]
        for at in (*places[2], roof):
            lines += [[(x, -0.5, at), (x, 0.5, at)], [(-0.5, y, at), (0.5, y, at)]]
        self._draw(self.walls, lines)

    def _label(self, x, y):
        """Put ticks and names on the two edges of the floor in front, and on one that stands."""
        floor, roof = -SIDES[2] / 2, SIDES[2] / 2
        front = self._flat(np.array([x, y, floor]))
        sides = sorted([(x, -y), (-x, y)], key=lambda side: self._flat(np.array([*side, 0.0]))[0])
        # at the left, unless another edge with its ticks ends there
        gap = front[0] - self._flat(np.array([*sides[0], 0.0]))[0]
        corner, beyond = (sides[0], -1.0) if gap > 0.3 * self.scale else (sides[1], 1.0)
        edges = [
            [(-0.5, y, floor), (0.5, y, floor)],
            [(x, -0.5, floor), (x, 0.5, floor)],
            [(*corner, floor), (*corner, roof)],
        ]
        self._draw(self.edges, edges)
        taken = []
        for axis, (edge, away) in enumerate(zip(edges, [(0, y, 0), (x, 0, 0), None], strict=True)):
            ends = self._flat(np.array(edge))
            side = np.array([beyond, 0.0])
            if away is not None:
                side = self.matrix @ np.array(away) / self.scale + (0.0, -0.12)
                side /= np.hypot(*side)
            long = float(np.hypot(*(ends[1] - ends[0])))
            name, labels = self.names[axis], self.labels[axis]
            half = _wide(name) / 2
            if away is None:
                place = ends[1] + (beyond * (half + 3), 11)
                place[0] = np.clip(place[0], half, self.across - half)
            else:
                room = 14 + abs(side[0]) * max(map(_wide, labels), default=0) + abs(side[1]) * 14
                place = _beside(ends.mean(axis=0) + room * side, side, name)
            name.set_position(place)
            self._free(name, taken, away is not None or long > 40)
            low, high = self.ends[axis]
            shares = (self.ticks[axis] - low) / (high - low)
            stride = int(np.ceil(22 * len(labels) / max(long, 1)))
            for number, (text, share) in enumerate(zip(labels, shares, strict=True)):
                spot = ends[0] + share * (ends[1] - ends[0])
                text.set_position(_beside(spot + 7 * side, side, text))
                # two axes meet in the corner in front: a number there could belong to either
                apart = away is None or np.hypot(*(spot - front)) > 12
                self._free(text, taken, long > 40 and number % stride == 0 and apart)

    def _free(self, text, taken, wanted):
        """Show a text that is wanted, unless it would stand on another one."""
        x, y = text.get_position()
        half = _wide(text) / 2 + 2
        free = wanted and all(
            abs(x - across) >= half + wide or abs(y - up) >= 17 for across, up, wide in taken
        )
        text.set_visible(free)
        if free:
            taken.append((x, y, half))

    def _draw(self, artist, lines):
        gap = np.full((len(lines), 1, 2), np.nan)
        artist.set_data(
            *np.concatenate([self._flat(np.array(lines)), gap], axis=1).reshape(-1, 2).T
        )


def _wide(text):
    return width_of(text.get_text())


def _beside(spot, side, text):
    """Return where the middle of a text stands that begins at a spot and lies on that side."""
    return spot + side * (_wide(text) / 2, 6.0)


def _coloured(corners, middles):
    """Return a colour for each face by its height, a little darker where it falls away from us."""
    shares = np.where(np.isfinite(middles), middles / SIDES[2] + 0.5, 0.0)
    flat = np.where(np.isfinite(corners), corners, 0.0)
    light = LightSource(azdeg=315, altdeg=55).hillshade(flat * len(flat), fraction=1.0)
    colours = PAPER(shares)
    colours[..., :3] *= (0.86 + 0.14 * light[:-1, :-1])[..., None]
    return colours


def best_view(values):
    """Return the elevation and azimuth from which most of a surface's ``(n, n)`` heights face us.

    >>> slope = np.linspace(0, 1, 9) * np.ones((9, 1))
    >>> best_view(slope)
    (32.0, 120.0)
    """
    known = np.isfinite(values)
    values = np.where(known, values, values[known].mean())
    count, span = len(values), float(np.ptp(values)) or 1.0
    places = np.linspace(-0.5, 0.5, count)
    heights = (values - values.min()) / span * SIDES[2]
    points = np.stack([*np.meshgrid(places, places), heights], axis=-1).reshape(-1, 3)
    down, right = np.gradient(heights, 1 / (count - 1))
    normals = np.stack([-right, -down, np.ones_like(right)], axis=-1).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    # as low as it can be, since heights are hard to see from above, and across the corners
    views = [(lift, float(turn)) for lift in (32.0, 40.0, 48.0) for turn in range(-60, 300, 15)]
    views = [view for view in views if abs(np.sin(2 * np.radians(view[1]))) > 0.8]
    return max(views, key=lambda view: _seen(points, normals, *view) - 0.001 * view[0])


def _seen(points, normals, elevation, azimuth):
    """Return how much of a surface is seen: what faces us, and is not behind something else."""
    lift, turn = np.radians([elevation, azimuth])
    eye = np.array([np.cos(turn) * np.cos(lift), np.sin(turn) * np.cos(lift), np.sin(lift)])
    across = points @ [-np.sin(turn), np.cos(turn), 0.0]
    up = points @ np.cross(eye, [-np.sin(turn), np.cos(turn), 0.0])
    depth = points @ eye
    cells = np.floor((across + 1) * 20).astype(int) * 60 + np.floor((up + 1) * 20).astype(int)
    nearest = np.full(60 * 60, -np.inf)
    np.maximum.at(nearest, cells, depth)
    free = depth > nearest[cells] - 0.15
    return round(float((np.clip(normals @ eye, 0, 0.3) * free).mean()), 4)
