"""Descent: one vectorised loop for one run or a million, and the Run that it returns.

The last axis of a start is the coordinate, every leading axis an independent run, and a batch of
runs equals the same runs one at a time, exactly.
"""

import inspect
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from numbers import Integral, Real

import numpy as np

__all__ = ["Run", "descend"]

# Doubles in one array of a block: an optimizer and a formula hold some ten such arrays at once,
# and together they should stay in a core's cache of 2 MB.
BLOCK = 40_000


def descend(objective, start, optimizer, steps, record="all"):
    """Follow an optimizer downhill for a number of steps and return the Run.

    Repeats `x <- x + delta` with `delta, state = optimizer.update(gradient, state, step)`.

    Arguments:
        objective: anything with `value(x)`, `(..., dim) -> (...)`, and `gradient(x)`,
            `(..., dim) -> (..., dim)`; with mini-batches `gradient(x, step)`.
        start: shape `(..., dim)`; a number will do for one variable.
        optimizer: anything with `init(x)` and `update(gradient, state, step)`. Its hyper-parameters
            of shape `(...)` broadcast against the starts: 50 rates of shape `(50, 1)` and 40 starts
            of shape `(40, 2)` are 2,000 runs of shape `(50, 40)`.
        steps: how many, a whole number of 1 or more.
        record: "all" keeps every point, "last" only the last one of each run.

    An overflow gives inf or nan in the run, without a warning. Raises TypeError or ValueError where
    an argument is not one of these.

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
    start = _checked_start(objective, start)
    _check_optimizer(optimizer)
    _check_whole(steps, "steps", 1)
    if record not in ("all", "last"):
        raise ValueError(f'record is {record!r}: it is "all" (every point) or "last" (the last).')
    steps = int(steps)
    with np.errstate(all="ignore"):
        path = _walk(objective, start, optimizer, steps)
        begin, first = next(path), next(path)
        _check_first(start, first)
        begin = np.broadcast_to(begin, first.shape)
        points = np.empty((steps + 1, *first.shape)) if record == "all" else None
        if _divided(objective, begin, optimizer):
            final = _follow_in_blocks(objective, begin, optimizer, steps, points)
        else:
            final = _follow(chain((begin, first), path), first.shape, points)
    return Run(objective, optimizer, steps, begin, final, points)


def _walk(objective, x, optimizer, steps):
    """The points of a run, one after the other: the whole of gradient descent."""
    gradient = _gradient_of(objective)
    yield x
    state = optimizer.init(x)
    for step in range(steps):
        delta, state = optimizer.update(gradient(x, step), state, step)
        x = x + delta
        yield x


def _follow(path, shape, points):
    """Write a path to `points`, where there is such an array, and return its last point."""
    for step, x in enumerate(path):
        if x.shape != shape:
            raise ValueError(
                f"the points have shape {shape} at first and {x.shape} at step {step}: a schedule "
                f"must return as many numbers at every step."
            )
        if points is not None:
            points[step] = x
    return x


def _follow_in_blocks(objective, start, optimizer, steps, points):
    """The same for each block of a batch: write its part of `points`, return all last points."""
    lines = (-1, start.shape[-1])
    final = np.empty(start.shape)
    ends = final.reshape(lines)
    ways = None if points is None else points.reshape(steps + 1, *lines)

    def work(rows, path, part):
        ends[rows] = _follow(path, ends[rows].shape, None if ways is None else ways[:, rows])

    _in_blocks(work, objective, start, optimizer, steps)
    return final


def _first_not_finite(objective, start, optimizer, steps):
    """Where each run's value is first not finite, found by walking the way again."""
    first = np.full(start.shape[:-1], -1)
    flat = first.reshape(-1)

    def work(rows, path, part):
        for step, x in enumerate(path):
            lost = ~np.isfinite(part.value(x)).reshape(-1)
            flat[rows] = np.where(lost & (flat[rows] < 0), step, flat[rows])

    if _divided(objective, start, optimizer):
        _in_blocks(work, objective, start, optimizer, steps)
    else:
        with np.errstate(all="ignore"):
            work(slice(None), _walk(objective, start, optimizer, steps), objective)
    return first


