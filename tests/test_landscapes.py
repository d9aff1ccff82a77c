import ast
import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdviz import expressions, formulas
from gdviz.landscapes import READY_MADE, FormulaError, Landscape, landscape

FORMULAS = [
    *READY_MADE,
    "sin(x)*cos(y)",
    "exp(-x**2/2) + x/3",
    "log(x**2 + 1)*y - z",
    "sqrt(x**2 + y**2 + 1)",
    "tanh(x)/cosh(y) + sinh(x*y/4)",
    "atan(x*y) + arctan(x)",
    "sigmoid(3*x - y)*sigmoid(y)",
    "tan(x/4)**3",
    "(x - 1)**7 + x**6*y**5",
    "(x**2 + 1)**1.5 + (y**2 + 2)**-0.5",
    "(x**2 + 1)**0.3",
    "exp(x) + sinh(x)",
    "2**x + e**(-y) + (x**2 + 2)**y",
    "x/(1 + y**2) - 1/(x**2 + 1)",
    "abs(x - 10) + relu(x + 10) + relu(x - 10) + abs(y + 10)",
    "-x",
    "5 + 0*x",
    "pi*x*y*z",
    "x**3*y + x**2*y + x**5",
]


def points_of(f, shape=(40,), seed=0):
    low, high = np.array(f.bounds).T
    return np.random.default_rng(seed).uniform(low, high, (*shape, f.dim))


def difference(function, points, h=1e-5):
    """Central differences of `function` along each coordinate, stacked in the last axis."""
    steps = h * np.eye(points.shape[-1])
    return np.stack(
        [(function(points + step) - function(points - step)) / (2 * h) for step in steps], axis=-1
    )


# ------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("formula", "point", "value"),
    [
        ("x**4 - 5*x**2 + 3*x", [2.0], 2.0),
        ("x^2 - y^2", [3.0, 1.0], 8.0),
        ("x² − y²", [3.0, 1.0], 8.0),
        ("2×x·y ÷ 4", [3.0, 2.0], 3.0),
        ("x⁻¹² + x¹", [1.0], 2.0),
        ("-x^2", [3.0], -9.0),
        ("2^-x", [1.0], 0.5),
        ("2**3**2 + 0*x", [1.0], 512.0),
        ("ln(x) - log(x) + 1", [5.0], 1.0),
        ("e**x", [1.0], math.e),
        ("sin(π*x)", [0.5], 1.0),
        ("sigmoid(x)", [math.log(4)], 0.8),
        ("relu(x) + relu(-x)", [-2.5], 2.5),
        ("abs(x)", [-2.5], 2.5),
        ("sqrt(x)**3", [4.0], 8.0),
        ("x**2.5", [4.0], 32.0),
        ("x**-0.5", [4.0], 0.5),
        ("sqrt(x**2)", [-3.0], 3.0),
        ("x/10", [3.0], 0.3),
        ("x/y/z", [12.0, 3.0, 2.0], 2.0),
        ("x/(y/z)", [12.0, 3.0, 2.0], 8.0),
        ("+x - (-y)", [1.0, 2.0], 3.0),
        (" 1e2*x ", [1.0], 100.0),
        ("sin(2) + exp(1) + sqrt(2) + x", [0.0], math.sin(2) + math.e + math.sqrt(2)),
        ("x - x + y", [1.0, 2.0], 2.0),
    ],
)
def test_value(formula, point, value):
    f = landscape(formula)
    assert f.value(point) == pytest.approx(value, rel=1e-15)
    assert f.value(np.array([point, point])) == pytest.approx([value, value], rel=1e-15)


def test_closed_forms_of_the_ravine_and_of_rosenbrock():
    points = points_of(landscape("ravine"))
    x, y = points.T
    ravine = landscape("ravine", k=7)
    np.testing.assert_allclose(ravine.value(points), (x**2 + 7 * y**2) / 2, rtol=1e-14)
    np.testing.assert_array_equal(ravine.gradient(points), np.stack([x, 7 * y], -1))
    assert (ravine.hessian(points) == np.diag([1, 7])).all()
    rosenbrock = landscape("rosenbrock")
    gradient = np.stack([2 * (x - 1) - 400 * x * (y - x**2), 200 * (y - x**2)], -1)
    np.testing.assert_allclose(rosenbrock.gradient(points), gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("formula", FORMULAS)
def test_derivatives_against_finite_differences(formula):
    f = landscape(formula)
    points = points_of(f)
    gradient, hessian = f.gradient(points), f.hessian(points)
    assert gradient.shape == (40, f.dim)
    assert hessian.shape == (40, f.dim, f.dim)
    size = 1 + np.abs(f.value(points)).max() + np.abs(gradient).max() + np.abs(hessian).max()
    np.testing.assert_allclose(gradient, difference(f.value, points), atol=2e-8 * size, rtol=1e-7)
    np.testing.assert_allclose(hessian, difference(f.gradient, points), atol=2e-8 * size, rtol=1e-7)
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, -1, -2))


