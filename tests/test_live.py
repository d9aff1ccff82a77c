"""Live and show: from a control's value to the artists, the pixels and the words."""

import gc
import io
import itertools
import threading
import time
import tracemalloc

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

import gdviz as gd

BOWL = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
CURVE = gd.landscape("x**2 / 2", bounds=((-3, 3),))
press_numbers = itertools.count(1)


def walk(lr=0.1, start=(-2.5, 1.5), steps=20):
    return gd.descend(BOWL, start, gd.GD(lr), steps=steps)


def make(**controls):
    given = {"lr": (0.0, 1.0, 0.01), "start": gd.point((-2.5, 1.5)), **controls}
    return gd.Live(walk, gd.Contour(), gd.Loss(limits=(1e-9, 1e3)), **given)


def pixels(live):
    return np.asarray(Image.open(io.BytesIO(live.png)).convert("RGB"))


def press(live, x, y, panel=0, number=None):
    """Press where the data coordinates (x, y) of a panel are, as the front end reports it."""
    ax = live.picture.panels[panel].ax
    across, up = ax.transData.transform((x, y)) / live.figure.bbox.size
    live.canvas.pointer = [across, 1 - up, number or next(press_numbers)]


def test_a_slider_moves_the_artists_to_what_descend_gives():
    live = make()
    for lr in (0.0, 0.3, 0.7):
        live.controls["lr"].value = lr
        expected = gd.descend(BOWL, (-2.5, 1.5), gd.GD(lr), steps=20)
        np.testing.assert_array_equal(live.result.points, expected.points)
        contour, loss = live.picture.panels
        far = 1e4 * 6  # beyond this the picture is clipped
        np.testing.assert_allclose(
            contour.lines[0].get_xdata(), np.clip(expected.points[:, 0], -far, far)
        )
        drawn, values = loss.lines[0].get_ydata(), expected.values
        inside = (values > 1e-9) & (values < 1e3)
        np.testing.assert_allclose(drawn[inside], values[inside])


def test_a_frame_shows_the_same_as_drawing_everything_anew():
    live = make()
    live.controls["lr"].value = 0.42
    fast = pixels(live)
    live.picture.draw(still=True)
    np.testing.assert_array_equal(fast, pixels(live))


def test_the_first_values_are_the_defaults_of_compute():
    assert make().controls["lr"].value == 0.1


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ((0, 10), widgets.IntSlider),
        ((0.0, 1.0), widgets.FloatSlider),
        ([1, 2], widgets.Dropdown),
        (True, widgets.Checkbox),
        ("x**2", widgets.Text),
        (widgets.IntText(3), widgets.IntText),
        (gd.log_slider(0.1, 10), gd.controls.LogSlider),
    ],
)
def test_controls_take_what_interact_takes(given, kind):
    live = gd.Live(lambda a: gd.descend(CURVE, 1.0, gd.GD(0.1), 3), gd.Curve(), a=given)
    assert isinstance(live.controls["a"], kind)
    assert live.controls["a"].description == "a"


def test_labels_name_what_is_dragged():
    live = make(steps=(1, 30))
    assert [control.description for control in live.controls.values()] == [
        "learning rate η",
        "start",
        "steps",
    ]


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"lr": (1.0, 0.0)}, "empty range"),
        ({"lr": (1.0, 1.0)}, "empty range"),
        ({"lr": (0.0, float("nan"))}, "empty range"),
        ({"lr": (0.0, 1.0, -0.1)}, "cannot move in steps of -0.1"),
        ({"lr": (0.0, 1.0, 5.0)}, "cannot move in steps of 5.0"),
        ({"lr": []}, "empty list"),
        ({"lr": {}}, "empty list"),
    ],
)
def test_an_empty_range_is_told_in_words(controls, words):
    with pytest.raises(ValueError, match=words):
        make(**controls)


def test_a_control_that_is_none_is_told_in_words():
    with pytest.raises(TypeError, match="give a range as in"):
        make(lr=object())
    with pytest.raises(TypeError, match="has no value to read"):
        make(lr=widgets.Button())


def test_controls_must_fit_compute():
    with pytest.raises(TypeError, match="walk takes lr, start, steps, and the controls are rate"):
        gd.Live(walk, gd.Contour(), rate=(0.0, 1.0))
    with pytest.raises(TypeError, match="needs a panel"):
        gd.Live(walk, lr=(0.0, 1.0))


