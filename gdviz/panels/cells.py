"""Maps of cells: where everybody ends, or the size of something in every layer at every step."""

from hashlib import blake2b

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from gdviz.panels.marks import Words, width_of
from gdviz.panels.panel import Panel, Rules, calm, note, walker
from gdviz.panels.style import INK, WRONG

# Okabe and Ito's without the vermillion of the present run, neighbours far apart in lightness
REGIONS = ("#3E8FC0", "#F3E58C", "#D9A3C1", "#58B894", "#A9D8F0", "#F0C066", "#A08C4A")
UNSETTLED, GONE = "#E6E6E6", "#6B6B6B"
SHADES = 200
# how the names of columns climb: across and up, of a length of 1
SLANT = 0.82, 0.57


class Cells(Panel):
    """A map of cells: ``cells(result)``, ``(rows, columns)``, the bottom row first.

    With ``regions``, names or a function of the result that returns them, a cell holds the number
    of its region: 0, 1, 2, ... as ``gd.which_minimum`` gives them; -1 is "not settled", -2
    "outside", unless ``settled`` says that every cell is in a region. ``colours`` may then be a
    list of theirs. Else a cell holds a number and is shaded between ``limits``, dark is low; what
    is not finite is vermillion, and what is below is white. ``log`` names the logarithmic axes, and
    "c" among them shades by the logarithm.

    ``x`` and ``y`` are the places of the columns and rows (evenly spaced, or evenly in the
    logarithm), or functions of the result. ``at(result)`` is where the ball stands: ``(x, y)``;
    ``drag`` names the two controls that the axes stand for, or a start of two coordinates, so that
    the ball moves both.
    ``marks`` are letters at places, ``{"A": (x, y)}``, or a function of the result.

    ``names`` makes a table of the map: the names of its columns and of its rows, the first row on
    top. The controls that ``drag`` names may then be menus in the same order. ``texts(result)``,
    ``(rows, columns)``, are the words in its cells; the ball is then the frame of a cell.

    >>> import gdviz as gd
    >>> picture = gd.show([[0, 1], [1, -1]], Cells(regions=("A", "B")))
    >>> picture.panels[0].image.indices.tolist()
    [[0, 1], [1, 8]]
    """

    same_axes = True

    def __init__(
        self,
        cells=None,
        *,
        x=None,
        y=None,
        regions=None,
        limits=None,
        log="",
        at=None,
        drag=None,
        marks=None,
        names=None,
        texts=None,
        hlines=None,
        vlines=None,
        xlabel="",
        ylabel="",
        label="",
        colours="cividis",
        settled=False,
        words=None,
        equal=False,
        **options,
    ):
        super().__init__(**options)
        self.cells = cells or (lambda result: result)
        self.x, self.y = x, y
        self.regions, self.shades, self.log = regions, limits, log
        self.at, self.marks, self.words = at, marks, words
        self.names, self.texts = names, texts
        drag = (drag, drag) if isinstance(drag, str) else drag
        self.drags = dict(zip("xy", drag, strict=False)) if drag else {}
        self.rules = [("y", hlines), ("x", vlines)]
        self.xlabel, self.ylabel, self.label = xlabel, ylabel, label
        self.equal = equal
        self.map = colormaps[colours] if isinstance(colours, str) else colours
        self.of_regions = tuple(colours) if isinstance(colours, (list, tuple)) else REGIONS
        self.settled = settled
        self.margins, self.foot = (72, 16, 10, 96 if regions else 50), 48
        if not regions:
            self.margins = (72, 104, 12, 50)
        if names:
            self.wide = len(names[0]) > 8
            across, down = (max(map(width_of, row)) for row in names)
            # the names of the columns stand aslant, and a legend under them
            self.foot = 30 + int(SLANT[1] * across)
            legend = 48 if regions else 0
            self.margins = (24 + int(down), *self.margins[1:3], self.foot + legend)

    def _given(self, what, result):
        return what(result) if callable(what) else what

    def ends(self, result, cells):
        """Return where the axes end: half a cell beyond the first and the last place."""
        found = []
        if self.names and cells.shape != tuple(map(len, self.names[::-1])):
            raise ValueError(
                f"the table has {' by '.join(map(str, cells.shape))} cells, and names for "
                f"{' by '.join(str(len(row)) for row in self.names[::-1])} rows and columns"
            )
        for places, count, log in zip(
            (self.x, self.y), cells.shape[::-1], ("x" in self.log, "y" in self.log), strict=True
        ):
            places = self._given(places, result)
            places = np.arange(count) if places is None else np.asarray(places, dtype=float)
            if len(places) != count:
                raise ValueError(
                    f"the map has {count} cells and {len(places)} places for them: "
                    "give one for each"
                )
            scaled = np.log(places) if log else places
            steps = np.diff(scaled)
            if count > 1 and not (steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6)):
                raise ValueError(
                    "the rows and columns of a map are evenly spaced and increase: use "
                    "np.linspace, or np.geomspace with that axis in log"
                )
            half = steps[0] / 2 if count > 1 else 0.5
            ends = scaled[0] - half, scaled[-1] + half
            found.append(tuple(float(end) for end in (np.exp(ends) if log else ends)))
        if self.names:
            found[1] = found[1][::-1]
        return tuple(found)

    def _cells(self, result):
        return np.atleast_2d(np.asarray(self.cells(result), dtype=float))

    def ground(self, result):
        cells = self._cells(result)
        names = tuple(self._given(self.regions, result) or ())
        if not names and self.shades is None:
            self.calmed = calm(cells, self.calmed, "c" in self.log, decades=40)
        marks = self._given(self.marks, result) or {}
        return self.ends(result, cells), names, self.calmed, tuple(marks)

    def draw(self, ax, result):
        self.ax = ax
        cells = self._cells(result)
        (left, right), (bottom, top) = self.ends(result, cells)
        ax.set_xscale("log" if "x" in self.log else "linear")
        ax.set_yscale("log" if "y" in self.log else "linear")
        ax.set(xlim=(left, right), ylim=(bottom, top), xlabel=self.xlabel, ylabel=self.ylabel)
        for axis, log, places in zip((ax.xaxis, ax.yaxis), "xy", (self.x, self.y), strict=True):
            if log not in self.log:
                places = self._given(places, result)
                whole = places is None or np.array_equal(places, np.round(places))
                axis.set_major_locator(
                    MaxNLocator(6, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1)
                )
        if self.names:
            columns, rows = self.names
            slant = np.degrees(np.arctan2(SLANT[1], SLANT[0]))
            aslant = {"rotation": slant, "ha": "right", "rotation_mode": "anchor"}
            ax.set_xticks(range(len(columns)), columns, **aslant)
            ax.set_yticks(range(len(rows)), rows)
            between = {"color": INK, "lw": 0.6, "alpha": 0.2, "zorder": 2}
            # above the cells, and so among what moves
            self.between = [
                ax.vlines(np.arange(len(columns) - 1) + 0.5, bottom, top, **between),
                ax.hlines(np.arange(len(rows) - 1) + 0.5, left, right, **between),
            ]
        if self.equal:
            ax.set_aspect("equal")
            # the legend's columns fit the width that is left, the first time as later
            ax.apply_aspect()
        self.image = ax.add_artist(Grid())
        # on the dark cells of what is not finite the words are white
        both = [ax.add_artist(Words(colour)) for colour in (INK, "#FFFFFF")] if self.texts else []
        self.writing = both
        names = self._given(self.regions, result)
        if names:
            self.image.palette = [*self.of_regions, GONE, UNSETTLED]
            self._legend(ax, names)
        else:
            low, high = self.shades or self.calmed
            shades = [to_hex(self.map(share)) for share in np.linspace(0, 1, SHADES)]
            self.image.palette = [*shades, WRONG, "#FFFFFF"]
            self._bar(ax, low, high)
        self.lines_that_matter = [
            Rules(ax, across, given, result) for across, given in self.rules if given is not None
        ]
        look = {"ha": "center", "va": "center", "weight": "bold", "color": INK, "zorder": 10}
        look["bbox"] = {"boxstyle": "circle,pad=0.25", "fc": "white", "ec": INK, "lw": 1.0}
        marks = self._given(self.marks, result) or {}
        self.letters = [ax.text(0, 0, name, clip_on=True, **look) for name in marks]
        self.ball = walker(ax, size=15) if self.at else None
        self.rim = None
        if self.at and self.texts:
            # a word is read through a frame, which has a rim to be seen on dark cells too
            self.ball.set(mfc="none", mec=INK, mew=2.4, clip_on=False)
            rim = {"mfc": "none", "mec": "white", "mew": 4.8, "zorder": 11.4}
            (self.rim,) = ax.plot([], [], ls="none", clip_on=False, **rim)
        self.note = note(ax)

    def update(self, result):
        cells = self._cells(result)
        indices = self._indices(cells)
        # what is drawn first is at the bottom
        self.image.set_data(indices[::-1] if self.names else indices)
        if self.writing:
            self._write(self.texts(result), np.isfinite(cells))
        self.image.extent = self.ends(result, cells)
        for rules in self.lines_that_matter:
            rules.move(result)
        marks = self._given(self.marks, result) or {}
        for text, place in zip(self.letters, marks.values(), strict=True):
            text.set_position(place)
        if self.ball is not None:
            place = self.at(result)
            for mark in filter(None, (self.rim, self.ball)):
                mark.set_data(*([], []) if place is None else ([place[0]], [place[1]]))
                if self.rim is not None:
                    self._frame(mark, cells.shape)
        self.note.set_text(self.words(result) if self.words else "")

    def _frame(self, mark, shape):
        """Give a mark the shape and the size of a cell."""
        rows, columns = shape
        pixels = np.array([self.ax.bbox.width / columns, self.ax.bbox.height / rows])
        # in matplotlib a marker's size is that of its longer side, whatever its shape's
        mark.set_marker(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * pixels)
        mark.set_markersize(72 / self.ax.get_figure(root=True).dpi * pixels.max())

    def _write(self, texts, known):
        """Write a word into the middle of each cell."""
        pixel = self.ax.get_figure(root=True).dpi / 100 / self.ax.bbox.height
        bottom, top = self.ax.get_ylim()
        lower = 4 * pixel * (bottom - top)
        for writing, here in zip(self.writing, (known, ~known), strict=True):
            places = np.argwhere(here).tolist()
            writing.set_words(
                [(column, row + lower, texts[row][column], 0.5) for row, column in places]
            )

    def _indices(self, cells):
        if self.regions:
            codes, count = np.nan_to_num(cells, nan=-2).astype(int), len(self.of_regions)
            regions = np.where(codes == -1, count + 1, count)
            return np.where(codes >= 0, codes % count, regions).astype(np.uint8)
        low, high = self.shades or self.calmed
        with np.errstate(all="ignore"):
            numbers = np.abs(cells) if "c" in self.log else cells
            below = numbers <= 0 if "c" in self.log else numbers < low
            if "c" in self.log:
                numbers, low, high = np.log(numbers), np.log(low), np.log(high)
            shares = np.clip((numbers - low) / (high - low), 0, 1)
            shades = np.where(np.isfinite(shares), np.round(shares * (SHADES - 1)), SHADES)
        shades = np.where(below, SHADES + 1, shades)
        return np.where(np.isfinite(cells), shades, SHADES).astype(np.uint8)

    def _legend(self, ax, names):
        colours = self.of_regions
        entries = [(name, colours[number % len(colours)]) for number, name in enumerate(names[:5])]
        if not self.settled:
            entries += [("not settled", UNSETTLED), ("outside", GONE)]
        scale = ax.get_figure(root=True).dpi / 100
        # a letter is some 7.5 pixels wide
        wide = 7.5 * max(len(name) for name, _ in entries) + 38
        columns = int(max(1, min(len(entries), (ax.bbox.width / scale + 87) // wide)))
        ax.legend(
            [Patch(fc=colour, ec=INK, lw=0.6) for _, colour in entries],
            [name for name, _ in entries],
            loc="upper left",
            bbox_to_anchor=(-60 * scale / ax.bbox.width, -self.foot * scale / ax.bbox.height),
            ncols=columns,
            handlelength=1.1,
            handletextpad=0.4,
            columnspacing=1.0,
            borderaxespad=0,
            borderpad=0,
        )

    def _bar(self, ax, low, high):
        pixel = ax.get_figure(root=True).dpi / 100 / ax.bbox.width
        bar = ax.inset_axes((1 + 14 * pixel, 0, 14 * pixel, 1))
        shades = np.linspace(0, 1, 64)[:, None]
        log = "c" in self.log
        ends = (np.log10(low), np.log10(high)) if log else (low, high)
        bar.imshow(shades, cmap=self.map, aspect="auto", origin="lower", extent=(0, 1, *ends))
        bar.set(xticks=[])
        bar.yaxis.tick_right()
        bar.yaxis.set_label_position("right")
        bar.set_ylabel(self.label)
        bar.yaxis.set_major_locator(MaxNLocator(6, integer=log))
        if log:
            bar.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:.0f}}}$")

    def where(self, value):
        return None

    def locate(self, pixel):
        return None