def test_sigmoid_is_stable_and_its_derivative_keeps_its_digits():
    f = landscape("sigmoid(x)")
    x = np.array([[-1000.0], [-700.0], [-40.0], [0.0], [40.0], [700.0], [1000.0]])
    tail, far = 1 / (1 + math.exp(40)), math.exp(-700)
    np.testing.assert_allclose(f.value(x), [0, far, tail, 0.5, 1 - tail, 1, 1], rtol=1e-14)
    slope = tail * (1 - tail)
    np.testing.assert_allclose(
        f.gradient(x)[:, 0], [0, far, slope, 0.25, slope, far, 0], rtol=1e-14
    )


def test_kinks_have_the_derivative_of_their_sides_and_no_curvature():
    x = np.array([[-2.0], [0.0], [3.0]])
    assert landscape("abs(x)").gradient(x).ravel().tolist() == [-1, 0, 1]
    assert landscape("relu(x)").gradient(x).ravel().tolist() == [0, 0, 1]
    assert landscape("abs(x)").hessian(x).ravel().tolist() == [0, 0, 0]
    assert landscape("relu(x)").hessian(x).ravel().tolist() == [0, 0, 0]


def test_power_with_a_constant_exponent_has_a_slope_at_zero():
    f = landscape("x**k", k=4)
    assert f.gradient([0.0]).tolist() == [0.0]
    assert f.gradient([-2.0]).tolist() == [-32.0]
    assert landscape("x**k", k=[2.0, 3.0]).gradient([[-1.5], [2.0]]).tolist() == [[-3.0], [12.0]]


def test_horner_form_keeps_the_digits_of_a_shifted_power():
    assert landscape("(x - 1)**20").value([1.01]) == pytest.approx(1e-40, rel=1e-11)


@pytest.mark.parametrize(
    ("formula", "point", "value"),
    [
        ("exp(x)", 1e4, math.inf),
        ("x**9", -1e300, -math.inf),
        ("1/x", 0.0, math.inf),
        ("log(x)", -1.0, math.nan),
        ("log(x)", 0.0, -math.inf),
        ("x/k", 1.0, math.inf),
        ("1/k + x", 1.0, math.inf),
        ("x**2", math.nan, math.nan),
    ],
)
def test_overflow_is_quiet(formula, point, value):
    f = landscape(formula, **({"k": 0.0} if "k" in formula else {}))
    for function in (f.value, f.gradient, f.hessian):
        np.testing.assert_array_equal(function([point]), function(np.full((3, 1), point))[1])
    np.testing.assert_array_equal(f.value([point]), value)


# ------------------------------------------------------------------------------------- shapes


GUARDED = [
    "relu(x)**1.5*log(y)",
    "sqrt(relu(x))/(1 + exp(-y))",
    "log(1 + exp(x)) + y**0.3",
    "1/x + y/(x - y) + sqrt(x)**4",
]


@pytest.mark.parametrize("formula", [*FORMULAS, *GUARDED])
def test_a_batch_equals_the_same_points_one_at_a_time(formula):
    f = landscape(formula)
    points = points_of(f, (7, 33))
    layouts = [
        points,
        np.asfortranarray(points),
        np.repeat(points, 2, axis=1)[:, ::2],
        np.flip(np.flip(points).copy()),
    ]
    for function in (f.value, f.gradient, f.hessian):
        single = [[function(point) for point in row] for row in points]
        for layout in layouts:
            np.testing.assert_array_equal(function(layout), single)


