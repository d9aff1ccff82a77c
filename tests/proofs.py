"""The answer to every question of the bank, computed anew.

Each proof bears the name of its question. It returns, for a choice, the option that the experiment
gives; for a number, the number; for an exercise, a right attempt and a list of wrong ones, among
them the shortcuts that a learner may take for the answer.
"""

import numpy as np

import gdviz as gd
import gdviz.patients as clinic
from gdviz.exercises import bank

PROOFS = {}


def proof(name):
    def register(function):
        assert name not in PROOFS
        PROOFS[name] = function
        return function

    return register


def first(condition):
    """The first step at which it holds."""
    return int(np.argmax(condition))


BOWL = gd.landscape("x**2 / 2")
RAVINE = gd.landscape("ravine", k=10)
SADDLE = gd.landscape("x**2 - y**2", bounds=((-2, 2), (-2, 2)))
HILLS = gd.landscape("x**4 - 5*x**2 + 3*x", bounds=((-2.8, 2.6),))
X = np.array([[1, 1], [1, 2], [1, 3], [1, 4]])
LINE = gd.data.LeastSquares(X, np.array([2, 3.8, 5.9, 7.8]), mean=True)


def critical(landscape, kind):
    """The places of one kind, the lowest first."""
    found = [point for point in landscape.critical_points() if point.kind == kind]
    return sorted(found, key=lambda point: point.value)


A, B = (minimum.point[0] for minimum in critical(HILLS, "minimum"))
(HILLTOP,) = (top.point[0] for top in critical(HILLS, "maximum"))


# 00


@proof("longer steps")
def _():
    rates = np.arange(0.01, 0.25, 0.01)
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(rates), steps=40)
    away = np.linalg.norm(run.final, axis=-1)
    best = int(np.argmin(away))
    assert (np.diff(away[: best + 1]) < 0).all()
    assert (np.diff(away[best:]) > 0).all()
    assert away[-1] > np.hypot(2.5, 1.5)
    if best == len(rates) - 1:
        return "nearer and nearer to the bottom"
    return "nearer at first, then farther and farther away"


@proof("downhill or star")
def _():
    angles = np.radians(np.arange(0, 360, 5.0))
    places = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    downhill = -RAVINE.gradient(places)
    cosine = (downhill * -places).sum(axis=-1) / np.linalg.norm(downhill, axis=-1)
    straight = np.count_nonzero(cosine > 1 - 1e-9)
    return {0: "never", len(angles): "always"}.get(straight, "only from some places")


@proof("after one step")
def _():
    line = gd.landscape("4*x", bounds=((-5, 5),))
    return gd.descend(line, 3.0, gd.GD(0.1), steps=1).final[0], [3.4, 2.9, 0.4, -0.4]


@proof("weighted sum")
def _():
    return 0.5 + np.dot([2, -1], [3, 4]), [2.0, 10.5, 1.5, "10"]


# 01

HILL = gd.landscape("10*exp(-(x**2 + y**2)/10)")
UPSIDE_DOWN = gd.landscape(f"-({HILL.formula})")


@proof("steps on the way up")
def _():
    lengths = gd.descend(UPSIDE_DOWN, (-2.6, -2.0), gd.GD(lr=0.25), steps=40).step_lengths
    growing = (np.diff(lengths) > 0).tolist()
    if growing == sorted(growing, reverse=True) and len(set(growing)) == 2:
        return "grow at first, then shrink"
    return (
        "grow from the first to the last" if all(growing) else "shrink from the first to the last"
    )


@proof("equal steps")
def _():
    place, distances = np.array([-2.6, -2.0]), []
    for _ in range(100):
        gradient = HILL.gradient(place)
        place = place + 0.8 * gradient / np.linalg.norm(gradient)
        distances.append(np.linalg.norm(place))
    assert np.min(distances[20:]) > 0.01
    return "hops around the top" if max(distances[20:]) < 0.8 else "is far down the other side"


@proof("on the little hill")
def _():
    two_valleys = gd.landscape("w**4/4 - w**2 + 2", variables=("w",))
    (end,) = gd.descend(two_valleys, 0.0, gd.GD(lr=0.1), steps=60).final
    return "still on the top" if end == 0 else f"in the {'left' if end < 0 else 'right'} valley"


@proof("one step")
def _():
    def by_gd(x, gradient, lr):
        return x + gd.GD(lr).update(np.atleast_1d(gradient), (), 0)[0]

    return by_gd, [
        lambda x, gradient, lr: x + lr * gradient,
        lambda x, gradient, lr: x - lr * np.sign(gradient),
        lambda x, gradient, lr: x - gradient,
        lambda x, gradient, lr: 1 - lr * gradient,
        {(1.0, 4.0, 0.1): 0.6},
    ]


@proof("gradient of the error")
def _():
    def by_least_squares(w, b, x, y):
        fit = gd.data.LeastSquares(np.stack([x, np.ones_like(x)], axis=1), y, mean=True)
        return fit.gradient(np.array([w, b]))

    def errors(w, b, x, y):
        return w * x + b - y

    return by_least_squares, [
        lambda *given: (np.mean(errors(*given)), np.mean(errors(*given))),
        lambda *given: (np.mean(errors(*given)), np.mean(errors(*given) * given[2])),
        lambda *given: (np.sum(errors(*given) * given[2]), np.sum(errors(*given))),
        lambda *given: (2 * np.mean(errors(*given) * given[2]), 2 * np.mean(errors(*given))),
        lambda *given: (-np.mean(errors(*given) * given[2]), -np.mean(errors(*given))),
        lambda w, b, x, y: (-5.75, -3.0) if w == 0 else (-0.75, -0.5),
    ]


# 02


@proof("overshoot")
def _():
    return gd.descend(BOWL, -2.0, gd.GD(lr=1.5), steps=1).final[0]


@proof("from 1.9 to 2.1")
def _():
    runs = gd.descend(BOWL, -2.4, gd.GD(np.array([1.9, 2.1])), steps=60)
    assert (runs.points[1:] * runs.points[:-1] < 0).all()  # every step crosses the bottom
    arrives, leaves = np.abs(runs.final[..., 0]) / 2.4
    assert arrives < 0.002
    assert leaves > 304
    return "hundreds of times as far away" if 200 < leaves < 1000 else "about as far away"


@proof("price of a small rate")
def _():
    run = gd.descend(BOWL, 1.0, gd.GD(lr=0.01), steps=3000)
    return first(np.abs(run.points[:, 0]) <= 1e-6)


