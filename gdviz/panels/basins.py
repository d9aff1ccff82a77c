"""Where everybody ends: basins of attraction as a picture, and a crowd of walkers on a curve."""

from functools import lru_cache
from string import ascii_uppercase

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from gdviz.descent import descend
from gdviz.panels.landscape import Curve
from gdviz.panels.panel import Panel
from gdviz.panels.style import PINNED, PRESENT, THEORY

NOT_SETTLED, OUTSIDE = -1, -2
# Okabe-Ito without the vermillion of the present run, neighbours far apart in lightness
REGIONS = ("#0072B2", "#F0E442", "#CC79A7", "#009E73", "#56B4E9", "#E69F00", "#7F6000")
NEUTRAL = {NOT_SETTLED: ("not settled", "#E3E3E3"), OUTSIDE: ("outside", "#4A4A4A")}
# the hyper-parameter on the vertical axis: its label, and whether its axis is logarithmic
AXES = {"lr": ("learning rate η", True), "beta": ("momentum β", False)}
# near enough to count as arrived, in widths of the picture, and for how many steps more
NEAR, STEPS_MORE = 1e-3, 10


@lru_cache(maxsize=32)
def _critical(landscape):
    return landscape.critical_points() if hasattr(landscape, "critical_points") else []


def minima(landscape):
    """Return the landscape's minima inside its bounds, the lowest first, as critical points.

    >>> import gdviz as gd
    >>> [point.point.round(3).tolist() for point in minima(gd.landscape("quartic"))]
    [[-1.714], [1.402]]
    """
    return tuple(point for point in _critical(landscape) if point.kind == "minimum")


def hilltops(landscape):
    """Return the maxima of a landscape inside its bounds, from left to right, as critical points.

    >>> import gdviz as gd
    >>> [point.point.round(3).tolist() for point in hilltops(gd.landscape("quartic"))]
    [[0.312]]
    """
    tops = [point for point in _critical(landscape) if point.kind == "maximum"]
    return tuple(sorted(tops, key=lambda top: top.point.tolist()))


def basin(landscape, number=0):
    """Return from where to where starts end in a minimum of one variable, if the steps are small.

    These are the hilltops beside the minimum, or the bounds where there is none. ``number`` counts
    the minima from the lowest, 0. Raises ValueError where there is no such minimum, and for more
    variables than one.

    >>> import gdviz as gd
    >>> basin(gd.landscape("quartic")).round(3).tolist()
    [-2.8, 0.312]
    """
    if len(landscape.bounds) != 1:
        raise ValueError(
            f"a basin between hilltops needs one variable, and this landscape has "
            f"{len(landscape.bounds)}: colour its starts with Basins"
        )
    found = minima(landscape)
    if number >= len(found):
        raise ValueError(
            f"{landscape.formula!r} has {len(found) or 'no'} "
            f"minim{'um' if len(found) == 1 else 'a'} with a curvature above 0 in the picture, "
            f"and {letter(number)} is asked for: give another formula, or wider bounds"
        )
    x = found[number].point[0]
    edges = np.array([*landscape.bounds[0], *(top.point[0] for top in hilltops(landscape))])
    return np.array([edges[edges < x].max(), edges[edges > x].min()])


def which_minimum(run):
    """Return in which minimum each run ended, shape ``(...)``: 0 for the lowest, 1 for the next.

    -1 is a run that has not settled in any, -2 one that ended outside the landscape's bounds or
    lost its finite numbers. A run has settled when it is within a thousandth of the bounds' width
    of a minimum, and the same optimizer, set down there, keeps it there for ten steps more. An int
    for a single run.

    >>> import gdviz as gd
    >>> hills = gd.landscape("quartic")
    >>> starts = [[-2.0], [1.0], [2.6]]
    >>> which_minimum(gd.descend(hills, starts, gd.GD(lr=[0.01, 0.01, 0.2]), steps=200)).tolist()
    [0, 1, -2]
    """
    low, high = np.array(run.objective.bounds).T
    with np.errstate(invalid="ignore"):
        inside = ((run.final >= low) & (run.final <= high)).all(axis=-1)
    codes = np.where(inside, NOT_SETTLED, OUTSIDE)
    points = np.array([minimum.point for minimum in minima(run.objective)])
    if len(points):
        nearest, near = _nearest(run.final, points, high - low)
        # a run that swings past an unstable minimum may be near it at the last step, by chance
        there = np.where(near[..., None], run.final, points[nearest])
        later = descend(run.objective, there, run.optimizer, STEPS_MORE, record="last").final
        same, still_near = _nearest(later, points, high - low)
        codes = np.where(near & still_near & (same == nearest), nearest, codes)
    return codes if codes.ndim else int(codes)


