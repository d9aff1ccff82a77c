"""Predict and check: nothing shows before the commitment, and a check has three outcomes."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import gdviz as gd
from gdviz.exercises import NOT_YET, RIGHT, STYLE, WRONG, UnreadableError, read_number


def choice(answer="b"):
    return gd.predict("Which?", answer=answer, options=["a", "b"], because="So it is.")


def test_nothing_shows_before_the_commitment():
    asked = []
    question = gd.predict("How many?", answer=lambda: asked.append(1) or 691, because="It is.")
    assert question.text == "Predict: How many?"
    assert question.outcome == NOT_YET
    assert question.shown.value == ""
    assert asked == []
    question.commit(700)
    assert asked == [1]
    assert question.text == (
        "Predict: How many?\nYou said 700. It is 691. Close enough, within 10 %. It is."
    )


@pytest.mark.parametrize(("guess", "outcome"), [("a", WRONG), ("b", RIGHT)])
def test_a_choice_stands_beside_the_truth(guess, outcome):
    question = choice()
    question.commit(guess)
    assert question.outcome == outcome
    right = "\nIt is “b”. As you predicted."
    assert ("You said “a”. It is “b”. A surprise." if guess == "a" else right) in question.text
    # the same words are shown once
    assert question.shown.value.count("“b”") == 1
    assert ("you said" in question.shown.value) == (guess == "a")
    assert question.field.disabled
    assert question.button.disabled


@pytest.mark.parametrize(
    ("guess", "outcome"),
    [(691, RIGHT), (760, RIGHT), (622, RIGHT), (761, WRONG), (621, WRONG), (-691, WRONG)],
)
def test_a_number_is_right_within_ten_per_cent(guess, outcome):
    question = gd.predict("How many?", answer=691, unit="steps")
    question.commit(guess)
    assert question.outcome == outcome
    assert "691 steps" in question.text


def test_the_button_commits_what_the_field_holds():
    question = choice()
    question.button.click()
    assert question.outcome == NOT_YET
    assert "Choose an answer first" in question.shown.value
    question.field.value = "b"
    assert question.outcome == NOT_YET
    question.button.click()
    assert question.outcome == RIGHT
    number = gd.predict("How many?", answer=2.0)
    number.button.click()
    assert "Type a number first" in number.shown.value


def test_enter_commits_a_number():
    """The browser sends the field's value on Enter, and not while one types."""
    number = gd.predict("How many?", answer=7448)
    assert not number.field.continuous_update
    number.field.value = "7448"
    assert number.outcome == RIGHT
    assert number.field.disabled
    number.button.click()
    number.field.value = "5"
    assert number.outcome == RIGHT


def test_a_number_that_cannot_be_read_is_no_commitment():
    number = gd.predict("How many?", answer=1000)
    for typed, words in {
        "two": "“two” is not a number: type one, as in 12, 0.5, 1/6 or 1e-3.",
        "1,000": "“1,000” may be 1.000 or 1000: type the one that you mean.",
        "1/0": "“1/0” is not a finite number.",
    }.items():
        number.field.value = typed
        assert number.outcome == NOT_YET
        assert words in number.shown.value
        assert not number.field.disabled
    number.field.value = "1000"
    assert number.outcome == RIGHT


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12", 12.0),
        (" 0.5 ", 0.5),
        ("−2", -2.0),
        ("+2", 2.0),
        ("2,5", 2.5),
        ("0,3", 0.3),
        (",5", 0.5),
        ("−0,125", -0.125),
        ("1234,567", 1234.567),
        ("2,5e-3", 0.0025),
        ("1e-3", 0.001),
        ("1/6", 1 / 6),
        ("−1 / 4", -0.25),
        ("1,000,000", 1e6),
        ("12,000.5", 12_000.5),
        ("73 000", 73_000.0),
    ],
)
def test_a_number_is_read_as_a_learner_types_it(typed, value):
    assert read_number(typed) == value


@pytest.mark.parametrize("typed", ["1,000", "−12,345", "1,000/3", "1/2,500", "1,250e3"])
def test_a_comma_that_may_be_either_is_refused(typed):
    with pytest.raises(UnreadableError, match="type the one that you mean"):
        read_number(typed)