def test_a_batch_of_constants_equals_one_at_a_time():
    k = np.array([[2.0], [0.5], [-1.0], [1.0], [3.0], [3.3]])
    a = np.linspace(0.1, 4, 60)
    formula = "a*(x**2 + 1)**k + exp(k*y)/a + k"
    swept = landscape(formula, k=k, a=a)
    points = points_of(swept, (60,))
    for name in ("value", "gradient", "hessian"):
        batch = getattr(swept, name)(points)
        single = [
            [
                getattr(landscape(formula, k=row[0], a=col), name)(p)
                for col, p in zip(a, points, strict=True)
            ]
            for row in k
        ]
        np.testing.assert_array_equal(batch, single)


@pytest.mark.parametrize("formula", ["x**2", "5 + 0*x", "x", "sin(x)*y", "sigmoid(x)"])
@pytest.mark.parametrize("lead", [(), (0,), (1,), (2, 3), (3, 0, 2)])
def test_shapes(formula, lead):
    f = landscape(formula)
    points = np.ones((*lead, f.dim))
    assert np.shape(f.value(points)) == lead
    assert f.gradient(points).shape == (*lead, f.dim)
    assert f.hessian(points).shape == (*lead, f.dim, f.dim)
    g = landscape(f"{formula} + 0*k", k=np.ones((4, *[1] * len(lead))))
    assert np.shape(g.value(points)) == (4, *lead)
    assert g.gradient(points).shape == (4, *lead, f.dim)
    assert g.hessian(points).shape == (4, *lead, f.dim, f.dim)


def test_constants_of_shape_50_1_against_40_starts():
    f = landscape("ravine", k=np.arange(1.0, 51)[:, None])
    points = points_of(f, (40,))
    assert f.gradient(points).shape == (50, 40, 2)
    np.testing.assert_array_equal(f.gradient(points)[9], landscape("ravine").gradient(points))


def test_a_scalar_serves_where_there_is_one_variable():
    f = landscape("x**2")
    assert f.value(3) == 9.0
    assert f.gradient(3.0).tolist() == [6.0]
    assert f.value(np.array([[3]], dtype=np.int32)).tolist() == [9.0]


def test_results_are_new_arrays():
    for formula in ("x", "x**2/2", "abs(x)", "x + 0*y"):
        f = landscape(formula)
        points = np.full((3, f.dim), 2.0)
        for function in (f.value, f.gradient, f.hessian):
            function(points)[...] = -1
        assert (points == 2).all()


def test_take():
    scalar = landscape("ravine")
    assert scalar.take(slice(0, 5), (2, 5)) is scalar
    k = np.array([[1.0], [2.0], [3.0]])
    f = landscape("ravine", k=k)
    points = points_of(f, (3, 4))
    part = f.take(slice(2, 9), (3, 4))
    assert part.constants["k"].tolist() == [1, 1, 2, 2, 2, 2, 3]
    np.testing.assert_array_equal(
        part.gradient(points.reshape(12, 2)[2:9]), f.gradient(points).reshape(12, 2)[2:9]
    )


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.ones(3), r"points have shape \(3,\), but the last axis must hold 2 coordinates \(x, y"),
        (1.0, r"points have shape \(\), but .* give shape \(\.\.\., 2\)\."),
    ],
)
def test_wrong_shape(points, message):
    for name in ("value", "gradient", "hessian"):
        with pytest.raises(ValueError, match=message):
            getattr(landscape("bowl"), name)(points)


@pytest.mark.parametrize("points", [None, "abc", [1j, 2], [None, 1], [True, False]])
def test_points_that_are_no_numbers(points):
    with pytest.raises(TypeError, match="points must be real numbers"):
        landscape("bowl").value(points)


def test_runs_that_do_not_broadcast_against_constants():
    with pytest.raises(ValueError, match=r"runs of shape \(4,\), which do not broadcast"):
        landscape("ravine", k=[1, 2, 3]).value(np.ones((4, 2)))
    with pytest.raises(ValueError, match="which do not broadcast together"):
        landscape("a*b*x", a=[1, 2, 3], b=[1, 2])


# ----------------------------------------------------------------------- variables, constants


def test_variables():
    assert landscape("z + x").variables == ("x", "z")
    assert landscape("x**2", variables=("x", "y")).gradient([3.0, 1.0]).tolist() == [6.0, 0.0]
    assert landscape("w*b**2", variables=("w", "b")).gradient([3.0, 2.0]).tolist() == [4.0, 12.0]
    assert landscape("w**2", variables="w").dim == 1
    assert landscape("x*y", y=2.0).variables == ("x",)
    assert landscape("ß*x", ß=2).gradient([1.0]).tolist() == [2.0]
    assert landscape("µ*x", **{"µ": 2}).gradient([1.0]).tolist() == [2.0]
    assert landscape("bowl", variables=("x", "y", "z")).dim == 3


