"""Controls: what interact takes, the point, the slider that moves by factors, the comma's dust."""

import inspect
import math

import ipywidgets as widgets
import numpy as np
import pytest

import gdviz as gd
from gdviz.controls import LogSlider, Point, control, value_of

NONE = inspect.Parameter.empty


@pytest.mark.parametrize(
    ("given", "kind", "default", "value"),
    [
        ((0, 10), widgets.IntSlider, NONE, 5),
        ((0, 10), widgets.IntSlider, 7, 7),
        ((0.0, 1.0), widgets.FloatSlider, 0.25, 0.25),
        ((0.0, 1.0, 0.25), widgets.FloatSlider, 0.75, 0.75),
        (5, widgets.IntSlider, NONE, 5),
        (["a", "b"], widgets.Dropdown, "b", "b"),
        ({"one": 1, "two": 2}, widgets.Dropdown, 2, 2),
        (True, widgets.Checkbox, False, False),
        ("x**2", widgets.Text, "x**3", "x**3"),
        (widgets.IntText(3), widgets.IntText, 8, 8),
        (gd.log_slider(0.1, 10), LogSlider, 2.5, 2.5),
        (gd.log_slider(0.1, 10), LogSlider, NONE, 1.0),
        (gd.point((0, 0)), Point, (1, 2), (1.0, 2.0)),
        (gd.point(0), Point, 3, 3.0),
        (gd.point(0), Point, [3], 3.0),
        (gd.point((0, 0)), Point, np.array([1.0, 2.0]), (1.0, 2.0)),
    ],
)
def test_controls_take_what_interact_takes_and_begin_at_the_default(given, kind, default, value):
    made = control("a", given, default)
    assert type(made) is kind
    assert made.value == value
    assert type(made.value) is type(value)
    assert made.description == "a"


@pytest.mark.parametrize(
    ("given", "default"),
    [
        (lambda: gd.log_slider(0.1, 10), 20.0),
        (lambda: gd.point((0, 0)), (1, 2, 3)),
        (lambda: gd.point((0, 0)), 1.0),
        (lambda: widgets.FloatSlider(0.5, min=0, max=1), 2.0),
        (lambda: widgets.Dropdown(options=["a"]), "b"),
        (lambda: (0.0, 1.0), 2.0),
        (lambda: ["a"], "b"),
    ],
)
def test_a_default_that_the_control_cannot_take_is_told(given, default):
    with pytest.raises(ValueError, match=r"compute starts 'a' at .*: give"):
        control("a", given(), default)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((1.0, 0.0), "empty range"),
        ((1.0, 1.0), "empty range"),
        ((0.0, math.nan), "empty range"),
        ((0.0, math.inf), "empty range"),
        ((0.0, 1.0, -0.1), "cannot move in steps of -0.1"),
        ((0.0, 1.0, 5.0), "cannot move in steps of 5.0"),
        ([], "empty list"),
        ({}, "empty list"),
    ],
)
def test_an_empty_range_is_told_in_words(given, words):
    with pytest.raises(ValueError, match=words):
        control("a", given, NONE)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (object(), "give a range as in"),
        (None, "give a range as in"),
        (widgets.Button(), "Button, which has no value to read"),
        (widgets.FloatSlider, "FloatSlider, which has no value to read"),
        (widgets.HTML, "HTML, which has no value to read"),
    ],
)
def test_what_is_no_control_is_told_in_words(given, words):
    with pytest.raises(TypeError, match=words):
        control("a", given, NONE)


@pytest.mark.parametrize(
    ("name", "label"),
    [("lr", "learning rate η"), ("k", "condition number κ"), ("first_step", "first step")],
)
def test_labels_name_what_is_dragged(name, label):
    assert control(name, (0.0, 1.0), NONE).description == label
    own = widgets.FloatSlider(description="my own")
    assert control(name, own, NONE).description == "my own"


