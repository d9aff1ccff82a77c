"""Real data sets that ship with scikit-learn, and the losses that descent goes down on them."""

from types import SimpleNamespace

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
        columns = zip(np.moveaxis(np.asarray(weights), -1, 0), self.inputs.T, strict=True)
        return sum(weight[..., None] * column for weight, column in columns) - self.targets

    def value(self, weights):
        """Return the loss: ``(..., d) -> (...)``."""
        return self.scale / 2 * np.sum(self.errors(weights) ** 2, axis=-1)

    def gradient(self, weights):
        """Return the gradient: ``(..., d) -> (..., d)``."""
        errors = self.errors(weights)
        slopes = [np.sum(errors * column, axis=-1) for column in self.inputs.T]
        return self.scale * np.stack(slopes, axis=-1)

    def hessian(self, weights):
        """Return the Hessian, the same everywhere: ``(..., d) -> (..., d, d)``."""
        hessian = self.scale * self.inputs.T @ self.inputs
        return np.broadcast_to(hessian, (*np.shape(weights), self.dim)).copy()
