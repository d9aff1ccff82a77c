"""What a figure says: a verdict, theory beside measurement, and the same in a sentence."""

import math

import numpy as np
import pytest

from gdviz.readout import Readout, read, say


def test_words_are_a_verdict():
    assert read("it falls") == Readout("it falls", ())
    assert read("it falls").text == "it falls"
    assert read("").text == ""


def test_a_readout_stays_as_it_is():
    told = read({"": "arrives", "steps": 12})
    assert read(told) is told


def test_a_dict_is_a_verdict_and_rows_in_their_order():
    told = read({"steps": 12, "": "arrives", "factor": (0.9, 0.9000001), "where": "at A"})
    assert told.verdict == "arrives"
    assert told.rows == (("steps", "", "12"), ("factor", "0.9", "0.9"), ("where", "", "at A"))
    assert told.text == "arrives. steps: 12; factor: 0.9 in theory, 0.9 measured; where: at A."


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"": "Arrives!", "steps": 1}, "Arrives! steps: 1."),
        ({"": "arrives: ", "steps": 1}, "arrives: steps: 1."),
        ({"": "arrives"}, "arrives"),
        ({"steps": 1}, "steps: 1."),
        ({}, ""),
        ({"rate": (None, 0.5)}, "rate: – in theory, 0.5 measured."),
        ({"rate": ("λ/2", math.inf)}, "rate: λ/2 in theory, infinite measured."),
    ],
)
def test_the_text_is_a_sentence(told, text):
    assert read(told).text == text


@pytest.mark.parametrize("told", [None, 3.5, ["words"], ("a", "b"), np.ones(2), object()])
def test_what_is_no_readout_is_told(told):
    with pytest.raises(TypeError, match="return words, or a dict as in"):
        read(told)


@pytest.mark.parametrize("value", [(), (1,), (1, 2, 3)])
def test_a_row_has_one_value_or_two(value):
    with pytest.raises(TypeError, match=r"give one value, or two, \(theory, measured\)"):
        read({"factor": value})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("as it is", "as it is"),
        (None, "–"),
        (True, "yes"),
        (np.False_, "no"),
        (0, "0"),
        (-0.0, "0"),
        (1375, "1,375"),
        (np.int64(-1000000), "-1,000,000"),
        (0.98019802, "0.9802"),
        (12345.6, "12,346"),
        (999999.4, "999,999"),
        (1e6, "1 · 10⁶"),
        (-1.25e9, "-1.25 · 10⁹"),
        (0.0001, "0.0001"),
        (9.9e-5, "9.9 · 10⁻⁵"),
        (1.2e-9, "1.2 · 10⁻⁹"),
        (5e-324, "4.94 · 10⁻³²⁴"),
        (1.7976931348623157e308, "1.8 · 10³⁰⁸"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
        (-math.inf, "minus infinite"),
        (np.float32(0.1), "0.1"),
        (np.array(0.25), "0.25"),
        ((1.0, -2.5), "(1, -2.5)"),
        (np.array([1, 2, 3]), "(1, 2, 3)"),
        (np.array([0.5]), "(0.5)"),
    ],
)
def test_numbers_are_said_as_a_learner_reads_them(value, words):
    assert say(value) == words


def test_a_long_array_is_no_number():
    assert say(np.arange(9)) == str(np.arange(9))


@pytest.mark.parametrize("number", [9.9996e5, 0.99996, 9.99e9, 9.999e-5, 99995.0])
def test_rounding_up_keeps_the_form(number):
    words = say(number).replace(",", "")
    if "·" in words:
        digits, power = words.split(" · 10")
        power = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        assert 1 <= float(digits) < 10
        assert float(digits) * 10.0**power == pytest.approx(number, rel=6e-3)
    else:
        assert float(words) == pytest.approx(number, rel=6e-5)
