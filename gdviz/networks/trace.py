"""One forward and one backward pass with everything in between."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from gdviz.networks.activations import activation
from gdviz.norms import flat, norms


class NotFinite(NamedTuple):
    """Where inf or NaN first appeared: `layer` counts from 1, `quantity` says in what.

    The layer after the last hidden one is the output. In a recurrent net the layer is the time
    step, and 0 where the quantity belongs to all of them.
    """

    layer: int
    quantity: str


@dataclass(frozen=True, eq=False)
class Trace:
    """All that one forward and one backward pass computed.

    The lists have one array a layer (Stack: layers 1 ... L, the last is the linear output;
    Recurrent: time steps 1 ... T, then the output), each of shape (..., batch, units).
    `pre_activation_gradients` are ∂loss/∂z, the deltas of backpropagation, `activation_gradients`
    ∂loss/∂a. `value` has shape (...), `parameters` and `gradient` (..., P). Norms and the like are
    taken over batch and units, (..., layers), and stay right where the squares under- or overflow.

    Note that ‖∂loss/∂W_l‖ is about the product of the size of the delta and of the activation
    below: where both shrink a layer, one forwards and one backwards, as with ReLU at gain 1, the
    weights' gradients are level although signal and delta vanish. Theory's growth a layer
    (`Activation.gradient_growth`) speaks of `delta_norms`.
    """

    network: object
    parameters: np.ndarray = field(repr=False)
    value: np.ndarray
    gradient: np.ndarray = field(repr=False)
    pre_activations: list = field(repr=False)
    activations: list = field(repr=False)
    pre_activation_gradients: list = field(repr=False)
    activation_gradients: list = field(repr=False)

    @property
    def weights(self):
        """The network's views of the parameters: Stack: a pair (weight, bias) for each layer."""
        return self.network.views(self.parameters)

    @property
    def layer_gradient_norms(self):
        """Stack: norm of ∂loss/∂(W_l, b_l), (..., L). Recurrent: of ∂loss/∂h_t, (..., T)."""
        return self.network._layer_gradient_norms(self.gradient, self.activation_gradients[::-1])

    @property
    def delta_norms(self):
        """‖∂loss/∂z_l‖, (..., layers)."""
        return _norms(self.pre_activation_gradients)

    @property
    def activation_gradient_norms(self):
        """‖∂loss/∂a_l‖, (..., layers)."""
        return _norms(self.activation_gradients)

    @property
    def activation_norms(self):
        """‖a_l‖, (..., layers)."""
        return _norms(self.activations)

    @property
    def activation_rms(self):
        """The root of the mean of a_l² over batch and units, (..., layers)."""
        sizes = [np.prod(a.shape[-2:]) for a in self.activations]
        return self.activation_norms / np.sqrt(sizes, dtype=self.value.dtype)

    @property
    def activation_stds(self):
        """Standard deviation of a_l over batch and units, (..., layers)."""
        with np.errstate(all="ignore"):
            return np.stack([flat(a).std(axis=-1) for a in self.activations], axis=-1)

    @property
    def layer_gradients(self):
        """∂loss/∂(W_l, b_l) of each layer of a stack, flat, a list of (..., P_l)."""
        return [block for _, block in self.network._blocks(self.gradient)]

    @property
    def saturated_shares(self):
        """The share of units and rows at which hidden layer l is saturated, (..., layers - 1).

        Saturated means a slope f'(z) of at most 5 % of the steepest: a sigmoid beyond |z| = 4.3,
        tanh beyond 2.2. For ReLU it is a slope of 0, for Leaky ReLU it never is.
        """
        return self._shares([flat(off) for off in self._saturated()])

    @property
    def dead_shares(self):
        """The share of units that are saturated on every row, in each hidden layer, as above.

        Such a unit passes no gradient on, or next to none: a ReLU is dead, a sigmoid is stuck.
        """
        return self._shares([off.all(axis=-2) for off in self._saturated()])

    def _shares(self, layers):
        return np.stack([off.mean(axis=-1, dtype=self.value.dtype) for off in layers], axis=-1)

    def _saturated(self):
        f = activation(self.network.activation)
        least = 0 if f.homogeneous else 0.05 * f.derivative(0.0)
        return [f.derivative(z) <= least for z in self.pre_activations[:-1]]

    @property
    def first_not_finite(self):
        """The layer and quantity that was first inf or NaN in the pass, or None: a `NotFinite`.

        In the order of the computation: "weights", then from the first layer to the last
        "pre-activation" and "activation", then "loss", then from the last layer to the first
        "gradient". Raises ValueError where the pass was of more than one network.
        """
        if self.value.ndim:
            raise ValueError(
                f"parameters have shape {self.parameters.shape}: the autopsy takes one network, "
                "as in parameters[0]"
            )
        for layer, quantity, array in self._in_order():
            if not np.all(np.isfinite(array)):
                return NotFinite(layer, quantity)
        return None

    def _in_order(self):
        """All that the pass used and computed, from first to last: (layer, quantity, array)."""
        for layer, weights in self.network._blocks(self.parameters):
            yield layer, "weights", weights
        forward = zip(self.pre_activations, self.activations, strict=True)
        for layer, (z, a) in enumerate(forward, 1):
            yield layer, "pre-activation", z
            yield layer, "activation", a
        last = len(self.activations)
        yield last, "loss", self.value
        blocks = dict(self.network._blocks(self.gradient))
        for layer in range(last, -1, -1):
            if layer:
                yield layer, "gradient", self.activation_gradients[layer - 1]
                yield layer, "gradient", self.pre_activation_gradients[layer - 1]
            if layer in blocks:
                yield layer, "gradient", blocks[layer]


def _norms(arrays):
    return norms([flat(array) for array in arrays])
