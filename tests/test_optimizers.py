"""Update rules: PyTorch's trajectories, closed forms, batches against one at a time, errors."""

import dataclasses
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdviz import checks
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
from gdviz.schedules import WarmUp

FIGURES = json.loads(Path(__file__).with_name("reference").joinpath("optimizers.json").read_text())
STARTS = np.array(FIGURES["starts"])

OPTIMIZERS = {
    "GD": GD(0.05),
    "Momentum": Momentum(0.02, 0.9),
    "Momentum dampened": Momentum(0.05, 0.8, dampening=0.8),
    "Nesterov": Nesterov(0.02, 0.9),
    "AdaGrad": AdaGrad(0.3),
    "RMSProp": RMSProp(0.005, 0.9),
    "RMSProp large eps": RMSProp(0.02, 0.99, eps=0.1),
    "Adam": Adam(0.1),
    "Adam large eps": Adam(0.1, 0.8, 0.95, eps=0.1),
    "AdamW": AdamW(0.1),
    "AdamW strong": AdamW(0.1, 0.8, 0.95, eps=1e-3, strength=0.3),
    "WeightDecay GD": WeightDecay(GD(0.05), 0.3),
    "WeightDecay Momentum": WeightDecay(Momentum(0.02, 0.9), 0.3),
    "WeightDecay Adam": WeightDecay(Adam(0.1), 0.3),
}
CLIPPED = {
    "Clipped GD": Clipped(GD(0.1), 1.0),
    "Clipped Momentum": Clipped(Momentum(0.05, 0.9), 2.0),
    "Clipped WeightDecay GD": Clipped(WeightDecay(GD(0.1), 0.3), 1.0),
}
CLIPPED_EXACTLY = {"Clipped AdamW": Clipped(AdamW(0.1, strength=0.3), 1.0)}
ALL = {**OPTIMIZERS, **CLIPPED, **CLIPPED_EXACTLY}

SWEEPS = {
    "GD": lambda h: GD(0.1 * h),
    "Momentum": lambda h: Momentum(0.1 * h, h, dampening=h),
    "Nesterov": lambda h: Nesterov(0.1 * h, h),
    "AdaGrad": lambda h: AdaGrad(0.1 * h, eps=h),
    "RMSProp": lambda h: RMSProp(0.1 * h, h, eps=h),
    "Adam": lambda h: Adam(0.1 * h, h, h, eps=h),
    "AdamW": lambda h: AdamW(0.1 * h, h, h, eps=h, strength=h),
    "WeightDecay": lambda h: WeightDecay(Adam(0.1 * h), h),
    "Clipped AdamW": lambda h: Clipped(AdamW(0.1 * h, h, h, strength=h), h),
    "Clipped": lambda h: Clipped(Momentum(0.1 * h), h),
}


def coupled(p):
    x, y = p[..., 0], p[..., 1]
    return np.stack([x + x * x * x + y / 2, 10 * y + x / 2], axis=-1)


def bowl(p):
    return p * np.linspace(1, 3, p.shape[-1])


def slope(p):
    return np.ones_like(p)


GRADIENTS = {"coupled": coupled, "bowl": bowl, "slope": slope}


def follow(optimizer, x, gradient=coupled, steps=40):
    state, points = optimizer.init(x), [x]
    takes_point = checks.takes(optimizer.update, "x", place=4)
    for step in range(steps):
        point = (x,) if takes_point else ()
        delta, state = optimizer.update(gradient(x), state, step, *point)
        x = x + delta
        points.append(x)
    return points


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trajectories_are_pytorchs(name):
    points = np.array(follow(OPTIMIZERS[name], STARTS))
    expected = np.array(FIGURES["optimizers"][name]).swapaxes(0, 1)
    np.testing.assert_allclose(points, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", CLIPPED)
def test_clipped_trajectories_are_pytorchs_but_for_its_fudge(name):
    points = np.array(follow(CLIPPED[name], STARTS))
    expected = np.array(FIGURES["clipped"][name]).swapaxes(0, 1)
    np.testing.assert_allclose(points, expected, rtol=0, atol=2e-5)
    assert (points != np.array(follow(CLIPPED[name].optimizer, STARTS))).any()


@pytest.mark.parametrize("name", CLIPPED_EXACTLY)
def test_trajectories_clipped_without_the_fudge_are_pytorchs(name):
    points = np.array(follow(CLIPPED_EXACTLY[name], STARTS))
    expected = np.array(FIGURES["clipped exactly"][name]).swapaxes(0, 1)
    np.testing.assert_allclose(points, expected, rtol=1e-12, atol=1e-14)


def test_every_reference_is_used():
    assert set(FIGURES["optimizers"]) == set(OPTIMIZERS)
    assert set(FIGURES["clipped"]) == set(CLIPPED)
    assert set(FIGURES["clipped exactly"]) == set(CLIPPED_EXACTLY)


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS)
@pytest.mark.parametrize("optimizer", ALL.values(), ids=ALL)
def test_a_batch_equals_one_at_a_time(optimizer, gradient):
    starts = np.random.default_rng(0).normal(size=(3, 5, 2))
    batch = follow(optimizer, starts, gradient)[-1]
    for index in np.ndindex(3, 5):
        assert np.array_equal(batch[index], follow(optimizer, starts[index], gradient)[-1])