@pytest.mark.parametrize(
    "typed", ["", "two", "1.000,5", "1,2,3", "nan", "inf", "1/0", "1e999", "/"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(UnreadableError, match="not a"):
        read_number(typed)


@pytest.mark.parametrize(
    ("typed", "said", "true"),
    [
        ("73000", "73000 steps", "7448 steps"),
        ("7,5e3", "7,5e3 steps", "7448 steps"),
        (" 7448.0 steps ", "7448.0 steps", "7448 steps"),
        (73000, "73000 steps", "7448 steps"),
        (7448.5, "7448.5 steps", "7448 steps"),
    ],
)
def test_what_was_typed_stands_beside_the_truth(typed, said, true):
    question = gd.predict("How many?", answer=7448, unit="steps")
    question.commit(typed)
    assert f"You said {said}. It is {true}." in question.text
    assert (
        f"<span>you said</span><span>{said}</span><span>it is</span><span>{true}</span>"
        in question.shown.value
    )


def test_a_truth_is_never_cut_short():
    for truth, shown in {
        73_000: "73000",
        117.3909: "117.4",
        16_384.4: "16384",
        1e-6: "1e-06",
    }.items():
        question = gd.predict("?", answer=truth)
        question.commit(truth * 1.05)
        assert f"It is {shown}. Close enough, within 10 %." in question.text


def test_the_verdict_names_what_shows_it():
    question = gd.predict("?", answer=1.0, because="So.", see="the map", tolerance=0.5)
    question.commit("1.4")
    assert question.text.endswith("Close enough, within 50 %. So. Look at the map.")
    assert "So. Look at the map." in question.shown.value


def test_text_from_the_author_is_shown_as_text():
    question = gd.predict("Is 1 < 2 & 2 < 3?", answer="<yes>", options=["<yes>", "no"])
    question.commit("no")
    assert "&lt;yes&gt;" in question.shown.value
    assert "1 &lt; 2 &amp; 2" in question.widget.children[0].value


@pytest.mark.parametrize(
    ("options", "answer", "words"),
    [
        (["a", "b"], "c", "not among the options"),
        (["a"], "a", "two different options"),
        (None, "text", "a finite number"),
        (None, float("nan"), "a finite number"),
    ],
)
def test_a_question_without_a_possible_answer_is_refused(options, answer, words):
    with pytest.raises(ValueError, match=words):
        gd.predict("?", answer=answer, options=options)


def test_a_guess_that_is_none_is_refused():
    with pytest.raises(ValueError, match="choose one of"):
        choice().commit("c")
    with pytest.raises(ValueError, match="not a finite number"):
        gd.predict("?", answer=1.0).commit(float("inf"))


def test_not_yet():
    dots = "○ Not yet. Replace the ... with your answer and run the cell again."
    assert gd.check(..., answer=1.0).text == dots
    assert "This is None" in gd.check(None, answer=1.0).text
    assert gd.check(None, answer=1.0).outcome == NOT_YET
    half = gd.check({"a": 1, "b": ...}, answer={"a": 1, "b": 2})
    assert half.outcome == NOT_YET
    assert "1 of 2" in half.text


def test_a_function_without_an_answer_in_it():
    cases = [((2,), 4), ((3,), 9)]
    dots = gd.check(lambda x: ..., cases=cases)
    assert dots.text == "○ Not yet. Your function gives ... back: replace it."
    forgotten = gd.check(lambda x: None, cases=cases)
    nothing = "For (2) your function returns nothing: does it end with return?"
    assert forgotten.text == f"○ Not yet. {nothing}"
    one_way = gd.check({2: 4}.get, cases=cases)
    assert one_way.text == "✗ Wrong. " + nothing.replace("2", "3")


SIXTH = 1 / 6


@pytest.mark.parametrize(
    "attempt",
    [
        SIXTH,
        "1/6",
        " 1 / 6 ",
        0.1667,
        "0.1667",
        "0,1667",
        [SIXTH],
        (SIXTH,),
        ["1/6"],
        np.float32(SIXTH),
        np.array(SIXTH),
        np.array([SIXTH]),
        np.array([[SIXTH]]),
        Fraction(1, 6),
        Decimal("0.1667"),
        complex(SIXTH, 0),
        np.roots([6, -1]),
    ],
    ids=repr,
)
def test_a_right_number_is_right_in_any_sensible_form(attempt):
    assert gd.check(attempt, answer=SIXTH, digits=4).outcome == RIGHT
    assert gd.check(attempt, answer=SIXTH, tolerance=1e-3).outcome == RIGHT


@pytest.mark.parametrize(
    ("attempt", "digits", "outcome"),
    [
        (0.3122, 4, RIGHT),
        (0.3121, 4, RIGHT),
        (0.3123, 4, WRONG),
        (0.312, 4, NOT_YET),
        (0.31, 4, NOT_YET),
        (0.3, 4, WRONG),
        (0.313, 3, RIGHT),
        (0.314, 3, WRONG),
        (-0.3122, 4, WRONG),
    ],
)
def test_so_many_digits_are_wanted(attempt, digits, outcome):
    found = gd.check(attempt, answer=0.31216818, digits=digits, hint="Look.")
    assert found.outcome == outcome
    if outcome == NOT_YET:
        assert found.text.endswith("Right as far as it goes, and 4 digits are asked for.")


@pytest.mark.parametrize(
    ("attempt", "answer", "outcome"),
    [
        (0.5, 0.5, RIGHT),
        (0.5 + 1e-8, 0.5, RIGHT),
        (0.501, 0.5, WRONG),
        (np.float64(0.5), 0.5, RIGHT),
        ([1, 2], np.array([1.0, 2.0]), RIGHT),
        ((1, "2"), [1.0, 2.0], RIGHT),
        (np.array([[1, 2]]), [1.0, 2.0], RIGHT),
        ([2, 1], [1.0, 2.0], WRONG),
        ([1, 2, 3], [1.0, 2.0], WRONG),
        (0.0, 0.0, RIGHT),
        (1e-13, 0.0, RIGHT),
        (0.0, 1e-39, WRONG),
        (float("nan"), 0.5, WRONG),
        (1j, 0.5, WRONG),
        ("saddle", "saddle", RIGHT),
        ("Saddle ", "saddle", RIGHT),
        ("a saddle point.", "saddle", RIGHT),
        ("minimum", "saddle", WRONG),
        ("no saddle", "saddle", WRONG),
        (2, "saddle", WRONG),
        (True, True, RIGHT),
        (np.True_, True, RIGHT),
        ([True], True, RIGHT),
        (1, True, RIGHT),
        (False, True, WRONG),
        ("True", True, WRONG),
        ({"a": "saddle point", "b": "1/2"}, {"a": "saddle", "b": 0.5}, RIGHT),
        ({"a": "saddle"}, {"a": "saddle", "b": 0.5}, WRONG),
    ],
)
def test_an_answer(attempt, answer, outcome):
    result = gd.check(attempt, answer=answer, hint="Think of the slope.")
    assert result.outcome == outcome
    assert ("Think of the slope." in result.text) == (outcome == WRONG)


@pytest.mark.parametrize("typed", ["two", "2,500"])
def test_an_answer_that_cannot_be_read_is_asked_for_again(typed):
    found = gd.check(typed, answer=2.0, hint="Think of the slope.")
    assert found.outcome == NOT_YET
    assert typed in found.text


def test_what_is_wrong_in_a_table_is_named_and_not_told():
    mine, right = {"first": "minimum", "second": "saddle"}, {"first": "maximum", "second": "saddle"}
    found = gd.check(mine, answer=right, hint="Look.")
    assert found.text == "✗ Wrong. Look again at first. Look."


@pytest.mark.parametrize(
    ("attempt", "answer", "words"),
    [
        ({"a": 1}, 1.0, "A number is asked for, and this is a dict of 1."),
        (True, 1.0, "A number is asked for, and this is True."),
        (len, 1.0, "A number is asked for, and this is a function."),
        ([1, 2], 1.0, "One number is asked for, and this is a list of 2."),
        ([[1], [2, 3]], 1.0, "A number is asked for, and this is a list of 2."),
        (np.ones((2, 3)), [1, 2], "2 numbers are asked for, and this is an array of shape (2, 3)."),
        (3, "saddle", "A word is asked for, and this is the number 3."),
        (len, True, "True or False is asked for, and this is a function."),
        ("saddle", {"a": "saddle"}, "A dict is asked for, and this is the text 'saddle'."),
    ],
)
def test_another_kind_than_asked_for_is_named(attempt, answer, words):
    assert gd.check(attempt, answer=answer, hint="Look.").text == f"✗ Wrong. {words} Look."


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        ({(1,): 2}, "a dict of 1"),
        (4, "the number 4"),
        ("x", "the text 'x'"),
        (np.ones(3), "an array of shape (3,)"),
        ([4], "a list of 1"),
    ],
)
def test_what_is_no_function_is_named(attempt, words):
    found = gd.check(attempt, cases=[((1,), 2)])
    assert found.text == f"✗ Wrong. A function is asked for, and this is {words}."


