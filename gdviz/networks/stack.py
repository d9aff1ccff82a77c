"""A deep stack of layers: feedforward, every layer with its own weights."""

from dataclasses import dataclass
from itertools import chain, pairwise
from math import prod

import numpy as np

from gdviz import checks
from gdviz.networks.activations import activation
from gdviz.networks.initialisers import initial_parameters
from gdviz.networks.network import Network
from gdviz.norms import flat, norms

NORMALISERS = ("batch",)
EPS = 1e-5


@dataclass(frozen=True)
class Stack(Network):
    """A deep stack of `depth` hidden layers and a linear output layer.

    a_0 = x, z_l = W_l a_(l-1) + b_l, a_l = f(z_l) for l = 1 ... depth, and the output
    z_L = W_L a_depth + b_L with L = depth + 1. W_l has shape (n_out, n_in); the flat vector holds
    W_1, b_1, W_2, b_2, ..., row by row.

    With `normalise="batch"` a hidden layer has a batch norm between linear and activation:

        z_l = c_l norm(W_l a_(l-1)) + b_l,    norm(u) = (u - mean) / sqrt(variance + 1e-5)

    with mean and (biased) variance of each unit over the rows of the data. The scale c_l, 1 at
    first, is learned and follows b_l in the flat vector; b_l is the shift. PyTorch's `Linear`
    without bias and `BatchNorm1d`, which has running averages besides for prediction: a stack keeps
    no state, and `predict` is handed the data to take mean and variance from.

    With `residual=True` the layers 2 ... depth, which have as many inputs as outputs, are added to
    what they get: a_l = a_(l-1) + f(z_l).

    `activation` is one of linear, sigmoid, tanh, relu, leaky_relu; `dtype` float32 or float64.
    Raises ValueError or TypeError for a count below 1 or an unknown name.

    Source: S. Ioffe and C. Szegedy, "Batch normalization", 2015; K. He, X. Zhang, S. Ren and J.
    Sun, "Deep residual learning for image recognition", 2016.

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
    normalise: str | None = None
    residual: bool = False

    _counts = ("depth", "width", "inputs", "outputs")
    _input_axes = ("batch", "inputs")

    @property
    def layers(self):
        """L = depth + 1, the number of layers that have parameters."""
        return self.depth + 1

    def __post_init__(self):
        super().__post_init__()
        if self.normalise is not None:
            checks.choice("normalise", self.normalise, NORMALISERS)

    @property
    def _layer_shapes(self):
        """The shapes of W_l, b_l and c_l, as far as there are such, layer by layer."""
        sizes = [self.inputs, *[self.width] * self.depth, self.outputs]
        normalised = [self.normalise is not None] * self.depth + [False]
        return [
            [(n_out, n_in)] + [(n_out,)] * (self.bias + scaled)
            for (n_in, n_out), scaled in zip(pairwise(sizes), normalised, strict=True)
        ]

    @property
    def _shapes(self):
        return list(chain(*self._layer_shapes))

    def views(self, parameters):
        """One pair (weight (..., n_out, n_in), bias (..., n_out)) a layer, sharing memory.

        Without biases the second of each pair is None. Works on parameters and on gradients.
        """
        return [(weight, bias) for weight, bias, _ in self._arrays(parameters)]

    def scales(self, parameters):
        """The scale (..., width) of each hidden layer's batch norm, sharing memory; [] without.

        >>> stack = Stack(depth=2, width=3, inputs=2, normalise="batch")
        >>> stack.scales(stack.initial())
        [array([1., 1., 1.]), array([1., 1., 1.])]
        """
        return [scale for *_, scale in self._arrays(parameters) if scale is not None]

    def _arrays(self, parameters):
        """One triple (weight, bias, scale) a layer, with None for what there is not."""
        arrays = iter(self._split(parameters))
        return [
            (
                next(arrays),
                next(arrays) if self.bias else None,
                next(arrays) if self.normalise and layer < self.layers else None,
            )
            for layer in range(1, self.layers + 1)
        ]

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
        parameters = initial_parameters(self, gain, scheme, seed)
        for scale in self.scales(parameters):
            scale[...] = 1
        return parameters

    def predict(self, parameters, inputs, reference=None):
        """The outputs, (..., P) -> (..., batch, outputs); for cross entropy these are logits.

        `reference`, inputs too, is needed with batch norm: each layer takes mean and variance from
        these rows, those of the training data as a rule. Raises ValueError where it is missing.

        >>> stack = Stack(depth=1, width=3, inputs=2, normalise="batch")
        >>> train = [[0.0, 1.0], [1.0, 0.0], [2.0, 3.0]]
        >>> stack.predict(stack.initial(), [[1.0, 2.0]], reference=train).shape
        (1, 1)
        """
        if self.normalise is None:
            return super().predict(parameters, inputs)
        if reference is None:
            raise ValueError(
                "a stack with batch norm has no mean and variance of its own: say which data's to "
                "take, as in predict(parameters, inputs, reference=training_inputs)"
            )
        inputs, reference = self._read_inputs(inputs), self._read_inputs(reference)
        count = len(reference)
        with np.errstate(all="ignore"):
            rows = np.concatenate([reference, inputs])
            return self._outputs(self._read(parameters), rows, count)[..., count:, :]

    def weight_norms(self, parameters):
        """The norm of each layer's weights, ‖W_l‖: (..., P) -> (..., L); of gradients too.

        Beside those of an update it is a practitioner's first instrument: ‖ΔW_l‖ / ‖W_l‖ is near
        0.001 where a rate fits. Of a run of `descend`,
        `stack.weight_norms(np.diff(run.points, axis=0)) / stack.weight_norms(run.points[:-1])`.

        >>> stack = Stack(depth=1, width=1, inputs=2)
        >>> stack.weight_norms(np.array([3.0, 4.0, 7.0, 2.0, 7.0]))
        array([5., 2.])
        """
        return norms([flat(weight) for weight, _ in self.views(self._read(parameters))])

    def _weights(self, parameters):
        # Stream 0 is the output layer's, so that it stays the same at every depth.
        return [((i + 1) % self.layers, w) for i, (w, _) in enumerate(self.views(parameters))]

    def _forward(self, parameters, inputs, count=None):
        f, a = activation(self.activation).function, inputs
        for layer, (weight, bias, scale) in enumerate(self._arrays(parameters), 1):
            z = a @ weight.mT
            norm = None
            if scale is not None:
                norm = _normalised(z, count)
                z = scale[..., None, :] * norm[0]
            if bias is not None:
                z += bias[..., None, :]
            output = z if layer == self.layers else f(z)
            a = a + output if self._skips(layer) else output
            yield z, a, (output, norm)

    def _skips(self, layer):
        return self.residual and 1 < layer < self.layers

    def _backward(self, parameters, inputs, activations, kept, output_gradient, gradient):
        slope = activation(self.activation).slope
        arrays, gradients = self._arrays(parameters), self._arrays(gradient)
        by_activation = delta = output_gradient
        for layer in range(self.layers, 0, -1):
            yield by_activation, delta
            weight, _, scale = arrays[layer - 1]
            weight_gradient, bias_gradient, scale_gradient = gradients[layer - 1]
            below = activations[layer - 2] if layer > 1 else inputs
            if self.bias:
                np.sum(delta, axis=-2, out=bias_gradient)
            if scale is not None:
                norm = kept[layer - 1][1]
                np.sum(delta * norm[0], axis=-2, out=scale_gradient)
                delta = _through_norm(delta * scale[..., None, :], *norm)
            np.matmul(delta.mT, below, out=weight_gradient)
            if layer > 1:
                skipped = by_activation if self._skips(layer) else None
                by_activation = delta @ weight
                if skipped is not None:
                    by_activation += skipped
                delta = by_activation * slope(kept[layer - 2][0])

    def _blocks(self, parameters):
        """The flat parameters of each layer, with the layer's number."""
        ends = np.cumsum([sum(map(prod, shapes)) for shapes in self._layer_shapes])
        return list(enumerate(np.split(parameters, ends[:-1], axis=-1), 1))

    def _layer_gradient_norms(self, gradient, activation_gradients):
        # The gradient is full once the backward pass has been walked through.
        for _ in activation_gradients:
            pass
        return norms([block for _, block in self._blocks(gradient)])


def _normalised(u, count):
    """Each unit by mean and variance over the first `count` rows, and the 1 / sqrt(variance)."""
    u = u - np.mean(u[..., :count, :], axis=-2, keepdims=True)
    variance = np.mean(u[..., :count, :] ** 2, axis=-2, keepdims=True)
    inverse = 1 / np.sqrt(variance + EPS)
    return u * inverse, inverse


def _through_norm(gradient, normal, inverse):
    """The gradient by what was normalised, of that by the outcome: all rows share in the mean."""
    level = np.mean(gradient, axis=-2, keepdims=True)
    tilt = np.mean(gradient * normal, axis=-2, keepdims=True)
    return inverse * (gradient - level - normal * tilt)
