"""What a learner does, in a real JupyterLab and Chromium: drag, press keys, grab the ball."""

import os
import re
import shutil
from contextlib import nullcontext

import pytest
from execute_notebooks import FOLDER
from lab import Lab, browser, find_chromium, jupyterlab
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shutil.copytree(FOLDER, tmp_path_factory.mktemp("lab") / "notebooks")


@pytest.fixture(scope="module")
def chromium_and_server(folder):
    try:
        find_chromium()
    except FileNotFoundError as error:
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(str(error))
        pytest.skip(str(error))
    with jupyterlab(folder) as server, browser() as chromium:
        yield chromium, server


@pytest.fixture(scope="module")
def open_notebook(chromium_and_server):
    """Open a notebook and run its cells, once for all tests of this module."""
    labs = {}

    def get(name):
        if name not in labs:
            labs[name] = Lab(*chromium_and_server).open(name).run_all()
        return labs[name]

    yield get
    for lab in labs.values():
        lab.close()


@pytest.mark.parametrize("source", ["1 / 0", "print('fine')"])
def test_a_cell_that_ends_with_an_error_is_found(source, folder, chromium_and_server):
    path = folder / "error.ipynb"
    write(new_notebook(cells=[new_code_cell(source), new_code_cell("print('next')")]), path)
    lab = Lab(*chromium_and_server).open(path.name)
    expected = pytest.raises(AssertionError, match="ZeroDivisionError: division by zero")
    with expected if source == "1 / 0" else nullcontext():
        lab.run_all()
    lab.close()


@pytest.fixture
def learning_rate(open_notebook):
    figure = open_notebook("02_learning_rate.ipynb").figure(0)
    before = figure.picture()
    yield figure
    figure.press("reset")
    figure.wait_for_picture(before)


def test_a_rate_dragged_past_the_limit_diverges(learning_rate):
    figure = learning_rate
    picture, words = figure.picture(), figure.readout()
    assert "diverges" not in words
    figure.slider("lr").drag_to(1.0)
    figure.wait_for_readout("diverges")
    assert figure.wait_for_change(picture) != picture
    assert figure.readout() != words
    assert figure.alternative() == figure.readout()
    assert figure.error() == ""


def test_arrow_keys_move_the_slider(learning_rate):
    figure = learning_rate
    picture, value = figure.picture(), figure.slider("lr").value()
    figure.slider("lr").press("ArrowRight", times=3)
    after = figure.wait_for_change(picture)
    assert figure.slider("lr").value() > value
    figure.slider("lr").press("ArrowLeft", times=3)
    assert figure.wait_for_change(after) == picture
    assert figure.slider("lr").value() == value


def test_enter_commits_a_prediction(open_notebook):
    """A number that may be two is asked for again; what was typed stands beside the truth."""
    question = open_notebook("02_learning_rate.ipynb").page.locator(".gdviz-predict").first
    field, verdict = question.locator("input"), question.locator(".gdviz-verdict")
    field.fill("1,000")
    field.press("Enter")
    expect(verdict).to_contain_text("type the one that you mean")
    field.fill("")
    field.press_sequentially("73000")
    field.press("Enter")
    expect(verdict).to_contain_text("A surprise.")
    expect(verdict).to_contain_text("73000")
    expect(field).to_be_disabled()


def test_the_ball_can_be_grabbed(learning_rate):
    figure = learning_rate
    picture, words = figure.picture(), figure.readout()
    assert figure.numbers("start") == [-2.5]
    figure.drag((0.1, 0.6), (0.35, 0.6))
    figure.wait_for_readout("x: 1.")
    assert figure.wait_for_change(picture) != picture
    (moved,) = figure.numbers("start")
    assert 1 < moved < 2
    assert figure.readout() != words


def test_the_ball_moves_on_the_map_too(open_notebook):
    """The climber's first step is as long as the slope at the start is steep."""
    figure = open_notebook("01_hill_climber.ipynb").figure(0)
    picture, words, numbers = figure.picture(), figure.readout(), figure.numbers("start")
    figure.drag((0.2, 0.4), (0.3, 0.5))
    picture = figure.wait_for_change(picture)
    moved = figure.numbers("start")
    assert all(new != old for new, old in zip(moved, numbers, strict=True))
    assert figure.readout() != words
    figure.drag((0.3, 0.5), (0.3, 0.3))
    figure.wait_for_change(picture)
    assert figure.numbers("start")[0] == moved[0]
    assert figure.numbers("start")[1] > moved[1]


def test_reset_restores_what_was_first(learning_rate):
    figure = learning_rate
    picture, words = figure.picture(), figure.readout()
    figure.slider("lr").drag_to(0.0)
    moved = figure.wait_for_change(picture)
    assert moved != picture
    figure.press("reset")
    figure.wait_for_picture(picture)
    assert figure.readout() == words


@pytest.fixture
def figure_of(open_notebook):
    """A figure of a notebook, which is reset after the test."""
    opened = []

    def get(name, number):
        figure = open_notebook(name).figure(number)
        opened.append((figure, figure.picture()))
        return figure

    yield get
    for figure, before in opened:
        figure.press("reset")
        figure.wait_for_picture(before)


def test_a_walker_on_the_ridge_stays_for_ever(figure_of):
    figure = figure_of("03_saddle_points.ipynb", 3)
    assert "measured: after 73 steps" in figure.readout()
    figure.slider("y0").drag_to(0.0)
    figure.wait_for_readout("never in 320 steps")


