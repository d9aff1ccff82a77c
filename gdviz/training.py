"""Training: a descent too long to keep every point of, measured on its way, that may be stopped."""

from dataclasses import dataclass

import numpy as np

from gdviz import checks
from gdviz.checks import counted
from gdviz.descent import walk

__all__ = ["Training", "train"]


def train(objective, start, optimizer, steps, every=None, progress=None, **measures):
    """Follow an optimizer as `descend` does, keep what is measured on the way, and return it.

    Arguments:
        objective, start, optimizer, steps: as of `descend`.
        every: how many steps lie between two measurements, a hundredth of all by default; the
            start and the last point are always measured.
        progress: called as `progress(step, steps, words)` after every measurement; training stops
            where it returns False. `gd.Progress()` is a bar with a Stop button.
        measures: functions of the points, `(..., dim)`, by name. Without any, `loss` is measured,
            the objective's value.

    *Interrupt Kernel* (KeyboardInterrupt) stops it as well. Either way what was measured until then
    is returned, and the last point: a `Training`, which says so. Raises as `descend` does.

    >>> import gdviz as gd
    >>> bowl = gd.landscape("x**2 / 2")
    >>> training = train(bowl, 8.0, gd.GD(lr=0.5), steps=4, every=2, place=lambda x: x[..., 0])
    >>> training.at.tolist(), training["place"].tolist()
    ([0, 2, 4], [8.0, 2.0, 0.5])
    >>> print(training)
    4 steps of GD(lr=0.5): place from 8 to 0.5.
    """
    path, steps = walk(objective, start, optimizer, steps), int(steps)
    every = checks.whole("every", max(1, steps // 100) if every is None else every)
    measures = measures or {"loss": objective.value}
    kept = []

    def measure(step, x):
        kept.append((step, {name: np.asarray(function(x)) for name, function in measures.items()}))

    with np.errstate(all="ignore"):
        try:
            for step, x in enumerate(path):
                if step % every == 0 or step == steps:
                    measure(step, x)
                    if progress is not None and progress(step, steps, _words(kept[-1:])) is False:
                        break
        except KeyboardInterrupt:
            if not kept:
                raise
        if kept[-1][0] < step:
            measure(step, x)
    last = kept[-1][1]
    measured = {
        # one start of many runs is one point at first
        name: np.stack([np.broadcast_to(numbers[name], last[name].shape) for _, numbers in kept])
        for name in measures
    }
    return Training(optimizer, steps, np.array([at for at, _ in kept]), measured, x)


@dataclass(frozen=True, repr=False, eq=False)
class Training:
    """What `train` returns: `training[name]`, what was measured, `(k, ...)`, at the steps `at`.

    `at` has shape `(k,)`, 0 first; `final` is the last point `(..., dim)`, `asked` the number of
    steps that was asked for and `steps` that of those taken: fewer where it was `stopped`.
    """

    optimizer: object
    asked: int
    at: np.ndarray
    measured: dict
    final: np.ndarray

    def __getitem__(self, name):
        return self.measured[name]

    @property
    def steps(self):
        """The number of steps taken."""
        return int(self.at[-1])

    @property
    def stopped(self):
        """Whether it was stopped before all steps were taken."""
        return self.steps < self.asked

    def until(self, step):
        """The same as it stood after `step` steps: what a player shows. It knows no last point."""
        count = np.searchsorted(self.at, checks.whole("step", step, 0, self.steps), side="right")
        measured = {name: values[:count] for name, values in self.measured.items()}
        return Training(self.optimizer, self.asked, self.at[:count], measured, None)

    def __str__(self):
        way = f"{counted(self.steps, 'step')} of {self.optimizer}"
        ends = [({name: values[end] for name, values in self.measured.items()}) for end in (0, -1)]
        change = ", ".join(
            f"{name} from {_number(first)} to {_number(ends[1][name])}"
            for name, first in ends[0].items()
        )
        stopped = f" Stopped before {self.asked:,}: this is kept." if self.stopped else ""
        return f"{way}: {change}.{stopped}"

    __repr__ = __str__


def _words(kept):
    return ", ".join(f"{name} {_number(values)}" for name, values in kept[0][1].items())


def _number(values):
    return f"{values:.4g}" if not values.ndim else f"{values.mean():.4g} (mean of {values.size})"
