"""Sick training runs: diseases, cures and what instruments measure, as data and pure functions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from gdviz.data import LeastSquares, MiniBatches, Noisy
from gdviz.descent import Run, descend
from gdviz.landscapes import landscape
from gdviz.networks import Stack, first_not_finite
from gdviz.optimizers import GD, Adam, Clipped, Momentum, WeightDecay
from gdviz.schedules import Cosine

# the loss at the end is the highest of so many last steps: who leaps about is not cured
LAST = 10
RULES = {
    "GD": lambda lr: GD(lr),
    "momentum": lambda lr: Momentum(lr, beta=0.9),
    "Adam": lambda lr: Adam(lr),
}


@dataclass(frozen=True, eq=False)
class Case:
    """A training run before it is made: what is descended, from where, by which rule.

    What is descended is the loss of ``stack`` on ``inputs`` and ``labels`` (``truth`` are those
    that nobody mixed up), or ``surface``, a landscape or the loss of a linear neuron. ``healthy``
    is the loss that a healthy patient of this kind comes below.
    """

    seed: int
    lr: float
    healthy: float
    steps: int = 150
    rule: str = "GD"
    clip: float | None = None
    decay: float | None = None
    cooling: bool = False
    batch: int | None = None
    noise: float = 0.0
    surface: object = None
    start: tuple | None = None
    stack: Stack | None = None
    inputs: np.ndarray | None = None
    labels: np.ndarray | None = None
    truth: np.ndarray | None = None
    loss: str = "cross_entropy"
    scheme: str = "xavier"
    gain: float = 1.0
    bias: float = 0.0
    elsewhere: int = 0

    @cached_property
    def objective(self):
        """What is descended, without noise: the loss on all the data."""
        if self.stack is None:
            return self.surface
        return self.stack.loss(self.inputs, self.labels, self.loss)

    @property
    def estimated(self):
        """What each step knows of the objective: a mini-batch of it, or slopes with noise."""
        objective = self.objective
        if self.batch is not None and self.batch < self.rows:
            objective = MiniBatches(objective, self.batch, seed=self.seed)
        return Noisy(objective, self.noise, seed=self.seed) if self.noise else objective

    @property
    def rows(self):
        """The number of rows of data, 0 for a landscape."""
        return len(getattr(self.objective, "inputs", ()))

    @property
    def optimizer(self):
        """The rule with all that is wrapped around it."""
        lr = Cosine(self.lr, self.steps) if self.cooling else self.lr
        optimizer = RULES[self.rule](lr)
        if self.clip is not None:
            optimizer = Clipped(optimizer, self.clip)
        return optimizer if self.decay is None else WeightDecay(optimizer, self.decay)

    @property
    def first(self):
        """Where it starts, ``(dim,)``; or, looking elsewhere as well, the starts ``(n, dim)``."""
        if self.stack is None:
            low, high = np.transpose(self.surface.bounds)
            rng = np.random.default_rng([self.seed, 1])
            others = low + (high - low) * rng.uniform(size=(self.elsewhere, len(low)))
            start = np.asarray(self.start, dtype=float)
        else:
            seeds = self.seed + np.arange(self.elsewhere + 1)
            start, *others = self._weights(seeds)
        return np.array([start, *others]) if self.elsewhere else start

    def _weights(self, seeds):
        parameters = self.stack.initial(self.gain, scheme=self.scheme, seed=seeds)
        for _, bias in self.stack.views(parameters)[:-1]:
            bias += self.bias
        return parameters

    @cached_property
    def run(self):
        """The training run; of several starts the one that ends lowest."""
        made = descend(self.estimated, self.first, self.optimizer, self.steps)
        if not self.elsewhere:
            return made
        ends = np.nan_to_num(made.values[-LAST:].max(axis=0), nan=np.inf)
        best = int(np.argmin(ends))
        points = made.points[:, best]
        return Run(made.objective, made.optimizer, made.steps, points[0], points[-1], points, None)

    @cached_property
    def losses(self):
        """The loss at every step, on all the data: ``(steps + 1,)``."""
        with np.errstate(all="ignore"):
            return np.asarray(self.run.values, dtype=float)

    @property
    def level(self):
        """The loss at the end: the highest of its last ten steps, infinite where it was lost."""
        last = self.losses[-LAST:]
        return float(last.max()) if np.isfinite(last).all() else np.inf

    @property
    def well(self):
        """Whether it ends, and stays, below the loss of a healthy patient."""
        return self.level < self.healthy

    @property
    def lost_at(self):
        """The first step at which the loss is no number or infinite, or None."""
        lost = ~np.isfinite(self.losses)
        return int(np.argmax(lost)) if lost.any() else None


# ------------------------------------------------------------------ patients


def _network(rng, **options):
    """A healthy network: two classes of points, apart by a bent border."""
    points = rng.uniform(-1.7, 1.7, size=(160, 2))
    height = points[:, 1] - 0.8 * points[:, 0] ** 2 + 0.7
    points, height = points[abs(height) > 0.25], height[abs(height) > 0.25]
    inputs, labels = points[:64], (height[:64] > 0).astype(int)
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    stack = Stack(depth=2, width=8, inputs=2, outputs=2, activation="tanh")
    given = {"stack": stack, "inputs": inputs, "labels": labels, "truth": labels, "batch": 32}
    given |= {"seed": int(rng.integers(1_000_000)), "lr": rng.uniform(0.7, 1.0), "healthy": 0.3}
    return Case(**given | options)


def _deeper(case, depth, activation, **options):
    return replace(case, stack=replace(case.stack, depth=depth, activation=activation), **options)


def _surface(rng, formula, bounds, start, healthy, lr, **constants):
    made = landscape(formula, variables=("x", "y"), bounds=bounds, **constants)
    return Case(int(rng.integers(1_000_000)), lr, healthy, surface=made, start=tuple(start))


def _healthy(rng):
    return _network(rng)


def _too_high(rng):
    return replace(_network(rng), lr=rng.uniform(40, 50))


def _too_low(rng):
    return replace(_network(rng), lr=rng.uniform(0.006, 0.008))


def _ravine(rng):
    k, side = rng.uniform(350, 450), rng.choice([-1, 1])
    start = 2.5 * side, rng.uniform(0.8, 1.2)
    bounds = ((-3, 3), (-2, 2))
    return _surface(rng, "(x**2 + k*y**2) / 2", bounds, start, 0.1, rng.uniform(1.7, 1.9) / k, k=k)


def _plateau(rng):
    x, y = rng.uniform(-11, -9, size=2)
    formula = "((sigmoid(x) - 0.8)**2 + (sigmoid(y) - 0.7)**2) / 2"
    return _surface(rng, formula, ((-14, 8), (-14, 8)), (x, y), 0.02, rng.uniform(0.5, 1.0))


def _saddle(rng):
    a, b = rng.uniform(0.8, 1.2, size=2)
    formula = "a*x**2/2 - b*y**2/2 + y**4/4"
    start = rng.choice([-1, 1]) * rng.uniform(1.5, 2.5), 0.0
    bounds = ((-3, 3), (-2, 2))
    lr = rng.uniform(0.08, 0.12)
    return _surface(rng, formula, bounds, start, -0.6 * b**2 / 4, lr, a=a, b=b)


def _local_minimum(rng):
    formula = "x**4 - 5*x**2 + 3*x + y**2"
    start = rng.uniform(1.5, 1.75), rng.uniform(-0.6, 0.6)
    return _surface(rng, formula, ((-2.6, 2.4), (-2, 2)), start, -10, rng.uniform(0.008, 0.012))


def _vanishing(rng):
    return _deeper(_network(rng), 6, "sigmoid", lr=rng.uniform(0.15, 0.25))


def _exploding(rng):
    return _deeper(_network(rng), 6, "relu", scheme="he", gain=rng.uniform(4.0, 5.0), lr=0.15)


def _dead(rng):
    return _deeper(_network(rng), 3, "relu", scheme="he", bias=-rng.uniform(7, 9), lr=0.3)


def _saturated(rng):
    return replace(_network(rng), bias=rng.choice([-1, 1]) * rng.uniform(6, 8))


def _log_of_zero(rng):
    case = _network(rng)
    inputs = case.inputs.copy()
    # a row of each class far out: on the right side, and the more certain the larger the weights
    for label, side in enumerate((-1, 1)):
        row = np.flatnonzero(case.labels == label)[0]
        inputs[row] = rng.uniform(-3, 3), side * rng.uniform(70, 90)
    stack = replace(case.stack, activation="relu", dtype="float32")
    lr = rng.uniform(0.15, 0.2)
    return replace(
        case, stack=stack, inputs=inputs, loss="log_of_softmax", scheme="he", lr=lr, batch=None
    )


def _unscaled(rng):
    case = _network(rng)
    scales = np.array([1.0, rng.uniform(150, 300)])
    offset = np.array([0.0, rng.uniform(500, 900)])
    return replace(case, inputs=(case.inputs * scales + offset)[:, :: rng.choice([-1, 1])])


def _mixed_labels(rng):
    case = _network(rng)
    return replace(case, labels=rng.permutation(case.labels))


def _noise_floor(rng):
    inputs = rng.normal(size=(40, 2)) * np.array([1.0, 1.0])
    weights = rng.uniform(1, 2, size=2) * rng.choice([-1, 1], size=2)
    targets = inputs @ weights + rng.normal(size=40)
    loss = LeastSquares(inputs, targets, mean=True, bounds=((-8, 8), (-8, 8)))
    start = weights + rng.choice([-1, 1], size=2) * 12
    healthy = 1.04 * float(loss.value(loss.solution))
    seed = int(rng.integers(1_000_000))
    return Case(seed, 0.25, healthy, surface=loss, start=tuple(start), batch=1)


def _tight_clip(rng):
    return replace(_network(rng), clip=rng.uniform(1e-5, 3e-5))


def _strong_decay(rng):
    return replace(_network(rng), decay=rng.uniform(0.35, 0.45))


# ------------------------------------------------------------------ cures


@dataclass(frozen=True)
class Cure:
    """A treatment: what it costs, what it does, and the case that it makes of a case.

    ``purpose`` goes on after its name: "Adam divides ...". ``change`` returns None where there is
    nothing to change.
    """

    price: int
    purpose: str
    change: Callable


def _of_networks(change):
    return lambda case: None if case.stack is None else change(case)


def _without_decay(case):
    return None if case.decay is None else replace(case, decay=None)


def _drawn_anew(case):
    scheme = "he" if case.stack.activation == "relu" else "xavier"
    return replace(case, scheme=scheme, gain=1.0, bias=0.0)


def _from_logits(case):
    return None if case.loss == "cross_entropy" else replace(case, loss="cross_entropy")


def _standardised(case):
    inputs = case.inputs - case.inputs.mean(axis=0)
    inputs /= inputs.std(axis=0)
    return None if np.allclose(inputs, case.inputs) else replace(case, inputs=inputs)


def _relu(case):
    if case.stack.activation == "relu":
        return None
    return _drawn_anew(replace(case, stack=replace(case.stack, activation="relu")))


def _adam(case):
    return replace(case, rule="Adam", lr=0.1 if case.stack is None else 0.02)


def _larger_batch(case):
    return None if case.batch is None else replace(case, batch=min(8 * case.batch, case.rows))


def _normalised(case):
    return replace(case, stack=replace(case.stack, normalise="batch"))


def _mended(case):
    return None if case.labels is case.truth else replace(case, labels=case.truth)


CURES = {
    "nothing": Cure(0, "is for who is well", lambda case: case),
    "a rate 20 times smaller": Cure(
        1,
        "shortens every step; it helps where the steps leap over the valley",
        lambda case: replace(case, lr=case.lr / 20),
    ),
    "a rate 20 times larger": Cure(
        1,
        "lengthens every step; it helps where the slope is good and the steps are too short",
        lambda case: replace(case, lr=case.lr * 20),
    ),
    "new random weights": Cure(
        1,
        "are drawn by Xavier or He, with biases 0; they help where the first weights or biases "
        "were bad",
        _of_networks(_drawn_anew),
    ),
    "the loss from the logits": Cure(
        1,
        "takes no log of a probability (logits are the outputs before the softmax); it helps where "
        "a probability is rounded to 0",
        _of_networks(_from_logits),
    ),
    "a rate that falls to 0": Cure(
        2,
        "makes the steps shorter and shorter; it helps where noise keeps the run from settling",
        lambda case: replace(case, cooling=True),
    ),
    "clipping at 1": Cure(
        2,
        "shortens only gradients longer than 1, in place of any other limit; it helps against "
        "single leaps, or where the limit was too tight",
        lambda case: replace(case, clip=1.0),
    ),
    "no weight decay": Cure(
        2,
        "switches off the pull of every weight towards 0 (weight decay, or L2); it helps where "
        "that pull is too strong",
        _without_decay,
    ),
    "a little noise": Cure(
        2,
        "is added to every slope; it helps where the slope is 0 and the ground falls off to a side",
        lambda case: replace(case, noise=0.05),
    ),
    "momentum": Cure(
        3,
        "adds up the last steps (β = 0.9); it helps along a valley that is long and narrow",
        lambda case: replace(case, rule="momentum"),
    ),
    "standardised inputs": Cure(
        3,
        "have mean 0 and spread 1 in every column; they help where the columns have other scales, "
        "or a mean far from 0",
        _of_networks(_standardised),
    ),
    "ReLU layers": Cure(
        3,
        "are other units, with new weights by He; they help where the slope of the units is small",
        _of_networks(_relu),
    ),
    "Adam": Cure(
        4,
        "divides every step by the usual size of its gradient; it helps where gradients are small "
        "but their signs are right",
        _adam,
    ),
    "four other starts": Cure(
        5,
        "are tried as well, and the best of the five runs is kept; they help where the start "
        "decides where the run ends",
        lambda case: replace(case, elsewhere=4),
    ),
    "a batch 8 times larger": Cure(
        5, "averages each step over more rows; it helps against noise", _larger_batch
    ),
    "batch normalisation": Cure(
        5,
        "sets the spread of every layer's sums z anew, but keeps the shift b; it helps where what "
        "passes through the layers dies out or grows",
        _of_networks(_normalised),
    ),
    "mended labels": Cure(
        6,
        "are answers that somebody looked at again, row by row; they help where answers are wrong",
        _of_networks(_mended),
    ),
}


# ------------------------------------------------------------------ diseases


@dataclass(frozen=True)
class Disease:
    """A disease: its meaning, its cheapest cure, dearer ones that may work, its sign.

    ``sign`` is what ``instrument`` shows; ``missing`` is what of it no patient with another disease
    has; ``notebook`` teaches it; ``make(rng)`` gives a Case.
    """

    make: Callable
    meaning: str
    cure: str
    also: tuple
    instrument: str
    sign: str
    missing: str
    notebook: str


DISEASES = {
    "none: it is well": Disease(
        _healthy,
        "nothing is wrong, and nothing is to be cured",
        "nothing",
        (),
        "the loss curve",
        "the loss comes down, and stays down",
        "it would end, and stay, below the limit",
        "01",
    ),
    "rate too high": Disease(
        _too_high,
        "the steps are longer than the valley is wide",
        "a rate 20 times smaller",
        ("a rate that falls to 0", "Adam"),
        "Rate finder",
        "the loss leaps about, and shorter steps from the same start go down",
        "steps 20 times shorter, from the same start, would bring it below the limit",
        "02",
    ),
    "rate too low": Disease(
        _too_low,
        "the steps go the right way, but so short that 150 do not arrive",
        "a rate 20 times larger",
        ("momentum", "ReLU layers", "Adam", "batch normalisation", "four other starts"),
        "Rate finder",
        "the loss still falls at the end, and longer steps would fall faster",
        "steps 20 times longer, from the same start, would bring it below the limit",
        "02",
    ),
    "ravine": Disease(
        _ravine,
        "a valley bent far more across than along: its steep sides limit the rate",
        "momentum",
        ("Adam", "four other starts"),
        "Curvature",
        "two curvatures, one hundreds of times the other",
        "all curvatures would be above 0, the highest hundreds of times the lowest",
        "02",
    ),
    "plateau": Disease(
        _plateau,
        "flat ground far from any minimum, with hardly a slope",
        "Adam",
        ("four other starts",),
        "Curvature",
        "slope and curvatures are tiny: the ground is flat",
        "the slope and all curvatures would be tiny",
        "05",
    ),
    "saddle": Disease(
        _saddle,
        "a place of slope 0 from which the ground falls off to a side",
        "a little noise",
        ("four other starts",),
        "Curvature",
        "the slope is 0, and one curvature is far below 0",
        "the slope would be 0, one curvature far below 0, and a push to that side would bring it "
        "below the limit",
        "03",
    ),
    "local minimum": Disease(
        _local_minimum,
        "the lowest place around, but not the lowest of all",
        "four other starts",
        (),
        "Curvature",
        "the slope is near 0, all curvatures are above 0, and the loss is high",
        "the loss would stand still where every curvature is above 0",
        "04",
    ),
    "vanishing gradients": Disease(
        _vanishing,
        "on its way back the gradient shrinks in every layer",
        "ReLU layers",
        ("Adam", "batch normalisation"),
        "Gradient by layer",
        "the gradient falls by a factor in every layer on its way back",
        "the first layer would get less than a hundredth of the gradient of the last one, with no "
        "unit stuck at an end",
        "05",
    ),
    "exploding gradients": Disease(
        _exploding,
        "what passes through the layers grows in every one, and every layer's gradient is huge",
        "new random weights",
        ("clipping at 1", "Adam", "batch normalisation"),
        "Gradient by layer",
        "at the start the gradient of every layer is huge",
        "the gradient of every layer would be huge at the start",
        "06",
    ),
    "dead ReLU": Disease(
        _dead,
        "units whose sum is below 0 on every row: they give 0, and learn nothing",
        "new random weights",
        (),
        "Activations",
        "the units of a layer are 0 on every row, and the layers before it get no gradient",
        "every unit of a layer would be 0 on every row",
        "05",
    ),
    "saturated units": Disease(
        _saturated,
        "units so far out on the flat ends of tanh that their slope is near 0",
        "new random weights",
        ("ReLU layers", "Adam"),
        "Activations",
        "the units stand at 1 or −1 on all rows from the start, whatever the data",
        "every unit of every layer would stand at 1 or −1 from the start",
        "05",
    ),
    "log of 0": Disease(
        _log_of_zero,
        "the loss takes the log of a probability that was rounded to 0",
        "the loss from the logits",
        ("standardised inputs", "batch normalisation"),
        "First NaN",
        "the loss, or its gradient, is the first that is not a number; the outputs still are",
        "the loss, or its gradient, would be the first that is not a number",
        "06",
    ),
    "unscaled data": Disease(
        _unscaled,
        "columns of the data that differ much in spread or mean",
        "standardised inputs",
        ("batch normalisation",),
        "Data",
        "the columns differ in spread and in mean: one is in the hundreds, the other near 1",
        "the usual row would be in the hundreds in one column",
        "02",
    ),
    "shuffled labels": Disease(
        _mixed_labels,
        "answers that do not belong to their rows",
        "mended labels",
        (),
        "Data",
        "the classes lie mixed: no border parts them",
        "half of the rows would have another class than their nearest row",
        "10",
    ),
    "noise floor": Disease(
        _noise_floor,
        "each step sees a few rows only: at a fixed rate it jitters, and never settles",
        "a rate that falls to 0",
        ("a batch 8 times larger",),
        "Step length",
        "the loss falls, then jitters at a level: after some 20 steps the steps shrink no more",
        "it would fall to a level and jitter there, and shorter and shorter steps would bring "
        "it below the limit",
        "07",
    ),
    "clipping too tight": Disease(
        _tight_clip,
        "the gradient is cut so short that hardly a step is left",
        "clipping at 1",
        ("Adam",),
        "Step length",
        "every step has the same length, whatever the gradient",
        "all steps would have one length",
        "06",
    ),
    "weight decay too strong": Disease(
        _strong_decay,
        "at every step weight decay (L2) pulls the weights towards 0, more than the data push back",
        "no weight decay",
        (),
        "Size of weights",
        "the weights shrink towards 0 from the start",
        "the weights of every layer would shrink to almost nothing",
        "09",
    ),
}


def patient(disease, seed):
    """The patient that a seed gives a disease: a Case, sick, which its cure cures.

    >>> sick = patient("rate too high", seed=0)
    >>> sick.well, treated(sick, "a rate 20 times smaller").well
    (False, True)
    """
    number = list(DISEASES).index(disease)
    for attempt in range(20):
        case = DISEASES[disease].make(np.random.default_rng([seed, number, attempt]))
        sick = case.well == (DISEASES[disease].cure == "nothing")
        if sick and treated(case, DISEASES[disease].cure).well:
            return case
    raise RuntimeError(f"no patient with {disease} from the seed {seed}")


def treated(case, cure):
    """The case under a cure, or None where that finds nothing to change."""
    return CURES[cure].change(case)


@lru_cache(maxsize=8)
def _healthy_network(depth, activation):
    # a seed that no class can type
    case = patient("none: it is well", seed=1_000_000)
    if activation == "relu":
        return _deeper(case, depth, activation, scheme="he", lr=0.1)
    return _deeper(case, depth, activation, lr=0.15 if depth > 2 else case.lr)


@lru_cache(maxsize=1)
def _round_bowl():
    rng, bounds = np.random.default_rng(0), ((-3, 3), (-2, 2))
    return _surface(rng, "(x**2 + y**2) / 2", bounds, (2.5, 1.0), 0.02, 0.1)


@lru_cache(maxsize=8)
def healthy(case):
    """Return a healthy patient of the same kind, to compare with.

    A network as deep, of ReLU or of tanh units; for a landscape a round bowl; for a linear neuron
    itself, at a rate that falls to 0.

    >>> healthy(patient("vanishing gradients", seed=0)).stack.layers
    7
    """
    if case.stack is not None:
        relu = case.stack.activation == "relu"
        return _healthy_network(case.stack.depth, "relu" if relu else "tanh")
    return treated(case, "a rate that falls to 0") if case.rows else _round_bowl()


# ------------------------------------------------------------------ instruments


@dataclass(frozen=True)
class Instrument:
    """What a practitioner measures: its price, and the question that it answers."""

    price: int
    question: str
    fits: Callable


def _has_network(case):
    return case.stack is not None


def _always(case):
    return True


INSTRUMENTS = {
    "Data": Instrument(1, "What does it learn from?", lambda case: case.rows > 0),
    "Step length": Instrument(1, "How long are the steps?", _always),
    "First NaN": Instrument(1, "What was the first that is not a number?", _has_network),
    "Gradient by layer": Instrument(2, "Who gets a gradient?", _has_network),
    "Activations": Instrument(2, "Are the units alive?", _has_network),
    "Size of weights": Instrument(2, "How large are the weights, and what moves?", _has_network),
    "Curvature": Instrument(3, "How is the ground bent where it ends?", _always),
    "Rate finder": Instrument(3, "What would other rates do?", _always),
}


# a figure asks an instrument more than once
measured = lru_cache(maxsize=64)


def last_finite(case):
    """The last step at which loss and parameters are numbers."""
    fine = np.isfinite(case.losses) & np.isfinite(case.run.points).all(axis=-1)
    return int(np.flatnonzero(fine)[-1]) if fine.any() else 0


def first_lost(case):
    """Where a network's run was first no number, and why: a ``Cause``, or None."""
    return None if case.lost_at is None else first_not_finite(case.run)


