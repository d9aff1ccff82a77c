"""Where training starts: weights drawn by a scheme, biases zero."""

from functools import lru_cache
from math import prod

import numpy as np

from gdviz import checks

SCHEMES = ("normal", "xavier", "he", "orthogonal")


def _draw(seed, stream, n_out, n_in, orthogonal):
    draw = np.random.default_rng([seed, stream]).standard_normal((n_out, n_in))
    if orthogonal:
        q, r = np.linalg.qr(draw if n_out >= n_in else draw.T)
        # Without the signs of r's diagonal, q would not be uniform over the orthogonal matrices.
        q = q * np.sign(np.diag(r))
        draw = q if n_out >= n_in else q.T
    return draw


_kept_draw = lru_cache(maxsize=256)(_draw)


def draw_weights(scheme, seeds, stream, shape):
    """One matrix for each seed, before any gain and variance: (*seeds.shape, n_out, n_in).

    `stream` tells the matrices of a network apart: each has its own random numbers.
    """
    # Only small matrices are kept: at most 256 of 128 kB each.
    draw = _kept_draw if prod(shape) <= 128 * 128 else _draw
    draws = [draw(int(seed), stream, *shape, scheme == "orthogonal") for seed in seeds.flat]
    return np.stack(draws).reshape(*seeds.shape, *shape)


def initial_parameters(network, gain, scheme, seed, *more):
    """Parameters (..., P) for every gain and seed; the shapes `more` join the broadcast."""
    checks.choice("scheme", scheme, SCHEMES)
    gains, seeds = checks.zero_or_more("gain", gain), checks.seeds(seed)
    shapes = [gains.shape, seeds.shape, *more]
    try:
        runs = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"the shapes {', '.join(map(str, shapes))} of gain, seed and the like do not "
            "broadcast: for every gain with every seed give gain the shape (gains, 1)"
        ) from None
    parameters = np.zeros((*runs, network.parameter_count), network.dtype)
    for stream, weight in network._weights(parameters):
        n_out, n_in = shape = weight.shape[-2:]
        variance = {"normal": 1 / n_in, "xavier": 2 / (n_in + n_out), "he": 2 / n_in}
        scale = gains * np.sqrt(variance.get(scheme, 1.0))
        draws = draw_weights(scheme, seeds, stream, shape)
        with np.errstate(all="ignore"):
            np.multiply(scale[..., None, None], draws, out=weight, casting="same_kind")
    return parameters
