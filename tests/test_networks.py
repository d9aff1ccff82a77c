import json
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gdviz as gd
from gdviz.networks import ACTIVATIONS, LOSSES, SCHEMES, Recurrent, Stack, activation
from gdviz.networks.initialisers import _draw
from gdviz.norms import norm, norms

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("networks.json").read_text())


def wave(scale, *shape):
    return scale * np.sin(np.arange(1.0, np.prod(shape) + 1)).reshape(shape)


def targets_for(kind, batch, outputs):
    return wave(1.0, batch, outputs) if kind == "mse" else np.arange(batch) % outputs


CURED = (
    {"normalise": "batch"},
    {"residual": True},
    {"normalise": "batch", "residual": True},
)


def small_losses(dtype="float64"):
    """Stacks and a recurrent net for every activation, loss, and with or without bias."""
    for name, bias, kind in product(ACTIVATIONS, (True, False), LOSSES):
        label = f"{name}-{'bias' if bias else 'plain'}-{kind}"
        stack = Stack(3, 5, inputs=4, outputs=3, activation=name, bias=bias, dtype=dtype)
        loss = stack.loss(wave(1.0, 6, 4), targets_for(kind, 6, 3), kind)
        yield pytest.param(loss, id=f"stack-{label}")
        for cured in CURED if bias else ():
            stack = Stack(3, 5, 4, 3, name, bias, dtype, **cured)
            loss = stack.loss(wave(1.0, 6, 4), targets_for(kind, 6, 3), kind)
            yield pytest.param(loss, id=f"stack-{label}-{'-'.join(cured)}")
        net = Recurrent(2, 4, outputs=3, activation=name, bias=bias, dtype=dtype)
        loss = net.loss(wave(1.0, 5, 6, 2), targets_for(kind, 5, 3), kind)
        yield pytest.param(loss, id=f"recurrent-{label}")


