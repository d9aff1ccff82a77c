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
    # C order, so that a sum runs in the same order for one run and for a batch.
    array = np.ascontiguousarray(array)
    with np.errstate(all="ignore"):
        square = np.vecdot(array, array)
        safe = (square > np.finfo(array.dtype).tiny * 1e16) & (square < np.inf)
        if np.all(safe):
            return np.sqrt(square)
        scale = np.max(np.abs(array), axis=-1)
        scale = np.where((scale > 0) & (scale < np.inf), scale, array.dtype.type(1))
        scaled = array / scale[..., None]
        return np.where(safe, np.sqrt(square), scale * np.sqrt(np.vecdot(scaled, scaled)))


def norms(arrays):
    """The norm of each array over batch and units: (..., len(arrays))."""
    return np.stack([norm(flat(array)) for array in arrays], axis=-1)
