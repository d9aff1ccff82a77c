"""Sharpness against explicit Hessians, slices against the whole, directions as they are told."""

import numpy as np
import pytest

import gdviz as gd
from gdviz.networks import Stack

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 2))


def small(activation="tanh", **options):
    return Stack(2, 4, inputs=3, outputs=2, activation=activation, **options).loss(INPUTS, TARGETS)


def hessian(objective, x, step=1e-4):
    steps = step * np.eye(len(x))
    rows = [(objective.gradient(x + s) - objective.gradient(x - s)) / (2 * step) for s in steps]
    return (np.array(rows) + np.array(rows).T) / 2


@pytest.mark.parametrize("options", [{}, {"normalise": "batch", "residual": True}], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_sharpness_of_a_small_net_is_that_of_its_whole_hessian(options, seed):
    loss = small(**options)
    x = loss.network.initial(gain=1.2, seed=seed)
    value, direction = gd.sharpness(loss, x, tolerance=1e-9, most=3000)
    values, vectors = np.linalg.eigh(hessian(loss, x))
    assert value == pytest.approx(values[-1], rel=1e-5)
    assert abs(direction @ vectors[:, -1]) == pytest.approx(1, abs=1e-3)


def test_a_smaller_step_keeps_to_one_piece_of_a_loud_relu_stack():
    inputs = np.random.default_rng(0).normal(size=(16, 8))
    loss = Stack(16, 16, inputs=8, activation="relu").loss(inputs, np.ones(16))
    x = loss.network.initial(gain=2.4, seed=np.arange(6))
    value, v = gd.sharpness(loss, x, step=1e-6)
    h = 1e-10
    image = (loss.gradient(x + h * v) - loss.gradient(x - h * v)) / (2 * h)
    np.testing.assert_allclose(np.vecdot(v, image), value, rtol=1e-3)
    rough, _ = gd.sharpness(loss, x)
    assert np.any(np.abs(rough / value - 1) > 0.5), "the default step crosses kinks here"


def test_sharpness_of_least_squares_is_the_largest_eigenvalue_of_its_hessian():
    loss = gd.data.LeastSquares(INPUTS, TARGETS[:, 0])
    value, _ = gd.sharpness(loss, np.ones(3), tolerance=1e-12, most=1000)
    assert value == pytest.approx(np.linalg.eigvalsh(loss.hessian(np.ones(3)))[-1], rel=1e-8)


def test_the_largest_curvature_is_found_where_the_steepest_is_negative():
    saddle = gd.landscape("x**2 - 4*y**2")
    value, direction = gd.sharpness(saddle, (0.5, 0.25))
    assert value == pytest.approx(2, rel=1e-4)
    assert np.abs(direction) == pytest.approx([1, 0], abs=1e-2)
    hilltop = gd.landscape("-x**2 - 4*y**2")
    assert gd.sharpness(hilltop, (0.0, 0.0)).value == pytest.approx(-2, rel=1e-3)
    # a bowl and a saddle in one batch
    curved = gd.landscape("x**2 * y**2")
    points = np.array([[1.0, 0.1], [2.0, 2.0]])
    values = gd.sharpness(curved, points, tolerance=1e-9).value
    expected = np.linalg.eigvalsh(curved.hessian(points))[:, -1]
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_a_direction_from_nearby_saves_most_of_the_work():
    loss = small()
    count = 0

    class Counted:
        def gradient(self, x):
            nonlocal count
            count += 1
            return loss.gradient(x)

    x = loss.network.initial(seed=1)
    first = gd.sharpness(Counted(), x)
    cold, count = count, 0
    again = gd.sharpness(Counted(), x + 1e-3, first.direction)
    assert count < cold
    assert again.value == pytest.approx(gd.sharpness(loss, x + 1e-3).value, rel=0.01)


def test_full_batch_descent_climbs_to_the_edge_of_stability_and_stays_there():
    data = gd.data.digits()
    stack = Stack(depth=3, width=16, inputs=64, outputs=10, activation="tanh")
    loss = stack.loss(data.inputs[:100], np.eye(10)[data.targets[:100]])
    lr, direction, shares, losses = 2.0, None, [], []
    start = stack.initial(gain=0.7, scheme="xavier")
    for step, x in enumerate(gd.descent.walk(loss, start, gd.GD(lr), steps=700)):
        if step % 10 == 0:
            value, direction = gd.sharpness(loss, x, direction, tolerance=1e-3)
            shares.append(float(value) * lr / 2)
            losses.append(float(loss.value(x)))
    assert shares[0] < 0.7
    assert max(shares) > 1.05
    np.testing.assert_allclose(shares[-25:], 1, atol=0.1)
    assert losses[-1] < losses[len(losses) // 2]


def test_a_slice_has_the_values_and_the_slopes_of_the_whole():
    loss = small()
    x = loss.network.initial(seed=3)
    directions = np.random.default_rng(1).normal(size=(2, loss.dim))
    plane = gd.Slice(loss, x, directions, bounds=((-2, 2), (-1, 1)))
    grid = np.random.default_rng(2).normal(size=(5, 4, 2))
    values, gradients = plane.value(grid), plane.gradient(grid)
    for place in np.ndindex(5, 4):
        a, b = grid[place]
        point = x + a * directions[0] + b * directions[1]
        assert values[place] == pytest.approx(loss.value(point), rel=1e-12)
        assert gradients[place] == pytest.approx(directions @ loss.gradient(point), rel=1e-9)
    np.testing.assert_allclose(plane.coordinates(plane.points(grid)), grid, atol=1e-12)
    run = gd.descend(plane, (0.5, 0.5), gd.GD(0.01), steps=20)
    assert run.values[-1] < run.values[0]
    assert gd.Contour(plane).dim == plane.dim == 2


def test_a_slice_is_evaluated_some_points_at_a_time(monkeypatch):
    loss = small()
    plane = gd.Slice(loss, loss.network.initial(), np.eye(loss.dim)[:2])
    grid = np.random.default_rng(2).normal(size=(7, 2))
    whole = plane.value(grid), plane.gradient(grid)
    monkeypatch.setattr(gd.curvature, "AT_ONCE", 3 * loss.dim)
    np.testing.assert_array_equal(plane.value(grid), whole[0])
    np.testing.assert_array_equal(plane.gradient(grid), whole[1])


def test_filter_normalised_directions_have_the_size_of_every_neuron():
    stack = Stack(3, 5, inputs=4, normalise="batch")
    parameters = stack.initial(gain=[2.0], seed=4)[0]
    directions = gd.filter_normalised(stack, parameters, count=3)
    assert directions.shape == (3, stack.parameter_count)
    for (weight, bias), (own, _) in zip(
        stack.views(directions), stack.views(parameters), strict=True
    ):
        expected = np.broadcast_to(np.linalg.norm(own, axis=-1), weight.shape[:-1])
        np.testing.assert_allclose(np.linalg.norm(weight, axis=-1), expected)
        assert not bias.any()
    assert not any(scale.any() for scale in stack.scales(directions))
    assert abs(np.corrcoef(directions[0], directions[1])[0, 1]) < 0.4


def test_path_directions_are_the_principal_components():
    points = np.cumsum(np.random.default_rng(5).normal(size=(40, 7)), axis=0)
    directions, shares = gd.path_directions(points, count=3)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    np.testing.assert_allclose(shares, values[:-4:-1] / values.sum())
    np.testing.assert_allclose(np.abs(np.sum(directions * vectors[:, :-4:-1].T, axis=1)), 1)
    assert gd.path_directions(points, count=7)[1].sum() == pytest.approx(1)
    plane = gd.Slice(gd.landscape("x**2"), points[-1], directions)
    assert plane.coordinates(points).shape == (40, 3)


def test_a_random_path_in_many_dimensions_looks_straight():
    """The first component of pure noise holds six over pi squared of it."""
    points = np.cumsum(np.random.default_rng(6).normal(size=(100, 10_000)), axis=0)
    _, shares = gd.path_directions(points, count=2)
    np.testing.assert_allclose(shares, 6 / np.pi**2 / np.array([1, 4]), rtol=0.03)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"more than 2 points"):
        gd.path_directions(np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"give \(d, dim\) and \(dim,\)"):
        gd.Slice(small(), np.zeros(3), np.eye(2))
