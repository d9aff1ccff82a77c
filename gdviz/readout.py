"""What a figure says in words and numbers: a verdict, and theory beside measurement."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from gdviz.checks import power_of_ten


@dataclass(frozen=True)
class Readout:
    """A verdict in words, and rows: ``(quantity, theory or "", measured)``, all of them words.

    ``text`` tells the same in a sentence.

    >>> told = read({"": "arrives", "factor a step": (0.9, 0.9000001), "steps": 1375})
    >>> told.rows
    (('factor a step', '0.9', '0.9'), ('steps', '', '1,375'))
    >>> told.text
    'arrives. factor a step: 0.9 in theory, 0.9 measured; steps: 1,375.'
    """

    verdict: str
    rows: tuple

    @property
    def text(self):
        """The readout as a sentence, for a screen reader and for stored notebooks."""
        parts = [
            f"{name}: {theory} in theory, {measured} measured" if theory else f"{name}: {measured}"
            for name, theory, measured in self.rows
        ]
        verdict = self.verdict.strip()
        if verdict and parts and verdict[-1] not in ".!?:…":
            verdict += "."
        return " ".join(filter(None, [verdict, "; ".join(parts) + "." if parts else ""]))


def read(told):
    """Return the Readout of what a readout function returned: words, or a dict.

    A dict goes from a name to a number, words, or ``(theory, measured)``; the name "" is the
    verdict. Raises TypeError for anything else.
    """
    if isinstance(told, Readout):
        return told
    if isinstance(told, str):
        return Readout(told, ())
    if not isinstance(told, dict):
        raise TypeError(
            f"the readout returned {told!r}: return words, or a dict as in "
            '{"": "arrives", "steps": 12, "factor": (theory, measured)}'
        )
    rows = []
    for name, value in told.items():
        if name == "":
            continue
        if isinstance(value, tuple):
            if len(value) != 2:
                raise TypeError(
                    f"the readout gives {value!r} for {name!r}: give one value, or two, "
                    "(theory, measured)"
                )
            rows.append((str(name), say(value[0]), say(value[1])))
        else:
            rows.append((str(name), "", say(value)))
    return Readout(str(told.get("", "")), tuple(rows))


def say(value):
    """Return a number as a learner reads it, with four digits that count; words as they are.

    >>> say(0.98019802), say(1375), say(1.2e-9), say(float("inf")), say(np.float32(0.5))
    ('0.9802', '1,375', '1.2 · 10⁻⁹', 'infinite', '0.5')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    array = np.asarray(value)
    if array.ndim and array.size <= 4 and array.dtype.kind in "fiu":
        return f"({', '.join(say(part) for part in array.ravel())})"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if array.ndim == 0 and array.dtype.kind in "iu":
        return f"{int(value):,}"
    if not isinstance(value, Real) and array.dtype.kind != "f":
        return str(value)
    number = float(value)
    if np.isnan(number):
        return "not a number"
    if np.isinf(number):
        return "infinite" if number > 0 else "minus infinite"
    if number == 0:
        return "0"
    if 1e-4 <= abs(number) < 1e6:
        if abs(number) >= 1e4:
            return f"{number:,.0f}"
        return f"{number:.4g}"
    digits, power = (
        f"{number:.3g}".split("e") if "e" in f"{number:.3g}" else f"{number:.2e}".split("e")
    )
    return f"{float(digits):g} · {power_of_ten(power)}"