@pytest.mark.parametrize("dim", [1, 2, 9, 40])
@pytest.mark.parametrize("make", SWEEPS.values(), ids=SWEEPS)
def test_arrays_of_hyper_parameters_equal_one_at_a_time(make, dim):
    rng = np.random.default_rng(1)
    h, starts = rng.uniform(0.1, 0.95, (4, 1)), rng.normal(size=(3, dim))
    batch = follow(make(h), starts, bowl)[-1]
    assert batch.shape == (4, 3, dim)
    for i, j in np.ndindex(4, 3):
        alone = follow(make(float(h[i, 0])), starts[j], bowl)[-1]
        assert np.array_equal(batch[i, j], alone)


@pytest.mark.parametrize("make", SWEEPS.values(), ids=SWEEPS)
def test_schedules_of_arrays_equal_the_arrays(make):
    h = np.array([[0.2], [0.5]])
    optimizer = make(h)

    def scheduled(part):
        numbers = {entry.name: getattr(part, entry.name) for entry in dataclasses.fields(part)}
        return type(part)(
            **{
                name: scheduled(value) if hasattr(value, "update") else lambda step, v=value: v
                for name, value in numbers.items()
            }
        )

    both = [follow(o, STARTS, bowl)[-1] for o in (optimizer, scheduled(optimizer))]
    assert np.array_equal(*both)


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("make", SWEEPS.values(), ids=SWEEPS)
def test_take_gives_the_rows_of_the_batch(make, scheduled):
    h = np.array([[0.2], [0.5], [0.7]])
    optimizer = make(h)
    if scheduled:
        optimizer = WeightDecay(optimizer, lambda step: h / (1 + step))
    batch = follow(optimizer, np.broadcast_to(STARTS, (3, 3, 2)), bowl)[-1].reshape(-1, 2)
    flat = np.broadcast_to(STARTS, (3, 3, 2)).reshape(-1, 2)
    for rows in (slice(0, 4), slice(4, 9)):
        part = follow(optimizer.take(rows, (3, 3)), flat[rows], bowl)[-1]
        assert np.array_equal(part, batch[rows])


def test_a_number_is_taken_as_it_is():
    part = Clipped(Momentum(0.1, [0.5, 0.9], dampening=0.3), 2.0).take(slice(1, 2), (2,))
    assert repr(part) == (
        "Clipped(optimizer=Momentum(lr=0.1, beta=1 values from 0.9 to 0.9, dampening=0.3), "
        "max_norm=2)"
    )


def test_updates_are_pure():
    gradient = coupled(STARTS)
    for optimizer in ALL.values():
        point = (STARTS,) if checks.takes(optimizer.update, "x", place=4) else ()
        state = optimizer.init(STARTS)
        _, state = optimizer.update(gradient, state, 0, *point)
        before = pickle.dumps((gradient, state, STARTS))
        first, second = (optimizer.update(gradient, state, 1, *point)[0] for _ in range(2))
        assert np.array_equal(first, second)
        assert pickle.dumps((gradient, state, STARTS)) == before


SIGNS = np.array([1e-3, -5.0, 40.0])


