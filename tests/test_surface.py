"""A surface in space: where its points stand, what turns it, and that its labels can be read."""

import itertools

import numpy as np
import pytest

import gdviz as gd
from gdviz.panels.surface import best_view
from gdviz.picture import Picture

HILL = gd.landscape("himmelblau")
RUN = gd.descend(HILL, (0.5, 0.3), gd.GD(0.01), steps=30)
RAVINE = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)


def surface(run=RUN, width=400, **options):
    picture = Picture(run, [gd.Surface(**options)], width=width)
    return picture, picture.panels[0]


def boxes(space):
    """Return left, bottom, right, top of every text that is seen."""
    found = []
    for text in [*itertools.chain(*space.labels), *space.names]:
        if text.get_visible():
            box = text.get_window_extent()
            found.append((text.get_text(), np.ravel(box.get_points())))
    return found


@pytest.mark.parametrize("width", [330, 500, 1000])
def test_every_label_is_inside_and_on_no_other_whatever_the_side(width):
    picture, panel = surface(width=width)
    left, bottom, right, top = picture.figure.bbox.extents
    for elevation, azimuth in itertools.product((0, 20, 34, 60, 90), range(0, 360, 25)):
        panel.space.look(elevation, azimuth)
        found = boxes(panel.space)
        for name, (x0, y0, x1, y1) in found:
            assert x0 >= left and y0 >= bottom and x1 <= right and y1 <= top, (name, elevation)  # noqa: PT018
        for (one, a), (other, b) in itertools.combinations(found, 2):
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (one, other, elevation, azimuth)


@pytest.mark.parametrize("width", [330, 500, 1000])
def test_the_box_is_inside_and_fills_a_good_part(width):
    picture, panel = surface(width=width)
    ends = panel.space.ends
    corners = np.array(list(itertools.product(*ends)))
    x, y = panel.space.project(corners)
    assert x.min() > 20
    assert x.max() < panel.space.across - 20
    assert y.min() > 40
    assert y.max() < panel.space.tall
    assert np.ptp(y) > 0.55 * panel.space.tall
    assert picture.boxes[0][3] == picture.tall


def test_a_minimum_is_marked_where_it_stands_while_it_is_seen():
    run = gd.descend(RAVINE, (-2.0, 1.0), gd.GD(0.1), steps=3)
    _, panel = surface(run, marks=True, view=(60, -60))
    (star,) = panel.stars
    assert star.get_visible()
    np.testing.assert_allclose(np.ravel(star.get_data()), panel.place(np.zeros(2), RAVINE))
    panel.turn(50, 10)
    assert star.get_visible()
    np.testing.assert_allclose(np.ravel(star.get_data()), panel.place(np.zeros(2), RAVINE))
    # from the side the wall of the valley is in front of it
    panel.turn(0, -60)
    assert not star.get_visible()


def test_the_letters_of_minima_stand_beside_their_stars():
    _, panel = surface(marks=True)
    minima = [point for point in HILL.critical_points() if point.kind == "minimum"]
    assert [name.get_text() for name in panel.names] == ["A", "B", "C", "D"]
    for name, point in zip(panel.names, minima, strict=True):
        np.testing.assert_allclose(name.xy, panel.place(point.point, HILL))
    assert surface()[1].stars == []


def test_seen_from_above_the_surface_is_a_map():
    _, panel = surface(view=(90, -90))
    x, y = panel.space.project(np.array([[-5, -5, 0], [5, -5, 0], [-5, 5, 0.0], [0, 0, 9]]))
    assert x[1] - x[0] == pytest.approx(panel.space.scale)
    assert y[1] == pytest.approx(y[0])
    assert y[2] - y[0] == pytest.approx(panel.space.scale)
    assert (x[3], y[3]) == pytest.approx(((x[0] + x[1]) / 2, (y[0] + y[2]) / 2))


def test_seen_from_the_side_heights_are_heights():
    _, panel = surface(view=(0, -90))
    low, high = panel.space.ends[2]
    _, y = panel.space.project(np.array([[0, 0, low], [0, 3, low], [0, 0, high]]))
    assert y[1] == pytest.approx(y[0])
    assert y[2] - y[0] == pytest.approx(0.7 * panel.space.scale)


def test_the_walker_stands_on_the_surface():
    picture, panel = surface()
    for shown in (RUN, RUN.until(3)):
        picture.update(RUN, shown)
        point = np.append(shown.final, HILL.value(shown.final))
        ball = np.ravel(panel.balls[0].get_data())
        np.testing.assert_allclose(ball, panel.space.project(point))


def test_lines_lie_on_the_surface_and_turn_with_it():
    ridge = np.linspace((-4, 0), (4, 0), 9)
    _, panel = surface(lines=[ridge])
    for view in [(40, 20), (20, 200)]:
        panel.view = view
        panel.turn(0, 0)
        points = np.column_stack([ridge, HILL.value(ridge)])
        np.testing.assert_allclose(panel.drawn[0].get_data(), panel.space.project(points))


