"""Panels side by side in one figure: the still part drawn once, what moves recorded as ink."""

import base64
import contextlib
import copy
import io
import itertools
import math
import struct
import textwrap
import zlib

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import Formatter, ScalarFormatter
from PIL import Image

from gdviz import ink
from gdviz.checks import power_of_ten
from gdviz.panels.panel import Panel
from gdviz.panels.style import PINS, STYLE
from gdviz.readout import Readout, read

# CSS pixels an inch: text of 11 points is 15 pixels high
DPI = 100
UNDRAWN = object()
WIDTH, NARROWEST, WIDEST = 1000, 320, 1100
TITLE = 25
LOOK = {
    key: value
    for key, value in {**matplotlib.rcParamsDefault, **STYLE}.items()
    if not key.startswith("backend")
}


@contextlib.contextmanager
def look():
    """Draw in our style, whatever the user's settings are."""
    # all of these were checked before: RcParams checks them again whenever it copies or updates
    before = dict.copy(matplotlib.rcParams)
    dict.update(matplotlib.rcParams, LOOK)
    try:
        yield
    finally:
        dict.update(matplotlib.rcParams, before)


class Picture:
    """A figure of panels side by side: the still part drawn once, the moving artists on top of it.

    ``result`` is what the panels draw first. ``width`` is in CSS pixels, each of ``ratio`` pixels.
    Raises TypeError for what is no panel.
    """

    def __init__(self, result, panels, readout=None, width=WIDTH, ratio=1.0):
        if not panels:
            raise TypeError("a figure needs a panel: give one or more, as in Contour(bowl), Loss()")
        # copies, so that a panel given twice, or a cell run twice, makes two figures
        self.panels = [copy.copy(_checked(panel)) for panel in panels]
        self.readout = read(str(result) if readout is None else readout)
        self.pins = []
        self.whole = self.shown = result
        self.lay_out(width, ratio)

    @property
    def text(self):
        """What the picture says, in a sentence."""
        return self.readout.text

    def lay_out(self, width, ratio=1.0):
        """Draw everything anew on ``width`` CSS pixels of ``ratio`` pixels each."""
        self.width = int(min(max(width, NARROWEST), WIDEST))
        self.ratio = float(min(max(ratio, 1.0), 3.0))
        self.boxes, self.tall = _boxes(self.panels, self.width)
        self.figure = Figure(figsize=(self.width / DPI, self.tall / DPI), dpi=DPI * self.ratio)
        self.canvas = FigureCanvasAgg(self.figure)
        self.stills = [None] * len(self.panels)
        self.moving = [[] for _ in self.panels]
        self.grounds = [UNDRAWN] * len(self.panels)
        self.sceneries = [UNDRAWN] * len(self.panels)
        self.scenes = [[] for _ in self.panels]
        self.titles, self.bare = [], []
        with look():
            for panel, box in zip(self.panels, self.boxes, strict=True):
                rectangle = _inner(box, panel, self.width, self.tall)
                panel.ax = self.figure.add_axes(rectangle)
                self.bare.append(panel.ax.get_children())
                look_of_title = {"weight": STYLE["axes.titleweight"], "linespacing": 1.25}
                look_of_title |= {"size": STYLE["axes.titlesize"], "va": "bottom"}
                title = Text(0, 0, _wrapped(panel, box), **look_of_title)
                title.set_color(STYLE["axes.titlecolor"])
                title.set_figure(self.figure)
                self.titles.append(title)
            for number in range(len(self.panels)):
                self._set_up(number, self.whole, self.shown)
        self._record_pins()

    def update(self, whole, shown=None):
        """Move every panel to ``shown``, a part of ``whole``: what stands still fits the whole.

        Where that fails, the picture is as it was before, and the error is raised.
        """
        shown = whole if shown is None else shown
        before = [panel.calmed for panel in self.panels]
        try:
            with look():
                anew = self._move(whole, shown)
        except BaseException:
            for panel, limits in zip(self.panels, before, strict=True):
                panel.calmed = limits
            self._restore()
            raise
        self.whole, self.shown = whole, shown
        if anew:
            self._record_pins()
        return anew

    def forget(self):
        """Let the next result be drawn as if it were the first: calm axes and turned views."""
        self.grounds = [UNDRAWN] * len(self.panels)
        for panel in self.panels:
            panel.forget()

    def _move(self, whole, shown):
        anew = False
        for number, panel in enumerate(self.panels):
            ground = panel.ground(panel.of(whole))
            if not _same(ground, self.grounds[number]):
                self._set_up(number, whole, shown, ground)
                anew = True
                continue
            if self._paint(number, whole):
                self._find_moving(number)
                anew = True
            panel.update(panel.of(shown))
        return anew

    def _restore(self):
        for number in range(len(self.panels)):
            with look(), contextlib.suppress(Exception):
                self._set_up(number, self.whole, self.shown)

    def _set_up(self, number, whole, shown, ground=None):
        """Draw the still part of a panel, and find out what moves."""
        panel = self.panels[number]
        ax = panel.ax
        ground = panel.ground(panel.of(whole)) if ground is None else ground
        self.grounds[number] = UNDRAWN
        if panel.same_axes:
            for artist in ax.get_children():
                if artist not in self.bare[number]:
                    artist.remove()
            ax.set_prop_cycle(None)
        else:
            ax.clear()
        panel.draw(ax, panel.of(whole))
        _write_numbers(ax)
        ax.apply_aspect()
        self.scenes[number], self.sceneries[number] = [], UNDRAWN
        self._paint(number, whole)
        self._find_moving(number)
        panel.update(panel.of(shown))
        self._draw_still(number)
        self.grounds[number] = ground

    def _paint(self, number, whole):
        """Paint the scene of a panel anew if it is another one; return whether it was."""
        panel = self.panels[number]
        scenery = panel.scenery(panel.of(whole))
        if _same(scenery, self.sceneries[number]):
            return False
        for artist in self.scenes[number]:
            artist.remove()
        self.scenes[number], self.sceneries[number] = [], UNDRAWN
        scene = panel.paint(panel.ax, panel.of(whole))
        self.scenes[number] = _in_order(scene)
        self.sceneries[number] = scenery
        return True

    def _find_moving(self, number):
        kept = (value for key, value in vars(self.panels[number]).items() if key != "ax")
        # what an earlier draw kept, and this one did not, is no longer on the Axes
        found = [artist for artist in _artists(kept) if artist.axes is not None]
        self.moving[number] = _in_order(found)

    def _draw_still(self, number):
        renderer = self.canvas.get_renderer()
        left, top, width, height = (round(side * self.ratio) for side in self.boxes[number])
        pixels = np.asarray(renderer.buffer_rgba())
        pixels[top : top + height, left : left + width] = 255
        self._place_words(number)
        self.titles[number].draw(renderer)
        self.panels[number].ax.draw(renderer)
        part = pixels[top : top + height, left : left + width, :3].copy()
        self.stills[number] = Still((left, top, width, height), part)

    def _place_words(self, number):
        """Put a panel's title and the label of its height where they stand."""
        renderer = self.canvas.get_renderer()
        left, _, width, _ = (round(side * self.ratio) for side in self.boxes[number])
        panel, title = self.panels[number], self.titles[number]
        ax = panel.ax
        # above its axes, but not beyond the panel's right end
        room = left + width - 4 * self.ratio - title.get_window_extent(renderer).width
        x = max(left + 4 * self.ratio, min(ax.bbox.x0, room))
        title.set_position((x, ax.bbox.y1 + panel.margins[2] * self.ratio))
        # always at the same place, whatever numbers stand on the axis
        aside = (20 - panel.margins[0]) * self.ratio / ax.bbox.width
        ax.yaxis.set_label_coords(aside, 0.5)

    def redraw(self, panels):
        """Draw the still parts of some panels anew, as they are: they were turned."""
        with look():
            for number, panel in enumerate(self.panels):
                if panel in panels:
                    self._draw_still(number)
        self._record_pins()

    def frame(self):
        """Return what moves as a frame of ink, and the cells that it names."""
        artists = [artist for moving in self.moving for artist in moving]
        with look():
            recorded = ink.record(artists, *self.pixels, self.figure.dpi)
        return recorded.frame, recorded.cells

    @property
    def scene(self):
        """The scenes inside the axes, which stand over the still parts, as a frame of ink."""
        with look():
            return ink.record(self._scenery(), *self.pixels, self.figure.dpi).frame

    def _scenery(self):
        """Return the artists of the scenes, and the edges of the axes that they would cover."""
        return [
            artist
            for panel, scene in zip(self.panels, self.scenes, strict=True)
            for artist in (*scene, *(panel.ax.spines.values() if scene else ()))
        ]

    @property
    def pixels(self):
        """The width and the height in device pixels."""
        return round(self.width * self.ratio), round(self.tall * self.ratio)

    def pin(self, name, **more):
        """Keep what is shown as a trail in a colour of its own."""
        taken = {pin["colour"] for pin in self.pins}
        free = [colour for colour in PINS if colour not in taken]
        colour = free[0] if free else PINS[len(self.pins) % len(PINS)]
        self.pins.append({"name": name, "colour": colour, "result": self.shown, **more})
        self._record_pins()

    def unpin(self):
        """Take every pinned trail away."""
        self.pins = []

    def _record_pins(self):
        with look():
            for pin in self.pins:
                artists = []
                for number, panel in enumerate(self.panels):
                    # a result of another kind than this ground can show has no trail on it
                    with contextlib.suppress(Exception):
                        panel.update(panel.of(pin["result"]))
                        artists += _trail(panel, self.moving[number])
                frame = ink.record(artists, *self.pixels, self.figure.dpi).frame
                pin["ink"] = ink.recoloured(frame, pin["colour"])
            if self.pins:
                for panel in self.panels:
                    panel.update(panel.of(self.shown))

    @property
    def raster(self):
        """The picture as Agg draws it: red, green and blue, `(rows, columns, 3)`."""
        renderer = self.canvas.get_renderer()
        pixels = np.asarray(renderer.buffer_rgba())
        pixels[:] = 255
        for still in self.stills:
            left, top, width, height = still.box
            pixels[top : top + height, left : left + width, :3] = still.pixels
        with look():
            for artist in self._scenery():
                artist.draw(renderer)
            for pin in self.pins:
                ink.play(pin["ink"], renderer, self.pixels[1])
            for moving in self.moving:
                for artist in moving:
                    artist.draw(renderer)
        return pixels[..., :3].copy()

    @property
    def png(self):
        """The picture as Agg draws it, as the bytes of a PNG."""
        # 256 colours are enough here, for a third of the bytes
        image, buffer = Image.fromarray(self.raster), io.BytesIO()
        image.quantize(256, dither=Image.Dither.NONE).save(buffer, "png", compress_level=9)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.text}


