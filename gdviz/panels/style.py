"""The look: one style, and the same colour means the same thing in every notebook."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap

PRESENT = "#D55E00"
PINNED = "#8A8A8A"
THEORY = "black"
COLOURS = (PRESENT, "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F6000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
KINDS = {"minimum": "*", "maximum": "^", "saddle": "X", "degenerate": "p"}
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "legend.frameon": False,
    "legend.fontsize": 11,
    "lines.linewidth": 1.8,
}


def sequential():
    """Return the muted sequential map of every landscape: cividis, paled so that a path stands out.

    >>> sequential().N
    256
    """
    colours = colormaps["cividis"](np.linspace(0, 1, 256))
    colours[:, :3] = 0.3 + 0.7 * colours[:, :3]
    return ListedColormap(colours)