# Activations


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_the_slope_of_the_function(name):
    f = activation(name)
    z = np.linspace(-5, 5, 41) + 0.03
    slope = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(f.derivative(z), slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activation_keeps_the_dtype_and_stands_large_numbers(name, dtype):
    z = np.array([-1000.0, -1.0, 0.0, 1.0, 1000.0], dtype)
    assert activation(name)(z).dtype == activation(name).derivative(z).dtype == dtype
    assert np.all(np.isfinite(activation(name)(z)))
    assert np.all(np.isfinite(activation(name).derivative(z)))


def test_known_values_of_activations():
    sigmoid, tanh = activation("sigmoid"), activation("tanh")
    np.testing.assert_array_equal(sigmoid([-1000.0, 0.0, 1000.0]), [0.0, 0.5, 1.0])
    np.testing.assert_allclose(sigmoid([-700.0, 3.0]), [np.exp(-700), 1 / (1 + np.exp(-3))])
    assert sigmoid.derivative(0.0) == 0.25
    assert np.all(sigmoid.derivative(np.linspace(-30, 30, 1001)) <= 0.25)
    assert tanh.derivative(4.0) == pytest.approx(0.00134095, rel=1e-5)
    np.testing.assert_array_equal(activation("relu")([-2, 0, 3]), [0, 0, 3])
    np.testing.assert_array_equal(activation("relu").derivative([-2, 0, 3]), [0, 0, 1])
    np.testing.assert_array_equal(activation("leaky_relu")([-2, 3]), [-0.02, 3])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_theory_says_one_at_the_critical_gain(name):
    growth = activation(name).gradient_growth
    assert growth(activation(name).critical_gain) == pytest.approx(1, abs=1e-9)
    assert growth(0.5 * activation(name).critical_gain) < 0.9


@pytest.mark.parametrize("gain", [0.0, 1e-9, 0.3, 0.9, 1.2, 3.0, 30.0])
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_theory_takes_the_variance_that_repeats_itself_from_layer_to_layer(name, gain):
    u = np.linspace(-9, 9, 3001)
    weights = np.exp(-u * u / 2) / np.exp(-u * u / 2).sum()
    f, q = activation(name), 1.0
    for _ in range(300):
        q = gain**2 * np.sum(weights * f(np.sqrt(q) * u) ** 2)
    expected = gain * np.sqrt(np.sum(weights * f.derivative(np.sqrt(q) * u) ** 2))
    assert f.gradient_growth(gain) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("gain", [0.0, 0.5, 0.99, 1 - 1e-9, 1.0])
def test_theory_of_tanh_is_the_gain_where_the_signal_dies_out(gain):
    assert activation("tanh").gradient_growth(gain) == pytest.approx(gain, abs=1e-12)


@pytest.mark.parametrize(("name", "gain"), [("sigmoid", 3.0), ("tanh", 0.8), ("tanh", 2.0)])
def test_theory_of_smooth_activations_agrees_with_wide_stacks(name, gain):
    stack = Stack(24, 200, inputs=200, activation=name)
    inputs = np.random.default_rng(0).normal(size=(4, 200))
    # Targets that the outputs are far from, the same for all seeds.
    trace = stack.loss(inputs, np.full(4, 1e6)).trace(stack.initial(gain=gain, seed=np.arange(6)))
    logs = np.log(trace.delta_norms).mean(axis=0)
    measured = (logs[11] - logs[19]) / 8
    assert measured == pytest.approx(np.log(activation(name).gradient_growth(gain)), abs=0.03)


# Backpropagation against finite differences and PyTorch


@pytest.mark.parametrize("loss", list(small_losses()))
def test_gradient_is_the_slope_of_the_value(loss):
    rng = np.random.default_rng(3)
    parameters = loss.network.initial(gain=1.3, seed=5) + 0.1 * rng.normal(size=loss.dim)
    gradient = loss.gradient(parameters)
    step = 1e-6 * np.eye(loss.dim)
    slopes = (loss.value(parameters + step) - loss.value(parameters - step)) / 2e-6
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("case", REFERENCE["stacks"])
def test_stack_agrees_with_pytorch(case):
    stack = Stack(
        case["depth"],
        case["width"],
        case["inputs"],
        case["outputs"],
        case["activation"],
        case["bias"],
        normalise=case["normalise"],
        residual=case["residual"],
    )
    batch, kind = case["batch"], case["kind"]
    loss = stack.loss(wave(1.0, batch, stack.inputs), targets_for(kind, batch, stack.outputs), kind)
    parameters = wave(case["scale"], stack.parameter_count)
    agrees_with(loss, parameters, case)
    trace = loss.trace(parameters)
    np.testing.assert_allclose(trace.delta_norms, case["norms"], rtol=1e-9)


@pytest.mark.parametrize("case", REFERENCE["recurrents"])
def test_recurrent_agrees_with_pytorch(case):
    net = Recurrent(
        case["inputs"], case["hidden"], case["outputs"], case["activation"], case["bias"]
    )
    batch, kind = case["batch"], case["kind"]
    inputs = wave(1.0, batch, case["time"], net.inputs)
    loss = net.loss(inputs, targets_for(kind, batch, net.outputs), kind)
    parameters = wave(case["scale"], net.parameter_count)
    agrees_with(loss, parameters, case)
    np.testing.assert_allclose(loss.layer_gradient_norms(parameters), case["norms"], rtol=1e-9)


def agrees_with(loss, parameters, case):
    gradient, expected = loss.gradient(parameters), np.array(case["gradient"])
    assert loss.value(parameters) == pytest.approx(case["value"], rel=1e-9)
    assert np.linalg.norm(gradient - expected) <= 1e-9 * np.linalg.norm(expected)
    # Layer by layer too: a vanishing first layer is lost in the norm of the whole. A batch norm
    # does not see a shift of what it gets: some gradients are exactly zero, but for round-off.
    rounding = 1e-15 * np.linalg.norm(expected) if case.get("normalise") else 0
    for ours, theirs in zip(views(loss, gradient), views(loss, expected), strict=True):
        assert np.linalg.norm(ours - theirs) <= 1e-9 * np.linalg.norm(theirs) + rounding


def views(loss, flat):
    arrays = loss.network.views(flat)
    if isinstance(loss.network, Stack):
        arrays = [array for pair in arrays for array in pair]
        arrays += loss.network.scales(flat)
    return [array for array in arrays if array is not None]


TRAINED = REFERENCE["trainings"]
OPTIMIZERS = {
    "GD": gd.GD(0.1),
    "Momentum": gd.Momentum(0.05, 0.9),
    "Nesterov": gd.Nesterov(0.05, 0.9),
    "AdaGrad": gd.AdaGrad(0.1),
    "RMSProp": gd.RMSProp(0.01, 0.9),
    "Adam": gd.Adam(0.02),
    "AdamW": gd.AdamW(0.02, strength=0.1),
}
CURES = {
    None: lambda optimizer: optimizer,
    "Clipped": lambda optimizer: gd.Clipped(optimizer, TRAINED["max_norm"]),
    "WeightDecay": lambda optimizer: gd.WeightDecay(optimizer, TRAINED["strength"]),
}


@pytest.mark.parametrize(
    "run", TRAINED["runs"], ids=lambda run: f"{run['optimizer']}-{run['cure']}"
)
def test_a_stack_with_batch_norm_and_skips_trains_as_in_pytorch(run):
    names = "depth width inputs outputs activation normalise residual"
    stack = Stack(**{name: TRAINED[name] for name in names.split()})
    batch, kind = TRAINED["batch"], TRAINED["kind"]
    loss = stack.loss(wave(1.0, batch, stack.inputs), targets_for(kind, batch, 2), kind)
    optimizer = CURES[run["cure"]](OPTIMIZERS[run["optimizer"]])
    ours = gd.descend(loss, TRAINED["start"], optimizer, TRAINED["steps"]).final
    np.testing.assert_allclose(ours, run["final"], rtol=1e-9, atol=1e-10)
    # they learned something, so that they could have differed
    assert loss.value(ours) < 0.95 * loss.value(np.array(TRAINED["start"]))


@pytest.mark.parametrize("case", REFERENCE["orthogonal"], ids=lambda c: f"{c['n_out']}x{c['n_in']}")
def test_orthogonal_is_made_of_normal_draws_as_in_pytorch(case, monkeypatch):
    n_out, n_in = case["n_out"], case["n_in"]
    draws = np.sin(np.arange(1.0, n_out * n_in + 1) ** 2).reshape(n_out, n_in)
    fixed = SimpleNamespace(standard_normal=lambda shape: draws)
    monkeypatch.setattr(np.random, "default_rng", lambda seed: fixed)
    weight = _draw(0, 0, n_out, n_in, orthogonal=True)
    np.testing.assert_allclose(case["gain"] * weight, case["weight"], rtol=1e-9, atol=1e-12)


# Shapes: a batch of networks, dtypes, norms


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_of_networks_equals_one_at_a_time(dtype):
    for parameter in small_losses(dtype):
        (loss,) = parameter.values
        parameters = loss.network.initial(gain=[[0.5], [1.5]], seed=[0, 1, 2])
        together = everything(loss, parameters)
        for i in np.ndindex(2, 3):
            for name, array in everything(loss, parameters[i]).items():
                np.testing.assert_array_equal(together[name][i], array, err_msg=name)


@given(
    depth=st.integers(1, 4),
    width=st.integers(1, 70),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 140)),
    name=st.sampled_from(ACTIVATIONS),
    dtype=st.sampled_from(["float32", "float64"]),
    cured=st.sampled_from([{}, *CURED]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_batch_of_any_shape_equals_one_at_a_time(depth, width, sizes, name, dtype, cured):
    inputs, outputs, batch = sizes
    stack = Stack(depth, width, inputs, outputs, name, dtype=dtype, **cured)
    loss = stack.loss(wave(1.0, batch, inputs), wave(1.0, batch, outputs))
    parameters = stack.initial(seed=[0, 1, 2])
    together = everything(loss, parameters)
    for i in range(3):
        for name, array in everything(loss, parameters[i]).items():
            np.testing.assert_array_equal(together[name][i], array, err_msg=name)


def everything(loss, parameters):
    trace = loss.trace(parameters)
    names = "value gradient layer_gradient_norms delta_norms activation_gradient_norms "
    names += "activation_norms activation_rms activation_stds saturated_shares dead_shares"
    return {name: getattr(trace, name) for name in names.split()} | {
        "outputs": loss.network.predict(parameters, loss.inputs[:4], reference=loss.inputs)
    }


@pytest.mark.parametrize("loss", list(small_losses()))
def test_the_trace_agrees_with_the_single_calls(loss):
    parameters = loss.network.initial(gain=[0.7, 1.4], seed=2)
    trace = loss.trace(parameters)
    np.testing.assert_array_equal(trace.value, loss.value(parameters))
    np.testing.assert_array_equal(trace.gradient, loss.gradient(parameters))
    norms = loss.layer_gradient_norms(parameters)
    np.testing.assert_array_equal(trace.layer_gradient_norms, norms)
    np.testing.assert_allclose(trace.activation_stds[1, 0], np.std(trace.activations[0][1]))
    np.testing.assert_allclose(
        trace.activation_norms[1, 1], np.linalg.norm(trace.activations[1][1])
    )
    np.testing.assert_allclose(
        trace.activation_rms[0, -1], np.sqrt(np.mean(trace.activations[-1][0] ** 2))
    )
    np.testing.assert_array_equal(trace.parameters, parameters)
    np.testing.assert_array_equal(trace.weights[0][0], loss.network.views(parameters)[0][0])
    alone = loss.trace(parameters[1])
    assert alone.first_not_finite == loss.first_not_finite(parameters[1]) is None
    np.testing.assert_allclose(
        trace.delta_norms[0, 1], np.linalg.norm(trace.pre_activation_gradients[1][0])
    )
    if isinstance(loss.network, Stack):
        whole = np.linalg.norm(trace.gradient, axis=-1)
        np.testing.assert_allclose(np.linalg.norm(norms, axis=-1), whole)
    assert len(trace.pre_activations) == len(trace.activations) == trace.delta_norms.shape[-1]


@pytest.mark.parametrize("loss", list(small_losses("float32")))
def test_float32_stays_float32_and_agrees_with_float64(loss):
    parameters = loss.network.initial(seed=4)
    assert parameters.dtype == np.float32
    for name, array in everything(loss, parameters).items():
        assert array.dtype == np.float32, name
    fields = vars(loss.network) | {"dtype": "float64"}
    double = type(loss.network)(**fields).loss(loss.inputs, loss.targets, loss.kind)
    assert loss.value(parameters) == pytest.approx(double.value(parameters), rel=1e-5)
    gradient = double.gradient(parameters)
    error = np.linalg.norm(loss.gradient(parameters) - gradient)
    assert error < 1e-5 * np.linalg.norm(gradient)


def test_views_share_memory_with_parameters():
    stack = Stack(2, 3, inputs=2, outputs=1)
    parameters = np.zeros((4, stack.parameter_count))
    for number, (weight, bias) in enumerate(stack.views(parameters)):
        weight[...], bias[...] = number + 1, -number - 1
    expected = [1] * 6 + [-1] * 3 + [2] * 9 + [-2] * 3 + [3] * 3 + [-3]
    np.testing.assert_array_equal(parameters, [expected] * 4)
    net = Recurrent(2, 3, 1)
    net.views(parameters[:, : net.parameter_count]).output_bias[...] = 7
    np.testing.assert_array_equal(parameters[:, net.parameter_count - 1], 7)


def test_parameters_need_not_be_contiguous():
    stack = Stack(2, 3, inputs=2, activation="tanh")
    loss = stack.loss(wave(1.0, 4, 2), wave(1.0, 4))
    parameters = stack.initial(seed=[0, 1])
    crooked = np.asfortranarray(parameters)
    np.testing.assert_array_equal(loss.gradient(crooked), loss.gradient(parameters))
    np.testing.assert_array_equal(loss.value(parameters[:0]), np.zeros(0))


# Losses


def test_cross_entropy_takes_classes_or_probabilities():
    stack = Stack(1, 3, inputs=2, outputs=3)
    inputs, parameters = wave(1.0, 4, 2), stack.initial()
    by_class = stack.loss(inputs, [0, 2, 1, 2], "cross_entropy")
    by_row = stack.loss(inputs, np.eye(3)[[0, 2, 1, 2]], "cross_entropy")
    assert by_class.value(parameters) == by_row.value(parameters)
    assert by_class.value(np.zeros(stack.parameter_count)) == pytest.approx(np.log(3))


def test_cross_entropy_stands_large_outputs():
    stack = Stack(1, 1, inputs=1, outputs=2, activation="linear", bias=False)
    loss = stack.loss([[1.0]], [1], "cross_entropy")
    assert loss.value([1.0, 1000.0, -1000.0]) == 2000
    np.testing.assert_allclose(loss.gradient([1.0, 1000.0, -1000.0]), [2000, 1, -1])


# Initialisers


@pytest.mark.parametrize(
    ("scheme", "variance"), [("normal", 1 / 300), ("xavier", 2 / 500), ("he", 2 / 300)]
)
def test_variance_of_each_scheme(scheme, variance):
    stack = Stack(1, 200, inputs=300)
    weight, bias = stack.views(stack.initial(gain=3.0, scheme=scheme, seed=1))[0]
    # 60,000 draws: the sample variance is within 1.2 % two times in three.
    assert weight.var() == pytest.approx(9 * variance, rel=0.03)
    assert abs(weight.mean()) < 5 * np.sqrt(9 * variance / weight.size)
    np.testing.assert_array_equal(bias, 0)


@pytest.mark.parametrize(("n_in", "n_out"), [(4, 7), (7, 4), (5, 5), (1, 3)])
def test_orthogonal_matrices(n_in, n_out):
    stack = Stack(1, n_out, inputs=n_in)
    weight = stack.views(stack.initial(gain=2.0, scheme="orthogonal"))[0][0]
    product = weight @ weight.T if n_out <= n_in else weight.T @ weight
    np.testing.assert_allclose(product, 4 * np.eye(min(n_in, n_out)), atol=1e-14)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_gain_scales_the_same_draws(scheme):
    stack = Stack(3, 5, inputs=4)
    parameters = stack.initial(gain=[0.0, 1.0, 2.0], scheme=scheme, seed=3)
    np.testing.assert_array_equal(parameters[0], 0)
    np.testing.assert_array_equal(parameters[2], 2 * parameters[1])
    np.testing.assert_array_equal(parameters[1], stack.initial(scheme=scheme, seed=3))


def test_a_deeper_stack_begins_and_ends_like_a_shallower_one():
    shallow, deep = Stack(2, 5, inputs=4), Stack(6, 5, inputs=4)
    few, many = shallow.views(shallow.initial(seed=9)), deep.views(deep.initial(seed=9))
    np.testing.assert_array_equal(few[0][0], many[0][0])
    np.testing.assert_array_equal(few[1][0], many[1][0])
    np.testing.assert_array_equal(few[-1][0], many[-1][0])
    assert not np.array_equal(many[1][0], many[2][0])


def test_seeds_and_gains_broadcast():
    stack = Stack(2, 3, inputs=2)
    parameters = stack.initial(gain=[[0.5], [2.0]], seed=[0, 1, 2])
    assert parameters.shape == (2, 3, stack.parameter_count)
    np.testing.assert_array_equal(parameters[1, 2], stack.initial(gain=2.0, seed=2))
    assert not np.array_equal(parameters[0, 0], parameters[0, 1])
    shared = stack.initial()
    shared[...] = 0
    assert np.any(stack.initial() != 0)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("hidden", [1, 2, 9])
def test_spectral_radius_is_what_was_asked(scheme, hidden):
    net = Recurrent(2, hidden)
    radii = np.array([[0.0], [0.5], [1.3]])
    parameters = net.initial(scheme=scheme, seed=[0, 1], spectral_radius=radii)
    weights = net.views(parameters)
    measured = np.abs(np.linalg.eigvals(weights.hidden)).max(axis=-1)
    np.testing.assert_allclose(measured, np.broadcast_to(radii, (3, 2)), rtol=1e-12)
    np.testing.assert_array_equal(
        weights.input[2, 1], net.views(net.initial(scheme=scheme, seed=1)).input
    )


# What the notebooks say


@pytest.mark.parametrize(("scheme", "factor"), [("normal", 0.5**0.5), ("he", 1.0)])
def test_relu_gradients_change_by_the_predicted_factor_a_layer(scheme, factor):
    stack = Stack(20, 256, inputs=256, activation="relu")
    inputs = np.random.default_rng(1).normal(size=(4, 256))
    loss = stack.loss(inputs, np.full(4, 1e6))
    logs = np.log(loss.trace(stack.initial(scheme=scheme, seed=np.arange(20))).delta_norms[:, :20])
    slopes = np.polynomial.polynomial.polyfit(np.arange(20), logs.T, 1)[1]
    assert -slopes.mean() == pytest.approx(np.log(factor), abs=0.03)
    if scheme == "normal":
        assert activation("relu").gradient_growth(1.0) == pytest.approx(factor)


def test_one_seed_scatters_as_predicted():
    depth, width = 20, 64
    stack = Stack(depth, width, inputs=width, activation="relu")
    loss = stack.loss(np.ones((1, width)), [0.0])
    norms = loss.trace(stack.initial(scheme="he", seed=np.arange(200))).activation_norms
    logs = 2 * np.log(norms[:, depth - 1])
    assert logs.std() == pytest.approx(np.sqrt(5 * depth / width), rel=0.15)


def test_a_chain_of_sigmoids_is_a_product_of_factors_below_a_quarter():
    n = 10
    stack = Stack(n, 1, inputs=1, activation="sigmoid")
    parameters = wave(1.0, stack.parameter_count)
    trace = stack.loss([[0.7]], [0.8]).trace(parameters)
    weights = np.array([weight[0, 0] for weight, _ in stack.views(parameters)])
    slopes = activation("sigmoid").derivative(np.ravel(trace.pre_activations[:-1]))
    expected = trace.delta_norms[-1] * np.prod(np.abs(weights[1:])) * np.prod(slopes)
    assert trace.delta_norms[0] == pytest.approx(expected, rel=1e-12)
    assert trace.delta_norms[0] <= trace.delta_norms[-1] * 0.25**n
    assert 0.25**n == pytest.approx(9.5e-7, rel=0.01)


def test_float32_underflows_to_zero_at_a_depth_where_float64_does_not():
    def first_layer(dtype, depth):
        stack = Stack(depth, 16, inputs=4, activation="sigmoid", dtype=dtype)
        loss = stack.loss(wave(1.0, 8, 4), np.ones(8))
        return loss.layer_gradient_norms(stack.initial(seed=0))[0]

    depths = range(10, 101, 10)
    zero = [depth for depth in depths if first_layer("float32", depth) == 0]
    assert zero
    assert zero == list(range(zero[0], 101, 10))
    assert all(first_layer("float64", depth) > 0 for depth in depths)
    assert first_layer("float64", 600) == 0


def test_norms_are_right_where_squares_underflow():
    stack = Stack(1, 1, inputs=1, activation="linear", bias=False)
    loss = stack.loss([[1.0]], [1.0])
    # ∂loss/∂w1 = 2 (w1 w2 - 1) w2
    np.testing.assert_allclose(loss.layer_gradient_norms([0.0, 1e-200]), [2e-200, 0])
    np.testing.assert_allclose(loss.layer_gradient_norms([0.0, 1e-160]), [2e-160, 0])
    np.testing.assert_allclose(loss.layer_gradient_norms([[0.0, 1e200]]), [[2e200, 0]])


@pytest.mark.parametrize("scale", [1e-45, 1e-30, 1.0, 1e30])
def test_norms_of_float32_are_those_of_float64(scale):
    arrays = [np.float32(scale) * wave(1.0, 3, n).astype(np.float32) for n in (5, 40)]
    expected = [np.linalg.norm(array.astype(float), axis=-1) for array in arrays]
    np.testing.assert_allclose(norms(arrays), np.stack(expected, axis=-1), rtol=1e-6, atol=1e-45)
    assert norms(arrays).dtype == np.float32


@pytest.mark.parametrize("size", [1e-320, 1e-200, 3.0, 1e200, 1.5e308])
def test_norm_is_right_where_the_square_is_not_a_number(size):
    vectors = size * np.array([[0.6, 0.8], [0.0, -1.0], [0.0, 0.0]])
    np.testing.assert_allclose(norm(vectors), size * np.array([1, 1, 0]), rtol=1e-3)
    np.testing.assert_array_equal(norm(vectors[:, :1]), np.abs(vectors[:, 0]))
    mixed = np.stack([vectors, np.ones_like(vectors)])
    np.testing.assert_array_equal(norm(mixed)[0], norm(vectors))
    np.testing.assert_array_equal(norms([mixed, mixed])[0, :, 1], norm(vectors))


def test_norm_of_what_is_not_finite_is_not():
    assert norm(np.array([np.inf, 1.0])) == np.inf
    assert np.isnan(norm(np.array([np.nan, 1.0])))


@pytest.mark.parametrize(("factor", "expected"), [(2.0, 1.126e15), (0.5, 8.9e-16)])
def test_recurrent_gradient_grows_by_the_spectral_radius(factor, expected):
    net = Recurrent(1, 3, activation="linear")
    parameters = net.initial()
    net.views(parameters).hidden[...] = factor * np.eye(3)
    norms = net.loss(np.ones((2, 51, 1)), np.ones(2)).layer_gradient_norms(parameters)
    assert norms.shape == (51,)
    np.testing.assert_allclose(norms[:-1] / norms[1:], factor)
    assert norms[0] / norms[-1] == pytest.approx(expected, rel=3e-3)


def test_a_product_of_100_random_matrices_explodes():
    matrices = np.random.default_rng(0).normal(size=(50, 100, 4, 4))
    product = np.eye(4)
    for step in range(100):
        product = product @ matrices[:, step]
    logs = np.log10(np.linalg.norm(product, axis=(-2, -1)))
    assert logs.mean() == pytest.approx(24.5, abs=0.8)
    assert logs.std() == pytest.approx(1.6, abs=0.6)


def test_gradient_descent_lowers_the_loss_of_a_batch_of_networks():
    stack = Stack(2, 8, inputs=2, activation="tanh")
    inputs = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    loss = stack.loss(inputs, [0.0, 1.0, 1.0, 0.0])
    parameters = stack.initial(seed=np.arange(4))
    for _ in range(2000):
        parameters = parameters - 0.2 * loss.gradient(parameters)
    assert np.all(loss.value(parameters) < 1e-3)
    outputs = stack.predict(parameters, inputs)[..., 0]
    np.testing.assert_allclose(outputs, [[0, 1, 1, 0]] * 4, atol=0.1)


# The autopsy


def test_healthy_network_has_nothing_to_report():
    stack = Stack(3, 4, inputs=2)
    assert stack.loss(wave(1.0, 3, 2), np.ones(3)).first_not_finite(stack.initial()) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, np.nan, 1.0], (2, "weights")),
        ([1e200, 1e200, 1.0], (2, "pre-activation")),
        ([1e200, 1.0, 1.0], (3, "loss")),
        ([1.0, 1e100, 1e100], (3, "loss")),
        ([1e-200, 1e100, 1e150], None),
        ([1e-300, 1e154, 1e160], (1, "gradient")),
        ([1e-10, 1.0, 1e160], (2, "gradient")),
    ],
)
def test_autopsy_names_layer_and_quantity(values, expected):
    stack = Stack(2, 1, inputs=1, activation="linear", bias=False)
    loss = stack.loss([[1.0]], [0.0])
    assert loss.first_not_finite(values) == loss.trace(values).first_not_finite == expected