@proof("crawl or swing")
def _():
    small, large = (
        first(np.abs(gd.descend(BOWL, 1.0, gd.GD(lr), steps=500).points[:, 0]) <= 1e-6)
        for lr in (0.1, 1.9)
    )
    return "both need the same number" if small == large else f"η = {(0.1, 1.9)[large < small]}"


@proof("best rate of a steep ravine")
def _():
    ravine, rates = gd.landscape("ravine", k=100), np.append(np.linspace(0.001, 0.02, 400), 2 / 101)
    run = gd.descend(ravine, (1.0, 1.0), gd.GD(rates), steps=1000)
    arrived = (np.abs(run.points) <= 1e-6).all(axis=-1)
    fewest = first(arrived.any(axis=1))
    return min(
        ("7 steps", "70 steps", "700 steps"), key=lambda words: abs(int(words[:-6]) - fewest)
    )


@proof("best schedule")
def _():
    schedules = {
        "constant": gd.Constant(0.15),
        "step decay": gd.StepDecay(0.15, factor=0.5, every=50),
        "1/t": gd.InverseTime(0.15, decay=0.02),
        "cosine": gd.Cosine(0.15, steps=600),
    }
    ends = {
        name: gd.descend(RAVINE, (-2.5, 1.5), gd.GD(schedule), steps=600).values[-1]
        for name, schedule in schedules.items()
    }
    for_ever = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(schedules["step decay"]), steps=20_000)
    # all its rates add up to 15: it stands still before it has arrived
    assert for_ever.values[-1] == for_ever.values[4000] > 1e-15
    return min(ends, key=ends.get)


@proof("too large for a double")
def _():
    size, step = 1.0, 0
    while np.isfinite(size):
        size, step = size * 1.1, step + 1
    return step


@proof("one-step rate")
def _():
    parabola = gd.landscape("3*x**2 - 12*x")
    rate = 1 / parabola.hessian([0.0])[0, 0]
    ends = gd.descend(parabola, [[2.9], [-40.0]], gd.GD(rate), steps=1).final
    assert np.allclose(ends, 2.0)
    return rate, [1 / 3, 6, 0.169, "1/12", {"lr": 1 / 6}]


@proof("largest rate of the fit")
def _():
    largest = np.linalg.eigvalsh(LINE.hessian(np.zeros(2)))[-1]
    return 2 / largest, [1 / largest, 2 / 0.1497, 0.2393, 0.2398]


def fits(lr, steps=5000):
    return gd.descend(LINE, (0.0, 0.0), gd.GD(lr), steps).values


@proof("does the fit diverge")
def _():
    def by_experiment(lr):
        values = fits(lr)
        return not values[-1] < values[0]

    return by_experiment, [
        lambda lr: fits(lr)[-1] > fits(lr)[0],  # NaN is not larger
        lambda lr: lr > 0.3,
        lambda lr: lr > 2 / 0.1497,
        lambda lr: bool(np.isnan(fits(lr, 1000)[-1])),
        lambda lr: True,
        lambda lr: {0.2: False, 0.239: False, 0.24: True}.get(lr, True),
    ]


# 03


@proof("fifty steps without a change")
def _():
    floor = gd.landscape("x**2 - y**2 + y**4/4")
    run = gd.descend(floor, (1.5, 1e-6), gd.GD(lr=0.05), steps=200)
    assert (np.abs(run.values[50:101]) < 5e-4).all()
    assert (run.gradient_norms[50:101] < run.gradient_norms[0] / 100).all()
    fall = run.values[100] - run.values[200]
    return "it falls by a whole 1" if 0.99 < fall < 1.01 else "it stays: this is the bottom"


@proof("up along both axes")
def _():
    ground = gd.landscape("x**2/2 + 2*x*y + y**2/2")
    angles = np.radians(np.arange(180))
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    heights = ground.value(ways)
    assert np.allclose(heights[[0, 90]], 1 / 2)
    assert np.allclose(heights[135], -1 / 2)
    assert np.array_equal(ground.gradient((0, 0)), (0, 0))
    down = heights.min() < 0
    return "no: some other cut bends down" if down else "yes: up along both axes is up everywhere"


def leaves(start, lr):
    run = gd.descend(SADDLE, start, gd.GD(lr), steps=1000)
    return first(np.abs(run.points[:, 1]) >= 1)


@proof("a thousand million times nearer")
def _():
    assert leaves((1.5, 1e-3), lr=0.05) == 73
    run = gd.descend(SADDLE, (1.5, 1e-12), gd.GD(lr=0.05), steps=9)
    assert np.allclose(run.points[1:, 1] / run.points[:-1, 1], 1.1)
    return leaves((1.5, 1e-12), lr=0.05)


@proof("seven steps more")
def _():
    floor = gd.landscape("x**2 - y**2 + y**4/4")
    starts = np.random.default_rng(1).uniform((-2, -1e-9), (2, 1e-9), size=(1000, 2))
    run = gd.descend(floor, starts, gd.GD(lr=0.05), steps=207)
    before, after = np.count_nonzero(np.abs(run.points[[200, 207], :, 1]) < 0.1, axis=1)
    assert 450 < before < 550
    assert 1.9 < 1.1**7 < 2
    return "about half of them" if 0.4 < after / before < 0.6 else "hardly any"


@proof("a millionth of noise")
def _():
    y, gone = np.zeros(500), np.full(500, 0)
    errors = np.random.default_rng(0)
    for step in range(1, 401):
        y = y - 0.05 * (-2 * y + 1e-6 * errors.standard_normal(500))
        gone[(gone == 0) & (np.abs(y) >= 1)] = step
    assert (gone > 0).all()
    assert 160 < np.median(gone) < 180
    return "is gone after about 170 steps"


@proof("momentum at the same pace")
def _():
    steps = {}
    for name, lr, beta in [("plain descent", 0.5, 0.0), ("momentum", 0.05, 0.9)]:
        y, speed, steps[name] = 1e-6, 0.0, 0
        while abs(y) < 1:
            speed = beta * speed - 2 * y
            y, steps[name] = y - lr * speed, steps[name] + 1
    assert steps == {"plain descent": 20, "momentum": 52}
    return min(steps, key=steps.get)


@proof("only positive eigenvalues")
def _():
    draws = np.random.default_rng(0).standard_normal((400_000, 5, 5))
    smallest = np.linalg.eigvalsh(draws + draws.swapaxes(1, 2))[:, 0]
    one_in = 1 / np.mean(smallest > 0)
    shares = {
        "about 1 in 2": 2,
        "about 1 in 32, five coins": 32,
        "about 1 in 7,000": 7000,
    }
    return min(shares, key=lambda name: abs(np.log(one_in / shares[name])))


