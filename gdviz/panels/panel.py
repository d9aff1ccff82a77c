"""What every panel has, and the marks that several panels share."""

import math

import numpy as np
from matplotlib.patches import Polygon

from gdviz.panels.style import INK, PRESENT, THEORY

# so many widths of the picture away is as good as infinity, and drawn without trouble
FAR = 1e3


class Panel:
    """One Axes of a figure; the base of every panel.

    A panel of your own has ``draw(ax, result)``, which draws everything once and keeps the artists
    that move as attributes (``self.bars = ...``), and ``update(result)``, which only moves those.
    The still part is drawn anew when what ``ground(result)`` returns has changed: the limits, say,
    or the number of lines. Where only a scene inside the axes changes, ``scenery(result)`` returns
    what it depends on, and ``paint(ax, result)`` draws and returns it: a tenth of the work. ``of``
    picks the panel's part of a result; ``tall`` is its height in pixels, which without it follows
    from its width.
    """

    turns = False
    # True where every ``draw`` sets the same things on the axes (scales, limits, labels): when the
    # still part is drawn anew, they keep their ticks, which takes half the time
    same_axes = False
    # a wide panel has a row of its own; margins in pixels: left, right, top, bottom
    wide = False
    margins = (72, 16, 10, 50)
    # the height of a panel of that width, in pixels
    tallest = 400
    # the limits of axes that follow their data in calm steps, as they are now
    calmed = None

    def __init__(self, *, title="", of=None, tall=None):
        self.title = title
        self.given_height = tall
        self.of = of or (lambda result: result)

    def ground(self, result):
        """Return what the still part depends on; anything that compares with ``==``."""
        return None

    def draw(self, ax, result):
        """Draw the still part on ``ax``, and keep the artists that move as attributes."""
        raise NotImplementedError

    def scenery(self, result):
        """Return what the scene depends on, None where there is none; compared with ``==``."""
        return None

    def paint(self, ax, result):
        """Draw the scene inside the axes, and return its artists."""
        return []

    def update(self, result):
        """Move the artists to ``result``."""
        raise NotImplementedError

    def forget(self):
        """Forget what earlier results left behind: limits of axes, the turn of a surface."""
        self.calmed = None

    def height(self, width):
        """Return how high the panel is on ``width`` pixels."""
        return self.given_height or int(min(self.tallest, max(280, 0.78 * width)))

    def where(self, value):
        """Return the pixel on which a start of this value is held, or None."""
        return None

    def locate(self, pixel):
        """Return the start that the pixel ``(x, y)`` stands for, or None where there is none."""
        return None


def finite(values):
    """Return the finite ones of ``values``, flat."""
    values = np.asarray(values, dtype=float).ravel()
    return values[np.isfinite(values)]


def calm(values, before, log, decades=16):
    """Return the limits of an axis that follows its data in calm steps.

    ``before`` are the limits that it had; they are kept while the data fit in and fill a good part.
    A logarithmic axis moves by whole decades, at most ``decades`` of them, counted from the top.

    >>> calm([1.0, 0.003], None, log=True)
    (0.001, 10.0)
    >>> calm([0.9, 0.004], (0.001, 10.0), log=True)
    (0.001, 10.0)
    >>> calm([0.9, 1e-8], (1e-7, 10.0), log=True)
    (1e-10, 10.0)
    >>> calm([0.0, 9.3], None, log=False)
    (-0.5, 9.5)
    """
    values = finite(values)
    if log:
        values = values[values > 0]
    if not len(values):
        return before or ((0.1, 10.0) if log else (0.0, 1.0))
    low, high = float(values.min()), float(values.max())
    if log:
        # whole decades, with room for a ball at either end
        top = math.ceil(math.log10(high) + 0.1)
        bottom = max(math.floor(math.log10(low) - 0.1), top - decades, -307)
        bottom, top = min(bottom, top - 2), min(top, 308)
        if before:
            was = [round(math.log10(end)) for end in before]
            fits = was[0] <= bottom + 1 and top <= was[1] + 1 and high <= before[1]
            if fits and low >= before[0] * 0.99 and top - bottom >= 0.5 * (was[1] - was[0]):
                return before
            # an axis that had to give way goes a little further, so that a drag moves it seldom
            slack = min(top - bottom, 4 * (decades - top + bottom)) // 8
            bottom = max(bottom - slack, -307) if bottom < was[0] else bottom
            top = min(top + slack, 308) if top > was[1] else top
        return 10.0**bottom, 10.0**top
    # no axis can be as wide as all floats
    low, high = (min(max(end, -1e300), 1e300) for end in (low, high))
    span = high - low or abs(high) or 1.0
    step = 10 ** math.floor(math.log10(span)) / 2
    limits = (
        math.floor((low - 0.02 * span) / step) * step,
        math.ceil((high + 0.02 * span) / step) * step,
    )
    fits = before and before[0] <= low and high <= before[1]
    return before if fits and span >= 0.45 * (before[1] - before[0]) else limits


