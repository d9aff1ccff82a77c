"""Slices through a point, and eigenvalues: what the artists hold after an update."""

import numpy as np
import pytest
from gdviz.panels.slices import OUTSIDE, PARABOLA
from matplotlib.figure import Figure

import gdviz as gd

SQUARE = ((-2, 2), (-2, 2))
FORMULAS = ["x**2 - y**2", "x*y", "x**3 - 3*x*y**2", "exp(x)*sin(2*y)", "x**2 + 3*x*y - y**4"]


@pytest.fixture
def ax():
    return Figure(figsize=(4, 4), dpi=100).add_subplot()


@pytest.fixture
def space():
    return Figure(figsize=(4, 4), dpi=100).add_subplot(projection="3d")


def cut(formula="x**2 - y**2", point=(0.0, 0.0), angle=0.0, bounds=SQUARE):
    return gd.Cut(gd.landscape(formula, variables=("x", "y"), bounds=bounds), point, angle)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 135, 180])
def test_directions_are_unit_vectors_at_right_angles(angle):
    directions = cut(angle=angle).directions
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-15)
    assert np.isclose(directions[0, 0], np.cos(np.radians(angle)))


@pytest.mark.parametrize("number", [0, 1])
def test_the_point_lies_on_both_slices(number):
    tilted = cut(point=(0.7, -1.1), angle=25, bounds=((-1, 4), (-2, 2)))
    np.testing.assert_allclose(tilted.at(number, tilted.places[number]), (0.7, -1.1), atol=1e-15)
    ends = tilted.at(number, tilted.places[number] + np.array([-1.0, 1.0]))
    np.testing.assert_allclose(np.diff(ends, axis=0)[0], 2 * tilted.directions[number], atol=1e-14)


def test_a_place_is_counted_from_the_middle_of_the_bounds():
    assert cut(point=(1.5, 0.0), bounds=((-1, 4), (-2, 2))).places.tolist() == [0.0, 0.0]
    assert cut(bounds=((-1, 4), (-2, 2))).reach == 2.5


def test_a_cut_needs_two_variables():
    with pytest.raises(ValueError, match="2 variables, and this one has 1"):
        gd.Cut(gd.landscape("x**2"), (0.0,), 0)


def test_the_saddle_is_a_minimum_one_way_and_a_maximum_the_other():
    figure = Figure()
    panels = gd.Slice(0), gd.Slice(1)
    for panel, ax in zip(panels, figure.subplots(1, 2), strict=True):
        panel.draw(ax, cut())
    (x, one), (y, other) = (panel.curve.get_data() for panel in panels)
    np.testing.assert_allclose(one, x**2)
    np.testing.assert_allclose(other, -(y**2))
    assert panels[0].ax.get_ylim() == panels[1].ax.get_ylim()


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("number", [0, 1])
def test_the_parabola_has_the_slope_and_the_curvature_of_the_slice(ax, formula, number):
    tilted = cut(formula, point=(0.4, -0.3), angle=35)
    panel = gd.Slice(number)
    panel.draw(ax, tilted)
    places, parabola = panel.parabola.get_data()
    at, h = tilted.places[number], 1e-3

    def along(place):
        return tilted.objective.value(tilted.at(number, np.asarray(place)))

    slope = (along(at + h) - along(at - h)) / (2 * h)
    curvature = (along(at + h) - 2 * along(at) + along(at - h)) / h**2
    expected = along(at) + slope * (places - at) + curvature * (places - at) ** 2 / 2
    low, high = ax.get_ylim()
    seen = (expected > low) & (expected < high)
    assert seen.sum() > 40
    np.testing.assert_allclose(parabola[seen], expected[seen], atol=1e-4)


def test_update_moves_the_artists_and_draws_anew_only_for_another_landscape(ax):
    panel, first = gd.Slice(1), cut()
    panel.draw(ax, first)
    count, limits = len(ax.get_children()), ax.get_ylim()
    turned = gd.Cut(first.objective, (1.0, 0.5), 90)
    assert panel.update(turned) is False
    (place,), (height,) = panel.ball.get_data()
    assert place == pytest.approx(-1.0)  # the other way is (-1, 0)
    assert height == pytest.approx(0.75)
    places, values = panel.curve.get_data()
    np.testing.assert_allclose(values, places**2 - 0.25, atol=1e-12)
    assert len(ax.get_children()) == count
    assert ax.get_ylim() == limits
    assert panel.update(cut("3*x**2 - y**2")) is True
    assert len(ax.get_children()) == count
    assert ax.get_ylim()[1] > 12