def _divided(objective, start, optimizer):
    """Whether a batch is worth dividing, and all that shapes its runs can be divided."""
    if start.size <= BLOCK or not hasattr(objective, "take"):
        return False
    while optimizer is not None:
        if not hasattr(optimizer, "take"):
            return False
        optimizer = getattr(optimizer, "optimizer", None)
    return True


def _in_blocks(work, objective, start, optimizer, steps):
    """Call `work(rows, path, objective)` for each block of the flattened batch, on all cores."""
    shape, flat = start.shape[:-1], start.reshape(-1, start.shape[-1])
    cores = _cores()

    def one(rows):
        part = objective.take(rows, shape)
        with np.errstate(all="ignore"):
            work(rows, _walk(part, flat[rows], optimizer.take(rows, shape), steps), part)

    count = math.ceil(start.size / (BLOCK * cores)) * cores
    length = math.ceil(len(flat) / count)
    blocks = [slice(i, i + length) for i in range(0, len(flat), length)]
    if cores == 1:
        list(map(one, blocks))
    else:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(one, blocks))


def _cores():
    if sys.platform == "emscripten":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _takes_step(objective):
    try:
        arguments = inspect.signature(objective.gradient).parameters
    except (TypeError, ValueError):
        return False
    needed = [a for a in arguments.values() if a.default is a.empty and a.kind in (0, 1)]
    return "step" in arguments or len(needed) > 1


def _gradient_of(objective):
    """The objective's gradient as a function of the point and the step."""
    evaluate, takes_step = objective.gradient, _takes_step(objective)

    def gradient(x, step):
        g = np.asarray(evaluate(x, step) if takes_step else evaluate(x))
        if g.shape != x.shape and g.shape[-1:] != x.shape[-1:]:
            raise ValueError(
                f"the objective's gradient has shape {g.shape} at points of shape {x.shape}: "
                f"its last axis must be the coordinate, as that of the points."
            )
        return g

    return gradient


def _checked_start(objective, start):
    for name in ("value", "gradient"):
        if not callable(getattr(objective, name, None)):
            raise TypeError(
                f"the objective is {objective!r}, which has no {name}(x): "
                f'give a landscape, as in gd.landscape("x**2"), or an object with '
                f"value(x) and gradient(x)."
            )
    try:
        x = np.asarray(start)
    except ValueError:
        x = np.empty(0, dtype=object)
    if x.dtype.kind not in "fiu" or not x.size:
        raise TypeError(
            f"start is {start!r}: a start is a number for each coordinate, as in start=(-2.5, 2)."
        )
    x = np.atleast_1d(x.astype(float))
    if not np.isfinite(x).all():
        place = np.unravel_index(np.argmin(np.isfinite(x)), x.shape)
        where = f" at index {tuple(int(i) for i in place)}" if x.size > 1 else ""
        raise ValueError(f"start is {x[place]}{where}: a start is made of finite numbers.")
    dim = getattr(objective, "dim", None)
    if dim is not None and x.shape[-1] != dim:
        raise ValueError(
            f"start has {_count(x.shape[-1], 'coordinate')} (shape {x.shape}), but the objective "
            f"has {_count(dim, 'variable')}: the last axis of a start is the coordinate, so one "
            f"start has shape ({dim},), and many have shape (..., {dim})."
        )
    return x


def _check_optimizer(optimizer):
    made = not isinstance(optimizer, type)
    if not (made and hasattr(optimizer, "init") and hasattr(optimizer, "update")):
        given = repr(optimizer) if made else f"{optimizer.__name__}, without its numbers"
        raise TypeError(f"optimizer is {given}: give an optimizer, as in optimizer=gd.GD(lr=0.1).")


def _check_whole(number, name, least, most=None):
    whole = isinstance(number, Integral) and not isinstance(number, bool | np.bool_)
    if not whole or number < least or (most is not None and number > most):
        says = f"{least} or more" if most is None else f"from {least} to {most}"
        kind = ValueError if isinstance(number, Real) else TypeError
        raise kind(f"{name} is {number!r}: it is a whole number, {says}.")


