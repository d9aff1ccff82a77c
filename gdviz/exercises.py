"""Predict and check: the learner commits to an answer before seeing, and tries it out after."""

import html
import math

import ipywidgets as widgets
import numpy as np

NOT_YET, RIGHT, WRONG = "not yet", "right", "wrong"
MARKS = {NOT_YET: "○", RIGHT: "✓", WRONG: "✗"}
COLOURS = {NOT_YET: "#8A8A8A", RIGHT: "#00785A", WRONG: "#B00020"}


class Predict:
    """A question whose answer shows only after the learner has committed to one."""

    def __init__(self, question, answer, options=None, because="", unit=""):
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
        self.unit = f" {unit}" if unit else ""
        self.guess = None
        self.widget = self._assemble()

    @property
    def text(self):
        """The question, and once the learner has committed, the prediction beside the truth."""
        asked = f"Predict: {self.question}"
        if self.options:
            asked += "\n" + "\n".join(f"  ○ {option}" for option in self.options)
        return f"{asked}\n{self.verdict}" if self.guess is not None else asked

    @property
    def outcome(self):
        """``"not yet"``, ``"right"`` or ``"wrong"``; a number is right within 10 % of the truth."""
        if self.guess is None:
            return NOT_YET
        if self.options:
            return RIGHT if self.guess == self.truth else WRONG
        close = math.isclose(self.guess, self.truth, rel_tol=0.1, abs_tol=1e-12)
        return RIGHT if close else WRONG

    def commit(self, guess):
        """Commit to ``guess``, and see it beside the truth.

        Raises ValueError for a guess that is no option, or no finite number where a number is
        asked.
        """
        if self.options:
            if guess not in self.options:
                raise ValueError(f"{guess!r} is not an option: choose one of {self.options}")
        elif not _is_number(guess):
            raise ValueError(f"{guess!r} is not a finite number: predict one, as in 12 or 0.5")
        truth = self.answer() if callable(self.answer) else self.answer
        self.truth = str(truth) if self.options else float(truth)
        self.guess = guess if self.options else float(guess)
        said, true = (
            (f"“{self.guess}”", f"“{self.truth}”")
            if self.options
            else (f"{self.guess:.4g}{self.unit}", f"{self.truth:.4g}{self.unit}")
        )
        word = "A surprise"
        if self.outcome == RIGHT:
            word = "As you predicted" if said == true else "Close enough, within 10 %"
        self.verdict = f"You said {said}. It is {true}. {word}. {self.because}".strip()
        self._reveal()

    def _assemble(self):
        if self.options:
            self.field = widgets.RadioButtons(
                options=self.options, value=None, layout={"width": "max-content"}
            )
        else:
            self.field = widgets.Text(
                placeholder="a number", description=self.unit.strip(), layout={"width": "220px"}
            )
            self.field.style.description_width = "max-content"
        self.button = widgets.Button(description="Commit", tooltip="Commit, then see the answer")
        self.button.on_click(self._clicked)
        self.button.add_class("gdviz-commit")
        self.shown = widgets.HTML()
        self.shown.add_class("gdviz-verdict")
        asked = widgets.HTML(f"<b>Predict.</b> {html.escape(self.question)}")
        box = widgets.VBox([asked, self.field, self.button, self.shown])
        box.add_class("gdviz-predict")
        return box

    def _clicked(self, button):
        try:
            self.commit(self.field.value if self.options else _read(self.field.value))
        except ValueError:
            asked = "Choose an answer" if self.options else "Type a number, as in 12 or 0.5,"
            self.shown.value = f"{asked} first: a wrong prediction teaches more than none."

    def _reveal(self):
        self.field.disabled = self.button.disabled = True
        colour = COLOURS[self.outcome]
        self.shown.value = (
            f'<span style="color:{colour};font-weight:600">{MARKS[self.outcome]}</span> '
            f"{html.escape(self.verdict)}"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {**self.widget._repr_mimebundle_(), "text/plain": self.text}


def predict(question, answer, options=None, because="", unit=""):
    """Ask for a prediction, and show it beside the truth once the learner has committed to it.

    ``answer`` is the truth, or a function without arguments that measures it when it is asked for;
    ``options`` makes the question a choice, else it asks for a number in ``unit``; ``because`` says
    why. Raises ValueError for an answer that is not among the options. Source: Crouch et al.,
    *Classroom demonstrations: learning tools or entertainment?*, Am. J. Phys. 72 (2004).

    >>> question = predict("What is 2 + 2?", answer=lambda: 2 + 2, because="Count.")
    >>> question.outcome
    'not yet'
    >>> question.commit(5)
    >>> question.text
    'Predict: What is 2 + 2?\\nYou said 5. It is 4. A surprise. Count.'
    """
    return Predict(question, answer, options, because, unit)


class Check:
    """What a check found: ``outcome`` is "right", "wrong" or "not yet"; ``text`` says why."""

    def __init__(self, outcome, words):
        self.outcome = outcome
        self.text = f"{MARKS[outcome]} {outcome.capitalize()}. {words}".strip()

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        style = f"color:{COLOURS[self.outcome]};font-weight:600"
        return f'<span style="{style}">{html.escape(self.text)}</span>'


def check(attempt, *, answer=None, cases=None, accept=None, hint="", praise="", tolerance=1e-6):
    """Say whether ``attempt`` is right, wrong (with ``hint``), or not yet made (``None`` or
    ``...``).

    Give one of three: ``answer``, a number or an array that the attempt must equal to a relative
    ``tolerance``; ``cases``, pairs ``(arguments, expected)`` on which the attempt, a function, is
    tried; ``accept``, a function that returns True for a good attempt. ``hint`` is a text, or a
    function of what the learner's attempt gave that returns one. An error in the learner's function
    is told in words, never raised.

    >>> check(..., answer=0.5)
    ○ Not yet. Replace the ... with your answer and run the cell again.
    >>> check(0.5000000001, answer=0.5)
    ✓ Right.
    >>> check(lambda x: x + x, cases=[((2,), 4), ((3,), 9)], hint="Try 3.")
    ✗ Wrong. For (3) yours gives 6, and 9 is right. Try 3.
    """
    if sum(way is not None for way in (answer, cases, accept)) != 1:
        raise TypeError("give check exactly one of answer=, cases= and accept=")
    if _missing(attempt):
        return Check(NOT_YET, "Replace the ... with your answer and run the cell again.")
    try:
        if cases is not None:
            return _check_cases(attempt, cases, hint, praise, tolerance)
        right = bool(accept(attempt)) if accept else _equal(attempt, answer, tolerance)
    except Exception as error:
        return Check(
            WRONG, f"It stopped with {type(error).__name__}: {error}. {_words(hint, attempt)}"
        )
    return Check(RIGHT, praise) if right else Check(WRONG, _words(hint, attempt))


def _check_cases(attempt, cases, hint, praise, tolerance):
    if not callable(attempt):
        return Check(
            WRONG, f"A function is asked for, and this is {attempt!r}. {_words(hint, attempt)}"
        )
    for arguments, expected in cases:
        given = attempt(*arguments)
        if _missing(given):
            return Check(NOT_YET, "Your function returns nothing yet: replace the ... in it.")
        if not _equal(given, expected, tolerance):
            listed = ", ".join(map(_short, arguments))
            words = f"For ({listed}) yours gives {_short(given)}, and {_short(expected)} is right."
            return Check(WRONG, f"{words} {_words(hint, given)}")
    return Check(RIGHT, praise)


def _missing(attempt):
    return attempt is None or attempt is ...


def _read(text):
    """The number that a learner typed, whose minus may be the typographic one and comma a point."""
    return float(text.replace("−", "-").replace(",", "."))


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and math.isfinite(value)


def _equal(given, expected, tolerance):
    if isinstance(expected, str):
        return isinstance(given, str) and given.strip().casefold() == expected.casefold()
    given, expected = np.asarray(given, dtype=float), np.asarray(expected, dtype=float)
    return given.shape == expected.shape and np.allclose(
        given, expected, rtol=tolerance, atol=1e-12
    )


def _words(hint, given):
    if not callable(hint):
        return hint
    try:
        return hint(given)
    except Exception:  # a hint reckons with what was asked for, and this attempt is something else
        return "It is not of the kind that was asked for."


def _short(value):
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=5, separator=", ").replace("\n", "")
    return repr(value)
