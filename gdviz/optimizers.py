"""Update rules: how an optimizer turns a gradient into a step.

An optimizer is a frozen dataclass with two pure methods: `init(x)` gives the state before the
first step, and `update(gradient, state, step)` gives `(delta, state)`, after which
`x_new = x + delta`. The last axis of `x` is the coordinate, every leading axis an independent run.

A hyper-parameter is a number, an array of shape `(...)` that is read as `h[..., None]`, one value
for each run, or a schedule: a callable of the step, counted from 0, that returns either. The
conventions are PyTorch's, so that what is learned here carries over.
"""

from dataclasses import dataclass, field, fields
from math import inf, nextafter
from numbers import Real

import numpy as np

__all__ = ["GD", "AdaGrad", "Adam", "Clipped", "Momentum", "Nesterov", "RMSProp", "WeightDecay"]


def _hyper(says, low, high, shown=True, **default):
    """A field whose values lie in the half-open interval from `low` to `high`."""
    return field(**default, repr=shown, metadata={"allowed": (says, low, high)})


def _rate():
    return _hyper("a learning rate is a number of 0 or more, as in lr=0.1", 0.0, inf)


def _memory(name, default):
    says = f"{name} is a number from 0 up to, but not including, 1, as in {name}={default}"
    return _hyper(says, 0.0, 1.0, default=default)


def _eps(default):
    says = f"eps is a small number of 0 or more, as in eps={default}"
    return _hyper(says, 0.0, inf, shown=False, default=default)


def _checked(value, name, allowed, where=""):
    """The value as a float or an array of floats; an error if it holds one that is not allowed."""
    says, low, high = allowed
    if isinstance(value, float) and low <= value < high:
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiu" or not array.size:
        raise TypeError(f"{name} is {value!r}{where}: {says}.")
    good = (array >= low) & (array < high)
    if not good.all():
        first = np.unravel_index(np.argmin(good), array.shape)
        if array.ndim:
            where = f" at index {tuple(int(i) for i in first)}{where}"
        raise ValueError(f"{name} is {array[first]}{where}: {says}.")
    return array.astype(float) if array.ndim else float(array)


def _ready(value):
    return value if isinstance(value, float) else value[..., None]


def _rows(value, rows, shape):
    """What a hyper-parameter is for the runs `rows` of a batch of shape `shape`, in one line."""
    if hasattr(value, "take") and not isinstance(value, np.ndarray):
        return value.take(rows, shape)
    if callable(value):
        return lambda step: _rows(np.asarray(value(step)), rows, shape)
    return np.broadcast_to(value, shape).flat[rows] if np.ndim(value) else value


def _text(value):
    if isinstance(value, np.ndarray):
        return f"{value.size} values from {value.min():.6g} to {value.max():.6g}"
    return f"{value:.6g}" if isinstance(value, Real) else getattr(value, "__name__", repr(value))