def _nearest(places, points, span):
    """Return which of ``points`` ``(n, dim)`` is nearest to each place, and whether it is near."""
    with np.errstate(all="ignore"):
        distances = [
            np.maximum.reduce(
                [np.abs(places[..., i] - x) / span[i] for i, x in enumerate(point)], axis=0
            )
            for point in points
        ]
        # a place that is not finite is near nothing
        distances = np.nan_to_num(distances, nan=np.inf)
    return distances.argmin(axis=0), distances.min(axis=0) < NEAR


def letter(number):
    """Return the name of a minimum: A for the lowest, B for the next.

    >>> letter(0), letter(27)
    ('A', 'B2')
    """
    again, place = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[place] + (str(again + 1) if again else "")


def ending(run):
    """Return in words where a run ended; of a batch, how many per cent ended where.

    Minima are named by letters, A the lowest.

    >>> import gdviz as gd
    >>> hills = gd.landscape("quartic")
    >>> ending(gd.descend(hills, 1.5, gd.GD(lr=0.05), steps=100))
    'ends at B, x = 1.402, f = -1.758: a local minimum'
    >>> ending(gd.descend(hills, [[-2.0], [-1.0], [0.0], [1.0]], gd.GD(lr=0.05), steps=100))
    '75.0 % end at A, 25.0 % end at B'
    """
    codes = which_minimum(run)
    return _endings(np.ravel(codes)) if run.shape else _ending(run, codes)


def _endings(codes):
    parts = [(np.mean(codes == number), f"end at {letter(number)}") for number in range(4)]
    parts += [
        (np.mean(codes >= 4), "end at other minima"),
        (np.mean(codes == NOT_SETTLED), "have not settled"),
        (np.mean(codes == OUTSIDE), "are outside the picture"),
    ]
    return ", ".join(f"{100 * share:.1f} % {words}" for share, words in parts if share >= 0.0005)


def _ending(run, code):
    where = ", ".join(
        f"{name} = {value:.4g}"
        for name, value in zip(run.objective.variables, run.final, strict=True)
    )
    if code >= 0:
        value = minima(run.objective)[code].value
        return f"ends at {letter(code)}, {where}, f = {value:.4g}: {_rank(run.objective, code)}"
    if run.diverged_at == 0:
        return "cannot begin: the formula has no finite value there"
    if run.diverged_at > 0:
        return f"diverges: its numbers are no longer finite from step {run.diverged_at:,} on"
    if code == OUTSIDE:
        return f"ends outside the picture, at {where}"
    slope = run.gradient_norms[-1]
    if slope < 1e-9:
        return f"stands still at {where}, where the slope is 0, and this is no minimum"
    return f"has not settled: it is at {where}, where the slope is {slope:.3g}"


def _rank(landscape, code):
    values = np.array([point.value for point in minima(landscape)])
    lowest = np.isclose(values, values[0], rtol=1e-9, atol=1e-9)
    if len(values) == 1:
        return "the only minimum in the picture"
    if not lowest[code]:
        return "a local minimum"
    return "the global minimum" if lowest.sum() == 1 else "one of the lowest minima"


