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

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np

SCHEMES = ("normal", "xavier", "he", "orthogonal")


# Activations


@dataclass(frozen=True)
class Activation:
    """An activation function a = f(z), with its derivative written in terms of the output a.

    `slope(a)` is f'(z) where a = f(z); backpropagation needs no more. `critical_gain` is the gain
    at which gradients neither shrink nor grow from layer to layer of a wide stack, weights drawn
    from N(0, gain²/n_in) and biases zero.

    >>> float(activation("sigmoid")(0.0)), float(activation("sigmoid").derivative(0.0))
    (0.5, 0.25)
    >>> round(float(activation("tanh").derivative(4.0)), 5)
    0.00134
    """

    name: str
    function: Callable
    slope: Callable
    critical_gain: float
    homogeneous: bool  # f(cz) = c f(z) for c > 0

    def __call__(self, z):
        """f(z), element by element: (...) -> (...)."""
        z = np.asarray(z)
        with np.errstate(all="ignore"):
            return self.function(z if z.dtype.kind == "f" else z.astype(float))

    def derivative(self, z):
        """f'(z), element by element: (...) -> (...); at the kink of a ReLU, the left slope."""
        a = self(z)
        with np.errstate(all="ignore"):
            return np.multiply(self.slope(a), np.ones_like(a))

    def gradient_growth(self, gain):
        """The factor by which theory multiplies ‖∂loss/∂z‖ from one layer to the layer before.

        √χ with χ = gain² E[f'(√q u)²], u ~ N(0, 1), at the variance q of the pre-activations that
        repeats itself, q = gain² E[f(√q u)²]. For ReLU that is gain/√2, for linear the gain. It is
        exact for endless width, weights N(0, gain²/n_in) and zero biases.

        Source: Schoenholz, Gilmer, Ganguli, Sohl-Dickstein, "Deep information propagation",
        ICLR 2017.

        >>> round(activation("relu").gradient_growth(1.0), 4)
        0.7071
        >>> round(activation("sigmoid").gradient_growth(1.0), 3)
        0.236
        """
        gain = float(_gains(gain, "gain", shape=()))
        if self.homogeneous:
            return gain / self.critical_gain
        u = np.linspace(-10, 10, 2001)
        density = np.exp(-u * u / 2) / np.sum(np.exp(-u * u / 2))
        q = 1.0
        for _ in range(1000):
            q = gain**2 * np.sum(density * self.function(np.sqrt(q) * u) ** 2)
        a = self.function(np.sqrt(q) * u)
        return float(gain * np.sqrt(np.sum(density * self.slope(a) ** 2)))


_LEAK = 0.01

_ACTIVATIONS = {
    a.name: a
    for a in (
        Activation("linear", np.positive, np.ones_like, 1.0, True),
        # exp may overflow to inf, and 1/inf is the right answer, 0.
        Activation(
            "sigmoid",
            lambda z: 1 / (1 + np.exp(-z)),
            lambda a: a * (1 - a),
            10.149263710019525,
            False,
        ),
        Activation("tanh", np.tanh, lambda a: 1 - a * a, 1.0, False),
        Activation("relu", lambda z: np.maximum(z, 0), lambda a: a > 0, 2**0.5, True),
        Activation(
            "leaky_relu",
            lambda z: np.maximum(z, _LEAK * z),
            lambda a: np.where(a > 0, a.dtype.type(1), a.dtype.type(_LEAK)),
            (2 / (1 + _LEAK**2)) ** 0.5,
            True,
        ),
    )
}
ACTIVATIONS = tuple(_ACTIVATIONS)


def activation(name):
    """The activation of that name: linear, sigmoid, tanh, relu or leaky_relu (slope 0.01).

    Raises ValueError for any other name.

    >>> activation("relu")([-2.0, 3.0])
    array([0., 3.])
    >>> activation("leaky_relu").derivative([-2.0, 3.0])
    array([0.01, 1.  ])
    """
    _choice("activation", name, ACTIVATIONS)
    return _ACTIVATIONS[name]


