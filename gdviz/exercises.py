"""Predict and check: the learner commits to an answer before seeing, and tries it out after.

The questions of the series are data: ``questions/`` holds one TOML file for each notebook.
"""

import copy
import difflib
import html
import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import ipywidgets as widgets
import numpy as np

NOT_YET, RIGHT, WRONG = "not yet", "right", "wrong"
MARKS = {NOT_YET: "○", RIGHT: "✓", WRONG: "✗"}
STYLE = re.sub(r"/\*.*?\*/\s*", "", (files("gdviz") / "style.css").read_text("utf-8"), flags=re.S)
CLOSE = 0.1
PREDICTED = {"choice", "number"}

WITH_AMBIGUOUS_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}(e[+-]?\d+)?", re.IGNORECASE)
WITH_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
WITH_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?|[+-]?[1-9]\d{0,2}( \d{3})+(\.\d*)?")


class UnreadableError(ValueError):
    """What was typed is no number, or may be two."""


class MisfitError(ValueError):
    """What was given is of another kind than what is asked for."""


@cache
def bank():
    """Every question of the series, by its name."""
    questions = {}
    for file in (files("gdviz") / "questions").iterdir():
        if file.name.endswith(".toml"):
            questions |= tomllib.loads(file.read_text(encoding="utf-8"))
    return questions