class Basins(Panel):
    """Which minimum each run of a whole sweep ends in, by colour; the dragged run is the ball.

    ``everyone(result)`` returns the sweep, a Run of shape ``(rows, columns)``. On a landscape of
    two variables it holds a grid of starts, as ``np.meshgrid`` makes it. On one of one variable the
    start changes along a row, and the optimizer's hyper-parameter ``against`` from row to row:
    "lr", evenly spaced in its logarithm, or "beta", evenly spaced. Minima are named by letters, A
    the lowest, which stand where the minima are. ``hlines(result)`` and ``vlines(result)`` return
    where theory draws a black dashed line. Raises ValueError for a sweep of another form.

    >>> import gdviz as gd
    >>> starts, rates = np.linspace(-2.8, 2.6, 5)[:, None], np.geomspace(0.01, 0.1, 4)[:, None]
    >>> def everyone(run):
    ...     return gd.descend(run.objective, starts, gd.GD(rates), run.steps, record="last")
    >>> walk = gd.descend(gd.landscape("quartic"), 1.5, gd.GD(0.05), 99)
    >>> gd.show(walk, Basins(everyone)).panels[0].codes[0].tolist()
    [0, 0, 0, 1, 1]
    """

    def __init__(self, everyone, *, against="lr", hlines=None, vlines=None, **options):
        super().__init__(**options)
        if against not in AXES:
            raise ValueError(
                f"against is {against!r}: name the hyper-parameter on the vertical axis, "
                f"one of {', '.join(AXES)}"
            )
        self.everyone = everyone
        self.against = against
        self.hlines, self.vlines = hlines, vlines
        self.sweep, self.drawn = None, None
        self.letters = []

    def draw(self, ax, result):
        self.ax = ax
        run = self.of(result)
        self.image = ax.add_artist(Cells())
        self.image.set_animated(True)
        look = {"color": THEORY, "ls": "--", "lw": 1.4, "zorder": 8, "animated": True}
        self.dashed = ax.plot([], [], **look)[0]
        edge = {"mec": "white", "mew": 1.5, "ms": 13, "zorder": 11, "animated": True}
        self.ball = ax.plot([], [], "o", color=PRESENT, **edge)[0]
        self.say()
        self._move(run)

    @property
    def moving(self):
        return [self.image, self.dashed, *self.letters, self.ball]

    def update(self, result):
        return self._move(self.of(result))

    def _move(self, run):
        sweep = self.everyone(run)
        anew = sweep.objective is not self.drawn
        if anew:
            self._still(sweep)
        if sweep is not self.sweep:
            self.sweep, self.codes = sweep, which_minimum(sweep)
            self.image.set_data(colours(self.codes))
        self.dashed.set_data(*self._theory(run))
        x, *more = run.start
        self.ball.set_data([x], [more[0] if more else getattr(run.optimizer, self.against)])
        return anew

    def _still(self, sweep):
        landscape = sweep.objective
        label, log = AXES[self.against]
        if sweep.dim == 2:
            label, log = landscape.variables[1], False
        across, up = self._scales(sweep)
        _check_even(across)
        _check_even(np.log(up) if log else up)
        for artist in self.letters:
            artist.remove()
        self.drawn = landscape
        self.ax.set_yscale("log" if log else "linear")
        self.ax.set(xlim=across[[0, -1]], ylim=up[[0, -1]], ylabel=label)
        self.ax.set_xlabel(landscape.variables[0] if sweep.dim == 2 else "start")
        self.letters = self._letters(minima(landscape))
        self._legend(minima(landscape))

    def _scales(self, sweep):
        """Return the places of the columns and of the rows, read from the sweep itself."""
        if len(sweep.shape) != 2 or min(sweep.shape) < 2 or sweep.dim > 2:
            raise ValueError(
                f"the sweep has runs of shape {sweep.shape} in {sweep.dim} variables: Basins shows "
                "rows and columns of runs, two or more of each, in one variable or two"
            )
        across = sweep.start[0, :, 0]
        if sweep.dim == 2:
            return across, sweep.start[:, 0, 1]
        return across, np.broadcast_to(getattr(sweep.optimizer, self.against), sweep.shape)[:, 0]

    def _letters(self, found):
        """Draw a letter in a disc at each minimum; as markers, which cost a tenth of a Text."""
        look = {"ls": "none", "zorder": 9, "animated": True}
        if self.drawn.dim == 1:
            look["transform"] = self.ax.get_xaxis_transform()
        artists = []
        for number, minimum in enumerate(found[:24]):
            place = (*minimum.point, 0.07)[:2]
            for marker, size, face in (
                ("o", 19, "white"),
                (f"$\\mathrm{{{letter(number)}}}$", 10, "black"),
            ):
                artists += self.ax.plot(
                    *place, marker=marker, ms=size, mfc=face, mec="black", mew=0.8, **look
                )
        return artists

    def _legend(self, found):
        entries = [
            (letter(number), REGIONS[number % len(REGIONS)]) for number, _ in enumerate(found[:4])
        ]
        self.ax.legend(
            [Patch(fc=colour, ec="black", lw=0.6) for _, colour in [*entries, *NEUTRAL.values()]],
            [words for words, _ in [*entries, *NEUTRAL.values()]],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),
            ncols=6,
            handlelength=1.1,
            handletextpad=0.4,
            columnspacing=1.0,
            borderaxespad=0,
            frameon=False,
            fontsize=11,
        )

    def _theory(self, run):
        (left, right), (bottom, top) = self.ax.get_xlim(), self.ax.get_ylim()
        x, y = [], []
        for height in np.ravel(self.hlines(run)) if self.hlines else ():
            x, y = [*x, left, right, np.nan], [*y, height, height, np.nan]
        for place in np.ravel(self.vlines(run)) if self.vlines else ():
            x, y = [*x, place, place, np.nan], [*y, bottom, top, np.nan]
        return x, y

    def locate(self, pixel):
        at = self.ax.transData.inverted().transform(pixel)
        bounds = self.drawn.bounds
        return tuple(
            float(np.clip(value, low, high)) for value, (low, high) in zip(at, bounds, strict=False)
        )