# What was wrong with the input, in words


def _choice(what, given, allowed):
    if not (isinstance(given, str) and given in allowed):
        raise ValueError(f"{what} is {given!r}: choose one of {', '.join(allowed)}")


def _count(what, given):
    try:
        count = operator.index(given)
    except TypeError:
        raise TypeError(f"{what} is {given!r}: give a whole number, as in {what}=8") from None
    if count < 1 or isinstance(given, bool):
        raise ValueError(f"{what} is {given!r}: give a whole number of at least 1")
    return count


def _float_type(given):
    try:
        dtype = np.dtype(given)
    except TypeError:
        dtype = None
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype is {given!r}: choose 'float32' or 'float64'")
    return dtype.name


def _gains(given, what, shape=None):
    try:
        gains = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{what} is {given!r}: give a number or an array of numbers") from None
    if not np.all(np.isfinite(gains) & (gains >= 0)):
        raise ValueError(f"{what} is {given!r}: give numbers that are zero or more")
    if shape is not None and gains.shape != shape:
        raise ValueError(f"{what} has shape {gains.shape}: give one number")
    return gains


def _seeds(given):
    seeds = np.asarray(given)
    if seeds.dtype.kind not in "iu" or seeds.size == 0 or np.any(seeds < 0):
        raise ValueError(f"seed is {given!r}: give whole numbers that are zero or more")
    return seeds


