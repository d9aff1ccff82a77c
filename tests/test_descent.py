"""Descent: closed forms, batches against one at a time, blocks, overflow, what a Run tells."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from gdviz import descent
from gdviz.descent import descend
from gdviz.optimizers import (
    GD,
    AdaGrad,
    Adam,
    AdamW,
    Clipped,
    Momentum,
    Nesterov,
    RMSProp,
    WeightDecay,
)
from gdviz.schedules import Cosine, Exponential, WarmUp


class Quadratic:
    """Half of the sum of curvature * (x - minimum)^2; the curvatures may differ from run to run."""

    def __init__(self, *curvatures, minimum=0.0):
        self.curvatures = np.array(curvatures, dtype=float)
        self.minimum = minimum
        self.dim = self.curvatures.shape[-1]

    def value(self, x):
        e = x - self.minimum
        return (self.curvatures * e * e / 2).sum(axis=-1)

    def gradient(self, x):
        return self.curvatures * (x - self.minimum)

    def take(self, rows, shape):
        return self


class Quartic:
    """x^4 - 5 x^2 + 3 x."""

    dim = 1

    def value(self, x):
        x = x[..., 0]
        return x * x * x * x - 5 * x * x + 3 * x

    def gradient(self, x):
        return 4 * x * x * x - 10 * x + 3

    def take(self, rows, shape):
        return self


class Neuron:
    """One sigmoid neuron: (sigmoid(x) - 0.8)^2 / 2."""

    dim = 1

    def value(self, x):
        return (1 / (1 + np.exp(-x[..., 0])) - 0.8) ** 2 / 2

    def gradient(self, x):
        s = 1 / (1 + np.exp(-x))
        return (s - 0.8) * s * (1 - s)


class Logarithm:
    """x - log x: finite values at positive x only."""

    dim = 1

    def value(self, x):
        return x[..., 0] - np.log(x[..., 0])

    def gradient(self, x):
        return 1 - 1 / x

    def take(self, rows, shape):
        return self


class Noisy:
    """A bowl whose slope changes from step to step, as that of mini-batches does."""

    dim = 2

    def value(self, x):
        return (x * x).sum(axis=-1) / 2

    def gradient(self, x, step):
        return x + np.cos(step + np.arange(2))


ROUND, RAVINE = Quadratic(1.0), Quadratic(1.0, 100.0)
OBJECTIVES = {"ravine": RAVINE, "shifted": Quadratic(3.0, 0.5, minimum=2.0), "noisy": Noisy()}
OPTIMIZERS = {
    "GD": GD(0.012),
    "Momentum": Momentum(0.01, 0.8, dampening=0.3),
    "Nesterov": Nesterov(0.01),
    "AdaGrad": AdaGrad(0.5),
    "RMSProp": RMSProp(0.05),
    "Adam": Adam(0.1),
    "WeightDecay": WeightDecay(Momentum(0.01), 0.1),
    "Clipped": Clipped(Momentum(0.01), 1.0),
    "AdamW": Clipped(AdamW(0.1, strength=0.3), 1.0),
    "schedule": Momentum(WarmUp(Cosine(0.01, 20), 5)),
}


# ------------------------------------------------------------------------------ the rule of axes


def test_fifty_rates_and_forty_starts_are_two_thousand_runs():
    starts = np.random.default_rng(0).normal(size=(40, 2))
    rates = np.geomspace(1e-4, 0.03, 50)[:, None]
    run = descend(RAVINE, starts, Momentum(rates, 0.5), 7)
    assert run.points.shape == (8, 50, 40, 2)
    assert run.start.shape == run.final.shape == (50, 40, 2)
    assert run.values.shape == run.gradient_norms.shape == (8, 50, 40)
    assert run.step_lengths.shape == (7, 50, 40)
    assert run.diverged_at.shape == run.contraction().shape == run.shape == (50, 40)
    assert run.dim == 2
    alone = descend(RAVINE, starts[7], Momentum(float(rates[31, 0]), 0.5), 7)
    assert np.array_equal(run.points[:, 31, 7], alone.points)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_batch_equals_the_same_runs_one_at_a_time(optimizer, objective):
    starts = np.random.default_rng(1).normal(size=(2, 3, 2))
    run = descend(objective, starts, optimizer, 25)
    for index in np.ndindex(2, 3):
        alone = descend(objective, starts[index], optimizer, 25)
        at = (slice(None), *index)
        assert np.array_equal(run.points[at], alone.points)
        assert np.array_equal(run.values[at], alone.values)
        assert np.array_equal(run.gradient_norms[at], alone.gradient_norms)
        assert np.array_equal(run.final[index], alone.final)
        assert run.diverged_at[index] == alone.diverged_at
        assert np.array_equal(run.contraction()[index], alone.contraction(), equal_nan=True)


@pytest.mark.parametrize("name", ["beta", "dampening"])
def test_a_hyper_parameter_that_acts_from_the_second_step_on_makes_a_batch_too(name):
    h = np.array([0.1, 0.5, 0.8])
    run = descend(RAVINE, (1, 1), Momentum(0.01, **{name: h}), 9)
    assert run.points.shape == (10, 3, 2)
    for i in range(3):
        alone = descend(RAVINE, (1, 1), Momentum(0.01, **{name: float(h[i])}), 9)
        assert np.array_equal(run.points[:, i], alone.points)


def test_the_objective_may_make_the_batch():
    objective = Quadratic([1.0], [2.0], [4.0])
    run = descend(objective, 1.0, GD(0.25), 3)
    assert run.points[..., 0].T.tolist() == [
        [0.75**k for k in range(4)],
        [0.5**k for k in range(4)],
        [1, 0, 0, 0],
    ]


@pytest.mark.parametrize("start", [3, 3.0, [3.0], np.array(3.0), np.float32(3)])
def test_a_number_is_a_start_for_one_variable(start):
    run = descend(ROUND, start, GD(0.5), 2)
    assert run.points.tolist() == [[3.0], [1.5], [0.75]]


def test_the_start_is_left_alone():
    start = np.ones((4, 1))
    run = descend(ROUND, start, GD(0.5), 2)
    assert (start == 1).all()
    start[:] = 9
    assert (run.start == 1).all()
    assert (run.points[0] == 1).all()


def test_mini_batches_get_the_step():
    seen = []
    objective = SimpleNamespace(
        value=lambda x: x[..., 0], gradient=lambda x, k: seen.append(k) or np.full(x.shape, k + 1.0)
    )
    run = descend(objective, 0.0, GD(1.0), 4)
    assert seen == [0, 1, 2, 3]
    assert run.points[:, 0].tolist() == [0, -1, -3, -6, -10]
    assert run.gradient_norms.tolist() == [1, 2, 3, 4, 5]


def test_an_option_of_a_gradient_is_not_the_step():
    objective = SimpleNamespace(value=lambda x: x[..., 0], gradient=lambda x, scale=2.0: x * scale)
    assert descend(objective, 1.0, GD(0.25), 1).final == 0.5


# -------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("minimum", [None, 0.0])
def test_on_a_quadratic_the_contraction_is_one_minus_rate_times_curvature(minimum):
    rates = np.concatenate([np.geomspace(1e-3, 2.5, 400), [0.5, 1.0, 1.5, 2.0, 1 - 1e-9, 1e-3]])
    for curvature in (1.0, 3.0, 0.07):
        run = descend(Quadratic(curvature), 1.0, GD(rates / curvature), 100)
        np.testing.assert_allclose(run.contraction(minimum), np.abs(1 - rates), rtol=0, atol=1e-9)


@pytest.mark.parametrize("given_minimum", [None, 3.0])
def test_round_off_near_a_minimum_that_is_not_0_does_not_show(given_minimum):
    rates = np.concatenate([np.geomspace(1e-3, 2.5, 400), [0.5, 0.9, 0.99, 0.999, 1.0, 2.0]])
    run = descend(Quadratic(1.0, minimum=3.0), 5.0, GD(rates), 400)
    measured = run.contraction(given_minimum)
    np.testing.assert_allclose(measured, np.abs(1 - rates), rtol=0, atol=2e-9)


def test_contraction_at_the_edges():
    assert descend(ROUND, 1.0, GD(1.0), 5).contraction() == 0.0
    assert descend(ROUND, 1.0, GD(1.0), 5).contraction(0.0) == 0.0
    assert descend(ROUND, 1.0, GD(2.0), 5).contraction() == 1.0
    for run in (descend(ROUND, 1.0, GD(0.0), 5), descend(ROUND, 0.0, GD(0.1), 5)):
        assert math.isnan(run.contraction())
        assert math.isnan(run.contraction(0.0))


def test_the_best_rate_of_a_ravine():
    run = descend(RAVINE, (1, 1), GD(2 / 101), 800)
    assert run.contraction((0, 0)) == pytest.approx(99 / 101, abs=1e-12)
    # The distance starts at sqrt(2): 691 steps make a millionth of it.
    assert run.reached(1e-6 * math.sqrt(2), minimum=(0, 0)) == 691
    assert math.ceil(math.log(1e-6) / math.log(99 / 101)) == 691


def test_the_best_heavy_ball_of_a_ravine():
    lr, beta = (2 / 11) ** 2, (9 / 11) ** 2
    matrix = np.array([[1 + beta - lr, -beta], [1.0, 0.0]])
    assert np.abs(np.linalg.eigvals(matrix)) == pytest.approx([9 / 11, 9 / 11], abs=1e-7)
    run = descend(RAVINE, (1, 1), Momentum(lr, beta), 300)
    # Both eigenvalues of the step are equal there, so that |e_k| falls like k * rate^k.
    e = np.linalg.norm(run.points, axis=-1)
    assert (e[300] / e[100]) ** (1 / 200) == pytest.approx(0.8182 * 3 ** (1 / 200), abs=1e-3)
    assert run.contraction((0, 0)) == pytest.approx(9 / 11, abs=0.01)


def test_momentum_is_stable_up_to_two_plus_two_beta():
    beta, share = np.linspace(0, 0.98, 50)[:, None], np.linspace(0.01, 1.99, 100)
    last = descend(ROUND, 1.0, Momentum((2 + 2 * beta) * share, beta), 4000, record="last").final
    inside = np.broadcast_to(share < 1, last.shape[:-1])
    assert (np.abs(last[inside]) < 0.5).all()
    assert not (np.abs(last[~inside]) < 1e10).any()


def test_adam_and_rmsprop_start_with_steps_of_known_length():
    run = descend(RAVINE, (2.0, -3.0), Adam(0.1), 1)
    np.testing.assert_allclose(run.final, (1.9, -2.9), rtol=1e-9)
    run = descend(RAVINE, (2.0, -3.0), RMSProp(0.1, 0.75), 1)
    np.testing.assert_allclose(run.final, (1.8, -2.8), rtol=1e-8)


def test_the_quartic_keeps_what_starts_in_its_basins():
    left, right = -1.71394, 1.40177
    assert descend(Quartic(), 1.5, GD(0.05), 100).final[0] == pytest.approx(right, abs=5e-6)
    run = descend(Quartic(), 2.5, Momentum(0.01, np.array([0, 0.5, 0.8, 0.9, 0.95])), 1000)
    ends = [right, right, left, left, left]
    np.testing.assert_allclose(run.final[:, 0], ends, rtol=0, atol=1e-4)


def test_a_saturated_neuron_hardly_moves():
    run = descend(Neuron(), 5.0, GD(0.05), 100)
    assert run.final[0] == pytest.approx(4.99355, abs=5e-6)
    assert run.values[-1] == pytest.approx(0.018676, abs=5e-7)
    assert run.gradient_norms[0] == pytest.approx(0.001285, abs=5e-7)


def test_linear_regression_of_four_points():
    x, y = np.array([[1, 1], [1, 2], [1, 3], [1, 4]]), np.array([2, 3.8, 5.9, 7.8])
    objective = SimpleNamespace(
        dim=2,
        value=lambda w: ((w @ x.T - y) ** 2).mean(axis=-1) / 2,
        gradient=lambda w: (w @ x.T - y) @ x / 4,
    )
    final = descend(objective, (0, 0), GD(0.01), 1000).final
    np.testing.assert_allclose(final, (0.1329, 1.9048), atol=5e-5)


def test_the_loop_in_plain_numpy_is_the_same():
    x, path = np.array([-2.5, 2.0]), []
    for _ in range(50):
        path.append(x)
        x = x - 0.01 * RAVINE.gradient(x)
    assert np.array_equal(descend(RAVINE, (-2.5, 2.0), GD(0.01), 49).points, path)


# ------------------------------------------------------------------------------------- overflow


def test_where_a_diverging_run_overflows():
    run = descend(ROUND, 1.0, GD(2.1), 7500)
    largest, growth = np.finfo(float).max, math.log(1.1)
    # |x_k| = 1.1^k would overflow at step 7448, but the step to there, 2.1 x, does so before.
    assert math.ceil(math.log(largest) / growth) == 7448
    beyond = np.argmax(~np.isfinite(run.points[:, 0]))
    assert beyond == math.ceil(math.log(largest / 2.1) / growth) + 1 == 7441
    # The value x^2/2 is squared before it is halved.
    assert run.diverged_at == math.ceil(math.log(largest) / 2 / growth) == 3724
    assert run.values[3723] < np.inf
    assert np.isnan(run.final[0])


def test_at_two_over_the_curvature_a_run_swings_for_ever():
    rates = np.array([1.999, 2.0, 2.001])
    run = descend(ROUND, 1.0, GD(rates), 1000)
    assert np.abs(run.final[1]) == 1.0
    assert (np.diff(np.abs(run.final[:, 0])) > 0).all()
    assert (run.diverged_at == -1).all()


@pytest.mark.parametrize("record", ["all", "last"])
def test_a_start_without_a_finite_value_has_diverged_at_once(record):
    run = descend(Logarithm(), [[-1.0], [1.0], [0.5]], GD(0.3), 4, record=record)
    assert run.diverged_at.tolist() == [0, -1, -1]


# --------------------------------------------------------------------------- last point, blocks


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_last_point_alone_is_the_same(optimizer):
    starts = np.random.default_rng(2).normal(size=(5, 2))
    every = descend(RAVINE, starts, optimizer, 30)
    last = descend(RAVINE, starts, optimizer, 30, record="last")
    assert np.array_equal(every.final, last.final)
    assert np.array_equal(every.diverged_at, last.diverged_at)


class Dice:
    """A bowl with noise that nobody seeded."""

    dim = 1

    def __init__(self):
        self.calls, self.noise = 0, np.random.default_rng(4)

    def value(self, x):
        return x[..., 0] * x[..., 0]

    def gradient(self, x):
        self.calls += 1
        return 2 * x + self.noise.normal(size=x.shape)


def test_the_text_of_a_run_that_kept_its_last_point_does_not_walk_again():
    dice = Dice()
    run = descend(dice, np.ones((30, 1)), GD(0.1), 50, record="last")
    assert dice.calls == 50
    assert str(run).endswith("30 ended with finite values.")
    assert dice.calls == 50


def test_where_a_run_of_noise_diverged_is_not_guessed():
    run = descend(Dice(), np.ones((30, 1)), GD(0.1), 50, record="last")
    with pytest.raises(ValueError, match=r"walk its way again leads elsewhere.*not seeded"):
        _ = run.diverged_at
    assert (descend(Dice(), np.ones((30, 1)), GD(0.1), 50).diverged_at == -1).all()


@pytest.mark.parametrize("record", ["all", "last"])
def test_a_run_tells_what_it_kept(record):
    assert descend(ROUND, 1.0, GD(0.1), 5, record=record).recorded == record


@pytest.mark.parametrize(
    "use",
    [
        lambda run: run.points,
        lambda run: run.values,
        lambda run: run.gradient_norms,
        lambda run: run.step_lengths,
        lambda run: run.contraction(),
        lambda run: run.until(1),
        lambda run: run.reached(1e-6),
    ],
)
def test_without_the_way_a_run_says_so(use):
    run = descend(RAVINE, (1, 1), GD(0.01), 5, record="last")
    with pytest.raises(AttributeError, match=r"kept its last point only.*run\.final.*\"all\""):
        use(run)


BLOCK_CASES = {
    "numbers": lambda h: Momentum(0.3, 0.9),
    "arrays": lambda h: Momentum(4 * h, h, dampening=h / 2),
    "wrapped": lambda h: Clipped(WeightDecay(Adam(h), h), 0.5),
    "schedule": lambda h: GD(Exponential(3 * h, 0.9)),
    "function": lambda h: GD(lambda step: 3 * h / (1 + step)),
}


@pytest.mark.parametrize("record", ["all", "last"])
@pytest.mark.parametrize("make", BLOCK_CASES.values(), ids=BLOCK_CASES)
def test_blocks_give_the_same_bits(monkeypatch, make, record):
    optimizer = make(np.linspace(0.01, 0.95, 6)[:, None])
    starts = np.linspace(-4, 4, 6 * 35).reshape(6, 35, 1)

    def run():
        return descend(Quartic(), starts, optimizer, 30, record=record)

    whole = run()
    whole_diverged = whole.diverged_at
    blocks = []
    walk = descent._walk
    monkeypatch.setattr(descent, "AT_ONCE", 40)
    monkeypatch.setattr(descent, "_walk", lambda *a: blocks.append(a[1].shape) or walk(*a))
    divided = run()
    assert len(blocks) > 1
    assert max(math.prod(shape) for shape in blocks[1:]) <= 40
    assert np.array_equal(whole.final, divided.final, equal_nan=True)
    assert np.array_equal(whole.start, divided.start)
    assert np.array_equal(whole_diverged, divided.diverged_at)
    if record == "all":
        assert np.array_equal(whole.points, divided.points, equal_nan=True)
        assert np.array_equal(whole.values, divided.values, equal_nan=True)
        assert np.array_equal(whole.gradient_norms, divided.gradient_norms, equal_nan=True)


class Tilted(Quartic):
    """x^4 - 5 x^2 + tilt x, with a tilt for each run."""

    def __init__(self, tilt):
        self.tilt = tilt

    def value(self, x):
        return super().value(x) + (self.tilt - 3) * x[..., 0]

    def gradient(self, x):
        return super().gradient(x) + (self.tilt - 3)[..., None]

    def take(self, rows, shape):
        return Tilted(np.broadcast_to(self.tilt, shape).flat[rows])


@pytest.mark.parametrize("record", ["all", "last"])
def test_the_objective_is_divided_too(monkeypatch, record):
    objective, starts = Tilted(np.linspace(-3, 3, 7)[:, None]), np.linspace(-9, 9, 30)[:, None]
    whole = descend(objective, starts, GD(0.03), 20, record=record)
    whole_diverged = whole.diverged_at
    monkeypatch.setattr(descent, "AT_ONCE", 40)
    divided = descend(objective, starts, GD(0.03), 20, record=record)
    assert whole.shape == (7, 30)
    assert len(np.unique(whole_diverged)) > 2
    assert np.array_equal(whole.final, divided.final, equal_nan=True)
    assert np.array_equal(whole_diverged, divided.diverged_at)


class Plain:
    """An optimizer that cannot be divided."""

    def init(self, x):
        return None

    def update(self, gradient, state, step):
        return -0.01 * gradient, state


@pytest.mark.parametrize("optimizer", [Plain(), Clipped(Plain(), 1.0), GD(0.01)])
def test_what_cannot_be_divided_stays_in_one_piece(monkeypatch, optimizer):
    objective = Quartic() if not isinstance(optimizer, GD) else Noisy()
    starts = np.random.default_rng(3).normal(size=(50, 2 if objective.dim == 2 else 1))
    whole = descend(objective, starts, optimizer, 10)
    monkeypatch.setattr(descent, "AT_ONCE", 20)
    assert np.array_equal(whole.points, descend(objective, starts, optimizer, 10).points)


def test_an_error_inside_a_block_comes_out(monkeypatch):
    monkeypatch.setattr(descent, "AT_ONCE", 20)
    rates = np.linspace(0.1, 0.3, 50)
    with pytest.raises(ValueError, match=r"lr is -.* at step 1"):
        descend(Quartic(), np.zeros((50, 1)), GD(lambda step: rates - step / 5), 10)


# --------------------------------------------------------------------------- what a Run tells


def test_reached_is_the_first_step_within_the_tolerance():
    run = descend(ROUND, [[8.0], [0.0], [1000.0]], GD(0.5), 5)
    assert run.reached(1.0).tolist() == [3, 0, -1]
    assert run.reached(1.0, minimum=0.0).tolist() == [3, 0, -1]
    alone = descend(ROUND, 8.0, GD(0.5), 5)
    assert alone.reached(1.0) == 3
    assert alone.reached(5.0, minimum=3.0) == 0
    assert type(alone.reached(1.0)) is type(alone.diverged_at) is int


def test_gradient_norms_do_not_overflow_before_the_gradient():
    run = descend(Quadratic(1.0, 1.0), (3e200, 4e200), GD(0.5), 1)
    np.testing.assert_allclose(run.gradient_norms, (5e200, 2.5e200), rtol=1e-15)
    np.testing.assert_allclose(run.step_lengths, 2.5e200, rtol=1e-15)


def test_until_is_the_same_run_cut():
    run = descend(RAVINE, [(1, 1), (2, 3)], Momentum(0.02, 0.9), 20)
    for first in (run, descend(RAVINE, run.start, run.optimizer, 20)):
        cut, fresh = first.until(7), descend(RAVINE, run.start, run.optimizer, 7)
        assert cut.steps == 7
        assert np.array_equal(cut.points, fresh.points)
        assert np.array_equal(cut.values, fresh.values)
        assert np.array_equal(cut.gradient_norms, fresh.gradient_norms)
        assert np.array_equal(cut.final, fresh.final)
        assert np.array_equal(cut.contraction(), fresh.contraction())
        assert str(cut) == str(fresh)
        _ = first.values, first.gradient_norms
    assert np.array_equal(run.until(0).final, run.start)
    assert run.until(0).points.shape == (1, 2, 2)
    diverging = descend(ROUND, 1.0, GD(1e30), 20)
    assert diverging.diverged_at == 6
    assert diverging.until(5).diverged_at == -1


@pytest.mark.parametrize("step", [-1, 21, 2.5, True, "3"])
def test_a_run_is_cut_at_one_of_its_steps(step):
    run = descend(ROUND, 1.0, GD(0.1), 20)
    with pytest.raises((ValueError, TypeError), match=r"step is .* number from 0 to 20"):
        run.until(step)


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (
            lambda: descend(RAVINE, (-2.5, 2), GD(0.02), 80),
            "80 steps of GD(lr=0.02) from (-2.5, 2) end at (-0.4966, 2), where the value is 200.1 "
            "and the gradient norm 200.",
        ),
        (
            lambda: descend(ROUND, 8.0, GD(0.5), 1, record="last"),
            "1 step of GD(lr=0.5) from 8 end at 4, where the value is 8 and the gradient norm 4.",
        ),
        (
            lambda: descend(ROUND, 1.0, GD(2.1), 7500),
            "7,500 steps of GD(lr=2.1) from 1 left the finite numbers at step 3,724.",
        ),
        (
            lambda: descend(ROUND, np.ones((40, 1)), GD([[0.1], [1e30]]), 9),
            "2 × 40 runs of 9 steps of GD(lr=2 values from 0.1 to 1e+30): 40 ended with finite "
            "values, 40 diverged, the first at step 6.",
        ),
        (
            lambda: descend(ROUND, np.ones((1200, 1)), GD(0.1), 9, record="last"),
            "1,200 runs of 9 steps of GD(lr=0.1): 1,200 ended with finite values.",
        ),
        (
            lambda: descend(ROUND, np.ones((40, 1)), GD([[0.1], [1e30]]), 9, record="last"),
            "2 × 40 runs of 9 steps of GD(lr=2 values from 0.1 to 1e+30): 40 ended with finite "
            "values, 40 did not.",
        ),
        (
            lambda: descend(ROUND, 1.0, GD(2.1), 7500, record="last"),
            "7,500 steps of GD(lr=2.1) from 1 left the finite numbers.",
        ),
        (
            lambda: descend(Quadratic(*np.ones(6)), np.arange(6), GD(1.0), 1),
            "1 step of GD(lr=1) from (0, 1, 2, ...) end at (0, 0, 0, ...), where the value is 0 "
            "and the gradient norm 0.",
        ),
    ],
)
def test_a_run_says_what_happened(run, text):
    assert str(run()) == repr(run()) == text


# --------------------------------------------------------------------------------------- errors


GOOD = {"objective": RAVINE, "start": (1.0, 1.0), "optimizer": GD(0.01), "steps": 3}


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"steps": 0}, ValueError, "steps is 0: give a whole number of 1 or more"),
        ({"steps": -3}, ValueError, "steps is -3"),
        ({"steps": 2.5}, ValueError, "steps is 2.5"),
        ({"steps": True}, ValueError, "steps is True"),
        ({"steps": "80"}, TypeError, "steps is '80'"),
        ({"record": "first"}, ValueError, "record is 'first': it is \"all\""),
        ({"record": None}, ValueError, "record is None"),
        ({"start": 1.0}, ValueError, r"start has 1 coordinate \(shape \(1,\)\).* 2 variables"),
        ({"start": np.ones((2, 3))}, ValueError, r"start has 3 coordinates.*shape \(\.\.\., 2\)"),
        ({"start": (1.0, np.nan)}, ValueError, r"start is nan at index \(1,\): .* finite"),
        ({"start": (np.inf, 1.0)}, ValueError, "start is inf"),
        ({"start": "left"}, TypeError, "start is 'left'"),
        ({"start": None}, TypeError, "start is None"),
        ({"start": []}, TypeError, r"start is \[\]"),
        ({"start": [[1, 2], [3]]}, TypeError, "a start is a number for each coordinate"),
        ({"optimizer": 0.1}, TypeError, r"optimizer is 0.1: give an optimizer, as in .*GD\("),
        ({"optimizer": GD}, TypeError, "optimizer is GD, without its numbers"),
        ({"objective": "x**2"}, TypeError, r"the objective is 'x\*\*2', which has no value"),
        ({"objective": SimpleNamespace(value=abs)}, TypeError, r"has no gradient\(x\)"),
        ({"objective": Quadratic}, TypeError, "the objective is Quadratic, a class"),
        ({"objective": None}, TypeError, "the objective is None, which has no value"),
        ({"steps": 10**9}, ValueError, r'1 run of 1,000,000,000 .* 2,000,000,002 .* record="last"'),
    ],
)
def test_errors_say_what_was_given_and_what_is_allowed(change, kind, message):
    with pytest.raises(kind, match=message):
        descend(**{**GOOD, **change})


class Rule:
    """An optimizer of a learner's own, whose update is a function."""

    def __init__(self, update):
        self.update = update

    def init(self, x):
        return np.zeros_like(x)


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (lambda g, state, step: -0.1 * g, r"Rule.update returned \[-0.1 -0.2\]: it returns two"),
        (lambda g, state, step: None, "Rule.update returned None: .* `return delta, state`"),
        (lambda g, state, step: (), r"Rule.update returned \(\)"),
        (lambda g, state, step: (-g, state, step), r"Rule.update returned \(array"),
        (lambda g, state, step: [-g, state], r"Rule.update returned \[array"),
        (lambda g, state, step: (-0.1, state), r"a delta that has shape \(\) at points of shape"),
        (lambda g, state, step: (-g[0], -g[1]), r"a delta that has shape \(\)"),
        (lambda g, state, step: (np.ones(3), state), r"a delta that has shape \(3,\)"),
        (lambda g, state, step: ("down", state), "a delta that is down"),
        (lambda g, state, step: (None, state), "a delta that is None"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda o: o, lambda o: Clipped(o, 9.0)], ids=["bare", "wrapped"])
