"""Descent: one vectorised loop for one run or a million, and the Run that it returns.

The last axis of a start is the coordinate, every leading axis an independent run, and a batch of
runs equals the same runs one at a time, exactly.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from numbers import Real

import numpy as np

from gdviz import checks
from gdviz.checks import counted
from gdviz.norms import norm

__all__ = ["Run", "descend", "walk"]

MOST_NUMBERS = 2**28  # that a run may keep: 2 GB
AT_ONCE = 20_000  # numbers of a block: the ten arrays or so of a step then fit a core's cache
DOUBLE = np.dtype(float)


def descend(objective, start, optimizer, steps, record="all"):
    """Follow an optimizer downhill for a number of steps and return the Run.

    Repeats `x <- x + delta` with `delta, state = optimizer.update(gradient, state, step)`.

    Arguments:
        objective: anything with `value(x)`, `(..., dim) -> (...)`, and `gradient(x)`,
            `(..., dim) -> (..., dim)`; with mini-batches `gradient(x, step)`.
        start: shape `(..., dim)`; a number will do for one variable.
        optimizer: anything with `init(x)` and `update(gradient, state, step)`; one that needs the
            point has `update(gradient, state, step, x)`. Its hyper-parameters of shape `(...)`
            broadcast against the starts: 50 rates of shape `(50, 1)` and 40 starts of shape
            `(40, 2)` are 2,000 runs of shape `(50, 40)`.
        steps: how many, a whole number of 1 or more.
        record: "all" keeps every point, "last" only the last one of each run.

    An overflow gives inf or nan in the run, without a warning. Raises TypeError or ValueError where
    an argument is not one of these, where shapes do not fit, where `update` does not return
    `(delta, state)`, and where more numbers would be kept than fit.

    >>> class Bowl:
    ...     def value(self, x):
    ...         return (x * x).sum(axis=-1) / 2
    ...
    ...     def gradient(self, x):
    ...         return x
    >>> from gdviz.optimizers import GD
    >>> run = descend(Bowl(), start=(4.0, -8.0), optimizer=GD(lr=0.5), steps=2)
    >>> run.points
    array([[ 4., -8.],
           [ 2., -4.],
           [ 1., -2.]])
    >>> descend(Bowl(), np.ones((40, 2)), GD(lr=np.full((50, 1), 0.1)), steps=7).points.shape
    (8, 50, 40, 2)
    """
    path, steps = walk(objective, start, optimizer, steps), int(steps)
    if record not in ("all", "last"):
        raise ValueError(f'record is {record!r}: it is "all" (every point) or "last" (the last).')
    with np.errstate(all="ignore"):
        begin, first = next(path), next(path)
        begin = np.broadcast_to(begin, first.shape)
        points = _room(steps, first.shape) if record == "all" else None
        if begin.size > AT_ONCE and _divisible(objective, optimizer):
            final = _follow_in_blocks(objective, begin, optimizer, steps, points)
        else:
            final = _follow(chain((begin, first), path), points)
    return Run(objective, optimizer, steps, begin, final, points)


def walk(objective, start, optimizer, steps):
    """The points of a descent one after the other, the start first: a generator that keeps none.

    Arguments, and what is raised, as of `descend`.

    >>> import gdviz as gd
    >>> for x in walk(gd.landscape("x**2 / 2"), start=8.0, optimizer=gd.GD(lr=0.5), steps=2):
    ...     print(x)
    [8.]
    [4.]
    [2.]
    """
    start = _checked_start(objective, start)
    _check_optimizer(optimizer)
    return _walk(objective, start, optimizer, checks.whole("steps", steps))


def _walk(objective, x, optimizer, steps):
    """The points of a run, one after the other: the whole of gradient descent."""
    gradient, update = _gradient_of(objective), optimizer.update
    takes_point = checks.takes(update, "x", place=4)
    yield x
    state = optimizer.init(x)
    for step in range(steps):
        g = gradient(x, step)
        try:
            result = update(g, state, step, x) if takes_point else update(g, state, step)
        except ValueError:
            _check_shapes(optimizer, x, step)
            raise
        pair = type(result) is tuple and len(result) == 2
        if not pair or getattr(result[0], "shape", None) != x.shape:
            result = _checked_update(result, optimizer, x)
        delta, state = result
        x = x + delta
        yield x


def _follow(path, points):
    """Write a path to `points`, where there is such an array, and return its last point."""
    shape = None
    for step, x in enumerate(path):
        shape = shape or x.shape
        if x.shape != shape:
            raise ValueError(
                f"the points have shape {shape} at first and {x.shape} at step {step}: a schedule, "
                f"and the objective, must give as many numbers at every step."
            )
        if points is not None:
            points[step] = x
    return x


def _follow_in_blocks(objective, begin, optimizer, steps, points):
    """The same for a large batch, block by block: what a block computes stays in the cache."""
    shape, dim = begin.shape[:-1], begin.shape[-1]
    starts, final = begin.reshape(-1, dim), np.empty((math.prod(shape), dim))
    ways = None if points is None else points.reshape(steps + 1, -1, dim)
    length = math.ceil(AT_ONCE / dim)
    for first in range(0, len(starts), length):
        rows = slice(first, first + length)
        part = objective.take(rows, shape), starts[rows], optimizer.take(rows, shape)
        final[rows] = _follow(_walk(*part, steps), None if ways is None else ways[:, rows])
    return final.reshape(begin.shape)


def _divisible(objective, optimizer):
    """Whether all that may hold one number for each run can give those of some runs."""
    while optimizer is not None:
        if not hasattr(optimizer, "take"):
            return False
        optimizer = getattr(optimizer, "optimizer", None)
    return hasattr(objective, "take")


def _room(steps, shape):
    """An empty array for every point of a run."""
    count = (steps + 1) * math.prod(shape)
    if count > MOST_NUMBERS:
        runs, of = counted(math.prod(shape[:-1]), "run"), counted(steps, "step")
        raise ValueError(
            f"every point of {runs} of {of} is {count:,} numbers, and a Run keeps "
            f'{MOST_NUMBERS:,} at most: take fewer steps or runs, or record="last", which keeps '
            f"the last point of each run only."
        )
    return np.empty((steps + 1, *shape))


def _gradient_of(objective):
    """The objective's gradient as a function of the point and the step."""
    evaluate = checks.by_step(objective.gradient)

    def gradient(x, step):
        g = evaluate(x, step)
        if type(g) is np.ndarray and g.dtype is DOUBLE and g.shape == x.shape:
            return g
        return _checked_gradient(g, x)

    return gradient


