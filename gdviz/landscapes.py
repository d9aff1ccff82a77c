"""Loss landscapes: value, gradient, Hessian and critical points, and what these are called."""

import keyword
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gdviz.formulas import FUNCTIONS, FormulaError, listed, quoted

__all__ = [
    "READY_MADE",
    "CriticalPoint",
    "FormulaError",
    "Landscape",
    "ReadyMade",
    "basin",
    "hilltops",
    "landscape",
    "letter",
    "minima",
]


class ReadyMade(NamedTuple):
    """A landscape that is known by name: its formula, its bounds and its constants."""

    formula: str
    bounds: tuple
    constants: Mapping = MappingProxyType({})


READY_MADE = {
    "hill": ReadyMade("10*exp(-(x**2 + 2*y**2)/20)", ((-3, 3), (-2, 2))),
    "bowl": ReadyMade("(x**2 + y**2)/2", ((-3, 3), (-3, 3))),
    "ravine": ReadyMade("(x**2 + k*y**2)/2", ((-3, 3), (-2, 2)), {"k": 10}),
    "quartic": ReadyMade("x**4 - 5*x**2 + 3*x", ((-2.8, 2.6),)),
    "saddle": ReadyMade("x**2 - y**2", ((-2, 2), (-2, 2))),
    "bounded saddle": ReadyMade("x**2 - y**2 + y**4/4", ((-2, 2), (-2.2, 2.2))),
    "monkey saddle": ReadyMade("x**3 - 3*x*y**2", ((-2, 2), (-2, 2))),
    "rosenbrock": ReadyMade("(1 - x)**2 + 100*(y - x**2)**2", ((-2, 2), (-1, 3))),
    "himmelblau": ReadyMade("(x**2 + y - 11)**2 + (x + y**2 - 7)**2", ((-5, 5), (-5, 5))),
    "sigmoid loss": ReadyMade("(sigmoid(x) - 0.8)**2 / 2", ((-6, 8),)),
}


def landscape(formula, bounds=None, variables=None, **constants):
    """A formula, or the name of a ready-made one, as a landscape with exact derivatives.

    Args:
        formula: text such as `"x**2 - y**2"`, or a name in `READY_MADE`. `^` is read as `**`.
        bounds: one pair (low, high) for each variable, the part that is shown and searched;
            (-3, 3) each if none is given.
        variables: names of the coordinates in order; those of x, y, z that the formula mentions
            if none are given. It may name more than the formula mentions.
        constants: a value for every other name: a number, or an array of shape `(...)` that
            broadcasts against the runs.

    Raises:
        FormulaError: the text is not a formula, or a name in it has no value.
        ValueError, TypeError: bounds, variables or constants make no sense.

    >>> ravine = landscape("ravine", k=20)
    >>> ravine
    landscape('(x**2 + k*y**2)/2', bounds=((-3, 3), (-2, 2)), k=20)
    >>> ravine.gradient([1.0, 0.5])
    array([ 1., 10.])
    """
    if not isinstance(formula, str):
        raise FormulaError(
            f"{quoted(repr(formula))} is not a formula: give text, as in 'x**2 + y**2'."
        )
    if variables is not None:
        variables = _checked_variables(variables)
    if formula.strip() in READY_MADE:
        ready = READY_MADE[formula.strip()]
        formula = ready.formula
        constants = {**ready.constants, **constants}
        if bounds is None and (variables is None or len(variables) == len(ready.bounds)):
            bounds = ready.bounds
    constants = {
        _checked_name(n, "constant"): _checked_constant(n, v) for n, v in constants.items()
    }
    both = [name for name in variables or () if name in constants]
    if both:
        raise ValueError(f"{listed(both)} is named as a variable and given a value: choose one.")
    # SymPy is a third of the time that everything takes to import: it waits for a formula.
    from gdviz.expressions import program

    try:
        compiled = program(formula, variables, tuple(constants))
    except FormulaError as error:
        if not re.fullmatch(r"[^\W\d]+( [^\W\d]+)*", formula) or not 3 <= len(formula) <= 30:
            raise
        ready_made = f"(ready-made landscapes are {', '.join(READY_MADE)})"
        raise FormulaError(f"{error} {ready_made}") from None
    return Landscape(
        formula,
        compiled.variables,
        _checked_bounds(bounds, compiled.variables, formula),
        compiled,
        tuple(constants.values()),
    )


