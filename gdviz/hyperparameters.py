"""Hyper-parameters: the numbers of an optimizer or a schedule, checked, divided by run, printed.

What has some is a frozen dataclass that derives from `Hyperparameters` and declares each with
`number`. A hyper-parameter is a number, an array of shape `(...)` that is read as `h[..., None]`,
one value for each run, or a schedule: a callable of the step, counted from 0, that returns either.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True, repr=False)
... class Spring(Hyperparameters):
...     stiffness: object = number("a stiffness is a number of 0 or more, as in stiffness=2.5")
>>> Spring(4), Spring([1, 4])
(Spring(stiffness=4), Spring(stiffness=2 values from 1 to 4))
>>> Spring(-4)
Traceback (most recent call last):
    ...
ValueError: stiffness is -4: a stiffness is a number of 0 or more, as in stiffness=2.5.
"""

from dataclasses import field, fields
from functools import cached_property
from math import inf
from numbers import Real
from typing import NamedTuple

import numpy as np

from gdviz import checks

__all__ = ["Hyperparameters", "number"]


def number(says, low=0.0, high=inf, *, whole=False, fixed=False, shown=True, **default):
    """A dataclass field for a hyper-parameter from `low` up to, but not including, `high`.

    Arguments:
        says: the words of an error: what is allowed, with an example.
        whole: whether it is a whole number.
        fixed: whether it is the same at every step: not a schedule.
        shown: whether it is printed even where it is the default.
        default: as of `dataclasses.field`.

    >>> number("beta is a number from 0 up to 1, as in beta=0.9", high=1.0, default=0.9).default
    0.9
    """
    allowed = _Allowed(says, low, high, whole, fixed)
    return field(**default, repr=shown, metadata={"allowed": allowed})


class _Allowed(NamedTuple):
    says: str
    low: float
    high: float
    whole: bool
    fixed: bool


class Hyperparameters:
    """A frozen dataclass whose numbers are checked, read at a step, divided by run and printed.

    Raises TypeError for what is no number, array of numbers or schedule, and ValueError for a
    number that is not allowed: at once, or where a schedule returns it.
    """

    def __post_init__(self):
        for name, allowed in self._numbers:
            value = getattr(self, name)
            if allowed.fixed or not callable(value) or isinstance(value, type):
                object.__setattr__(self, name, _checked(value, name, allowed))

    @cached_property
    def _numbers(self):
        declared = (entry for entry in fields(self) if "allowed" in entry.metadata)
        return [(entry.name, entry.metadata["allowed"]) for entry in declared]

    @cached_property
    def _constant(self):
        values = [getattr(self, name) for name, _ in self._numbers]
        return None if any(map(callable, values)) else tuple(map(_aligned, values))

    def at(self, step):
        """The numbers at a step, in order, as what broadcasts against points: floats, `(..., 1)`.

        >>> from gdviz.optimizers import Momentum
        >>> Momentum(lr=lambda step: 0.1 / (1 + step), beta=0.9).at(step=1)
        [0.05, 0.9, 0.0]
        """
        return self._constant or [_aligned(value) for value in self.read(step)]

    def read(self, step):
        """The numbers at a step, in order: floats and arrays of shape `(...)`."""
        values = []
        for name, allowed in self._numbers:
            value = getattr(self, name)
            if callable(value):
                value = _checked(value(step), name, allowed, f" at step {step}")
            values.append(value)
        return values

    def shapes(self, step):
        """The shape of each array among the numbers at a step, by name.

        >>> from gdviz.optimizers import GD
        >>> GD(lr=[[0.1], [0.2]]).shapes(step=0)
        {'lr': (2, 1)}
        """
        named = zip(self._numbers, self.read(step), strict=True)
        return {name: h.shape for (name, _), h in named if isinstance(h, np.ndarray)}

    def take(self, rows, shape):
        """The same for the runs `rows` (a slice) of a batch of shape `shape`, flattened.

        >>> from gdviz.optimizers import GD
        >>> GD(lr=[[0.1], [0.2]]).take(slice(2, 5), (2, 3)).lr
        array([0.1, 0.2, 0.2])
        """
        return type(self)(
            **{entry.name: _rows(getattr(self, entry.name), rows, shape) for entry in fields(self)}
        )

    def __repr__(self):
        values = ((entry, getattr(self, entry.name)) for entry in fields(self))
        shown = (
            f"{entry.name}={_short(value)}"
            for entry, value in values
            if entry.repr or not np.array_equal(value, entry.default)
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _checked(value, name, allowed, where=""):
    """The value as a number or a read-only array; an error if it holds one that is not allowed."""
    says, low, high, whole, _ = allowed
    if isinstance(value, float) and low <= value < high and not whole:
        return float(value)
    if value is None and where:
        says += " (a function without `return` gives None)"
    array = checks.numbers(name, value, says, low, high, is_whole=whole, where=where)
    if not array.ndim:
        return int(array) if whole else float(array)
    array = array.astype(float)
    array.setflags(write=False)
    return array


def _aligned(value):
    return value[..., None] if isinstance(value, np.ndarray) else value


def _rows(value, rows, shape):
    if isinstance(value, np.ndarray):
        return np.broadcast_to(value, shape).reshape(-1)[rows] if value.ndim else value[()]
    if hasattr(value, "take"):
        return value.take(rows, shape)
    if callable(value):
        return lambda step: _rows(np.asarray(value(step)), rows, shape)
    return value


def _short(value):
    if isinstance(value, np.ndarray):
        return f"{value.size} values from {value.min():.6g} to {value.max():.6g}"
    return f"{value:.6g}" if isinstance(value, Real) else checks.name(value)
