"""Formulas: typed text, checked against a whitelist before anything is computed.

The text may come from a public web page. It is parsed, never run; what is not a number, a known
name, an operator or a function of one argument is refused in a sentence.
"""

import ast
import keyword
import math
import re
import unicodedata
import warnings

__all__ = [
    "FUNCTIONS",
    "NAMED_NUMBERS",
    "FormulaError",
    "check_names",
    "listed",
    "names_of",
    "parse",
    "quoted",
]

FUNCTIONS = (
    *("sin", "cos", "tan", "exp", "log", "ln", "sqrt", "abs"),
    *("sinh", "cosh", "tanh", "atan", "arctan", "sigmoid", "relu"),
)
NAMED_NUMBERS = {"pi": math.pi, "π": math.pi, "e": math.e}

_MAX_CHARACTERS = 300
_MAX_NODES = 150
_MAX_DEPTH = 16

_ALLOWED = (
    "Allowed are numbers, variables and constants, + - * / **, parentheses and the functions "
    + ", ".join(FUNCTIONS)
    + "."
)
_PASTED = str.maketrans(
    {"^": "**", "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "\xa0": " "}
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_LOOK_ALIKES = str.maketrans("асеһіјկорԛѕхуԝүοχ", "acehijkopqsxywyox")

_KINDS = {
    ast.Compare: "a comparison",
    ast.Lambda: "lambda (call a constant of that name lam)",
    ast.Attribute: "a dot after a name",
    ast.Subscript: "an index in square brackets",
    ast.Tuple: "a comma",
    ast.List: "a square bracket (use round ones)",
    ast.Set: "a curly bracket (use round ones)",
    ast.Dict: "a curly bracket (use round ones)",
    ast.JoinedStr: "text in quotes",
    ast.BoolOp: "and, or",
    ast.IfExp: "if",
    ast.BitOr: "| (write abs(x) for |x|)",
    ast.Mod: "%",
}


class FormulaError(ValueError):
    """The text is not a formula that a landscape can be made of; the message says why."""


def quoted(text):
    return repr(text if len(text) <= 60 else text[:57] + "...")


def listed(names):
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def parse(text, known=()):
    """The syntax tree of the text: numbers, names, + - * / ** and functions of one argument.

    `known` are the names of variables and constants.

    Raises:
        FormulaError: it holds anything else, or is too long or nested too deeply.

    >>> ast.unparse(parse("x² − 2·x"))
    'x ** 2 - 2 * x'
    """
    if len(text) > _MAX_CHARACTERS:
        raise FormulaError(
            f"{quoted(text)} has {len(text)} characters: at most {_MAX_CHARACTERS} are allowed."
        )
    # Text copied from a web page can hold characters that nobody sees.
    plain = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    if not plain:
        raise FormulaError(f"{quoted(text)} is empty: give a formula, as in 'x**2 + y**2'.")
    plain = re.sub(
        "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda match: "**" + match[0].translate(_SUPERSCRIPTS), plain
    ).translate(_PASTED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning):
        raise FormulaError(_syntax_message(text, plain)) from None
    if sum(isinstance(node, ast.expr) for node in ast.walk(tree)) > _MAX_NODES:
        raise FormulaError(
            f"{quoted(text)} is too long: at most {_MAX_NODES} numbers, names and operators."
        )
    _check(tree, quoted(text), known)
    return tree


def _syntax_message(text, plain):
    number = r"(?<![\w.])(?<!\de[-+])(?>\d+\.?\d*(?:e[-+]?\d+)?)"
    product = re.search(rf"({number})\s*([^\W\d]\w*)", plain)
    opened, closed = plain.count("("), plain.count(")")
    if re.search(r"(?<![=<>!:])=(?!=)", plain):
        advice = "give the right-hand side alone, without '='."
    elif product and not keyword.iskeyword(product[2]):
        advice = f"write {product[1]}*{product[2]} for a product. {_ALLOWED}"
    elif "lambda" in plain:
        advice = f"lambda means something else in Python: call the constant lam. {_ALLOWED}"
    elif "|" in plain:
        advice = f"write abs(x) for |x|. {_ALLOWED}"
    elif opened != closed:
        which = "')' is missing" if opened > closed else "'(' is missing"
        advice = f"check the brackets, a {which}. {_ALLOWED}"
    elif re.fullmatch(r"[^\W\d]+(\s+[^\W\d]+)+", plain):
        advice = f"words stand side by side. {_ALLOWED}"
    else:
        advice = f"check the brackets and that every product has its *. {_ALLOWED}"
    return f"{quoted(text)} is not a formula: {advice}"


def _check(node, text, known, depth=0):
    """Raise FormulaError unless the tree holds nothing but what is allowed."""
    if depth > _MAX_DEPTH:
        raise FormulaError(f"{text} is nested too deeply: at most {_MAX_DEPTH} levels are allowed.")
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            return
        case ast.Name(id=name):
            if name in FUNCTIONS:
                raise FormulaError(
                    f"{text} is not a formula: {name} needs its argument, as in {name}(x)."
                )
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            _check(node.operand, text, known, depth + 1)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
            # A long sum or product leans to the left: that is length, not depth.
            leans = isinstance(node.left, ast.BinOp) and not isinstance(node.op, ast.Pow)
            _check(node.left, text, known, depth + (not leans))
            _check(node.right, text, known, depth + 1)
        case ast.Call():
            _check_call(node, text, known)
            _check(node.args[0], text, known, depth + 1)
        case _:
            kind = _kind(node)
            raise FormulaError(f"{text} is not a formula: {kind} cannot be used. {_ALLOWED}")


def _check_call(node, text, known):
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if name is None:
        advice = f"write * between the factors. {_ALLOWED}"
    elif name in known:
        advice = f"{name} is no function, a product is {name}*(...)."
    elif name not in FUNCTIONS:
        advice = f"there is no function {name}. {_look_alike(name, FUNCTIONS) or _ALLOWED}"
    elif node.keywords or len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
        advice = f"{name} takes one argument, as in {name}(x)."
    else:
        return
    raise FormulaError(f"{text} is not a formula: {advice}")


def _kind(node):
    if isinstance(node, ast.Constant):
        return quoted(repr(node.value))
    if isinstance(node, ast.Tuple) and not node.elts:
        return "an empty pair of brackets"
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return _KINDS.get(type(node.op), "this operator")
    return _KINDS.get(type(node), type(node).__name__)


def names_of(tree):
    """The names in the tree that stand for a number, in the order of the text.

    >>> names_of(parse("k*sin(x) + k"))
    ['k', 'x']
    """
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    return list(dict.fromkeys(n.id for n in sorted(nodes, key=lambda n: n.col_offset)))


def check_names(text, names, variables, constants, given):
    """Raise FormulaError unless every name has a meaning and every constant is used.

    `given` says that the variables were named in code: then whoever types the formula cannot give
    other names a value, and is told which ones there are.
    """
    allowed = (*variables, *constants)
    unknown = [name for name in names if name not in allowed and name not in NAMED_NUMBERS]
    if unknown:
        message = f"{quoted(text)} mentions {listed(unknown)}: "
        one, letters = unknown[0], allowed if given else (*allowed, *"xyz")
        if alike := _look_alike(one, letters):
            message += alike
        elif len(one) > 1 and all(letter in letters for letter in one):
            message += f"that is read as one name, so write {'*'.join(one)} for the product."
        elif given:
            message += f"the names to use here are {listed(allowed)}; a product needs its *."
        else:
            which = "it" if len(unknown) == 1 else "each"
            message += f"give {which} a value, as in {one}=1.0"
        raise FormulaError(message)
    unused = [name for name in constants if name not in names]
    if unused:
        them = "it" if len(unused) == 1 else "them"
        raise FormulaError(
            f"{quoted(text)} does not mention {listed(unused)}: "
            f"leave {them} out, or use {them} in the formula."
        )


def _look_alike(name, known):
    latin = name.translate(_LOOK_ALIKES)
    if latin == name or latin not in known:
        return ""
    strange = next(letter for letter in name if letter.translate(_LOOK_ALIKES) != letter)
    alphabet = unicodedata.name(strange).split()[0].title()
    return f"{name} only looks like {latin}, it has a {alphabet} letter: type {latin} anew."
