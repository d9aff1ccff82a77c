"""Marks, strokes and words in numbers: a few strokes of ink each, however many they are."""

from functools import lru_cache

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, IdentityTransform

from gdviz.checks import power_of_ten


def short(number):
    """Return a size in few signs.

    >>> short(0.2361), short(1.0), short(12.3), short(3.1e-15), short(1e12), short(np.inf)
    ('0.24', '1', '12', '3·10⁻¹⁵', '10¹²', '∞')
    """
    if not np.isfinite(number):
        return "?" if np.isnan(number) else "∞"
    if number == 0 or 0.00995 <= abs(number) < 999.5:
        return f"{number:.0f}" if abs(number) >= 99.5 else f"{number:.2g}"
    digits, power = f"{number:.0e}".split("e")
    power = power_of_ten(power)
    return power if digits == "1" else f"{digits}·{power}"


def in_pixels(ax):
    """Count in pixels on an Axes without ticks, and return its width and height."""
    pixels = ax.bbox.size * 100 / ax.get_figure(root=True).dpi
    ax.set(xlim=(0, pixels[0]), ylim=(0, pixels[1]))
    ax.set_axis_off()
    return (float(side) for side in pixels)


class Marks(Artist):
    """One shape at many places, each in one of a few colours; ``none`` is not filled.

    A colour is one stroke of ink, so that 60 layers are recorded in a millisecond or two.
    """

    def __init__(self, palette, edge=None, width=0.0, zorder=3):
        super().__init__()
        self.palette, self.edge, self.width = palette, edge, width
        self.set_zorder(zorder)
        self.put(Path.unit_circle(), [])

    def put(self, shape, places, shades=None):
        """Put the shape (a Path in pixels around 0) at ``(n, 2)`` places, in the shades given."""
        self.shape = shape
        self.places = np.asarray(places, dtype=float).reshape(-1, 2)
        self.shades = np.zeros(len(self.places), int) if shades is None else np.asarray(shades)

    @property
    def colours(self):
        """The colour at every place."""
        return [self.palette[shade] for shade in self.shades]

    def draw(self, renderer):
        if not self.get_visible():
            return
        scale = Affine2D().scale(renderer.points_to_pixels(0.72))
        gc = renderer.new_gc()
        gc.set_linewidth(0.72 * self.width)
        if self.edge:
            gc.set_foreground(self.edge)
        for shade in np.unique(self.shades):
            face = self.palette[shade]
            places = self.axes.transData.transform(self.places[self.shades == shade])
            face = None if face == "none" else (*to_rgb(face), 1.0)
            _stamp(renderer, gc, self.shape, scale, places, face)


class Strokes(Artist):
    """Straight lines in a few looks, each ``(colour, width in pixels, alpha)``.

    The lines of one look are one stroke of ink, drawn in the order of the looks.
    """

    def __init__(self, zorder=3):
        super().__init__()
        self.set_zorder(zorder)
        self.put(np.empty((0, 2, 2)), [])

    def put(self, ends, looks):
        """Take the ends of the lines, ``(n, 2, 2)``, and the look of each."""
        self.ends, self.looks = np.asarray(ends, dtype=float), list(looks)

    def draw(self, renderer):
        if not self.get_visible():
            return
        alike = {}
        pixels = self.axes.transData.transform(self.ends.reshape(-1, 2)).reshape(-1, 2, 2)
        for pair, look in zip(pixels, self.looks, strict=True):
            alike.setdefault(look, []).append(pair)
        gc = renderer.new_gc()
        gc.set_capstyle("round")
        for (colour, width, alpha), pairs in sorted(alike.items()):
            gc.set_foreground((*to_rgb(colour), alpha), isRGBA=True)
            gc.set_linewidth(0.72 * width)
            codes = np.tile([Path.MOVETO, Path.LINETO], len(pairs))
            renderer.draw_path(gc, Path(np.concatenate(pairs), codes), IdentityTransform())