def test_a_function_is_tried_on_every_case():
    cases = [((1.0, 4.0), 0.6), ((np.array([1.0, 2.0]), 1.0), [0.9, 1.9])]
    assert gd.check(lambda x, g: x - 0.1 * g, cases=cases).outcome == RIGHT
    wrong = gd.check(lambda x, g: x + 0.1 * g, cases=cases, hint="Downhill.")
    assert wrong.text == "✗ Wrong. For (1, 4) yours gives 1.4, and 0.6 is right. Downhill."


def test_a_function_may_return_any_sensible_form():
    for form in (0.5, np.array([0.5]), [0.5], "1/2", np.float32(0.5)):
        assert gd.check(lambda x, form=form: form, cases=[((1,), 0.5)]).outcome == RIGHT
    for form in ({"a": 0.5}, len, True, [0.5, 0.5], "half"):
        found = gd.check(lambda x, form=form: form, cases=[((1,), 0.5)])
        assert found.outcome == WRONG
        assert "and 0.5 is asked for" in found.text


def test_an_attempt_cannot_change_the_cases():
    point = np.array([1.0, 2.0])

    def in_place(x):
        x *= 2
        return x

    for _ in range(2):
        assert gd.check(in_place, cases=[((point,), [2.0, 4.0])]).outcome == RIGHT
    assert point.tolist() == [1.0, 2.0]


