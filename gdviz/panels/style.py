"""The look: one style, and the same colour means the same thing in every notebook."""

from matplotlib.colors import LinearSegmentedColormap

PRESENT = "#D55E00"
THEORY = "black"
# the slope underfoot: the tangent, and what is drawn of it beside
SLOPE = "#00876C"
INK = "#22313F"
FAINT = "#DFE5EA"
LINE = "#3B4A6B"
# what stands behind a picture to compare it with: a healthy network
BEHIND = "#A3AEB8"
# the present run, then other runs: Okabe and Ito's colours, which the colour-blind can tell apart
COLOURS = (PRESENT, "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F6000")
# what a pin leaves looks like no run
PINS = ("#7B3294", "#4B7A1E", "#A3195B", "#8A9199", "#6B4226")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
KINDS = {"minimum": "*", "maximum": "^", "saddle": "X", "degenerate": "p"}
WRONG = "#B00020"
# from water in the valleys to paper on the summits, always lighter
PAPER = LinearSegmentedColormap.from_list("paper", ["#7FB3C8", "#B9D7C9", "#EDE8CF", "#FBF8F0"])
STYLE = {
    "font.size": 11,
    "font.family": ["DejaVu Sans"],
    # letters of the same shape and width as those that a browser is sent as paths
    "text.hinting": "none",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9AA7B2",
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": "#9AA7B2",
    "ytick.color": "#9AA7B2",
    "xtick.labelcolor": "#5B6770",
    "ytick.labelcolor": "#5B6770",
    "legend.frameon": True,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fontsize": 11,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
}