def _checked_gradient(given, x):
    g = np.asarray(given)
    if g.dtype.kind not in "fiu" or g.shape[-1:] != x.shape[-1:]:
        raise ValueError(
            f"the objective's gradient {_looks(g)} at points of shape {x.shape}: "
            f"its last axis must be the coordinate, as that of the points."
        )
    return g.astype(float, copy=False)


def _checked_update(result, optimizer, x):
    rule = f"{type(optimizer).__name__}.update"
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{rule} returned {_short(result)}: it returns two things, the step and the state "
            f"after it, as in `return delta, state`."
        )
    delta, state = np.asarray(result[0]), result[1]
    try:
        fits = delta.shape[-1:] == x.shape[-1:] and np.broadcast_shapes(delta.shape, x.shape)
    except ValueError:
        fits = False
    if not fits or delta.dtype.kind not in "fiu":
        raise ValueError(
            f"{rule} returned a delta that {_looks(delta)} at points of shape {x.shape}: "
            f"it is a number for each coordinate, as the gradient."
        )
    return delta, state


def _check_shapes(optimizer, x, step):
    """Say which numbers of an optimizer do not broadcast against the runs, where some do not."""
    batch, rule = x.shape[:-1], optimizer
    while hasattr(rule, "shapes"):
        for name, shape in rule.shapes(step).items():
            try:
                np.broadcast_shapes(shape, batch)
            except ValueError:
                each = "rate" if name == "lr" else "value"
                wider = shape + (1,) * len(batch)
                raise ValueError(
                    f"{name} has shape {shape} and the starts have shape {x.shape}, a batch of "
                    f"{batch}: these do not broadcast. To try every {each} from every start give "
                    f"the {each}s shape {wider}, as np.reshape({name}, {wider}) does; for one "
                    f"{each} for each start give them shape {batch}."
                ) from None
        rule = getattr(rule, "optimizer", None)