def test_a_truth_value_is_shown_as_one():
    cases = [((1.0,), True)]
    wrong = gd.check(lambda lr: np.float64(lr) > 2, cases=cases)
    assert wrong.text == "✗ Wrong. For (1) yours gives False, and True is right."


def test_an_error_in_the_attempt_is_told_in_words():
    result = gd.check(lambda x: x / 0, cases=[((1,), 1)], hint="Do not divide.")
    assert result.outcome == WRONG
    assert "ZeroDivisionError" in result.text
    assert "Do not divide." in result.text


def test_accept_takes_every_good_attempt():
    near = {"accept": lambda gain: 1.3 < gain < 1.5, "hint": lambda gain: f"{gain} is too far."}
    assert gd.check(1.4, **near).outcome == RIGHT
    assert gd.check(2, **near).text == "✗ Wrong. 2 is too far."


def test_a_hint_that_cannot_be_given_is_no_error():
    result = gd.check([1, 2], answer=2.0, hint=lambda gain: f"{gain / 2}")
    assert result.outcome == WRONG
    assert "not of the kind that was asked for" in result.text


@pytest.mark.parametrize("ways", [{}, {"answer": 1, "cases": []}])
def test_one_way_to_check_is_given(ways):
    with pytest.raises(TypeError, match="exactly one"):
        gd.check(1, **ways)


def test_a_check_shows_its_words_in_html_too():
    assert "1 &lt; 2" in gd.check(0, answer=1, hint="1 < 2")._repr_html_()


