"""The loss of a linear neuron: against closed forms, finite differences and one run at a time."""

import numpy as np
import pytest

import gdviz as gd
from gdviz.data import LeastSquares, diabetes

FOUR = LeastSquares([[1, 1], [1, 2], [1, 3], [1, 4]], [2, 3.8, 5.9, 7.8], mean=True)


def patients():
    index, progression = diabetes()
    return LeastSquares(np.stack([index, np.ones_like(index)], axis=1), progression)


def test_the_straight_line_through_four_points():
    assert FOUR.solution == pytest.approx([0, 1.95])
    eigenvalues = np.linalg.eigvalsh(FOUR.hessian(np.zeros(2)))
    assert eigenvalues == pytest.approx([0.1497, 8.3503], abs=5e-5)
    assert 2 / eigenvalues[1] == pytest.approx(0.2395, abs=5e-5)
    run = gd.descend(FOUR, (0.0, 0.0), gd.GD(0.01), steps=1000)
    assert run.final == pytest.approx([0.1329, 1.9048], abs=5e-5)


@pytest.mark.parametrize("loss", [FOUR, patients()], ids=["four points", "patients"])
def test_gradient_and_hessian_against_finite_differences(loss):
    weights = np.array([0.3, -0.7])
    for axis, step in enumerate(np.eye(2) * 1e-5):
        slope = (loss.value(weights + step) - loss.value(weights - step)) / 2e-5
        assert loss.gradient(weights)[axis] == pytest.approx(slope, rel=1e-6)
        curvature = (loss.gradient(weights + step) - loss.gradient(weights - step)) / 2e-5
        np.testing.assert_allclose(loss.hessian(weights)[axis], curvature, rtol=1e-6, atol=1e-6)


def test_a_batch_equals_the_same_runs_one_at_a_time():
    loss = patients()
    starts = np.random.default_rng(0).normal(size=(3, 5, 2))
    together = gd.descend(loss, starts, gd.GD(0.001), steps=10)
    assert together.points.shape == (11, 3, 5, 2)
    for place in np.ndindex(3, 5):
        alone = gd.descend(loss, starts[place], gd.GD(0.001), steps=10)
        np.testing.assert_array_equal(together.points[(slice(None), *place)], alone.points)
        np.testing.assert_array_equal(together.values[(slice(None), *place)], alone.values)


def test_the_minimum_is_its_critical_point():
    (point,) = FOUR.critical_points()
    assert point.kind == "minimum"
    assert FOUR.gradient(point.point) == pytest.approx([0, 0], abs=1e-12)
    (flat,) = LeastSquares([[1, 1], [2, 2]], [1, 2]).critical_points()
    assert flat.kind == "degenerate"


def test_diabetes_is_standardised():
    index, progression = diabetes()
    assert index.shape == progression.shape == (442,)
    assert index.mean() == pytest.approx(0, abs=1e-12)
    assert index.std() == pytest.approx(1)


@pytest.mark.parametrize(
    ("inputs", "targets", "options", "words"),
    [
        ([1, 2], [1, 2], {}, r"shape \(n, d\)"),
        ([[1], [2]], [1], {}, "one for each row"),
        (np.empty((0, 2)), [], {}, "no data"),
        ([[1], [np.nan]], [1, 2], {}, "inputs holds NaN or infinity in 1 place:"),
        ([[1], [2]], [1, np.inf], {}, "targets holds NaN or infinity in 1 place:"),
        ([[1], [2]], [1, 2], {"variables": ("a", "b")}, "one name and one pair of bounds"),
    ],
)
def test_bad_data_is_refused(inputs, targets, options, words):
    with pytest.raises(ValueError, match=words):
        LeastSquares(inputs, targets, **options)