def test_autopsy_of_a_recurrent_net_names_the_time_step():
    net = Recurrent(1, 1, activation="linear", bias=False)
    loss = net.loss(np.ones((1, 8, 1)), [0.0])
    assert loss.first_not_finite([1e100, 1.0, 1.0]) == (5, "pre-activation")
    assert loss.first_not_finite([np.inf, 1.0, 1.0]) == (0, "weights")
    assert loss.first_not_finite([1e30, 1.0, 1e-100]) == (0, "gradient")


def test_overflow_is_quiet():
    stack = Stack(60, 8, inputs=8, activation="leaky_relu")
    loss = stack.loss(np.ones((2, 8)), np.ones(2))
    trace = loss.trace(stack.initial(gain=1e9))
    assert not np.isfinite(trace.value)
    assert not np.all(np.isfinite(trace.layer_gradient_norms))
    assert trace.activation_stds.shape == (61,)
    assert loss.first_not_finite(stack.initial(gain=1e9)).quantity == "pre-activation"


# What was wrong, in words


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Stack(0), "depth is 0: give a whole number of 1 or more"),
        (lambda: Stack(2.5), "depth is 2.5: give a whole number"),
        (lambda: Stack(True), "depth is True"),
        (lambda: Stack(2, width=-1), "width is -1"),
        (lambda: Recurrent(hidden=0), "hidden is 0"),
        (lambda: Stack(2, activation="gelu"), "activation is 'gelu': choose one of linear, sig"),
        (lambda: activation(3), "activation is 3: choose one of"),
        (lambda: Stack(2, dtype="float16"), "choose 'float32' or 'float64'"),
        (lambda: Stack(2, dtype="floaty"), "choose 'float32' or 'float64'"),
        (lambda: Stack(2).initial(gain=-1), "gain is -1: give numbers that are zero or more"),
        (lambda: Stack(2).initial(gain=np.nan), "gain is nan"),
        (lambda: Stack(2).initial(gain="high"), "gain is 'high'"),
        (lambda: Stack(2).initial(scheme="lecun"), "choose one of normal, xavier, he, orthog"),
        (lambda: Stack(2).initial(seed=-1), "seed is -1"),
        (lambda: Stack(2).initial(seed=0.5), "seed is 0.5"),
        (lambda: Stack(2).initial(gain=[1, 2], seed=[1, 2, 3]), r"\(2,\), \(3,\) .* broadcast"),
        (lambda: Recurrent().initial(spectral_radius=-1), "spectral_radius is -1"),
        (lambda: activation("relu").gradient_growth([1, 2]), "give one number"),
        (lambda: Stack(2).views(np.zeros(3)), r"must hold the 8385 parameters of Stack\(depth=2"),
        (lambda: Stack(2).predict(1.0, np.ones((2, 64))), "must hold the 8385 parameters"),
        (lambda: Stack(2).loss(np.ones((3, 2)), np.ones(3)), r"give \(batch, inputs\) with inp"),
        (lambda: Stack(2).loss(np.ones((0, 64)), np.ones(0)), "at least one row"),
        (lambda: Recurrent().loss(np.ones((3, 1)), [1.0]), r"give \(batch, time, inputs\)"),
        (lambda: Stack(2).loss(np.ones((3, 64)), np.ones(2)), r"targets have shape \(2, 1\)"),
        (
            lambda: Stack(2).loss(np.full((3, 64), np.nan), np.ones(3)),
            "NaN or infinity in 192 ",
        ),
        (lambda: Stack(2).loss(np.ones((1, 64)), [np.inf]), "targets holds NaN or infinity"),
        (lambda: Stack(2).loss("text", [1.0]), "inputs cannot be read"),
        (lambda: Stack(2).loss(np.ones((1, 64)), [1.0], "l1"), "choose one of mse, cross_entropy"),
        (
            lambda: Stack(2, outputs=2).loss(np.ones((2, 64)), [0, 2], "cross_entropy"),
            "the classes are 0 to 1",
        ),
        (
            lambda: Stack(2, outputs=2).loss(np.ones((2, 64)), np.ones((2, 2)), "cross_entropy"),
            "sum to 1",
        ),
        (
            lambda: Stack(2, outputs=2).loss(np.ones((2, 64)), [0.0, 1.0], "cross_entropy"),
            "whole class numbers",
        ),
        (
            lambda: (
                Stack(1).loss(np.ones((1, 64)), [0.0]).first_not_finite(Stack(1).initial([1, 2]))
            ),
            "takes one network",
        ),
    ],
)
def test_errors_say_what_to_do(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()


# Batch norm, skips, and what a practitioner looks at


def deep(**options):
    return Stack(20, 64, inputs=64, activation="relu", **options)


def test_batch_norm_gives_every_unit_mean_zero_and_deviation_one():
    stack = deep(normalise="batch")
    inputs = 30 + 7 * np.random.default_rng(0).normal(size=(128, 64))
    parameters = stack.initial(gain=5.0)
    trace = stack.loss(inputs, np.ones(128)).trace(parameters)
    for z in trace.pre_activations[:-1]:
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-4)
    # the size of the weights does not matter, and the signal neither grows nor dies
    np.testing.assert_allclose(trace.activation_rms[:-1], 0.5**0.5, rtol=0.03)
    for scale in stack.scales(parameters):
        scale[...] = 3.0
    for _, bias in stack.views(parameters)[:-1]:
        bias[...] = 2.0
    z = stack.loss(inputs, np.ones(128)).trace(parameters).pre_activations[7]
    np.testing.assert_allclose(z.mean(axis=0), 2, atol=1e-10)
    np.testing.assert_allclose(z.std(axis=0), 3, atol=1e-2)


