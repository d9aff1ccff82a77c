"""Live: from a control's value to the artists, the ink and the words."""

import gc
import io
import os
import threading
import time
import tracemalloc

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

import gdviz as gd
from gdviz import kernel
from gdviz import live as live_module
from gdviz.live import FEWEST_FRAMES, FRAMES_OF_PLAY, STROKES_OF_PLAY

BOWL = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
CURVE = gd.landscape("x**2 / 2", bounds=((-3, 3),))
LIMITS = (1e-9, 1e3)


def walk(lr=0.1, start=(-2.5, 1.5), steps=20):
    return gd.descend(BOWL, start, gd.GD(lr), steps=steps)


def make(readout=None, **controls):
    given = {"lr": (0.0, 1.0, 0.01), "start": gd.point((-2.5, 1.5)), **controls}
    return gd.Live(walk, gd.Contour(), gd.Loss(limits=LIMITS), readout=readout, **given)


def tell(live, kind, **data):
    """Tell the kernel what the browser tells."""
    live._told(None, {"kind": kind, **data}, [])


def at(live, place, panel=0):
    """Where a place of a panel is, in CSS pixels from the top left."""
    picture = live.picture
    across, up = picture.panels[panel].ax.transData.transform(place) / picture.ratio
    return [across, picture.tall - up]


def press(live, place, panel=0):
    tell(live, "press", at=at(live, place, panel))


def drag(live, place, panel=0):
    tell(live, "drag", at=at(live, place, panel))


def where(panel):
    return np.ravel(panel.balls[0].get_data()).astype(float)


def assert_whole(live):
    """What is shown is what the present values give, drawn anew."""
    assert live.error is None
    assert live.canvas.error == ""
    panels = live.picture.panels
    fresh = gd.show(live.compute(**live.values), *panels)
    live.picture.forget()
    live.picture.update(live.result)
    assert live.picture.frame() == fresh.frame()


# ---- controls -> compute -> panels


def test_a_slider_moves_the_artists_to_what_descend_gives():
    live = make()
    for lr in (0.0, 0.3, 0.7):
        live.controls["lr"].value = lr
        expected = walk(lr)
        np.testing.assert_array_equal(live.result.points, expected.points)
        contour, loss = live.picture.panels
        np.testing.assert_array_equal(loss.curves[0].get_xdata(), np.arange(21))
        inside = (expected.values > 1e-9) & (expected.values < 1e3)
        np.testing.assert_allclose(loss.curves[0].get_ydata()[inside], expected.values[inside])
        if lr < 0.5:
            np.testing.assert_array_equal(where(contour), expected.final)
    assert live.values == {"lr": 0.7, "start": (-2.5, 1.5)}


def test_what_the_browser_is_sent_is_what_is_shown():
    live = make(readout=lambda run, lr: {"": "walks", "η": lr, "rate": (0.9, run.contraction())})
    counts = [live.canvas.frame["count"]]
    for lr in (0.2, 0.4):
        live.controls["lr"].value = lr
        frame = live.canvas.frame
        counts.append(frame["count"])
        assert frame["ink"] == live.picture.frame()[0]
        assert frame["text"] == live.text == live.picture.text
        assert frame["readout"]["verdict"] == "walks"
        assert [row[0] for row in frame["readout"]["rows"]] == ["η", "rate"]
        assert frame["readout"]["rows"][0] == ["η", "", f"{lr}"]
    assert counts == sorted(set(counts)), "every answer is a new frame"
    still = live.canvas.still
    assert (still["width"], still["height"]) == (live.picture.width, live.picture.tall)
    for part, kept in zip(still["parts"], live.picture.stills, strict=True):
        decoded = np.asarray(Image.open(io.BytesIO(part["png"])).convert("RGB"))
        np.testing.assert_array_equal(decoded, kept.pixels)
        assert tuple(part["box"]) == kept.box


def test_the_still_part_is_sent_when_it_changes_and_only_then():
    def compute(k=4.0, lr=0.1):
        return gd.descend(gd.landscape("ravine", k=k), (1.0, 1.0), gd.GD(lr), steps=5)

    live = gd.Live(compute, gd.Contour(), gd.Loss(limits=LIMITS), k=(1.0, 10.0), lr=(0.0, 0.2))
    keys = [part["key"] for part in live.canvas.still["parts"]]
    scene = live.canvas.still["scene"]
    live.controls["lr"].value = 0.2
    assert [part["key"] for part in live.canvas.still["parts"]] == keys
    live.controls["k"].value = 5.0
    assert live.canvas.still["scene"] != scene, "another landscape is painted as ink"
    assert [part["key"] for part in live.canvas.still["parts"]] == keys, "and no picture is sent"


def test_cells_are_sent_once():
    live = gd.Live(lambda k: np.full((3, 3), k % 2), gd.Cells(regions=("A", "B")), k=(0, 5))
    name = live.picture.panels[0].image.name
    assert set(live.canvas.cells) == {name}
    before = live.canvas.cells
    live.controls["k"].value = 4
    assert live.canvas.cells is before
    live.controls["k"].value = 5
    assert set(live.canvas.cells) == {live.picture.panels[0].image.name} != {name}


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"lr": (0.0, 1.0, 0.01)}, 0.1),
        ({"lr": gd.log_slider(0.001, 1)}, 0.1),
        ({"lr": [0.05, 0.1, 0.2]}, 0.1),
        ({"lr": widgets.FloatText(3.0)}, 0.1),
        ({"start": gd.point((0, 0))}, (-2.5, 1.5)),
        ({"steps": (1, 50)}, 20),
    ],
)
def test_the_first_values_are_the_defaults_of_compute(given, first):
    live = gd.Live(walk, gd.Contour(), **given)
    (name,) = given
    assert live.values == {name: first}
    np.testing.assert_array_equal(live.result.points, walk().points)


def test_labels_name_what_is_dragged():
    live = make(steps=(1, 30))
    descriptions = [control.description for control in live.controls.values()]
    assert descriptions == ["learning rate η", "start", "steps"]


def test_the_dust_of_a_slider_does_not_reach_compute():
    live = make()
    live.controls["lr"].value = 0.1 + 0.2
    assert live.values["lr"] == 0.3
    assert live.result.optimizer.lr == 0.3