@pytest.mark.parametrize("steps", [3, 6, 7, 58, 99])
def test_the_dust_of_binary_steps_is_wiped_off(steps):
    slider = widgets.FloatSlider(0.0, min=0.0, max=10.0, step=0.1)
    slider.value = steps * 0.1
    assert value_of(slider) == steps / 10
    slider.value = 0.1 + 0.2
    assert value_of(slider) == 0.3


@pytest.mark.parametrize(
    ("steps", "decimals"),
    [((0.0, 1.0, 0.001), 3), ((0.0, 1.0, 0.005), 3), ((0.0, 1.0, 0.25), 2), ((0.0, 60.0, 1.0), 0)],
)
def test_the_number_beside_a_slider_has_the_decimals_of_its_step(steps, decimals):
    assert control("lr", steps, NONE).readout_format == f".{decimals}f"
    mine = widgets.FloatSlider(0.5, readout_format=".1e")
    assert control("lr", mine, NONE).readout_format == ".1e"


def test_a_number_typed_is_not_rounded():
    slider = gd.log_slider(0.01, 4)
    slider.field.value = 1 / 3
    assert value_of(slider) == 1 / 3


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [(0, 1, None), (-1, 1, None), (2, 1, None), (1, 1, None), (1, 10, 20), (1, math.inf, None)],
)
def test_a_log_slider_needs_a_positive_range(low, high, value):
    with pytest.raises(ValueError, match=r"low|range|outside"):
        gd.log_slider(low, high, value)


def test_a_number_typed_beside_a_log_slider_counts_exactly():
    slider = gd.log_slider(0.01, 4, value=0.1)
    slider.field.value = 0.239
    assert slider.value == 0.239
    # what the browser does next: it moves the handle to the nearest step and reports that
    slider.slider.value = 10**-0.62
    assert slider.value == 0.239
    slider.slider.value = 10**-0.6
    assert slider.value == slider.field.value == 0.251
    # the kernel leaves the handle where the hand has it
    assert slider.slider.value == 10**-0.6
    slider.slider.value = 0.01003
    assert slider.value == 0.01
    slider.value = 100.0
    assert slider.value == slider.field.value == 4.0


def test_a_coarse_log_slider_keeps_a_number_between_its_steps():
    slider = gd.log_slider(1e-6, 1, value=1e-6, step=0.25)
    slider.value = 3e-4
    slider.slider.value = 10**-3.5
    assert slider.value == 3e-4
    slider.slider.value = 10**-3.25
    assert slider.value == 5.62e-4


def test_a_log_slider_that_stands_still_is_refused():
    with pytest.raises(ValueError, match="steps above 0 decades"):
        gd.log_slider(0.1, 1, step=0)


@pytest.mark.parametrize("value", [math.nan, (1.0, math.inf), (), "a", None, (1, "b")])
def test_a_start_is_finite(value):
    with pytest.raises(ValueError, match="finite number for each variable"):
        gd.point(value)


def test_a_point_has_a_name_for_each_number():
    assert [field.description for field in gd.point((1, 2), names=("w", "b")).fields] == ["w", "b"]
    assert [field.description for field in gd.point((1, 2, 3, 4)).fields] == [
        "x0",
        "x1",
        "x2",
        "x3",
    ]
    with pytest.raises(ValueError, match="2 numbers and 3 names"):
        gd.point((1, 2), names="xyz")


def test_number_fields_and_value_of_a_point_follow_each_other():
    start = gd.point((-2.5, 2))
    start.fields[1].value = 0.5
    assert start.value == (-2.5, 0.5)
    start.value = (1.0, 1.5)
    assert [field.value for field in start.fields] == [1.0, 1.5]
    one = gd.point(2)
    one.fields[0].value = -1
    assert one.value == -1.0


def test_a_dragged_point_is_one_change():
    start, seen = gd.point((0.0, 0.0)), []
    start.observe(lambda change: seen.append(change.new), "value")
    start.value = (1.0, 2.0)
    assert seen == [(1.0, 2.0)]
