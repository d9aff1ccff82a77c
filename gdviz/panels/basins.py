"""Basins of attraction: where everybody ends, as a picture."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from gdviz.endings import NOT_SETTLED, OUTSIDE, which_minimum
from gdviz.landscapes import letter, minima
from gdviz.panels.panel import Panel
from gdviz.panels.style import COLOURS, PRESENT, THEORY

# Okabe-Ito without the vermillion of the present run, neighbours far apart in lightness
REGIONS = ("#0072B2", "#F0E442", "#CC79A7", "#009E73", "#56B4E9", "#E69F00", "#7F6000")
NEUTRAL = {NOT_SETTLED: ("not settled", "#E3E3E3"), OUTSIDE: ("outside", "#4A4A4A")}
# the hyper-parameter on the vertical axis: its label, and whether its axis is logarithmic
AXES = {"lr": ("learning rate η", True), "beta": ("momentum β", False)}


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

    colours = tuple(
        colour
        for colour in (*REGIONS, *(colour for _, colour in NEUTRAL.values()))
        if colour not in COLOURS
    )

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
            self.image.set_data(colour_of(self.codes))
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


def colour_of(codes):
    """Return the colour of each code of ``which_minimum``, shape ``(..., 3)``, 0 to 255.

    >>> colour_of(np.array([0, -2])).tolist()
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
