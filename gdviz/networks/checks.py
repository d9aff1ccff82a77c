"""What is wrong with an input, in words: each check returns the input, read."""

import operator

import numpy as np


def choice(what, given, allowed):
    if not (isinstance(given, str) and given in allowed):
        raise ValueError(f"{what} is {given!r}: choose one of {', '.join(allowed)}")
    return given


def count(what, given):
    try:
        number = operator.index(given)
    except TypeError:
        raise TypeError(f"{what} is {given!r}: give a whole number, as in {what}=8") from None
    if number < 1 or isinstance(given, bool):
        raise ValueError(f"{what} is {given!r}: give a whole number of at least 1")
    return number


def float_type(given):
    try:
        dtype = np.dtype(given)
    except TypeError:
        dtype = None
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype is {given!r}: choose 'float32' or 'float64'")
    return dtype.name


def zero_or_more(what, given):
    try:
        numbers = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{what} is {given!r}: give a number or an array of numbers") from None
    if not np.all(np.isfinite(numbers) & (numbers >= 0)):
        raise ValueError(f"{what} is {given!r}: give numbers that are zero or more")
    return numbers


def seeds(given):
    numbers = np.asarray(given)
    if numbers.dtype.kind not in "iu" or numbers.size == 0 or np.any(numbers < 0):
        raise ValueError(f"seed is {given!r}: give whole numbers that are zero or more")
    return numbers


def finite(what, given, dtype):
    try:
        with np.errstate(all="ignore"):
            array = np.array(given, dtype=dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{what} cannot be read as an array of numbers") from None
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        raise ValueError(f"{what} holds NaN or infinity in {bad} places: mend or drop these rows")
    return array