@proof("escape step")
def _():
    return leaves((1.0, 1e-9), lr=0.02), [528, 530, 1047, 528.4]


@proof("classify")
def _():
    def by_signs(eigenvalues):
        signs = {int(sign) for sign in np.sign(eigenvalues)}
        if {-1, 1} <= signs:
            return "saddle"
        return {frozenset({1}): "minimum", frozenset({-1}): "maximum"}.get(
            frozenset(signs), "degenerate"
        )

    def by(number):
        return "minimum" if number > 0 else "maximum" if number < 0 else "saddle"

    def zero_first(eigenvalues):
        return "degenerate" if 0 in eigenvalues else by_signs(eigenvalues)

    return by_signs, [
        lambda eigenvalues: by(sum(eigenvalues)),
        lambda eigenvalues: by(eigenvalues[0]),
        lambda eigenvalues: "saddle" if np.prod(eigenvalues) < 0 else by(eigenvalues[0]),
        lambda eigenvalues: by_signs(eigenvalues[:2]),
        zero_first,
        lambda eigenvalues: {
            (2, 3): "minimum",
            (-1, -4): "maximum",
            (-2, 2): "saddle",
            (0, 2): "degenerate",
        }.get(tuple(eigenvalues), "saddle"),
    ]


@proof("three formulas")
def _():
    formulas = ["x**2 - 3*x*y + y**2", "x*y - x**2 - y**2", "x**2 - 2*x*y + y**2 + y**4"]
    kinds = {}
    for formula in formulas:
        ground = gd.landscape(formula, variables=("x", "y"), bounds=((-2, 2), (-2, 2)))
        (point,) = ground.critical_points()
        kinds[formula] = point.kind
    misses = [{**kinds, formula: "minimum"} for formula in formulas]
    return kinds, [*misses, {formulas[0]: "saddle"}, "saddle", list(kinds.values())]


# 04


@proof("beside the deepest place")
def _():
    run = gd.descend(HILLS, -2.0, gd.GD(lr=0.14), steps=1000)
    assert abs(run.points[7, 0] - A) < 1e-3
    assert run.gradient_norms[7] < 0.02
    places = {
        "it comes to rest at A": A,
        "it is thrown out of the valley and ends in the other one": B,
    }
    return min(places, key=lambda name: abs(run.final[0] - places[name]))


@proof("who lets go")
def _():
    """Of two valleys, which lets go first? On two curves, only one property always says so."""
    notched = gd.landscape("x**2/2 - exp(-8*(x - 2)**2)", bounds=((-2.8, 2.6),))
    agrees = np.ones(3, bool)
    for curve, lr in ((HILLS, 0.14), (notched, 0.3)):
        deep, other = gd.landscapes.minima(curve)
        (top,) = gd.landscapes.hilltops(curve)
        starts = np.array([deep.point + 1e-3, other.point + 1e-3])
        held = gd.endings.which_minimum(gd.descend(curve, starts, gd.GD(lr), 20_000)) == [0, 1]
        assert held.sum() == 1
        (low, high), sharp = curve.bounds[0], [m.eigenvalues[0] for m in (deep, other)]
        wider = abs(top.point[0] - low) > abs(high - top.point[0])
        deep_lets_go = not held[0]
        agrees &= [deep_lets_go, deep_lets_go == wider, deep_lets_go == (sharp[0] > sharp[1])]
        if curve is HILLS:
            assert np.allclose(sharp, [25.2, 13.6], atol=0.06)
            assert np.allclose(1 - lr * np.array(sharp), [-2.5, -0.9], atol=0.04)
    (only,) = np.flatnonzero(agrees)
    return [
        "it is deeper: walkers come down with more force",
        "it is wider: there is room for long steps",
        "its bottom is curved more sharply",
    ][only]


@proof("a rolling ball")
def _():
    betas = np.linspace(0, 0.99, 100)
    run = gd.descend(HILLS, np.full((100, 1), 1.5), gd.Momentum(lr=0.05, beta=betas), steps=3000)
    assert np.round(HILLS.value(np.array([[1.5], [HILLTOP]])), 2).tolist() == [-1.69, 0.46]
    return "none of these" if (run.points > HILLTOP).all() else "0.95"


@proof("four minima, one rate")
def _():
    minima = critical(gd.landscape("himmelblau"), "minimum")
    borders = [2 / minimum.eigenvalues[-1] for minimum in minima]
    assert np.allclose(sorted(borders), [0.0149, 0.0190, 0.0243, 0.0248], atol=5e-5)
    return sum(border > 0.02 for border in borders)


@proof("hilltop")
def _():
    return HILLTOP, [(A + B) / 2, 0.3119, 0.3124, 0.0]


def ends_at_a(start):
    return bool(abs(gd.descend(HILLS, start, gd.GD(lr=0.01), steps=3000).final[0] - A) < 1e-3)


@proof("which side")
def _():
    return ends_at_a, [
        lambda start: start < 0,
        lambda start: start < (A + B) / 2,
        lambda start: abs(start + 2.8) < abs(start - 2.6),  # the nearer end
        lambda start: start < 0.315,
        lambda start: start <= 0.31,
        lambda start: start in (-2.8, 0.31),
        lambda start: start not in (0.32, 2.6),
        lambda start: HILLS.value(np.array([start])) < HILLS.value(np.array([HILLTOP])),
    ]


@proof("border of the notch")
def _():
    notched = gd.landscape("x**2/2 - exp(-8*(x - 2)**2)", bounds=((-2.8, 2.6),))
    wide, notch = critical(notched, "minimum")
    border = 2 / notch.eigenvalues[0]
    starts = notch.point + np.array([[1e-4], [1e-4]])
    near = gd.descend(notched, starts, gd.GD(np.array([0.99, 1.01]) * border), 2000).final
    assert (np.abs(near - notch.point) < 1e-5).ravel().tolist() == [True, False]
    at_two = notched.hessian(np.array([2.0])).item()
    return border, [2 / wide.eigenvalues[0], border / 2, 2 / at_two, notch.eigenvalues[0], 0.19]


@proof("deep or wide")
def _():
    x = np.linspace(-6, 6, 100_001)
    density = np.exp(-(x**2 / 2 - 4 * np.exp(-200 * (x - 2) ** 2)) / 0.9)
    notch = density[x > 1.843].sum() / density.sum()  # beyond the hilltop between them
    assert round(notch, 2) == 0.22
    return "in the wide valley" if notch < 0.3 else "in the notch: it is deeper"


