"""Deep stacks and recurrent nets: forward, backward, gradient norm per layer, initialisers.

A network here is a shape without state. Its parameters are one flat vector of shape `(..., P)`
with views into it, so every optimizer runs unchanged on it, and every leading axis is an
independent network: another gain, another seed.

    >>> import numpy as np
    >>> stack = Stack(depth=20, width=32, inputs=8, outputs=1, activation="sigmoid")
    >>> inputs = np.random.default_rng(0).normal(size=(64, 8))
    >>> loss = stack.loss(inputs, targets=np.ones(64))
    >>> norms = loss.layer_gradient_norms(stack.initial(gain=[0.5, 1.0, 2.0]))
    >>> norms.shape
    (3, 21)
    >>> bool(np.all(norms[:, 0] < 1e-6 * norms[:, -1]))
    True
"""

from gdviz.networks.activations import ACTIVATIONS, Activation, activation
from gdviz.networks.autopsy import Cause, first_not_finite
from gdviz.networks.initialisers import SCHEMES
from gdviz.networks.losses import LOSSES
from gdviz.networks.network_loss import NetworkLoss
from gdviz.networks.recurrent import Recurrent, RecurrentWeights
from gdviz.networks.stack import Stack
from gdviz.networks.trace import NotFinite, Trace

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "SCHEMES",
    "Activation",
    "Cause",
    "NetworkLoss",
    "NotFinite",
    "Recurrent",
    "RecurrentWeights",
    "Stack",
    "Trace",
    "activation",
    "first_not_finite",
]
