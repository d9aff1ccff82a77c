"""The loss of a linear neuron: against closed forms, finite differences and one run at a time."""

import numpy as np
import pytest

import gdviz as gd
from gdviz.data import LeastSquares, MiniBatches, Noisy, diabetes, digits
from gdviz.networks import Recurrent, Stack

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


# Mini-batches


def losses():
    """Losses on 24 rows: of a linear neuron, a mean and a sum, of a stack and a recurrent net."""
    rng = np.random.default_rng(1)
    inputs, targets, classes = (
        rng.normal(size=(24, 3)),
        rng.normal(size=24),
        rng.integers(2, size=24),
    )
    stack = Stack(2, 4, inputs=3, outputs=2, activation="tanh")
    return {
        "mean": LeastSquares(inputs, targets, mean=True),
        "sum": LeastSquares(inputs, targets),
        "stack": stack.loss(inputs, classes, "cross_entropy"),
        "mse": Stack(2, 4, inputs=3, activation="tanh").loss(inputs, targets),
        "recurrent": Recurrent(3, 4).loss(rng.normal(size=(24, 5, 3)), targets),
    }


LOSSES = losses()


@pytest.fixture(params=LOSSES)
def loss(request):
    return LOSSES[request.param]


def a_point(loss, *shape):
    return 0.5 * np.random.default_rng(2).normal(size=(*shape, loss.dim))


@pytest.mark.parametrize("size", [1, 2, 8, 24])
def test_the_mean_gradient_of_an_epoch_is_that_of_all_data(loss, size):
    batches, x = MiniBatches(loss, size, seed=3), a_point(loss)
    assert batches.epoch == 24 // size
    for epoch in range(2):
        steps = range(epoch * batches.epoch, (epoch + 1) * batches.epoch)
        rows = np.concatenate([batches.rows(step) for step in steps])
        np.testing.assert_array_equal(np.sort(rows), np.arange(24))
        mean = np.mean([batches.gradient(x, step) for step in steps], axis=0)
        np.testing.assert_allclose(mean, loss.gradient(x), rtol=1e-10, atol=1e-12)
    assert batches.value(x) == loss.value(x)


def test_an_epoch_of_uneven_batches_passes_over_all_rows():
    batches = MiniBatches(LOSSES["mean"], 7)
    sizes = [len(batches.rows(step)) for step in range(8)]
    assert sizes == [7, 7, 7, 3] * 2
    rows = np.concatenate([batches.rows(step) for step in range(4)])
    np.testing.assert_array_equal(np.sort(rows), np.arange(24))
    x = a_point(LOSSES["mean"])
    parts = [size * batches.gradient(x, step) for step, size in enumerate(sizes[:4])]
    np.testing.assert_allclose(sum(parts) / 24, LOSSES["mean"].gradient(x), rtol=1e-12)


@pytest.mark.parametrize("replacement", [False, True])
def test_variance_of_a_mini_batch_gradient(replacement):
    """s² / size with replacement; without, (n - size) / (n - 1) of that."""
    loss, n, size = LOSSES["mean"], 24, 6
    x = a_point(loss)
    rows = np.array([loss.on([row]).gradient(x) for row in range(n)])
    variance = np.sum(rows.var(axis=0))
    batches = MiniBatches(loss, size, seed=np.arange(2000), replacement=replacement)
    gradients = np.concatenate([batches.gradient(x, step) for step in range(batches.epoch)])
    measured = np.sum(np.mean((gradients - loss.gradient(x)) ** 2, axis=0))
    expected = variance / size * (1 if replacement else (n - size) / (n - 1))
    assert measured == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("seed", [4, [[0], [1], [2]]], ids=["the same rows", "rows for each run"])
def test_runs_on_mini_batches_equal_one_at_a_time(loss, seed):
    starts = a_point(loss, 3, 2)
    together = gd.descend(MiniBatches(loss, 5, seed), starts, gd.Momentum(0.01), steps=12)
    for i, j in np.ndindex(3, 2):
        own = np.broadcast_to(seed, (3, 2))[i, j]
        alone = gd.descend(MiniBatches(loss, 5, own), starts[i, j], gd.Momentum(0.01), steps=12)
        np.testing.assert_array_equal(together.points[:, i, j], alone.points)
    # in any order of the steps
    batches = MiniBatches(loss, 5, seed)
    late = batches.rows(40)
    batches.rows(3)
    np.testing.assert_array_equal(late, batches.rows(40))


def test_mini_batches_look_like_their_loss():
    batches = MiniBatches(LOSSES["mean"], 4)
    assert batches.bounds == LOSSES["mean"].bounds
    assert batches.solution == pytest.approx(LOSSES["mean"].solution)
    with pytest.raises(AttributeError):
        batches.nothing  # noqa: B018
    with pytest.raises(ValueError, match="size is 25: give a whole number from 1 to 24"):
        MiniBatches(LOSSES["mean"], 25)
    with pytest.raises(ValueError, match="seed"):
        MiniBatches(LOSSES["mean"], 4, seed=-1)