def colours(codes):
    """Return the colour of each code of ``which_minimum``, shape ``(..., 3)``, 0 to 255.

    >>> colours(np.array([0, -2])).tolist()
    [[0, 114, 178], [74, 74, 74]]
    """
    table = [to_rgb(colour) for colour in REGIONS]
    table += [to_rgb(NEUTRAL[code][1]) for code in (OUTSIDE, NOT_SETTLED)]
    places = np.where(codes < 0, codes, codes % len(REGIONS))
    return np.round(255 * np.array(table)).astype(np.uint8)[places]


def _check_even(places):
    steps = np.diff(places)
    if not (np.isfinite(steps).all() and steps[0] > 0 and np.allclose(steps, steps[0])):
        raise ValueError(
            "the rows and columns of the sweep are not evenly spaced: Basins needs np.linspace for "
            "starts and for beta, and np.geomspace for learning rates"
        )


class Cells(Artist):
    """Coloured cells that fill their Axes, the first and the last middle on its edges.

    Each pixel takes the nearest cell's colour. AxesImage would filter, and bend the rows to a
    logarithmic axis, for ten milliseconds a frame.
    """

    colours = np.zeros((1, 1, 3), dtype=np.uint8)

    def set_data(self, colours):
        """Take the colours, ``(rows, columns, 3)``, 0 to 255, the bottom row first."""
        self.colours = colours
        self.stale = True

    def pixels(self, width, height):
        """Return the picture of so many pixels, RGBA, ``(height, width, 4)``."""
        rows, columns = (
            np.linspace(0, cells - 1, pixels).round().astype(int)
            for cells, pixels in zip(self.colours.shape[:2], (height, width), strict=True)
        )
        image = np.full((height, width, 4), 255, dtype=np.uint8)
        image[..., :3] = self.colours[rows][:, columns]
        return image

    def draw(self, renderer):
        left, bottom, right, top = np.round(self.axes.bbox.extents).astype(int)
        image = self.pixels(right - left, top - bottom)
        renderer.draw_image(renderer.new_gc(), left, bottom, image)


class Crowd(Curve):
    """Every run of a batch, however many, as a dot on the curve where it stands in the end.

    A hollow dot is where a run started.

    >>> Crowd(title="Where they come to rest").dim
    1
    """

    def draw(self, ax, result):
        self.ax = ax
        run = self.of(result)
        self.still(run)
        look = {"ls": "none", "marker": "o", "animated": True}
        self.starts = ax.plot([], [], mfc="none", mec=PINNED, ms=6, zorder=9, **look)[0]
        self.dots = ax.plot([], [], color=PRESENT, mew=0, ms=9, zorder=10, **look)[0]
        self.note = self._text()
        self.update(result)

    @property
    def moving(self):
        return [self.starts, *self.stars, self.dots, self.note]

    def update(self, result):
        run = self.of(result)
        anew = self.changed(run)
        if anew:
            self.still(run)
        for artist, points in ((self.starts, run.start), (self.dots, run.final)):
            artist.set_data(*self._standing(run, points))
        # a few dots are strong, many are pale, so that a crowd shows where it is dense
        self.dots.set_alpha(float(np.clip(20 / run.final.size, 0.25, 0.9)))
        low, high = self.drawn.bounds[0]
        with np.errstate(invalid="ignore"):
            gone = np.count_nonzero(~((run.final >= low) & (run.final <= high)))
        self.note.set_text(f"{gone:,} of {run.final.size:,} left the picture" if gone else "")
        return anew

    def pin(self, result):
        run = self.of(result)
        self.pinned += self.ax.plot(
            *self._standing(run, run.final), "o", color=PINNED, alpha=0.5, mew=0, ms=9, zorder=5
        )

    def _standing(self, run, points):
        places = np.stack(self.place(points.reshape(-1, 1), self.landscape(run)))
        return self._visible(np.where(np.isfinite(places).all(axis=0), places, np.nan)[None])[0]
