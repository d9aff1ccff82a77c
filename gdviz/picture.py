"""Panels side by side in one figure: the still part drawn once, the moving artists on top of it."""

import base64
import copy
import io

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from gdviz.panels.style import COLOURS, STYLE

DPI = 100
# in inches: the figure's width, and its height for each number of panels side by side
WIDTH, WIDTHS = 9.0, {1: 6.5}
HEIGHTS = {1: 4.2, 2: 4.0, 3: 3.4}


class Picture:
    """A figure of panels side by side: the still part drawn once, the moving artists on top of it.

    ``result`` is what the panels draw first; ``text`` says in words what the picture shows.
    """

    def __init__(self, result, panels, text=None):
        if not panels:
            raise TypeError("a figure needs a panel: give one or more, as in Contour(bowl), Loss()")
        # copies, so that a panel given twice, or a cell run twice, makes two figures
        self.panels = [copy.copy(panel) for panel in panels]
        self.text = str(result) if text is None else text
        columns = len(panels) if len(panels) < 4 else 2
        rows = -(-len(panels) // columns)
        size = WIDTHS.get(columns, WIDTH), HEIGHTS[columns] * rows
        self.figure = Figure(figsize=size, dpi=DPI)
        self.canvas = FigureCanvasAgg(self.figure)
        with rc_context(STYLE):
            for number, panel in enumerate(self.panels, 1):
                ax = self.figure.add_subplot(rows, columns, number, projection=panel.projection)
                panel.draw(ax, result)
            self.figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.06)
            self.canvas.draw()
        # the layout is found once: axes that gave way to the numbers on their ticks would jump
        self.figure.set_layout_engine("none")
        self.update(result, still=True)

    def update(self, result, still=False):
        """Move every panel to ``result`` and draw; ``still`` draws the still part anew too."""
        self.result = result
        for panel in self.panels:
            still = bool(panel.update(result)) or still
        self.draw(still)

    def draw(self, still=True):
        """Draw the moving artists on the still part, which is drawn anew if ``still``."""
        if still:
            self.canvas.draw()
            self.background = self.canvas.copy_from_bbox(self.figure.bbox)
            extra = [colour for panel in self.panels for colour in panel.colours]
            self.palette = _palette(self._pixels(), extra)
        else:
            self.canvas.restore_region(self.background)
        for panel in self.panels:
            for artist in panel.moving:
                panel.ax.draw_artist(artist)
        self._png = None

    @property
    def png(self):
        """The picture, as the bytes of a PNG."""
        if self._png is None:
            # 256 colours are enough here: a third of the bytes, and encoded four times sooner
            pixels = self._pixels().quantize(palette=self.palette, dither=Image.Dither.NONE)
            buffer = io.BytesIO()
            pixels.save(buffer, "png", compress_level=1)
            self._png = buffer.getvalue()
        return self._png

    def _pixels(self):
        return Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")

    def scale(self, ratio):
        """Draw at ``ratio`` pixels a CSS pixel, so that the picture is crisp on a dense screen."""
        self.figure.set_dpi(DPI * min(max(ratio, 1.0), 3.0))
        self.update(self.result, still=True)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.text}


def _palette(still, extra):
    """Return the 256 colours of a picture: those of its still part, and of what moves on it."""
    moving = np.array([to_rgb(colour) for colour in [*COLOURS, *extra]])[:36]
    mixes = [(1, 0.0), (1, 0.3), (1, 0.6), (0.4, 0.5)]
    edges = np.concatenate([grey * share + moving * (1 - share) for grey, share in mixes])
    greys = np.linspace(0, 1, 12).repeat(3)
    chosen = np.round(255 * np.concatenate([edges.ravel(), greys])).astype(int).tolist()
    found = still.quantize(256 - len(chosen) // 3, Image.Quantize.FASTOCTREE)
    palette = Image.new("P", (1, 1))
    palette.putpalette(chosen + found.getpalette())
    return palette


def show(result, *panels, text=None):
    """Return the figure that Live shows, without sliders.

    ``text`` is its text alternative; without one, the result's own words.

    >>> import gdviz as gd
    >>> bowl = gd.landscape("bowl")
    >>> run = gd.descend(bowl, (-2, 1), gd.GD(lr=0.1), steps=20)
    >>> picture = gd.show(run, gd.Contour(), gd.Loss())
    >>> picture.png[:4]
    b'\\x89PNG'
    """
    return Picture(result, panels, text)