class Words(Artist):
    """Words of one colour and size, drawn letter by letter: many cost little more than one."""

    def __init__(self, colour, size=11, weight="normal"):
        super().__init__()
        self.colour, self.size = colour, size
        self.font = FontProperties(family="DejaVu Sans", weight=weight)
        self.set_zorder(8)
        self.words = []

    def set_words(self, words):
        """Take the words: ``(x, y, text, share)``, where so much of the text is left of x."""
        self.words = [word for word in words if word[2]]

    @property
    def texts(self):
        """What is written, in order."""
        return [word[2] for word in self.words]

    def draw(self, renderer):
        if not self.words or not self.get_visible():
            return
        size = renderer.points_to_pixels(self.size) / text_to_path.FONT_SCALE
        origins = self.axes.transData.transform([word[:2] for word in self.words])
        letters = {}
        for origin, (*_, text, share) in zip(origins, self.words, strict=True):
            places, width = _typeset(text, self.font)
            for letter, place in places:
                x = origin[0] + size * (place - share * width)
                letters.setdefault(letter, []).append((x, origin[1]))
        gc = renderer.new_gc()
        gc.set_linewidth(0)
        colour = (*to_rgb(self.colour), 1.0)
        for letter, places in letters.items():
            scale = Affine2D().scale(size)
            _stamp(renderer, gc, _letter(letter, self.font), scale, np.array(places), colour)


def _stamp(renderer, gc, shape, scale, places, face):
    """Draw one shape at many places, which are in pixels."""
    gc.set_snap(False)
    if hasattr(renderer, "draw_cells"):
        renderer.draw_markers(gc, shape, scale, Path(places), IdentityTransform(), face)
        return
    # Agg would put each marker on a whole pixel, and letters would stand unevenly
    for place in places:
        renderer.draw_path(gc, shape, scale + Affine2D().translate(*place), face)


def width_of(text, size=11):
    """Return how wide a text of that size in points is, in pixels.

    >>> width_of("layer 24") > width_of("layer") > 0
    True
    """
    return float(_typeset(text, FontProperties(family="DejaVu Sans"))[1] * size / 72)


@lru_cache(maxsize=1024)
def _typeset(text, font):
    """Return where each letter of a text stands, blanks left out, and how wide the text is."""
    face = get_font(findfont(font))
    face.set_size(text_to_path.FONT_SCALE, text_to_path.DPI)
    # letter by letter, so that the same letters are the same stroke: no ligatures
    advances = [face.load_char(ord(letter)).linearHoriAdvance / 65536 for letter in text]
    ends = np.cumsum([0.0, *advances])
    return [place for place in zip(text, ends[:-1], strict=True) if place[0] != " "], ends[-1]


@lru_cache(maxsize=256)
def _letter(letter, font):
    vertices, codes = text_to_path.get_text_path(font, letter)
    return Path(np.array(vertices, dtype=float).reshape(-1, 2), codes)


@lru_cache(maxsize=256)
def rounded(wide, tall, corner):
    """Return a rectangle around 0 with round corners."""
    x, y = wide / 2, tall / 2
    r = min(corner, x, y)
    points = [
        (-x + r, -y), (x - r, -y), (x, -y), (x, -y + r), (x, y - r), (x, y), (x - r, y),
        (-x + r, y), (-x, y), (-x, y - r), (-x, -y + r), (-x, -y), (-x + r, -y), (-x + r, -y),
    ]  # fmt: skip
    line, curve = Path.LINETO, Path.CURVE3
    codes = [Path.MOVETO, line, curve, curve] + [line, curve, curve] * 3 + [Path.CLOSEPOLY]
    return Path(points, codes)


@lru_cache(maxsize=64)
def burst(radius):
    star = Path.unit_regular_star(9, 0.5)
    return Path(star.vertices * radius, star.codes)


@lru_cache(maxsize=64)
def zero_sign(size):
    zero = _letter("0", FontProperties(family="DejaVu Sans", weight="bold"))
    middle = zero.get_extents().get_points().mean(axis=0)
    return Path((zero.vertices - middle) * size / text_to_path.FONT_SCALE, zero.codes)