class Predict:
    """A question whose answer shows only after the learner has committed to one."""

    def __init__(
        self, question, answer, options=None, because="", unit="", tolerance=CLOSE, see=""
    ):
        if options is not None:
            options = [str(option) for option in options]
            if len(set(options)) < 2:
                raise ValueError(f"a choice needs two different options or more, and got {options}")
            if not callable(answer) and str(answer) not in options:
                raise ValueError(f"the answer {str(answer)!r} is not among the options {options}")
        elif not callable(answer) and not _is_number(answer):
            raise ValueError(f"without options the answer is a finite number, not {answer!r}")
        self.question = question
        self.options = options
        self.answer = answer
        self.because = because
        self.unit = unit
        self.tolerance = tolerance
        self.see = see
        self.guess = None
        self.widget = self._assemble()

    @property
    def text(self):
        """The question, and once the learner has committed, the prediction beside the truth."""
        asked = f"Predict: {self.question}"
        if self.options:
            asked += "\n" + "\n".join(f"  ○ {option}" for option in self.options)
        if self.guess is None:
            return asked
        beside = " ".join(f"{who[0].upper()}{who[1:]} {what}." for who, what in self._beside())
        return f"{asked}\n{beside} {self._judgement()} {self._why()}".strip()

    @property
    def outcome(self):
        """``"not yet"``, ``"right"`` or ``"wrong"``; a number is right within ``tolerance``."""
        if self.guess is None:
            return NOT_YET
        if self.options:
            return RIGHT if self.guess == self.truth else WRONG
        off = abs(self.guess - self.truth)
        return RIGHT if off <= self.tolerance * abs(self.truth) + 1e-12 else WRONG

    def commit(self, guess):
        """Commit to ``guess``, a number or a number as a learner types it, and see the truth.

        Raises ValueError for a guess that is no option, or no finite number where a number is
        asked.
        """
        if self.options:
            if guess not in self.options:
                raise ValueError(f"{guess!r} is not an option: choose one of {self.options}")
            number, said = guess, f"“{guess}”"
        elif isinstance(guess, str):
            typed = guess.strip().removesuffix(self.unit or " ").strip()
            number, said = read_number(typed), self._with_unit(typed)
        elif _is_number(guess):
            number, said = float(guess), self._with_unit(f"{guess:.12g}")
        else:
            raise ValueError(f"{guess!r} is not a finite number: predict one, as in 12 or 0.5")
        truth = self.answer() if callable(self.answer) else self.answer
        self.truth = str(truth) if self.options else float(truth)
        self.true = f"“{truth}”" if self.options else self._with_unit(_four_digits(self.truth))
        self.guess, self.said = number, said
        self._reveal()

    def _with_unit(self, number):
        return f"{number} {self.unit}".strip()

    def _judgement(self):
        if self.outcome == WRONG:
            return "A surprise."
        if self.options or _four_digits(self.guess) == _four_digits(self.truth):
            return "As you predicted."
        return f"Close enough, within {100 * self.tolerance:g} %."

    def _beside(self):
        """What was said and what is; where both are the same words, once."""
        said = [("you said", self.said)] if self.said != self.true else []
        return [*said, ("it is", self.true)]

    def _why(self):
        look = f"Look at {self.see}." if self.see else ""
        return f"{self.because} {look}".strip()

    def _assemble(self):
        if self.options:
            self.field = widgets.RadioButtons(
                options=self.options, value=None, layout={"width": "auto", "margin": "0"}
            )
        else:
            # the value arrives when the learner presses Enter or leaves the field: one message,
            # which no later keystroke can overtake while the kernel is busy
            self.field = widgets.Text(
                placeholder="a number, then Enter",
                description=self.unit,
                continuous_update=False,
                layout={"width": "240px"},
            )
            self.field.style.description_width = "max-content"
            self.field.observe(self._try, "value")
        self.button = widgets.Button(description="Commit", tooltip="Commit, then see the answer")
        self.button.on_click(self._try)
        self.button.add_class("gdviz-commit")
        self.shown = widgets.HTML()
        self.shown.add_class("gdviz-verdict")
        asked = widgets.HTML(f"<style>{STYLE}</style><b>Predict.</b> {html.escape(self.question)}")
        # in one row where there is room, so that the figure below comes into sight
        row = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "4px 26px"}
        answer = widgets.HBox([self.field, self.button], layout=row)
        box = widgets.VBox([asked, answer, self.shown])
        box.add_class("gdviz-predict")
        return box

    def _try(self, event):
        if self.guess is not None:
            return
        first = "first: a wrong prediction teaches more than none."
        try:
            if not self.field.value:
                asked = "Choose an answer" if self.options else "Type a number"
                raise UnreadableError(f"{asked} {first}")
            self.commit(self.field.value)
        except UnreadableError as error:
            self.shown.value = (
                f'<div role="status"><span class="{_class(NOT_YET)}">{MARKS[NOT_YET]}</span> '
                f"{html.escape(str(error))}</div>"
            )

    def _reveal(self):
        self.field.disabled = self.button.disabled = True
        beside = "".join(
            f"<span>{who}</span><span>{html.escape(what)}</span>" for who, what in self._beside()
        )
        self.shown.value = (
            f'<div role="status"><span class="{_class(self.outcome)}">'
            f"{MARKS[self.outcome]} {self._judgement()}</span>"
            f'<div class="gdviz-beside">{beside}</div>'
            f"{html.escape(self._why())}</div>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {**self.widget._repr_mimebundle_(), "text/plain": self.text}


def predict(question, answer=None, options=None, because="", unit="", tolerance=CLOSE, see=""):
    """Ask for a prediction, and show it beside the truth once the learner has committed to it.

    ``predict("overshoot")`` asks a question of the series' bank by its name. For a question of your
    own, ``answer`` is the truth, or a function without arguments that measures it when it is asked
    for; ``options`` makes the question a choice, else it asks for a number in ``unit``, which is
    right within the relative ``tolerance``; ``because`` says why, ``see`` names what shows it.
    Raises ValueError for a name that the bank does not know, and for an answer that is not among
    the options. Source: Crouch et al., *Classroom demonstrations: learning tools or
    entertainment?*, Am. J. Phys. 72 (2004).

    >>> question = predict("What is 2 + 2?", answer=lambda: 2 + 2, because="Count.")
    >>> question.outcome
    'not yet'
    >>> question.commit(5)
    >>> question.text
    'Predict: What is 2 + 2?\\nYou said 5. It is 4. A surprise. Count.'
    """
    if answer is None and options is None:
        entry = _question(question, PREDICTED)
        asked = ("answer", "options", "because", "unit", "tolerance", "see")
        return Predict(entry["text"], **{name: entry[name] for name in asked if name in entry})
    return Predict(question, answer, options, because, unit, tolerance, see)


class Check:
    """What a check found: ``outcome`` is "right", "wrong" or "not yet"; ``text`` says why."""

    def __init__(self, outcome, words="", task=""):
        self.outcome, self.words, self.task = outcome, words, task
        self.verdict = f"{MARKS[outcome]} {outcome.capitalize()}."

    @property
    def text(self):
        """The task, the verdict and why."""
        task = f"Exercise: {self.task}\n" if self.task else ""
        return f"{task}{self.verdict} {self.words}".strip()

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        task = f"<div><b>Exercise.</b> {html.escape(self.task)}</div>" if self.task else ""
        verdict = f'<span class="{_class(self.outcome)}">{self.verdict}</span>'
        return f"<style>{STYLE}</style>{task}<div>{verdict} {html.escape(self.words)}</div>"


def check(
    attempt,
    *attempt_of_the_bank,
    answer=None,
    cases=None,
    accept=None,
    within=None,
    measure=None,
    hint="",
    praise="",
    tolerance=1e-6,
    digits=None,
):
    """Say whether an attempt is right, wrong (with ``hint``), or not yet made (``None`` or
    ``...``).

    ``check("one-step rate", one_step_rate)`` asks an exercise of the series' bank by its name. For
    an exercise of your own give the attempt, and one of four: ``answer``, a number, a word, an
    array or a dict that the attempt must equal to a relative ``tolerance`` or in so many
    ``digits``; ``cases``, pairs ``(arguments, expected)`` on which the attempt, a function, is
    tried; ``within``, the lowest and the highest number that is right; ``accept``, a function that
    returns True for a good attempt. ``measure`` is a function of the attempt, whose result is
    judged in its place. ``hint`` is a text, or a function of what the learner's attempt gave that
    returns one. A right number is right as 1/6, "1/6", 0.1667 (four digits), [1/6] or
    np.float32(1/6). An error in the learner's function is told in words, never raised.

    >>> check(..., answer=0.5)
    ○ Not yet. Replace the ... with your answer and run the cell again.
    >>> check("1/2", answer=0.5)
    ✓ Right.
    >>> check(lambda x: x + x, cases=[((2,), 4), ((3,), 9)], hint="Try 3.")
    ✗ Wrong. For (3) yours gives 6, and 9 is right. Try 3.
    """
    ways = {"answer": answer, "cases": cases, "accept": accept, "within": within}
    ways = {name: way for name, way in ways.items() if way is not None}
    if attempt_of_the_bank:
        if len(attempt_of_the_bank) > 1:
            raise TypeError("check takes the name of a question and one attempt at it")
        entry = _question(attempt, {"answer", "function"})
        if ways:
            raise TypeError(
                f"the bank knows the answer to {attempt!r}: leave out {', '.join(ways)}="
            )
        if ("measured" in entry) != (measure is not None):
            needed = "needs" if "measured" in entry else "takes no"
            raise TypeError(f"the check {attempt!r} {needed} measure=, a function of the attempt")
        found = _judge(attempt_of_the_bank[0], measure=measure, **_ways(entry))
        return Check(found.outcome, found.words, entry["text"])
    if len(ways) != 1:
        raise TypeError("give check exactly one of answer=, cases=, within= and accept=")
    return _judge(
        attempt,
        **ways,
        measure=measure,
        hint=hint,
        praise=praise,
        tolerance=tolerance,
        digits=digits,
    )


def read_number(text):
    """Return the number that a learner typed: 0.3, 0,3, −2, 1e-3, 1/6, 1,000,000.

    A point is the decimal sign. Raises ValueError for what is no finite number, and for a comma
    that may be either: 1,000.

    >>> read_number("−1/4"), read_number("2,5"), read_number("12,000.5")
    (-0.25, 2.5, 12000.5)
    >>> read_number("1,000")
    Traceback (most recent call last):
    gdviz.exercises.UnreadableError: “1,000” may be 1.000 or 1000: type the one that you mean. ...
    """
    above, slash, below = text.replace("−", "-").partition("/")
    value = _read(above, text)
    if slash:
        divisor = _read(below, text)
        value = value / divisor if divisor else math.inf
    if not math.isfinite(value):
        raise UnreadableError(f"“{text.strip()}” is not a finite number.")
    return value


def _read(part, text):
    part = part.strip()
    if WITH_AMBIGUOUS_COMMA.fullmatch(part):
        raise UnreadableError(
            f"“{text.strip()}” may be {part.replace(',', '.')} or {part.replace(',', '')}: "
            "type the one that you mean. A point is the decimal sign here."
        )
    if WITH_GROUPS.fullmatch(part):
        part = part.replace(",", "").replace(" ", "")
    elif WITH_DECIMAL_COMMA.fullmatch(part):
        part = part.replace(",", ".")
    try:
        return float(part)
    except ValueError:
        raise UnreadableError(
            f"“{text.strip()}” is not a number: type one, as in 12, 0.5, 1/6 or 1e-3. "
            "A point is the decimal sign here."
        ) from None


def _question(name, kinds):
    """The entry of the bank that has this name and is of one of these kinds."""
    entry = bank().get(name) if isinstance(name, str) else None
    if entry is None:
        near = difflib.get_close_matches(str(name), bank(), n=3, cutoff=0)
        own = 'predict("...", answer=12)' if kinds == PREDICTED else "check(mine, answer=12)"
        raise ValueError(
            f"the bank has no question {name!r}; the nearest are {', '.join(map(repr, near))}. "
            f"A question of your own needs its answer, as in gd.{own}"
        )
    if entry["kind"] not in kinds:
        ask = "check" if kinds == PREDICTED else "predict"
        attempt = ", your_attempt" if ask == "check" else ""
        raise ValueError(f"{name!r} is asked by gd.{ask}({name!r}{attempt})")
    return entry


def _ways(entry):
    """An exercise of the bank as the arguments of ``_judge``."""
    names = ("answer", "within", "hint", "praise", "tolerance", "digits")
    ways = {name: entry[name] for name in names if name in entry}
    if entry["kind"] == "function":
        ways["cases"] = [
            ([_array(argument) for argument in case["arguments"]], _array(case["expected"]))
            for case in entry["cases"]
        ]
        generator = np.random.default_rng(0)
        for recipe in entry.get("random", []):
            for _ in range(recipe["count"]):
                arguments = [_draw(argument, generator) for argument in recipe["arguments"]]
                ways["cases"].append((arguments, _array(recipe["expected"])))
    return ways


def _array(value):
    return np.array(value, dtype=float) if isinstance(value, list) else value


def _draw(argument, generator):
    if isinstance(argument, dict):
        return generator.uniform(argument["low"], argument["high"], argument.get("size"))
    return _array(argument)


def _judge(
    attempt,
    answer=None,
    cases=None,
    accept=None,
    within=None,
    measure=None,
    hint="",
    praise="",
    tolerance=1e-6,
    digits=None,
):
    if attempt is None:
        return Check(
            NOT_YET, "This is None, nothing: was it made by a function that does not return?"
        )
    missing, of = _missing(attempt)
    if missing:
        what = "your answer" if of == 1 else f"your answers, {missing} of {of},"
        return Check(NOT_YET, f"Replace the ... with {what} and run the cell again.")
    if cases is not None:
        return _judge_cases(attempt, cases, hint, praise, tolerance)
    given = attempt
    try:
        if measure is not None:
            given = measure(_one_number(attempt))
        if accept is not None:
            right, words = bool(accept(given)), ""
        elif within is not None:
            low, high = within
            number = _one_number(given)
            right = low <= number <= high
            words = f"Yours gives {_short(number)}." if measure is not None else ""
        else:
            if _has_too_few_digits(given, answer, digits):
                return Check(
                    NOT_YET, f"Right as far as it goes, and {digits} digits are asked for."
                )
            right, words = _same(given, answer, tolerance, digits), _wrong_ones(given, answer)
    except UnreadableError as error:
        return Check(NOT_YET, str(error))
    except MisfitError as error:
        right, words = False, str(error)
    except Exception as error:  # the learner's own, from a function of theirs
        right, words = False, f"It stopped with {type(error).__name__}: {error}."
    if right:
        return Check(RIGHT, praise)
    return Check(WRONG, f"{words} {_hint(hint, given)}".strip())


def _judge_cases(attempt, cases, hint, praise, tolerance):
    if not callable(attempt):
        words = f"A function is asked for, and this is {_kind(attempt)}."
        return Check(WRONG, f"{words} {_hint(hint, attempt)}".strip())
    for number, (arguments, expected) in enumerate(cases):
        listed = ", ".join(map(_short, arguments))
        given = None
        try:
            # copies: an attempt that changes its arguments in place changes no case
            given = attempt(*copy.deepcopy(arguments))
            if given is ...:
                return Check(NOT_YET, "Your function gives ... back: replace it.")
            if given is None:
                nothing = f"For ({listed}) your function returns nothing: does it end with return?"
                return Check(WRONG if number else NOT_YET, nothing)
            if _same(given, expected, tolerance):
                continue
            words = f"For ({listed}) yours gives {_short(given)}, and {_short(expected)} is right."
        except (MisfitError, UnreadableError):
            words = (
                f"For ({listed}) yours gives {_kind(given)}, and {_short(expected)} is asked for."
            )
        except Exception as error:
            words = f"For ({listed}) it stopped with {type(error).__name__}: {error}."
        return Check(WRONG, f"{words} {_hint(hint, given)}".strip())
    return Check(RIGHT, praise)


def _missing(attempt):
    """How many of how many answers are still the three dots."""
    if isinstance(attempt, Mapping):
        attempt = list(attempt.values())
    if isinstance(attempt, (list, tuple)):
        return sum(one is ... for one in attempt), len(attempt)
    return int(attempt is ...), 1


def _same(given, expected, tolerance, digits=None):
    """Whether what was given is what was expected, in any sensible form.

    Raises MisfitError where it is of another kind, and UnreadableError where a text is no number.
    """
    if isinstance(expected, Mapping):
        return not _wrong_places(given, expected)
    if isinstance(expected, str):
        if not isinstance(given, str):
            raise MisfitError(f"A word is asked for, and this is {_kind(given)}.")
        return _word(given) == _word(expected)
    if isinstance(expected, (bool, np.bool_)):
        one = np.asarray(given)
        if one.size != 1 or one.dtype.kind not in "biuf":
            raise MisfitError(f"True or False is asked for, and this is {_kind(given)}.")
        return one.item() == expected
    numbers, expected = _numbers(given).squeeze(), np.asarray(expected, dtype=float).squeeze()
    if numbers.shape != expected.shape:
        asked = "One number is" if expected.size == 1 else f"{expected.size} numbers are"
        raise MisfitError(f"{asked} asked for, and this is {_kind(given)}.")
    atol = np.where(expected == 0, 1e-12, 0.0)
    if digits is not None:
        tolerance, atol = 0.0, _last_digit(expected, digits)
    return np.allclose(numbers, expected, rtol=tolerance, atol=atol)


def _last_digit(expected, digits):
    """What one more in the last digit that is asked for makes; off by less is right."""
    size = np.where(expected == 0, 1.0, np.abs(expected))
    return 0.999 * 10.0 ** (np.floor(np.log10(size)) - digits + 1)


def _has_too_few_digits(given, answer, digits):
    if digits is None or np.size(answer) != 1 or _same(given, answer, 0.0, digits):
        return False
    number = _one_number(given)
    return any(number == float(f"{float(answer):.{fewer - 1}e}") for fewer in range(2, digits))


def _one_number(given):
    numbers = _numbers(given)
    if numbers.size != 1:
        raise MisfitError(f"One number is asked for, and this is {_kind(given)}.")
    return numbers.item()


def _wrong_places(given, expected):
    if not isinstance(given, Mapping):
        raise MisfitError(f"A dict is asked for, and this is {_kind(given)}.")
    return [
        place
        for place, right in expected.items()
        if place not in given or not _same(given[place], right, 1e-6)
    ]


def _wrong_ones(given, answer):
    if not isinstance(answer, Mapping):
        return ""
    return f"Look again at {', '.join(map(str, _wrong_places(given, answer)))}."


def _numbers(given):
    """The numbers that were given, a text as a learner types it, as an array of floats."""
    if isinstance(given, str):
        return np.asarray(read_number(given))
    misfit = MisfitError(f"A number is asked for, and this is {_kind(given)}.")
    try:
        values = np.asarray(given)
        if values.dtype.kind in "iufc":
            if np.any(values.imag != 0):
                raise misfit
            return values.real.astype(float)
        if values.dtype.kind not in "UO" or callable(given) or isinstance(given, (Mapping, set)):
            raise misfit
        read = [read_number(x) if isinstance(x, str) else float(x) for x in values.ravel()]
        return np.reshape(read, values.shape)
    except (MisfitError, UnreadableError):
        raise
    except (TypeError, ValueError):
        raise misfit from None


def _word(text):
    """A word as it is compared: "A saddle point." is "saddle"."""
    words = re.sub(r"[^\w\s-]", "", text).casefold().split()
    return " ".join(word for word in words if word not in {"a", "an", "the", "point"})


def _kind(value):
    """What a value is, in a learner's words."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return f"the number {_short(value)}"
    if isinstance(value, np.ndarray):
        return (
            f"an array of shape {value.shape}"
            if value.size != 1
            else f"the number {value.item():g}"
        )
    if isinstance(value, (list, tuple, set, Mapping)):
        return f"a {type(value).__name__} of {len(value)}"
    if callable(value):
        return "a function"
    return f"a {type(value).__name__}"


def _hint(hint, given):
    if not callable(hint):
        return hint
    try:
        return hint(given)
    except Exception:  # a hint reckons with what was asked for, and this attempt is something else
        return "It is not of the kind that was asked for."


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and math.isfinite(value)


def _four_digits(value):
    """Four digits, and never a whole number cut short: 73000, not 7.3e+04."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _class(outcome):
    return f"gdviz-{outcome.replace(' ', '-')}"


def _short(value):
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=5, separator=", ").replace("\n", "")
    if isinstance(value, (list, tuple)):
        listed = ", ".join(map(_short, value))
        return f"[{listed}]" if isinstance(value, list) else f"({listed})"
    return repr(value)