class Arrow:
    """The step that is about to be taken: a shaft and a head that keeps its size on the screen."""

    def __init__(self, ax, size=11):
        self.ax, self.size = ax, size
        look = {"color": INK, "lw": 2.2, "zorder": 10.8, "solid_capstyle": "butt"}
        (self.shaft,) = ax.plot([], [], **look)
        self.head = Polygon(np.zeros((3, 2)), closed=True, fc=INK, ec="none", zorder=10.8)
        ax.add_patch(self.head)

    @property
    def artists(self):
        return [self.shaft, self.head]

    def hide(self):
        for artist in self.artists:
            artist.set_visible(False)

    def point(self, start, end):
        """Point from one place to the other, both in data coordinates; hide if there is no way."""
        ends = np.array([start, start if end is None else end], dtype=float)
        ends = self.ax.transData.transform(ends)
        step = ends[1] - ends[0]
        length = float(np.hypot(*step))
        seen = math.isfinite(length) and length > 3
        for artist in self.artists:
            artist.set_visible(seen)
        if not seen:
            return
        size = self.size / 72 * self.ax.get_figure(root=True).dpi
        if length > FAR * size:
            ends[1] = ends[0] + step * FAR * size / length
            length = FAR * size
        along = step / np.hypot(*step)
        aside = np.array([-along[1], along[0]])
        long = min(size, 0.8 * length)
        neck = ends[1] - long * along
        back = self.ax.transData.inverted().transform
        corners = [ends[1], neck + 0.42 * long * aside, neck - 0.42 * long * aside]
        self.head.set_xy(back(np.array(corners)))
        self.shaft.set_data(*back(np.array([ends[0], neck])).T)


class Rules:
    """Lines that matter, drawn across a panel and named: the border, the best, the float's end.

    ``across`` is "x" for upright lines at places of the x axis, "y" for level ones. ``given`` is a
    dict, name -> place, or a function of the result that returns one with the same names. Level
    lines that are named ``outside`` bear their names at the right of the axes, over no curve.
    """

    def __init__(self, ax, across, given, result, outside=False):
        self.given, self.across = given, across
        self.lines, self.names = [], []
        self.ax = ax
        self.outside = outside and across == "y"
        for name in self.places(result):
            draw = ax.axvline if across == "x" else ax.axhline
            self.lines.append(draw(1.0, color=THEORY, ls=(0, (5, 3)), lw=1.2, zorder=6))
            side = {"va": "bottom", "ha": "right"}
            transform = ax.get_xaxis_transform() if across == "x" else ax.get_yaxis_transform()
            place = (1.0, 0.03) if across == "x" else (0.99, 1.0)
            if self.outside:
                place, side = (1.012, 1.0), {"va": "center", "ha": "left"}
            text = ax.text(*place, name, transform=transform, zorder=12, **side)
            if not self.outside:
                text.set_clip_on(True)
                box = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.5}
                text.set_bbox(box)
            self.names.append(text)

    @property
    def artists(self):
        return [*self.lines, *self.names]

    def places(self, result):
        return self.given(result) if callable(self.given) else self.given

    def move(self, result):
        low, high = self.ax.get_xlim() if self.across == "x" else self.ax.get_ylim()
        scale = self.ax.get_xscale() if self.across == "x" else self.ax.get_yscale()
        for line, text, (name, place) in zip(
            self.lines, self.names, self.places(result).items(), strict=True
        ):
            text.set_text(name)
            # an axis may run down
            seen = place is not None and bool(min(low, high) <= place <= max(low, high))
            line.set_visible(seen)
            text.set_visible(seen)
            if not seen:
                continue
            if self.across == "x":
                line.set_xdata([place, place])
                text.set_x(place)
                share = share_of(place, low, high, scale)
                text.set_ha("left" if share < 0.3 else "right")
            else:
                line.set_ydata([place, place])
                text.set_y(place)
                if self.outside:
                    continue
                share = share_of(place, low, high, scale)
                text.set_va("top" if share > 0.9 else "bottom")


def share_of(place, low, high, scale):
    """Return how far along an axis a place stands, 0 to 1."""
    if scale == "log":
        place, low, high = np.log([place, low, high])
    return float((place - low) / (high - low))


def note(ax, **place):
    """Return the text in which a panel says what it cannot show."""
    write = getattr(ax, "text2D", ax.text)
    box = {"facecolor": "white", "alpha": 0.88, "edgecolor": "none", "pad": 2.5}
    look = {"color": PRESENT, "weight": "bold", "ha": "right", "va": "top", "zorder": 20}
    look |= {"x": 0.985, "y": 0.97} | place
    return write(s="", transform=ax.transAxes, bbox=box, **look)


def walker(ax, colour=PRESENT, *, ring=False, size=13, **look):
    """Return a walker: a ball with a white rim, or the ring that marks where it started."""
    if ring:
        look |= {"mfc": "white", "mec": colour, "mew": 2.6, "ms": size - 2, "zorder": 11}
    else:
        look |= {"mfc": colour, "mec": "white", "mew": 1.8, "ms": size, "zorder": 11.5}
    (line,) = ax.plot([], [], **{"ls": "none", "marker": "o", **look})
    if not ring:
        figure = ax.get_figure(root=True)
        # a name of its own, by which Play finds it again in the next frame
        line.set_gid(f"ball {figure.axes.index(ax)}.{len(ax.lines)}")
    return line