def test_what_update_returns_is_checked(update, message, wrap):
    message = message.replace("Rule.update", "(Rule|Clipped).update")
    with pytest.raises((TypeError, ValueError), match=message):
        descend(Quadratic(1.0, 1.0), (1.0, 2.0), wrap(Rule(update)), 3)


def test_a_rule_that_forgets_its_state_later_is_told_too():
    rule = Rule(lambda g, state, step: (-0.1 * g, state) if step < 2 else -0.1 * g)
    with pytest.raises(TypeError, match=r"returned .*`return delta, state`"):
        descend(Quadratic(1.0, 1.0), (1.0, 2.0), rule, 5)


@pytest.mark.parametrize(
    "update",
    [
        lambda g, state, step: ([-0.5 * v for v in g], None),
        lambda g, state, step: ((-0.5 * g).astype(np.float32), None),
        lambda g, state, step, x: (-0.5 * x, None),
        lambda g, state, step, point: (-0.5 * point, None),
        lambda g, state, step, x=None: (-0.5 * x, None),
        lambda g, state, step, scale=0.5: (-scale * g, None),
    ],
)
def test_rules_of_a_learners_own(update):
    points = descend(Quadratic(1.0, 1.0), (1.0, 2.0), Rule(update), 2).points
    assert points.tolist() == [[1.0, 2.0], [0.5, 1.0], [0.25, 0.5]]


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (
            GD([0.1, 0.2, 0.3]),
            r"lr has shape \(3,\) and the starts have shape \(2, 1\), .* To try every rate from "
            r"every start give the rates shape \(3, 1\), .* each start give them shape \(2,\)",
        ),
        (Clipped(GD(0.1), [1, 2, 3]), r"max_norm has shape \(3,\) .* every value from every start"),
        (Clipped(Momentum([0.1, 0.2, 0.3]), 1.0), r"lr has shape \(3,\)"),
        (Momentum(0.1, [0.1, 0.2, 0.3]), r"beta has shape \(3,\) .* the values shape \(3, 1\)"),
        (GD(Exponential([0.1, 0.2, 0.3], 0.9)), r"lr has shape \(3,\)"),
        (GD(lambda step: np.full(3, 0.1) if step else 0.1), r"lr has shape \(3,\)"),
        (GD([[0.1, 0.2, 0.3]]), r"give the rates shape \(1, 3, 1\)"),
    ],
)
def test_numbers_that_do_not_fit_the_starts(optimizer, message):
    starts = [[1.0], [2.0]]
    with pytest.raises(ValueError, match=message):
        descend(ROUND, starts, optimizer, 5)
    good = descend(ROUND, starts, GD(np.reshape([0.1, 0.2, 0.3], (3, 1))), 5)
    assert good.shape == (3, 2)


