"""Expressions: a checked formula becomes NumPy functions for value, gradient and Hessian.

SymPy differentiates exactly, shares what is computed twice and writes the code. What it is taught
here is where NumPy would lose digits, a domain or time.
"""

import ast
import math
from functools import cached_property, lru_cache, reduce

import numpy as np
import sympy
from sympy.printing.numpy import NumPyPrinter

from gdviz.formulas import NAMED_NUMBERS, FormulaError, check_names, names_of, parse, quoted

__all__ = ["Program", "program"]


# --------------------------------------------------------------------------- functions

_IMPLEMENTATIONS = {}


class _Opaque(sympy.Function):
    """A function that SymPy leaves as it is.

    Its own would turn exp(log(x)) into x and sqrt(x)**4 into x**2, which have a value at -1.
    """

    # A property that is known saves SymPy the search for it, which can take seconds.
    is_real = True
    slope = None

    def fdiff(self, argindex=1):
        return type(self).slope(self, *self.args)

    def _numpycode(self, printer):
        return f"{type(self).__name__}({', '.join(map(printer.doprint, self.args))})"


def _function(name, implementation, slope=None, **methods):
    """A function with this name in the code; `slope` gives its derivative from f = f(x) and x."""
    _IMPLEMENTATIONS[name] = implementation
    return type(_Opaque)(name, (_Opaque,), {"slope": slope, **methods})


def _sigmoid(x):
    # exp overflows to inf far to the left, and 1/(1 + inf) is the right answer there.
    return 1.0 / (1.0 + np.exp(-x))


def _power(base, exponent, factor):
    """factor * base**exponent, where a factor of 0 wins: the derivatives of x**k at 0."""
    # NumPy takes these short cuts only where one exponent serves a whole array; taken always,
    # a batch of exponents equals the same exponents one at a time.
    result = np.power(base, exponent)
    for special, short_cut in ((2.0, np.square), (0.5, np.sqrt), (-1.0, np.reciprocal)):
        chosen = exponent == special
        if np.any(chosen):
            result = np.where(chosen, short_cut(base), result)
    return np.where(np.equal(factor, 0.0), 0.0, factor * result)[()]


def _power_slope(f, argument):
    base, exponent, factor = f.args
    if argument == 3:
        return power(base, exponent, sympy.S.One)
    if argument == 2:
        return f * (sympy.Float(math.log(base)) if base.is_number else log(base))
    if exponent.is_number:
        return exponent * power(base, exponent - 1, factor)
    return power(base, exponent - 1, exponent * factor)


def _defined(value, *markers):
    for marker in markers:
        value = np.where(np.greater_equal(marker, 0.0), value, np.nan)
    return value[()]


sin = _function("sin", np.sin, lambda f, x: cos(x))
cos = _function("cos", np.cos, lambda f, x: -sin(x))
tan = _function("tan", np.tan, lambda f, x: 1 + f**2)
exp = _function("exp", np.exp, lambda f, x: f)
log = _function("log", np.log, lambda f, x: 1 / x)
sqrt = _function("sqrt", np.sqrt, lambda f, x: 1 / (2 * f))
sinh = _function("sinh", np.sinh, lambda f, x: cosh(x))
cosh = _function("cosh", np.cosh, lambda f, x: sinh(x))
tanh = _function("tanh", np.tanh, lambda f, x: 1 - f**2)
arctan = _function("arctan", np.arctan, lambda f, x: 1 / (1 + x**2))
# s(x) s(-x), not s (1 - s): the second loses every digit where s is close to 1.
sigmoid = _function("sigmoid", _sigmoid, lambda f, x: f * sigmoid(-x))
sign = _function("sign", np.sign, lambda f, x: sympy.S.Zero)
step = _function("step", lambda x: np.heaviside(x, 0.0), lambda f, x: sympy.S.Zero)
relu = _function("relu", lambda x: np.maximum(x, 0.0), lambda f, x: step(x))
absolute = _function(
    "absolute",
    np.abs,
    lambda f, x: sign(x),
    # An even power has no kink.
    _eval_power=lambda f, exponent: f.args[0] ** exponent if exponent.is_even else None,
)
power = _function("power", _power, fdiff=_power_slope)
# log(exp(a) + exp(b)), without the overflow
logaddexp = _function(
    "logaddexp",
    np.logaddexp,
    fdiff=lambda f, argument: sigmoid((f.args[0] - f.args[1]) * (3 - 2 * argument)),
)
# a product of two that SymPy does not make a power again
times = _function(
    "times", np.multiply, _numpycode=lambda f, p: "(({})*({}))".format(*map(p.doprint, f.args))
)
# 0 where relu(x) is flat, else 1
reached = _function("reached", lambda x: np.where(np.less(x, 0.0), 0.0, 1.0)[()])
# the second argument where the first is not 0, else 0
where = _function("where", lambda condition, x: np.where(condition, x, 0.0)[()])
# the first argument where all others are 0 or more, else nan
defined = _function("defined", _defined)

