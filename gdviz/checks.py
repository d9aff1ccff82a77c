"""What is wrong with an input, in words: each check returns the input, read."""

import inspect
from functools import lru_cache
from math import inf
from numbers import Integral, Real

import numpy as np

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def choice(what, given, allowed):
    """One of the allowed names."""
    if not (isinstance(given, str) and given in allowed):
        raise ValueError(f"{what} is {given!r}: choose one of {', '.join(allowed)}")
    return given


def whole(what, given, least=1, most=None):
    """A whole number from `least` to `most`, both included."""
    allowed = f"of {least} or more, as in {what}=8" if most is None else f"from {least} to {most}"
    is_whole = isinstance(given, Integral) and not isinstance(given, bool | np.bool_)
    if not is_whole or given < least or (most is not None and given > most):
        kind = ValueError if isinstance(given, Real) else TypeError
        raise kind(f"{what} is {given!r}: give a whole number {allowed}")
    return int(given)


def numbers(what, given, says, low=-inf, high=inf, *, is_whole=False, where=""):
    """Finite real numbers from `low` up to, but not including, `high`: an array as it was given.

    `says` are the words for what is allowed; `where` says where the numbers came from.
    """
    try:
        array = np.asarray(given)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiu" or not array.size:
        raise TypeError(f"{what} is {name(given)}{where}: {says}.")
    good = np.isfinite(array) & (array >= low) & (array < high)
    if is_whole:
        good &= array == np.floor(array)
    if not good.all():
        first = np.unravel_index(np.argmin(good), array.shape)
        index = f" at index {tuple(int(i) for i in first)}" if array.ndim else ""
        raise ValueError(f"{what} is {array[first]}{index}{where}: {says}.")
    return array


def zero_or_more(what, given):
    """Numbers of 0 or more, as an array of floats."""
    says = "give numbers that are zero or more, one or an array"
    return numbers(what, given, says, low=0.0).astype(float)


def seeds(given):
    """Whole numbers of 0 or more, as an array."""
    array = np.asarray(given)
    if array.dtype.kind not in "iu" or array.size == 0 or np.any(array < 0):
        raise ValueError(f"seed is {given!r}: give whole numbers that are zero or more")
    return array


def float_type(given):
    """The name of a type of floating point numbers."""
    try:
        dtype = np.dtype(given)
    except TypeError:
        dtype = None
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype is {given!r}: choose 'float32' or 'float64'")
    return dtype.name


def data(what, given, dtype=float):
    """An array of data, a copy; every number in it is finite."""
    try:
        with np.errstate(all="ignore"):
            array = np.array(given, dtype=dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{what} cannot be read as an array of numbers") from None
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        where = counted(bad, "place")
        raise ValueError(f"{what} holds NaN or infinity in {where}: mend or drop these rows")
    return array


def has(given, *methods):
    """Whether it is an object, not a class, with these methods."""
    made = not isinstance(given, type)
    return made and all(callable(getattr(given, method, None)) for method in methods)


def takes(method, argument, place):
    """Whether a method is to be handed an argument: it names it, or needs as many as `place`."""
    if inspect.ismethod(method):
        return _takes(method.__func__, argument, place + 1)
    return _takes.__wrapped__(method, argument, place)


def by_step(gradient):
    """A gradient as a function of the point and the step, whether it asks for the step or not."""
    return gradient if takes(gradient, "step", place=2) else lambda x, step: gradient(x)


@lru_cache
def _takes(function, argument, place):
    try:
        arguments = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    needed = [a for a in arguments.values() if a.default is a.empty and a.kind in (0, 1)]
    return argument in arguments or len(needed) >= place


def name(value):
    """What a sentence calls a value: a function or a class by its name."""
    return getattr(value, "__name__", repr(value))


def counted(number, noun):
    """A number with its noun: "1 step", "2,000 steps"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def power_of_ten(power):
    """A power of ten in words.

    >>> power_of_ten(-12)
    '10⁻¹²'
    """
    return f"10{str(int(power)).translate(SUPERSCRIPTS)}"
