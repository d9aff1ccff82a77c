"""Norms, right also where the squares under- or overflow."""

from math import prod

import numpy as np


def flat(array):
    """The last two axes as one: (..., batch, units) -> (..., batch * units)."""
    return array.reshape(*array.shape[:-2], prod(array.shape[-2:]))


def norm(array):
    """‖array‖ over the last axis: (..., n) -> (...)."""
    if array.shape[-1] == 1:
        return np.abs(array[..., 0])
    with np.errstate(all="ignore"):
        square = _squared(array)
        safe = _safe(square)
        if np.all(safe):
            return np.sqrt(square).astype(array.dtype)
        scale = np.max(np.abs(array), axis=-1)
        scale = np.where((scale > 0) & (scale < np.inf), scale, array.dtype.type(1))
        scaled = scale * np.sqrt(_squared(array / scale[..., None]))
        return np.where(safe, np.sqrt(square), scaled).astype(array.dtype)


def norms(arrays):
    """The norm of each array over its last axis: (..., len(arrays))."""
    with np.errstate(all="ignore"):
        squares = np.stack([_squared(array) for array in arrays], axis=-1)
        if np.all(_safe(squares)):
            return np.sqrt(squares).astype(arrays[0].dtype)
    return np.stack([norm(array) for array in arrays], axis=-1)


def _squared(array):
    # In float64, where no square of a float32 under- or overflows; and in C order, so that a sum
    # runs in the same order for one run and for a batch.
    if array.dtype != float or array.strides[-1] != array.itemsize:
        array = np.ascontiguousarray(array, dtype=float)
    return np.vecdot(array, array)


def _safe(square):
    """Whether a square neither under- nor overflowed: from there on its root is exact enough."""
    return (square > np.finfo(float).tiny * 1e16) & (square < np.inf)
