"""A deep stack of layers: feedforward, every layer with its own weights."""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np

from gdviz.networks.activations import activation
from gdviz.networks.initialisers import initial_parameters
from gdviz.networks.network import Network
from gdviz.norms import norms


@dataclass(frozen=True)
class Stack(Network):
    """A deep stack of `depth` hidden layers and a linear output layer.

    a_0 = x, z_l = W_l a_(l-1) + b_l, a_l = f(z_l) for l = 1 ... depth, and the output
    z_L = W_L a_depth + b_L with L = depth + 1. W_l has shape (n_out, n_in); the flat vector holds
    W_1, b_1, W_2, b_2, ..., row by row.

    `activation` is one of linear, sigmoid, tanh, relu, leaky_relu; `dtype` float32 or float64.
    Raises ValueError or TypeError for a count below 1 or an unknown name.

    >>> stack = Stack(depth=3, width=4, inputs=2, outputs=1, activation="tanh")
    >>> stack.parameter_count
    57
    >>> parameters = stack.initial(seed=1)
    >>> weight, bias = stack.views(parameters)[0]
    >>> weight.shape, bias.shape
    ((4, 2), (4,))
    >>> stack.predict(parameters, [[1.0, 2.0], [0.0, 0.0]]).shape
    (2, 1)
    """

    depth: int
    width: int = 64
    inputs: int = 64
    outputs: int = 1
    activation: str = "sigmoid"
    bias: bool = True
    dtype: str = "float64"

    _counts = ("depth", "width", "inputs", "outputs")
    _input_axes = ("batch", "inputs")

    @property
    def layers(self):
        """L = depth + 1, the number of layers that have parameters."""
        return self.depth + 1

    @property
    def _shapes(self):
        sizes = [self.inputs, *[self.width] * self.depth, self.outputs]
        shapes = []
        for n_in, n_out in pairwise(sizes):
            shapes += [(n_out, n_in), (n_out,)] if self.bias else [(n_out, n_in)]
        return shapes

    def views(self, parameters):
        """One pair (weight (..., n_out, n_in), bias (..., n_out)) a layer, sharing memory.

        Without biases the second of each pair is None. Works on parameters and on gradients.
        """
        views = self._split(parameters)
        if not self.bias:
            return [(weight, None) for weight in views]
        return list(zip(views[::2], views[1::2], strict=True))

    def initial(self, gain=1.0, scheme="normal", seed=0):
        """Parameters to start from, (..., P), for every gain and seed: weights drawn, biases zero.

        The weights are N(0, gain² v) with v = 1/n_in for "normal", 2/(n_in + n_out) for "xavier"
        (Glorot and Bengio 2010), 2/n_in for "he" (He et al. 2015); for "orthogonal" gain times a
        random matrix with orthonormal rows or columns (Saxe et al. 2014). `gain` and `seed` may be
        arrays; they broadcast to the leading shape. The draws depend on the seed and the layer
        alone: the gain only scales them, and a deeper stack begins with the layers of a
        shallower one and ends with the same output layer.

        Raises ValueError for a negative gain or an unknown scheme.

        >>> stack = Stack(depth=2, width=3, inputs=3)
        >>> stack.initial(gain=[[0.5], [1.0]], seed=[0, 1, 2]).shape
        (2, 3, 28)
        """
        return initial_parameters(self, gain, scheme, seed)

    def _weights(self, parameters):
        # Stream 0 is the output layer's, so that it stays the same at every depth.
        return [((i + 1) % self.layers, w) for i, (w, _) in enumerate(self.views(parameters))]

    def _forward(self, parameters, inputs):
        f, a = activation(self.activation).function, inputs
        for layer, (weight, bias) in enumerate(self.views(parameters), 1):
            z = a @ weight.mT
            if bias is not None:
                z += bias[..., None, :]
            a = z if layer == self.layers else f(z)
            yield z, a

    def _backward(self, parameters, inputs, activations, output_gradient, gradient):
        slope = activation(self.activation).slope
        weights, gradients = self.views(parameters), self.views(gradient)
        by_activation = delta = output_gradient
        for layer in reversed(range(self.layers)):
            yield by_activation, delta
            weight_gradient, bias_gradient = gradients[layer]
            below = activations[layer - 1] if layer else inputs
            np.matmul(delta.mT, below, out=weight_gradient)
            if self.bias:
                np.sum(delta, axis=-2, out=bias_gradient)
            if layer:
                by_activation = delta @ weights[layer][0]
                delta = by_activation * slope(below)

    def _blocks(self, parameters):
        """The flat parameters of each layer, with the layer's number."""
        ends = np.cumsum([prod(shape) for shape in self._shapes])
        ends = ends[1::2] if self.bias else ends
        return list(enumerate(np.split(parameters, ends[:-1], axis=-1), 1))

    def _layer_gradient_norms(self, gradient, activation_gradients):
        # The gradient is full once the backward pass has been walked through.
        for _ in activation_gradients:
            pass
        return norms([block for _, block in self._blocks(gradient)])