def test_a_thousand_times_nearer_to_the_ridge_costs_twice_the_steps(figure_of):
    figure = figure_of("03_saddle_points.ipynb", 3)
    figure.slider("y0").press("ArrowLeft", times=3)  # from 1e-3 to 1e-6
    figure.wait_for_readout("rounded up 145 steps; measured: after 145 steps")


def test_noise_takes_walkers_off_the_ridge(figure_of):
    figure = figure_of("03_saddle_points.ipynb", 4)
    assert "exactly 0" in figure.readout()
    figure.slider("noise").drag_to(7 / 13)  # the seventh of thirteen powers of ten: 1e-6
    figure.wait_for_readout("in theory typically after 169 steps")


def test_a_bad_formula_is_told_in_words_and_the_picture_stays(figure_of):
    figure = figure_of("03_saddle_points.ipynb", 0)
    before, field = figure.picture(), figure.control("formula").locator("input")
    field.fill("x +")
    field.press("Enter")
    figure.wait_for_error("is not a formula")
    assert figure.picture() == before


def test_depth_dragged_from_one_end_to_the_other(figure_of):
    figure = figure_of("05_vanishing_gradients.ipynb", 3)
    figure.slider("depth").drag_to(0.0)
    figure.wait_for_readout("depth 1: layer 1 gets 0.171 of the signal")
    figure.slider("depth").drag_to(1.0)
    figure.wait_for_readout("depth 60: layer 1 gets 2.04e-39 of the signal")


def test_a_saturated_neuron_stands_still(figure_of):
    figure = figure_of("05_vanishing_gradients.ipynb", 1)
    figure.slider("lr").drag_to(0.0)
    field = figure.control("start").locator("input").first
    field.fill("5")
    field.press("Enter")
    figure.wait_for_readout("x ends at 4.99355")


def test_the_steps_of_a_training_run_can_be_walked_through(figure_of):
    figure = figure_of("05_vanishing_gradients.ipynb", 6)
    figure.slider("depth").drag_to(1.0)
    figure.wait_for_readout("the loss is 0.250; the same answer for every point costs 0.250")
    picture = figure.picture()
    figure.step().drag_to(0.0)
    assert figure.wait_for_change(picture) != picture


def test_the_ball_dragged_over_the_hilltop_ends_in_the_other_valley(figure_of):
    figure = figure_of("04_local_minimum.ipynb", 0)
    assert "ends at A" in figure.readout()
    assert "the global minimum" in figure.readout()
    figure.drag((0.12, 0.45), (0.43, 0.55))
    figure.wait_for_readout("ends at B")
    assert "a local minimum" in figure.readout()
    assert figure.numbers("start")[0] > 0.32


def test_the_ball_dragged_on_the_basin_map(figure_of):
    figure = figure_of("04_local_minimum.ipynb", 1)
    assert "has not settled" in figure.readout()
    figure.slider("steps").drag_to(1.0)
    figure.wait_for_readout("ends at A")
    figure.drag((0.62, 0.5), (0.9, 0.5))
    figure.wait_for_readout("ends at B")
    assert figure.numbers("start")[0] > 0.32


def test_a_gain_dragged_above_the_border_explodes(figure_of):
    figure = figure_of("06_exploding_gradients.ipynb", 0)
    assert "keeps its size" in figure.readout()
    figure.slider("gain").drag_to(1.0)
    figure.wait_for_readout("gain 3.0: a layer multiplies the gradient by 2.121 in theory")
    assert "The gradient explodes." in figure.readout()
    assert figure.alternative() == figure.readout()
    figure.slider("gain").drag_to(0.0)
    figure.wait_for_readout("below the last layer the gradient is 0")
    assert figure.error() == ""


def test_two_to_the_fifty(figure_of):
    figure = figure_of("06_exploding_gradients.ipynb", 2)
    figure.slider("radius").drag_to(1.0)
    figure.wait_for_readout("2.00^50 = 1.126e+15 in theory, 1.126e+15 measured")


def test_the_autopsy_names_step_layer_and_quantity(figure_of):
    figure = figure_of("06_exploding_gradients.ipynb", 3)
    assert "It learns" in figure.readout()
    figure.slider("gain").drag_to(0.5)
    figure.wait_for_readout("First not finite: step 3, pre-activation of layer 2: a signal of size")


def test_a_rate_a_hundred_times_smaller_saves_a_mildly_sick_stack(figure_of):
    figure = figure_of("06_exploding_gradients.ipynb", 4)
    figure.slider("gain").drag_to(0.375)
    figure.wait_for_readout("gain 2.0, η = 0.01: loss 98.4, not finite from step")
    figure.slider("lr").type(0.0001)
    figure.wait_for_readout(re.compile(r"η = 0\.0001: loss 98.4, 0\.\d+ after 30 steps"))


def test_the_ball_on_the_cliff(figure_of):
    figure = figure_of("06_exploding_gradients.ipynb", 5)
    picture, numbers = figure.picture(), figure.numbers("start")
    figure.drag((0.3, 0.7), (0.2, 0.8))
    figure.wait_for_change(picture)
    assert figure.numbers("start") != numbers
    assert "No step can be longer than" in figure.readout()


def test_clipping_saves_the_run(figure_of):
    figure = figure_of("06_exploding_gradients.ipynb", 6)
    figure.slider("gain").drag_to(0.6)
    figure.wait_for_readout("Without clipping it is lost to NaN.")
    assert "it has learned" in figure.readout()
    figure.slider("gain").drag_to(0.0)
    figure.wait_for_readout("Clipped in 0 of 40 steps")


def test_the_pages_raise_no_error(open_notebook):
    for path in sorted(FOLDER.glob("*.ipynb")):
        assert open_notebook(path.name).complaints == [], path.name