FUNCTIONS = {
    **{"sin": sin, "cos": cos, "tan": tan, "exp": exp, "log": log, "ln": log, "sqrt": sqrt},
    **{"abs": absolute, "sinh": sinh, "cosh": cosh, "tanh": tanh},
    **{"atan": arctan, "arctan": arctan, "sigmoid": sigmoid, "relu": relu},
}

# ------------------------------------------------------------------------- tree -> expression

_MAX_DEGREE = 100
# Of the gradient: a Hessian of it is differentiated and written within a second.
_MAX_SIZE = 200
_MAX_NUMBER = 1e100


class _Reader:
    """Turns a checked tree into a SymPy expression, node by node, and bounds the work first.

    `read` returns the expression and its degree: how high a power of one symbol it can hold.
    """

    def __init__(self, text, symbols):
        self.text = text
        self.symbols = symbols

    def error(self, advice):
        return FormulaError(f"{quoted(self.text)} {advice}")

    def read(self, node):
        match node:
            case ast.Constant(value=value):
                return self.checked(_number(value), 0)
            case ast.Name(id=name) if name in self.symbols:
                return self.symbols[name], 1
            case ast.Name(id=name):
                return sympy.Float(NAMED_NUMBERS[name]), 0
            case ast.UnaryOp(op=op):
                operand, degree = self.read(node.operand)
                return (-operand if isinstance(op, ast.USub) else operand), degree
            case ast.BinOp(op=ast.Pow()):
                return self.power(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.Call():
                argument, _ = self.read(node.args[0])
                return self.function(FUNCTIONS[node.func.id], argument)

    def checked(self, expression, degree):
        """Folds what has become a number; an exact number stays exact while it is short."""
        if degree > _MAX_DEGREE:
            raise self.error(f"has too high a power: the degree may be {_MAX_DEGREE} at most.")
        if not expression.is_number:
            if expression.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo, sympy.I):
                raise self.error("has no real value: it divides by zero or leaves a domain.")
            return expression, degree
        if expression.is_infinite:
            raise self.error(f"has too large a number: at most {_MAX_NUMBER:g} is allowed.")
        if expression.is_finite is False or expression.is_real is False or expression is sympy.nan:
            raise self.error("has no real value: it divides by zero or leaves a domain.")
        if expression.is_Rational and max(abs(expression.p), expression.q) < 2**63:
            return expression, 0
        expression = expression.evalf()
        if not abs(expression) <= _MAX_NUMBER:
            raise self.error(f"has too large a number: at most {_MAX_NUMBER:g} is allowed.")
        return expression, 0

    def binary(self, node):
        left, left_degree = self.read(node.left)
        right, right_degree = self.read(node.right)
        match node.op:
            case ast.Add():
                return self.checked(left + right, max(left_degree, right_degree))
            case ast.Sub():
                return self.checked(left - right, max(left_degree, right_degree))
            case ast.Mult():
                return self.checked(left * right, left_degree + right_degree)
        if right.is_zero:
            raise self.error("divides by zero.")
        return self.checked(_quotient(left, right), left_degree + right_degree)

    def power(self, node):
        exponent, _ = self.read(node.right)
        if isinstance(node.left, ast.Name) and node.left.id == "e" and "e" not in self.symbols:
            return self.function(exp, exponent)
        base, degree = self.read(node.left)
        if not exponent.is_number:
            if base.is_number and not base.is_positive:
                raise self.error(
                    f"has no real value: {float(base):g} cannot be raised to a variable power."
                )
            return self.checked(power(base, exponent, sympy.S.One), 1)
        if abs(exponent) > _MAX_DEGREE:
            raise self.error(
                f"has too large an exponent: -{_MAX_DEGREE} to {_MAX_DEGREE} is allowed."
            )
        degree = max(degree, degree * float(abs(exponent)))
        if degree > _MAX_DEGREE:
            raise self.error(f"has too high a power: the degree may be {_MAX_DEGREE} at most.")
        if base.is_number:
            if base.is_zero and exponent.is_negative:
                raise self.error("divides by zero.")
            if base.is_negative and not exponent.is_integer:
                raise self.error(
                    f"has no real value: {float(base):g} is negative, its power is not real."
                )
            return self.checked(base**exponent, 0)
        if exponent.is_Integer:
            return self.checked(base**exponent, degree)
        if exponent.is_Rational and exponent.q == 2:
            return self.checked(sqrt(base) ** exponent.p, degree)
        return self.checked(power(base, exponent, sympy.S.One), degree)

    def function(self, function, argument):
        if argument.is_number:
            with np.errstate(all="ignore"):
                value = float(_IMPLEMENTATIONS[function.__name__](np.float64(float(argument))))
            if not math.isfinite(value):
                advice = f"has no finite value: a function of {float(argument):g} has none."
                raise self.error(advice)
            return self.checked(_number(value), 0)
        return self.checked(_log(argument) if function is log else function(argument), 1)


