"""See gradient descent work, fail and be cured: landscapes, optimizers, one loop, live figures."""

from gdviz import data, endings, landscapes, networks, optimizers, panels, schedules
from gdviz.clinic import Clinic
from gdviz.controls import log_slider, point
from gdviz.curvature import Slice, filter_normalised, path_directions, sharpness
from gdviz.descent import Run, descend
from gdviz.exercises import check, predict
from gdviz.landscapes import landscape
from gdviz.live import Live
from gdviz.networks import first_not_finite
from gdviz.optimizers import (
    GD,
    AdaGrad,
    Adam,
    AdamW,
    Clipped,
    Momentum,
    Nesterov,
    RMSProp,
    WeightDecay,
)
from gdviz.panels import (
    Bars,
    Boundary,
    Cells,
    Contour,
    Curve,
    Histogram,
    Layers,
    Lines,
    Loss,
    Net,
    Panel,
    Pulse,
    Series,
    Surface,
    Sweep,
)
from gdviz.picture import show
from gdviz.progress import Progress
from gdviz.schedules import Constant, Cosine, Exponential, InverseTime, StepDecay, WarmUp
from gdviz.training import Training, train
from gdviz.trials import Trials

__all__ = [
    "GD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Bars",
    "Boundary",
    "Cells",
    "Clinic",
    "Clipped",
    "Constant",
    "Contour",
    "Cosine",
    "Curve",
    "Exponential",
    "Histogram",
    "InverseTime",
    "Layers",
    "Lines",
    "Live",
    "Loss",
    "Momentum",
    "Nesterov",
    "Net",
    "Panel",
    "Progress",
    "Pulse",
    "RMSProp",
    "Run",
    "Series",
    "Slice",
    "StepDecay",
    "Surface",
    "Sweep",
    "Training",
    "Trials",
    "WarmUp",
    "WeightDecay",
    "check",
    "data",
    "descend",
    "endings",
    "filter_normalised",
    "first_not_finite",
    "landscape",
    "landscapes",
    "log_slider",
    "networks",
    "optimizers",
    "panels",
    "path_directions",
    "point",
    "predict",
    "schedules",
    "sharpness",
    "show",
    "train",
]
__version__ = "0.1.0"
