"""What a learner does, in a real JupyterLab and Chromium: drag, press keys, grab the ball."""

import os
import shutil

import pytest
from execute_notebooks import FOLDER
from lab import Lab, browser, find_chromium, jupyterlab


@pytest.fixture(scope="module")
def chromium_and_server(tmp_path_factory):
    try:
        find_chromium()
    except FileNotFoundError as error:
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(str(error))
        pytest.skip(str(error))
    folder = shutil.copytree(FOLDER, tmp_path_factory.mktemp("lab") / "notebooks")
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


def test_the_ball_can_be_grabbed(open_notebook):
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


def test_the_pages_raise_no_error(open_notebook):
    for name in ("01_hill_climber.ipynb", "02_learning_rate.ipynb"):
        assert open_notebook(name).complaints == []