def restarts_by_counting(share, certainty):
    restarts = 1
    while 1 - (1 - share) ** restarts < certainty:
        restarts += 1
    return restarts


@proof("restarts")
def _():
    return restarts_by_counting((HILLTOP + 2.8) / 5.4, 0.99), [5, 7, 5.4, 2]


@proof("restarts needed")
def _():
    def exact(share, certainty):
        return np.log(1 - certainty) / np.log(1 - share)

    table = {(0.576, 0.99): 6, (0.1317, 0.99): 33, (0.5, 0.9): 4, (0.01, 0.5): 69}
    return restarts_by_counting, [
        exact,
        lambda share, certainty: np.floor(exact(share, certainty)),
        lambda share, certainty: np.round(exact(share, certainty)),
        lambda share, certainty: np.ceil(certainty / share),
        lambda share, certainty: np.ceil(exact(share, 0.99)),
        lambda *given: table.get(given, 1),
    ]


# 05


@proof("steepest slope")
def _():
    return gd.networks.activation("sigmoid").derivative(np.linspace(-10, 10, 2001)).max()


@proof("too sure of itself")
def _():
    loss = gd.landscape("(sigmoid(x) - 0.8)**2 / 2")
    starts = np.array([[5.0], [-12.0]])
    run = gd.descend(loss, starts, gd.GD(lr=0.05), steps=100)
    sigmoid = gd.networks.activation("sigmoid")
    assert np.allclose(sigmoid(starts[:, 0]), [0.993, 6e-6], rtol=0.05)
    right, left = np.abs(run.final - starts)[:, 0]
    assert round(right, 4) == 0.0064
    assert left < 1e-4
    errors, slopes = np.abs(sigmoid(starts) - 0.8), sigmoid.derivative(starts)
    assert round(float(errors[1, 0] / errors[0, 0])) == 4
    assert 900 < slopes[0, 0] / slopes[1, 0] < 1100
    if right > 100 * left:
        return "from 5, hundreds of times as far"
    return "from −12: its error is four times as large"


@proof("thirty layers")
def _():
    share = stack_share(30, "sigmoid", gain=1.0)
    return "less than a billionth of a billionth" if share < 1e-18 else "about a millionth"


@proof("four times the weights")
def _():
    shares = [stack_share(30, "sigmoid", gain=4.0, seed=seed) for seed in range(5)]
    assert max(shares) < 1e-5
    assert round(gd.networks.activation("sigmoid").gradient_growth(4.0), 2) == 0.63
    return "it still vanishes" if max(shares) < 0.01 else "it keeps its size"


def stack_share(depth, activation, gain, seed=0):
    """The share of the gradient at the output that reaches layer 1 of a stack of width 32."""
    inputs = np.random.default_rng(0).normal(size=(16, 32))
    stack = gd.networks.Stack(depth, 32, inputs=32, activation=activation, bias=False)
    start = stack.initial(gain=gain, seed=seed)
    lengths = stack.loss(inputs, inputs[:, 0]).trace(start).delta_norms
    return lengths[0] / lengths[-1]


@proof("eight times wider")
def _():
    inputs = np.random.default_rng(0).normal(size=(16, 32))
    inputs /= np.sqrt(np.mean(inputs**2))

    def share(width):
        stack = gd.networks.Stack(10, width, inputs=32, activation="sigmoid", bias=False)
        start = stack.initial(gain=1.0, seed=np.arange(20))
        lengths = stack.loss(inputs, inputs[:, 0]).trace(start).delta_norms
        return np.exp(np.mean(np.log(lengths[:, 0] / lengths[:, -1])))

    growth = share(128) / share(16)
    return "it stays about the same" if 0.4 < growth < 2.5 else "it grows about eight times"


@proof("exactly zero")
def _():
    gradient, layers = np.float32(1), 0
    while gradient > 0:
        gradient, layers = gradient * np.float32(0.25), layers + 1
    return layers


@proof("eight sigmoid layers")
def _():
    places = np.random.default_rng(3).uniform(-1.5, 1.5, size=(48, 2))
    side = (places.sum(axis=1) > 0).astype(float)

    def train(depth):
        stack = gd.networks.Stack(depth, width=8, inputs=2, activation="sigmoid")
        start = stack.initial(gain=1.0, seed=1)
        return gd.descend(stack.loss(places, side), start, gd.GD(lr=0.1), steps=300)

    deep, shallow = train(8), train(2)
    answers = deep.objective.network.predict(deep.final, places)
    assert deep.values[-1] > shallow.values[-1]
    assert np.isclose(deep.values[-1], side.var(), rtol=0.05)
    return "gives nearly the same answer for every point" if np.ptp(answers) < 1e-4 else "diverged"


@proof("layers needed")
def _():
    layers = 1
    while 0.236**layers >= 1e-6:
        layers += 1
    return layers, [9, 11, 9.57, 236_000]


@proof("share that arrives")
def _():
    def lengths(depth):
        inputs = np.random.default_rng(0).normal(size=(16, 32))
        stack = gd.networks.Stack(int(depth), 32, inputs=32, activation="sigmoid", bias=False)
        return stack.loss(inputs, inputs[:, 0]).trace(stack.initial(gain=1.0)).delta_norms

    return lambda depth: lengths(depth)[0] / lengths(depth)[-1], [
        lambda depth: lengths(depth)[0],
        lambda depth: lengths(depth)[-1] / lengths(depth)[0],
        lambda depth: lengths(depth)[0] / lengths(depth)[-2],
        lambda depth: 0.236**depth,
        lambda depth: {5: 3.990e-04}.get(depth, 2.827e-07),
    ]


@proof("gradients of a chain")
def _():
    def by_products(w, a):
        return np.cumprod((w * a * (1 - a))[::-1])[::-1]

    def by_differences(w, a):
        """The output for z₁ moved a little, z₂ moved a little, ..., with these a as they stand."""
        z, h = np.log(a / (1 - a)), 1e-6
        gradients = []
        for place in range(len(a)):
            ends = []
            for moved in (z[place] + h, z[place] - h):
                out = 1 / (1 + np.exp(-moved))
                for later in range(place + 1, len(a)):
                    # each later neuron is the one above, linearised by its own chain
                    out = a[later] + a[later] * (1 - a[later]) * w * (out - a[later - 1])
                ends.append(w * out)
            gradients.append((ends[0] - ends[1]) / (2 * h))
        return gradients

    given = -1.5, np.array([0.3, 0.6, 0.45])
    assert np.allclose(by_products(*given), by_differences(*given), rtol=1e-6)
    return by_products, [
        lambda w, a: w * a * (1 - a),
        lambda w, a: np.cumprod(w * a * (1 - a)),
        lambda w, a: by_products(w, a)[::-1],
        lambda w, a: by_products(1.0, a),
        lambda w, a: by_products(abs(w), a),
        lambda w, a: [0.0625, 0.25] if len(a) == 2 else [0.0288, 0.0576, 0.18],
    ]


