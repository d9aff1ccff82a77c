"""See gradient descent work, fail and be cured: landscapes, optimizers, one loop, live figures."""

from gdviz import data, landscapes, networks, optimizers, panels, schedules
from gdviz.controls import log_slider, point
from gdviz.descent import Run, descend
from gdviz.endings import ending, which_minimum
from gdviz.exercises import check, predict
from gdviz.landscapes import basin, hilltops, landscape, minima
from gdviz.live import Live
from gdviz.optimizers import GD, AdaGrad, Adam, Clipped, Momentum, Nesterov, RMSProp, WeightDecay
from gdviz.panels import (
    Autopsy,
    Basins,
    Contour,
    Crowd,
    Curve,
    Cut,
    Fit,
    LayerGradients,
    Loss,
    Panel,
    Series,
    Slice,
    SlicedSurface,
    Spectra,
    Surface,
    Sweep,
    Tangent,
    first_not_finite,
)
from gdviz.picture import show
from gdviz.schedules import Constant, Cosine, Exponential, InverseTime, StepDecay, WarmUp

__all__ = [
    "GD",
    "AdaGrad",
    "Adam",
    "Autopsy",
    "Basins",
    "Clipped",
    "Constant",
    "Contour",
    "Cosine",
    "Crowd",
    "Curve",
    "Cut",
    "Exponential",
    "Fit",
    "InverseTime",
    "LayerGradients",
    "Live",
    "Loss",
    "Momentum",
    "Nesterov",
    "Panel",
    "RMSProp",
    "Run",
    "Series",
    "Slice",
    "SlicedSurface",
    "Spectra",
    "StepDecay",
    "Surface",
    "Sweep",
    "Tangent",
    "WarmUp",
    "WeightDecay",
    "basin",
    "check",
    "data",
    "descend",
    "ending",
    "first_not_finite",
    "hilltops",
    "landscape",
    "landscapes",
    "log_slider",
    "minima",
    "networks",
    "optimizers",
    "panels",
    "point",
    "predict",
    "schedules",
    "show",
    "which_minimum",
]
__version__ = "0.1.0"
