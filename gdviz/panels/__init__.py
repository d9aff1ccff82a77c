"""What a result looks like in one Axes: drawn once, then moved.

A panel has two methods. ``draw(ax, result)`` is called once: it draws the still part (axes,
contours) and makes the artists that move. ``update(result)`` moves those artists, and returns True
when it had to draw the still part anew. ``panel.moving`` lists the artists that move.

Every panel takes ``title`` (the one thing that it says) and ``of`` (a function that picks its part
of the result, for a ``compute`` that returns more than one thing).
"""

from gdviz.panels.autopsy import Autopsy, first_not_finite
from gdviz.panels.basins import Basins
from gdviz.panels.crowd import Crowd
from gdviz.panels.fit import Fit
from gdviz.panels.landscape import Contour, Curve, Surface
from gdviz.panels.layers import LayerGradients
from gdviz.panels.panel import Panel, Walk
from gdviz.panels.series import Loss, Series, Sweep
from gdviz.panels.slices import Cut, Slice, SlicedSurface, Spectra
from gdviz.panels.style import STYLE
from gdviz.panels.tangent import Tangent

__all__ = [
    "STYLE",
    "Autopsy",
    "Basins",
    "Contour",
    "Crowd",
    "Curve",
    "Cut",
    "Fit",
    "LayerGradients",
    "Loss",
    "Panel",
    "Series",
    "Slice",
    "SlicedSurface",
    "Spectra",
    "Surface",
    "Sweep",
    "Tangent",
    "Walk",
    "first_not_finite",
]