class Grid(Artist):
    """Coloured cells that fill ``extent``; a pixel takes the colour of the cell that it is in."""

    def __init__(self):
        super().__init__()
        self.indices = np.zeros((1, 1), np.uint8)
        self.palette = ["#FFFFFF"]
        self.extent = ((0, 1), (0, 1))
        self._name = ""

    def set_data(self, indices):
        """Take the number of each cell's colour in the palette, ``(rows, columns)``."""
        if indices.shape != self.indices.shape or not np.array_equal(indices, self.indices):
            self.indices = indices
            self._name = ""

    @property
    def name(self):
        """A name that changes with the cells, so that what was sent is not sent again."""
        if not self._name:
            content = f"{self.indices.shape} {self.palette}".encode() + self.indices.tobytes()
            self._name = f"cells {blake2b(content, digest_size=8).hexdigest()}"
        return self._name

    def box(self):
        """Return where the cells stand: left, bottom, right, top in pixels."""
        (left, right), (bottom, top) = self.extent
        return self.axes.transData.transform([(left, bottom), (right, top)]).ravel()

    def draw(self, renderer):
        if hasattr(renderer, "draw_cells"):
            clip = renderer.clip(self.axes.bbox)
            renderer.draw_cells(self.box(), self.name, self.indices, self.palette, clip)
            return
        left, bottom, right, top = np.round(self.box()).astype(int)
        rows, columns = self.indices.shape
        down = ((np.arange(top - bottom) + 0.5) / (top - bottom) * rows).astype(int)
        across = ((np.arange(right - left) + 0.5) / (right - left) * columns).astype(int)
        table = np.round(255 * np.array([to_rgb(colour) for colour in self.palette]))
        image = np.full((len(down), len(across), 4), 255, dtype=np.uint8)
        image[..., :3] = table.astype(np.uint8)[self.indices[down][:, across]]
        gc = renderer.new_gc()
        gc.set_clip_rectangle(self.axes.bbox)
        renderer.draw_image(gc, left, bottom, image)