def test_controls_must_fit_compute():
    with pytest.raises(TypeError, match="walk takes lr, start, steps, and the controls are rate"):
        gd.Live(walk, gd.Contour(), rate=(0.0, 1.0))
    with pytest.raises(TypeError, match="needs a panel"):
        gd.Live(walk, lr=(0.0, 1.0))
    with pytest.raises(TypeError, match="give a function of the controls"):
        gd.Live(walk(), gd.Contour(), lr=(0.0, 1.0))


def test_a_name_of_live_itself_can_be_a_control():
    live = gd.Live(lambda compute: walk(compute), gd.Contour(), compute=(0.0, 1.0))
    live.controls["compute"].value = 0.3
    np.testing.assert_array_equal(live.result.points, walk(0.3).points)


def test_any_callable_computes():
    class Walk:
        def __call__(self, lr=0.1):
            return walk(lr)

    assert gd.Live(Walk(), gd.Contour(), lr=(0.0, 1.0)).values == {"lr": 0.1}


def test_two_figures_from_the_same_panels_do_not_disturb_each_other():
    contour, loss = gd.Contour(), gd.Loss(limits=LIMITS)
    one = gd.Live(walk, contour, loss, lr=(0.0, 1.0))
    two = gd.Live(walk, contour, loss, lr=(0.0, 1.0))
    before = one.png
    two.pin()
    two.controls["lr"].value = 0.7
    assert one.png == before
    assert one.canvas.pins == []
    assert two.error is one.error is None


def test_show_is_the_first_picture_of_live():
    live = gd.Live(walk, gd.Contour(), gd.Loss(), lr=(0.0, 1.0))
    picture = gd.show(walk(), gd.Contour(), gd.Loss())
    assert picture.png == live.png
    assert picture.text == live.text == str(walk())
    assert live.figure is live.picture.figure


def test_displayed_it_is_one_bundle():
    live = make(readout=lambda run: "walks")
    bundle = live._repr_mimebundle_()
    assert bundle["text/plain"] == "walks"
    assert bundle["image/png"].startswith("iVBOR")
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == live.widget.model_id


# ---- readouts


@pytest.mark.parametrize(
    ("readout", "text"),
    [
        (lambda run: f"{run.final[0]:.2f}", "0.00"),
        (lambda run, lr: f"η = {lr}", "η = 1.0"),
        (lambda run, *, lr: {"η": lr}, "η: 1."),
        (lambda run, lr, start: {"": "walks", "x": start[0]}, "walks. x: -2.5."),
        (lambda run, lr: {"factor": (abs(1 - lr), 0.0)}, "factor: 0 in theory, 0 measured."),
        (lambda run, more="default": more, "default"),
        (lambda *everything: f"{len(everything)}", "1"),
    ],
)
def test_a_readout_takes_the_result_and_any_control_by_name(readout, text):
    live = make(readout)
    live.controls["lr"].value = 1.0
    assert live.text == text
    assert live._repr_mimebundle_()["text/plain"] == text


def test_without_a_readout_the_result_speaks():
    assert make().text == str(walk())


def test_a_readout_may_overflow_in_silence():
    live = make(lambda run: {"square": float(np.float64(1e200) ** 2), "log": np.log(-1.0)})
    assert live.text == "square: infinite; log: not a number."


@pytest.mark.parametrize(
    ("readout", "words"),
    [
        ("words", "give a function of the result"),
        (lambda run, rate: "", "asks for rate, and the controls are lr, start"),
        (lambda run: None, "the readout returned None: return words, or a dict"),
        (lambda run: 3.5, "the readout returned 3.5"),
        (lambda run: ["a"], "return words, or a dict"),
        (lambda run: {"rate": (1, 2, 3)}, r"give one value, or two, \(theory, measured\)"),
    ],
)
def test_a_wrong_readout_is_told_at_once(readout, words):
    with pytest.raises(TypeError, match=words):
        make(readout)


@pytest.mark.parametrize("wrong", [None, 3.5, ["a"], (1, 2), {"rate": (1, 2, 3)}])
def test_a_readout_that_goes_wrong_later_is_told_and_mends_itself(wrong):
    live = make(lambda run, lr: wrong if lr == 0.5 else "good")
    before = live.png
    live.controls["lr"].value = 0.5
    assert isinstance(live.error, TypeError)
    assert "readout" in live.text
    assert live.png == before
    live.controls["lr"].value = 0.1
    assert (live.error, live.text) == (None, "good")


def test_the_readout_tells_what_is_shown():
    def readout(run, lr):
        return {"": "walks", "steps": run.steps, "x": run.final[0], "η": lr}

    live = make(readout)
    whole = live.text
    for step in (7, 0, 19):
        live.step.value = step
        said = f"walks. steps: {step}; x: {walk().points[step, 0]:.4g}; η: 0.1."
        assert live.text == f"Step {step} of 20. {said}"
        assert live.canvas.frame["text"] == live.text
        assert live.canvas.frame["readout"]["rows"][0] == ["steps", "", f"{step}"]
    live.step.value = 20
    assert live.text == whole


# ---- steps


def test_the_step_slider_cuts_the_run():
    live = make()
    contour, loss = live.picture.panels
    live.step.value = 7
    assert len(loss.curves[0].get_xdata()) == 8
    np.testing.assert_array_equal(where(contour), walk().points[7])
    live.controls["lr"].value = 0.2
    assert len(loss.curves[0].get_xdata()) == 8
    np.testing.assert_array_equal(where(contour), walk(0.2).points[7])
    live.step.value = 0
    np.testing.assert_array_equal(where(contour), (-2.5, 1.5))
    live.reset()
    assert len(loss.curves[0].get_xdata()) == 21
    assert live.canvas.story == {"step": 20, "steps": 20, "unit": "step"}


def test_a_figure_opens_where_it_is_told_and_a_reset_leads_back():
    live = gd.Live(walk, gd.Contour(), gd.Loss(limits=LIMITS), begin=0, lr=(0.0, 1.0, 0.01))
    loss = live.picture.panels[1]
    assert len(loss.curves[0].get_xdata()) == 1
    assert live.text.startswith("Step 0 of 20. ")
    assert live.canvas.frame["text"] == live.text
    live.step.value = 20
    assert len(loss.curves[0].get_xdata()) == 21
    live.reset()
    assert len(loss.curves[0].get_xdata()) == 1
    assert live.canvas.story == {"step": 0, "steps": 20, "unit": "step"}