def _number(value):
    """An exact number where the literal is short, so that x**2.0 is a product and 0.5 a half."""
    if isinstance(value, int):
        return sympy.Integer(value)
    if not math.isfinite(value):
        return sympy.oo
    exact = sympy.Rational(repr(value)) if 1e-6 <= abs(value) <= 1e12 or value == 0 else None
    return exact if exact is not None and exact.q <= 10**6 else sympy.Float(value)


def _log(argument):
    """The logarithm; of a sum of exponentials in the form that does not overflow."""
    exponents = [_exponent(term) for term in sympy.Add.make_args(argument)]
    if len(exponents) < 2 or None in exponents:
        return log(argument)
    return reduce(logaddexp, exponents)


def _exponent(term):
    """The logarithm of a positive number times exp(u), None of anything else."""
    factor, rest = term.as_coeff_Mul()
    if not factor.is_positive or not (rest is sympy.S.One or isinstance(rest, exp)):
        return None
    shift = sympy.S.Zero if factor == 1 else sympy.Float(math.log(factor))
    return shift + rest.args[0] if isinstance(rest, exp) else shift


def _quotient(left, right):
    """The quotient; by 1 + exp(u) in the form whose derivatives do not overflow."""
    if isinstance(right - 1, exp):
        u = (right - 1).args[0]
        return sigmoid(u) if left == right - 1 else left * sigmoid(-u)
    return left / right


# ------------------------------------------------------------------------- expression -> NumPy


def _not_flat(expression):
    """An expression that is 0 only where relu makes the given one 0 all around; or None."""
    if isinstance(expression, step | relu):
        return reached(expression.args[0])
    if isinstance(expression, sqrt) or (expression.is_Pow and expression.exp.is_positive):
        return _not_flat(expression.args[0])
    if expression.is_Add or expression.is_Mul:
        parts = [_not_flat(arg) for arg in expression.args]
        if expression.is_Mul:
            parts = [part for part in parts if part is not None]
        if parts and None not in parts:
            return expression.func(*parts)
    return None


