"""Formulas: typed text becomes NumPy code for a value, its gradient and its Hessian.

The text is checked against a whitelist before anything is computed, SymPy differentiates it
exactly, and the result is written out as NumPy code, compiled once for each formula.
"""

import ast
import keyword
import math
import re
import warnings
from functools import cached_property, lru_cache

import numpy as np
import sympy

__all__ = ["FUNCTIONS", "FormulaError", "Program", "listed", "program", "quoted"]


class FormulaError(ValueError):
    """The text is not a formula that a landscape can be made of; the message says why."""


# ------------------------------------------------------------------- functions of one argument


class _Sigmoid(sympy.Function):
    def fdiff(self, argindex=1):
        # s(x) s(-x), not s (1 - s): the second loses every digit where s is close to 1.
        return self * _Sigmoid(-self.args[0])


class _Sign(sympy.Function):
    def fdiff(self, argindex=1):
        return sympy.S.Zero


class _Abs(sympy.Function):
    def fdiff(self, argindex=1):
        return _Sign(self.args[0])


class _Step(sympy.Function):
    def fdiff(self, argindex=1):
        return sympy.S.Zero


class _Relu(sympy.Function):
    def fdiff(self, argindex=1):
        return _Step(self.args[0])


def _sigmoid(x):
    # exp overflows to inf far to the left, and 1/(1 + inf) is the right answer there.
    return 1.0 / (1.0 + np.exp(-x))


def _power(base, exponent):
    # NumPy takes these short cuts only where one exponent serves a whole array; taken always,
    # a batch of exponents equals the same exponents one at a time.
    result = np.power(base, exponent)
    for special, short_cut in ((2.0, np.square), (0.5, np.sqrt), (-1.0, np.reciprocal)):
        chosen = exponent == special
        if np.any(chosen):
            result = np.where(chosen, short_cut(base), result)[()]
    return result


FUNCTIONS = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "exp": sympy.exp,
    "log": sympy.log,
    "ln": sympy.log,
    "sqrt": sympy.sqrt,
    "abs": _Abs,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "atan": sympy.atan,
    "arctan": sympy.atan,
    "sigmoid": _Sigmoid,
    "relu": _Relu,
}

_NUMPY = {
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.tan: np.tan,
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.tanh: np.tanh,
    sympy.atan: np.arctan,
    _Sigmoid: _sigmoid,
    _Abs: np.abs,
    _Sign: np.sign,
    _Relu: lambda x: np.maximum(x, 0.0),
    _Step: lambda x: np.heaviside(x, 0.0),
}

_NAMED_NUMBERS = {"pi": math.pi, "π": math.pi, "e": math.e}

# ------------------------------------------------------------------------- text -> expression

_MAX_CHARACTERS = 300
_MAX_NODES = 150
_MAX_DEPTH = 16
_MAX_DEGREE = 100
_MAX_NUMBER = 1e100