class _Rule:
    """What all optimizers share: hyper-parameters that are checked, read, divided and printed."""

    def __post_init__(self):
        names, numbers = [], []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if "allowed" not in entry.metadata:
                _check_optimizer(value, type(self).__name__)
                continue
            if not callable(value):
                value = _checked(value, entry.name, entry.metadata["allowed"])
                if isinstance(value, np.ndarray):
                    value.setflags(write=False)
                object.__setattr__(self, entry.name, value)
            names.append((entry.name, entry.metadata["allowed"]))
            numbers.append(value)
        fixed = not any(callable(value) for value in numbers)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_fixed", tuple(map(_ready, numbers)) if fixed else None)

    def _at(self, step):
        """The hyper-parameters at a step, in order, shaped to broadcast against points."""
        if self._fixed is not None:
            return self._fixed
        ready = []
        for name, allowed in self._names:
            value = getattr(self, name)
            if callable(value):
                value = _checked(value(step), name, allowed, f" at step {step}")
            ready.append(_ready(value))
        return ready

    def take(self, rows, shape):
        """The same optimizer for the runs `rows` (a slice) of a batch of shape `shape`, flattened.

        >>> Momentum(lr=[[0.1], [0.2]]).take(slice(2, 5), (2, 3)).lr
        array([0.1, 0.2, 0.2])
        """
        return type(self)(
            **{entry.name: _rows(getattr(self, entry.name), rows, shape) for entry in fields(self)}
        )

    def __repr__(self):
        shown = (
            f"{entry.name}={_text(getattr(self, entry.name))}"
            for entry in fields(self)
            if entry.repr or not np.array_equal(getattr(self, entry.name), entry.default)
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _check_optimizer(value, wrapper):
    if isinstance(value, type) or not (hasattr(value, "init") and hasattr(value, "update")):
        given = value.__name__ if isinstance(value, type) else repr(value)
        raise TypeError(
            f"{wrapper} wraps an optimizer, and was given {given}: "
            f"give it one, as in {wrapper}(GD(lr=0.1), ...)."
        )


@dataclass(frozen=True, repr=False)
class GD(_Rule):
    """Gradient descent: a step against the gradient, as long as the rate times the slope.

        x <- x - lr g

    Source: A. Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées",
    1847.

    >>> optimizer = GD(lr=0.1)
    >>> gradient = np.array([3.0, -4.0])
    >>> optimizer.update(gradient, optimizer.init(gradient), step=0)[0]
    array([-0.3,  0.4])
    """

    lr: object = _rate()

    def init(self, x):
        """Nothing to remember: an empty state."""
        return ()

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the state after it."""
        (lr,) = self._at(step)
        return -lr * gradient, state


@dataclass(frozen=True, repr=False)
class Momentum(_Rule):
    """Gradient descent with momentum: the heavy ball, which keeps a velocity v.

        v <- beta v + (1 - dampening) g        (at the first step v = g)
        x <- x - lr v

    `dampening=beta` gives the average "10 % new, 90 % old" that many articles use.

    Source: B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
    this form: I. Sutskever and others, "On the importance of initialization and momentum in deep
    learning", 2013, and torch.optim.SGD.

    >>> optimizer = Momentum(lr=0.1, beta=0.5)
    >>> gradient = np.array([1.0])
    >>> delta, state = optimizer.update(gradient, optimizer.init(gradient), step=0)
    >>> optimizer.update(gradient, state, step=1)[0]
    array([-0.15])
    """

    lr: object = _rate()
    beta: object = _memory("beta", 0.9)
    dampening: object = _hyper(
        "dampening is a number from 0 to 1, as in dampening=0.9",
        0.0,
        nextafter(1.0, 2.0),
        shown=False,
        default=0.0,
    )

    def init(self, x):
        """No velocity yet."""
        return np.zeros_like(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the velocity after it."""
        lr, beta, dampening = self._at(step)
        v = beta * state + (1 - dampening * (step > 0)) * gradient
        return -lr * v, v


@dataclass(frozen=True, repr=False)
class Nesterov(_Rule):
    """Nesterov's accelerated gradient: momentum that looks one step ahead.

        v <- beta v + g        (at the first step v = g)
        x <- x - lr (g + beta v)

    Source: Y. Nesterov, "A method for solving the convex programming problem with convergence rate
    O(1/k^2)", 1983; this form: torch.optim.SGD(nesterov=True).

    >>> optimizer = Nesterov(lr=0.1, beta=0.5)
    >>> gradient = np.array([1.0])
    >>> optimizer.update(gradient, optimizer.init(gradient), step=0)[0]
    array([-0.15])
    """

    lr: object = _rate()
    beta: object = _memory("beta", 0.9)

    def init(self, x):
        """No velocity yet."""
        return np.zeros_like(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the velocity after it."""
        lr, beta = self._at(step)
        v = beta * state + gradient
        return -lr * (gradient + beta * v), v


@dataclass(frozen=True, repr=False)
class AdaGrad(_Rule):
    """AdaGrad: each coordinate's rate is divided by the root of all its squared slopes so far.

        s <- s + g^2
        x <- x - lr g / (sqrt(s) + eps)

    Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", 2011.

    >>> optimizer = AdaGrad(lr=0.1)
    >>> gradient = np.array([3.0, -0.01])
    >>> optimizer.update(gradient, optimizer.init(gradient), step=0)[0].round(6)
    array([-0.1,  0.1])
    """

    lr: object = _rate()
    eps: object = _eps(1e-10)

    def init(self, x):
        """No squares added up yet."""
        return np.zeros_like(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the sum of squares after it."""
        lr, eps = self._at(step)
        s = state + gradient * gradient
        return -lr * gradient / (np.sqrt(s) + eps), s


@dataclass(frozen=True, repr=False)
class RMSProp(_Rule):
    """RMSProp: each coordinate's rate is divided by the root of a fading average of squares.

        s <- beta s + (1 - beta) g^2
        x <- x - lr g / (sqrt(s) + eps)

    `beta` is PyTorch's `alpha`; its default there is 0.99.

    Source: T. Tieleman and G. Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning,
    Coursera, 2012.

    >>> optimizer = RMSProp(lr=0.1, beta=0.75)
    >>> gradient = np.array([3.0, -0.01])
    >>> optimizer.update(gradient, optimizer.init(gradient), step=0)[0].round(5)
    array([-0.2,  0.2])
    """

    lr: object = _rate()
    beta: object = _memory("beta", 0.9)
    eps: object = _eps(1e-8)

    def init(self, x):
        """An average of nothing yet."""
        return np.zeros_like(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the average of squares after it."""
        lr, beta, eps = self._at(step)
        s = beta * state + (1 - beta) * gradient * gradient
        return -lr * gradient / (np.sqrt(s) + eps), s


@dataclass(frozen=True, repr=False)
class Adam(_Rule):
    """Adam: momentum and RMSProp together, each average corrected for its start from zero.

        m <- beta1 m + (1 - beta1) g          c1 <- beta1 c1 + (1 - beta1)
        s <- beta2 s + (1 - beta2) g^2        c2 <- beta2 c2 + (1 - beta2)
        x <- x - lr (m / c1) / (sqrt(s / c2) + eps)

    m, s, c1 and c2 start from 0. c1 is the weight of all gradients in the average m: after t steps
    it is 1 - beta1^t, the form that the paper prints; c2 likewise.

    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015.

    >>> optimizer = Adam(lr=0.1)
    >>> gradient = np.array([3.0, -0.01])
    >>> optimizer.update(gradient, optimizer.init(gradient), step=0)[0].round(6)
    array([-0.1,  0.1])
    """

    lr: object = _rate()
    beta1: object = _memory("beta1", 0.9)
    beta2: object = _memory("beta2", 0.999)
    eps: object = _eps(1e-8)

    def init(self, x):
        """Averages of nothing, of weight 0."""
        return np.zeros_like(x), np.zeros_like(x), 0.0, 0.0

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the state `(m, s, c1, c2)` after it."""
        lr, beta1, beta2, eps = self._at(step)
        m, s, c1, c2 = state
        m = beta1 * m + (1 - beta1) * gradient
        s = beta2 * s + (1 - beta2) * gradient * gradient
        c1 = beta1 * c1 + (1 - beta1)
        c2 = beta2 * c2 + (1 - beta2)
        return -lr * (m / c1) / (np.sqrt(s / c2) + eps), (m, s, c1, c2)


@dataclass(frozen=True, repr=False)
class WeightDecay(_Rule):
    """Weight decay (L2): pulls every coordinate towards 0 by adding strength * x to the gradient.

        g <- g + strength x,    then the wrapped optimizer's update

    It is the gradient of strength / 2 * |x|^2, added to the objective; PyTorch's `weight_decay`
    for SGD and Adam. (AdamW, which subtracts lr * strength * x after the update, is another rule.)

    Source: A. Krogh and J. A. Hertz, "A simple weight decay can improve generalization", 1992.

    >>> optimizer = WeightDecay(GD(lr=0.1), strength=0.5)
    >>> x = np.array([2.0])
    >>> optimizer.update(np.array([1.0]), optimizer.init(x), step=0)[0]
    array([-0.2])
    """

    optimizer: object
    strength: object = _hyper("a strength is a number of 0 or more, as in strength=0.01", 0.0, inf)

    def init(self, x):
        """The point, which the gradient alone does not tell, and the wrapped optimizer's state."""
        return x, self.optimizer.init(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the state after it."""
        (strength,) = self._at(step)
        x, inner = state
        delta, inner = self.optimizer.update(gradient + strength * x, inner, step)
        return delta, (x + delta, inner)


@dataclass(frozen=True, repr=False)
class Clipped(_Rule):
    """Gradient clipping by norm: a gradient longer than max_norm is cut to it, direction kept.

        g <- g max_norm / |g|    where |g| > max_norm,    then the wrapped optimizer's update

    |g| is the norm over all coordinates of one run. It is exact where PyTorch's `clip_grad_norm_`
    adds 1e-6 to |g|. A gradient that is not finite has no direction to keep and passes unchanged.

    Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
    networks", 2013.

    >>> optimizer = Clipped(GD(lr=1.0), max_norm=1.0)
    >>> gradient = np.array([3.0, 4.0])
    >>> optimizer.update(gradient, optimizer.init(gradient), step=0)[0]
    array([-0.6, -0.8])
    """

    optimizer: object
    max_norm: object = _hyper(
        "a largest norm is a number above 0, as in max_norm=1.0", nextafter(0.0, 1.0), inf
    )

    def init(self, x):
        """The wrapped optimizer's state."""
        return self.optimizer.init(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the state after it."""
        (max_norm,) = self._at(step)
        # Scaled by its largest component first: the square of a huge gradient would overflow.
        largest = np.abs(gradient).max(axis=-1, keepdims=True)
        scaled = gradient / np.maximum(largest, np.finfo(float).tiny)
        # C order, so that a sum runs in the same order for one run and for a batch.
        length = np.sqrt(np.multiply(scaled, scaled, order="C").sum(axis=-1, keepdims=True))
        clipped = np.where(largest * length > max_norm, scaled / length * max_norm, gradient)
        return self.optimizer.update(clipped, state, step)