def _guarded(derivative):
    """0 where relu is flat, although a factor beside it is not finite: relu(x)**1.5 at -1."""
    if not derivative.has(step):
        return derivative
    result = derivative.func(*map(_guarded, derivative.args))
    if derivative.is_Mul and derivative.has(exp, sinh, cosh, tan, log, power, sympy.Pow):
        condition = _not_flat(derivative)
        return result if condition is None else where(condition, result)
    return result


def _defined_where(expression, derivative):
    """The derivative, nan outside the domain of the expression: that of log(x) is 1/x at -1 too."""
    roots = [node for node in expression.atoms(power) if node.args[1].is_number]
    markers = {node.args[0] for node in (*expression.atoms(log, sqrt), *roots)}
    if derivative.has(where):
        # 0 times what is not finite is nan.
        markers = {times(sympy.S.Zero, expression)}
    return defined(derivative, *markers) if markers else derivative


def _horner(expression, variables):
    """A sum of powers of one variable as nested products; anything else as it is.

    Only a sum that already stands expanded is nested: expanding (x - 1)**20 would lose digits.
    """
    mentioned = expression.free_symbols.intersection(variables)
    if not expression.is_Add or len(mentioned) != 1:
        return expression
    if any(term.has(sympy.Add, sympy.Function) for term in expression.args):
        return expression
    (x,) = mentioned
    return sympy.horner(expression, wrt=x) if expression.is_polynomial(x) else expression