def test_within_and_measure():
    assert gd.check("1.4", within=(1.3, 1.5)).outcome == RIGHT
    assert gd.check(1.3, within=(1.3, 1.5)).outcome == RIGHT
    assert gd.check(1.6, within=(1.3, 1.5)).outcome == WRONG
    assert gd.check({}, within=(1.3, 1.5)).outcome == WRONG
    squared = {"within": (1.9, 2.1), "measure": lambda gain: gain**2, "hint": "Less."}
    assert gd.check([1.4], **squared).outcome == RIGHT
    assert gd.check(2, **squared).text == "✗ Wrong. Yours gives 4. Less."
    assert gd.check(..., **squared).outcome == NOT_YET
    stopped = gd.check(0, within=(1, 2), measure=lambda gain: 1 / gain)
    assert "It stopped with ZeroDivisionError" in stopped.text


def test_a_question_of_the_bank_is_asked_by_its_name():
    question = gd.predict("price of a small rate")
    assert question.text.startswith("Predict: On f(x) = ½x²")
    question.commit("1375")
    assert "\nIt is 1375 steps. As you predicted." in question.text
    found = gd.check("one-step rate", "1/6")
    assert found.outcome == RIGHT
    assert found.text.startswith("Exercise: The learning rate that arrives")
    assert "Exercise." in found._repr_html_()


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(ValueError, match="no question 'overshot'; the nearest are 'overshoot'"):
        gd.predict("overshot")
    with pytest.raises(ValueError, match="the nearest are 'one-step rate'"):
        gd.check("one step rate", 0.5)
    with pytest.raises(ValueError, match="A question of your own needs its answer"):
        gd.predict("How many legs has a horse?")


def test_a_question_is_asked_in_its_own_way():
    with pytest.raises(ValueError, match=r"gd.check\('one-step rate', your_attempt\)"):
        gd.predict("one-step rate")
    with pytest.raises(ValueError, match=r"gd.predict\('overshoot'\)"):
        gd.check("overshoot", 1)
    with pytest.raises(TypeError, match="leave out answer"):
        gd.check("one-step rate", 1 / 6, answer=1 / 6)
    with pytest.raises(TypeError, match="needs measure="):
        gd.check("gain for fifty layers", 1.4)
    with pytest.raises(TypeError, match="takes no measure="):
        gd.check("one-step rate", 1 / 6, measure=abs)
    with pytest.raises(TypeError, match="one attempt"):
        gd.check("one-step rate", 1 / 6, 0.2)


def test_a_word_is_a_teachers_own_attempt():
    assert gd.check("overshoot", answer="overshoot").outcome == RIGHT


def luminance(colour):
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    low = channels <= 0.04045
    linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["right", "wrong", "not-yet", "error"])
@pytest.mark.parametrize(
    ("theme", "pages"),
    [("light", ["#ffffff"]), ("dark", ["#111111", "#212121"])],
    ids=["light", "dark"],
)
def test_colours_can_be_read_in_both_themes(name, theme, pages):
    """At least 4.5 against --jp-layout-color0 and -color1 of JupyterLab's themes."""
    dark = '[data-jp-theme-light="false"] ' if theme == "dark" else ""
    rules = dict(re.findall(r"([^{}]+)\{([^{}]+)\}", STYLE))
    declared = [
        re.search(r"(?<!-)color: (#[0-9a-f]{6})", declarations)[1]
        for selectors, declarations in rules.items()
        if f"{dark}.gdviz-{name}" in [selector.strip() for selector in selectors.split(",")]
    ]
    assert len(declared) == 1
    for page in pages:
        assert contrast(declared[0], page) >= 4.5


def test_an_outcome_has_its_class():
    assert 'class="gdviz-right"' in gd.check(1, answer=1)._repr_html_()
    assert 'class="gdviz-wrong"' in gd.check(2, answer=1)._repr_html_()
    assert 'class="gdviz-not-yet"' in gd.check(..., answer=1)._repr_html_()
    question = choice()
    question.commit("a")
    assert 'class="gdviz-wrong"' in question.shown.value
    assert STYLE in question.widget.children[0].value