def _checked_name(name, what):
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} cannot name a {what}: use letters, digits and _, as in 'w'.")
    if name in FUNCTIONS:
        raise ValueError(f"{name!r} cannot name a {what}: it is a function.")
    return unicodedata.normalize("NFKC", name)


def _checked_variables(variables):
    names = (variables,) if isinstance(variables, str) else variables
    if not isinstance(names, (tuple, list)):
        raise TypeError(f"variables={variables!r}: give a tuple of names, as in ('w', 'b').")
    names = tuple(_checked_name(name, "variable") for name in names)
    if not 1 <= len(names) <= 20 or len(set(names)) < len(names):
        raise ValueError(f"variables={variables!r}: give 1 to 20 names, all different.")
    return names


def _checked_constant(name, value):
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}={value!r} is not a number: give one, as in {name}=1.0.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}={value!r} is not finite: give a finite number, as in {name}=1.0.")
    if array.ndim == 0:
        return np.float64(array)
    array = np.array(array, dtype=float, order="C")
    array.flags.writeable = False
    return array


def _checked_bounds(bounds, variables, formula):
    if bounds is None:
        return ((-3.0, 3.0),) * len(variables)
    expected = ", ".join(["(-3, 3)"] * len(variables)) + "," * (len(variables) == 1)
    advice = (
        f"bounds={bounds!r}: give a finite pair (low, high) with low < high for each variable "
        f"({', '.join(variables)}), as in ({expected})."
    )
    try:
        pairs = np.asarray(bounds)
    except ValueError:
        raise ValueError(advice) from None
    if pairs.dtype.kind not in "iuf":
        raise ValueError(advice)
    if pairs.shape == (2,):
        pairs = pairs[None]
    if pairs.ndim == 2 and pairs.shape[1] == 2 and 0 < len(pairs) != len(variables):
        have = f"{len(pairs)} variable{'s' * (len(pairs) > 1)}"
        raise ValueError(
            f"the bounds are for {have}, and {formula!r} has {len(variables)} "
            f"({', '.join(variables)}): give a pair (low, high) for each, as in ({expected}), or "
            f"a formula of {have}."
        )
    if pairs.shape != (len(variables), 2) or not np.isfinite(pairs).all():
        raise ValueError(advice)
    if not (pairs[:, 0] < pairs[:, 1]).all():
        raise ValueError(advice)
    return tuple((float(low), float(high)) for low, high in pairs)