_ALLOWED = (
    "Allowed are numbers, variables and constants, + - * / **, parentheses and the functions "
    + ", ".join(FUNCTIONS)
    + "."
)
_PASTED = str.maketrans(
    {"^": "**", "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "\xa0": " "}
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def quoted(text):
    return repr(text if len(text) <= 60 else text[:57] + "...")


def listed(names):
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _parse(text):
    """The syntax tree of the text, which is neither compiled nor run."""
    if not text.strip():
        raise FormulaError(f"{quoted(text)} is empty: give a formula, as in 'x**2 + y**2'.")
    if len(text) > _MAX_CHARACTERS:
        raise FormulaError(
            f"{quoted(text)} has {len(text)} characters: at most {_MAX_CHARACTERS} are allowed."
        )
    plain = re.sub(
        "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda match: "**" + match[0].translate(_SUPERSCRIPTS), text.strip()
    ).translate(_PASTED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning):
        raise FormulaError(_syntax_message(text, plain)) from None


def _syntax_message(text, plain):
    product = re.search(r"(?<![\w.])(\d+\.?\d*)\s*([^\W\d]\w*)", plain)
    if re.search(r"(?<![=<>!:])=(?!=)", plain):
        advice = "give the right-hand side alone, without '='."
    elif product and not keyword.iskeyword(product[2]):
        advice = f"write {product[1]}*{product[2]} for a product. {_ALLOWED}"
    elif "lambda" in plain:
        advice = f"lambda means something else in Python: call the constant lam. {_ALLOWED}"
    elif "|" in plain:
        advice = f"write abs(x) for |x|. {_ALLOWED}"
    elif re.fullmatch(r"[^\W\d]+(\s+[^\W\d]+)+", plain):
        advice = f"words stand side by side. {_ALLOWED}"
    else:
        advice = f"check the brackets and that every product has its *. {_ALLOWED}"
    return f"{quoted(text)} is not a formula: {advice}"


class _Reader:
    """Turns a syntax tree into a SymPy expression, node by node, and bounds the work first.

    `read` returns the expression and its degree: how high a power of one symbol it can hold.
    """

    def __init__(self, text, symbols):
        self.text = text
        self.symbols = symbols

    def error(self, advice):
        return FormulaError(f"{quoted(self.text)} {advice}")

    def read(self, node, depth=0):
        if depth > _MAX_DEPTH:
            raise self.error(f"is nested too deeply: at most {_MAX_DEPTH} levels are allowed.")
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self.checked(_number(value), 0)
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.read(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.USub()):
                operand, degree = self.read(node.operand, depth + 1)
                return -operand, degree
            case ast.BinOp(op=ast.Pow()):
                return self.power(node, depth)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                return self.binary(node, depth)
            case ast.Call():
                return self.call(node, depth)
        raise self.error(f"is not a formula: {_name_of(node)} cannot be used. {_ALLOWED}")

    def checked(self, expression, degree):
        """Folds what has become a number; an exact number stays exact while it is short."""
        if degree > _MAX_DEGREE:
            raise self.error(f"has too high a power: the degree may be {_MAX_DEGREE} at most.")
        if not expression.is_number:
            if expression.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo, sympy.I):
                raise self.error("has no real value: it divides by zero or leaves a domain.")
            return expression, degree
        if expression.is_finite is False or expression.is_real is False or expression is sympy.nan:
            raise self.error("has no real value: it divides by zero or leaves a domain.")
        if expression.is_Rational and max(abs(expression.p), expression.q) < 2**63:
            return expression, 0
        expression = expression.evalf()
        if not abs(expression) <= _MAX_NUMBER:
            raise self.error(f"has too large a number: at most {_MAX_NUMBER:g} is allowed.")
        return expression, 0

    def name(self, name):
        if name in self.symbols:
            return self.symbols[name], 1
        if name in _NAMED_NUMBERS:
            return sympy.Float(_NAMED_NUMBERS[name]), 0
        raise self.error(f"is not a formula: {name} needs its argument, as in {name}(x).")

    def binary(self, node, depth):
        # A long sum or product leans to the left: that is length, not depth.
        left, left_degree = self.read(node.left, depth + (not isinstance(node.left, ast.BinOp)))
        right, right_degree = self.read(node.right, depth + 1)
        match node.op:
            case ast.Add():
                return self.checked(left + right, max(left_degree, right_degree))
            case ast.Sub():
                return self.checked(left - right, max(left_degree, right_degree))
            case ast.Mult():
                return self.checked(left * right, left_degree + right_degree)
        if right.is_zero:
            raise self.error("divides by zero.")
        return self.checked(left / right, left_degree + right_degree)

    def power(self, node, depth):
        exponent, _ = self.read(node.right, depth + 1)
        if isinstance(node.left, ast.Name) and node.left.id == "e" and "e" not in self.symbols:
            return self.function(sympy.exp, exponent)
        base, degree = self.read(node.left, depth + 1)
        if not exponent.is_number:
            if base.is_number and not base.is_positive:
                raise self.error(
                    f"has no real value: {float(base):g} cannot be raised to a variable power."
                )
            return self.checked(base**exponent, 1)
        if abs(exponent) > _MAX_DEGREE:
            raise self.error(
                f"has too large an exponent: -{_MAX_DEGREE} to {_MAX_DEGREE} is allowed."
            )
        degree = max(degree, degree * float(abs(exponent)))
        if degree > _MAX_DEGREE:
            raise self.error(f"has too high a power: the degree may be {_MAX_DEGREE} at most.")
        if not base.is_number:
            return self.checked(base**exponent, degree)
        if base.is_zero and exponent.is_negative:
            raise self.error("divides by zero.")
        if base.is_negative and not exponent.is_integer:
            raise self.error(
                f"has no real value: {float(base):g} is negative, its power is not real."
            )
        return self.checked(base**exponent, 0)

    def call(self, node, depth):
        if not isinstance(node.func, ast.Name):
            raise self.error(f"is not a formula: write * between the factors. {_ALLOWED}")
        name = node.func.id
        if name in self.symbols or name in _NAMED_NUMBERS:
            raise self.error(f"is not a formula: {name} is no function, a product is {name}*(...).")
        if name not in FUNCTIONS:
            raise self.error(f"is not a formula: there is no function {name}. {_ALLOWED}")
        if node.keywords or len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
            raise self.error(f"is not a formula: {name} takes one argument, as in {name}(x).")
        argument, _ = self.read(node.args[0], depth + 1)
        return self.function(FUNCTIONS[name], argument)

    def function(self, function, argument):
        if not argument.is_number:
            return self.checked(function(argument), 1)
        with np.errstate(all="ignore"):
            number = np.float64(float(argument))
            value = float(np.sqrt(number) if function is sympy.sqrt else _NUMPY[function](number))
        if not math.isfinite(value):
            raise self.error(f"has no finite value: a function of {float(argument):g} has none.")
        return self.checked(_number(value), 0)


def _number(value):
    """An exact number where the literal is short, so that x**2.0 is a product and 0.5 a half."""
    if isinstance(value, int):
        return sympy.Integer(value)
    if not math.isfinite(value):
        return sympy.oo
    exact = sympy.Rational(repr(value)) if 1e-6 <= abs(value) <= 1e12 or value == 0 else None
    return exact if exact is not None and exact.q <= 10**6 else sympy.Float(value)


def _name_of(node):
    kinds = {
        ast.Compare: "a comparison",
        ast.Lambda: "lambda (call a constant of that name lam)",
        ast.Attribute: "a dot after a name",
        ast.Subscript: "an index in square brackets",
        ast.Tuple: "a comma",
        ast.JoinedStr: "text in quotes",
        ast.BoolOp: "and, or",
        ast.UnaryOp: "this operator",
        ast.IfExp: "if",
    }
    if isinstance(node, ast.Constant):
        return f"{quoted(repr(node.value))}"
    if isinstance(node, ast.BinOp):
        return {ast.BitOr: "| (write abs(x) for |x|)", ast.Mod: "%"}.get(
            type(node.op), "this operator"
        )
    return kinds.get(type(node), f"{type(node).__name__}")


# ------------------------------------------------------------------- expression -> derivative


def _derivative(expression, symbol, known):
    """d expression / d symbol; `known` remembers what was differentiated before.

    SymPy's own rule turns d(x**k)/dx into k*x**k/x, which is nan at 0.
    """
    if expression.is_Symbol or expression.is_number:
        return sympy.Integer(expression == symbol)
    if (expression, symbol) in known:
        return known[expression, symbol]
    args = expression.args
    inner = [_derivative(arg, symbol, known) for arg in args]
    if expression.is_Add:
        result = sympy.Add(*inner)
    elif expression.is_Mul:
        terms = [
            sympy.Mul(*args[:i], factor, *args[i + 1 :]) for i, factor in enumerate(inner) if factor
        ]
        result = sympy.Add(*terms)
    elif expression.is_Function:
        result = expression.fdiff(1) * inner[0] if inner[0] else sympy.S.Zero
    else:
        base, exponent = args
        result = exponent * base ** (exponent - 1) * inner[0] if inner[0] else sympy.S.Zero
        if inner[1]:
            result += expression * sympy.log(base) * inner[1]
    known[expression, symbol] = result
    return result


# ----------------------------------------------------------------------- expression -> NumPy


def _horner(expression, variables):
    """A sum of powers of one variable as nested products; anything else as it is.

    Only a sum that already stands expanded is nested: expanding (x - 1)**20 would lose digits.
    """
    if not expression.is_Add:
        return expression
    mentioned, coefficients = set(), {}
    for term in expression.args:
        coefficient, power = sympy.S.One, 0
        for factor in sympy.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if base in variables and exponent.is_Integer and exponent > 0:
                mentioned.add(base)
                power = int(exponent)
            elif base not in variables and (base.is_Symbol or factor.is_Number):
                coefficient *= factor
            else:
                return expression
        coefficients[power] = coefficients.get(power, 0) + coefficient
    if len(mentioned) != 1:
        return expression
    (x,) = mentioned
    powers = sorted(coefficients, reverse=True)
    nested = sympy.S.Zero
    for power, lower in zip(powers, [*powers[1:], 0], strict=True):
        nested = (nested + coefficients[power]) * x ** (power - lower)
    return nested


class _Writer:
    """Writes expressions as NumPy statements; what is used twice is computed once.

    A node is a tuple (template, operands...); equal nodes are one node.
    """

    def __init__(self, names):
        self.nodes = {}
        self.order = []
        self.arguments = []
        self.known = {symbol: self.node(name) for symbol, name in names.items()}

    def node(self, template, *operands):
        key = (template, *operands)
        if key not in self.nodes:
            self.nodes[key] = len(self.order)
            self.order.append(key)
            own = {template} if re.fullmatch(r"[xc]\d+", template) else set()
            self.arguments.append(own.union(*(self.arguments[operand] for operand in operands)))
        return self.nodes[key]

    def visit(self, expression):
        if expression not in self.known:
            self.known[expression] = self.write(expression)
        return self.known[expression]

    def write(self, expression):
        if expression.is_number:
            return self.node(repr(float(expression)))
        if expression.is_Add:
            return self.sum(expression)
        if expression.is_Mul:
            return self.product(expression)
        if expression.is_Function:
            name = f"f{list(_NUMPY).index(expression.func)}"
            return self.node(name + "({})", self.visit(expression.args[0]))
        return self.power(*expression.args)

    def sum(self, expression):
        terms = [term.as_coeff_Mul() for term in expression.args]
        terms.sort(key=lambda term: (bool(term[0] < 0), term[1] == 1))
        total = None
        for coefficient, rest in terms:
            if total is None:
                total = self.visit(coefficient * rest)
            elif coefficient < 0:
                total = self.node("({} - {})", total, self.visit(-coefficient * rest))
            else:
                total = self.node("({} + {})", total, self.visit(coefficient * rest))
        return total

    def product(self, expression):
        coefficient, rest = expression.as_coeff_Mul()
        above, below = [], []
        for factor in sympy.Mul.make_args(rest):
            if factor.is_Pow and factor.args[1].is_Number and factor.args[1] < 0:
                below.append(self.visit(factor.args[0] ** -factor.args[1]))
            else:
                above.append(self.visit(factor))
        divides = coefficient.is_Rational and abs(coefficient.p) == 1
        divides = divides and coefficient.q & (coefficient.q - 1) != 0
        negative = coefficient < 0 and (divides or coefficient == -1)
        if not divides and abs(coefficient) != 1:
            above.append(self.visit(coefficient))
        result = self.multiplied(above) if above else self.node("1.0")
        if below:
            result = self.node("({} / {})", result, self.multiplied(below))
        if divides:
            result = self.node("({} / {})", result, self.node(repr(float(coefficient.q))))
        return self.node("(-{})", result) if negative else result

    def multiplied(self, factors):
        # Numbers and constants first: their product is one number before it meets an array.
        result, *others = sorted(factors, key=self.order_of)
        for factor in others:
            result = self.node("({} * {})", result, factor)
        return result

    def order_of(self, factor):
        arguments = self.arguments[factor]
        return any(name.startswith("x") for name in arguments), bool(arguments)

    def power(self, base, exponent):
        if exponent.is_Rational and exponent.q <= 2:
            if exponent < 0:
                return self.node("(1.0 / {})", self.visit(base**-exponent))
            whole = int(exponent.p // exponent.q)
            factors = [self.whole_power(self.visit(base), whole)] if whole else []
            if exponent.q == 2:
                factors.append(self.node("sqrt({})", self.visit(base)))
            return self.multiplied(factors)
        return self.node("power({}, {})", self.visit(base), self.visit(exponent))

    def whole_power(self, base, exponent):
        if exponent == 1:
            return base
        if exponent % 2:
            return self.node("({} * {})", self.whole_power(base, exponent - 1), base)
        half = self.whole_power(base, exponent // 2)
        return self.node("({} * {})", half, half)

    def statements(self, roots):
        """The statements, and the text of each root."""
        uses = [0] * len(self.order)
        reached = set()
        stack = list(roots)
        for root in roots:
            uses[root] += 1
        while stack:
            index = stack.pop()
            if index in reached:
                continue
            reached.add(index)
            for operand in self.order[index][1:]:
                uses[operand] += 1
                stack.append(operand)
        texts, depths, lines = {}, {}, []
        for index in sorted(reached):
            template, *operands = self.order[index]
            text = template.format(*(texts[operand] for operand in operands))
            depth = 1 + max((depths[operand] for operand in operands), default=-1)
            # Python's parser takes 200 nested brackets at most.
            if operands and (uses[index] > 1 or depth > 30):
                lines.append(f"t{index} = {text}")
                text, depth = f"t{index}", 0
            texts[index], depths[index] = text, depth
        return lines, [texts[root] for root in roots]


class Program:
    """A formula that was read: its value, gradient and Hessian, each compiled when first used.

    Each is a pair: a function of (points, lead, *constants), where lead is the shape of the
    batch, and a faster function of (one point, *constants), or None.
    """

    def __init__(self, text, variables, constants, expression):
        self.variables = variables
        self.constants = constants
        self.expression = expression
        self.symbols = [sympy.Symbol(name) for name in variables]
        self.known = {}

    @cached_property
    def partials(self):
        return [_derivative(self.expression, x, self.known) for x in self.symbols]

    @cached_property
    def value(self):
        return self.compiled({(): self.expression}, ())

    @cached_property
    def gradient(self):
        d = len(self.symbols)
        return self.compiled({(i,): partial for i, partial in enumerate(self.partials)}, (d,))

    @cached_property
    def hessian(self):
        d = len(self.symbols)
        entries = {
            (i, j): _derivative(self.partials[min(i, j)], self.symbols[max(i, j)], self.known)
            for i in range(d)
            for j in range(d)
        }
        return self.compiled(entries, (d, d))

    def compiled(self, entries, shape):
        symbols = self.symbols
        arguments = [sympy.Symbol(name) for name in self.constants]
        names = {symbol: f"x{i}" for i, symbol in enumerate(symbols)}
        names |= {symbol: f"c{i}" for i, symbol in enumerate(arguments)}
        writer = _Writer(names)
        roots = [writer.visit(_horner(entry, symbols)) for entry in entries.values()]
        lines, texts = writer.statements(roots)
        body = " ".join(lines + texts)
        calls = re.search(r"\w\(", body)

        used = set().union(*(writer.arguments[root] for root in roots))
        # NumPy's exp may differ in the last digit between plain and reversed memory, which
        # would part a batch from the same points one at a time.
        copy = ".copy()" if calls else ""
        read = [
            f"x{i} = points[..., {i}]{copy}[()]" for i in range(len(symbols)) if f"x{i}" in used
        ]
        constants = [names[symbol] for symbol in arguments]
        # A result that was computed from every argument already has the shape of the batch.
        computed = len(roots) == 1 and len(writer.order[roots[0]]) > 1 and read
        if computed and used.issuperset(constants):
            end = [f"return {texts[0]}" + ("[..., " + "None, " * len(shape) + "]") * bool(shape)]
        else:
            end = [f"out = empty(lead + {shape})"]
            for index, text in zip(entries, texts, strict=True):
                end.append(f"out[{', '.join(['...', *map(str, index)])}] = {text}")
            end.append("return out[()]")
        batch = _function(["points", "lead", *constants], [*read, *lines, *end])
        batch = np.errstate(all="ignore")(batch)

        # Sums and products of Python's floats give the same bits as NumPy's, for one point at a
        # fifth of the cost, and overflow to inf without a warning. A division could raise.
        if calls or re.search(r"/ \D", body):
            return batch, None
        unpack = "".join(f"x{i}, " for i in range(len(symbols))) + "= points.tolist()"
        shaped = {0: "[0]", 1: "", 2: f".reshape({shape})"}[len(shape)]
        result = f"return array([{', '.join(texts)}]){shaped}"
        point = _function(["points", *constants], [unpack, *lines, result])
        return batch, point


def _function(parameters, statements):
    """The source holds numbers and names made here, nothing of the text that was typed."""
    source = "\n    ".join([f"def function({', '.join(parameters)}):", *statements])
    namespace = {f"f{i}": function for i, function in enumerate(_NUMPY.values())}
    namespace |= {"sqrt": np.sqrt, "power": _power, "empty": np.empty, "array": np.array}
    namespace["__builtins__"] = {}
    exec(compile(source, "<landscape>", "exec"), namespace)
    return namespace["function"]


@lru_cache(maxsize=256)
def program(text, variables, constants):
    tree = _parse(text)
    nodes = list(ast.walk(tree))
    if sum(isinstance(node, ast.expr) for node in nodes) > _MAX_NODES:
        raise FormulaError(
            f"{quoted(text)} is too long: at most {_MAX_NODES} numbers, names and operators."
        )
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = [node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
    if variables is None:
        variables = tuple(name for name in "xyz" if name in names and name not in constants)
    symbols = {name: sympy.Symbol(name) for name in (*variables, *constants)}
    unknown = [n for n in names if not (n in symbols or n in _NAMED_NUMBERS or n in FUNCTIONS)]
    # Read first: what is no formula at all has a better message than its unknown names.
    reader = _Reader(text, symbols | {name: sympy.Symbol(name) for name in unknown})
    try:
        expression, _ = reader.read(tree)
        numbers = expression.atoms(sympy.Number)
        if any(abs(number) > _MAX_NUMBER**1.5 for number in numbers):
            raise reader.error(f"has too large a number: at most {_MAX_NUMBER:g} is allowed.")
    except (RecursionError, MemoryError, OverflowError):
        raise FormulaError(f"{quoted(text)} is too complicated: shorten it.") from None
    if unknown:
        unknown = sorted(set(unknown), key=unknown.index)
        which = "it" if len(unknown) == 1 else "each"
        message = (
            f"{quoted(text)} mentions {listed(unknown)}: "
            f"give {which} a value, as in {unknown[0]}=1.0"
        )
        raise FormulaError(message)
    unused = [name for name in constants if name not in names]
    if unused:
        raise FormulaError(
            f"{quoted(text)} does not mention {listed(unused)}: "
            f"leave {'it' if len(unused) == 1 else 'them'} out, or use "
            f"{'it' if len(unused) == 1 else 'them'} in the formula."
        )
    if not variables:
        raise FormulaError(
            f"{quoted(text)} mentions no variable: use x, y or z, or name others, "
            "as in variables=('w', 'b')."
        )
    return Program(text, variables, constants, expression)