def _check_first(start, first):
    if first.shape[-1] != start.shape[-1]:
        raise ValueError(
            f"the optimizer's steps have shape {first.shape} from a start of shape {start.shape}: "
            f"their last axis must be the coordinate, as that of the start."
        )


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """What `descend` returns: the way from the start to the last point, for each run.

    `objective`, `optimizer` and `steps` are what it was made with; `start` and `final` have shape
    `(..., dim)`, where `...` is the batch's shape, empty for a single run. `str(run)` says it in
    a sentence.

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

    @property
    def shape(self):
        """The batch's shape: `()` for a single run."""
        return self.final.shape[:-1]

    @property
    def dim(self):
        """The number of coordinates."""
        return self.final.shape[-1]

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
        if not _takes_step(self.objective):
            return _along(lambda x: _norm(gradient(x, 0)), self.points)
        with np.errstate(all="ignore"):
            return np.stack([_norm(gradient(x, step)) for step, x in enumerate(self.points)])

    @cached_property
    def step_lengths(self):
        """The distance from each point to the next, `(steps, ...)`."""
        with np.errstate(all="ignore"):
            return _norm(np.diff(self.points, axis=0))

    @cached_property
    def diverged_at(self):
        """The first step with a value that is not finite, `(...)`, and -1 where there is none."""
        if self._points is None:
            first = _first_not_finite(self.objective, self.start, self.optimizer, self.steps)
        else:
            first = _first(~np.isfinite(self.values))
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
            sizes = _norm(points)
            if minimum is None:
                e, sizes = self.step_lengths, np.maximum(sizes[1:], sizes[:-1])
            else:
                e, sizes = self._distances(minimum), np.maximum(sizes, _norm(_point(minimum, self)))
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
        _check_whole(step, "step", 0, self.steps)
        points = self.points[: step + 1]
        cut = Run(self.objective, self.optimizer, int(step), self.start, points[-1], points)
        for name in ("values", "gradient_norms"):
            if name in self.__dict__:
                cut.__dict__[name] = self.__dict__[name][: step + 1]
        return cut

    def _distances(self, minimum):
        with np.errstate(all="ignore"):
            return _norm(self.points - _point(minimum, self))

    def __str__(self):
        way = f"{_count(self.steps, 'step')} of {self.optimizer}"
        if not self.shape:
            way += f" from {_tuple(self.start)}"
            if self.diverged_at >= 0:
                return f"{way} left the finite numbers at step {self.diverged_at:,}."
            with np.errstate(all="ignore"):
                value = self.objective.value(self.final)
                norm = _norm(_gradient_of(self.objective)(self.final, self.steps))
            return (
                f"{way} end at {_tuple(self.final)}, where the value is {value:.4g} "
                f"and the gradient norm {norm:.4g}."
            )
        bad = self.diverged_at[self.diverged_at >= 0]
        lost = (
            f"{bad.size:,} diverged, the first at step {bad.min():,}"
            if bad.size
            else "none diverged"
        )
        return (
            f"{' × '.join(f'{n:,}' for n in self.shape)} runs of {way}: "
            f"{self.diverged_at.size - bad.size:,} ended with finite values, {lost}."
        )

    __repr__ = __str__


def _norm(v):
    """The Euclidean length over the last axis; hypot does not overflow where a square would."""
    return np.abs(v[..., 0]) if v.shape[-1] == 1 else np.hypot.reduce(v, axis=-1)


def _along(function, points):
    """A function of points over a whole way, some steps at a time so that they fit the cache."""
    length = max(1, BLOCK * len(points) // points.size)
    with np.errstate(all="ignore"):
        parts = [function(points[k : k + length]) for k in range(0, len(points), length)]
    values = np.concatenate(parts) if len(parts) > 1 else np.asarray(parts[0])
    if values.shape != points.shape[:-1]:
        raise ValueError(
            f"the objective's value has shape {values.shape} at points of shape {points.shape}: "
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
            f"minimum is {minimum!r}: it is a point of {_count(run.dim, 'finite coordinate')}."
        )
    return point


def _count(number, noun):
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _tuple(x):
    numbers = [f"{v:.4g}" for v in x]
    if len(numbers) == 1:
        return numbers[0]
    return f"({', '.join(numbers if len(numbers) < 5 else [*numbers[:3], '...'])})"