def test_a_name_that_the_user_defines_wins():
    assert landscape("e*x", e=10).value([1.0]) == 10
    assert landscape("e**x", e=10).value([2.0]) == 100
    assert landscape("pi**2", variables=("pi",)).value([3.0]) == 9


def test_names_cannot_clash_with_those_of_the_generated_code():
    f = landscape("x0 + 2*c0 + 3*t1 + 4*f0", variables=("c0", "x0"), t1=5, f0=6)
    assert f.value([1.0, 10.0]) == 10 + 2 + 15 + 24


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"k": math.nan}, ValueError, "k=nan is not finite"),
        ({"k": [1, math.inf]}, ValueError, "is not finite: give a finite number, as in k=1.0"),
        ({"k": None}, TypeError, "k=None is not a number: give one, as in k=1.0"),
        ({"k": "3"}, TypeError, "k='3' is not a number"),
        ({"k": True}, TypeError, "k=True is not a number"),
        ({"k": 1j}, TypeError, "k=1j is not a number"),
        ({"bounds": (-1, 1)}, ValueError, r"for 1 variable, and .* has 2 \(x, y\): give a pair"),
        ({"bounds": ((-1, 1),) * 3}, ValueError, "for 3 variables, .* or a formula of 3 variables"),
        ({"bounds": (1, 2, 3)}, ValueError, r"for each variable \(x, y\), as in \(\(-3, 3\), "),
        ({"bounds": ((-1, 1), (2, 2))}, ValueError, "low < high"),
        ({"bounds": ((-1, 1), (3, 2))}, ValueError, "low < high"),
        ({"bounds": ((-1, 1), (0, math.inf))}, ValueError, "finite pair"),
        ({"bounds": ((-1, 1), (math.nan, 0))}, ValueError, "finite pair"),
        ({"bounds": ((-1, 1), (0,))}, ValueError, "finite pair"),
        ({"bounds": "ab"}, ValueError, "finite pair"),
        ({"variables": 3}, TypeError, "give a tuple of names"),
        ({"variables": ()}, ValueError, "give 1 to 20 names, all different"),
        ({"variables": ("x", "x")}, ValueError, "all different"),
        ({"variables": ("x", "sin")}, ValueError, "'sin' cannot name a variable: it is a function"),
        ({"variables": ("x", "2y")}, ValueError, "'2y' cannot name a variable"),
        ({"variables": ("x", "lambda")}, ValueError, "'lambda' cannot name a variable"),
        ({"variables": ("x", "y", "k"), "k": 2}, ValueError, "k is named as a variable and given"),
        ({"a": 1}, FormulaError, r"does not mention a: leave it out"),
    ],
)
def test_bad_arguments(arguments, kind, message):
    with pytest.raises(kind, match=message):
        landscape("ravine", **arguments)