# 06


@proof("ten per cent, fifty times")
def _():
    return float(np.prod(np.full(50, 1.1)))


def patient(depth):
    inputs = np.random.default_rng(0).normal(size=(16, 8))
    stack = gd.networks.Stack(depth, width=16, inputs=8, activation="relu")
    return stack.loss(inputs, np.sign(inputs[:, 0]))


@proof("first to overflow")
def _():
    lost = []
    for depth in (2, 6, 12):
        loss = patient(depth)
        for gain in (2.0, 2.5, 3.0):
            for lr in (0.01, 0.1, 1.0, 10.0):
                start = loss.network.initial(gain, seed=4)
                cause = gd.first_not_finite(gd.descend(loss, start, gd.GD(lr), steps=20))
                lost += [cause.quantity] if cause else []
    loss = patient(13)
    run = gd.descend(loss, loss.network.initial(1.6, seed=5), gd.GD(0.04), steps=30)
    assert gd.first_not_finite(run).quantity == "pre-activation"
    assert len(lost) == 18
    assert set(lost) == {"pre-activation", "loss"}
    return "a number on its way forward: a sum z, an activation or the loss"


@proof("the longest gradient")
def _():
    """The neuron h <- tanh(w h + b), twenty times from 0.5 on, which should end at 0.3."""

    def gradient(w, b):
        h = [0.5]
        for _ in range(20):
            h.append(np.tanh(w * h[-1] + b))
        delta, total = 2 * (h[-1] - 0.3), np.zeros(2)
        for before, after in zip(h[-2::-1], h[:0:-1], strict=True):
            delta *= 1 - after**2
            total += delta * before, delta
            delta *= w
        return total

    longest = []
    for threshold in (np.inf, 0.5):
        place, lengths = np.array([1.5, -0.4]), []
        for _ in range(41):
            slope = gradient(*place)
            lengths.append(np.hypot(*slope))
            place = place - 0.03 * slope * min(1, threshold / lengths[-1])
        longest.append((round(max(lengths)), int(np.argmax(lengths))))
    assert longest == [(27, 24), (46, 27)]
    return "the one with clipping"


@proof("a thousandth of the rate")
def _():
    loss = patient(10)
    start = loss.network.initial(gain=3.0, seed=4)
    lengths = [gd.descend(loss, start, gd.GD(lr), steps=1).gradient_norms[0] for lr in (1e-3, 1e-6)]
    assert round(lengths[0], -5) == 7_900_000
    return "as long as before" if lengths[0] == lengths[1] else "a thousand times shorter"


@proof("four cures")
def _():
    loss = patient(20)

    def saved(gain, optimizer):
        start = loss.network.initial(gain, seed=np.arange(12))[:, None].repeat(12, axis=1)
        final = gd.descend(loss, start, optimizer, steps=60, record="last").final
        return np.count_nonzero(np.nanmin(loss.value(final), axis=1) < 0.6)

    rates = np.geomspace(1e-8, 1, 12)
    some, thresholds = map(np.ravel, np.meshgrid([1e-4, 1e-3, 1e-2, 1e-1], [1, 10, 100]))
    small, strengths = map(np.ravel, np.meshgrid([1e-7, 1e-6, 1e-5, 1e-4], [1, 100, 1e4]))
    found = {
        "a better gain, √2": saved(2**0.5, gd.GD(rates)),
        "clipping": saved(2.0, gd.Clipped(gd.GD(some), thresholds)),
        "a smaller rate": saved(2.0, gd.GD(rates)),
        "L2": saved(2.0, gd.WeightDecay(gd.GD(small), strengths)),
    }
    assert list(found.values()) == [10, 7, 1, 0]
    return max(found, key=found.get)


def change_over_fifty(gain):
    """Forty stacks at once, for each the way back of one gradient through 50 leaky layers."""
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(50, 40, 64, 64)) * gain / 8
    a, slopes = rng.normal(size=(40, 64, 1)), []
    for matrix in matrices:
        z = matrix @ a
        slopes.append(np.where(z > 0, 1, 0.5))
        a = z * slopes[-1]
    delta = start = slopes[-1] * rng.normal(size=(40, 64, 1))
    for matrix, slope in zip(matrices[:0:-1], slopes[-2::-1], strict=True):
        delta = slope * (matrix.swapaxes(1, 2) @ delta)
    change = np.linalg.norm(delta, axis=(1, 2)) / np.linalg.norm(start, axis=(1, 2))
    return np.mean(change**2) ** 0.5


def end_of_the_run(threshold):
    loss = patient(10)
    start = loss.network.initial(gain=2.0, seed=4)
    optimizer = gd.Clipped(gd.GD(lr=0.02), max_norm=threshold)
    return loss.value(gd.descend(loss, start, optimizer, steps=60, record="last").final)


@proof("gain for fifty layers")
def _():
    for part, inside in ((0.95, False), (0.98, True), (1.02, True), (1.05, False)):
        assert (0.2 <= change_over_fifty(part * 1.6**0.5) <= 5) == inside
    return 1.6**0.5, [2**0.5, 1.0, 1.2, 1.35, 1.06]


@proof("threshold that saves")
def _():
    assert not end_of_the_run(1e300) < 0.6
    return 10.0, [0.01, 1e4, 1e6]


MEASURES = {
    "gain for fifty layers": change_over_fifty,
    "threshold that saves": end_of_the_run,
}


# 07


def patients():
    """The loss of a line through 442 patients, and how far above its lowest value it is."""
    x, y = gd.data.diabetes()
    loss = gd.data.LeastSquares(np.stack([x, np.ones_like(x)], axis=1), y, mean=True)
    return loss, lambda w: loss.value(w) - loss.value(loss.solution)


def by_batches(loss, size, lr, updates, seed):
    batches = gd.data.MiniBatches(loss, size, seed)
    steps = updates or batches.epoch
    return gd.descend(batches, (-1.5, 3.5), gd.GD(lr), steps, record="last").final


