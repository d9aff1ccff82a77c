"""Panels: the data of their artists, drawn once and then moved."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import gdviz as gd
from gdviz.panels.landscape import arrow_heads, contour_levels, heights
from gdviz.panels.style import COLOURS, MARKERS

RAVINE = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
QUARTIC = gd.landscape("quartic")
TWO = gd.descend(RAVINE, [(-2.5, 1.5), (2.0, 1.0)], gd.GD(0.1), steps=9)
ONE = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(0.1), steps=9)
ON_QUARTIC = gd.descend(QUARTIC, 2.0, gd.GD(0.01), steps=9)


def drawn(panel, result):
    ax = Figure().add_subplot(projection=panel.projection)
    panel.draw(ax, result)
    return panel


PANELS = [
    (lambda: gd.Curve(), ON_QUARTIC, gd.descend(QUARTIC, -2.0, gd.GD(0.02), steps=5)),
    (lambda: gd.Contour(), ONE, gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5)),
    (lambda: gd.Contour(), TWO, gd.descend(RAVINE, np.ones((2, 2)), gd.GD(0.2), steps=5)),
    (lambda: gd.Surface(), ONE, gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5)),
    (lambda: gd.Loss(), ONE, gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5)),
    (
        lambda: gd.Series(lambda run: run.step_lengths, ylabel="length", theory=lambda r: r.values),
        ONE,
        gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5),
    ),
    (
        lambda: gd.Sweep(np.arange(1, 4), lambda run: run.values[:3], at=lambda run: 2.0),
        ONE,
        gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5),
    ),
    (
        lambda: gd.Fit(np.arange(3), np.arange(3), lambda w, x: w[0] * x + w[1]),
        ONE,
        gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5),
    ),
]


def positions(panel):
    lines = [artist for artist in panel.moving if hasattr(artist, "get_data")]
    data = [getattr(line, "get_data_3d", line.get_data)() for line in lines]
    return [np.concatenate([np.ravel(values) for values in place]) for place in data]


@pytest.mark.parametrize(("make", "first", "second"), PANELS)
def test_update_moves_what_draw_made(make, first, second):
    panel = drawn(make(), first)
    artists, children = panel.moving, len(panel.ax.get_children())
    limits = panel.ax.axis()
    before = positions(panel)
    assert not panel.update(second)
    assert panel.moving == artists
    assert len(panel.ax.get_children()) == children
    assert panel.ax.axis() == limits
    moved = [
        a.shape != b.shape or not np.allclose(a, b, equal_nan=True)
        for a, b in zip(before, positions(panel), strict=True)
    ]
    assert any(moved)
    assert all(artist.get_animated() for artist in panel.moving)
    panel.update(first)
    for a, b in zip(before, positions(panel), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("make", "first", "second"), PANELS)
def test_pins_come_and_go(make, first, second):
    panel = drawn(make(), first)
    children = len(panel.ax.get_children())
    panel.pin(first)
    panel.update(second)
    assert len(panel.ax.get_children()) == children + len(panel.pinned)
    panel.unpin()
    assert len(panel.ax.get_children()) == children


def test_curve_puts_every_step_on_the_curve():
    panel = drawn(gd.Curve(), ON_QUARTIC)
    x, y = panel.lines[0].get_data()
    np.testing.assert_array_equal(x, ON_QUARTIC.points[:, 0])
    np.testing.assert_array_equal(y, ON_QUARTIC.values)
    assert np.ravel(panel.balls[0].get_data()) == pytest.approx([2.0, QUARTIC.value([2.0])])
    kinds = sorted(star.get_marker() for star in panel.stars)
    assert kinds == ["*", "*", "^"]


def test_contour_gives_each_run_its_colour_and_marker():
    panel = drawn(gd.Contour(), TWO)
    for number, line in enumerate(panel.lines):
        np.testing.assert_array_equal(np.transpose(line.get_data()), TWO.points[:, number])
        assert (line.get_color(), line.get_marker()) == (COLOURS[number], MARKERS[number])


def test_nine_runs_are_too_many_lines():
    run = gd.descend(RAVINE, np.ones((9, 2)), gd.GD(0.1), steps=3)
    with pytest.raises(ValueError, match="9 runs, and a Contour panel shows 8"):
        drawn(gd.Contour(), run)


def test_a_landscape_of_the_wrong_dimension_is_told():
    with pytest.raises(ValueError, match="use Contour or Surface"):
        drawn(gd.Curve(), ONE)
    with pytest.raises(ValueError, match="use Curve"):
        drawn(gd.Contour(), ON_QUARTIC)


def test_a_landscape_without_a_finite_value_is_told():
    nowhere = gd.landscape("log(-1 - x**2) + y", bounds=((-1, 1), (-1, 1)))
    with pytest.raises(ValueError, match="no finite value"):
        heights(nowhere, 5)
    with pytest.raises(ValueError, match="no finite value"):
        drawn(gd.Curve(), gd.descend(gd.landscape("log(-1 - x**2)"), 1.0, gd.GD(0.1), 2))


def test_a_new_landscape_is_drawn_and_the_old_one_goes():
    panel = drawn(gd.Contour(), ONE)
    children = len(panel.ax.get_children())
    saddle = gd.landscape("saddle")
    assert panel.update(gd.descend(saddle, (0.5, 0.1), gd.GD(0.1), steps=3))
    assert panel.ax.get_xlim() == (-2, 2)
    assert [star.get_marker() for star in panel.stars] == ["X"]
    assert len(panel.ax.get_children()) == children
    assert not panel.update(gd.descend(saddle, (0.1, 0.1), gd.GD(0.1), steps=3))


def test_surface_leaves_out_what_leaves_its_box():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(0.7), steps=9)
    panel = drawn(gd.Surface(), run)
    z = panel.lines[0].get_data_3d()[2]
    inside = np.abs(run.points[:, 1]) <= 2
    np.testing.assert_array_equal(np.isfinite(z), inside)
    np.testing.assert_allclose(z[inside], run.values[inside])


@pytest.mark.parametrize(
    ("lr", "words"), [(0.1, ""), (0.6, "left the picture at step"), (0.5 - 1e-9, "")]
)
def test_the_note_says_when_a_run_left(lr, words):
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(lr), steps=30)
    note = drawn(gd.Contour(), run).note.get_text()
    assert note.startswith(words)
    assert bool(note) == bool(words)
    if words:
        left = int(note.split()[-1])
        assert np.all(np.abs(run.points[left:, 1]) > 2)
        assert np.abs(run.points[left - 1, 1]) <= 2


def test_the_note_of_the_loss_tells_overflow_from_too_high():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(2.0), steps=400)
    note = drawn(gd.Loss(), run).note.get_text()
    assert note == f"not finite from step {run.diverged_at}"
    short = run.until(20)
    above = int(np.argmax(short.values > 10 * short.values[0]))
    assert drawn(gd.Loss(), short).note.get_text() == f"above the picture from step {above}"


def test_loss_shows_the_values_above_the_minimum():
    lowest = QUARTIC.critical_points()[0].value
    run = gd.descend(QUARTIC, -2.0, gd.GD(0.01), steps=9)
    panel = drawn(gd.Loss(minimum=lowest), run)
    np.testing.assert_allclose(panel.lines[0].get_ydata(), run.values - lowest)
    linear = drawn(gd.Loss(log=False), run)
    np.testing.assert_array_equal(linear.lines[0].get_ydata(), run.values)
    assert linear.ax.get_yscale() == "linear"


def test_a_loss_that_is_no_number_is_lost():
    broken = SimpleNamespace(steps=3, values=np.array([1.0, 2.0, np.nan, np.nan]))
    panel = drawn(gd.Loss(), broken)
    assert panel.note.get_text() == "not finite from step 2"


def test_a_value_without_a_logarithm_is_left_out():
    flat = SimpleNamespace(steps=2, values=np.array([1.0, 0.0, -1.0]))
    assert np.isnan(drawn(gd.Loss(), flat).lines[0].get_ydata()).tolist() == [False, True, True]


def test_series_shows_a_run_cut_before_its_first_step():
    panel = drawn(gd.Series(lambda run: run.step_lengths, ylabel="length"), ONE)
    panel.update(ONE.until(0))
    assert panel.lines[0].get_ydata().size == 0
    assert panel.note.get_text() == ""


def test_series_draws_theory_dashed():
    panel = drawn(
        gd.Series(lambda run: run.values, ylabel="loss", theory=lambda run: 2 * run.values), ONE
    )
    (line,) = panel.dashed
    np.testing.assert_allclose(line.get_ydata(), 2 * ONE.values)
    assert (line.get_linestyle(), line.get_color()) == ("--", "black")


def test_series_writes_what_its_axes_show():
    panel = drawn(gd.Series(lambda run: run.values, xlabel="time step", ylabel="loss"), ONE)
    assert (panel.ax.get_xlabel(), panel.ax.get_ylabel()) == ("time step", "loss")
    panel.update(ONE.until(3))
    assert panel.ax.get_xlabel() == "time step"


def test_sweep_marks_the_dragged_value_on_the_curve():
    panel = drawn(
        gd.Sweep([0.1, 0.2, 0.3], [[1, 2, 3], [4, 5, 6]], at=lambda rate: rate, theory=[7, 8, 9]),
        0.2,
    )
    assert panel.dots.get_xdata().tolist() == [0.2, 0.2]
    assert panel.dots.get_ydata().tolist() == [2, 5]
    panel.update(0.29)
    assert panel.line.get_xdata() == [0.29, 0.29]
    assert panel.dots.get_ydata().tolist() == [3, 6]
    with pytest.raises(ValueError, match="3 values of the hyper-parameter and 2"):
        drawn(gd.Sweep([1, 2, 3], [1, 2], at=lambda rate: rate), 1)


def test_an_autopsy_names_its_colours_for_the_palette():
    sizes = 10.0 ** np.array([[-15, -7, -3, -1, 1, 3, 7, 15, 30, 70, 200, np.inf]])
    panel = drawn(gd.Autopsy(lambda sizes: sizes), sizes)
    used = {to_hex(colour) for colour in panel.image.to_rgba(panel.image.get_array())[:, 0]}
    assert {colour.lower() for colour in panel.colours} == used
    many = gd.Autopsy(lambda sizes: sizes, decades=range(-20, 21))
    assert len(set(many.colours)) == 28


def test_fit_draws_the_line_of_the_last_weights():
    panel = drawn(gd.Fit([0, 1], [0, 1], lambda w, x: w[0] * x + w[1]), ONE)
    x, y = panel.present.get_data()
    np.testing.assert_allclose(y, ONE.final[0] * x + ONE.final[1])
    with pytest.raises(ValueError, match="one number for each point"):
        gd.Fit([0, 1], [0], lambda w, x: x)


def test_of_picks_a_part_of_the_result():
    both = {"run": ONE}
    panel = drawn(gd.Contour(of=lambda result: result["run"]), both)
    np.testing.assert_array_equal(np.transpose(panel.lines[0].get_data()), ONE.points)


def test_arrow_heads_end_where_steps_end_and_point_along_them():
    ax = Figure().add_subplot()
    ax.set(xlim=(0, 10), ylim=(0, 10))
    path = np.array([[1.0, 1.0], [9.0, 1.0], [9.0, 8.0], [9.0, 8.0]])
    triangles = arrow_heads(ax, path)
    assert triangles.shape == (2, 3, 2)
    np.testing.assert_allclose(triangles[:, 0], path[1:3])
    back = triangles[:, 1:].mean(axis=1) - triangles[:, 0]
    assert back[0][0] < 0
    assert back[0][1] == pytest.approx(0, abs=1e-9)
    assert back[1][1] < 0


@pytest.mark.parametrize("name", ["hill", "bowl", "ravine", "saddle", "rosenbrock", "himmelblau"])
def test_contour_levels_increase_and_cover_the_values(name):
    landscape = gd.landscape(name)
    values = heights(landscape, 41)[1]
    levels = contour_levels(values, has_minimum=True)
    assert (np.diff(levels) > 0).all()
    assert (levels[0], levels[-1]) == (values.min(), values.max())


def test_a_flat_landscape_has_levels_too():
    assert contour_levels(np.ones((3, 3)), has_minimum=False).tolist() == [0.5, 1.5]