def test_a_story_goes_by_the_unit_of_its_result():
    class Rows:
        unit, steps = "row", 9

        def until(self, row):
            return self

    live = gd.Live(lambda lr=0.1: Rows(), gd.Lines(np.arange(10)), begin=4, lr=(0.0, 1.0, 0.1))
    assert live.canvas.story == {"step": 4, "steps": 9, "unit": "row"}
    assert live.text.startswith("Row 4 of 9. ")


def test_the_step_about_to_be_taken_is_an_arrow_while_stepping():
    live = make()
    (arrow,) = live.picture.panels[0].next
    assert not arrow.shaft.get_visible()
    live.step.value = 3
    assert arrow.shaft.get_visible()
    np.testing.assert_allclose(arrow.head.get_xy()[0], walk().points[4])
    live.step.value = 20
    assert not arrow.shaft.get_visible()


def test_the_step_slider_follows_the_number_of_steps():
    live = make(steps=(1, 50))
    live.controls["steps"].value = 50
    assert (live.step.max, live.step.value) == (50, 50)
    live.step.value = 30
    live.controls["steps"].value = 10
    assert (live.step.max, live.step.value) == (10, 10)
    assert live.text == str(live.result)
    live.controls["steps"].value = 50
    assert len(live.picture.panels[1].curves[0].get_xdata()) == live.step.value + 1
    assert live.error is None


@pytest.mark.parametrize(
    "compute",
    [
        lambda a: a,
        lambda a: gd.descend(CURVE, [[1.0], [float(a)]], gd.GD(0.1), 5, record="last"),
    ],
    ids=["a number", "last points only"],
)
def test_what_cannot_be_cut_has_no_steps(compute):
    live = gd.Live(compute, gd.Lines(lambda result: [1.0, 2.0]), readout=lambda r: "told", a=(1, 5))
    assert live.step is None
    assert live.canvas.story == {}
    live.controls["a"].value = 4
    assert live.error is None
    live.reset()
    assert live.values == {"a": 3}


def test_the_browser_is_answered_for_a_step_that_is_shown_already():
    """It may have stopped a reel at another step, and waits for a frame."""
    live = make()
    count = live.canvas.frame["count"]
    tell(live, "step", step=20)
    assert live.canvas.frame["count"] > count
    tell(live, "step", step=5)
    assert live.step.value == 5
    assert live.canvas.story == {"step": 5, "steps": 20, "unit": "step"}


# ---- Play


def reel_of(live, step=0):
    sent = []
    original = live.canvas.send
    live.canvas.send = lambda content, buffers=None: sent.append((content, buffers))
    try:
        tell(live, "play", step=step)
    finally:
        live.canvas.send = original
    ((content, buffers),) = sent
    return unpacked(content, buffers)


def unpacked(data, buffers):
    if isinstance(data, list):
        return [unpacked(part, buffers) for part in data]
    if isinstance(data, dict):
        if set(data) == {"buffer"}:
            return buffers[data["buffer"]]
        return {key: unpacked(part, buffers) for key, part in data.items()}
    return data


def test_play_sends_the_frames_of_every_step():
    live = make(lambda run: {"": "walks", "steps": run.steps})
    before, words = live.canvas.frame, live.text
    reel = reel_of(live)
    assert reel["kind"] == "reel"
    assert 3.0 <= reel["seconds"] <= 6.0
    end = live.picture.panels[0].story(live.result)
    steps = [frame["step"] for frame in reel["frames"]]
    assert steps[0] == 0
    assert steps[-1] >= end
    assert steps == list(range(steps[-1] + 1))
    for frame in (reel["frames"][0], reel["frames"][3]):
        live.step.value = frame["step"]
        assert frame["ink"] == live.picture.frame()[0]
        assert frame["readout"]["rows"] == [["steps", "", f"{frame['step']}"]]
    live.step.value = 20
    assert live.text == words
    assert live.canvas.frame["ink"] == before["ink"], "afterwards the figure is whole"


def test_the_last_frame_of_a_run_that_is_under_way_is_the_whole():
    live = make()
    live.controls["lr"].value = 0.01
    reel = reel_of(live)
    assert reel["frames"][-1]["step"] == 20
    assert reel["frames"][-1]["ink"] == live.canvas.frame["ink"]