def _checked_start(objective, start):
    if not checks.has(objective, "value", "gradient"):
        missing = [m for m in ("value", "gradient") if not hasattr(objective, m)]
        why = f"which has no {missing[0]}(x)" if missing else "a class"
        raise TypeError(
            f"the objective is {checks.name(objective)}, {why}: "
            f'give a landscape, as in gd.landscape("x**2"), or an object with '
            f"value(x) and gradient(x)."
        )
    says = "a start is a number for each coordinate, all finite, as in start=(-2.5, 2)"
    x = np.atleast_1d(checks.numbers("start", start, says).astype(float))
    dim = getattr(objective, "dim", None)
    if dim is not None and x.shape[-1] != dim:
        raise ValueError(
            f"start has {counted(x.shape[-1], 'coordinate')} (shape {x.shape}), but the objective "
            f"has {counted(dim, 'variable')}: the last axis of a start is the coordinate, so one "
            f"start has shape ({dim},), and many have shape (..., {dim})."
        )
    return x


def _check_optimizer(optimizer):
    if not checks.has(optimizer, "init", "update"):
        lacks = ", without its numbers" if isinstance(optimizer, type) else ""
        raise TypeError(
            f"optimizer is {checks.name(optimizer)}{lacks}: give an optimizer, "
            f"as in optimizer=gd.GD(lr=0.1)."
        )


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """What `descend` returns: the way from the start to the last point, for each run.

    `objective`, `optimizer` and `steps` are what it was made with; `start` and `final` have shape
    `(..., dim)`, where `...` is the batch's shape, empty for a single run. `ahead`, of the same
    shape, is the point after the last where the run was cut, else None. `str(run)` says it in a
    sentence.

    >>> class Bowl:
    ...     def value(self, x):
    ...         return (x * x).sum(axis=-1) / 2
    ...
    ...     def gradient(self, x):
    ...         return x
    >>> from gdviz.optimizers import GD
    >>> run = descend(Bowl(), start=8.0, optimizer=GD(lr=0.5), steps=3)
    >>> run.values
    array([32. ,  8. ,  2. ,  0.5])
    >>> print(run)
    3 steps of GD(lr=0.5) from 8 end at 1, where the value is 0.5 and the gradient norm 1.
    """

    objective: object
    optimizer: object
    steps: int
    start: np.ndarray
    final: np.ndarray
    _points: np.ndarray | None
    ahead: np.ndarray | None = None

    @property
    def shape(self):
        """The batch's shape: `()` for a single run."""
        return self.final.shape[:-1]

    @property
    def dim(self):
        """The number of coordinates."""
        return self.final.shape[-1]

    @property
    def recorded(self):
        """What was kept: "all" points, which can be cut and played, or the "last" one only."""
        return "last" if self._points is None else "all"

    @property
    def points(self):
        """Every point, `(steps + 1, ..., dim)`, the start first."""
        if self._points is None:
            raise AttributeError(
                'this run kept its last point only, as run.final; record="all" keeps its whole way.'
            )
        return self._points

    @cached_property
    def values(self):
        """The objective at every point, `(steps + 1, ...)`."""
        return _along(self.objective.value, self.points)

    @cached_property
    def gradient_norms(self):
        """The length of the gradient at every point, `(steps + 1, ...)`."""
        gradient = _gradient_of(self.objective)
        if not checks.takes(self.objective.gradient, "step", place=2):
            return _along(lambda x: norm(gradient(x, 0)), self.points)
        with np.errstate(all="ignore"):
            return np.stack([norm(gradient(x, step)) for step, x in enumerate(self.points)])

    @cached_property
    def step_lengths(self):
        """The distance from each point to the next, `(steps, ...)`."""
        with np.errstate(all="ignore"):
            return norm(np.diff(self.points, axis=0))

    @cached_property
    def diverged_at(self):
        """The first step with a value that is not finite, `(...)`, and -1 where there is none.

        Steps count as `points` does: 0 is the start. Points may stay finite for some steps more, as
        the value overflows first: where a figure says at which step a run left the finite numbers,
        it says this one.

        With `record="last"` the way is walked once more to find it; raises ValueError where that
        leads elsewhere, as with noise that is not seeded.
        """
        if self._points is not None:
            return _plain(_first(~np.isfinite(self.values)))
        first = np.full(self.shape, -1)
        with np.errstate(all="ignore"):
            path = _walk(self.objective, self.start, self.optimizer, self.steps)
            for step, x in enumerate(path):
                first[(first < 0) & ~np.isfinite(self.objective.value(x))] = step
        if not np.array_equal(x, self.final, equal_nan=True):
            raise ValueError(
                "this run kept its last point only, and to walk its way again leads elsewhere, as "
                'with noise that is not seeded: record="all" tells at which step it diverged.'
            )
        return _plain(first)

    def reached(self, tolerance, minimum=None):
        """The first step with a gradient norm of at most `tolerance`, and -1 where there is none.

        With `minimum`, a point `(dim,)` or one for each run `(..., dim)`, the distance to it takes
        the place of the gradient norm. Shape `(...)`, an int for a single run.
        """
        if not isinstance(tolerance, Real) or not 0 <= tolerance < math.inf:
            raise ValueError(
                f"tolerance is {tolerance!r}: it is a number of 0 or more, as in tolerance=1e-6."
            )
        left = self.gradient_norms if minimum is None else self._distances(minimum)
        return _plain(_first(left <= tolerance))

    def contraction(self, minimum=None):
        """The measured contraction rate: by how much a step multiplies the distance to the minimum.

            rate = (|e_b| / |e_a|)^(1 / (b - a)),    e_k = x_k - minimum

        the geometric mean of |e_k+1| / |e_k| over the later half of the usable steps, from a to b.
        Without `minimum`, e_k = x_k+1 - x_k. A step is usable where |e_k| is finite and more than
        1e-6 of the size of the numbers that it is the difference of: below, round-off shows.

        Shape `(...)`, a float for a single run. Below 1 the run converges, above it diverges; 0.0
        where it lands in one step; nan where it never moved or no two usable steps are left. On a
        quadratic in one variable it is |1 - lr curvature| to 1e-9 for lr * curvature of 1e-3 and
        more. A run that swings, as one with momentum does, scatters around its rate: take many
        steps.
        """
        points = self.points
        with np.errstate(all="ignore"):
            sizes = norm(points)
            if minimum is None:
                e, sizes = self.step_lengths, np.maximum(sizes[1:], sizes[:-1])
            else:
                e, sizes = self._distances(minimum), np.maximum(sizes, norm(_point(minimum, self)))
            usable = np.isfinite(e) & (e > np.maximum(1e-6 * sizes, 1e-290))
            rank = np.cumsum(usable, axis=0)
            count = rank[-1]
            a = np.argmax(rank == (count + 1) // 2, axis=0)
            b = np.where(count > 1, np.argmax(rank == count, axis=0), a + 1)
            e = np.concatenate([e, np.full_like(e[:1], np.nan)])
            e_a, e_b = (np.take_along_axis(e, k[None], axis=0)[0] for k in (a, b))
            rate = np.exp((np.log(e_b) - np.log(e_a)) / (b - a))
            moved = (points != points[0]).any(axis=(0, -1))
            rate = np.where((count > 0) & moved, rate, np.nan)
        return _plain(rate)

    def until(self, step):
        """The same run, cut after `step` steps: what a player shows at that step."""
        points = self.points[: checks.whole("step", step, 0, self.steps) + 1]
        ahead = self.points[step + 1] if step < self.steps else None
        cut = Run(self.objective, self.optimizer, int(step), self.start, points[-1], points, ahead)
        for name in ("values", "gradient_norms"):
            if name in self.__dict__:
                cut.__dict__[name] = self.__dict__[name][: step + 1]
        return cut

    def _distances(self, minimum):
        with np.errstate(all="ignore"):
            return norm(self.points - _point(minimum, self))

    def __str__(self):
        way = f"{counted(self.steps, 'step')} of {self.optimizer}"
        # The last point alone does not tell at which step a run diverged.
        told = self.recorded == "all"
        with np.errstate(all="ignore"):
            value = np.asarray(self.objective.value(self.final))
            ended = np.asarray(self.diverged_at) < 0 if told else np.isfinite(value)
            if self.shape:
                return (
                    f"{' × '.join(f'{n:,}' for n in self.shape)} runs of {way}: {self._end(ended)}."
                )
            way += f" from {_tuple(self.start)}"
            if not ended:
                step = f" at step {self.diverged_at:,}" if told else ""
                return f"{way} left the finite numbers{step}."
            length = norm(_gradient_of(self.objective)(self.final, self.steps))
        return (
            f"{way} end at {_tuple(self.final)}, where the value is {value:.4g} "
            f"and the gradient norm {length:.4g}."
        )

    def _end(self, ended):
        """How the runs of a batch ended, in words."""
        said, lost = f"{np.sum(ended):,} ended with finite values", np.sum(~ended)
        if self.recorded == "last":
            return f"{said}, {lost:,} did not" if lost else said
        if not lost:
            return f"{said}, none diverged"
        return f"{said}, {lost:,} diverged, the first at step {self.diverged_at[~ended].min():,}"

    __repr__ = __str__


def _along(function, points):
    """A function of points over a whole way, some steps at a time so that they fit the cache."""
    length = max(1, AT_ONCE * len(points) // points.size)
    with np.errstate(all="ignore"):
        parts = [function(points[k : k + length]) for k in range(0, len(points), length)]
    values = np.concatenate(parts) if len(parts) > 1 else np.asarray(parts[0])
    if values.dtype.kind not in "fiu" or values.shape != points.shape[:-1]:
        raise ValueError(
            f"the objective's value {_looks(values)} at points of shape {points.shape}: "
            f"it must give one number for each point, shape {points.shape[:-1]}."
        )
    return values


def _first(true):
    """The first index along axis 0 where it is true, -1 where it never is."""
    return np.where(true.any(axis=0), true.argmax(axis=0), -1)


def _plain(array):
    return array if array.ndim else array.item()


def _point(minimum, run):
    try:
        point = np.atleast_1d(np.asarray(minimum, dtype=float))
    except (TypeError, ValueError):
        point = np.array([math.nan])
    if not np.isfinite(point).all() or point.shape[-1] != run.dim:
        raise ValueError(
            f"minimum is {minimum!r}: it is a point of {counted(run.dim, 'finite coordinate')}."
        )
    return point


def _looks(array):
    return f"has shape {array.shape}" if array.dtype.kind in "fiu" else f"is {_short(array)}"


def _short(value):
    words = " ".join(str(value).split())
    return words if len(words) <= 80 else f"{words[:77]}..."


def _tuple(x):
    numbers = [f"{v:.4g}" for v in x]
    if len(numbers) == 1:
        return numbers[0]
    return f"({', '.join(numbers if len(numbers) < 5 else [*numbers[:3], '...'])})"