def test_another_value_error_of_a_rule_is_its_own():
    def update(g, state, step):
        raise ValueError("out of luck")

    with pytest.raises(ValueError, match="out of luck"):
        descend(ROUND, 1.0, Rule(update), 5)


def test_a_gradient_of_float32_is_the_same_in_a_batch():
    objective = SimpleNamespace(value=lambda x: x[..., 0], gradient=lambda x: x.astype(np.float32))
    rates = np.array([0.1, 0.3])
    batch = descend(objective, 1.0, GD(rates), 9)
    for number, rate in enumerate(rates):
        alone = descend(objective, 1.0, GD(float(rate)), 9)
        assert np.array_equal(batch.points[:, number], alone.points)


@pytest.mark.parametrize("gradient", [None, "steep", [None, 1.0]])
def test_a_gradient_that_is_no_numbers_is_an_error(gradient):
    objective = SimpleNamespace(value=lambda x: 0.0, gradient=lambda x: gradient)
    with pytest.raises(ValueError, match=r"the objective's gradient is .* at points of shape"):
        descend(objective, (1.0, 2.0), GD(0.1), 3)


@pytest.mark.parametrize("record", ["all", "last"])
def test_an_objective_that_changes_its_shape_on_the_way_is_an_error(record):
    objective = SimpleNamespace(
        value=lambda x: x[..., 0],
        gradient=lambda x, step: x if step < 2 else np.stack([x, x]),
    )
    with pytest.raises(ValueError, match=r"\(2,\) at first and \(2, 2\) at step 3.*objective"):
        descend(objective, (1.0, 2.0), GD(0.1), 5, record=record)


