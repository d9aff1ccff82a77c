"""Real data sets that ship with scikit-learn, losses on them, and gradients that are noisy."""

import copy
import math
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from gdviz import checks


def diabetes():
    """Return the body-mass index of 442 diabetes patients and how far the disease went in a year.

    The index, shape ``(442,)``, is standardised: mean 0, standard deviation 1. The progression,
    shape ``(442,)``, is in hundreds of the score that the study used. Source: Efron, Hastie,
    Johnstone and Tibshirani, *Least angle regression*, Annals of Statistics 32 (2004), as bundled
    with scikit-learn.

    >>> index, progression = diabetes()
    >>> index.shape, round(float(progression.mean()), 3)
    ((442,), 1.521)
    """
    from sklearn.datasets import load_diabetes

    inputs, progression = load_diabetes(return_X_y=True)
    index = inputs[:, 2]
    return (index - index.mean()) / index.std(), progression / 100


class Digits(NamedTuple):
    """Images of digits as rows of 64 numbers, and which digit each is; some kept for the test."""

    inputs: np.ndarray
    targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray


def digits(seed=0, test=0.2):
    """Return 1,797 handwritten digits, 8 by 8 pixels, split by `seed` for training and test.

    A `Digits`: `inputs` `(1437, 64)`, `targets` `(1437,)`, whole numbers from 0 to 9, and the share
    `test` of all as `test_inputs` and `test_targets`. Each pixel is standardised by its mean and
    standard deviation in the training rows. Source: E. Alpaydin and C. Kaynak, "Optical recognition
    of handwritten digits", UCI Machine Learning Repository, 1998, as bundled with scikit-learn.

    >>> data = digits(seed=0)
    >>> data.inputs.shape, data.test_inputs.shape, data.targets[:5].tolist()
    ((1437, 64), (360, 64), [6, 6, 6, 2, 5])
    """
    from sklearn.datasets import load_digits

    inputs, targets = load_digits(return_X_y=True)
    order = np.random.default_rng(checks.whole("seed", seed, least=0)).permutation(len(inputs))
    train, kept = np.split(order, [len(inputs) - math.ceil(test * len(inputs))])
    mean, deviation = inputs[train].mean(axis=0), inputs[train].std(axis=0)
    # the corners are white in every image
    inputs = (inputs - mean) / np.where(deviation > 0, deviation, 1.0)
    return Digits(inputs[train], targets[train], inputs[kept], targets[kept])


