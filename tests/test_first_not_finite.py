"""Which step, layer and quantity of a run broke first, and why."""

import re

import numpy as np
import pytest

import gdviz as gd
from gdviz.networks import NotFinite, Recurrent, Stack

INPUTS = np.random.default_rng(0).normal(size=(16, 8))
TARGETS = np.sign(INPUTS[:, 0])


def loss_of(depth, activation="relu", **options):
    return Stack(depth, width=16, inputs=8, activation=activation, **options).loss(INPUTS, TARGETS)


def trained(depth, gain, lr, activation="relu", seed=1, steps=12):
    loss = loss_of(depth, activation)
    return gd.descend(loss, loss.network.initial(gain, seed=seed), gd.GD(lr), steps)


def by_walking(run):
    """The same question answered by looking at every step."""
    for step, parameters in enumerate(run.points):
        found = run.objective.first_not_finite(parameters)
        if found is not None:
            return step, found.layer, found.quantity
    return None


@pytest.mark.parametrize("activation", ["relu", "tanh", "linear"])
@pytest.mark.parametrize("depth", [1, 5, 12])
def test_the_first_not_finite_is_what_walking_through_the_steps_finds(depth, activation):
    seen = set()
    for gain in (0.0, 1.0, 2.0, 3.0):
        for lr in (0.001, 0.1, 10.0, 1e300):
            run = trained(depth, gain, lr, activation)
            cause = gd.first_not_finite(run)
            assert (None if cause is None else cause[:3]) == by_walking(run)
            seen.add(None if cause is None else cause.quantity)
    assert None in seen
    assert len(seen) > 1


def powers_of_ten(words):
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return [int(power.translate(digits)) for power in re.findall("10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", words)]


def test_activations_too_large_for_the_weights_they_meet():
    cause = gd.first_not_finite(trained(20, 2.0, 0.01))
    assert (cause.step, cause.quantity) == (2, "pre-activation")
    activations, weights, end = powers_of_ten(cause.why)
    assert end == 308
    assert activations < 308 > weights
    assert activations + weights + 2 > 308
    where = f"step 2, pre-activation of layer {cause.layer}"
    assert str(cause).startswith(f"{where}: activations of size")


def test_a_loss_whose_square_is_too_large():
    cause = gd.first_not_finite(trained(20, 3.0, 1e-4))
    assert cause[:3] == (1, 21, "loss")
    (output,) = powers_of_ten(cause.why)
    assert 154 <= output < 308
    assert str(cause).startswith("step 1, the loss: the output is of size")


def handmade(*weights):
    """A linear stack of one number a layer that stands still."""
    stack = Stack(len(weights) - 1, width=1, inputs=1, activation="linear", bias=False)
    return gd.descend(stack.loss([[1.0]], [-1.0]), weights, gd.GD(0.0), steps=1)


def test_a_gradient_too_large_for_the_weights_on_its_way_back():
    cause = gd.first_not_finite(handmade(1e-308, 1e308))
    assert cause[:3] == (0, 1, "gradient")
    assert cause.why.startswith("gradients of size 10⁰ meet weights of size 10³⁰⁸")


def test_gradients_too_large_for_the_activations_that_they_meet():
    # output 1e100; the gradient 1e100 x 1e200 arrives at layer 2, where the activation is 1e200
    cause = gd.first_not_finite(handmade(1e200, 1e-300, 1e200))
    assert cause[:3] == (0, 2, "gradient")
    assert cause.why.startswith("gradients of size 10³⁰⁰ meet activations of size 10²⁰⁰")


@pytest.mark.parametrize(
    ("activation", "signal", "weights", "layer"),
    [("relu", 1.0, (1e308, -1e308, 1.0), 2), ("tanh", 10.0, (1e308, 1.0, 1.0), 1)],
)
def test_an_infinite_sum_behind_a_finite_loss_is_found(activation, signal, weights, layer):
    # ReLU makes 0 of -inf and tanh makes 1 of inf: the loss never knows
    stack = Stack(2, width=1, inputs=1, activation=activation, bias=False)
    run = gd.descend(stack.loss([[signal]], [-1.0]), weights, gd.GD(0.0), steps=5)
    assert np.isfinite(run.values).all()
    assert gd.first_not_finite(run)[:3] == by_walking(run) == (0, layer, "pre-activation")


def test_the_step_of_the_cause_is_where_the_run_diverged_or_earlier():
    forward = trained(20, 2.0, 0.01)
    assert gd.first_not_finite(forward).step == forward.diverged_at == 2
    backward = handmade(1e-308, 1e308)
    assert gd.first_not_finite(backward).step == 0
    assert backward.diverged_at == 1


def test_an_update_too_large_for_the_weights():
    cause = gd.first_not_finite(trained(5, 3.0, 1e306))
    assert cause[1:3] == (1, "weights")
    assert cause.step == 1
    assert cause.why == "the update, the rate times the gradient, was too large."


def test_a_float32_stack_breaks_at_its_own_end():
    stack = Stack(20, width=16, inputs=8, activation="relu", dtype="float32")
    loss = stack.loss(INPUTS, TARGETS)
    cause = gd.first_not_finite(gd.descend(loss, stack.initial(3.0, seed=1), gd.GD(1e-4), steps=5))
    assert cause.step == 1
    assert "beyond 10³⁸ there is only inf" in cause.why


def test_a_healthy_run_has_no_cause():
    assert gd.first_not_finite(trained(5, 1.4, 0.01)) is None


def test_what_is_no_single_run_of_a_stack_is_refused():
    bowl = gd.descend(gd.landscape("x**2"), 1.0, gd.GD(0.1), steps=2)
    net = Recurrent(hidden=4)
    recurrent = net.loss(np.ones((2, 3, 1)), np.ones(2))
    for run in (bowl, gd.descend(recurrent, net.initial(), gd.GD(0.1), steps=2)):
        with pytest.raises(TypeError, match=r"give gd\.descend the loss of a gd\.networks\.Stack"):
            gd.first_not_finite(run)
    loss = loss_of(3)
    batch = gd.descend(loss, loss.network.initial([1.0, 2.0]), gd.GD(0.1), steps=2)
    with pytest.raises(ValueError, match=r"takes one run, and this is a batch of shape \(2,\)"):
        gd.first_not_finite(batch)


def test_the_networks_own_autopsy_agrees_on_layer_and_quantity():
    run = trained(20, 2.0, 0.01)
    cause = gd.first_not_finite(run)
    found = run.objective.first_not_finite(run.points[cause.step])
    assert found == NotFinite(cause.layer, cause.quantity)