class Still:
    """The still part of one panel: its box in device pixels, and its PNG, made when asked for.

    ``key`` is another one for every still part, so that what was sent is not decoded again.
    """

    _keys = itertools.count()

    def __init__(self, box, pixels):
        self.box, self.pixels = box, pixels
        self.key = str(next(self._keys))
        self._png = None

    @property
    def png(self):
        if self._png is None:
            self._png = _quick_png(self.pixels)
        return self._png


def _quick_png(pixels):
    """Return pixels ``(rows, columns, 3)`` as a PNG, in a third of the time that Pillow takes: flat
    colours need no filter, and to choose one for each row is what costs."""
    rows, columns, _ = pixels.shape
    unfiltered = np.zeros((rows, 1 + 3 * columns), np.uint8)
    unfiltered[:, 1:] = pixels.reshape(rows, -1)
    chunks = {
        b"IHDR": struct.pack(">2I5B", columns, rows, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(unfiltered, 1),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def _checked(panel):
    if isinstance(panel, type) and hasattr(panel, "draw"):
        raise TypeError(f"{panel.__name__} is a kind of panel: make one, as in {panel.__name__}()")
    if not (hasattr(panel, "draw") and hasattr(panel, "update")) or isinstance(panel, Artist):
        bounds = getattr(panel, "bounds", None)
        advice = "give panels, as in gd.Contour(), gd.Loss()"
        if bounds is not None:
            kind = "Curve" if len(bounds) == 1 else "Contour"
            advice = f"a landscape is drawn by a panel: gd.{kind}(...)"
        raise TypeError(f"{panel!r} is no panel: {advice}")
    if not isinstance(panel, Panel):
        raise TypeError(
            f"{type(panel).__name__} has draw and update, but is no gd.Panel: write "
            f"class {type(panel).__name__}(gd.Panel)"
        )
    return panel


def _in_order(artists):
    """Return artists that are drawn apart from the still part, in the order of their drawing."""
    for artist in artists:
        artist.set_animated(True)
        # a browser does not move lines to whole pixels, and what moves would stutter
        artist.set_snap(False)
    return sorted(artists, key=lambda artist: artist.get_zorder())


def _artists(values):
    """Return every Artist among the values and in their lists; what moves is what a panel keeps."""
    found = []
    for value in values:
        if isinstance(value, Axes):
            continue
        if isinstance(value, Artist):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += _artists(value)
        elif isinstance(value, dict):
            found += _artists(value.values())
        elif hasattr(value, "artists"):
            found += _artists(value.artists)
    return list(dict.fromkeys(found))


def _trail(panel, moving):
    """Return what a pinned run leaves behind: by default a panel's solid lines and its areas."""
    if hasattr(panel, "trail"):
        return _artists(panel.trail())
    return [
        artist
        for artist in moving
        if isinstance(artist, Patch)
        or (isinstance(artist, Line2D) and artist.get_linestyle() in ("-", "None"))
    ]


def _write_numbers(ax):
    """Write the numbers of linear axes in few signs: of very large and small ones the axis's label
    tells the power of ten, as in "loss (× 10⁴²)"."""
    for one in (ax, *ax.child_axes):
        for axis in (one.xaxis, one.yaxis):
            if not isinstance(axis.get_major_formatter(), (ScalarFormatter, Numbers)):
                continue
            low, high = sorted(axis.get_view_interval().tolist())
            largest = max(-low, high)
            power = math.floor(math.log10(largest)) if largest > 0 else 0
            if axis.axis_name == "x":
                written = -3 <= power <= 4
            else:
                written = -1 <= power <= 2 or (power == 3 and low >= 0)
            if not written:
                told = f"(× {power_of_ten(power)})"
                axis.set_label_text(f"{axis.get_label_text()} {told}".strip())
            axis.set_major_formatter(Numbers(0 if written else power, largest))


class Numbers(Formatter):
    """The numbers of an axis in few signs, in units of a power of ten."""

    def __init__(self, power, most):
        self.power, self.most = power, most

    def __call__(self, value, position=None):
        # what is left of 0.3 - 0.1 - 0.2 is nothing
        share = 0.0 if abs(value) < 1e-9 * self.most else value / 10.0**self.power
        return f"{share:,g}".replace("-", "−")


def _same(one, other):
    try:
        return bool(one == other)
    except ValueError:
        return False


def _boxes(panels, width):
    """Return the box of every panel (left, top, width, height), and the height of all of them."""
    most = max(1, min(3, width // 250)) if width >= 500 else 1
    rows, row = [], []
    waiting = len([panel for panel in panels if not panel.wide])
    most = 2 if waiting == 4 and most > 2 else most
    for panel in panels:
        if panel.wide or len(row) == most:
            rows.append(row)
            row = []
        if panel.wide:
            rows.append([panel])
        else:
            row.append(panel)
    rows = [row for row in [*rows, row] if row]
    places, top = {}, 0
    for row in rows:
        each = width // len(row)
        lines = max(len(_wrapped(panel, (0, 0, each, 0)).splitlines()) for panel in row)
        tall = max(panel.height(each) for panel in row) + TITLE * lines
        for number, panel in enumerate(row):
            places[id(panel)] = (number * each, top, each, tall)
        top += tall
    return [places[id(panel)] for panel in panels], top


def _wrapped(panel, box):
    # a letter of a bold title is some 10 pixels wide
    room = max(16, int((box[2] - panel.margins[0] - 4) / 10.2))
    return "\n".join(textwrap.wrap(panel.title, room))


def _inner(box, panel, width, tall):
    """Return where the Axes of a panel stand, in shares of the figure."""
    left, top, wide, high = box
    inset_left, inset_right, inset_top, inset_bottom = panel.margins
    lines = len(_wrapped(panel, box).splitlines())
    head = inset_top + TITLE * lines
    return (
        (left + inset_left) / width,
        1 - (top + high - inset_bottom) / tall,
        (wide - inset_left - inset_right) / width,
        (high - head - inset_bottom) / tall,
    )


def show(result, *panels, text=None):
    """Return the figure that Live shows, without sliders.

    ``text`` is its text alternative, words or a dict as a readout returns it; without one, the
    result's own words.

    >>> import gdviz as gd
    >>> bowl = gd.landscape("bowl")
    >>> run = gd.descend(bowl, (-2, 1), gd.GD(lr=0.1), steps=20)
    >>> picture = gd.show(run, gd.Contour(), gd.Loss())
    >>> picture.png[:4]
    b'\\x89PNG'
    """
    return Picture(result, panels, text)


__all__ = ["Picture", "Readout", "show"]