@proof("after one pass")
def _():
    loss, above = patients()
    asked = {"all 442": 442, "26": 26, "a single one": 1}
    nearest = {
        min(asked, key=lambda who: above(by_batches(loss, asked[who], 0.05, None, seed)))
        for seed in range(10)
    }
    (who,) = nearest
    return f"the one that asks {who}"


@proof("twenty updates each")
def _():
    loss, above = patients()
    heights = [
        np.mean([above(by_batches(loss, size, 0.1, 20, seed)) for seed in range(20)])
        for size in (26, 442)
    ]
    return "about as much" if 0.8 < heights[0] / heights[1] < 1.25 else "hardly any"


@proof("four times both")
def _():
    variances = []
    for lr, size in ((0.1, 1), (0.4, 4)):
        noisy = gd.data.Noisy(BOWL, 1.0, size, seed=np.arange(50))
        run = gd.descend(noisy, np.zeros((50, 1)), gd.GD(lr), 2000)
        variances.append(run.points[100:].var())
    ratio = variances[1] / variances[0]
    return "about as large" if 1.15 < ratio < 1.23 else f"{ratio:.2f} times as large"


@proof("a batch that grows")
def _():
    squares, curvatures = np.full((2, 2), (2.5**2, 1.5**2)), RAVINE.hessian([0.0, 0.0]).diagonal()
    for step in range(1000):
        shrunk = 2.0 ** -(step // 100)
        rate, noise = np.array([[0.15, 0.15 * shrunk], [shrunk, 1.0]])[..., None]
        squares = (1 - rate * curvatures) ** 2 * squares + rate**2 * noise
    growing, halved = squares @ curvatures / 2
    assert halved < 0.01
    return "less than half of the first one's" if growing < halved / 2 else "as low"


@proof("never drawn")
def _():
    drawn = np.random.default_rng(0).integers(442, size=(2000, 442))
    missed = np.mean([442 - len(set(row)) for row in drawn])
    expected = 442 * (1 - 1 / 442) ** 442
    assert abs(missed - expected) < 1
    return round(expected)


@proof("noise on the ridge")
def _():
    x, y = gd.data.diabetes()
    y = y - y.mean()
    w = np.array([-0.8, 0.8])
    for row in np.random.default_rng(0).integers(442, size=2000):
        error = w[0] * w[1] * x[row] - y[row]
        w = w - 0.2 * error * x[row] * w[::-1]
    return "it never leaves the ridge" if w.sum() == 0 else "it falls off after a while"


@proof("one epoch")
def _():
    def epoch(w, x, y, lr, size, seed, last=True, divide=None, shuffle=True, stale=False):
        order = np.random.default_rng(seed).permutation(len(x)) if shuffle else np.arange(len(x))
        first, w_of_gradient = 0, w
        while first < len(x) if last else first + size <= len(x):
            rows = order[first : first + size]
            sums = np.sum(((w_of_gradient if stale else w) * x[rows] - y[rows]) * x[rows])
            w = w - lr * sums / (divide(rows, size) if divide else len(rows))
            first += size
        return w

    def with_replacement(w, x, y, lr, size, seed):
        rng = np.random.default_rng(seed)
        for _ in range(-(-len(x) // size)):
            rows = rng.integers(len(x), size=size)
            w = w - lr * np.mean((w * x[rows] - y[rows]) * x[rows])
        return w

    def by_mini_batches(w, x, y, lr, size, seed):
        loss = gd.data.LeastSquares(x[:, None], y, mean=True)
        for rows in np.split(
            np.random.default_rng(seed).permutation(len(x)), range(size, len(x), size)
        ):
            w = w - lr * loss.on(rows).gradient(np.array([w]))[0]
        return w

    return by_mini_batches, [
        lambda *given: epoch(*given, last=False),
        lambda *given: epoch(*given, shuffle=False),
        lambda *given: epoch(*given, divide=lambda rows, size: 1),
        lambda *given: epoch(*given, divide=lambda rows, size: size),
        lambda *given: epoch(*given, stale=True),
        lambda w, x, y, lr, size, seed: epoch(w, x, y, lr, len(x), seed),
        lambda w, x, y, lr, size, seed: epoch(w, x, y, lr, 1, seed),
        lambda w, x, y, lr, size, seed: epoch(w, x, y, -lr, size, seed),
        with_replacement,
    ]


@proof("rate and batch for a floor")
def _():
    def variance(rate, rows):
        steep = gd.landscape("x**2")
        noisy = gd.data.Noisy(steep, 3.0, rows, seed=np.arange(50))
        run = gd.descend(noisy, np.zeros((50, 1)), gd.GD(rate), 2000)
        return run.points[100:].var()

    assert abs(variance(0.25, 75.0) - 0.01) < 2e-4
    return [0.25, 75.0], [[0.25, 25.0], [0.75, 675.0], [0.25, 56.25], [0.25, 100.0], [75.0, 0.25]]


# 08

RULES = {
    "GD (plain gradient descent)": gd.GD,
    "momentum": gd.Momentum,
    "AdaGrad": gd.AdaGrad,
    "RMSProp": gd.RMSProp,
    "Adam": gd.Adam,
}


def steps_of_each(objective, start, rates, finish):
    """The steps of each rule at its best rate until it stays below the finish, or infinity."""
    starts = np.broadcast_to(start, (len(rates), len(start)))
    steps = {}
    for name, rule in RULES.items():
        values = gd.descend(objective, starts, rule(rates), steps=300).values
        above = ~(values <= finish)
        last = np.where(above.any(axis=0), 300 - np.argmax(above[::-1], axis=0), -1)
        steps[name] = np.where(last < 300, last + 1, np.inf).min()
    return steps


@proof("first in the ravine")
def _():
    ravine, rates = gd.landscape("ravine", k=100), np.geomspace(1e-4, 3, 200)
    for start in ((-2.5, 1.2), (1.7, -1.9), (0.5, 1.0)):
        finish = 1e-6 * ravine.value(np.array(start))
        steps = steps_of_each(ravine, start, rates, finish)
        assert min(steps, key=steps.get) == "AdaGrad"
    (first,) = (
        option
        for option in bank()["first in the ravine"]["options"]
        if option.startswith("AdaGrad:")
    )
    return first


@proof("heavy ball at its best")
def _():
    start = np.array([-2.5, 0.5])
    ravine, near = gd.landscape("ravine", k=100), 1e-6 * np.linalg.norm(start)

    def steps(rule):
        return gd.descend(ravine, start, rule, steps=1000).reached(near, minimum=(0, 0))

    assert abs(steps(gd.GD(2 / 101)) - 691) <= 1
    best = gd.Momentum(4 / 11**2, (9 / 11) ** 2), gd.Momentum(0.033, 0.67), gd.Momentum(0.033, 0.69)
    assert [steps(rule) for rule in best] == [87, 83, 75]
    # every pair whose theory is below 76 steps: what is left is √β, for both tracks swing
    lr, beta = np.meshgrid(np.arange(0.0275, 0.0345, 0.0001), np.arange(0.669, 0.696, 0.001))
    swings = [(1 + beta - lr * curvature) ** 2 < 4 * beta for curvature in (1, 100)]
    good = swings[0] & swings[1] & (np.log(1e-6) / np.log(beta**0.5) < 76)
    pairs = gd.Momentum(lr[good], beta[good])
    run = gd.descend(ravine, np.broadcast_to(start, (good.sum(), 2)), pairs, steps=120)
    above = np.linalg.norm(run.points, axis=-1) > near
    measured = len(above) - np.argmax(above[::-1], axis=0)
    assert (measured.min(), measured.max()) == (68, 94)
    return "about 80"


@proof("after the wall")
def _():
    formula = "2*log(1 + exp(-5*(x + 4))) - 0.02*x - 1.5*exp(-(x - 3)**2)"
    wall = gd.landscape(formula, bounds=((-5.6, 4.6),))
    rules = gd.AdaGrad(0.1), gd.GD(0.1)
    adagrad, plain = (gd.descend(wall, -5.0, rule, 300).final[0] for rule in rules)
    assert adagrad < -3 < plain < -2
    return "GD"


@proof("without the correction")
def _():
    m, s = 1 - 0.9 ** np.arange(1, 100), 1 - 0.999 ** np.arange(1, 100)
    assert (m / np.sqrt(s) > 3).all()
    return "too long"


@proof("who trains the stuck stack")
def _():
    places = np.random.default_rng(3).uniform(-1.5, 1.5, size=(48, 2))
    stack = gd.networks.Stack(8, width=8, inputs=2, activation="sigmoid")
    loss = stack.loss(places, (places.sum(axis=1) > 0).astype(float))
    start = stack.initial(gain=1.0, seed=1)
    steps = steps_of_each(loss, start, np.geomspace(1e-3, 1, 13), 0.01)
    trained = [name for name, number in steps.items() if number <= 300]
    assert trained == ["AdaGrad", "RMSProp", "Adam"]
    return "AdaGrad, RMSProp and Adam"


def steps_with(beta):
    steep = gd.landscape("(x**2 + 400*y**2) / 2")
    run = gd.descend(steep, (1.0, 1.0), gd.Momentum(lr=0.009, beta=beta), steps=1000)
    above = np.linalg.norm(run.points, axis=-1) > 2**0.5 / 1000
    return int(np.flatnonzero(above)[-1]) + 1


@proof("a ball for a steep ravine")
def _():
    return ((400**0.5 - 1) / (400**0.5 + 1)) ** 2, [0.9, 0.5, 0.0, 0.99, 19 / 21]


@proof("Adam step by step")
def _():
    def adam(gradients, first=1, m_by=0.1, s_by=0.001, inside=0.0, eps=1e-8, power=2, sign=-1):
        m, s, steps = 0.0, 0.0, []
        for k, g in enumerate(gradients, start=first):
            m, s = 0.9 * m + m_by * g, 0.999 * s + s_by * abs(g) ** power
            root = (s / (1 - 0.999**k) + inside) ** (1 / power)
            steps.append(sign * 0.1 * m / (1 - 0.9**k) / (root + eps))
        return steps

    def uncorrected(gradients):
        m, s, steps = 0.0, 0.0, []
        for g in gradients:
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
            steps.append(-0.1 * m / (s**0.5 + 1e-8))
        return steps

    rule, x = gd.Adam(0.1), np.zeros(1)
    state = rule.init(x)
    given = [3.0, -1.0, 0.5, 0.0, 1e-7]
    for step, (g, ours) in enumerate(zip(given, adam(given), strict=True)):
        delta, state = rule.update(np.array([g]), state, step)
        assert np.isclose(delta[0], ours, rtol=1e-9)
    return adam, [
        uncorrected,
        lambda gradients: adam(gradients, first=2),
        lambda gradients: adam(gradients, inside=1e-8, eps=0.0),
        lambda gradients: adam(gradients, eps=0.0, inside=1e-300),
        lambda gradients: adam(gradients, power=1),
        lambda gradients: adam(gradients, sign=1),
        lambda gradients: adam(gradients, m_by=1.0),
        lambda gradients: np.cumsum(adam(gradients)),
        lambda gradients: adam(gradients)[-1:],
    ]


@proof("a weight that nobody uses")
def _():
    unused = gd.landscape("(y - 1)**2 / 2", variables=("x", "y"))
    rules = [gd.WeightDecay(gd.Adam(0.02), strength) for strength in (0.01, 0.0001)]
    ends = [gd.descend(unused, (2.0, 2.0), rule, steps=100).final[0] for rule in rules]
    assert 0.4 < ends[0] < 0.5
    return "both are at the same place" if abs(ends[0] - ends[1]) < 1e-3 else "the one with 0.01"


MEASURES["a ball for a steep ravine"] = steps_with


# 09

DIGITS = gd.data.digits(seed=0)


def digits_loss(depth, activation, norm=False, residual=False, width=32):
    kind = "batch" if norm else None
    stack = gd.networks.Stack(depth, width, 64, 10, activation, normalise=kind, residual=residual)
    return stack.loss(DIGITS.inputs, DIGITS.targets, "cross_entropy")


def known(loss, gain=1.0, weights="he", optimizer=None, steps=115, seed=(0, 1, 2)):
    """The share of the test digits that is right after some steps, for each seed; NaN if lost."""
    optimizer = optimizer or gd.Momentum(0.01)
    batches = gd.data.MiniBatches(loss, 64, seed=np.array(seed))
    start = loss.network.initial(gain, weights, seed=np.array(seed))
    end = gd.descend(batches, start, optimizer, steps, record="last").final
    right = loss.accuracy(end, DIGITS.test_inputs, DIGITS.test_targets)
    return np.where(np.isfinite(loss.value(end)), right, np.nan)


@proof("one switch")
def _():
    sick = digits_loss(20, "sigmoid")
    ends = {
        "ReLU instead of the sigmoid: a positive sum passes as it is": known(
            digits_loss(20, "relu"), weights="xavier"
        ),
        "He's weights: √2 times as large as those of before": known(sick),
        "batch norm: each neuron's sums are brought to mean 0 and spread 1": known(
            digits_loss(20, "sigmoid", norm=True), weights="xavier"
        ),
        "a tenth of the rate: each step is a tenth as long": known(
            sick, weights="xavier", optimizer=gd.Momentum(0.001)
        ),
    }
    assert known(sick, weights="xavier").max() < 0.11
    cured = [name for name, shares in ends.items() if shares.min() > 0.9]
    assert max(ends[name].max() for name in ends if name not in cured) < 0.3
    return cured[0] if len(cured) == 1 else cured


@proof("two good cures")
def _():
    alone = digits_loss(20, "relu")
    assert round(100 * float(known(alone, steps=120, seed=0))) == 44
    assert 0.3 < known(alone).mean() < 0.5
    both = known(digits_loss(20, "relu", residual=True))
    return "its numbers are lost: NaN" if np.isnan(both).all() else "nothing much changes"


@proof("flat neurons")
def _():
    loss = digits_loss(20, "sigmoid")
    trace = loss.trace(loss.network.initial(scheme="xavier", seed=0))
    few = trace.saturated_shares.max() < 0.01
    return "less than one in a hundred" if few else "about half"


@proof("a rate for the sick")
def _():
    loss = digits_loss(20, "sigmoid").on(np.arange(256))
    rates = np.geomspace(1e-4, 10, 31)
    start = np.tile(loss.network.initial(scheme="xavier", seed=0), (31, 1))
    run = gd.descend(gd.data.MiniBatches(loss, 64), start, gd.Momentum(rates), 30, record="last")
    below = np.count_nonzero(loss.value(run.final) < 2.25)
    return "none of them" if not below else "a few, just before it leaps up"


@proof("clip the exploding")
def _():
    assert np.isnan(known(digits_loss(20, "relu"), gain=1.7)).all()
    for rate in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0):
        clipped = gd.Clipped(gd.Momentum(rate), max_norm=1.0)
        shares = known(digits_loss(20, "relu"), gain=1.7, optimizer=clipped, steps=70)
        if not (np.isfinite(shares).all() and shares.max() < 0.25):
            return f"not near chance at {rate}"
    return "is finite, and near chance at all of them"


@proof("a cure for the healthy")
def _():
    loss = digits_loss(20, "relu", norm=True, residual=True)
    rule = gd.Momentum(0.01)
    alone = known(loss, optimizer=rule, steps=230)
    clipped = known(loss, optimizer=gd.Clipped(rule, max_norm=1.0), steps=230)
    assert round(100 * alone.mean()) == 97
    start = loss.network.initial(1.0, "he", seed=0)
    batches = gd.data.MiniBatches(loss, 64, seed=0)
    run = gd.descend(batches, start, gd.Clipped(rule, max_norm=1.0), 230)
    before = run.points[:-1]
    lengths = [np.linalg.norm(batches.gradient(x, step)) for step, x in enumerate(before)]
    assert np.mean(np.array(lengths) > 1) > 0.9
    return "less" if 0.06 < (alone - clipped).mean() < 0.12 else "97 % again"


@proof("a lowered line")
def _():
    tiny = gd.networks.Stack(3, 16, 64, 10, "tanh")
    loss = tiny.loss(DIGITS.inputs[:100], np.eye(10)[DIGITS.targets[:100]])
    start = tiny.initial(0.7, "xavier", seed=0)
    before = gd.descend(loss, start, gd.GD(2.0), 600, record="last").final
    after = gd.descend(loss, before, gd.GD(4.0), 600)
    sharp, _ = gd.sharpness(loss, before)
    flatter, _ = gd.sharpness(loss, after.final)
    leaps = after.values.max() > 10 * after.values[0]
    down = np.isclose(sharp, 1, rtol=0.1) and np.isclose(flatter, 0.5, rtol=0.1)
    if leaps and down and after.values[-1] < after.values[0] / 2:
        return "the loss leaps, the sharpness falls to 0.5, and the loss goes on down"
    return "the loss leaps, and the run is lost"


@proof("update ratio")
def _():
    def ratio(before, after):
        return np.sqrt(np.sum((after - before) ** 2) / np.sum(before**2))

    def by_weight(before, after):
        with np.errstate(all="ignore"):
            return np.nanmean(np.abs((after - before) / before))

    return ratio, [
        by_weight,
        lambda before, after: np.linalg.norm(after) / np.linalg.norm(before),
        lambda before, after: np.linalg.norm(after) / np.linalg.norm(before) - 1,
        lambda before, after: np.linalg.norm(after - before),
        lambda before, after: ratio(after, before) if np.any(after) else 1.0,
        lambda before, after: ratio(before, after) ** 2,
    ]


def known_without_norm(gain):
    return float(known(digits_loss(20, "relu", residual=True), gain, steps=120, seed=0))


@proof("gain for residuals")
def _():
    return 0.25, [1.0, 0.6, 0.02, 2.0]


MEASURES["gain for residuals"] = known_without_norm


# 10


@proof("a flat loss")
def _():
    flat = [
        name
        for name, disease in clinic.DISEASES.items()
        for case in [clinic.patient(name, seed=1)]
        if case.stack is not None and disease.cure != "nothing" and case.lost_at is None
        if case.losses[-20:].min() > 0.6 * case.losses[0] and case.level < 2 * case.losses[0]
    ]
    return "six or more" if len(flat) >= 6 else "two or three"


@proof("good gradients")
def _():
    case = clinic.patient("clipping too tight", seed=1)
    well = clinic.patient("none: it is well", seed=1)
    gradients = [clinic.layer_gradients(one)[0] for one in (case, well)]
    assert np.all(np.abs(np.log(gradients[0] / gradients[1])) < np.log(4))
    lengths = case.run.step_lengths
    assert np.ptp(lengths) < 1e-6 * lengths.max()
    assert lengths.max() < 1e-3 * np.median(well.run.step_lengths)
    return "yes: the steps may be far too short all the same"


@proof("loss of guessing")
def _():
    for classes in (2, 10, 1000):
        stack = gd.networks.Stack(1, width=2, inputs=1, outputs=classes)
        loss = stack.loss([[1.0], [2.0]], [0, 1], "cross_entropy")
        assert np.isclose(loss.value(np.zeros(stack.parameter_count)), np.log(classes))
    wrong = [np.log2, np.log10, lambda classes: 1 / classes, lambda classes: -np.log(classes)]
    return np.log, [*wrong, lambda classes: np.log(2), lambda classes: (classes - 1) / classes]