def test_turning_moves_surface_and_walker_together():
    picture, panel = surface(view=(30, -60))
    vertices = panel.space.faces.get_paths()[0].vertices.copy()
    panel.turn(20, 15)
    assert panel.view == (45.0, 280.0)
    assert not np.allclose(panel.space.faces.get_paths()[0].vertices, vertices)
    point = np.append(RUN.final, HILL.value(RUN.final))
    np.testing.assert_allclose(np.ravel(panel.balls[0].get_data()), panel.space.project(point))
    still = picture.stills[0].pixels
    picture.redraw([panel])
    assert (picture.stills[0].pixels != still).any()
    panel.turn(0, 500)
    assert panel.view[0] == 90.0
    panel.turn(0, -500)
    assert panel.view[0] == 0.0


def test_turning_keeps_the_step_that_is_shown():
    picture, panel = surface()
    picture.update(RUN, RUN.until(4))
    panel.turn(10, 0)
    assert len(panel.ways[0][0].get_xdata()) == 5


def test_what_is_in_front_is_drawn_last():
    _, panel = surface()
    for azimuth in (-60, 30, 100, 200):
        panel.space.look(30, azimuth)
        eye = np.array([np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))])
        order = np.where(eye >= 0, 1, -1)
        corners = panel.space.corners[:: order[1], :: order[0]]
        middles = corners.mean(axis=2)[..., :2] @ eye
        assert (np.diff(middles, axis=0) > 0).all()
        assert (np.diff(middles, axis=1) > 0).all()
        first = panel.space.faces.get_paths()[0].vertices[:4]
        np.testing.assert_allclose(first, panel.space._flat(corners[0, 0]))


def test_what_leaves_the_box_is_left_out():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(0.7), steps=9)
    _, panel = surface(run)
    x, y = panel.trails(run)[0]
    inside = np.abs(run.points[:, 1]) <= 2
    np.testing.assert_array_equal(np.isfinite(x), inside)
    np.testing.assert_array_equal(np.isfinite(y), inside)
    left = int(np.flatnonzero(inside)[-1]) + 1
    assert panel.note.get_text() == f"left the picture at step {left}"


def test_a_hole_in_the_landscape_is_a_hole_in_the_surface():
    landscape = gd.landscape("log(x) + y", bounds=((-1, 1), (-1, 1)))
    run = gd.descend(landscape, (0.5, 0.5), gd.GD(0.01), steps=2)
    _, panel = surface(run)
    known = np.isfinite(panel.space.corners).all(axis=(2, 3))
    assert 0 < known.sum() < known.size
    assert len(panel.space.faces.get_paths()) == known.sum()


def test_the_first_view_looks_into_a_valley_that_is_open_to_one_side():
    x, y = np.meshgrid(np.linspace(-1, 1, 31), np.linspace(-1, 1, 31))
    wall = np.where(x > 0.5, 1.0, 0.0)
    _, azimuth = best_view(wall + 0.0 * y)
    assert np.cos(np.radians(azimuth)) < 0
    elevation, azimuth = best_view(np.zeros((31, 31)))
    assert elevation == 32.0
    assert abs(np.sin(2 * np.radians(azimuth))) > 0.8


@pytest.mark.parametrize("view", [(-1, 0), (91, 0), (30,), "above"])
def test_a_view_is_two_angles(view):
    with pytest.raises(ValueError, match="the elevation from 0 to 90"):
        gd.Surface(view=view)


def test_a_surface_is_a_landscape_of_two_variables():
    run = gd.descend(gd.landscape("x**2"), 1.0, gd.GD(0.1), steps=2)
    with pytest.raises(ValueError, match="use Curve"):
        surface(run)


def test_reset_turns_the_surface_back():
    live = gd.Live(
        lambda lr=0.1: gd.descend(gd.landscape("bowl"), (1.0, 1.0), gd.GD(lr), steps=5),
        gd.Surface(view=(35, -60)),
        lr=(0.0, 0.2),
    )
    live._on_key({"by": [3, 0]})
    assert live.picture.panels[0].view != (35, -60)
    live.reset()
    assert live.picture.panels[0].view == (35, -60)


def test_a_fine_surface_has_more_faces_and_no_mesh():
    _, coarse = surface()
    _, fine = surface(fine=True)
    assert len(fine.space.faces.get_paths()) > 4 * len(coarse.space.faces.get_paths())
    faces = fine.space.faces
    np.testing.assert_array_equal(faces.get_edgecolor(), faces.get_facecolor())
    # a point stands in both at the same place
    for one, other in zip(
        fine.place((3.0, 2.0), HILL), coarse.place((3.0, 2.0), HILL), strict=True
    ):
        assert abs(one - other) < 2
