"""Activation functions: value, derivative, and the gain at which gradients keep their size."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gdviz import checks


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
            return self.slope(a) * a.dtype.type(1)

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
        gain = checks.zero_or_more("gain", gain)
        if gain.ndim:
            raise ValueError(f"gain has shape {gain.shape}: give one number")
        gain = float(gain)
        if self.homogeneous:
            return gain / self.critical_gain
        u = np.linspace(-10, 10, 2001)
        density = np.exp(-u * u / 2)
        density /= density.sum()
        # Newton's method: E[f²] is concave in q, and f² at most 1, so that q falls from gain² to
        # the variance that repeats itself, and no further than rounding allows.
        q, lower = np.inf, gain**2
        with np.errstate(all="ignore"):
            while lower < q:
                q = lower
                a = self.function(np.sqrt(q) * u)
                excess = q - gain**2 * (density @ a**2)
                slope = 1 - gain**2 * (density @ (a * self.slope(a) * u)) / np.sqrt(q)
                lower = max(q - excess / slope, 0.0)
        return float(gain * np.sqrt(density @ self.slope(a) ** 2))


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
    return _ACTIVATIONS[checks.choice("activation", name, ACTIVATIONS)]