def test_all_rates_of_a_rate_finder_in_one_call():
    loss = LOSSES["stack"]
    rates, start = np.geomspace(1e-3, 1e3, 9), a_point(loss)
    batches = MiniBatches(loss, 6)
    together = gd.descend(batches, start, gd.Adam(rates), steps=10, record="last")
    ends = loss.value(together.final)
    alone = [loss.value(gd.descend(batches, start, gd.Adam(lr), 10).final) for lr in rates]
    np.testing.assert_array_equal(ends, alone)
    assert 0 < np.argmin(ends) < 8
    sizes = loss.network.weight_norms
    ratios = sizes(together.final - start) / sizes(start)
    assert ratios.shape == (9, 3)
    assert np.all(np.diff(ratios.mean(axis=-1)) > 0)


# Noise


@pytest.mark.parametrize(
    ("curvature", "lr", "std", "size"), [(1.0, 0.1, 1.0, 1), (2.0, 0.5, 3.0, 9), (1.0, 1.5, 1.0, 4)]
)
def test_noise_leaves_the_floor_that_theory_says(curvature, lr, std, size):
    valley = gd.landscape("c*x**2 / 2", c=curvature)
    noisy = Noisy(valley, std, size, seed=np.arange(500))
    run = gd.descend(noisy, 0.0, gd.GD(lr), steps=300)
    measured = run.points[60:].var()
    theory = lr * std**2 / size / (curvature * (2 - lr * curvature))
    assert measured == pytest.approx(theory, rel=0.03)


def test_noise_of_a_linear_neuron_on_data_leaves_the_floor_too():
    """One weight, and mini-batches with replacement: the noise is that of the rows' slopes."""
    rng = np.random.default_rng(7)
    targets = rng.normal(size=200)
    loss = LeastSquares(np.ones((200, 1)), targets, mean=True)
    batches = MiniBatches(loss, 10, seed=np.arange(300), replacement=True)
    run = gd.descend(batches, loss.solution, gd.GD(0.2), steps=300)
    theory = 0.2 * targets.var() / 10 / (2 - 0.2)
    assert run.points[50:].var() == pytest.approx(theory, rel=0.03)


def test_noisy_runs_equal_one_at_a_time_and_share_their_errors_unless_seeded():
    bowl = gd.landscape("x**2 + y**2")
    starts = np.random.default_rng(0).normal(size=(4, 2))
    for seed in (3, [0, 1, 2, 3]):
        together = gd.descend(Noisy(bowl, [0.1, 1, 2, 3], 4, seed), starts, gd.GD(0.1), steps=300)
        for i in range(4):
            noisy = Noisy(bowl, [0.1, 1, 2, 3][i], 4, np.broadcast_to(seed, 4)[i])
            alone = gd.descend(noisy, starts[i], gd.GD(0.1), steps=300)
            np.testing.assert_array_equal(together.points[:, i], alone.points)
    silent = gd.descend(Noisy(bowl, 0.0), starts, gd.GD(0.1), steps=5)
    np.testing.assert_array_equal(silent.points, gd.descend(bowl, starts, gd.GD(0.1), 5).points)
    with pytest.raises(ValueError, match="1 or more"):
        Noisy(bowl, 1.0, size=0)


# Digits


def test_digits_are_split_and_standardised():
    data = digits(seed=5)
    assert len(data.inputs) + len(data.test_inputs) == 1797
    assert np.abs(data.inputs.mean(axis=0)).max() < 1e-12
    deviations = data.inputs.std(axis=0)
    assert np.all((np.abs(deviations - 1) < 1e-12) | (deviations == 0))
    assert set(data.targets) == set(data.test_targets) == set(range(10))
    assert not np.array_equal(data.targets, digits(seed=6).targets)
    np.testing.assert_array_equal(data.inputs, digits(seed=5).inputs)


def trained(stack, scheme, optimizer, epochs):
    data = digits(seed=0)
    loss = stack.loss(data.inputs, data.targets, "cross_entropy")
    batches = MiniBatches(loss, 64)
    steps = epochs * batches.epoch
    run = gd.descend(batches, stack.initial(scheme=scheme), optimizer, steps, record="last")
    return loss.accuracy(run.final, data.test_inputs, data.test_targets)


def test_a_deep_stack_with_the_cures_reads_digits_and_a_sick_one_stays_at_chance():
    cured = Stack(20, 64, 64, 10, "relu", normalise="batch", residual=True)
    assert trained(cured, "he", gd.Momentum(0.01), epochs=10) > 0.96
    sick = Stack(20, 64, 64, 10, "sigmoid")
    assert trained(sick, "normal", gd.Momentum(0.01), epochs=4) < 0.15


def test_noise_on_top_of_mini_batches():
    loss = LeastSquares([[1.0], [2.0], [3.0], [4.0]], [2.0, 4.0, 6.0, 8.0], mean=True)
    batches = MiniBatches(loss, size=2, seed=0)
    noisy = Noisy(batches, std=0.5, seed=1)
    alone = Noisy(loss, std=0.5, seed=1)
    point = np.array([0.3])
    for step in range(5):
        error = alone.gradient(point, step) - loss.gradient(point)
        assert noisy.gradient(point, step) == pytest.approx(batches.gradient(point, step) + error)
