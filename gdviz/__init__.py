"""See gradient descent work, fail and be cured: landscapes, optimizers, one loop, live figures."""

from gdviz import data, endings, landscapes, networks, optimizers, panels, schedules
from gdviz.controls import log_slider, point
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
    Boundary,
    Cells,
    Contour,
    Curve,
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
from gdviz.schedules import Constant, Cosine, Exponential, InverseTime, StepDecay, WarmUp

__all__ = [
    "GD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Boundary",
    "Cells",
    "Clipped",
    "Constant",
    "Contour",
    "Cosine",
    "Curve",
    "Exponential",
    "InverseTime",
    "Layers",
    "Lines",
    "Live",
    "Loss",
    "Momentum",
    "Nesterov",
    "Net",
    "Panel",
    "Pulse",
    "RMSProp",
    "Run",
    "Series",
    "StepDecay",
    "Surface",
    "Sweep",
    "WarmUp",
    "WeightDecay",
    "check",
    "data",
    "descend",
    "endings",
    "first_not_finite",
    "landscape",
    "landscapes",
    "log_slider",
    "networks",
    "optimizers",
    "panels",
    "point",
    "predict",
    "schedules",
    "show",
]
__version__ = "0.1.0"