@pytest.mark.parametrize("shape", [(3,), (5, 3), ()])
def test_a_gradient_of_the_wrong_shape_is_an_error(shape):
    objective = SimpleNamespace(value=lambda x: 0.0, gradient=lambda x: np.ones(shape))
    with pytest.raises(ValueError, match=r"gradient has shape .* at points of shape \(5, 2\)"):
        descend(objective, np.ones((5, 2)), GD(0.1), 3)


def test_a_value_of_the_wrong_shape_is_an_error():
    objective = SimpleNamespace(value=lambda x: x * x, gradient=lambda x: x)
    with pytest.raises(ValueError, match=r"value has shape \(4, 1\).* one number for each point"):
        _ = descend(objective, 1.0, GD(0.1), 3).values


@pytest.mark.parametrize("record", ["all", "last"])
def test_a_schedule_that_changes_the_batch_on_the_way_is_an_error(record):
    def rate(step):
        return 0.1 if step < 2 else np.array([0.1, 0.2])

    with pytest.raises(ValueError, match=r"shape \(1,\) at first and \(2, 1\) at step 3"):
        descend(ROUND, 1.0, GD(rate), 5, record=record)


@pytest.mark.parametrize("minimum", [(1.0,), (1.0, np.nan), (1.0, 2.0, 3.0), "here"])
def test_a_minimum_is_a_point(minimum):
    run = descend(RAVINE, (1, 1), GD(0.01), 3)
    with pytest.raises(ValueError, match=r"minimum is .*2 finite coordinates"):
        run.contraction(minimum)
    with pytest.raises(ValueError, match=r"minimum is .*2 finite coordinates"):
        run.reached(1.0, minimum)


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, np.inf, "small", None])
def test_a_tolerance_is_a_number(tolerance):
    with pytest.raises(ValueError, match=r"tolerance is .* as in tolerance=1e-6"):
        descend(RAVINE, (1, 1), GD(0.01), 3).reached(tolerance)
