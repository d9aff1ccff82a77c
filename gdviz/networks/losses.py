"""The loss functions: mean squared error and cross entropy.

Outputs (..., batch, k) and targets (batch, k), or (..., batch, k) where each run has its own data,
give the value (...) and the gradient, which is ∂loss/∂outputs (..., batch, k).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gdviz import checks
from gdviz.norms import flat


class LossFunction(NamedTuple):
    """A loss and its derivative by the outputs."""

    value: Callable
    gradient: Callable


def _mse(outputs, targets):
    error = outputs - targets
    return np.mean(flat(error * error), axis=-1)


def _mse_gradient(outputs, targets):
    return (outputs - targets) * outputs.dtype.type(2 / (targets.shape[-2] * targets.shape[-1]))


def _log_softmax(outputs):
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def _cross_entropy(outputs, targets):
    return -np.sum(flat(targets * _log_softmax(outputs)), axis=-1) / targets.shape[-2]


def _cross_entropy_gradient(outputs, targets):
    return (np.exp(_log_softmax(outputs)) - targets) / targets.shape[-2]


def _log_of_softmax(outputs, targets):
    powers = np.exp(outputs)
    shares = powers / np.sum(powers, axis=-1, keepdims=True)
    return -np.sum(flat(targets * np.log(shares)), axis=-1) / targets.shape[-2]


def _log_of_softmax_gradient(outputs, targets):
    powers = np.exp(outputs)
    shares = powers / np.sum(powers, axis=-1, keepdims=True)
    by_share = -targets / shares / targets.shape[-2]
    return shares * (by_share - np.sum(by_share * shares, axis=-1, keepdims=True))


LOSS_FUNCTIONS = {
    "mse": LossFunction(_mse, _mse_gradient),
    "cross_entropy": LossFunction(_cross_entropy, _cross_entropy_gradient),
    "log_of_softmax": LossFunction(_log_of_softmax, _log_of_softmax_gradient),
}
LOSSES = tuple(LOSS_FUNCTIONS)
CLASSES = ("cross_entropy", "log_of_softmax")


def read_targets(targets, kind, batch, outputs, dtype):
    given = np.asarray(targets)
    if kind in CLASSES and given.dtype.kind in "iu" and given.ndim == 1:
        if np.any((given < 0) | (given >= outputs)):
            raise ValueError(
                f"targets go from {given.min()} to {given.max()}: with outputs={outputs} the "
                f"classes are 0 to {outputs - 1}"
            )
        given = np.eye(outputs)[given]
    targets = checks.data("targets", given, dtype)
    if kind == "mse" and outputs == 1 and targets.ndim == 1:
        targets = targets[:, None]
    if targets.shape != (batch, outputs):
        also = f", or {batch} whole class numbers" if kind == "cross_entropy" else ""
        raise ValueError(
            f"targets have shape {targets.shape}: give ({batch}, {outputs}), which is "
            f"(batch, outputs){also}"
        )
    if kind == "cross_entropy" and not np.allclose(targets.sum(axis=-1), 1):
        raise ValueError("targets: every row must be probabilities that sum to 1, as one-hot rows")
    return targets
