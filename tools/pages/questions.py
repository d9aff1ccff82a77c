"""The questions of a page: what is asked, with the answer sealed, so that nobody reads it early."""

import ast
import base64
import json

from gdviz import exercises


def asked_in(source):
    """Return ``("predict" or "check", its first argument)`` where that is all that a cell does."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    call = tree.body[-1].value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr not in ("predict", "check") or not call.args:
        return None
    first = call.args[0]
    return call.func.attr, first.value if isinstance(first, ast.Constant) else None


def question(asked, name, made):
    """Return the block of a question: what a page asks, with the answer sealed in it."""
    patterns = {
        "ambiguous": exercises.WITH_AMBIGUOUS_COMMA.pattern,
        "comma": exercises.WITH_DECIMAL_COMMA.pattern,
        "groups": exercises.WITH_GROUPS.pattern,
    }
    if asked == "predict":
        answer = made.answer() if callable(made.answer) else made.answer
        kind = "choice" if made.options else "number"
        told = (
            f"“{answer}”"
            if made.options
            else made._with_unit(exercises._four_digits(float(answer)))
        )
        shown = {"text": made.question, "options": made.options, "unit": made.unit}
        inner = {
            "kind": kind,
            "answer": answer if made.options else float(answer),
            "told": told,
            "unit": made.unit,
            "tolerance": made.tolerance,
            "because": made.because,
            "see": made.see,
        }
    else:
        entry = exercises.bank()[name]
        if entry["kind"] != "answer" or "answer" not in entry or isinstance(entry["answer"], list):
            return {"kind": "needs", "text": entry["text"]}
        answer = entry["answer"]
        names = list(answer) if isinstance(answer, dict) else None
        shown = {"text": entry["text"], "unit": "", "names": names}
        inner = {
            "kind": "answer",
            "names": names,
            "answer": list(answer.values()) if names else answer,
            "tolerance": entry.get("tolerance", 1e-6),
            "digits": entry.get("digits"),
            "hint": entry.get("hint", ""),
            "praise": entry.get("praise", ""),
        }
    number = not shown.get("options") and not isinstance(inner["answer"], (str, list))
    sealed = json.dumps({"asked": asked, "patterns": patterns, **inner}, ensure_ascii=False)
    shown |= {"asked": asked, "name": name or made.question, "number": number}
    shown["sealed"] = base64.b64encode(sealed.encode()).decode()
    return {"kind": "question", "question": shown}