def test_a_full_picture_plays_in_fewer_frames_and_to_its_end():
    starts = [(-2.5 + 0.5 * number, 1.0) for number in range(7)]

    def walk(lr=0.01):
        return gd.descend(gd.landscape("bowl"), starts, gd.GD(lr), steps=100)

    live = gd.Live(walk, gd.Contour(), lr=(0.0, 0.1, 0.01))
    strokes = len(live.canvas.frame["ink"]["strokes"])
    steps = [frame["step"] for frame in reel_of(live)["frames"]]
    assert len(steps) - 1 <= max(FEWEST_FRAMES, STROKES_OF_PLAY // strokes)
    assert len(steps) < 100
    assert (steps[0], steps[-1]) == (0, live.picture.panels[0].story(live.result))


@pytest.mark.parametrize(("begin", "first"), [(5, 5), (20, 0), (19, None)])
def test_play_goes_on_from_the_step_shown(begin, first):
    live = make()
    live.controls["lr"].value = 0.01
    live.step.value = begin
    steps = [frame["step"] for frame in reel_of(live, begin)["frames"]]
    assert steps[0] == (begin if first is None else first)
    assert steps[-1] == 20
    assert live.step.value == begin, "the kernel's step waits for the browser"
    assert len(live.picture.panels[1].curves[0].get_xdata()) == begin + 1


@pytest.mark.parametrize(
    ("lr", "end"),
    [
        (0.45, lambda run: np.flatnonzero(np.abs(run.points[:, 1]) > 0.02)[-1] + 8),
        (0.7, lambda run: np.flatnonzero(np.abs(run.points[:, 1]) > 2)[0]),
        (30.0, lambda run: run.diverged_at),
    ],
    ids=["arrived", "left", "not finite"],
)
def test_the_story_is_over_when_the_run_is(lr, end):
    live = gd.Live(walk, gd.Contour(), lr=(0.0, 50.0, 0.05), steps=(1, 2000))
    live.controls["steps"].value = 2000
    live.controls["lr"].value = lr
    last = reel_of(live)["frames"][-1]["step"]
    assert 3 <= last <= max(4, end(live.result) + 1)
    assert last < 200


def test_a_long_story_has_as_many_frames_as_can_be_seen():
    live = gd.Live(walk, gd.Contour(), lr=(0.0, 1.0, 0.001), steps=(1, 5000))
    live.controls["steps"].value = 5000
    live.controls["lr"].value = 0.001
    frames = reel_of(live)["frames"]
    steps = [frame["step"] for frame in frames]
    assert len(frames) <= FRAMES_OF_PLAY + 1
    assert steps[-1] == live._story() > 1000
    assert steps[:3] == [0, 1, 2] or steps[1] <= 5, "slowly at first"
    assert (np.diff(steps) > 0).all()


def test_a_result_that_changes_seldom_has_a_frame_for_each_change():
    class Sparse:
        every = 8

        def __init__(self, step=30):
            self.steps = step

        def until(self, step):
            return Sparse(step)

    live = gd.Live(
        lambda a: Sparse(), gd.Lines(lambda run: np.arange(run.steps + 1)), readout=str, a=(0, 1)
    )
    assert [frame["step"] for frame in reel_of(live)["frames"]] == [0, 8, 16, 24, 30]
    assert [frame["step"] for frame in reel_of(live, 5)["frames"]] == [5, 8, 16, 24, 30]


def test_a_changed_control_ends_a_film_before_the_new_run_is_computed():
    told = []

    def slow(lr):
        told.append("compute")
        return walk(lr)

    live = gd.Live(slow, gd.Contour(), lr=(0.0, 1.0, 0.01))
    told.clear()
    live.canvas.send = lambda content, buffers=None: told.append(content["kind"])
    tell(live, "play", step=0)
    live.controls["lr"].value = 0.3
    assert told == ["reel", "computes", "compute"]


def test_a_reel_carries_its_cells():
    class Growing:
        def __init__(self, step=4):
            self.steps = step

        def until(self, step):
            return Growing(step)

    live = gd.Live(
        lambda a: Growing(),
        gd.Cells(lambda result: np.arange(5) < result.steps, regions=("A", "B")),
        readout=lambda result: "",
        a=(0, 1),
    )
    reel = reel_of(live)
    names = {s["cells"] for f in reel["frames"] for s in f["ink"]["strokes"] if "cells" in s}
    assert names == set(reel["cells"])
    assert len(names) == 5


def test_play_that_fails_is_told_and_the_figure_stays_whole():
    def readout(run):
        if run.steps == 5:
            raise ZeroDivisionError("at five")
        return "good"

    live = make(readout)
    before = live.canvas.frame["ink"]
    tell(live, "play", step=0)
    assert "at five" in live.text
    assert live.canvas.frame["ink"] == before
    live.controls["lr"].value = 0.2
    assert (live.error, live.text) == (None, "good")


# ---- pin and reset


def test_pins_are_named_by_what_differs_and_have_colours_of_their_own():
    live = make()
    live.pin()
    live.controls["lr"].value = 0.3
    live.pin()
    assert [pin["name"] for pin in live.canvas.pins] == ["η = 0.1", "η = 0.3"]
    live.controls["start"].value = (1.0, 1.0)
    tell(live, "pin")
    assert [pin["name"] for pin in live.canvas.pins] == [
        "η = 0.1, start = (-2.5, 1.5)",
        "η = 0.3, start = (-2.5, 1.5)",
        "η = 0.3, start = (1, 1)",
    ]
    assert len({pin["colour"] for pin in live.canvas.pins}) == 3
    kept = [pin["ink"] for pin in live.canvas.pins]
    live.controls["lr"].value = 0.4
    assert [pin["ink"] for pin in live.canvas.pins] == kept


def test_a_pin_keeps_what_is_shown():
    live = make()
    live.step.value = 3
    live.pin()
    live.step.value = 20
    whole = make()
    whole.pin()
    assert live.canvas.pins[0]["ink"] != whole.canvas.pins[0]["ink"]


def test_pins_follow_new_axes():
    live = gd.Live(walk, gd.Loss(), lr=(0.0, 1.0, 0.01))
    live.pin()
    before = live.canvas.pins[0]["ink"]
    live.controls["lr"].value = 0.9
    assert live.canvas.pins[0]["ink"] != before


def test_reset_restores_the_first_picture_text_and_artists():
    live = gd.Live(walk, gd.Contour(), gd.Loss(), lr=(0.0, 1.0, 0.01), start=gd.point((-2.5, 1.5)))
    first, text, frame = live.png, live.text, live.canvas.frame["ink"]
    children = [len(ax.get_children()) for ax in live.figure.axes]
    live.pin()
    live.controls["lr"].value = 0.9
    live.pin()
    live.controls["start"].value = (3.0, 2.0)
    live.controls["lr"].value = 0.5
    live.step.value = 4
    tell(live, "reset")
    assert live.values == {"lr": 0.1, "start": (-2.5, 1.5)}
    assert live.step.value == 20
    assert live.canvas.pins == []
    assert (live.png, live.text, live.canvas.frame["ink"]) == (first, text, frame)
    assert [len(ax.get_children()) for ax in live.figure.axes] == children


def test_reset_computes_once():
    calls = []

    def compute(a=1, b=2, c=3):
        calls.append((a, b, c))
        return walk()

    live = gd.Live(compute, gd.Contour(), a=(0, 5), b=(0, 5), c=(0, 5))
    for name in "abc":
        live.controls[name].value = 5
    calls.clear()
    live.reset()
    assert calls == [(1, 2, 3)]


# ---- the hand on the picture


def test_pressing_on_the_contour_moves_the_start():
    live = make()
    press(live, (1.25, -0.75))
    assert live.controls["start"].value == pytest.approx((1.25, -0.75), abs=0.01)
    np.testing.assert_allclose(live.result.points[0], live.controls["start"].value)
    ring = live.picture.panels[0].rings[0]
    np.testing.assert_allclose(np.ravel(ring.get_data()), live.controls["start"].value)
    drag(live, (0.5, 0.5))
    assert live.controls["start"].value == pytest.approx((0.5, 0.5), abs=0.01)


def test_numbers_that_were_dragged_are_short():
    live = make()
    press(live, (1 / 3, -2 / 3))
    assert all(len(f"{number}") <= 7 for number in live.controls["start"].value)


@pytest.mark.parametrize(("width", "ratio"), [(1000, 1.0), (640, 2.0), (330, 3.0), (1100, 1.25)])
def test_a_press_hits_at_any_width_and_density(width, ratio):
    live = make()
    tell(live, "size", width=width, ratio=ratio)
    assert (live.picture.width, live.picture.ratio) == (width, ratio)
    assert live.canvas.still["width"] == width
    assert live.canvas.still["ratio"] == ratio
    press(live, (-1.0, 0.5))
    assert live.controls["start"].value == pytest.approx((-1.0, 0.5), abs=0.02)


def test_a_size_that_hardly_differs_changes_nothing():
    live = make()
    figure = live.figure
    tell(live, "size", width=live.picture.width + 5, ratio=1.0)
    assert live.figure is figure
    tell(live, "size", width=500, ratio=1.0)
    assert live.figure is not figure


def test_a_drag_goes_on_outside_the_panel_and_stays_in_its_bounds():
    live = make()
    press(live, (0.0, 0.0))
    drag(live, (9.0, 9.0))
    assert live.controls["start"].value == (3.0, 2.0)


def test_a_press_beside_the_landscape_moves_nothing():
    live = make()
    before = live.values
    press(live, (10, 1e-3), panel=1)
    drag(live, (0.0, 0.0))
    tell(live, "press", at=[1.0, 1.0])
    drag(live, (0.0, 0.0))
    assert live.values == before


def test_every_press_and_drag_is_answered_once():
    calls = []

    def compute(start=(-2.5, 1.5)):
        calls.append(start)
        return walk(start=start)

    live = gd.Live(compute, gd.Contour(), gd.Loss(), start=gd.point((-2.5, 1.5)))
    calls.clear()
    for act in (
        lambda: press(live, (1, 1)),
        lambda: drag(live, (0.5, 1)),
        lambda: drag(live, (0.5, 1)),
        lambda: press(live, (10, 1), panel=1),
        lambda: drag(live, (1, 1)),
    ):
        count = live.canvas.frame["count"]
        act()
        assert live.canvas.frame["count"] == count + 1
    assert len(calls) == 2


def test_what_is_nearest_on_the_screen_is_grabbed():
    """In data units b would be nearer: the panel is far wider than high."""
    wide = gd.landscape("x**2 / 1e4 + y**2", bounds=((-300, 300), (-2, 2)))

    def two(a, b):
        return gd.descend(wide, np.array([a, b]), gd.GD(0.1), steps=5)

    live = gd.Live(two, gd.Contour(), a=gd.point((-100, -1.5)), b=gd.point((30.0, 1.5)))
    press(live, (-60, -1.4))  # 40 and 0.1 from a, 90 and 2.9 from b
    assert live.controls["b"].value == (30.0, 1.5)
    assert live.controls["a"].value == pytest.approx((-60, -1.4), abs=1)
    press(live, (-20.0, 1.5))  # 50 from b; in data units a is 40 away
    assert live.controls["b"].value == pytest.approx((-20.0, 1.5), abs=1)
    assert live.controls["a"].value == pytest.approx((-60, -1.4), abs=1)


def test_the_ball_on_a_curve_is_one_number():
    live = gd.Live(
        lambda start: gd.descend(CURVE, start, gd.GD(0.1), 5), gd.Curve(), start=gd.point(1.0)
    )
    press(live, (-2.0, 3.0))
    assert live.controls["start"].value == pytest.approx(-2.0, abs=0.01)


def basins(start=-2.0, lr=0.05):
    quartic = gd.landscape("quartic")
    return gd.descend(quartic, start, gd.GD(lr), 50)


STARTS, RATES = np.linspace(-2.5, 2.5, 11), np.geomspace(0.001, 0.1, 5)


def a_map(lr=None):
    panel = gd.Cells(
        lambda run: np.zeros((5, 11)),
        x=STARTS,
        y=RATES,
        log="y",
        regions=("A",),
        at=lambda run: (run.start[0], run.optimizer.lr),
        drag=("start", "lr"),
    )
    return gd.Live(
        basins, gd.Curve(), panel, start=gd.point(-2.0), lr=lr or gd.log_slider(0.001, 0.1)
    )


@pytest.mark.parametrize("lr", [None, (0.0, 0.1, 0.001), widgets.FloatText(0.05)])
def test_the_ball_on_a_map_moves_both_things_that_its_axes_stand_for(lr):
    live = a_map(lr)
    press(live, (1.25, 0.02), panel=1)
    assert live.controls["start"].value == pytest.approx(1.25, abs=0.01)
    assert live.values["lr"] == pytest.approx(0.02, rel=0.02)
    ball = np.ravel(live.picture.panels[1].ball.get_data())
    np.testing.assert_allclose(ball, (live.values["start"], live.values["lr"]))
    drag(live, (99.0, 9.0), panel=1)
    assert live.values["lr"] == pytest.approx(0.1, rel=0.8)
    assert live.controls["start"].value == pytest.approx(2.75, abs=0.01)
    assert live.error is None


def a_map_of_starts():
    bowl = gd.landscape("bowl", bounds=((-3, 3), (-3, 3)))
    side = np.linspace(-3, 3, 7)
    panel = gd.Cells(
        lambda run: np.zeros((7, 7)),
        x=side,
        y=side,
        regions=("A",),
        at=lambda run: run.start,
        drag="start",
    )
    return gd.Live(
        lambda start=(-2.0, 1.0): gd.descend(bowl, start, gd.GD(0.1), 5),
        panel,
        start=gd.point((-2.0, 1.0)),
    )


def test_the_ball_on_a_map_of_starts_moves_both_coordinates():
    live = a_map_of_starts()
    press(live, (1.25, -2.5))
    assert live.controls["start"].value == pytest.approx((1.25, -2.5), abs=0.02)
    ball = np.ravel(live.picture.panels[0].ball.get_data())
    np.testing.assert_allclose(ball, live.controls["start"].value)
    x, y = live.controls["start"].value
    live._on_key({"by": [0, 1]})
    assert live.controls["start"].value[0] == pytest.approx(x, abs=0.01)
    assert live.controls["start"].value[1] > y


@pytest.mark.parametrize("lr", [None, (0.0, 0.1, 0.001)])
def test_a_late_report_of_the_browser_does_not_turn_the_ball_back(lr, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(live_module.time, "monotonic", lambda: now[0])
    live = a_map(lr)
    slider = live.controls["lr"]
    press(live, (1.0, 0.02), panel=1)
    first = live.values["lr"]
    drag(live, (1.0, 0.05), panel=1)
    count, values = live.canvas.frame["count"], live.values
    slider.value = first * (1 + 1e-12 if lr else 1.003)  # where the handle's nearest step is
    assert live.values == values
    assert live.canvas.frame["count"] == count
    now[0] += 2
    slider.value = first
    assert live.values["lr"] == first, "later, this is a hand on the handle"
    assert live.canvas.frame["count"] == count + 1


def test_a_drag_of_two_controls_computes_once():
    calls = []
    live = a_map()
    compute = live.compute
    live.compute = lambda **values: calls.append(values) or compute(**values)
    press(live, (1.25, 0.02), panel=1)
    assert len(calls) == 1


def test_the_ball_of_a_table_moves_two_menus():
    columns, rows = ["tea", "rest", "soup"], ["cold", "flu"]
    live = gd.Live(
        lambda cure="rest", disease="flu": (columns.index(cure), rows.index(disease)),
        gd.Cells(
            lambda place: np.zeros((2, 3)),
            names=(columns, rows),
            at=lambda place: place,
            drag=("cure", "disease"),
            limits=(0, 1),
        ),
        cure=columns,
        disease=rows,
    )
    panel = live.picture.panels[0]
    assert np.ravel(panel.ball.get_data()).tolist() == [1, 1]
    assert panel.rim is None
    press(live, (2.3, 0.2))
    assert live.values == {"cure": "soup", "disease": "cold"}
    drag(live, (-0.4, 5.0))
    assert live.values == {"cure": "tea", "disease": "flu"}
    assert np.ravel(panel.ball.get_data()).tolist() == [0, 1]
    tell(live, "key", by=[1, 0])
    tell(live, "key", by=[0, 1])
    assert live.values == {"cure": "rest", "disease": "cold"}


def test_the_marked_value_of_a_sweep_can_be_dragged():
    rates = np.geomspace(0.001, 1, 31)
    live = gd.Live(
        lambda lr=0.1: lr,
        gd.Sweep(rates, rates**2, at=lambda lr: lr, drag="lr"),
        readout=lambda lr: f"{lr}",
        lr=gd.log_slider(0.001, 1),
    )
    press(live, (0.03, 0.5))
    assert live.values["lr"] == pytest.approx(0.03, rel=0.01)
    assert np.ravel(live.picture.panels[0].dots[0].get_data()) == pytest.approx(
        (live.values["lr"], live.values["lr"] ** 2), rel=0.02
    )
    assert live.canvas.grab == "ball"


def test_a_level_line_can_be_dragged():
    live = gd.Live(
        lambda threshold=1.0: threshold,
        gd.Lines(
            [1.0, 10.0],
            log="y",
            limits=(0.01, 100),
            hlines=lambda threshold: {"threshold": threshold},
            drag={"y": "threshold"},
        ),
        readout=lambda threshold: f"{threshold}",
        threshold=gd.log_slider(0.01, 100),
    )
    press(live, (0.5, 0.1))
    assert live.values["threshold"] == pytest.approx(0.1, rel=0.05)
    tell(live, "key", by=[1, 0])
    assert live.values["threshold"] == pytest.approx(0.1, rel=0.05)
    tell(live, "key", by=[0, 1])
    assert live.values["threshold"] > 0.11


@pytest.mark.parametrize(
    ("by", "moved"), [((1, 0), (1, 0)), ((-1, 0), (-1, 0)), ((0, 1), (0, 1)), ((0, -1), (0, -1))]
)
def test_arrow_keys_move_the_ball(by, moved):
    live = make()
    before = np.array(live.controls["start"].value)
    tell(live, "key", by=list(by))
    step = np.array(live.controls["start"].value) - before
    assert np.sign(np.round(step, 6)).tolist() == list(moved)
    np.testing.assert_allclose(
        np.abs(step[step != 0]), 0.02 * np.array([6, 4])[step != 0], rtol=0.02
    )


def test_arrow_keys_move_the_ball_that_was_taken_last():
    def two(a, b):
        return gd.descend(BOWL, np.array([a, b]), gd.GD(0.1), steps=5)

    live = gd.Live(two, gd.Contour(), a=gd.point((-2, 0)), b=gd.point((2, 0)))
    press(live, (2.0, 0.0))
    tell(live, "key", by=[1, 0])
    assert live.controls["a"].value == (-2.0, 0.0)
    assert live.controls["b"].value[0] > 2.05


def test_arrow_keys_move_the_ball_of_a_map():
    live = a_map()
    press(live, (1.25, 0.02), panel=1)
    before = live.values
    tell(live, "key", by=[0, 1])
    assert live.values["start"] == pytest.approx(before["start"], abs=0.02)
    assert live.values["lr"] > 1.05 * before["lr"]
    tell(live, "key", by=[1, 0])
    assert live.values["start"] > before["start"] + 0.05


def test_a_surface_turns_by_dragging_and_by_arrow_keys():
    live = gd.Live(walk, gd.Surface(view=(40, -60)), lr=(0.0, 1.0))
    (panel,) = live.picture.panels
    assert live.canvas.grab == "turn"
    before = live.canvas.still["parts"][0]["key"]
    tell(live, "key", by=[1, 0])
    assert panel.view == (40.0, 295.0)
    assert live.canvas.still["parts"][0]["key"] != before
    tell(live, "press", at=[400, 200])
    tell(live, "drag", at=[430, 170])
    assert panel.view[1] == pytest.approx(285)
    assert panel.view[0] == pytest.approx(50, abs=21)
    assert live.values == {"lr": 0.1}


@pytest.mark.parametrize("kind", ["nonsense", "", "_fail", "press_"])
def test_what_is_not_known_is_left_alone(kind):
    live = make()
    count = live.canvas.frame["count"]
    tell(live, kind)
    live._told(None, {}, [])
    assert live.canvas.frame["count"] == count
    assert live.error is None


def test_the_kernel_says_that_it_lives():
    live, sent = make(), []
    live.canvas.send = lambda content, buffers=None: sent.append(content)
    tell(live, "alive")
    assert sent == [{"kind": "alive"}]


# ---- errors


class Fragile(gd.Panel):
    """Fails where the result is negative."""

    def draw(self, ax, result):
        (self.line,) = ax.plot([0, 1], [0, 1])

    def update(self, result):
        self.line.set_ydata([0, result.value])
        if result.value == -1:
            raise RuntimeError("the panel broke")


class Result:
    steps = 4

    def __init__(self, value):
        self.value = value

    def until(self, step):
        if self.value == 3 and step == 2:
            raise RuntimeError("cannot be cut")
        return Result(-1 if self.value == 4 and step == 2 else self.value)


@pytest.mark.parametrize("broken", ["compute", "panel", "readout"])
def test_whatever_breaks_is_told_and_mends_itself(broken):
    def compute(a=1):
        if a == 5 and broken == "compute":
            raise ZeroDivisionError("no such step")
        return Result(-1 if a == 5 and broken == "panel" else a)

    def readout(result, a):
        if a == 5 and broken == "readout":
            raise KeyError("what")
        return f"fine at {a}"

    live = gd.Live(
        compute, Fragile(), gd.Lines(lambda r: [1.0, r.value]), readout=readout, a=(0, 9)
    )
    for good in (2, 6, 7):
        live.controls["a"].value = good
        before, result, frame = live.png, live.result, live.canvas.frame["ink"]
        live.controls["a"].value = 5
        assert live.error is not None
        assert live.text == live.canvas.error
        assert type(live.error).__name__ in live.text
        assert live.png == before
        assert live.canvas.frame["ink"] == frame
        assert live.result is result
    live.controls["a"].value = 8
    assert live.error is None
    assert live.text == "fine at 8"
    assert_whole(live)


@pytest.mark.parametrize("value", [3, 4], ids=["until", "panel"])
def test_what_breaks_while_stepping_is_told_and_mends_itself(value):
    live = gd.Live(Result, Fragile(), readout=lambda r: "fine", value=(0, 9))
    live.controls["value"].value = value
    before = live.png
    tell(live, "step", step=2)
    assert isinstance(live.error, RuntimeError)
    assert "RuntimeError" in live.text
    assert live.png == before
    tell(live, "step", step=4)
    assert live.error is None
    tell(live, "step", step=2)
    live.controls["value"].value = 5
    assert live.error is None
    assert live.canvas.error == ""


def test_the_first_error_is_raised_where_the_figure_is_made():
    with pytest.raises(ZeroDivisionError):
        gd.Live(lambda lr: 1 / 0, gd.Contour(), lr=(0.0, 1.0))


def test_a_value_error_is_told_in_its_own_words():
    def compute(lr=0.1):
        if lr > 0.5:
            raise ValueError("a rate above 0.5 is too large here")
        return walk(lr)

    live = gd.Live(compute, gd.Contour(), lr=(0.0, 1.0, 0.1))
    live.controls["lr"].value = 0.9
    assert live.text == "a rate above 0.5 is too large here"


def test_words_of_an_error_are_text_and_no_markup():
    def compute(a=0):
        if a:
            raise ValueError("<img src=x onerror=alert(1)>")
        return walk()

    live = gd.Live(compute, gd.Contour(), a=(0, 1))
    live.controls["a"].value = 1
    assert live.canvas.error == "<img src=x onerror=alert(1)>"


def test_an_interrupted_event_leaves_a_figure_that_works():
    def compute(lr=0.1):
        if lr == 0.5:
            raise KeyboardInterrupt
        return walk(lr)

    live = gd.Live(compute, gd.Contour(), lr=(0.0, 1.0, 0.1))
    live.controls["lr"].value = 0.5
    assert isinstance(live.error, KeyboardInterrupt)
    assert live.text.startswith("Stopped before it was done")
    live.controls["lr"].value = 0.2
    np.testing.assert_array_equal(live.result.points, walk(0.2).points)
    assert live.error is None


def test_a_long_compute_in_another_thread_can_be_interrupted():
    begun = threading.Event()

    def compute(lr=0.1):
        if lr == 0.5:
            begun.set()
            end = time.monotonic() + 20
            while time.monotonic() < end:
                time.sleep(0.005)
        return walk(lr)

    live = gd.Live(compute, gd.Contour(), lr=(0.0, 1.0, 0.1))
    event = threading.Thread(target=live.controls["lr"].set_trait, args=("value", 0.5))
    event.start()
    assert begun.wait(5)
    kernel.interrupted()
    event.join(10)
    assert not event.is_alive()
    assert isinstance(live.error, KeyboardInterrupt)
    live.controls["lr"].value = 0.2
    assert live.error is None
    assert_whole(live)


def test_two_events_at_once_are_handled_one_after_the_other():
    """JupyterLab hands events to two threads; the figure must end at the last values."""
    inside, overlaps = [], []

    def compute(lr=0.1, k=4.0):
        overlaps.append(len(inside))
        inside.append(1)
        time.sleep(0.03)
        inside.pop()
        return gd.descend(gd.landscape("ravine", k=k), (1.0, 1.0), gd.GD(lr), steps=5)

    one = gd.Live(compute, gd.Contour(), lr=(0.0, 0.5, 0.1), k=(1.0, 8.0, 1.0))
    two = gd.Live(compute, gd.Contour(), lr=(0.0, 0.5, 0.1))
    events = [
        threading.Thread(target=widget.set_trait, args=("value", value))
        for widget, value in [
            (one.controls["lr"], 0.3),
            (one.controls["k"], 7.0),
            (two.controls["lr"], 0.5),
        ]
    ]
    for event in events:
        event.start()
    for event in events:
        event.join()
    assert set(overlaps) == {0}
    assert one.result.objective.constants["k"] == 7.0
    assert one.result.optimizer.lr == 0.3
    assert two.result.optimizer.lr == 0.5
    assert_whole(one)


# ---- any text typed, followed by a good one, leaves a working figure


BAD_TEXTS = (
    """
|  |x|x +|x +* (|()|[x]|{x}|(x|x)|)x(|x**|**x|x^|^x|x//2|x %% 2|x==1|x=1|x:=2|x;x|x,y|,|.|..
1.2.3
1e400*x|1e-400|1e3.5|0x10*x|1_000*x|1__0|9999999999999999999999*x|x**9999999|9**9**9|x**x**x**x
sqrt(x - 500)|log(-1 - x**2)|1/0|x/0|0/0|1/(x - x)|log(0)|log(-1)|sqrt(-1)|x**0.5 - 99j|I*x|1j*x
oo*x|nan*x|inf
sin|sin()|sin(x, x)|sin x|sinx|foo(x)|relu|relu(x, x)|max(x)|min|abs()|exp(exp(exp(exp(x))))
exp(x**99)
z|q*x|a*x + b*z|xx|x1|X|π|е*x|х**2|x²|x³ + 1|√x|x·x|x×x|−x|½x|∞|∑x|ｘ|x\u200b**2 +|\u202ex|\x00x
😀
__import__('os')|().__class__|x.__class__|x.real|lambda x: x|[x for x in x]|x if x else x|f'{x}'
"x"|'x'
print(x)|eval('x')|open('f')|exec|import os|def f(x): x|return x|None|True|False|not x|x and x
x or x|x < 1|x is x
#|# x|x # x|\\|x\\|`x`|$x$|@x|x!|x?|~x|x'|d/dx|<b>x</b>|{"a": x}|x[0]|x[0:1]|*x|x*|-|+|--|x***2
x y|2 x 3
""".strip("\n")
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize(
    ("panel", "good", "start", "texts"),
    [
        (gd.Curve, ("x**2", "x**4 - x", "cos(x)"), 1.0, BAD_TEXTS),
        # the texts are the same, and the drawing takes longer
        (gd.Contour, ("x**2 + y**2", "x**2 - y**2", "sin(x)*y"), (1.0, 0.5), BAD_TEXTS[::4]),
    ],
)
def test_any_text_followed_by_a_good_one_leaves_a_working_figure(panel, good, start, texts):
    names = ("x",) if panel is gd.Curve else ("x", "y")

    def explore(formula=good[0], lr=0.05):
        return gd.descend(gd.landscape(formula, variables=names), start, gd.GD(lr), steps=5)

    live = gd.Live(explore, panel(), gd.Loss(), formula=good[0], lr=(-1.0, 1.0, 0.05))
    told = 0
    assert len(BAD_TEXTS) > 100
    for number, text in enumerate([*texts, "x" * 3000, "(" * 500, "x+" * 2000 + "x"]):
        live.controls["formula"].value = text
        if live.error is not None:
            told += 1
            words = live.text
            assert words == live.canvas.error
            assert len(words.split()) >= 3, f"{text!r} is told as {words!r}"
            assert not words.startswith(
                ("RecursionError", "KeyError", "AttributeError", "Index")
            ), f"{text!r} is told as {words!r}"
        live.controls["formula"].value = good[number % 3]
        assert live.error is None, f"{good[number % 3]!r} after {text!r}: {live.error!r}"
        assert live.canvas.error == ""
    assert told > 0.6 * len(texts)
    assert_whole(live)


# ---- nothing is left behind


def test_ten_thousand_events_leave_no_memory_behind():
    live = gd.Live(
        lambda lr=0.1: gd.descend(CURVE, 2.0, gd.GD(lr), steps=5),
        gd.Curve(),
        readout=lambda run: "x",
        lr=(0.0, 1.0, 0.01),
    )
    slider = live.controls["lr"]

    def events(count):
        for event in range(count):
            slider.value = (event % 100) / 100
        gc.collect()

    events(300)
    children = len(live.figure.axes[0].get_children())
    objects, resident = len(gc.get_objects()), megabytes()
    events(10_000)
    assert children == len(live.figure.axes[0].get_children())
    assert len(gc.get_objects()) - objects < 300
    assert megabytes() - resident < 5


def megabytes():
    """What this process holds in memory; 0 where that cannot be asked."""
    try:
        with open("/proc/self/statm") as pages:
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0


def test_redrawing_leaves_no_memory_behind():
    def compute(k=4.0):
        return gd.descend(gd.landscape("ravine", k=4 + k % 2), (1.0, 1.0), gd.GD(0.1), steps=5)

    live = gd.Live(compute, gd.Contour(), gd.Loss(), k=(0.0, 100.0))

    def events(count):
        for event in range(count):
            live.controls["k"].value = 1.0 + event % 7
            tell(live, "size", width=700 + 50 * (event % 3), ratio=1.0)
        gc.collect()

    tracemalloc.start()
    events(3)
    begin = tracemalloc.get_traced_memory()[0]
    events(6)
    grown = tracemalloc.get_traced_memory()[0] - begin
    tracemalloc.stop()
    assert grown < 400_000


# ---- cells that run again


@pytest.fixture
def cell(monkeypatch):
    now = {"cell": ("one", "run 1")}
    monkeypatch.setattr(live_module, "present_cell", lambda: now["cell"])
    monkeypatch.setattr(live_module, "_figures_of_cells", {})
    return now


def is_closed(live):
    return live.canvas.comm is None and live.widget.comm is None


def test_a_cell_run_again_closes_its_earlier_figures(cell):
    one, beside = make(), make()
    assert not is_closed(one), "two figures of one run of a cell"
    cell["cell"] = ("two", "run 2")
    other = make()
    cell["cell"] = ("one", "run 3")
    again = make()
    assert is_closed(one)
    assert is_closed(beside)
    assert not is_closed(other)
    assert not is_closed(again)
    for widget in one.controls.values():
        assert widget.comm is None


def test_a_figure_that_was_closed_does_not_compute(cell):
    calls = []

    def compute(lr):
        calls.append(lr)
        return walk(lr)

    live = gd.Live(compute, gd.Contour(), lr=(0.0, 1.0))
    live.close()
    calls.clear()
    live.controls["lr"].value = 0.9
    assert calls == []
    live.close()


# ---- a panel of a newcomer


class Histogram(gd.Panel):
    """Where the walkers are: written from the docstring of Panel alone."""

    def draw(self, ax, run):
        ax.set(xlim=(-4, 4), ylim=(0, 60), xlabel="x", ylabel="walkers")
        self.bars = ax.bar(np.arange(-4, 4) + 0.5, np.zeros(8), width=0.9, color="#D55E00")

    def update(self, run):
        counts, _ = np.histogram(run.points[-1][..., 0], bins=np.arange(-4, 5))
        for bar, count in zip(self.bars, counts, strict=True):
            bar.set_height(count)


def test_a_newcomers_panel_lives_pins_and_plays():
    starts = np.stack([np.linspace(-3, 3, 50), np.ones(50)], axis=-1)
    live = gd.Live(
        lambda lr=0.1: gd.descend(BOWL, starts, gd.GD(lr), steps=12),
        Histogram(title="All of them arrive"),
        lr=(0.0, 0.4, 0.01),
    )
    (panel,) = live.picture.panels
    for lr in (0.0, 0.3):
        live.controls["lr"].value = lr
        expected, _ = np.histogram(live.result.final[:, 0], bins=np.arange(-4, 5))
        assert [bar.get_height() for bar in panel.bars] == expected.tolist()
    unpinned = live.png
    live.pin()
    live.controls["lr"].value = 0.0
    assert live.png != unpinned
    assert len(live.canvas.pins[0]["ink"]["strokes"]) >= 2
    live.step.value = 12
    live.controls["lr"].value = 0.3
    frames = reel_of(live)["frames"]
    assert len(frames) == 13
    assert frames[0]["ink"] != frames[-1]["ink"] == live.canvas.frame["ink"]
    assert_whole(live)