def test_dragging_the_ball_moves_the_point_along_its_slice(ax):
    panel, turned = gd.Slice(0), cut(point=(0.5, 1.0), angle=90)
    panel.draw(ax, turned)
    pixel = ax.transData.transform((-1.5, 0.0))
    assert panel.locate(pixel) == pytest.approx((0.5, -1.5))
    far = ax.transData.transform((7.0, 0.0))
    assert panel.locate(far) == pytest.approx((0.5, 2.0)), "stays within the bounds"


def test_a_point_outside_the_bounds_is_told_in_words(ax, space):
    panel, surface = gd.Slice(0), gd.SlicedSurface()
    inside = cut()
    outside = gd.Cut(inside.objective, (0.0, 9.0), 0)
    panel.draw(ax, inside)
    surface.draw(space, inside)
    assert panel.note.get_text() == surface.note.get_text() == ""
    panel.update(outside)
    surface.update(outside)
    assert panel.note.get_text() == surface.note.get_text() == OUTSIDE


def test_pin_keeps_the_slice_and_unpin_takes_it_away(ax):
    panel = gd.Slice(0)
    panel.draw(ax, cut())
    count = len(ax.get_children())
    panel.pin(cut())
    assert len(ax.get_children()) == count + 1
    panel.update(cut(angle=90))
    x, y = panel.pinned[0].get_data()
    np.testing.assert_allclose(y, x**2)
    panel.unpin()
    assert len(ax.get_children()) == count


def test_the_legend_says_what_the_parabola_is_and_stands_above_the_surface(ax):
    panel = gd.Slice(0)
    panel.draw(ax, cut())
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [PARABOLA]
    ax.figure.canvas.draw()
    top_of_the_ground = ax.transData.transform((0.0, 4.0))[1]
    assert legend.get_texts()[0].get_window_extent().y1 < ax.get_window_extent().y1
    assert ax.get_window_extent().y1 - top_of_the_ground > 0.1 * ax.get_window_extent().height


def test_values_that_are_not_finite_leave_a_gap(ax):
    panel = gd.Slice(0)
    panel.draw(ax, cut("log(x) + y**2", point=(1.0, 0.0)))
    places, values = panel.curve.get_data()
    assert np.isnan(values[places < 0]).all()
    assert np.isfinite(values[places > 0]).all()


def test_both_slices_lie_on_the_surface(space):
    panel, tilted = gd.SlicedSurface(), cut(point=(0.5, -0.5), angle=20)
    panel.draw(space, tilted)
    assert len(panel.balls) == 1
    np.testing.assert_allclose(np.ravel(panel.balls[0].get_data_3d()), (0.5, -0.5, 0.0), atol=1e-12)
    for number, line in enumerate(panel.lines):
        x, y, z = (np.asarray(values, dtype=float) for values in line.get_data_3d())
        seen = np.isfinite(z)
        np.testing.assert_allclose(z[seen], (x**2 - y**2)[seen], atol=1e-12)
        normal = tilted.directions[1 - number]
        offset = np.stack([x, y], axis=-1)[seen] - (0.5, -0.5)
        np.testing.assert_allclose(offset @ normal, 0, atol=1e-12)
        assert seen.sum() > 40


def test_spectra_part_the_signs_and_mark_minima_and_maxima(ax):
    panel = gd.Spectra(limits=(-3, 3))
    first = np.array([[1.0, 2.0], [-1.0, 2.0], [-2.0, -1.0], [0.0, 1.0]])
    panel.draw(ax, first)
    count = len(ax.get_children())
    assert panel.positive.get_ydata().tolist() == [1, 2, 2, 1]
    assert panel.negative.get_ydata().tolist() == [-1, -2, -1, 0]
    assert panel.negative.get_xdata().tolist() == [2, 3, 3, 4]
    assert panel.minima.get_xdata().tolist() == [1]
    assert panel.maxima.get_xdata().tolist() == [3]
    panel.update(first + 2.5)
    assert panel.minima.get_xdata().tolist() == [1, 2, 3, 4]
    assert panel.maxima.get_xdata().size == panel.negative.get_xdata().size == 0
    assert len(ax.get_children()) == count
    panel.pin(first)
    assert panel.pinned[0].get_ydata().tolist() == first.ravel().tolist()
    panel.unpin()
    assert len(ax.get_children()) == count


def test_spectra_take_matrices_of_another_size(ax):
    panel = gd.Spectra(limits=(-3, 3), of=lambda chosen: chosen[0])
    panel.draw(ax, (np.ones((5, 2)), "n = 2"))
    panel.update((np.ones((5, 7)), "n = 7"))
    assert panel.positive.get_xdata().tolist() == np.repeat(np.arange(1.0, 6.0), 7).tolist()