def test_prediction_with_batch_norm_takes_mean_and_variance_from_the_reference():
    stack = Stack(3, 5, inputs=4, outputs=3, activation="tanh", normalise="batch")
    train, other = wave(1.0, 40, 4), 3 + wave(2.0, 7, 4)
    parameters = stack.initial(seed=[0, 1])
    together = stack.predict(parameters, other, reference=train)
    # one row at a time: the others of the test have no say
    for row in range(7):
        alone = stack.predict(parameters, other[row : row + 1], reference=train)
        np.testing.assert_allclose(together[:, row : row + 1], alone, rtol=1e-12)
    loss = stack.loss(train, np.arange(40) % 3, "cross_entropy")
    np.testing.assert_allclose(
        stack.predict(parameters, train, reference=train),
        loss.trace(parameters).activations[-1],
        rtol=1e-12,
    )
    with pytest.raises(ValueError, match="reference=training_inputs"):
        stack.predict(parameters, other)
    classes = together.argmax(axis=-1)
    assert loss.accuracy(parameters[0], other, classes[0]) == 1
    shares = loss.accuracy(parameters, other, classes[0])
    np.testing.assert_allclose(shares, [1, np.mean(classes[0] == classes[1])])
    own = stack.predict(parameters, train, reference=train).argmax(axis=-1)
    np.testing.assert_allclose(
        loss.accuracy(parameters), np.mean(own == np.arange(40) % 3, axis=-1)
    )
    with pytest.raises(ValueError, match="cross_entropy"):
        Stack(1, 2, inputs=4).loss(train, np.ones(40)).accuracy(np.zeros(13))