# ----------------------------------------------------------------------------- bad formulas


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("a*x + b*y", "'a*x + b*y' mentions a and b: give each a value, as in a=1.0"),
        ("a*x", "'a*x' mentions a: give it a value, as in a=1.0"),
        ("c*x + a*b", "'c*x + a*b' mentions c, a and b: give each a value, as in c=1.0"),
        ("3 + 4", "'3 + 4' mentions no variable: use x, y or z"),
        ("", "'' is empty: give a formula"),
        ("  \t", "is empty: give a formula"),
        (None, "'None' is not a formula: give text"),
        (3, "'3' is not a formula: give text"),
        (b"x", "is not a formula: give text"),
        (["x"], "is not a formula: give text"),
        ("2x", "'2x' is not a formula: write 2*x for a product. Allowed are numbers"),
        ("3 + 2 sin(x)", "write 2*sin for a product"),
        ("2(x + 1)", "write * between the factors"),
        ("(x + 1)(x - 1)", "write * between the factors"),
        ("x(x + 1)", "x is no function, a product is x*(...)"),
        ("a(x)", "there is no function a"),
        ("y = x**2", "give the right-hand side alone, without '='"),
        ("x == 2", "a comparison cannot be used"),
        ("x < 2", "a comparison cannot be used"),
        ("x +", "check the brackets"),
        ("(x", "check the brackets"),
        ("x))", "check the brackets"),
        ("x x", "ready-made landscapes are hill, bowl"),
        ("bounded sadle", "ready-made landscapes are hill, bowl"),
        ("ravin", "mentions ravin: give it a value, as in ravin=1.0 (ready-made landscapes are"),
        ("|x|", "write abs(x) for |x|"),
        ("x|y", "| (write abs(x) for |x|) cannot be used"),
        ("lambda*x", "call the constant lam"),
        ("lambda: 0", "lambda (call a constant of that name lam) cannot be used"),
        ("sin", "sin needs its argument, as in sin(x)"),
        ("sin*x", "sin needs its argument"),
        ("sin()", "sin takes one argument"),
        ("sin(x, y)", "sin takes one argument"),
        ("sin(x=1)", "sin takes one argument"),
        ("sin(*x)", "sin takes one argument"),
        ("max(x, y)", "there is no function max"),
        ("foo(x)", "there is no function foo. Allowed are"),
        ("__import__('os').system('x')", "write * between the factors"),
        ("__import__('os')", "there is no function __import__"),
        ("eval('1')", "there is no function eval"),
        ("x.__class__", "a dot after a name cannot be used"),
        ("().__class__", "a dot after a name cannot be used"),
        ("[x for x in (1,2)]", "ListComp cannot be used"),
        ("f'{x}'", "text in quotes cannot be used"),
        ("'x'", "cannot be used"),
        ("(y := 2)", "is not a formula"),
        ("x if y else z", "if cannot be used"),
        ("x and y", "and, or cannot be used"),
        ("not x", "this operator cannot be used"),
        ("~x", "this operator cannot be used"),
        ("x % 2", "% cannot be used"),
        ("x // 2", "this operator cannot be used"),
        ("x @ y", "this operator cannot be used"),
        ("x[0]", "an index in square brackets cannot be used"),
        ("x, y", "a comma cannot be used"),
        ("True*x", "'True' cannot be used"),
        ("1j*x", "'1j' cannot be used"),
        ("x; y", "is not a formula"),
        ("import os", "is not a formula"),
        ("x\0", "is not a formula"),
        ("x\ny", "is not a formula"),
        ("1or x", "is not a formula"),
        ("x" * 301, "has 301 characters: at most 300 are allowed"),
        ("x" + "+x" * 140, "is too long: at most 150 numbers, names and operators"),
        ("(" * 145 + "x" + ")" * 145, None),
        ("-" * 100 + "x", "is nested too deeply"),
        ("sin(" * 50 + "x" + ")" * 50, "is nested too deeply"),
        ("x**" * 60 + "x", "is nested too deeply"),
        ("9**9**9", "has too large an exponent: -100 to 100 is allowed"),
        ("x**(10**9)", "has too large an exponent"),
        ("x**-101", "has too large an exponent"),
        ("(((9**20)**20)**20)**20", "has too large a number"),
        ("((x**20)**20)**20", "has too high a power: the degree may be 100 at most"),
        ("(x**60)*(y**60)", "has too high a power"),
        ("1e400", "has too large a number: at most 1e+100 is allowed"),
        ("1e300*x", "has too large a number: at most 1e+100 is allowed"),
        ("1e99*x*1e99*x", "has too large a number"),
        ("9" * 300, "has too large a number"),
        ("1/0 + x", "divides by zero"),
        ("1/(x - x)", "divides by zero"),
        ("0**-1", "divides by zero"),
        ("log(0)*x", "has no finite value: a function of 0 has none"),
        ("sqrt(-1)*x", "has no finite value"),
        ("exp(1000) + x", "has no finite value"),
        ("(-8)**(1/3)*x", "-8 is negative, its power is not real"),
        ("(-2)**x", "-2 cannot be raised to a variable power"),
    ],
)
def test_what_is_no_formula(formula, message):
    if message is None:
        assert landscape(formula).value([2.0]) == 2.0
        return
    with pytest.raises(FormulaError) as caught:
        landscape(formula)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 450