def _finite(what, given, dtype):
    try:
        with np.errstate(all="ignore"):
            array = np.array(given, dtype=dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{what} cannot be read as an array of numbers") from None
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(f"{what} holds NaN or infinity in {bad} places: mend or drop these rows")
    return array


# Losses: outputs (..., batch, k), targets (batch, k) -> value (...) and ∂loss/∂outputs


def _mse(outputs, targets):
    error = outputs - targets
    return np.mean(_flat(error * error, 2), axis=-1)


def _mse_gradient(outputs, targets):
    return (outputs - targets) * outputs.dtype.type(2 / targets.size)


def _log_softmax(outputs):
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def _cross_entropy(outputs, targets):
    return -np.sum(_flat(targets * _log_softmax(outputs), 2), axis=-1) / len(targets)


def _cross_entropy_gradient(outputs, targets):
    return (np.exp(_log_softmax(outputs)) - targets) / len(targets)


_LOSSES = {"mse": (_mse, _mse_gradient), "cross_entropy": (_cross_entropy, _cross_entropy_gradient)}
LOSSES = tuple(_LOSSES)


def _read_targets(targets, kind, batch, outputs, dtype):
    given = np.asarray(targets)
    if kind == "cross_entropy" and given.dtype.kind in "iu" and given.ndim == 1:
        if np.any((given < 0) | (given >= outputs)):
            raise ValueError(
                f"targets go from {given.min()} to {given.max()}: with outputs={outputs} the "
                f"classes are 0 to {outputs - 1}"
            )
        given = np.eye(outputs)[given]
    targets = _finite("targets", given, dtype)
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


# Norms and sizes


def _flat(array, axes):
    return array.reshape(*array.shape[:-axes], prod(array.shape[-axes:]))


def _norm(array):
    """‖array‖ over the last axis, right also where the squares under- or overflow."""
    square = np.vecdot(array, array)
    safe = (square > np.finfo(array.dtype).tiny * 1e16) & (square < np.inf)
    if np.all(safe):
        return np.sqrt(square)
    scale = np.max(np.abs(array), axis=-1)
    scale = np.where((scale > 0) & (scale < np.inf), scale, array.dtype.type(1))
    scaled = array / scale[..., None]
    return np.where(safe, np.sqrt(square), scale * np.sqrt(np.vecdot(scaled, scaled)))


def _norms(arrays):
    return np.stack([_norm(_flat(array, 2)) for array in arrays], axis=-1)


# Initialisers


@lru_cache(maxsize=256)
def _kept_draw(seed, stream, n_out, n_in, orthogonal):
    draw = np.random.default_rng([seed, stream]).standard_normal((n_out, n_in))
    if orthogonal:
        q, r = np.linalg.qr(draw if n_out >= n_in else draw.T)
        # Without the signs of r's diagonal, q would not be uniform over the orthogonal matrices.
        q = q * np.sign(np.diag(r))
        draw = q if n_out >= n_in else q.T
    return draw


def _draw(seed, stream, n_out, n_in, orthogonal):
    # Only small matrices are kept: at most 256 of 128 kB each.
    function = _kept_draw if n_out * n_in <= 128 * 128 else _kept_draw.__wrapped__
    return function(seed, stream, n_out, n_in, orthogonal)


def _initial(network, gain, scheme, seed, more=()):
    """Zero parameters with drawn weights: (parameters, seeds). `more` joins the broadcast."""
    _choice("scheme", scheme, SCHEMES)
    gains, seeds = _gains(gain, "gain"), _seeds(seed)
    arrays = [gains, seeds, *more]
    try:
        runs = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(
            f"the shapes {shapes} of gain, seed and the like do not broadcast: for every gain "
            "with every seed give gain the shape (gains, 1)"
        ) from None
    parameters = np.zeros((*runs, network.parameter_count), network.dtype)
    for stream, weight in network._weights(parameters):
        n_out, n_in = weight.shape[-2:]
        variance = {"normal": 1 / n_in, "xavier": 2 / (n_in + n_out), "he": 2 / n_in}
        scale = gains * np.sqrt(variance.get(scheme, 1.0))
        draws = [_draw(int(s), stream, n_out, n_in, scheme == "orthogonal") for s in seeds.flat]
        draws = np.stack(draws).reshape(*seeds.shape, n_out, n_in)
        with np.errstate(all="ignore"):
            np.multiply(scale[..., None, None], draws, out=weight, casting="same_kind")
    return parameters, seeds


# Networks


def _views(parameters, shapes, network):
    count = network.parameter_count
    if np.ndim(parameters) == 0 or np.shape(parameters)[-1] != count:
        raise ValueError(
            f"parameters have shape {np.shape(parameters)}: the last axis must hold the {count} "
            f"parameters of {network}; {type(network).__name__}.initial() makes them"
        )
    views, end = [], 0
    for shape in shapes:
        start, end = end, end + prod(shape)
        views.append(parameters[..., start:end].reshape(*parameters.shape[:-1], *shape))
    return views


class _Network:
    """What a stack and a recurrent net share: parameters in one flat vector."""

    @property
    def parameter_count(self):
        """P, the length of the flat parameter vector."""
        return sum(prod(shape) for shape in self._shapes)

    def predict(self, parameters, inputs):
        """The outputs, (..., P) -> (..., batch, outputs); for cross entropy these are logits."""
        with np.errstate(all="ignore"):
            return self._outputs(self._read(parameters), self._read_inputs(inputs))

    def loss(self, inputs, targets, kind="mse"):
        """The loss on a data set as a function of the parameters: a `NetworkLoss`.

        `kind` is "mse", the mean of (output - target)² over batch and outputs, targets of shape
        (batch, outputs) or (batch,) for one output; or "cross_entropy", the mean over the batch of
        -log softmax(outputs)[target], targets as whole class numbers (batch,) or as rows of
        probabilities (batch, outputs). Both as in PyTorch.

        Raises ValueError for shapes that do not fit the network, NaN or infinity in the data.
        """
        _choice("kind", kind, LOSSES)
        inputs = self._read_inputs(inputs)
        targets = _read_targets(targets, kind, len(inputs), self.outputs, self.dtype)
        return NetworkLoss(self, inputs, targets, kind)

    def _outputs(self, parameters, inputs):
        for _, a in self._forward(parameters, inputs):
            outputs = a
        return outputs

    def _read(self, parameters):
        # Contiguous, so that every matrix product goes through BLAS and a batch of networks gives
        # the very bits of the same networks one at a time.
        with np.errstate(all="ignore"):
            parameters = np.asarray(parameters, dtype=self.dtype, order="C")
        _views(parameters, (), self)
        return parameters

    def _read_inputs(self, inputs):
        inputs = _finite("inputs", inputs, self.dtype)
        axes = self._input_axes
        if inputs.ndim != len(axes) or inputs.shape[-1] != self.inputs or 0 in inputs.shape:
            raise ValueError(
                f"inputs have shape {inputs.shape}: give ({', '.join(axes)}) with "
                f"inputs={self.inputs} and at least one row"
            )
        return inputs


@dataclass(frozen=True)
class Stack(_Network):
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

    _input_axes = ("batch", "inputs")

    def __post_init__(self):
        for name in ("depth", "width", "inputs", "outputs"):
            object.__setattr__(self, name, _count(name, getattr(self, name)))
        _choice("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "dtype", _float_type(self.dtype))

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
        views = _views(parameters, self._shapes, self)
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
        return _initial(self, gain, scheme, seed)[0]

    def _weights(self, parameters):
        # Stream 0 is the output layer's, so that it stays the same at every depth.
        return [((i + 1) % self.layers, w) for i, (w, _) in enumerate(self.views(parameters))]

    def _forward(self, parameters, inputs):
        f, a = _ACTIVATIONS[self.activation].function, inputs
        for layer, (weight, bias) in enumerate(self.views(parameters), 1):
            z = a @ weight.mT
            if bias is not None:
                z += bias[..., None, :]
            a = z if layer == self.layers else f(z)
            yield z, a

    def _backward(self, parameters, inputs, activations, output_gradient, gradient):
        slope = _ACTIVATIONS[self.activation].slope
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

    def _layer_gradient_norms(self, gradient, backward):
        for _ in backward:
            pass
        return np.stack([_norm(block) for _, block in self._blocks(gradient)], axis=-1)


class RecurrentWeights(NamedTuple):
    """Views into a recurrent net's flat parameters; a bias is None where there is none."""

    hidden: np.ndarray
    input: np.ndarray
    bias: np.ndarray | None
    output: np.ndarray
    output_bias: np.ndarray | None


@dataclass(frozen=True)
class Recurrent(_Network):
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

    _input_axes = ("batch", "time", "inputs")

    def __post_init__(self):
        for name in ("inputs", "hidden", "outputs"):
            object.__setattr__(self, name, _count(name, getattr(self, name)))
        _choice("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "dtype", _float_type(self.dtype))

    @property
    def _shapes(self):
        hidden, outputs, bias = self.hidden, self.outputs, self.bias
        shapes = [(hidden, hidden), (hidden, self.inputs), (hidden,), (outputs, hidden), (outputs,)]
        return [shape for shape in shapes if bias or len(shape) == 2]

    def views(self, parameters):
        """`RecurrentWeights` (hidden W, input U, bias b, output V, output_bias c), shared memory.

        Works on parameters and on gradients.
        """
        views = _views(parameters, self._shapes, self)
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
            return _initial(self, gain, scheme, seed)[0]
        radii = _gains(spectral_radius, "spectral_radius")
        parameters, seeds = _initial(self, gain, scheme, seed, more=[radii])
        n = self.hidden
        draws = [_draw(int(s), 1, n, n, scheme == "orthogonal") for s in seeds.flat]
        draws = np.stack(draws).reshape(*seeds.shape, n, n)
        largest = np.abs(np.linalg.eigvals(draws)).max(axis=-1)
        self.views(parameters).hidden[...] = (radii / largest)[..., None, None] * draws
        return parameters

    def _weights(self, parameters):
        weights = self.views(parameters)
        return [(1, weights.hidden), (2, weights.input), (0, weights.output)]

    def _forward(self, parameters, inputs):
        f = _ACTIVATIONS[self.activation].function
        hidden, into, bias, out, output_bias = self.views(parameters)
        h = None
        for x in np.moveaxis(inputs, 1, 0):
            z = x @ into.mT
            if h is not None:
                z += h @ hidden.mT
            if self.bias:
                z += bias[..., None, :]
            h = f(z)
            yield z, h
        z = h @ out.mT
        if self.bias:
            z += output_bias[..., None, :]
        yield z, z

    def _backward(self, parameters, inputs, activations, output_gradient, gradient):
        slope = _ACTIVATIONS[self.activation].slope
        weights, gradients = self.views(parameters), self.views(gradient)
        gradient[...] = 0
        gradients.output[...] = output_gradient.mT @ activations[-2]
        if self.bias:
            gradients.output_bias[...] = np.sum(output_gradient, axis=-2)
        yield output_gradient, output_gradient
        delta, matrix = output_gradient, weights.output
        for t in reversed(range(inputs.shape[1])):
            by_activation = delta @ matrix
            delta = by_activation * slope(activations[t])
            yield by_activation, delta
            gradients.input[...] += delta.mT @ inputs[:, t]
            if t:
                gradients.hidden[...] += delta.mT @ activations[t - 1]
            if self.bias:
                gradients.bias[...] += np.sum(delta, axis=-2)
            matrix = weights.hidden

    def _blocks(self, parameters):
        """All parameters as one block, which belongs to no single time step: number 0."""
        return [(0, parameters)]

    def _layer_gradient_norms(self, gradient, backward):
        return _norms([by_activation for by_activation, _ in backward][:0:-1])


# The loss as an objective


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
    ∂loss/∂a. `value` has shape (...), `gradient` (..., P). Norms are taken over batch and units,
    (..., layers), and stay right where the squares under- or overflow.

    Note that ‖∂loss/∂W_l‖ is about the product of the size of the delta and of the activation
    below: where both shrink a layer, one forwards and one backwards, as with ReLU at gain 1, the
    weights' gradients are level although signal and delta vanish. Theory's growth a layer
    (`Activation.gradient_growth`) speaks of `delta_norms`.
    """

    network: _Network
    value: np.ndarray
    gradient: np.ndarray = field(repr=False)
    pre_activations: list = field(repr=False)
    activations: list = field(repr=False)
    pre_activation_gradients: list = field(repr=False)
    activation_gradients: list = field(repr=False)

    @property
    def layer_gradient_norms(self):
        """Stack: norm of ∂loss/∂(W_l, b_l), (..., L). Recurrent: of ∂loss/∂h_t, (..., T)."""
        backward = zip(
            self.activation_gradients[::-1], self.pre_activation_gradients[::-1], strict=True
        )
        return self._quiet(self.network._layer_gradient_norms, self.gradient, backward)

    @property
    def delta_norms(self):
        """‖∂loss/∂z_l‖, (..., layers)."""
        return self._quiet(_norms, self.pre_activation_gradients)

    @property
    def activation_gradient_norms(self):
        """‖∂loss/∂a_l‖, (..., layers)."""
        return self._quiet(_norms, self.activation_gradients)

    @property
    def activation_norms(self):
        """‖a_l‖, (..., layers)."""
        return self._quiet(_norms, self.activations)

    @property
    def activation_stds(self):
        """Standard deviation of a_l over batch and units, (..., layers)."""
        return self._quiet(
            lambda: np.stack([_flat(a, 2).std(axis=-1) for a in self.activations], axis=-1)
        )

    @staticmethod
    def _quiet(function, *arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)


@dataclass(frozen=True, eq=False)
class NetworkLoss:
    """The loss of a network on a data set, as a function of its parameters (..., P).

    An objective for `descend`: `value` and `gradient`. Made by `Stack.loss` and `Recurrent.loss`.

    >>> stack = Stack(depth=1, width=2, inputs=1, activation="tanh")
    >>> loss = stack.loss([[0.0], [1.0]], targets=[1.0, 1.0])
    >>> parameters = stack.initial(gain=0.0)
    >>> float(loss.value(parameters))
    1.0
    >>> loss.gradient(parameters)
    array([ 0.,  0.,  0.,  0.,  0.,  0., -2.])
    """

    network: _Network
    inputs: np.ndarray = field(repr=False)
    targets: np.ndarray = field(repr=False)
    kind: str

    @property
    def dim(self):
        """P, the number of parameters."""
        return self.network.parameter_count

    def value(self, parameters):
        """The loss: (..., P) -> (...)."""
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            outputs = self.network._outputs(parameters, self.inputs)
            return _LOSSES[self.kind][0](outputs, self.targets)

    def gradient(self, parameters):
        """∂loss/∂parameters by backpropagation: (..., P) -> (..., P)."""
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            activations = [a for _, a in self.network._forward(parameters, self.inputs)]
            gradient, backward = self._backward(parameters, activations)
            for _ in backward:
                pass
            return gradient

    def layer_gradient_norms(self, parameters):
        """The gradient's norm layer by layer.

        Stack: ‖∂loss/∂(W_l, b_l)‖ for l = 1 ... L, (..., P) -> (..., L); the root of the sum of
        their squares is the norm of the whole gradient. Recurrent: ‖∂loss/∂h_t‖ for the time steps
        t = 1 ... T, (..., P) -> (..., T).
        """
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            activations = [a for _, a in self.network._forward(parameters, self.inputs)]
            gradient, backward = self._backward(parameters, activations)
            return self.network._layer_gradient_norms(gradient, backward)

    def trace(self, parameters):
        """One forward and one backward pass with everything in between: a `Trace`.

        Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors",
        Nature 323, 1986; through time: Werbos 1990.
        """
        parameters = self.network._read(parameters)
        with np.errstate(all="ignore"):
            forward = list(self.network._forward(parameters, self.inputs))
            pre_activations, activations = map(list, zip(*forward, strict=True))
            gradient, backward = self._backward(parameters, activations)
            by_activation, by_pre_activation = map(list, zip(*backward, strict=True))
            return Trace(
                self.network,
                _LOSSES[self.kind][0](activations[-1], self.targets),
                gradient,
                pre_activations,
                activations,
                by_pre_activation[::-1],
                by_activation[::-1],
            )

    def _backward(self, parameters, activations):
        """An empty gradient, and the backward pass that fills it while it is walked through."""
        output_gradient = _LOSSES[self.kind][1](activations[-1], self.targets)
        gradient = np.empty_like(parameters)
        return gradient, self.network._backward(
            parameters, self.inputs, activations, output_gradient, gradient
        )

    def first_not_finite(self, parameters):
        """The layer and quantity that was first inf or NaN in a pass, or None: a `NotFinite`.

        In the order of the computation: "weights", then from the first layer to the last
        "pre-activation" and "activation", then "loss", then from the last layer to the first
        "gradient". Takes one network, parameters of shape (P,); raises ValueError for more.

        >>> stack = Stack(depth=3, width=2, inputs=1, activation="linear")
        >>> loss = stack.loss([[1.0]], targets=[0.0])
        >>> loss.first_not_finite(stack.initial(gain=1e150))
        NotFinite(layer=3, quantity='pre-activation')
        """
        trace = self.trace(parameters)
        if trace.value.ndim:
            raise ValueError(
                f"parameters have shape {np.shape(parameters)}: the autopsy takes one network, "
                "as in parameters[0]"
            )
        checks = [
            (n, "weights", w) for n, w in self.network._blocks(self.network._read(parameters))
        ]
        forward = zip(trace.pre_activations, trace.activations, strict=True)
        for layer, (z, a) in enumerate(forward, 1):
            checks += [(layer, "pre-activation", z), (layer, "activation", a)]
        last = len(trace.activations)
        checks.append((last, "loss", trace.value))
        blocks = dict(self.network._blocks(trace.gradient))
        for layer in range(last, -1, -1):
            if layer:
                checks.append((layer, "gradient", trace.activation_gradients[layer - 1]))
                checks.append((layer, "gradient", trace.pre_activation_gradients[layer - 1]))
            if layer in blocks:
                checks.append((layer, "gradient", blocks[layer]))
        for layer, quantity, array in checks:
            if not np.all(np.isfinite(array)):
                return NotFinite(layer, quantity)
        return None