class LeastSquares:
    """The loss of a linear neuron on data: ``E(w) = 1/2 sum (X w - y)**2``, or its mean.

    ``inputs`` has shape ``(n, d)``, ``targets`` ``(n,)``; add a column of ones for the bias.
    ``mean=True`` divides by ``n``. The gradient is ``X.T (X w - y)``, the Hessian ``X.T X``.
    ``variables`` and ``bounds`` say what a panel shows. Raises ValueError for shapes that do not
    fit and for NaN.

    >>> loss = LeastSquares([[1, 1], [1, 2], [1, 3], [1, 4]], [2, 3.8, 5.9, 7.8], mean=True)
    >>> loss.gradient(np.zeros(2)).round(3).tolist()
    [-4.875, -14.625]
    >>> loss.solution.round(4).tolist()
    [0.0, 1.95]
    """

    name = "E"

    def __init__(self, inputs, targets, *, mean=False, variables=None, bounds=None):
        self.inputs = checks.data("inputs", inputs)
        self.targets = checks.data("targets", targets)
        if self.inputs.ndim != 2 or self.targets.shape != self.inputs.shape[:1]:
            raise ValueError(
                "inputs have shape (n, d) and targets (n,), one for each row, "
                f"not {self.inputs.shape} and {self.targets.shape}"
            )
        if not len(self.inputs):
            raise ValueError("there is no data: give one row of inputs or more")
        self.dim = self.inputs.shape[1]
        self.scale = 1 / len(self.inputs) if mean else 1.0
        self.variables = tuple(variables or (f"w{number}" for number in range(self.dim)))
        self.bounds = tuple(bounds or ((-3, 3),) * self.dim)
        if not len(self.variables) == len(self.bounds) == self.dim:
            raise ValueError(
                f"give one name and one pair of bounds for each of the {self.dim} columns"
            )

    def on(self, rows):
        """Return the loss estimated from some rows, ``(batch,)``, or for each run ``(..., batch)``.

        Of a sum it is the sum over these rows times ``n / batch``, so that it is right on average.

        >>> LeastSquares([[1.0], [2.0], [3.0]], [1.0, 2.0, 6.0]).on([0, 2]).value(np.ones(1))
        np.float64(6.75)
        """
        part = copy.copy(self)
        part.inputs, part.targets = self.inputs[rows], self.targets[rows]
        part.scale = self.scale * self.inputs.shape[-2] / part.inputs.shape[-2]
        return part

    @property
    def solution(self):
        """The weights with the least loss, shape ``(d,)``."""
        return np.linalg.lstsq(self.inputs, self.targets, rcond=None)[0]

    def critical_points(self):
        """Return the one point of zero gradient, its value and the Hessian's eigenvalues."""
        point = self.solution
        eigenvalues = np.linalg.eigvalsh(self.hessian(point))
        kind = "minimum" if eigenvalues[0] > 1e-12 * eigenvalues[-1] else "degenerate"
        value = float(self.value(point))
        return [SimpleNamespace(point=point, value=value, eigenvalues=eigenvalues, kind=kind)]

    def errors(self, weights):
        """Return prediction minus target for every row: ``(..., d) -> (..., n)``."""
        # not a matrix product: its rounding would depend on how many runs there are
        columns = zip(_columns(np.asarray(weights)), _columns(self.inputs), strict=True)
        return sum(weight[..., None] * column for weight, column in columns) - self.targets

    def value(self, weights):
        """Return the loss: ``(..., d) -> (...)``."""
        return self.scale / 2 * np.sum(self.errors(weights) ** 2, axis=-1)

    def gradient(self, weights):
        """Return the gradient: ``(..., d) -> (..., d)``."""
        errors = self.errors(weights)
        slopes = [np.sum(errors * column, axis=-1) for column in _columns(self.inputs)]
        return self.scale * np.stack(slopes, axis=-1)

    def hessian(self, weights):
        """Return the Hessian, the same everywhere: ``(..., d) -> (..., d, d)``."""
        hessian = self.scale * self.inputs.T @ self.inputs
        return np.broadcast_to(hessian, (*np.shape(weights), self.dim)).copy()


def _columns(rows):
    return np.moveaxis(rows, -1, 0)


class _Estimated:
    """An objective of which each step knows an estimate only; else it is as that objective is."""

    def __init__(self, objective, seed):
        self.objective, self.seed = objective, checks.seeds(seed)
        self._drawn = (-1, None)

    def __getattr__(self, name):
        # not its take: that gives those of some runs, and here every run may have its own seed
        if name == "take" or name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.objective, name)

    def _draws(self, block, draw):
        """What `draw` draws for each seed and a number of a block, (*seeds, ...); the last kept."""
        number, draws = self._drawn
        if number != block:
            draws = [draw(np.random.default_rng([int(seed), block])) for seed in self.seed.flat]
            draws = np.reshape(draws, (*self.seed.shape, *np.shape(draws[0])))
            self._drawn = block, draws
        return draws


