"""Formulas: what is refused, what stays bounded, and derivatives against high precision."""

import ast
import builtins
import math
import random
import re
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
import sympy
from mpmath import mp, mpc, mpf

from gdviz.formulas import FUNCTIONS, NAMED_NUMBERS, FormulaError
from gdviz.landscapes import landscape

nan, inf = math.nan, math.inf

# --------------------------------------------------------------------- kinks, tails and domains


@pytest.mark.parametrize(
    ("formula", "at", "value", "slope", "curvature"),
    [
        ("sqrt(relu(x))", -1, 0, 0, 0),
        ("sqrt(relu(x))", 4, 2, 0.25, -1 / 32),
        ("sqrt(relu(x))", 0, 0, nan, nan),
        ("relu(x)**1.5", -1, 0, 0, 0),
        ("relu(x)**1.5", 4, 8, 3, 0.375),
        ("relu(x)**0.3", -1, 0, 0, 0),
        ("x*relu(x)**-0.5", -1, -inf, nan, nan),
        ("sqrt(relu(x) + relu(x - 1))", -1, 0, 0, 0),
        ("sqrt(relu(x)**2 + relu(x - 1)**2)", -1, 0, 0, 0),
        ("sqrt(relu(x)**2 + relu(x - 1)**2)", 0.5, 0.5, 1, 0),
        ("relu(x)*log(x)", -1, nan, nan, nan),
        ("log(relu(x))", -1, -inf, nan, nan),
        ("abs(x)**2", 0, 0, 0, 2),
        ("abs(x)*abs(x)", 0, 0, 0, 2),
        ("abs(x)**3", -2, 8, -12, 12),
        ("log(1 + exp(x))", 1000, 1000, 1, 0),
        ("log(1 + exp(x))", -1000, 0, 0, 0),
        ("log(1 + exp(x))", 0, math.log(2), 0.5, 0.25),
        ("log(exp(x) + exp(-x))", -1000, 1000, -1, 0),
        ("log(2*exp(x) + 3 + exp(-x))", 0, math.log(6), 1 / 6, 0.5 - 1 / 36),
        ("log(exp(x) - 1)", 1, math.log(math.e - 1), math.e / (math.e - 1), -0.920673594207792),
        ("1/(1 + exp(-x))", -1000, 0, 0, 0),
        ("1/(1 + exp(-x))", 1000, 1, 0, 0),
        ("exp(x)/(1 + exp(x))", 1000, 1, 0, 0),
        ("x/(1 + exp(x))", 0, 0, 0.5, -0.5),
        ("sqrt(x)**4", -1, nan, nan, nan),
        ("sqrt(x)**4", 2, 4, 4, 2),
        ("x**0.5*x**0.5", -1, nan, nan, nan),
        ("(x**0.3)**10", -1, nan, nan, nan),
        ("x**0.3 + x**2", -1, nan, nan, nan),
        ("exp(log(x))", -1, nan, nan, nan),
        ("log(x)", -1, nan, nan, nan),
        ("cos(atan(x))", 1, 0.5**0.5, -(0.5**1.5), 0.5**2.5),
        ("x**-1.5", 4, 0.125, -3 / 64, 15 / 512),
    ],
)
def test_kinks_tails_and_domains(formula, at, value, slope, curvature):
    f = landscape(formula)
    for points in ([at], [[at], [at]]):
        assert np.ravel(f.value(points))[0] == pytest.approx(value, rel=1e-14, nan_ok=True)
        assert f.gradient(points).ravel()[0] == pytest.approx(slope, rel=1e-14, nan_ok=True)
        assert f.hessian(points).ravel()[0] == pytest.approx(curvature, rel=1e-13, nan_ok=True)


@pytest.mark.parametrize("part", ["x**0.3", "sqrt(x)", "log(x)", "relu(y)**0.5 + x**-1.5"])
def test_there_is_no_slope_in_any_direction_outside_the_domain(part):
    f = landscape(f"{part} + y")
    assert np.isnan(f.gradient([-1.0, -1.0])).all()
    assert np.isnan(f.hessian([-1.0, -1.0])).all()
    assert f.gradient([1.0, -1.0])[1] == 1


def test_an_even_power_of_abs_has_a_minimum():
    (only,) = landscape("abs(x)**2").critical_points()
    assert (only.kind, only.point.tolist(), only.eigenvalues.tolist()) == ("minimum", [0], [2])