@pytest.mark.parametrize(
    ("low", "high", "value"), [(0, 1, None), (-1, 1, None), (2, 1, None), (1, 10, 20)]
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


@pytest.mark.parametrize("value", [float("nan"), (1.0, float("inf")), (), "a", None])
def test_a_start_is_finite(value):
    with pytest.raises(ValueError, match="finite number for each variable"):
        gd.point(value)


def test_number_fields_and_value_of_a_point_follow_each_other():
    start = gd.point((-2.5, 2))
    start.fields[1].value = 0.5
    assert start.value == (-2.5, 0.5)
    start.value = (1.0, 1.5)
    assert [field.value for field in start.fields] == [1.0, 1.5]
    one = gd.point(2)
    one.fields[0].value = -1
    assert one.value == -1.0


def test_pressing_on_the_contour_moves_the_start():
    live = make()
    press(live, 1.25, -0.75)
    assert live.controls["start"].value == pytest.approx((1.25, -0.75), abs=0.01)
    np.testing.assert_allclose(live.result.points[0], live.controls["start"].value)
    ball = live.picture.panels[0].balls[0]
    np.testing.assert_allclose(np.ravel(ball.get_data()), live.controls["start"].value)


def test_a_drag_goes_on_outside_the_panel_and_stays_in_its_bounds():
    live = make()
    press(live, 0.0, 0.0, number=77)
    press(live, 9.0, 9.0, number=77)
    assert live.controls["start"].value == (3.0, 2.0)


def test_a_press_beside_the_landscape_moves_nothing():
    live = make()
    before = live.controls["start"].value
    press(live, 10, 1e-3, panel=1)
    live.canvas.pointer = [0.001, 0.001, next(press_numbers)]
    assert live.controls["start"].value == before


def test_the_nearest_of_two_balls_is_taken():
    def two(a, b):
        return gd.descend(BOWL, np.array([a, b]), gd.GD(0.1), steps=5)

    live = gd.Live(two, gd.Contour(), a=gd.point((-2, 0)), b=gd.point((2, 0)))
    press(live, 1.5, 1.0)
    assert live.controls["a"].value == (-2.0, 0.0)
    assert live.controls["b"].value == pytest.approx((1.5, 1.0), abs=0.01)


def test_the_ball_on_a_curve_is_one_number():
    live = gd.Live(
        lambda start: gd.descend(CURVE, start, gd.GD(0.1), 5), gd.Curve(), start=gd.point(1.0)
    )
    press(live, -2.0, 3.0)
    assert live.controls["start"].value == pytest.approx(-2.0, abs=0.01)


def test_a_surface_turns_by_dragging_and_by_arrow_keys():
    live = gd.Live(walk, gd.Surface(view=(40, -60)), lr=(0.0, 1.0))
    before = pixels(live)
    live.canvas.turn = [1, 0, 1]
    (panel,) = live.picture.panels
    assert (panel.ax.elev, panel.ax.azim % 360) == (40, 295)
    live.canvas.pointer = [0.5, 0.5, 5]
    live.canvas.pointer = [0.6, 0.4, 5]
    assert panel.ax.azim % 360 == pytest.approx(295 - 36)
    assert panel.ax.elev == pytest.approx(40 - 18)
    assert (before != pixels(live)).any()


def test_the_readout_is_the_text_alternative():
    live = gd.Live(
        walk, gd.Contour(), readout=lambda run: f"{run.final[0]:.2f}", lr=(0.0, 1.0, 0.01)
    )
    live.controls["lr"].value = 1.0
    assert live.text == live.canvas.text == "0.00"
    bundle = live._repr_mimebundle_()
    assert bundle["text/plain"] == "0.00"
    assert bundle["image/png"].startswith("iVBOR")
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_an_error_appears_in_words_and_the_last_good_picture_stays():
    def explore(formula="x**2", lr=0.1):
        return gd.descend(gd.landscape(formula), 1.0, gd.GD(lr), steps=5)

    live = gd.Live(explore, gd.Curve(CURVE), formula="x**2", lr=(-1.0, 1.0, 0.1))
    good, result = live.png, live.result
    live.controls["formula"].value = "x**2 + a*b"
    assert isinstance(live.error, ValueError)
    assert live.text == live.canvas.error == str(live.error)
    assert "mentions a and b" in live.text
    assert live.png == good
    assert live.result is result
    live.controls["formula"].value = "3*x**2"
    assert live.error is None
    assert live.canvas.error == ""
    live.controls["lr"].value = -0.5
    assert "learning rate" in live.text
    live.controls["lr"].value = 0.2
    assert live.error is None


@pytest.mark.parametrize("where", ["compute", "panel", "readout"])
def test_whatever_breaks_is_told_and_mends_itself(where):
    def compute(broken=False):
        if broken and where == "compute":
            raise ZeroDivisionError("no such step")
        run = walk()
        return run if not (broken and where == "panel") else "no run"

    def readout(run):
        if live_is_made and live.controls["broken"].value and where == "readout":
            raise KeyError("what")
        return "fine"

    live_is_made = False
    live = gd.Live(compute, gd.Contour(), readout=readout, broken=False)
    live_is_made = True
    good = live.png
    live.controls["broken"].value = True
    assert live.error is not None
    assert type(live.error).__name__ in live.text
    assert live.png == good
    live.controls["broken"].value = False
    assert live.error is None
    assert live.text == "fine"


def test_an_interrupted_event_leaves_a_figure_that_works():
    calls = []

    def compute(lr=0.1):
        calls.append(lr)
        if lr == 0.5:
            raise KeyboardInterrupt
        return walk(lr)

    live = gd.Live(compute, gd.Contour(), lr=(0.0, 1.0, 0.1))
    with pytest.raises(KeyboardInterrupt):
        live.controls["lr"].value = 0.5
    live.controls["lr"].value = 0.2
    np.testing.assert_array_equal(live.result.points, walk(0.2).points)
    assert live.error is None


def test_a_diverging_run_keeps_the_axes_and_says_when_it_left():
    live = make()
    axes = live.figure.axes
    limits = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
    live.controls["lr"].value = 1.0
    assert limits == [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
    contour, loss = live.picture.panels
    assert contour.note.get_text() == "left the picture at step 1"
    values = live.result.values
    assert loss.note.get_text() == f"above the picture from step {np.argmax(values > 1e3)}"


def test_pin_keeps_a_grey_trail_and_reset_takes_it_away():
    live = make()
    first = live.png
    children = [len(ax.get_children()) for ax in live.figure.axes]
    points = live.result.points
    live.controls["lr"].value = 0.3
    live.reset()
    live.pin()
    live.controls["lr"].value = 0.4
    (trail,) = live.picture.panels[0].pinned
    np.testing.assert_array_equal(np.transpose(trail.get_data()), points)
    assert trail.get_color() == "#8A8A8A"
    live.reset()
    assert live.controls["lr"].value == 0.1
    assert live.png == first
    assert children == [len(ax.get_children()) for ax in live.figure.axes]


def test_the_step_slider_cuts_the_run():
    live = make()
    live.step.value = 7
    assert len(live.picture.panels[0].lines[0].get_xdata()) == 8
    live.controls["lr"].value = 0.2
    assert len(live.picture.panels[0].lines[0].get_xdata()) == 8
    live.step.value = 0
    assert len(live.picture.panels[0].lines[0].get_xdata()) == 1
    live.reset()
    assert len(live.picture.panels[0].lines[0].get_xdata()) == 21


def test_the_readout_says_how_much_of_the_run_is_shown():
    live = make()
    whole = live.text
    live.step.value = 7
    assert live.text == f"Shown: 7 of 20 steps. {whole}"
    live.step.value = 20
    assert live.text == whole


def test_play_walks_a_long_run_in_as_many_frames():
    live = make(steps=(1, 3000))
    live.controls["steps"].value = 3000
    assert live.play.step == 30
    live.controls["steps"].value = 50
    assert live.play.step == 1


def test_two_events_at_once_are_handled_one_after_the_other():
    """JupyterLab hands events to two threads; the figure must end at the last values."""
    inside, overlaps = [], []

    def compute(lr=0.1, k=4.0):
        overlaps.append(len(inside))
        inside.append(1)
        time.sleep(0.05)
        inside.pop()
        return gd.descend(gd.landscape("ravine", k=k), (1.0, 1.0), gd.GD(lr), steps=5)

    live = gd.Live(compute, gd.Contour(), lr=(0.0, 0.5, 0.1), k=(1.0, 8.0, 1.0))
    events = [
        threading.Thread(target=live.controls["lr"].set_trait, args=("value", 0.3)),
        threading.Thread(target=live.controls["k"].set_trait, args=("value", 7.0)),
    ]
    for event in events:
        event.start()
    for event in events:
        event.join()
    assert set(overlaps) == {0}
    assert live.result.objective.constants["k"] == 7.0
    assert live.result.optimizer.lr == 0.3
    assert live.picture.panels[0].drawn == live.result.objective


def test_the_step_slider_follows_the_number_of_steps():
    live = make(steps=(1, 50))
    live.controls["steps"].value = 50
    assert (live.step.max, live.step.value) == (50, 50)
    live.step.value = 30
    live.controls["steps"].value = 10
    assert (live.step.max, live.step.value) == (10, 10)
    live.controls["steps"].value = 50
    assert len(live.picture.panels[0].lines[0].get_xdata()) == live.step.value + 1
    assert live.error is None


def test_what_cannot_be_cut_has_no_play():
    live = gd.Live(
        lambda a: a,
        gd.Sweep(np.arange(1, 6), np.arange(5), at=lambda a: a),
        readout=lambda a: f"{a}",
        a=(1, 5),
    )
    assert live.step is None
    live.controls["a"].value = 4
    assert live.picture.panels[0].dots.get_xdata() == [4]
    assert live.picture.panels[0].dots.get_ydata() == [3]


def test_another_landscape_draws_the_still_part_anew_and_only_then():
    def compute(k=1.0, lr=0.1):
        return gd.descend(gd.landscape("ravine", k=k), (1.0, 1.0), gd.GD(lr), steps=5)

    live = gd.Live(compute, gd.Contour(), k=(1.0, 10.0), lr=(0.0, 0.2))
    scenery = live.picture.panels[0].scenery
    children = len(live.figure.axes[0].get_children())
    live.controls["lr"].value = 0.2
    assert live.picture.panels[0].scenery is scenery
    live.controls["k"].value = 5.0
    assert live.picture.panels[0].scenery is not scenery
    assert children == len(live.figure.axes[0].get_children())


def test_two_figures_from_the_same_panels_do_not_disturb_each_other():
    contour, loss = gd.Contour(), gd.Loss(limits=(1e-9, 1e3))
    one = gd.Live(walk, contour, loss, lr=(0.0, 1.0))
    two = gd.Live(walk, contour, loss, lr=(0.0, 1.0))
    before = one.png
    two.pin()
    two.controls["lr"].value = 0.7
    assert one.png == before
    one.controls["lr"].value = 0.7
    assert one.picture.panels[0].pinned == []
    assert two.error is one.error is None


def test_a_dense_screen_gets_more_pixels_and_the_same_picture():
    live = make()
    assert Image.open(io.BytesIO(live.png)).size == (900, 400)
    live.canvas.ratio = 2.0
    assert Image.open(io.BytesIO(live.canvas.png)).size == (1800, 800)
    press(live, 1.0, 1.0)
    assert live.controls["start"].value == pytest.approx((1.0, 1.0), abs=0.01)


def test_show_is_the_first_picture_of_live():
    live = gd.Live(walk, gd.Contour(), gd.Loss(), lr=(0.0, 1.0))
    picture = gd.show(walk(), gd.Contour(), gd.Loss())
    assert picture.png == live.png
    assert picture.text == str(walk())
    assert picture._repr_mimebundle_()["text/plain"] == picture.text


def test_ten_thousand_events_leave_no_memory_behind():
    live = gd.Live(
        lambda lr=0.1: gd.descend(CURVE, 2.0, gd.GD(lr), steps=5),
        gd.Curve(),
        readout=lambda run: "x",
        lr=(0.0, 1.0, 0.01),
    )
    # the pixels are not the point here, and encoding them would take a minute
    live.picture.draw = lambda still=True: None
    live.picture._png = b""
    slider = live.controls["lr"]

    def drag(events):
        for event in range(events):
            slider.value = (event % 100) / 100
        gc.collect()

    drag(500)
    children = len(live.figure.axes[0].get_children())
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    drag(10_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 100_000
    assert children == len(live.figure.axes[0].get_children())


def test_drawn_events_leave_no_memory_behind():
    live = make()

    def drag(events):
        for event in range(events):
            live.controls["lr"].value = (event % 20) / 20
        gc.collect()

    tracemalloc.start()
    drag(20)  # fills the caches of glyphs
    before = tracemalloc.get_traced_memory()[0]
    drag(60)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 60_000