@measured
def layer_gradients(case):
    """The length of each layer's gradient at the start and at the end: ``(2, layers)``."""
    return case.objective.layer_gradient_norms(case.run.points[[0, last_finite(case)]])


@measured
def same_class(case):
    """The share of the rows whose nearest other row has their class; columns of equal spread."""
    rows = (case.inputs - case.inputs.mean(axis=0)) / case.inputs.std(axis=0)
    squares = ((rows[:, None] - rows) ** 2).sum(axis=-1)
    np.fill_diagonal(squares, np.inf)
    return float((case.labels[squares.argmin(axis=1)] == case.labels).mean())


@measured
def activations(case):
    """The trace of a pass at the start: activations, and shares that are dead or saturated."""
    return case.objective.trace(case.run.points[0])


def weights(case):
    """Each layer's weights over their size at the start, at every step: ``(layers, steps + 1)``."""
    norms = case.stack.weight_norms(case.run.points)
    return (norms / norms[0]).T


@measured
def update_ratio(case):
    """The median of ‖update‖ / ‖W‖ over the steps, by layer: ``(layers,)``."""
    points = case.run.points[: last_finite(case) + 1]
    if len(points) < 2:
        return np.full(case.stack.layers, np.nan)
    with np.errstate(all="ignore"):
        updates = case.stack.weight_norms(np.diff(points, axis=0))
        return np.median(updates / case.stack.weight_norms(points[:-1]), axis=0)


@measured
def curvatures(case):
    """The eigenvalues of the Hessian where the run ends, by differences: ``(dim,)``."""
    point = case.run.points[last_finite(case)]
    h = 1e-4
    shifts = h * np.eye(len(point))
    with np.errstate(all="ignore"):
        rows = [case.objective.gradient(point + sign * shifts) for sign in (1, -1)]
    hessian = (rows[0] - rows[1]) / (2 * h)
    if not np.isfinite(hessian).all():
        return np.full(len(point), np.nan)
    return np.linalg.eigvalsh((hessian + hessian.T) / 2)


@measured
def rate_finder(case, steps=30):
    """The loss after a few steps from the start at many rates: ``(rates, losses)``."""
    rates = case.lr * np.geomspace(1e-2, 1e2, 33)
    starts = np.broadcast_to(case.first, (len(rates), len(case.first)))
    rule = replace(case, lr=rates).optimizer
    run = descend(case.estimated, starts, rule, steps, record="last")
    with np.errstate(all="ignore"):
        return rates, case.objective.value(run.final)