@pytest.mark.parametrize(
    ("k", "derivatives"),
    [(0, (1, 0, 0)), (1, (0, 1, 0)), (2, (0, 0, 2)), (3, (0, 0, 0)), (-1, (inf, -inf, inf))],
)
def test_every_power_has_its_derivatives_at_zero(k, derivatives):
    for f in (landscape("x**k", k=k), landscape("x**k", k=[k, k])):
        points = np.zeros((1, 1))
        found = f.value(points), f.gradient(points), f.hessian(points)
        assert [values.ravel()[0] for values in found] == list(derivatives)


# ------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("formula", "arguments", "message"),
    [
        ("1e-3*(x**2", {}, "is not a formula: check the brackets, a ')' is missing. Allowed"),
        ("x**2)", {}, "check the brackets, a '(' is missing"),
        ("1e-3x", {}, "write 1e-3*x for a product"),
        ("1e400*x", {}, "'1e400*x' has too large a number: at most 1e+100 is allowed."),
        ("x**2 + 2*()", {}, "an empty pair of brackets cannot be used"),
        ("[x]", {}, "a square bracket (use round ones) cannot be used"),
        ("{x}*y", {}, "a curly bracket (use round ones) cannot be used"),
        ("\u200b", {}, "is empty: give a formula"),
        ("х**2", {}, "mentions х: х only looks like x, it has a Cyrillic letter: type x anew."),
        ("x - х", {"variables": ("x",)}, "х only looks like x, it has a Cyrillic letter"),
        ("sіn(x)", {}, "there is no function sіn. sіn only looks like sin, it has a Cyrillic"),
        ("ο*x", {"o": 1}, "ο only looks like o, it has a Greek letter"),
        ("xy", {}, "mentions xy: that is read as one name, so write x*y for the product."),
        ("xy", {"variables": ("x", "y")}, "so write x*y for the product."),
        ("kx + x", {"k": 1}, "so write k*x for the product."),
        ("x*z", {"variables": ("x", "y")}, "mentions z: the names to use here are x and y;"),
        ("a*x", {"variables": ("x",), "k": 1}, "the names to use here are x and k;"),
        ("x*y", {"bounds": (-1, 1)}, "the bounds are for 1 variable, and 'x*y' has 2 (x, y)"),
    ],
)
def test_a_slip_is_told_in_a_sentence(formula, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        landscape(formula, **arguments)


def test_what_nobody_sees_does_not_count():
    f = landscape("\ufeffx\u200b**2 +\u200d y\u2060")
    assert f.value([3.0, 1.0]) == 10


# ------------------------------------------------------------------------------------- hostility

TOKENS = (
    *("x", "y", "k", "xy", "х", "sin", "exp(", "sigmoid(", "_", "__class__", "canary", "self"),
    *("canary()", "lambda", "lambda: ", "import", "eval('canary()')", "exec", "open", "getattr"),
    *("1", "2", "0.5", "1e400", "1j", "9" * 30, "0x1F", "1_000", "True", "None", "'", '"', "f'"),
    *("{canary()}", "`canary()`", "\\", "\0", "\n", ";", "#", ":=", "=", "==", "<", "if", "else"),
    *("+", "-", "*", "/", "**", "^", "//", "%", "@", "|", "~", "(", ")", "[", "]", "{", "}", ","),
    *(
        ".",
        "...",
        "²",
        "⁻",
        "×",
        "−",
        "\u200b",
        "\u202e",
        "𝒙",
        "ﬁ",
        "ａ",
        "µ",
        "\xa0",
        " ",
        "await ",
    ),
)
HOSTILE = (
    *("canary()", "x + canary()", "x.__class__.__mro__[1]", "().__class__", "x.real", "(1).real"),
    *("__import__('builtins').canary()", "__builtins__", "(lambda: canary())()", "f'{canary()}'"),
    *("[canary() for x in (1,)]", "{canary(): 1}", "(y := canary())", "x if canary() else y"),
    *("sin(canary())", "sin(x=canary())", "sin(*[canary()])", "sin(**{'x': canary()})"),
    *("x[canary()]", "canary() or x", "not canary()", "x < canary()", "-canary()", "x**canary()"),
    *("9**9**9**9", "x**9**9**9", "2**(2**(2**(2**x)))", "(((((9**99)**99)**99)**99)**99)*x"),
    *("(" * 200 + "x" + ")" * 200, "-" * 299 + "x", "x**" * 99 + "x", "sin(" * 60 + "x" + ")" * 60),
    *("x*" * 149 + "x", "1" * 300, "x+" * 200 + "x", "exp(" * 15 + "x" + ")" * 15, "await x"),
    *("1e99**x", "x**1e99", "1e-400*x", "0**0**x", "(x-x)**-1", "log(x-x)", "tan(pi/2)*x"),
    *("sin.__globals__", "sin.__call__(x)", "x.__init__.__globals__['canary']()", "x;canary()"),
)


def hostile(r):
    kind = r.random()
    if kind < 0.3:
        return "".join(r.choice(TOKENS) for _ in range(r.randint(1, 25)))
    if kind < 0.6:
        first, second = r.choice(HOSTILE), r.choice((*HOSTILE, "x", "x**2", "sin(x)"))
        return f"({first}){r.choice('+-*/')}({second})"
    if kind < 0.8:
        text = list(r.choice((*HOSTILE, "x**4 - 5*x**2 + 3*x", "(1 - x)**2 + 100*(y - x**2)**2")))
        for _ in range(r.randint(1, 3)):
            text.insert(r.randrange(len(text) + 1), r.choice(TOKENS))
        return "".join(text)
    return "".join(chr(r.choice((r.randrange(32, 127), r.randrange(0xD7FF)))) for _ in range(12))


def test_ten_thousand_hostile_texts_are_not_evaluated(monkeypatch):
    called = []
    monkeypatch.setattr(builtins, "canary", lambda *_: called.append(1), raising=False)
    r = random.Random(0)
    accepted = 0
    for text in (*HOSTILE, *(hostile(r) for _ in range(10_000))):
        try:
            f = landscape(text)
        except FormulaError:
            continue
        accepted += 1
        f.value(np.ones((2, f.dim)))
    assert not called
    assert 20 < accepted < 2000


def test_the_code_that_is_made_holds_no_name_of_the_text():
    f = landscape("print**2 + x*exit", variables=("x", "print"), exit=2.0)
    assert [str(symbol) for symbol in f._program.symbols] == ["v0", "v1", "c0"]
    assert f.value([3.0, 4.0]) == 22


# -------------------------------------------------------------------------------------- bounds

LETTERS = tuple("abcdfghijklmnopqrstu")
LARGE = [
    ("*".join(f"(x+{i})/(y+{i})" for i in range(1, 18)), None),
    ("*".join(f"(x+{i})/(y-x*{i})" for i in range(1, 13)), None),
    ("*".join(f"sqrt(x+{i}*y)" for i in range(1, 17)), None),
    ("*".join(f"x**(y+{i})" for i in range(1, 20)), None),
    ("*".join(f"(x+{i})" for i in range(1, 37)), None),
    ("log(" + "+".join(f"exp({name})" for name in LETTERS) + ")", LETTERS),
    ("log(" + "*".join(f"({name}*a+b)" for name in LETTERS) + ")", LETTERS),
    ("*".join(f"{a}**{b}" for a, b in pairwise(LETTERS)), LETTERS),
    ("*".join(f"sigmoid({name}+a)" for name in LETTERS), LETTERS),
]
LARGEST = [
    ("(" + "+".join(LETTERS) + ")**50", LETTERS),
    ("sqrt(" + "+".join(f"{name}**2" for name in LETTERS) + ")", LETTERS),
    ("+".join(f"cos({i}*x)" for i in range(25)), None),
    ("+".join(f"x**{i}" for i in range(2, 32)), None),
    ("*".join(f"(x+{i})/(y+{i})" for i in range(1, 6)), None),
    ("*".join(f"sin(x+{i}*y)" for i in range(1, 9)), None),
    ("x**x**x**x**x**x**x**x**x", None),
    ("x**y**x**y**x**y**x**y**x", None),
    ("sin(cos(tan(exp(sinh(cosh(tanh(atan(sigmoid(sqrt(log(x*y*z)))))))))))", None),
]


@pytest.mark.parametrize(("text", "variables"), LARGE)
def test_what_would_take_seconds_is_refused(text, variables):
    with pytest.raises(FormulaError, match=r"is too complicated: its slope has \d+ parts"):
        landscape(text, variables=variables)


@pytest.mark.parametrize(("text", "variables"), LARGEST)
def test_the_hessian_of_what_is_let_through_is_small(text, variables):
    f = landscape(text, variables=variables)
    assert f._program.size <= 200
    second = f._program.second.values()
    assert len({node for entry in second for node in sympy.preorder_traversal(entry)}) < 1500
    assert f.hessian(np.full(f.dim, 0.5)).shape == (f.dim, f.dim)


# ---------------------------------------------------------------- against fifty digits of mpmath


class UndefinedError(Exception):
    """There is no real value, or rounding decides it."""


def _kept(value):
    if isinstance(value, mpc) or not (value == 0 or 1e-4 < abs(value) < 1e4):
        raise UndefinedError
    return value


PRECISE = {
    **{name: getattr(mp, name) for name in ("sin", "cos", "tan", "exp", "log", "sqrt")},
    **{name: getattr(mp, name) for name in ("sinh", "cosh", "tanh", "atan")},
    **{"ln": mp.log, "arctan": mp.atan, "abs": abs, "relu": lambda x: max(x, mpf(0))},
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
}
OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def precise(node, names):
    """The value of a tree; UndefinedError where a part of it is huge, tiny or complex."""
    match node:
        case ast.Constant(value=value):
            return mpf(str(value))
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp():
            return -precise(node.operand, names)
        case ast.Call():
            return _kept(PRECISE[node.func.id](precise(node.args[0], names)))
    left, right = precise(node.left, names), precise(node.right, names)
    if isinstance(node.op, ast.Div) and right == 0:
        raise UndefinedError
    if isinstance(node.op, ast.Pow) and left <= 0 and not mp.isint(right):
        raise UndefinedError
    if isinstance(node.op, ast.Pow) and left == 0 and right <= 0:
        raise UndefinedError
    return _kept(OPERATORS[type(node.op)](left, right))


def differences(tree, at):
    """Value, gradient and Hessian by central differences, which are right to twenty digits."""
    h = mpf(10) ** -12
    names = [name for name in at if name in "xy"]

    def f(*steps):
        moved = dict(at)
        for name, step in steps:
            moved[name] += step * h
        return precise(tree, {**NAMES, **moved})

    gradient = [(f((a, 1)) - f((a, -1))) / (2 * h) for a in names]
    hessian = [
        [
            reduce(
                lambda total, s: total + s[0] * s[1] * f((a, s[0]), (b, s[1])),
                [(1, 1), (1, -1), (-1, 1), (-1, -1)],
                mpf(0),
            )
            / (4 * h**2)
            for b in names
        ]
        for a in names
    ]
    return f(), gradient, hessian


NAMES = {name: mpf(value) for name, value in NAMED_NUMBERS.items()}


def random_formula(r, size):
    if size <= 1:
        return r.choice(("x", "x", "y", "y", "k", "2", "3", "0.5", "1.7", "pi", "e"))
    kind = r.random()
    if kind < 0.3:
        return f"{r.choice(FUNCTIONS)}({random_formula(r, size - 1)})"
    if kind < 0.45:
        power = r.choice(("2", "3", "-1", "0.5", "7", "-2.5", "0.3", "k", "1.5", "4"))
        return f"({random_formula(r, size - 1)})**{power}"
    first = r.randint(1, size - 1)
    left, right = random_formula(r, first), random_formula(r, size - first)
    return f"({left}){r.choice(('+', '-', '*', '*', '/', '**' if size < 5 else '+'))}({right})"


def compare(seeds):
    """How many finite values, slopes and curvatures were compared; raises where one is wrong."""
    compared = 0
    for seed in seeds:
        r = random.Random(seed)
        text = random_formula(r, r.randint(2, 9))
        at = {name: r.uniform(-2.5, 2.5) for name in ("x", "y")}
        k = r.choice((1.0, 2.0, 3.0, 0.5, 1.3, -1.0))
        constants = {"k": k} if "k" in text else {}
        try:
            f = landscape(text, variables=("x", "y"), **constants)
            with mp.workdps(50):
                exact = differences(
                    ast.parse(text, mode="eval").body,
                    {name: mpf(value) for name, value in {**at, **constants}.items()},
                )
        except (FormulaError, UndefinedError):
            continue
        points = np.array([list(at.values())])
        found = f.value(points), f.gradient(points), f.hessian(points)
        for function, wanted in zip(found, exact, strict=True):
            wanted = np.array(wanted, dtype=float)
            sure = np.isfinite(function[0]) & (np.abs(wanted) < 1e8)
            scale = 1e-7 * (1 + np.abs(wanted).max())
            assert (np.abs(function[0] - wanted)[sure] <= scale).all(), (text, at, k)
            compared += np.count_nonzero(sure)
    return compared


def test_no_finite_derivative_of_a_random_formula_is_wrong():
    assert compare(range(500)) > 2000


def test_a_batch_of_random_formulas_equals_one_at_a_time_to_the_bit():
    for seed in range(200):
        r = random.Random(seed)
        text = random_formula(r, r.randint(2, 9))
        try:
            f = landscape(text, variables=("x", "y"), **({"k": 1.3} if "k" in text else {}))
        except FormulaError:
            continue
        points = np.random.default_rng(seed).uniform(-2.5, 2.5, (37, 2))
        for function in (f.value, f.gradient, f.hessian):
            np.testing.assert_array_equal(function(points), [function(p) for p in points], text)
