"""Learning rates as functions of the step.

A schedule is a frozen dataclass that is called with the step, counted from 0, and returns the rate
of that step. Any callable of the step does as well: `Momentum(lr=lambda step: 0.1 / (1 + step))`.
Every number of a schedule may be an array of shape `(...)`, one value for each run; so is the rate
then.

>>> from gdviz.optimizers import GD
>>> GD(lr=StepDecay(lr=0.1, factor=0.5, every=30))
GD(lr=StepDecay(lr=0.1, factor=0.5, every=30))
"""

from dataclasses import dataclass

import numpy as np

from gdviz.hyperparameters import Hyperparameters, number

__all__ = ["Constant", "Cosine", "Exponential", "InverseTime", "StepDecay", "WarmUp"]


def _rate(name="lr", **default):
    return number(f"a rate is a number of 0 or more, as in {name}=0.1", fixed=True, **default)


def _count(name):
    says = f"{name} is a whole number of steps, 1 or more, as in {name}=100"
    return number(says, low=1, whole=True, fixed=True)


def _power(factor, times):
    # NumPy's power squares where one exponent serves a whole array; float_power gives the same
    # bits to an array as to its numbers one at a time.
    return np.float_power(factor, times)


@dataclass(frozen=True, repr=False)
class Constant(Hyperparameters):
    """The same rate at every step.

        rate = lr

    >>> Constant(0.1)(step=1000)
    0.1
    """

    lr: object = _rate()

    def __call__(self, step):
        return self.lr


@dataclass(frozen=True, repr=False)
class StepDecay(Hyperparameters):
    """A rate that is multiplied by `factor` once in every `every` steps; PyTorch's StepLR.

        rate = lr factor^floor(step / every)

    >>> schedule = StepDecay(lr=0.4, factor=0.5, every=10)
    >>> [float(schedule(step)) for step in (0, 9, 10, 25)]
    [0.4, 0.4, 0.2, 0.1]
    """

    lr: object = _rate()
    factor: object = _rate("factor")
    every: object = _count("every")

    def __call__(self, step):
        return self.lr * _power(self.factor, step // self.every)


@dataclass(frozen=True, repr=False)
class Exponential(Hyperparameters):
    """A rate that is multiplied by `factor` at every step; PyTorch's ExponentialLR.

        rate = lr factor^step

    >>> schedule = Exponential(lr=0.4, factor=0.5)
    >>> [float(schedule(step)) for step in (0, 1, 2)]
    [0.4, 0.2, 0.1]
    """

    lr: object = _rate()
    factor: object = _rate("factor")

    def __call__(self, step):
        return self.lr * _power(self.factor, step)


@dataclass(frozen=True, repr=False)
class Cosine(Hyperparameters):
    """A rate that falls from `lr` to `final` along half a cosine wave, and stays at `final`.

        rate = final + (lr - final) (1 + cos(pi min(step / steps, 1))) / 2

    PyTorch's CosineAnnealingLR for the first `steps` steps (there the rate then rises again).

    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    2017.

    >>> schedule = Cosine(lr=0.4, steps=100)
    >>> [round(float(schedule(step)), 6) for step in (0, 50, 100, 200)]
    [0.4, 0.2, 0.0, 0.0]
    """

    lr: object = _rate()
    steps: object = _count("steps")
    final: object = _rate("final", default=0.0)

    def __call__(self, step):
        share = np.minimum(step / self.steps, 1.0)
        return self.final + (self.lr - self.final) * (1 + np.cos(np.pi * share)) / 2


@dataclass(frozen=True, repr=False)
class InverseTime(Hyperparameters):
    """A rate that falls as one over the time: half of it is left after 1 / decay steps.

        rate = lr / (1 + decay step)

    Source: H. Robbins and S. Monro, "A stochastic approximation method", 1951.

    >>> schedule = InverseTime(lr=0.4, decay=0.1)
    >>> [schedule(step) for step in (0, 10, 30)]
    [0.4, 0.2, 0.1]
    """

    lr: object = _rate()
    decay: object = number("decay is a number of 0 or more, as in decay=0.01", fixed=True)

    def __call__(self, step):
        return self.lr / (1 + self.decay * step)


@dataclass(frozen=True, repr=False)
class WarmUp(Hyperparameters):
    """A rate that first rises in equal steps, then follows `schedule` (or stays, for a number).

        rate = schedule(0) (step + 1) / steps    for step < steps,
               schedule(step - steps)            from then on

    Source: P. Goyal and others, "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.

    >>> schedule = WarmUp(0.4, steps=4)
    >>> [round(float(schedule(step)), 6) for step in (0, 1, 2, 3, 100)]
    [0.1, 0.2, 0.3, 0.4, 0.4]
    """

    schedule: object = number(
        "give WarmUp a rate of 0 or more or a schedule, as in WarmUp(0.1, steps=10)"
    )
    steps: object = _count("steps")

    def __call__(self, step):
        rate, steps = self.read(np.maximum(step - self.steps, 0))
        return rate * np.minimum((step + 1) / steps, 1.0)