def _short(value):
    if isinstance(value, np.ndarray):
        return f"<array of shape {value.shape}>"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A point of zero gradient: where, its value, the Hessian's eigenvalues, and its kind.

    `kind` is "minimum", "maximum", "saddle" (eigenvalues of both signs) or "degenerate" (an
    eigenvalue is zero, so that curvature alone does not decide).
    """

    point: np.ndarray
    value: float
    eigenvalues: np.ndarray
    kind: str


@dataclass(frozen=True, eq=False, repr=False)
class Landscape:
    """A function of d variables with its gradient and Hessian; `landscape` makes one.

    The last axis of `points` is the coordinate, every leading axis an independent run. Where a
    value is not finite the result holds inf or nan, without a warning.
    """

    formula: str
    variables: tuple
    bounds: tuple
    _program: object
    _arguments: tuple

    def __post_init__(self):
        arrays = [c.shape for c in self._arguments if isinstance(c, np.ndarray)]
        try:
            batch = np.broadcast_shapes(*arrays) if arrays else None
        except ValueError:
            raise ValueError(
                f"the constants have shapes {listed([str(s) for s in arrays])}, "
                "which do not broadcast together."
            ) from None
        object.__setattr__(self, "dim", len(self.variables))
        object.__setattr__(self, "_batch", batch)
        numbers = () if arrays else tuple(c.item() for c in self._arguments)
        object.__setattr__(self, "_numbers", numbers)

    @property
    def constants(self):
        """The value of every constant by name."""
        values = (c if isinstance(c, np.ndarray) else float(c) for c in self._arguments)
        return dict(zip(self._program.constants, values, strict=True))

    def __eq__(self, other):
        if not isinstance(other, Landscape):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self):
        return hash(self._identity())

    def _identity(self):
        constants = [(np.shape(c), np.asarray(c).tobytes()) for c in self._arguments]
        names = self._program.constants
        return (self.formula, self.variables, self.bounds, *zip(names, constants, strict=True))

    def __repr__(self):
        bounds = [f"({_short(low)}, {_short(high)})" for low, high in self.bounds]
        parts = [repr(self.formula), f"bounds=({', '.join(bounds)}{',' * (self.dim == 1)})"]
        mentioned = tuple(n for n in "xyz" if re.search(rf"(?<!\w){n}(?!\w)", self.formula))
        if self.variables != mentioned:
            parts.append(f"variables={self.variables!r}")
        parts += [f"{name}={_short(value)}" for name, value in self.constants.items()]
        return f"landscape({', '.join(parts)})"

    def value(self, points):
        """f at points of shape `(..., d)`, in shape `(...)`.

        >>> float(landscape("x**2 - y**2").value([3.0, 1.0]))
        8.0
        """
        return self._evaluated(self._program.value, points)

    def gradient(self, points):
        """∇f at points of shape `(..., d)`, in the same shape.

        >>> landscape("x**2 - y**2").gradient([3.0, 1.0])
        array([ 6., -2.])
        """
        return self._evaluated(self._program.gradient, points)

    def hessian(self, points):
        """The matrix of second derivatives at points of shape `(..., d)`, in `(..., d, d)`.

        >>> landscape("x*y").hessian([3.0, 1.0])
        array([[0., 1.],
               [1., 0.]])
        """
        return self._evaluated(self._program.hessian, points)

    def _evaluated(self, functions, points):
        batch, point = functions
        points, lead = self._checked(points)
        if point is not None and lead == ():
            return point(points, *self._numbers)
        return batch(points, lead, *self._arguments)

    def _checked(self, points):
        if type(points) is not np.ndarray or points.dtype != float:
            given = np.asarray(points)
            if given.dtype.kind not in "iuf":
                raise TypeError(f"points must be real numbers, not {quoted(repr(points))}.")
            points = given.astype(float)
        shape = points.shape
        if not shape and self.dim == 1:
            return self._checked(points[None])
        if not shape or shape[-1] != self.dim:
            raise ValueError(
                f"points have shape {shape}, but the last axis must hold {self.dim} "
                f"coordinate{'s' * (self.dim > 1)} ({', '.join(self.variables)}): "
                f"give shape (..., {self.dim})."
            )
        lead = shape[:-1]
        if self._batch is not None:
            try:
                lead = np.broadcast_shapes(lead, self._batch)
            except ValueError:
                raise ValueError(
                    f"points of shape {shape} are runs of shape {lead}, which do not broadcast "
                    f"against constants of shape {self._batch}."
                ) from None
        return points, lead

    def take(self, rows, shape):
        """The landscape of some runs of a flattened batch: `rows` is a slice, `shape` the batch.

        Array constants are broadcast to `shape`, flattened and indexed; without any it is the
        landscape itself.

        >>> swept = landscape("k*x**2", k=[1.0, 2.0, 3.0])
        >>> swept.take(slice(1, 3), (3,)).constants["k"]
        array([2., 3.])
        """
        if self._batch is None:
            return self
        arguments = tuple(
            np.broadcast_to(c, shape).reshape(-1)[rows] if isinstance(c, np.ndarray) else c
            for c in self._arguments
        )
        return Landscape(self.formula, self.variables, self.bounds, self._program, arguments)

    def critical_points(self):
        """The points of zero gradient inside the bounds, sorted by value.

        Newton's method on the gradient, x <- x - H⁻¹ ∇f, from a grid of starts (random starts
        with a fixed seed beyond two variables), so that minima, maxima and saddles are found
        alike. The search is numerical: a point whose surroundings are smaller than the grid may
        be missed. Where critical points fill a line or a plateau, the one nearest the middle of
        the bounds stands for all that share its value, and is "degenerate". (A tail so flat that
        its gradient is 0 in floating point counts as such a plateau.)

        Raises:
            ValueError: a constant is an array, so that there is not one landscape but many.

        >>> [(c.kind, c.point.tolist()) for c in landscape("x**2 - y**2").critical_points()]
        [('saddle', [0.0, 0.0])]
        """
        if self._batch is not None:
            raise ValueError(
                f"{self!r} has array constants: give each one number to find its critical points."
            )
        low, high = np.array(self.bounds).T
        starts = self._starts(low, high)
        # Where the Hessian is constant, one step from anywhere is exact.
        middle = (low + high)[None] / 2
        points = self._newton(starts if self._program.curvature_varies else middle, low, high)
        points = points[((points >= low) & (points <= high)).all(axis=-1)]
        return self._classified(self._distinct(points, low, high), starts)

    def _starts(self, low, high):
        if self.dim > 2:
            # An eigendecomposition costs d cubed: fewer starts keep the search short.
            count = max(60, 9000 // self.dim**2)
            unit = np.random.default_rng(0).random((count, self.dim))
            unit[0] = 0.5
        else:
            axis = np.linspace(0, 1, {1: 301, 2: 31}[self.dim])
            unit = np.stack(np.meshgrid(*[axis] * self.dim, indexing="ij"), -1)
        return low + unit.reshape(-1, self.dim) * (high - low)

    def _newton(self, points, low, high):
        """The points at which Newton's steps die out."""
        found, span = [], high - low
        before, earlier = points, np.full_like(points, np.inf)
        for _ in range(100):
            gradient, hessian = self.gradient(points), self.hessian(points)
            usable = np.isfinite(gradient).all(-1) & np.isfinite(hessian).all((-1, -2))
            usable &= ((points >= low - span) & (points <= high + span)).all(-1)
            # Swinging between two places never ends.
            usable &= ~(np.abs(points - earlier) <= 1e-6 * np.abs(points - before)).all(-1)
            points, gradient, hessian = points[usable], gradient[usable], hessian[usable]
            before = before[usable]
            if not len(points):
                break
            curvature, axes = np.linalg.eigh(hessian)
            along = np.einsum("nij,ni->nj", axes, gradient)
            largest = np.abs(curvature).max(-1, keepdims=True)
            flat = np.abs(curvature) <= 1e-13 * largest
            with np.errstate(all="ignore"):
                steps = np.where(flat, 0.0, along / curvature)
                step = np.einsum("nij,nj->ni", axes, steps)
                step *= np.minimum(1, 0.25 / np.abs(step / span).max(-1, keepdims=True))
            step[~np.isfinite(step)] = 0.0
            # A flat direction has no Newton step; it counts as arrived if its slope is nil too.
            level = np.abs(along) <= 1e-12 * largest * span.max()
            arrived = (np.abs(step) <= 1e-10 * span).all(-1) & (~flat | level).all(-1)
            found.append(points[arrived] - step[arrived])
            stuck = flat.all(-1) & ~arrived
            going = ~arrived & ~stuck
            points, before, earlier = (points - step)[going], points[going], before[going]
        return np.concatenate(found) if found else np.empty((0, self.dim))

    def _distinct(self, points, low, high):
        """Each point once, those nearest the middle first."""
        # A round number is taken where it is at least as good: 0 rather than 1e-17.
        rounded = np.round(points, 6) + 0.0
        with np.errstate(all="ignore"):
            before, after = (
                np.abs(self.gradient(where)).max(-1, initial=0.0) for where in (points, rounded)
            )
        points = np.where((after <= before)[:, None], rounded, points)
        off_middle = np.abs((points - (low + high) / 2) / (high - low)).max(-1, initial=0.0)
        points = points[np.argsort(off_middle, kind="stable")]
        distinct = []
        while len(points):
            distinct.append(points[0])
            points = points[(np.abs(points - points[0]) > 1e-5 * (high - low)).any(-1)]
        return np.array(distinct).reshape(-1, self.dim)

    def _classified(self, points, starts):
        with np.errstate(all="ignore"):
            usual = np.linalg.norm(self.hessian(starts), axis=(-1, -2))
            height = np.abs(self.value(starts))
        usual = np.median(usual[np.isfinite(usual)]) if np.isfinite(usual).any() else 0.0
        height = height[np.isfinite(height)].max(initial=0.0)
        values = self.value(points)
        values = np.where(np.abs(values) <= 1e-14 * height, 0.0, values)
        eigenvalues = np.linalg.eigvalsh(self.hessian(points))
        largest = np.abs(eigenvalues).max(-1, keepdims=True, initial=usual)
        eigenvalues = np.where(np.abs(eigenvalues) <= 1e-8 * largest, 0.0, eigenvalues)
        points.flags.writeable = eigenvalues.flags.writeable = False

        found, degenerate = [], {}
        for point, value, spectrum in zip(points, values.tolist(), eigenvalues, strict=True):
            if spectrum[0] < 0 < spectrum[-1]:
                kind = "saddle"
            elif (spectrum == 0).any():
                kind = "degenerate"
            else:
                kind = "minimum" if spectrum[0] > 0 else "maximum"
            critical = CriticalPoint(point, value, spectrum, kind)
            level = round(value / height, 9) if height else 0.0
            if kind == "degenerate":
                degenerate.setdefault(level, []).append((level, critical))
            else:
                found.append((level, critical))
        for group in degenerate.values():
            # So many of one value are samples of a line or a plateau, not points apart.
            found += group[:1] if len(group) > 20 else group
        found.sort(key=lambda pair: (pair[0], *pair[1].point.tolist()))
        return [critical for _, critical in found]


