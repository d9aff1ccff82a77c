"""The shape of a loss in many dimensions: its sharpest curvature, and slices through it."""

from typing import NamedTuple

import numpy as np

from gdviz import checks
from gdviz.norms import norm

__all__ = ["Sharpness", "Slice", "filter_normalised", "path_directions", "sharpness"]

AT_ONCE = 2**21  # numbers of the points of a slice that are evaluated at once: 16 MB


class Sharpness(NamedTuple):
    """The largest curvature `value` `(...)`, and the unit `direction` `(..., dim)` that has it."""

    value: np.ndarray
    direction: np.ndarray


def sharpness(objective, x, direction=None, tolerance=1e-4, most=200, seed=0, step=None):
    """The largest eigenvalue of an objective's Hessian at x, `(..., dim)`, by power iteration.

        v <- H v / |H v|,    λ = v · H v,    H v = (gradient(x + h v) - gradient(x - h v)) / 2h

    until λ changes by less than the share `tolerance`, `most` times at most. `direction`, from a
    point nearby, is a better beginning than a random one: track it while a net trains. Where the
    eigenvalue of the largest size is negative, the power iteration is done again on H - λ. `step`
    is h; the one by default suits a smooth loss, and a deep ReLU stack of a high gain, where kinks
    lie close together, needs a smaller one, as in step=1e-6.

    Returns a `Sharpness`. Where the two largest eigenvalues are close, λ is known much better than
    the direction. Gradient descent is stable while η λ < 2.

    Source: R. von Mises and H. Pollaczek-Geiringer, "Praktische Verfahren der Gleichungsauflösung",
    1929; sharpness: J. Cohen et al., "Gradient descent on neural networks typically occurs at the
    edge of stability", 2021.

    >>> import gdviz as gd
    >>> ravine = gd.landscape("x**2 / 2 + 25*y**2")
    >>> value, direction = sharpness(ravine, np.array([1.0, 1.0]))
    >>> round(float(value), 3), np.abs(direction).round(3)
    (50.0, array([0., 1.]))
    """
    x = np.asarray(x, dtype=float)
    if direction is None:
        rng = np.random.default_rng(checks.whole("seed", seed, least=0))
        direction = np.broadcast_to(rng.standard_normal(x.shape[-1]), x.shape)
    if step is None:
        # the step that balances the round-off of the gradient with the third derivative
        step = (np.finfo(float).eps ** (1 / 3) * np.maximum(1, norm(x)))[..., None]

    def curved(v):
        ahead, behind = (np.asarray(objective.gradient(x + s * v), float) for s in (step, -step))
        return (ahead - behind) / (2 * step)

    with np.errstate(all="ignore"):
        value, found = _power(curved, direction, tolerance, most)
        if np.any(value < 0):
            lowest = np.minimum(value, 0)[..., None]
            raised, upper = _power(lambda v: curved(v) - lowest * v, direction, tolerance, most)
            negative = value < 0
            value = np.where(negative, raised + lowest[..., 0], value)
            found = np.where(negative[..., None], upper, found)
    return Sharpness(value, found)


def _power(curved, v, tolerance, most):
    v, value = _unit(v), np.inf
    for _ in range(most):
        image = curved(v)
        before, value = value, np.vecdot(v, image)
        v = _unit(image)
        if not np.any(np.abs(value - before) > tolerance * np.abs(value)):
            break
    return value, v


def _unit(v):
    length = norm(v)[..., None]
    return v / np.where(length > 0, length, 1.0)