def test_adam_starts_with_the_rate_times_the_sign():
    optimizer = Adam(0.25, eps=0.0)
    delta, _ = optimizer.update(SIGNS, optimizer.init(SIGNS), 0)
    np.testing.assert_allclose(delta, -0.25 * np.sign(SIGNS), rtol=1e-14)


def test_rmsprop_starts_with_the_rate_over_the_root_of_one_minus_beta():
    optimizer = RMSProp(0.25, beta=0.96, eps=0.0)
    delta, _ = optimizer.update(SIGNS, optimizer.init(SIGNS), 0)
    np.testing.assert_allclose(delta, -0.25 / 0.2 * np.sign(SIGNS), rtol=1e-13)


def test_adam_without_correction_would_start_too_fast():
    # A constant gradient: the step that m / sqrt(s) alone would make, in units of the rate.
    state = Adam(1.0, eps=0.0).init(np.zeros(1))
    bare = []
    for step in range(100):
        delta, state = Adam(1.0, eps=0.0).update(np.ones(1), state, step)
        m, s, _, _ = state
        bare.append(float((1 - 0.9) * m[0] / np.sqrt((1 - 0.999) * s[0])))
        np.testing.assert_allclose(delta, -1.0, rtol=1e-12)
    assert bare[0] == pytest.approx(3.1623, abs=1e-4)
    assert np.argmax(bare) + 1 == 12
    assert max(bare) == pytest.approx(6.57, abs=5e-3)


def test_adams_averages_are_the_papers():
    optimizer = Adam(0.1, 0.9, 0.999)
    state = optimizer.init(np.zeros(1))
    for step in range(50):
        _, state = optimizer.update(np.ones(1), state, step)
    weights = (1 - 0.9**50) / (1 - 0.9), (1 - 0.999**50) / (1 - 0.999)
    assert state[2:] == pytest.approx(weights, rel=1e-12)


def test_adamw_takes_the_decay_out_of_the_average():
    # On a slope of 0 Adam makes no step: what is left is x <- (1 - lr strength) x.
    path = follow(AdamW(0.1, strength=0.5), np.array([3.0, -2.0]), np.zeros_like, steps=10)
    np.testing.assert_allclose(path[-1], np.array([3.0, -2.0]) * 0.95**10, rtol=1e-14)
    # Inside the gradient Adam makes a step as long as the rate of it, however weak it is.
    path = follow(WeightDecay(Adam(0.1), 0.5), np.array([3.0, -2.0]), np.zeros_like, steps=1)
    np.testing.assert_allclose(path[-1], [2.9, -1.9], rtol=1e-8)


def test_adamw_without_decay_is_adam():
    adam, adamw = (follow(o, STARTS) for o in (Adam(0.1), AdamW(0.1, strength=0.0)))
    assert np.array_equal(adam, adamw)


def test_adagrads_rate_dies_as_one_over_the_root():
    path = np.array(follow(AdaGrad(0.5, eps=0.0), np.zeros(1), slope, 100))[:, 0]
    np.testing.assert_allclose(-np.diff(path), 0.5 / np.sqrt(np.arange(1, 101)), rtol=1e-12)


def test_the_average_is_the_velocity_at_a_scaled_rate():
    # After the first step, whose gradient enters in full: v of 10 % new, 90 % old.
    average = Momentum(1.0, 0.9, dampening=0.9)
    state = average.init(np.zeros(1))
    _, state = average.update(np.array([5.0]), state, 0)
    assert state == 5.0
    _, state = average.update(np.array([1.0]), state, 1)
    assert state == pytest.approx(0.9 * 5 + 0.1 * 1)


def test_nesterov_is_momentum_seen_from_one_step_ahead():
    # y = x - lr beta v follows Nesterov's rule where x follows v <- beta v + g(y), x <- x - lr v.
    lr, beta, x, v = 0.02, 0.9, STARTS[0], np.zeros(2)
    ahead = [x]
    for _ in range(20):
        v = beta * v + coupled(ahead[-1])
        x = x - lr * v
        ahead.append(x - lr * beta * v)
    path = follow(Nesterov(lr, beta), STARTS[0], steps=20)
    np.testing.assert_allclose(np.array(path), np.array(ahead), rtol=1e-12)


