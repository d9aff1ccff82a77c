"""The autopsy of a run that is no longer finite: where it began, and why."""

from typing import NamedTuple

import numpy as np

from gdviz.checks import power_of_ten


class Cause(NamedTuple):
    """Where a run was first not finite: `step`, `layer` (from 1), `quantity`; and `why`."""

    step: int
    layer: int
    quantity: str
    why: str

    def __str__(self):
        at = "the loss" if self.quantity == "loss" else f"{self.quantity} of layer {self.layer}"
        return f"step {self.step}, {at}: {self.why}"


def first_not_finite(run):
    """Where a run of a stack was first not finite, and why: a `Cause`, or None.

    `run` is one run of `descend` on a stack's loss, with all its points. Steps count as
    `run.points` does: step k is the pass, forward and backward, at the weights after k updates, and
    the first such pass that met a number that is not finite is told. In a pass the order is that of
    the computation: weights, pre-activations from the first layer up, loss, gradients from the last
    layer down. So `step` is `run.diverged_at` or earlier: the loss of that step is still a number
    where only its gradient overflowed. A figure that tells the cause tells this step.

    Raises TypeError for a run of anything else, ValueError for a batch.

    >>> import gdviz as gd
    >>> loss = gd.networks.Stack(20, width=8, inputs=4, activation="relu").loss([[1.0] * 4], [0.0])
    >>> run = gd.descend(loss, loss.network.initial(gain=3.0), gd.GD(lr=0.1), steps=5)
    >>> cause = first_not_finite(run)
    >>> cause.step, cause.layer, cause.quantity
    (2, 3, 'pre-activation')
    >>> cause.why
    'activations of size 10¹⁵³ meet weights of size 10¹⁶⁷, beyond 10³⁰⁸ there is only inf.'
    """
    loss = run.objective
    if not hasattr(getattr(loss, "network", None), "layers"):
        raise TypeError(
            f"the autopsy examines a run of a stack, and this run's objective is {loss!r}: "
            "give gd.descend the loss of a gd.networks.Stack"
        )
    if run.shape:
        raise ValueError(
            f"the autopsy takes one run, and this is a batch of shape {run.shape}: "
            "make the run again with one start and one of every hyper-parameter"
        )
    lost = ~(np.isfinite(run.values) & np.isfinite(run.points).all(axis=-1))
    with np.errstate(all="ignore"):
        # an infinite sum may leave a loss that is finite: tanh makes 1 of it, ReLU perhaps 0
        for z, *_ in loss.network._forward(loss.network._read(run.points), loss.inputs):
            lost |= ~np.isfinite(z).all(axis=(-2, -1))
    step = int(np.argmax(lost)) if lost.any() else run.steps
    # an infinite gradient shows in the weights and the loss one step later
    for at in range(max(step - 1, 0), step + 1):
        found = loss.first_not_finite(run.points[at])
        if found is not None:
            return Cause(at, *found, _why(loss, run.points[at], *found))
    return None


def _why(loss, parameters, layer, quantity):
    """Say which two numbers were too large for their product."""
    if quantity == "weights":
        return "the update, the rate times the gradient, was too large."
    trace = loss.trace(parameters)
    weights = [weight for weight, _ in loss.network.views(parameters)]
    activations = [loss.inputs, *trace.activations]
    deltas = trace.pre_activation_gradients
    if quantity == "loss":
        why = {
            "mse": ", and its square is too large",
            "log_of_softmax": ", and a probability is rounded to 0 before its log",
        }
        return f"the output is of size {_size(activations[-1])}{why.get(loss.kind, '')}."
    if quantity == "activation":
        skipped = _size(activations[layer - 1])
        return f"the skip adds activations of size {skipped} to others that are as large."
    if quantity == "pre-activation":
        one, other = ("activations", activations[layer - 1]), ("weights", weights[layer - 1])
    elif layer == len(weights) and not np.isfinite(deltas[layer - 1]).all():
        return f"the output is of size {_size(activations[-1])}, and the loss has no slope there."
    elif np.isfinite(deltas[layer - 1]).all():
        one, other = ("gradients", deltas[layer - 1]), ("activations", activations[layer - 1])
    else:
        one, other = ("gradients", deltas[layer]), ("weights", weights[layer])
    return (
        f"{one[0]} of size {_size(one[1])} meet {other[0]} of size {_size(other[1])}, "
        f"beyond {_size(np.finfo(loss.network.dtype).max)} there is only inf."
    )


def _size(array):
    largest = np.abs(array).max()
    return power_of_ten(np.floor(np.log10(largest))) if 0 < largest < np.inf else f"{largest:g}"
