"""A recurrent net: the same weights at each time step."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gdviz import checks
from gdviz.networks.activations import activation
from gdviz.networks.initialisers import draw_weights, initial_parameters
from gdviz.networks.network import Network
from gdviz.norms import flat, norms


class RecurrentWeights(NamedTuple):
    """Views into a recurrent net's flat parameters; a bias is None where there is none."""

    hidden: np.ndarray
    input: np.ndarray
    bias: np.ndarray | None
    output: np.ndarray
    output_bias: np.ndarray | None


@dataclass(frozen=True)
class Recurrent(Network):
    """A recurrent net that reads a sequence and answers after the last step.

    h_0 = 0, h_t = f(W h_(t-1) + U x_t + b) for t = 1 ... T, output V h_T + c: the same W at each
    time step. Inputs have shape (batch, time, inputs), so T is the data's. The flat vector holds
    W (hidden, hidden), U (hidden, inputs), b, V (outputs, hidden), c.

    Raises ValueError or TypeError for a count below 1 or an unknown name.

    >>> net = Recurrent(inputs=1, hidden=4, outputs=1, activation="linear")
    >>> parameters = net.initial(scheme="orthogonal", gain=2.0)
    >>> loss = net.loss(np.ones((1, 51, 1)), targets=[0.0])
    >>> norms = loss.layer_gradient_norms(parameters)
    >>> round(float(norms[0] / norms[-1]) / 2**50, 9)
    1.0
    """

    inputs: int = 1
    hidden: int = 32
    outputs: int = 1
    activation: str = "tanh"
    bias: bool = True
    dtype: str = "float64"

    _counts = ("inputs", "hidden", "outputs")
    _input_axes = ("batch", "time", "inputs")

    @property
    def _shapes(self):
        hidden, outputs, bias = self.hidden, self.outputs, self.bias
        shapes = [(hidden, hidden), (hidden, self.inputs), (hidden,), (outputs, hidden), (outputs,)]
        return [shape for shape in shapes if bias or len(shape) == 2]

    def views(self, parameters):
        """`RecurrentWeights` (hidden W, input U, bias b, output V, output_bias c), shared memory.

        Works on parameters and on gradients.
        """
        views = self._split(parameters)
        if not self.bias:
            views = [*views[:2], None, views[2], None]
        return RecurrentWeights(*views)

    def initial(self, gain=1.0, scheme="normal", seed=0, spectral_radius=None):
        """Parameters to start from, (..., P), as `Stack.initial`.

        With `spectral_radius`, a number or an array that broadcasts with gain and seed, W is
        scaled so that the largest absolute value of its eigenvalues is that number; the gain then
        holds for U and V only.

        Raises ValueError for a negative gain or radius, or an unknown scheme.

        >>> net = Recurrent(hidden=8)
        >>> weights = net.views(net.initial(spectral_radius=[0.5, 1.5])).hidden
        >>> np.abs(np.linalg.eigvals(weights)).max(axis=-1).round(6)
        array([0.5, 1.5])
        """
        if spectral_radius is None:
            return initial_parameters(self, gain, scheme, seed)
        radii = checks.zero_or_more("spectral_radius", spectral_radius)
        parameters = initial_parameters(self, gain, scheme, seed, radii.shape)
        draws = draw_weights(scheme, np.asarray(seed), 1, (self.hidden, self.hidden))
        largest = np.abs(np.linalg.eigvals(draws)).max(axis=-1)
        self.views(parameters).hidden[...] = (radii / largest)[..., None, None] * draws
        return parameters

    def _weights(self, parameters):
        weights = self.views(parameters)
        return [(1, weights.hidden), (2, weights.input), (0, weights.output)]

    def _forward(self, parameters, inputs):
        f = activation(self.activation).function
        hidden, into, bias, out, output_bias = self.views(parameters)
        h = None
        for x in np.moveaxis(inputs, -2, 0):
            z = x @ into.mT
            if h is not None:
                z += h @ hidden.mT
            if self.bias:
                z += bias[..., None, :]
            h = f(z)
            yield z, h, None
        z = h @ out.mT
        if self.bias:
            z += output_bias[..., None, :]
        yield z, z, None

    def _backward(self, parameters, inputs, activations, kept, output_gradient, gradient):
        slope = activation(self.activation).slope
        weights, gradients = self.views(parameters), self.views(gradient)
        gradient[...] = 0
        gradients.output[...] = output_gradient.mT @ activations[-2]
        if self.bias:
            gradients.output_bias[...] = np.sum(output_gradient, axis=-2)
        yield output_gradient, output_gradient
        delta, matrix = output_gradient, weights.output
        for t in reversed(range(inputs.shape[-2])):
            by_activation = delta @ matrix
            delta = by_activation * slope(activations[t])
            yield by_activation, delta
            gradients.input[...] += delta.mT @ inputs[..., t, :]
            if t:
                gradients.hidden[...] += delta.mT @ activations[t - 1]
            if self.bias:
                gradients.bias[...] += np.sum(delta, axis=-2)
            matrix = weights.hidden

    def _blocks(self, parameters):
        """All parameters as one block, which belongs to no single time step: number 0."""
        return [(0, parameters)]

    def _layer_gradient_norms(self, gradient, activation_gradients):
        return norms([flat(array) for array in list(activation_gradients)[:0:-1]])