def test_nothing_is_evaluated(tmp_path):
    target = tmp_path / "made"
    for text in (f"open({str(target)!r}, 'w')", f"x + open({str(target)!r}, 'w').close()"):
        with pytest.raises(FormulaError):
            landscape(text)
    assert not target.exists()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.text(max_size=40)
    | st.text(alphabet="xyzaek0123456789.+-*/^()= ,eE_'\"[]{}:²⁻×|<>!%\n\0", max_size=40)
    | st.lists(
        st.sampled_from(
            ["x", "y", "k", "2", "0.5", "1e9", "+", "-", "*", "/", "**", "(", ")", "sin(", "log("]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text_is_a_landscape_or_a_formula_error(text):
    try:
        f = landscape(text)
    except FormulaError:
        return
    f.value(np.ones((2, f.dim)))
    f.hessian(np.ones((2, f.dim)))


NUMBERS = st.sampled_from(["0", "1", "2", "3", "0.5", "1.7", "10", "1e-3", "pi", "e"])
EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "y", "k"]) | NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})")
        | st.tuples(st.sampled_from(list(formulas.FUNCTIONS)), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        )
        | st.tuples(inner, st.sampled_from(["2", "3", "-1", "0.5", "7", "-2.5", "0.3"])).map(
            lambda t: f"({t[0]})**{t[1]}"
        )
        | st.tuples(inner, inner).map(lambda t: f"({t[0]})**({t[1]})")
        | inner.map(lambda t: f"(-{t})")
    ),
    max_leaves=12,
)
PLAIN = {
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "abs")},
    **{name: getattr(np, name) for name in ("sinh", "cosh", "tanh")},
    "ln": np.log,
    "atan": np.arctan,
    "arctan": np.arctan,
    "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
    "relu": lambda v: np.maximum(v, 0),
    "pi": np.float64(np.pi),
    "e": np.float64(np.e),
}


class Doubles(ast.NodeTransformer):
    """Makes every literal a NumPy double, so that plain evaluation overflows as NumPy does."""

    def visit_Constant(self, node):
        return ast.parse(f"float64({node.value})", mode="eval").body


@settings(max_examples=300, deadline=None, derandomize=True)
@given(EXPRESSIONS)
def test_a_well_formed_expression_has_the_value_of_plain_numpy(text):
    points = np.array([[0.7, 1.3], [-1.1, 0.4], [2.3, -0.6]])
    constants = {"k": 1.5} if "k" in text else {}
    try:
        f = landscape(text, variables=("x", "y"), **constants)
    except FormulaError:
        return
    value, gradient, hessian = f.value(points), f.gradient(points), f.hessian(points)
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, -1, -2))
    tree = ast.fix_missing_locations(Doubles().visit(ast.parse(text, mode="eval")))
    names = {**PLAIN, "float64": np.float64, "k": np.float64(1.5)}

    def plain(at):
        with np.errstate(all="ignore"):
            return eval(
                compile(tree, "plain", "eval"), {**names, "x": at[..., 0], "y": at[..., 1]}
            ) * np.ones(len(at))

    # Near a cancellation or a pole rounding decides, so only what is well conditioned counts.
    expected, nudged = plain(points), plain(points * (1 + 1e-13))
    with np.errstate(all="ignore"):
        sure = np.isfinite(expected) & (np.abs(expected) < 1e8)
        sure &= np.abs(expected - nudged) <= 1e-10 * np.abs(expected)
        sure &= np.isfinite(value)
    np.testing.assert_allclose(value[sure], expected[sure], rtol=1e-6)
    with np.errstate(all="ignore"):
        near, wide = difference(plain, points, 1e-5), difference(plain, points, 2e-5)
        sure = sure[:, None] & np.isfinite(near) & np.isfinite(gradient)
        sure &= np.abs(near - wide) <= 1e-6 * (1 + np.abs(near))
        sure &= np.abs(expected)[:, None] < 1e3
    np.testing.assert_allclose(gradient[sure], near[sure], rtol=1e-4, atol=1e-4)


# -------------------------------------------------------------------------- objects and cache


def test_a_formula_is_compiled_once_for_all_values_of_its_constants():
    expressions.program.cache_clear()
    first = landscape("x**2 + q*y**2", q=10)
    again = landscape("x**2 + q*y**2", bounds=((0, 1), (0, 1)), q=np.array([1.0, 2.0]))
    assert expressions.program.cache_info()[:2] == (1, 1)
    assert first._program is again._program
    assert first._program.gradient is again._program.gradient