def test_weight_decay_is_the_gradient_of_half_its_strength_times_the_square():
    plain = follow(GD(0.05), STARTS, lambda p: coupled(p) + 0.3 * p)
    assert np.array_equal(follow(WeightDecay(GD(0.05), 0.3), STARTS), plain)


@pytest.mark.parametrize("wrap", [lambda o: Clipped(o, 1e9), lambda o: WeightDecay(o, 0.0)])
def test_wrappers_pass_the_point_on(wrap):
    plain = follow(AdamW(0.1, strength=0.3), STARTS)
    assert np.array_equal(follow(wrap(AdamW(0.1, strength=0.3)), STARTS), plain)
    inner = follow(WeightDecay(GD(0.05), 0.3), STARTS)
    assert np.array_equal(follow(wrap(WeightDecay(GD(0.05), 0.3)), STARTS), inner)


def test_a_wrapper_that_is_handed_no_point_wraps_what_needs_none():
    optimizer = Clipped(Clipped(Momentum(1.0), 5.0), 1.0)
    delta, _ = optimizer.update(np.array([3.0, 4.0]), optimizer.init(np.zeros(2)), 0)
    assert delta.tolist() == pytest.approx([-0.6, -0.8])


def test_clipping_keeps_the_direction():
    optimizer = Clipped(GD(1.0), 1.0)
    delta, _ = optimizer.update(np.array([3.0, 4.0]), optimizer.init(np.zeros(2)), 0)
    assert delta.tolist() == [-0.6, -0.8]


def test_clipping_does_not_depend_on_the_order_in_memory():
    gradient = np.random.default_rng(5).normal(size=(50, 40))
    optimizer = Clipped(GD(1.0), 0.1)
    one, other = (
        optimizer.update(order(gradient), (), 0)[0] for order in (np.array, np.asfortranarray)
    )
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("gradient", "limit", "expected"),
    [
        ([0.0, 0.0], 1.0, [0.0, 0.0]),
        ([0.3, 0.4], 0.5, [0.3, 0.4]),
        ([3e300, 4e300], 5.0, [3.0, 4.0]),
        ([1.7e308, 1.7e308], 1.0, [np.sqrt(0.5), np.sqrt(0.5)]),
        ([1.7e308, 0.0], 1e-10, [1e-10, 0.0]),
        ([3e-320, 0.0], 1.0, [3e-320, 0.0]),
        ([np.inf, 1.0], 1.0, [np.inf, 1.0]),
        ([np.nan, 1.0], 1.0, [np.nan, 1.0]),
    ],
)
def test_clipping_at_the_edges(gradient, limit, expected):
    optimizer = Clipped(GD(1.0), limit)
    with np.errstate(all="ignore"):
        delta, _ = optimizer.update(np.array(gradient), (), 0)
    np.testing.assert_allclose(-delta, expected, rtol=1e-15)