def test_an_output_that_is_no_number_is_no_answer():
    stack = Stack(1, 2, inputs=2, outputs=2)
    loss = stack.loss(np.eye(2), [0, 0], "cross_entropy")
    assert loss.accuracy(np.full(stack.parameter_count, np.nan)) == 0


def test_a_residual_block_doubles_the_gradient_and_near_trebles_a_relu_signal():
    """Backward: ∂a_l/∂a_(l-1) is 1 + W'D, and W'D alone keeps the square. Forward, what is added
    is nowhere negative, as what it is added to: 2 + 2 r/sqrt(pi) with r, mean over rms, 0.80."""
    stack = Stack(12, 400, inputs=400, activation="relu", residual=True)
    inputs = np.random.default_rng(0).normal(size=(8, 400))
    trace = stack.loss(inputs, np.full(8, 1e9)).trace(stack.initial(scheme="he", seed=np.arange(8)))
    backward = np.mean(np.log2(trace.activation_gradient_norms**2), axis=0)[1:12]
    np.testing.assert_allclose(-np.diff(backward), 1, atol=0.12)
    signal = np.mean(np.log(trace.activation_norms**2), axis=0)[:12]
    r, growth = 1 / np.sqrt(np.pi), []
    for _ in range(11):
        growth.append(2 + 2 * r / np.sqrt(np.pi))
        r = (r + 1 / np.sqrt(np.pi)) / np.sqrt(growth[-1])
    np.testing.assert_allclose(np.exp(np.diff(signal)), growth, rtol=0.05)
    assert growth[0] == pytest.approx(2.64, abs=0.01)
    assert growth[-1] == pytest.approx(2.90, abs=0.01)


