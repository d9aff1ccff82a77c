"""Predict and check: nothing shows before the commitment, and a check has three outcomes."""

import numpy as np
import pytest

import gdviz as gd
from gdviz.exercises import NOT_YET, RIGHT, WRONG


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
    assert f"You said “{guess}”. It is “b”." in question.text
    assert question.field.disabled
    assert question.button.disabled


@pytest.mark.parametrize(
    ("guess", "outcome"), [(691, RIGHT), (700, RIGHT), (630, RIGHT), (500, WRONG), (-691, WRONG)]
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
    question.button.click()
    assert question.outcome == RIGHT
    number = gd.predict("How many?", answer=2.0)
    number.field.value = "two"
    number.button.click()
    assert number.outcome == NOT_YET
    assert "Type a number" in number.shown.value
    number.field.value = "−2"
    number.button.click()
    assert number.outcome == WRONG
    assert "You said -2." in number.text
    number = gd.predict("How many?", answer=2.5)
    number.field.value = "2,5"
    number.button.click()
    assert number.outcome == RIGHT


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


@pytest.mark.parametrize("attempt", [None, ...])
def test_not_yet(attempt):
    assert gd.check(attempt, answer=1.0).outcome == NOT_YET
    assert gd.check(lambda x: attempt, cases=[((1,), 1)]).outcome == NOT_YET


@pytest.mark.parametrize(
    ("attempt", "answer", "outcome"),
    [
        (0.5, 0.5, RIGHT),
        (0.5 + 1e-8, 0.5, RIGHT),
        (0.501, 0.5, WRONG),
        (np.float64(0.5), 0.5, RIGHT),
        ([1, 2], np.array([1.0, 2.0]), RIGHT),
        ([1, 2, 3], [1.0, 2.0], WRONG),
        (0.0, 0.0, RIGHT),
        (float("nan"), 0.5, WRONG),
        ("saddle", "saddle", RIGHT),
        ("Saddle ", "saddle", RIGHT),
        ("minimum", "saddle", WRONG),
        (2, "saddle", WRONG),
        ("two", 2.0, WRONG),
    ],
)
def test_an_answer(attempt, answer, outcome):
    result = gd.check(attempt, answer=answer, hint="Think of the slope.")
    assert result.outcome == outcome
    assert ("Think of the slope." in result.text) == (outcome == WRONG)


def test_a_function_is_tried_on_every_case():
    cases = [((1.0, 4.0), 0.6), ((np.array([1.0, 2.0]), 1.0), [0.9, 1.9])]
    assert gd.check(lambda x, g: x - 0.1 * g, cases=cases).outcome == RIGHT
    wrong = gd.check(lambda x, g: x + 0.1 * g, cases=cases, hint="Downhill.")
    assert wrong.text == "✗ Wrong. For (1, 4) yours gives 1.4, and 0.6 is right. Downhill."
    assert gd.check(5, cases=cases).outcome == WRONG


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
    result = gd.check("two", answer=2.0, hint=lambda gain: f"{gain / 2}")
    assert result.outcome == WRONG
    assert "not of the kind that was asked for" in result.text


@pytest.mark.parametrize("ways", [{}, {"answer": 1, "cases": []}])
def test_one_way_to_check_is_given(ways):
    with pytest.raises(TypeError, match="exactly one"):
        gd.check(1, **ways)


def test_a_check_shows_its_words_in_html_too():
    assert "1 &lt; 2" in gd.check(0, answer=1, hint="1 < 2")._repr_html_()