def _multiplied_out(expression):
    """Integer powers as products: NumPy's x**3 is some 35 times slower than x*x*x."""
    if expression.is_Atom:
        return expression
    if not expression.is_Pow:
        return expression.func(*map(_multiplied_out, expression.args))
    base, exponent = _multiplied_out(expression.base), int(expression.exp)
    if isinstance(base, sqrt) and exponent % 2 and abs(exponent) > 1:
        product = times(_whole_power(base.args[0], abs(exponent) // 2), base)
    else:
        product = _whole_power(base, abs(exponent))
    return product if exponent > 0 else 1 / product


def _whole_power(base, exponent):
    if exponent == 1:
        return base
    if exponent % 2:
        return times(_whole_power(base, exponent - 1), base)
    half = _whole_power(base, exponent // 2)
    return times(half, half)


class _Printer(NumPyPrinter):
    """Writes every number as a double, and x/10 as a quotient: 0.3 at 3, which 0.1*x is not."""

    def _print_Rational(self, expr):  # noqa: N802
        return repr(float(expr))

    _print_Integer = _print_Float = _print_Rational  # noqa: N815

    def _print_Pow(self, expr, rational=False):  # noqa: N802
        # What cse put together again. NumPy's x**-1.0 differs between an array and one number.
        product = "*".join([f"({self._print(expr.base)})"] * abs(int(expr.exp)))
        return f"({product})" if expr.exp > 0 else f"(1.0/({product}))"

    def _print_Mul(self, expr):  # noqa: N802
        number, rest = expr.as_coeff_Mul()
        if number.is_Rational and abs(number.p) == 1 and number.q & (number.q - 1):
            return f"{'-' * (number.p < 0)}({self._print(rest)})/{number.q}.0"
        return super()._print_Mul(expr)


class Program:
    """A formula that was read: its value, gradient and Hessian, each compiled when first used.

    Each is a pair: a function of (points, lead, *constants), where lead is the shape of the
    batch, and a faster function of (one point, *constants), or None.
    """

    def __init__(self, variables, constants, symbols, expression):
        self.variables = variables
        self.constants = constants
        self.symbols = symbols
        self.expression = expression

    @property
    def unknowns(self):
        return self.symbols[: len(self.variables)]

    @cached_property
    def partials(self):
        return [self.expression.diff(x) for x in self.unknowns]

    @property
    def size(self):
        """How many operands the distinct operations of the gradient have."""
        nodes = {node for partial in self.partials for node in sympy.preorder_traversal(partial)}
        return sum(len(node.args) for node in nodes)

    @cached_property
    def value(self):
        return self.compiled([self.expression], ())

    @cached_property
    def gradient(self):
        return self.compiled(map(self.guarded, self.partials), (len(self.unknowns),))

    @cached_property
    def second(self):
        """The second derivatives by row and column, those on and above the diagonal."""
        return {
            (i, j): partial.diff(x)
            for i, partial in enumerate(self.partials)
            for j, x in enumerate(self.unknowns)
            if i <= j
        }

    @cached_property
    def curvature_varies(self):
        return any(entry.has(*self.unknowns) for entry in self.second.values())

    @cached_property
    def hessian(self):
        shape = (len(self.unknowns), len(self.unknowns))
        entries = {place: self.guarded(entry) for place, entry in self.second.items()}
        return self.compiled([entries[min(i, j), max(i, j)] for i, j in np.ndindex(shape)], shape)

    def guarded(self, derivative):
        return _defined_where(self.expression, _guarded(derivative))

    def compiled(self, entries, shape):
        entries = list(entries)
        written = {entry: _multiplied_out(_horner(entry, self.unknowns)) for entry in set(entries)}
        function = sympy.lambdify(
            self.symbols,
            [written[entry] for entry in entries],
            [_IMPLEMENTATIONS],
            printer=_Printer({"fully_qualified_modules": False}),
            cse=True,
            use_imps=False,
            docstring_limit=0,
        )
        used = set().union(*(entry.free_symbols for entry in written))
        columns = [i if x in used else None for i, x in enumerate(self.unknowns)]
        places = [(..., *index) for index in np.ndindex(shape)]
        whole = shape == () and not entries[0].is_Symbol

        @np.errstate(all="ignore")
        def batch(points, lead, *constants):
            # NumPy's exp may differ in the last digit between plain and reversed memory, which
            # would part a batch from the same points one at a time.
            x = [0.0 if i is None else points[..., i].copy()[()] for i in columns]
            values = function(*x, *constants)
            if whole and isinstance(values[0], np.ndarray) and values[0].shape == lead:
                return values[0]
            out = np.empty(lead + shape)
            for place, value in zip(places, values, strict=True):
                out[place] = value
            return out[()]

        # Sums, products and quotients of Python's floats give the same bits as NumPy's, for one
        # point at a fifth of the cost, and overflow to inf without a warning.
        def point(points, *constants):
            try:
                values = function(*points.tolist(), *constants)
            except ZeroDivisionError:
                return batch(points, (), *map(np.float64, constants))
            result = np.array(values)
            return result if len(shape) == 1 else result.reshape(shape)[()]

        return batch, None if any(entry.has(_Opaque) for entry in written) else point


@lru_cache(maxsize=256)
def program(text, variables, constants):
    """The Program of a text, made once for all values of its constants; FormulaError if none is."""
    tree = parse(text, (*(variables or "xyz"), *constants))
    names = names_of(tree)
    given = variables is not None
    if not given:
        variables = tuple(name for name in "xyz" if name in names and name not in constants)
    check_names(text, names, variables, constants, given)
    # Nothing of the text stands in the code that is made.
    codes = [f"v{i}" for i in range(len(variables))] + [f"c{i}" for i in range(len(constants))]
    symbols = [sympy.Symbol(code, real=True) for code in codes]
    reader = _Reader(text, dict(zip((*variables, *constants), symbols, strict=True)))
    expression, _ = reader.read(tree)
    if any(abs(number) > _MAX_NUMBER**1.5 for number in expression.atoms(sympy.Number)):
        raise reader.error(f"has too large a number: at most {_MAX_NUMBER:g} is allowed.")
    if not variables:
        raise FormulaError(
            f"{quoted(text)} mentions no variable: use x, y or z, or name others, "
            "as in variables=('w', 'b')."
        )
    read = Program(variables, constants, symbols, expression)
    if read.size > _MAX_SIZE:
        raise reader.error(
            f"is too complicated: its slope has {read.size} parts, and {_MAX_SIZE} are allowed. "
            "Shorten it, or multiply fewer factors."
        )
    return read