def test_a_block_whose_branch_has_mean_zero_doubles_the_variance():
    stack = Stack(12, 400, inputs=400, activation="linear", residual=True)
    inputs = np.random.default_rng(0).normal(size=(8, 400))
    trace = stack.loss(inputs, np.ones(8)).trace(stack.initial(seed=np.arange(8)))
    growth = np.diff(np.mean(np.log2(trace.activation_stds**2), axis=0)[:12])
    np.testing.assert_allclose(growth, 1, atol=0.06)


def test_skips_let_the_gradient_through_a_stack_of_sigmoids():
    inputs = np.random.default_rng(0).normal(size=(32, 64))
    for residual, least, most in ((False, 0, 1e-10), (True, 0.3, 30)):
        stack = Stack(20, 64, inputs=64, activation="sigmoid", residual=residual)
        norms = stack.loss(inputs, np.ones(32)).trace(stack.initial()).activation_gradient_norms
        assert least <= norms[0] / norms[-2] <= most


def test_saturated_and_dead_shares():
    stack = Stack(1, 4, inputs=1, activation="relu")
    parameters = np.zeros(stack.parameter_count)
    (weight, bias), _ = stack.views(parameters)
    weight[:, 0], bias[:] = [1, -1, 0, 1], [0, 0, -1, -10]
    trace = stack.loss([[-2.0], [1.0], [2.0]], np.ones(3)).trace(parameters)
    # 1 of 3 rows off, 2 of 3, all, all
    np.testing.assert_allclose(trace.saturated_shares, [(1 + 2 + 3 + 3) / 12])
    np.testing.assert_allclose(trace.dead_shares, [0.5])
    for name, border in (("sigmoid", 4.33), ("tanh", 2.18), ("leaky_relu", np.inf)):
        stack = Stack(1, 2, inputs=1, activation=name)
        parameters = np.zeros(stack.parameter_count)
        stack.views(parameters)[0][0][:, 0] = 1, 0
        for z in (2.0, 2.25, -2.25, 4.2, 4.4, -4.4):
            trace = stack.loss([[z]], [1.0]).trace(parameters)
            assert trace.saturated_shares.tolist() == [0.5 * (abs(z) > border)], (name, z)
            assert trace.dead_shares.tolist() == [0.5 * (abs(z) > border)]


