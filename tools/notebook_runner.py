"""Run a notebook's code cells as a kernel does, in one namespace of this process."""

import ast

import nbformat
from IPython.core.inputtransformer2 import TransformerManager


def step_through(path):
    """Yield ``(cell, value, namespace)`` after each cell; the value is that of its last line."""
    namespace = {"__name__": "__main__"}
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        value = None
        if cell.cell_type == "code":
            value = execute(cell.source, namespace, f"{path.name}, cell {number}")
        yield cell, value, namespace


def execute(source, namespace, name="a cell"):
    """Execute a cell's source, and return the value of its last line if it is an expression."""
    tree = ast.parse(TransformerManager().transform_cell(source), filename=name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is not None:
        return eval(compile(ast.Expression(last.value), name, "eval"), namespace)
    return None