@lru_cache(maxsize=32)
def _critical(landscape):
    return landscape.critical_points() if hasattr(landscape, "critical_points") else []


def minima(landscape):
    """Return the landscape's minima inside its bounds, the lowest first, as critical points.

    >>> [point.point.round(3).tolist() for point in minima(landscape("quartic"))]
    [[-1.714], [1.402]]
    """
    return tuple(point for point in _critical(landscape) if point.kind == "minimum")


def hilltops(landscape):
    """Return the maxima of a landscape inside its bounds, from left to right, as critical points.

    >>> [point.point.round(3).tolist() for point in hilltops(landscape("quartic"))]
    [[0.312]]
    """
    tops = [point for point in _critical(landscape) if point.kind == "maximum"]
    return tuple(sorted(tops, key=lambda top: top.point.tolist()))


def basin(landscape, number=0):
    """Return from where to where starts end in a minimum of one variable, if the steps are small.

    These are the hilltops beside the minimum, or the bounds where there is none. ``number`` counts
    the minima from the lowest, 0. Raises ValueError where there is no such minimum, and for more
    variables than one.

    >>> basin(landscape("quartic")).round(3).tolist()
    [-2.8, 0.312]
    """
    if len(landscape.bounds) != 1:
        raise ValueError(
            f"a basin between hilltops needs one variable, and this landscape has "
            f"{len(landscape.bounds)}: colour its starts with Basins"
        )
    found = minima(landscape)
    if number >= len(found):
        raise ValueError(
            f"{landscape.formula!r} has {len(found) or 'no'} "
            f"minim{'um' if len(found) == 1 else 'a'} with a curvature above 0 in the picture, "
            f"and {letter(number)} is asked for: give another formula, or wider bounds"
        )
    x = found[number].point[0]
    edges = np.array([*landscape.bounds[0], *(top.point[0] for top in hilltops(landscape))])
    return np.array([edges[edges < x].max(), edges[edges > x].min()])


def letter(number):
    """Return the name of a minimum: A for the lowest, B for the next.

    >>> letter(0), letter(27)
    ('A', 'B2')
    """
    again, place = divmod(number, len(ascii_uppercase))
    return ascii_uppercase[place] + (str(again + 1) if again else "")