class MiniBatches(_Estimated):
    """A loss whose gradient at each step is that on a mini-batch: the objective of SGD.

    `loss` is a `LeastSquares` or the loss of a network; `size` the number of rows of a batch.
    `value(x)` is the loss on all the data, `gradient(x, step)` that of the loss on `rows(step)`.
    An epoch passes over all n rows once, in an order drawn anew; where `size` does not divide n its
    last batch is smaller. With `replacement=True` every batch is drawn from all rows. The rows
    depend on `seed` and step alone: runs can be repeated, and all runs of a batch of runs see the
    same rows. An array of seeds, of the shape of the runs, gives rows to each.

    Raises ValueError for a size that is not from 1 to n.

    Source: H. Robbins and S. Monro, "A stochastic approximation method", 1951.

    >>> loss = LeastSquares([[1.0], [2.0], [3.0], [4.0]], [2.0, 4.0, 6.0, 8.0], mean=True)
    >>> batches = MiniBatches(loss, size=2, seed=0)
    >>> [batches.rows(step).tolist() for step in range(4)]
    [[2, 0], [1, 3], [3, 0], [2, 1]]
    >>> batches.gradient(np.zeros(1), step=0), loss.gradient(np.zeros(1))
    (array([-10.]), array([-15.]))
    """

    def __init__(self, loss, size, seed=0, replacement=False):
        super().__init__(loss, seed)
        self.count = len(loss.inputs)
        self.size = checks.whole("size", size, most=self.count)
        self.replacement = replacement

    @property
    def epoch(self):
        """The number of steps in which an epoch passes over all the data."""
        return math.ceil(self.count / self.size)

    def rows(self, step):
        """The rows of the mini-batch at a step: `(size,)`, or `(*seeds, size)`."""
        epoch, place = divmod(step, self.epoch)
        order = self._draws(epoch, self._order)
        return order[..., place * self.size : (place + 1) * self.size]

    def _order(self, rng):
        if self.replacement:
            return rng.integers(self.count, size=self.epoch * self.size)
        return rng.permutation(self.count)

    def gradient(self, x, step):
        """The gradient on the mini-batch of a step: `(..., dim) -> (..., dim)`."""
        return self.objective.on(self.rows(step)).gradient(x)


class Noisy(_Estimated):
    """An objective whose slopes are known up to a random error: theory's model of a mini-batch.

        gradient(x, step) = objective.gradient(x) + std / sqrt(size) * N(0, 1)

    `std` is the noise of one row and `size` the number of rows in a batch, both numbers or arrays
    of the shape of the runs. The errors depend on `seed` and step alone: all runs of a batch of
    runs have the same, unless there is an array of seeds, of the shape of the runs. On a valley
    λ x²/2, gradient descent of rate η ends as a cloud about the minimum, of variance

        η std² / size / (λ (2 - η λ)).

    Source: S. Mandt, M. Hoffman and D. Blei, "Stochastic gradient descent as approximate Bayesian
    inference", 2017, section 3.

    >>> import gdviz as gd
    >>> noisy = Noisy(gd.landscape("x**2 / 2"), std=1.0, size=4, seed=0)
    >>> run = gd.descend(noisy, 0.0, gd.GD(lr=0.1), steps=20_000)
    >>> theory = 0.1 * 1.0**2 / 4 / (1 * (2 - 0.1))
    >>> round(theory, 3), round(float(run.points[100:].var()), 3)
    (0.013, 0.013)
    """

    def __init__(self, objective, std, size=1, seed=0):
        super().__init__(objective, seed)
        size = checks.numbers("size", size, "give numbers of rows, 1 or more", low=1)
        self.std = checks.zero_or_more("std", std) / np.sqrt(size)
        self._slopes = checks.by_step(objective.gradient)

    def gradient(self, x, step):
        """The slopes with their errors: `(..., dim) -> (..., dim)`."""
        dim = np.shape(x)[-1]
        # some steps at a time, as many as are cheap to keep
        length = max(1, 256 // dim)
        block, place = divmod(step, length)
        errors = self._draws(block, lambda rng: rng.standard_normal((length, dim)))
        return self._slopes(x, step) + self.std[..., None] * errors[..., place, :]
