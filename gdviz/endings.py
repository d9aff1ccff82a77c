"""Where a run ends: which minimum holds which run, as numbers and in words."""

import numpy as np

from gdviz.descent import descend
from gdviz.landscapes import letter, minima

__all__ = ["NOT_SETTLED", "OUTSIDE", "ending", "which_minimum"]

NOT_SETTLED, OUTSIDE = -1, -2
# near enough to count as arrived, in widths of the picture, and for how many steps more
NEAR, STEPS_MORE = 1e-3, 10


def which_minimum(run):
    """Return in which minimum each run ended, shape ``(...)``: 0 for the lowest, 1 for the next.

    -1 is a run that has not settled in any, -2 one that ended outside the landscape's bounds or
    lost its finite numbers. A run has settled when it is within a thousandth of the bounds' width
    of a minimum, and the same optimizer, set down there, keeps it there for ten steps more. An int
    for a single run.

    >>> import gdviz as gd
    >>> hills = gd.landscape("quartic")
    >>> starts = [[-2.0], [1.0], [2.6]]
    >>> which_minimum(gd.descend(hills, starts, gd.GD(lr=[0.01, 0.01, 0.2]), steps=200)).tolist()
    [0, 1, -2]
    """
    low, high = np.array(run.objective.bounds).T
    with np.errstate(invalid="ignore"):
        inside = ((run.final >= low) & (run.final <= high)).all(axis=-1)
    codes = np.where(inside, NOT_SETTLED, OUTSIDE)
    points = np.array([minimum.point for minimum in minima(run.objective)])
    if len(points):
        nearest, near = _nearest(run.final, points, high - low)
        # a run that swings past an unstable minimum may be near it at the last step, by chance
        there = np.where(near[..., None], run.final, points[nearest])
        later = descend(run.objective, there, run.optimizer, STEPS_MORE, record="last").final
        same, still_near = _nearest(later, points, high - low)
        codes = np.where(near & still_near & (same == nearest), nearest, codes)
    return codes if codes.ndim else int(codes)


def _nearest(places, points, span):
    """Return which of ``points`` ``(n, dim)`` is nearest to each place, and whether it is near."""
    with np.errstate(all="ignore"):
        distances = [
            np.maximum.reduce(
                [np.abs(places[..., i] - x) / span[i] for i, x in enumerate(point)], axis=0
            )
            for point in points
        ]
        # a place that is not finite is near nothing
        distances = np.nan_to_num(distances, nan=np.inf)
    return distances.argmin(axis=0), distances.min(axis=0) < NEAR


def ending(run):
    """Return in words where a run ended; of a batch, how many per cent ended where.

    Minima are named by letters, A the lowest.

    >>> import gdviz as gd
    >>> hills = gd.landscape("quartic")
    >>> ending(gd.descend(hills, 1.5, gd.GD(lr=0.05), steps=100))
    'ends at B, x = 1.402, f = -1.758: a local minimum'
    >>> ending(gd.descend(hills, [[-2.0], [-1.0], [0.0], [1.0]], gd.GD(lr=0.05), steps=100))
    '75.0 % end at A, 25.0 % end at B'
    """
    codes = which_minimum(run)
    return _endings(np.ravel(codes)) if run.shape else _ending(run, codes)


def _endings(codes):
    parts = [(np.mean(codes == number), f"end at {letter(number)}") for number in range(4)]
    parts += [
        (np.mean(codes >= 4), "end at other minima"),
        (np.mean(codes == NOT_SETTLED), "have not settled"),
        (np.mean(codes == OUTSIDE), "are outside the picture"),
    ]
    return ", ".join(f"{100 * share:.1f} % {words}" for share, words in parts if share >= 0.0005)


def _ending(run, code):
    low, high = np.array(run.objective.bounds).T
    # 4e-13 in a picture from -3 to 3 is 0
    final = np.where(np.abs(run.final) < 1e-9 * (high - low), 0.0, run.final)
    where = ", ".join(
        f"{name} = {value:.4g}" for name, value in zip(run.objective.variables, final, strict=True)
    )
    if code >= 0:
        value = minima(run.objective)[code].value
        return f"ends at {letter(code)}, {where}, f = {value:.4g}: {_rank(run.objective, code)}"
    if run.diverged_at == 0:
        return "cannot begin: the formula has no finite value there"
    if run.diverged_at > 0:
        return f"diverges: its numbers are no longer finite from step {run.diverged_at:,} on"
    if code == OUTSIDE:
        return f"ends outside the picture, at {where}"
    # a run of record="last" kept no way, so its slope is measured anew where it ended
    slope = descend(run.objective, run.final, run.optimizer, 1).gradient_norms[0]
    if slope < 1e-9:
        return f"stands still at {where}, where the slope is 0, and this is no minimum"
    return f"has not settled: it is at {where}, where the slope is {slope:.3g}"


def _rank(landscape, code):
    values = np.array([point.value for point in minima(landscape)])
    lowest = np.isclose(values, values[0], rtol=1e-9, atol=1e-9)
    if len(values) == 1:
        return "the only minimum in the picture"
    if not lowest[code]:
        return "a local minimum"
    return "the global minimum" if lowest.sum() == 1 else "one of the lowest minima"
