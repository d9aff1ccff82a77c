"""See gradient descent work, fail and be cured: landscapes, optimizers, one loop, live figures."""

from importlib import import_module

from gdviz import data, networks, optimizers, panels, schedules
from gdviz.controls import log_slider, point
from gdviz.descent import Run, descend
from gdviz.exercises import check, predict
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
    basin,
    ending,
    hilltops,
    minima,
    which_minimum,
)
from gdviz.picture import show
from gdviz.schedules import Constant, Cosine, Exponential, InverseTime, StepDecay, WarmUp

__all__ = [
    "GD",
    "AdaGrad",
    "Adam",
    "AdamW",
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


def __getattr__(name):
    # SymPy is a third of the time that everything takes to import: it waits for the first formula
    if name in {"landscape", "landscapes"}:
        module = import_module("gdviz.landscapes")
        globals().update(landscapes=module, landscape=module.landscape)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