@given(
    arrays(float, st.integers(1, 12), elements=st.floats(-1e300, 1e300)),
    st.floats(1e-3, 1e3),
)
def test_a_clipped_gradient_is_never_longer_and_points_the_same_way(gradient, limit):
    with np.errstate(all="ignore"):
        delta, _ = Clipped(GD(1.0), limit).update(gradient, (), 0)
    norm = np.hypot.reduce(gradient)
    np.testing.assert_allclose(np.hypot.reduce(delta), min(norm, limit), rtol=1e-13)
    if norm <= limit * (1 - 1e-12):
        assert np.array_equal(-delta, gradient)
    elif norm > 0:
        np.testing.assert_allclose(-delta / limit, gradient / norm, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: GD(-0.1), ValueError, "lr is -0.1: a learning rate is a number of 0 or more"),
        (lambda: GD(float("nan")), ValueError, "lr is nan"),
        (lambda: GD(np.inf), ValueError, "lr is inf"),
        (lambda: GD("0.1"), TypeError, "lr is '0.1'"),
        (lambda: GD(None), TypeError, "lr is None"),
        (lambda: GD(True), TypeError, "lr is True"),
        (lambda: GD(1j), TypeError, "lr is 1j"),
        (lambda: GD([]), TypeError, r"lr is \[\]"),
        (lambda: GD([[0.1], [0.1, 0.2]]), TypeError, "a learning rate is a number"),
        (lambda: GD([[0.1], [-0.2]]), ValueError, r"lr is -0.2 at index \(1, 0\)"),
        (lambda: Momentum(0.1, 1.0), ValueError, "beta is 1.0: .* not including, 1"),
        (lambda: Momentum(0.1, -0.1), ValueError, "beta is -0.1"),
        (lambda: Momentum(0.1, 0.9, dampening=1.1), ValueError, "dampening is 1.1"),
        (lambda: Nesterov(0.1, 1.5), ValueError, "beta is 1.5"),
        (lambda: AdaGrad(0.1, eps=-1.0), ValueError, "eps is -1.0"),
        (lambda: RMSProp(0.1, beta=np.nan), ValueError, "beta is nan"),
        (lambda: Adam(0.1, beta1=1.0), ValueError, "beta1 is 1.0"),
        (lambda: Adam(0.1, beta2=-1.0), ValueError, "beta2 is -1.0"),
        (lambda: WeightDecay(GD(0.1), -1), ValueError, "strength is -1"),
        (lambda: AdamW(0.1, strength=-1), ValueError, "strength is -1"),
        (lambda: GD(GD), TypeError, "lr is GD: a learning rate is a number"),
        (lambda: WeightDecay(0.1, 0.1), TypeError, "WeightDecay wraps an optimizer"),
        (lambda: Clipped(GD(0.1), 0), ValueError, "max_norm is 0: .* above 0"),
        (lambda: Clipped(GD(0.1), -2.0), ValueError, "max_norm is -2.0"),
        (lambda: Clipped(GD, 1.0), TypeError, "was given GD"),
    ],
)
def test_errors_say_what_was_given_and_what_is_allowed(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


@pytest.mark.parametrize(
    ("rate", "kind", "message"),
    [
        (lambda step: 0.1 - step, ValueError, "lr is -0.9 at step 1: a learning rate"),
        (lambda step: np.array([0.1, 0.2 - step]), ValueError, r"at index \(1,\) at step 1"),
        (lambda step: None if step else 0.1, TypeError, "lr is None at step 1: .* `return`"),
        (lambda step: "fast", TypeError, "lr is 'fast' at step 0: a learning rate is a number"),
        (lambda step: np.nan, ValueError, "lr is nan at step 0"),
        (WarmUp(lambda step: None, 5), TypeError, "schedule is None at step 0: give WarmUp"),
        (WarmUp(lambda step: -1.0, 5), ValueError, "schedule is -1.0 at step 0"),
    ],
)
def test_what_a_schedule_returns_is_checked(rate, kind, message):
    with pytest.raises(kind, match=message):
        follow(GD(rate), np.ones((2, 1)), bowl)


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        (GD(0.1), "GD(lr=0.1)"),
        (Momentum(lr=0.05, beta=0.9), "Momentum(lr=0.05, beta=0.9)"),
        (Momentum(1, 0.5, 0.5), "Momentum(lr=1, beta=0.5, dampening=0.5)"),
        (Nesterov(0.1), "Nesterov(lr=0.1, beta=0.9)"),
        (AdaGrad(0.1), "AdaGrad(lr=0.1)"),
        (RMSProp(0.1, eps=1e-3), "RMSProp(lr=0.1, beta=0.9, eps=0.001)"),
        (Adam(0.1), "Adam(lr=0.1, beta1=0.9, beta2=0.999)"),
        (AdamW(0.1), "AdamW(lr=0.1, beta1=0.9, beta2=0.999, strength=0.01)"),
        (GD([0.1, 0.3]), "GD(lr=2 values from 0.1 to 0.3)"),
        (WeightDecay(GD(0.1), 0.01), "WeightDecay(optimizer=GD(lr=0.1), strength=0.01)"),
    ],
)
def test_how_they_print(optimizer, text):
    assert repr(optimizer) == text


def test_optimizers_are_frozen_and_keep_their_own_numbers():
    rates = np.array([0.1, 0.2])
    optimizer = GD(rates)
    rates[0] = -1.0
    assert optimizer.lr.tolist() == [0.1, 0.2]
    with pytest.raises(ValueError, match="read-only"):
        optimizer.lr[0] = 5.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        optimizer.lr = 0.5
    assert Momentum(0.1) == Momentum(0.1, 0.9)
    assert pickle.loads(pickle.dumps(Adam(0.1))) == Adam(0.1)