class Slice:
    """A plane through an objective of many dimensions, as a landscape of two variables (or one).

        value(a, b) = objective.value(origin + a directions[0] + b directions[1])

    `origin` has shape `(dim,)`, `directions` `(d, dim)`. The gradient is that of the objective
    along the directions; `coordinates` of a path are its shadow on the plane, by least squares.

    >>> import gdviz as gd
    >>> ravine = gd.landscape("x**2 / 2 + 25*y**2")
    >>> diagonal = Slice(ravine, (0.0, 0.0), [[1.0, 1.0]])
    >>> diagonal.value([[2.0]]), diagonal.gradient([[2.0]])
    (array([102.]), array([[102.]]))
    """

    name = "E"

    def __init__(self, objective, origin, directions, bounds=None):
        self.objective = objective
        self.origin = checks.data("origin", origin)
        self.directions = np.atleast_2d(checks.data("directions", directions))
        self.dim = len(self.directions)
        if self.directions.shape[1:] != self.origin.shape:
            raise ValueError(
                f"directions have shape {self.directions.shape} and the origin "
                f"{self.origin.shape}: give (d, dim) and (dim,)"
            )
        self.variables = tuple("abcdefgh"[: self.dim])
        self.bounds = tuple(bounds or ((-1, 1),) * self.dim)

    def points(self, coordinates):
        """The points of the plane: `(..., d) -> (..., dim)`."""
        return self.origin + np.asarray(coordinates, dtype=float) @ self.directions

    def coordinates(self, points):
        """Where the shadows of points fall on the plane: `(..., dim) -> (..., d)`."""
        return (np.asarray(points) - self.origin) @ np.linalg.pinv(self.directions)

    def value(self, coordinates):
        """The objective there: `(..., d) -> (...)`."""
        return self._evaluated(self.objective.value, coordinates, ())

    def gradient(self, coordinates):
        """Its slopes along the directions: `(..., d) -> (..., d)`."""

        def along(points):
            return self.objective.gradient(points) @ self.directions.T

        return self._evaluated(along, coordinates, (self.dim,))

    def _evaluated(self, function, coordinates, shape):
        """A function of points, some at a time: a grid of large networks would not fit."""
        coordinates = np.asarray(coordinates, dtype=float)
        rows = coordinates.reshape(-1, self.dim)
        length = max(1, AT_ONCE // len(self.origin))
        parts = [
            function(self.points(rows[at : at + length])) for at in range(0, len(rows), length)
        ]
        return np.concatenate(parts).reshape(*coordinates.shape[:-1], *shape)


def filter_normalised(network, parameters, count=2, seed=0):
    """Random directions in which a step of 1 changes every neuron by as much as it has: (count, P).

    The Gaussian numbers of each neuron's incoming weights are scaled to the norm of these weights
    in `parameters`, `(P,)`, of a stack; biases and the scales of batch norms have direction 0.
    Slices along such directions can be compared between networks: they do not depend on the size
    that weights happen to have where it does not matter.

    Source: H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, "Visualizing the loss landscape of
    neural nets", 2018.

    >>> import gdviz as gd
    >>> stack = gd.networks.Stack(depth=1, width=1, inputs=2)
    >>> direction = filter_normalised(stack, [3.0, 4.0, 7.0, 2.0, 7.0], count=1)
    >>> stack.weight_norms(direction), direction[0, [2, 4]]
    (array([[5., 2.]]), array([0., 0.]))
    """
    parameters = np.asarray(parameters, dtype=float)
    rng = np.random.default_rng(checks.whole("seed", seed, least=0))
    directions = np.zeros((checks.whole("count", count), network.parameter_count))
    views = zip(network.views(directions), network.views(parameters), strict=True)
    for (direction, _), (weight, _) in views:
        direction[...] = rng.standard_normal(direction.shape)
        direction *= (norm(weight) / norm(direction))[..., None]
    return directions


def path_directions(points, count=2):
    """The directions that hold most of a path: `(count, dim)`, and the share of it that each holds.

    The principal components of the points `(k, dim)` about their mean: unit vectors at right
    angles. The shares are those of the variance, and sum to 1 over all components; of a path that
    wanders at random in many dimensions the first still holds 0.61 and the second 0.15.

    Source: I. T. Jolliffe, "Principal component analysis", 2002; the random path: J. Antognini and
    J. Sohl-Dickstein, "PCA of high dimensional random walks with comparison to neural network
    training", 2018.

    >>> directions, shares = path_directions([[0.0, 0.0, 1.0], [3.0, 4.0, 1.0], [6.0, 8.0, 1.0]])
    >>> np.abs(directions[0]).round(3), shares.round(3)
    (array([0.6, 0.8, 0. ]), array([1., 0.]))
    """
    points = checks.data("points", points)
    if points.ndim != 2 or len(points) <= checks.whole("count", count):
        raise ValueError(
            f"points have shape {points.shape}: give one path (k, dim) of more than {count} points"
        )
    _, sizes, directions = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    total = np.sum(sizes**2)
    return directions[:count], sizes[:count] ** 2 / (total if total > 0 else 1.0)
