"""What a result looks like in one Axes: drawn once, then moved.

A panel has two methods. ``draw(ax, result)`` draws everything once and keeps the artists that move
as attributes. ``update(result)`` moves those artists. The picture does the rest.

Every panel takes ``title`` (the one thing that it says) and ``of`` (a function that picks its part
of the result, for a ``compute`` that returns more than one thing).
"""

from gdviz.panels.bars import Bars
from gdviz.panels.cells import Cells
from gdviz.panels.histogram import Histogram
from gdviz.panels.landscape import Contour, Curve
from gdviz.panels.lines import Lines, Loss, Series, Sweep
from gdviz.panels.networks import Boundary, Layers, Net, Pulse
from gdviz.panels.panel import Panel, calm
from gdviz.panels.style import COLOURS, PRESENT
from gdviz.panels.surface import Surface

__all__ = [
    "COLOURS",
    "PRESENT",
    "Bars",
    "Boundary",
    "Cells",
    "Contour",
    "Curve",
    "Histogram",
    "Layers",
    "Lines",
    "Loss",
    "Net",
    "Panel",
    "Pulse",
    "Series",
    "Surface",
    "Sweep",
    "calm",
]
