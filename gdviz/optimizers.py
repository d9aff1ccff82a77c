"""Update rules: how an optimizer turns a gradient into a step.

An optimizer is a frozen dataclass with two pure methods: `init(x)` gives the state before the
first step, and `update(gradient, state, step)` gives `(delta, state)`, after which
`x_new = x + delta`. A rule that needs the point has one argument more, `x`, and is handed it. The
last axis of `x` is the coordinate, every leading axis an independent run.

A hyper-parameter is a number, an array of shape `(...)` that is read as `h[..., None]`, one value
for each run, or a schedule: a callable of the step, counted from 0, that returns either. The
conventions are PyTorch's, so that what is learned here carries over.
"""

from dataclasses import dataclass
from functools import cached_property
from math import nextafter, sqrt

import numpy as np

from gdviz import checks
from gdviz.hyperparameters import Hyperparameters, number
from gdviz.norms import norm

__all__ = [
    "GD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Clipped",
    "Momentum",
    "Nesterov",
    "RMSProp",
    "WeightDecay",
]


def _rate():
    return number("a learning rate is a number of 0 or more, as in lr=0.1")


def _memory(name, default):
    says = f"{name} is a number from 0 up to, but not including, 1, as in {name}={default}"
    return number(says, high=1.0, default=default)


def _strength(**default):
    return number("a strength is a number of 0 or more, as in strength=0.01", **default)


def _eps(default):
    says = f"eps is a small number of 0 or more, as in eps={default}"
    return number(says, shown=False, default=default)


@dataclass(frozen=True, repr=False)
class GD(Hyperparameters):
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
        (lr,) = self.at(step)
        return -lr * gradient, state


@dataclass(frozen=True, repr=False)
class Momentum(Hyperparameters):
    """Gradient descent with momentum: the heavy ball, which keeps a velocity v.

        v <- beta v + (1 - dampening) g        (at the first step v = g)
        x <- x - lr v

    `dampening=beta` gives the average "10 % new, 90 % old" that many articles use.

    Source: B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
    this form: torch.optim.SGD.

    >>> optimizer = Momentum(lr=0.1, beta=0.5)
    >>> gradient = np.array([1.0])
    >>> delta, state = optimizer.update(gradient, optimizer.init(gradient), step=0)
    >>> optimizer.update(gradient, state, step=1)[0]
    array([-0.15])
    """

    lr: object = _rate()
    beta: object = _memory("beta", 0.9)
    dampening: object = number(
        "dampening is a number from 0 to 1, as in dampening=0.9",
        high=nextafter(1.0, 2.0),
        shown=False,
        default=0.0,
    )

    def init(self, x):
        """No velocity yet."""
        return np.zeros_like(x)

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the velocity after it."""
        lr, beta, dampening = self.at(step)
        v = beta * state + (1 - dampening * (step > 0)) * gradient
        return -lr * v, v


@dataclass(frozen=True, repr=False)
class Nesterov(Hyperparameters):
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
        lr, beta = self.at(step)
        v = beta * state + gradient
        return -lr * (gradient + beta * v), v


@dataclass(frozen=True, repr=False)
class AdaGrad(Hyperparameters):
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
        lr, eps = self.at(step)
        s = state + gradient * gradient
        return -lr * gradient / (np.sqrt(s) + eps), s


@dataclass(frozen=True, repr=False)
class RMSProp(Hyperparameters):
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
        lr, beta, eps = self.at(step)
        s = beta * state + (1 - beta) * gradient * gradient
        return -lr * gradient / (np.sqrt(s) + eps), s


@dataclass(frozen=True, repr=False)
class Adam(Hyperparameters):
    """Adam: momentum and RMSProp together, both as averages that forget.

        m <- beta1 m + g          c1 <- beta1 c1 + 1
        s <- beta2 s + g^2        c2 <- beta2 c2 + 1
        x <- x - lr (m / c1) / (sqrt(s / c2) + eps)

    All four start from 0. m adds up the gradients, each weighing beta1 times what the next one
    does, and c1 adds up the weights: m / c1 is their average, and s / c2 that of the squares. The
    paper keeps (1 - beta1) m and (1 - beta2) s, which it divides by 1 - beta^t: the same averages.

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
        """Sums of nothing, of weight 0."""
        return np.zeros_like(x), np.zeros_like(x), 0.0, 0.0

    def update(self, gradient, state, step):
        """The step `(..., dim)` and the state `(m, s, c1, c2)` after it."""
        return _adam(gradient, state, *self.at(step))