def test_what_is_not_asked_for_is_not_compiled():
    expressions.program.cache_clear()
    f = landscape("bowl")
    f.value([1.0, 2.0])
    assert {"gradient", "hessian"}.isdisjoint(vars(f._program))


def test_a_landscape_cannot_be_changed():
    k = np.array([1.0, 2.0])
    f = landscape("ravine", k=k)
    for name in ("formula", "bounds", "variables", "dim", "constants", "new"):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            setattr(f, name, 1)
    k[0] = 99
    assert f.constants["k"].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        f.constants["k"][0] = 5
    f.constants.clear()
    assert list(f.constants) == ["k"]
    with pytest.raises(ValueError, match="read-only"):
        landscape("bowl").critical_points()[0].point[0] = 5


def test_attributes_and_repr():
    f = landscape("x**2 + k", bounds=(-1, 2.5), k=10)
    assert (f.formula, f.variables, f.bounds, f.dim) == ("x**2 + k", ("x",), ((-1, 2.5),), 1)
    assert f.constants == {"k": 10}
    assert repr(f) == "landscape('x**2 + k', bounds=((-1, 2.5),), k=10)"
    assert repr(eval(repr(f))) == repr(f)
    assert landscape("x*y").bounds == ((-3, 3), (-3, 3))
    named = landscape("w**2", variables=("w", "b"))
    assert repr(named) == "landscape('w**2', bounds=((-3, 3), (-3, 3)), variables=('w', 'b'))"
    assert "k=<array of shape (2, 1)>" in repr(landscape("ravine", k=[[1], [2]]))


def test_equal_landscapes_are_those_made_of_the_same_parts():
    ravine = landscape("ravine", k=[1.0, 2.0])
    assert ravine == landscape("ravine", k=np.array([1, 2]))
    assert hash(ravine) == hash(landscape("ravine", k=[1, 2]))
    others = [
        landscape("ravine", k=[1, 3]),
        landscape("ravine", k=[[1], [2]]),
        landscape("ravine", k=[1, 2], bounds=((0, 1), (0, 1))),
        landscape("ravine"),
        "ravine",
    ]
    assert ravine not in others


def test_ready_made_ones_fit_their_bounds():
    for name, ready in READY_MADE.items():
        f = landscape(name)
        assert f.formula == ready.formula
        assert f.bounds == ready.bounds
        assert f.constants == dict(ready.constants)
    assert landscape("ravine", k=3).constants == {"k": 3}
    assert landscape("ravine", bounds=((0, 1), (0, 1))).bounds == ((0, 1), (0, 1))


# ---------------------------------------------------------------------------- critical points


def found(formula, **arguments):
    f = landscape(formula, **arguments)
    critical = f.critical_points()
    for c in critical:
        assert f.value(c.point) == pytest.approx(c.value, abs=1e-12)
        assert not (np.signbit(c.point) & (c.point == 0)).any()
        assert c.eigenvalues == pytest.approx(np.linalg.eigvalsh(f.hessian(c.point)), abs=1e-6)
    assert [c.value for c in critical] == sorted(c.value for c in critical)
    return [(c.kind, pytest.approx(c.point.tolist(), abs=1e-9), c.value) for c in critical]


def near(number):
    return pytest.approx(number, abs=5e-5)


def test_critical_points_of_the_quartic():
    roots = sorted(np.roots([4, 0, -10, 3]).real)
    assert found("quartic") == [
        ("minimum", [roots[0]], near(-11.2003)),
        ("minimum", [roots[2]], near(-1.7584)),
        ("maximum", [roots[1]], near(0.45876)),
    ]
    assert roots == near([-1.71394, 0.31217, 1.40177])


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("hill", [("maximum", [0, 0], 10)]),
        ("bowl", [("minimum", [0, 0], 0)]),
        ("ravine", [("minimum", [0, 0], 0)]),
        ("saddle", [("saddle", [0, 0], 0)]),
        (
            "bounded saddle",
            [
                ("minimum", [0, -math.sqrt(2)], near(-1)),
                ("minimum", [0, math.sqrt(2)], near(-1)),
                ("saddle", [0, 0], 0),
            ],
        ),
        ("monkey saddle", [("degenerate", [0, 0], 0)]),
        ("rosenbrock", [("minimum", [1, 1], 0)]),
        ("sigmoid loss", [("minimum", [math.log(4)], 0)]),
        ("x**3", [("degenerate", [0], 0)]),
        ("x**4", [("degenerate", [0], 0)]),
        ("(x - 1)**3", [("degenerate", [1], 0)]),
        ("x**2 + y**4", [("degenerate", [0, 0], 0)]),
        ("sin(x)", [("minimum", [-math.pi / 2], -1), ("maximum", [math.pi / 2], 1)]),
        ("x + y", []),
        ("exp(x)", []),
        ("sigmoid(x)", []),
        ("1/x", []),
        ("log(x)", []),
        ("x**2 + y**2 + (z - 1)**2", [("minimum", [0, 0, 1], 0)]),
        ("x**2 + x*y + y**2 + x - y", [("minimum", [-1, 1], -1)]),
    ],
)
def test_critical_points(formula, expected):
    assert found(formula) == expected


