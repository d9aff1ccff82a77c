"""Schedules: PyTorch's rates and trajectories, closed forms, arrays, errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdviz.descent import descend
from gdviz.optimizers import Momentum
from gdviz.schedules import Constant, Cosine, Exponential, InverseTime, StepDecay, WarmUp

FIGURES = json.loads(Path(__file__).with_name("reference").joinpath("optimizers.json").read_text())
LR = 0.05

SCHEDULES = {
    "Constant": Constant(LR),
    "StepDecay": StepDecay(LR, 0.5, 7),
    "Exponential": Exponential(LR, 0.9),
    "Cosine": Cosine(LR, 40, final=0.002),
    "InverseTime": InverseTime(LR, 0.2),
    "WarmUp": WarmUp(Exponential(LR, 0.9), 5),
}

SWEEPS = {
    "Constant": lambda h, n: Constant(h),
    "StepDecay": lambda h, n: StepDecay(h, h, n),
    "Exponential": lambda h, n: Exponential(h, h),
    "Cosine": lambda h, n: Cosine(h, n, final=h / 10),
    "InverseTime": lambda h, n: InverseTime(h, h),
    "WarmUp": lambda h, n: WarmUp(Exponential(h, h), n),
    "WarmUp of a number": lambda h, n: WarmUp(h, n),
}


class Coupled:
    """The function of the reference figures: x^2/2 + x^4/4 + 5 y^2 + x y/2."""

    dim = 2

    def value(self, p):
        x, y = p[..., 0], p[..., 1]
        return x * x / 2 + x * x * x * x / 4 + 5 * y * y + x * y / 2

    def gradient(self, p):
        x, y = p[..., 0], p[..., 1]
        return np.stack([x + x * x * x + y / 2, 10 * y + x / 2], axis=-1)


@pytest.mark.parametrize("name", FIGURES["schedules"])
def test_rates_are_pytorchs(name):
    rates = [SCHEDULES[name](step) for step in range(40)]
    np.testing.assert_allclose(rates, FIGURES["schedules"][name]["rates"], rtol=1e-12)


@pytest.mark.parametrize("name", FIGURES["schedules"])
def test_trajectories_are_pytorchs(name):
    run = descend(Coupled(), FIGURES["starts"], Momentum(SCHEDULES[name], 0.9), 40)
    expected = np.array(FIGURES["schedules"][name]["points"]).swapaxes(0, 1)
    np.testing.assert_allclose(run.points, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("make", SWEEPS.values(), ids=SWEEPS)
def test_arrays_equal_one_at_a_time(make):
    h = np.linspace(0.05, 0.95, 24).reshape(4, 6)
    n = np.array([3, 4, 7, 10])[:, None]
    for step in range(12):
        rates = np.broadcast_to(make(h, n)(step), h.shape)
        for i, j in np.ndindex(h.shape):
            assert rates[i, j] == make(float(h[i, j]), int(n[i, 0]))(step)


@pytest.mark.parametrize("make", SWEEPS.values(), ids=SWEEPS)
def test_take_gives_the_rows_of_the_batch(make):
    h, n = np.array([[0.2], [0.5]]), np.array([3, 5, 9])
    rows = slice(2, 5)
    for step in range(12):
        whole = np.broadcast_to(make(h, n)(step), (2, 3)).reshape(-1)
        part = np.broadcast_to(make(h, n).take(rows, (2, 3))(step), (3,))
        assert np.array_equal(part, whole[rows])


def test_take_divides_what_a_function_returns():
    schedule = WarmUp(lambda step: np.array([0.1, 0.2, 0.3]) / (1 + step), 2)
    part = schedule.take(slice(1, 3), (3,))
    assert np.array_equal(part(5), schedule(5)[1:])


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.integers(1, 500))
def test_cosine_runs_from_lr_to_final_and_stays(lr, final, steps):
    schedule = Cosine(lr, steps, final)
    close = {"rel": 1e-12, "abs": 1e-12}
    assert schedule(0) == pytest.approx(lr, **close)
    assert schedule(steps) == schedule(steps + 1) == schedule(10 * steps)
    assert schedule(steps) == pytest.approx(final, **close)
    if steps % 2 == 0:
        assert schedule(steps // 2) == pytest.approx((lr + final) / 2, **close)


@given(st.floats(1e-6, 1e3), st.integers(1, 200))
def test_warm_up_rises_in_equal_steps(lr, steps):
    rates = [WarmUp(lr, steps)(step) for step in range(steps + 3)]
    np.testing.assert_allclose(np.diff([0, *rates[:steps]]), lr / steps, rtol=1e-9)
    assert rates[steps - 1 :] == [lr] * 4


def test_inverse_time_halves_after_one_over_decay_steps():
    assert InverseTime(0.3, 0.01)(100) == 0.15


def test_rates_stay_with_the_step_from_0():
    assert [StepDecay(1.0, 0.1, 3)(step) for step in range(4)] == [1, 1, 1, 0.1]
    assert Exponential(1.0, 0.5)(0) == 1.0


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: Constant(-0.1), ValueError, "lr is -0.1: a rate is a number of 0 or more"),
        (lambda: Constant(np.nan), ValueError, "lr is nan"),
        (lambda: Constant("fast"), TypeError, "lr is 'fast'"),
        (lambda: Constant([0.1, -0.1]), ValueError, r"lr is -0.1 at index \(1,\)"),
        (lambda: Constant(Constant(0.1)), TypeError, r"lr is Constant\(lr=0.1\)"),
        (lambda: Constant(True), TypeError, "lr is True"),
        (lambda: StepDecay(0.1, -0.5, 10), ValueError, "factor is -0.5"),
        (lambda: StepDecay(0.1, 0.5, 0), ValueError, "every is 0: .* 1 or more"),
        (lambda: StepDecay(0.1, 0.5, 2.5), ValueError, "every is 2.5: .* whole number"),
        (lambda: Exponential(0.1, np.inf), ValueError, "factor is inf"),
        (lambda: Cosine(0.1, -3), ValueError, "steps is -3"),
        (lambda: Cosine(0.1, 10, final=-1.0), ValueError, "final is -1.0"),
        (lambda: InverseTime(0.1, -0.01), ValueError, "decay is -0.01"),
        (lambda: WarmUp(-0.1, 10), ValueError, "schedule is -0.1: give WarmUp a rate"),
        (lambda: WarmUp(None, 10), TypeError, "schedule is None: give WarmUp a rate"),
        (lambda: WarmUp(0.1, 0), ValueError, "steps is 0"),
    ],
)
def test_errors_say_what_was_given_and_what_is_allowed(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (Constant(0.1), "Constant(lr=0.1)"),
        (StepDecay(0.1, 0.5, 30), "StepDecay(lr=0.1, factor=0.5, every=30)"),
        (Cosine(0.1, 100), "Cosine(lr=0.1, steps=100, final=0)"),
        (Constant([0.1, 0.3]), "Constant(lr=2 values from 0.1 to 0.3)"),
        (WarmUp(Constant(1), 5), "WarmUp(schedule=Constant(lr=1), steps=5)"),
    ],
)
def test_how_they_print(schedule, text):
    assert repr(schedule) == text