def test_weight_norms_and_layer_gradients_are_those_of_each_layer():
    stack = Stack(2, 3, inputs=2, normalise="batch")
    loss = stack.loss(wave(1.0, 5, 2), wave(1.0, 5))
    parameters = stack.initial(seed=[0, 1])
    expected = [np.linalg.norm(w, axis=(-2, -1)) for w, _ in stack.views(parameters)]
    np.testing.assert_allclose(stack.weight_norms(parameters), np.transpose(expected))
    trace = loss.trace(parameters)
    sizes = [layer.shape for layer in trace.layer_gradients]
    assert sizes == [(2, 6 + 3 + 3), (2, 9 + 3 + 3), (2, 3 + 1)]
    np.testing.assert_array_equal(np.concatenate(trace.layer_gradients, axis=-1), trace.gradient)


def test_an_unknown_normaliser_is_refused():
    with pytest.raises(ValueError, match="normalise is 'layer': choose one of batch"):
        Stack(2, normalise="layer")


def test_a_skip_that_overflows_is_told():
    stack = Stack(2, 1, inputs=1, activation="linear", bias=False, residual=True)
    run = gd.descend(stack.loss([[1.0]], [0.0]), (1e308, 1.0, 0.0), gd.GD(0.0), steps=1)
    cause = gd.first_not_finite(run)
    assert cause[:3] == (0, 2, "activation")
    why = "the skip adds activations of size 10³⁰⁸ to others that are as large."
    assert cause.why == why


def test_the_log_of_the_softmax_is_cross_entropy_until_it_rounds_to_nothing():
    stack = gd.networks.Stack(1, width=4, inputs=3, outputs=3, activation="tanh")
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    classes = np.array([0, 1, 2, 0, 1, 2])
    safe = stack.loss(inputs, classes, "cross_entropy")
    naive = stack.loss(inputs, classes, "log_of_softmax")
    weights = stack.initial(seed=np.arange(3))
    np.testing.assert_allclose(naive.value(weights), safe.value(weights), rtol=1e-12)
    np.testing.assert_allclose(naive.gradient(weights), safe.gradient(weights), rtol=1e-9)
    assert np.isfinite(safe.value(1e4 * weights)).all()
    assert not np.isfinite(naive.value(1e4 * weights)).any()