def test_where_the_hessian_is_constant_one_start_is_enough(monkeypatch):
    counts = []
    newton = Landscape._newton
    monkeypatch.setattr(
        Landscape,
        "_newton",
        lambda f, points, *a: counts.append(len(points)) or newton(f, points, *a),
    )
    for name in ("ravine", "saddle", "x + y", "quartic"):
        landscape(name).critical_points()
    assert counts == [1, 1, 1, 301]


def test_starts_that_swing_for_ever_are_given_up(monkeypatch):
    """Newton's method on sin(x)*cos(y) swings between two places from many starts."""
    f, calls = landscape("sin(x)*cos(y)"), []
    hessian = Landscape.hessian
    monkeypatch.setattr(
        Landscape, "hessian", lambda f, points: calls.append(len(points)) or hessian(f, points)
    )
    assert len(f.critical_points()) == 4
    assert sum(calls) < 15_000


def test_critical_points_of_himmelblau():
    critical = landscape("himmelblau").critical_points()
    kinds = [c.kind for c in critical]
    assert kinds == ["minimum"] * 4 + ["saddle"] * 4 + ["maximum"]
    assert [c.value for c in critical[:4]] == [0, 0, 0, 0]
    assert critical[2].point.tolist() == [3, 2]
    assert critical[8].point == pytest.approx([-0.270845, -0.923039], abs=1e-6)
    assert critical[8].value == near(181.6165)


def test_eigenvalues_of_rosenbrock_and_of_the_ravine():
    (minimum,) = landscape("rosenbrock").critical_points()
    assert minimum.eigenvalues == pytest.approx([0.39936, 1001.60064], abs=1e-5)
    (minimum,) = landscape("ravine", k=1e6).critical_points()
    assert (minimum.kind, minimum.eigenvalues.tolist()) == ("minimum", [1, 1e6])


@pytest.mark.parametrize("scale", [1e-20, 1e-6, 1e20])
def test_the_scale_of_the_values_does_not_matter(scale):
    scaled = landscape("s*(x**4 - 5*x**2 + 3*x)", s=scale).critical_points()
    assert [c.kind for c in scaled] == ["minimum", "minimum", "maximum"]


def test_flat_tails_are_no_critical_points():
    wide = landscape("sigmoid loss", bounds=(-30, 30))
    assert [c.kind for c in wide.critical_points()] == ["minimum"]


def test_points_outside_the_bounds_do_not_count():
    assert landscape("quartic", bounds=(1, 2)).critical_points()[0].kind == "minimum"
    assert landscape("bowl", bounds=((1, 2), (1, 2))).critical_points() == []


@pytest.mark.parametrize(
    ("formula", "variables", "point"),
    [("x**2", ("x", "y"), [0, 0]), ("(x - y)**2", None, [0, 0]), ("4 + 0*x", None, [0])],
)
def test_a_line_of_critical_points_is_given_by_one(formula, variables, point):
    (only,) = landscape(formula, variables=variables).critical_points()
    assert (only.kind, only.point.tolist()) == ("degenerate", point)


def test_critical_points_of_many_landscapes_at_once_are_refused():
    with pytest.raises(ValueError, match="has array constants: give each one number"):
        landscape("ravine", k=[1, 2]).critical_points()


def test_sympy_waits_for_the_first_formula():
    code = (
        "import sys, gdviz; assert 'sympy' not in sys.modules;"
        "gdviz.landscape('x**2'); assert 'sympy' in sys.modules; gdviz.landscapes.READY_MADE"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