def _adam(gradient, state, lr, beta1, beta2, eps):
    m, s, c1, c2 = state
    m = beta1 * m + gradient
    s = beta2 * s + gradient * gradient
    c1 = beta1 * c1 + 1
    c2 = beta2 * c2 + 1
    # The formula multiplied out: what is one number for a run costs nothing, an array of them does.
    root = sqrt(c2) if isinstance(c2, float) else np.sqrt(c2)
    return -(lr * root / c1) * m / (np.sqrt(s) + eps * root), (m, s, c1, c2)


@dataclass(frozen=True, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay: every step also shrinks the point itself.

        x <- x - lr strength x,    then Adam's step

    `strength` is PyTorch's `weight_decay`. In `WeightDecay(Adam(lr), strength)` the decay is part
    of the gradient, so that Adam scales it as it does the gradient; here it is not.

    Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019; this form:
    torch.optim.AdamW.

    >>> optimizer = AdamW(lr=0.1, strength=0.5)
    >>> x = np.array([2.0, -2.0])
    >>> optimizer.update(np.array([3.0, -0.01]), optimizer.init(x), step=0, x=x)[0].round(6)
    array([-0.2,  0.2])
    """

    strength: object = _strength(default=0.01)

    def update(self, gradient, state, step, x):
        """The step `(..., dim)` from the point `x` and the state `(m, s, c1, c2)` after it."""
        lr, beta1, beta2, eps, strength = self.at(step)
        delta, state = _adam(gradient, state, lr, beta1, beta2, eps)
        return delta - lr * strength * x, state


class _Wrapper(Hyperparameters):
    """What changes the gradient before `self.optimizer` gets it."""

    def __post_init__(self):
        given, wrapper = self.optimizer, type(self).__name__
        if not checks.has(given, "init", "update"):
            raise TypeError(
                f"{wrapper} wraps an optimizer, and was given {checks.name(given)}: "
                f"give it one, as in {wrapper}(GD(lr=0.1), ...)."
            )
        super().__post_init__()

    def init(self, x):
        """The wrapped optimizer's state."""
        return self.optimizer.init(x)

    @cached_property
    def _takes_point(self):
        return checks.takes(self.optimizer.update, "x", place=4)

    def _update(self, gradient, state, step, x):
        point = (x,) if self._takes_point else ()
        return self.optimizer.update(gradient, state, step, *point)


@dataclass(frozen=True, repr=False)
class WeightDecay(_Wrapper):
    """Weight decay (L2): pulls every coordinate towards 0 by adding strength * x to the gradient.

        g <- g + strength x,    then the wrapped optimizer's update

    It is the gradient of strength / 2 * |x|^2, added to the objective; PyTorch's `weight_decay`
    for SGD and Adam. (`AdamW`, which subtracts lr * strength * x from the point, is another rule.)

    Source: A. Krogh and J. A. Hertz, "A simple weight decay can improve generalization", 1992.

    >>> optimizer = WeightDecay(GD(lr=0.1), strength=0.5)
    >>> x = np.array([2.0])
    >>> optimizer.update(np.array([1.0]), optimizer.init(x), step=0, x=x)[0]
    array([-0.2])
    """

    optimizer: object
    strength: object = _strength()

    def update(self, gradient, state, step, x):
        """The step `(..., dim)` from the point `x` and the state after it."""
        (strength,) = self.at(step)
        return self._update(gradient + strength * x, state, step, x)


@dataclass(frozen=True, repr=False)
class Clipped(_Wrapper):
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
    max_norm: object = number(
        "a largest norm is a number above 0, as in max_norm=1.0", low=nextafter(0.0, 1.0)
    )

    def update(self, gradient, state, step, x=None):
        """The step `(..., dim)` and the state after it; `x` is for a wrapped rule that needs it."""
        (max_norm,) = self.at(step)
        # Scaled by its largest component first: the norm itself of a huge gradient would overflow.
        largest = np.abs(gradient).max(axis=-1, keepdims=True)
        scaled = gradient / np.maximum(largest, np.finfo(float).tiny)
        length = norm(scaled)[..., None]
        clipped = np.where(largest * length > max_norm, scaled / length * max_norm, gradient)
        return self._update(clipped, state, step, x)
