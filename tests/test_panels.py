"""Panels: the data of their artists, drawn once and then moved."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.text import Annotation

import gdviz as gd
from gdviz.panels.cells import GONE, REGIONS, UNSETTLED
from gdviz.panels.landscape import AGES, MOST_RUNS, contour_levels, heights
from gdviz.panels.panel import FAR, Arrow, calm
from gdviz.panels.style import COLOURS, INK, MARKERS, PRESENT, WRONG

RAVINE = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
QUARTIC = gd.landscape("quartic")
TWO = gd.descend(RAVINE, [(-2.5, 1.5), (2.0, 1.0)], gd.GD(0.1), steps=9)
ONE = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(0.1), steps=9)
LONG = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(0.02), steps=80)
ON_QUARTIC = gd.descend(QUARTIC, 2.0, gd.GD(0.01), steps=9)
CROWD = gd.descend(RAVINE, np.random.default_rng(1).normal(size=(50, 2)), gd.GD(0.1), steps=9)
X = np.linspace(0, 10, 11)


def drawn(panel, result):
    """The panel as a picture shows it, and its picture in ``panel.picture``."""
    picture = gd.show(result, panel, text="shown")
    (panel,) = picture.panels
    panel.picture = picture
    return panel


def data(artist):
    return np.array([np.asarray(values, dtype=float) for values in artist.get_data()])


def place(artist):
    return np.ravel(artist.get_data()).astype(float)


# ---- walks over a landscape


def test_a_curve_holds_the_walk_at_its_height():
    panel = drawn(gd.Curve(), ON_QUARTIC)
    (pieces,) = panel.ways
    x, y = data(pieces[0])
    np.testing.assert_array_equal(x, ON_QUARTIC.points[1:, 0])
    np.testing.assert_array_equal(y, ON_QUARTIC.values[1:])
    assert place(panel.rings[0]) == pytest.approx([2.0, QUARTIC.value([2.0])])
    assert place(panel.balls[0]) == pytest.approx([ON_QUARTIC.final[0], ON_QUARTIC.values[-1]])
    kinds = sorted(star.get_marker() for star in panel.stars)
    assert kinds == ["*", "*", "^"]


def test_the_names_of_the_walkers_stand_over_the_map():
    panel = drawn(gd.Contour(labels=["plain", "heavy ball"]), TWO)
    assert [text.get_text() for text in panel.key.get_texts()] == ["plain", "heavy ball"]
    assert panel.key in panel.picture.moving[0], "the scene is painted over the still part"


def test_the_way_fades_and_its_pieces_cover_every_step():
    panel = drawn(gd.Contour(), LONG)
    (pieces,) = panel.ways
    assert [piece.get_alpha() for piece in pieces] == [alpha for _, alpha in AGES]
    assert (np.diff([piece.get_alpha() for piece in pieces]) < 0).all()
    for step in (80, 50, 21, 9, 3, 1, 0):
        panel.update(LONG.until(step))
        behind = [data(piece) for piece in pieces[::-1]]
        behind = [piece for piece in behind if piece.size]
        for older, newer in itertools.pairwise(behind):
            np.testing.assert_array_equal(older[:, -1], newer[:, 0])
        joined = np.concatenate([behind[0], *(piece[:, 1:] for piece in behind[1:])], axis=1)
        _, first = np.unique(joined, axis=1, return_index=True)
        kept = joined[:, np.sort(first)]
        np.testing.assert_array_equal(kept, LONG.points[: step + 1].T)
        np.testing.assert_array_equal(place(panel.balls[0]), LONG.points[step])
        np.testing.assert_array_equal(place(panel.rings[0]), LONG.points[0])


def test_each_run_has_its_colour_and_marker():
    panel = drawn(gd.Contour(), TWO)
    for number, (pieces, ball) in enumerate(zip(panel.ways, panel.balls, strict=True)):
        np.testing.assert_array_equal(place(ball), TWO.final[number])
        assert {piece.get_color() for piece in pieces} == {COLOURS[number]}
        assert {piece.get_marker() for piece in pieces} == {MARKERS[number]}


def test_labels_name_the_runs():
    panel = drawn(gd.Contour(labels=["plain", "momentum"]), TWO)
    legend = panel.ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["plain", "momentum"]
    assert [line.get_color() for line in legend.get_lines()] == list(COLOURS[:2])


@pytest.mark.parametrize("count", [MOST_RUNS, MOST_RUNS + 1])
def test_more_than_eight_runs_are_a_crowd(count):
    run = gd.descend(RAVINE, np.ones((count, 2)), gd.GD(0.1), steps=3)
    panel = drawn(gd.Contour(), run)
    assert panel.crowd == (count > MOST_RUNS)
    panel.update(run.until(1))
    if panel.crowd:
        np.testing.assert_array_equal(data(panel.dots), run.points[1].T)
    else:
        assert len(panel.balls) == count


def test_a_crowd_stands_where_it_is_and_says_how_many_left():
    panel = drawn(gd.Contour(), CROWD)
    np.testing.assert_array_equal(data(panel.dots), CROWD.final.T)
    np.testing.assert_array_equal(data(panel.rings), CROWD.start.T)
    assert panel.note.get_text() == ""
    away = gd.descend(RAVINE, np.linspace((1, 0.1), (2, 1), 20), gd.GD(0.6), steps=9)
    panel.update(away)
    assert panel.note.get_text() == "20 of 20 left the picture"
    lost = gd.descend(RAVINE, np.linspace((1, 0.1), (2, 1), 20), gd.GD(9.0), steps=400)
    panel.update(lost)
    assert np.isnan(data(panel.dots)).all()


@pytest.mark.parametrize(("first", "then"), [(ONE, CROWD), (CROWD, ONE)])
def test_nothing_is_left_of_a_crowd_that_becomes_one_walker_or_the_other_way(first, then):
    panel, fresh = drawn(gd.Contour(), first), drawn(gd.Contour(), then)
    panel.picture.update(then)
    moving, expected = panel.picture.moving[0], fresh.picture.moving[0]
    assert all(artist.axes is panel.ax for artist in moving)
    assert len(moving) == len(expected)
    assert panel.picture.png == fresh.picture.png


def test_a_crowd_stands_above_the_marks_of_the_critical_points():
    panel = drawn(gd.Contour(), CROWD)
    assert panel.dots.get_zorder() > max(star.get_zorder() for star in panel.stars)


def test_a_large_crowd_leaves_pale_rings():
    few, many = (
        drawn(gd.Contour(), gd.descend(RAVINE, np.ones((count, 2)), gd.GD(0.1), steps=3))
        for count in (20, 1000)
    )
    assert (few.rings.get_alpha(), many.rings.get_alpha()) == (1.0, 0.2)


def test_the_rings_of_a_crowd_can_be_small():
    usual, small = drawn(gd.Contour(), CROWD), drawn(gd.Contour(rings=1.2), CROWD)
    assert (usual.rings.get_markersize(), usual.rings.get_markeredgewidth()) == (6, 1)
    assert (small.rings.get_markersize(), small.rings.get_markeredgewidth()) == (1.2, 0.6)


def test_every_critical_point_is_marked_and_many_are_small():
    few, many = (gd.landscape(f"sin({k}*x)*cos({k}*y)", bounds=((-4, 4), (-4, 4))) for k in (1, 3))
    at = SimpleNamespace(points=np.ones((1, 1, 2)))
    for landscape, count, size in [(few, 12, 11), (many, 112, 11 * (24 / 112) ** 0.5)]:
        panel = drawn(gd.Contour(landscape), at)
        assert len(landscape.critical_points()) == count
        assert len(panel.stars) == count
        saddles = [star.get_markersize() for star in panel.stars if star.get_marker() == "X"]
        np.testing.assert_allclose(saddles, size)


@pytest.mark.parametrize("as_array", [True, False])
def test_lines_are_drawn_on_the_ground(as_array):
    diagonal = np.linspace((-1, -1), (1, 1), 5)
    across = np.linspace((-1, 1), (1, -1), 7)
    lines = np.stack([diagonal, diagonal[::-1]]) if as_array else [diagonal, across]
    panel = drawn(gd.Contour(lines=lines), ONE)
    for artist, line, colour in zip(panel.drawn, lines, COLOURS, strict=False):
        np.testing.assert_array_equal(data(artist), line.T)
        assert artist.get_color() == colour


def test_lines_on_the_ground_follow_the_result_and_their_number():
    def ways(run):
        return [run.points[:2] * (number + 1) for number in range(run.steps // 3)]

    panel = drawn(gd.Contour(lines=ways), ONE)
    assert len(panel.drawn) == 3
    np.testing.assert_array_equal(data(panel.drawn[1]), 2 * ONE.points[:2].T)
    panel.picture.update(shorter := ONE.until(4))
    (line,) = panel.drawn
    np.testing.assert_array_equal(data(line), shorter.points[:2].T)
    on_curve = drawn(gd.Curve(lines=lambda run: [run.points]), ON_QUARTIC)
    np.testing.assert_array_equal(
        data(on_curve.drawn[0]), [ON_QUARTIC.points[:, 0], ON_QUARTIC.values]
    )


def test_a_named_line_bears_its_name_at_its_end():
    panel = drawn(gd.Contour(lines={"λ = 1": [(-1, 0), (1, 0.5)]}), ONE)
    (line,), (name,) = panel.drawn, panel.line_names
    np.testing.assert_array_equal(data(line), [(-1, 1), (0, 0.5)])
    assert (name.get_text(), name.xy) == ("λ = 1", (1, 0.5))
    assert line.get_zorder() > panel.ways[0][0].get_zorder(), "the way hides it"
    assert drawn(gd.Contour(lines=[[(-1, 0), (1, 0.5)]]), ONE).line_names == []


def test_a_crowd_on_a_curve_stands_at_its_height():
    run = gd.descend(QUARTIC, np.linspace(-2, 2, 30)[:, None], gd.GD(0.01), 50)
    panel = drawn(gd.Curve(), run)
    np.testing.assert_allclose(data(panel.dots), [run.final[:, 0], run.values[-1]])
    assert not panel.touching.get_visible()


@pytest.mark.parametrize("start", [2.0, -2.0, 0.5])
def test_the_tangent_touches_the_curve_with_its_slope(start):
    run = gd.descend(QUARTIC, start, gd.GD(0.01), steps=3)
    panel = drawn(gd.Curve(), run)
    for step in (0, 3):
        panel.update(run.until(step))
        x, y = data(panel.touching)
        at = run.points[step]
        assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(QUARTIC.gradient(at)[0])
        height = np.interp(at[0], x, y)
        assert height == pytest.approx(float(QUARTIC.value(at)))


def test_the_tangent_is_as_long_on_the_screen_wherever_it_is_steep():
    panel = drawn(gd.Curve(gd.landscape("x**2", bounds=((-3, 3),))), ON_QUARTIC)
    lengths = []
    for start in (0.0, 1.0, 2.5):
        panel.update(gd.descend(panel.given, start, gd.GD(0.1), 2).until(0))
        ends = panel.touching.get_transform().transform(data(panel.touching).T)
        lengths.append(np.hypot(*np.diff(ends, axis=0)[0]))
    wide, tall = panel.ax.bbox.width, panel.ax.bbox.height
    assert min(lengths) > 0.44 * min(wide, tall) * 0.9
    assert max(lengths) < 0.44 * max(wide, tall) * 1.1
    (way, *_), ball = panel.ways[0], panel.balls[0]
    assert way.get_zorder() < panel.touching.get_zorder() < ball.get_zorder(), "it is hidden"


def test_no_tangent_where_none_is_wanted_or_several_walk():
    assert drawn(gd.Curve(tangent=False), ON_QUARTIC).touching is None
    two = gd.descend(QUARTIC, [[2.0], [-2.0]], gd.GD(0.01), steps=3)
    assert not drawn(gd.Curve(), two).touching.get_visible()


def test_a_curve_has_heights_that_matter():
    level = {"as high as the start": lambda run: run.values[0]}
    panel = drawn(
        gd.Curve(hlines=lambda run: {name: height(run) for name, height in level.items()}),
        ON_QUARTIC,
    )
    (line,), (name,) = panel.levels.lines, panel.levels.names
    np.testing.assert_array_equal(line.get_ydata(), ON_QUARTIC.values[0])
    assert name.get_text() == "as high as the start"
    for run in (ON_QUARTIC, gd.descend(QUARTIC, 1.5, gd.GD(0.01), steps=9)):
        panel.picture.update(run)
        np.testing.assert_array_equal(line.get_ydata(), run.values[0])
        # the name stands where the curve does not cross it
        low, high = panel.ax.get_xlim()
        at = low + name.get_position()[0] * (high - low) + np.linspace(-0.5, 0.5, 9)
        assert (QUARTIC.value(at[:, None]) < run.values[0]).all()
    assert drawn(gd.Curve(), ON_QUARTIC).levels.lines == []


@pytest.mark.parametrize(("kind", "run"), [(gd.Curve, ON_QUARTIC), (gd.Contour, ONE)])
def test_critical_points_are_marked_unless_that_is_not_wanted(kind, run):
    with_marks, without = drawn(kind(), run), drawn(kind(marks=False), run)
    assert len(with_marks.ax.get_children()) > len(without.ax.get_children())
    assert without.stars == []


def test_the_arrow_is_the_step_about_to_be_taken():
    panel = drawn(gd.Contour(), ONE)
    (arrow,) = panel.next
    assert not arrow.shaft.get_visible(), "a whole run is about to take no step"
    panel.update(SimpleNamespace(points=ONE.points[:2], objective=RAVINE, ahead=ONE.points[2]))
    np.testing.assert_allclose(arrow.head.get_xy()[0], ONE.points[2])
    np.testing.assert_allclose(data(arrow.shaft)[:, 0], ONE.points[1])
    panel.update(ONE)
    assert not arrow.shaft.get_visible()


def test_an_arrow_for_each_of_the_first_steps():
    panel = drawn(gd.Contour(arrows=3), ONE)
    for number, arrow in enumerate(panel.first):
        np.testing.assert_allclose(arrow.head.get_xy()[0], ONE.points[number + 1])
        np.testing.assert_allclose(data(arrow.shaft)[:, 0], ONE.points[number])
    assert [text.get_text() for text in panel.first_names] == ["$X_0$", "$X_1$", "$X_2$", "$X_3$"]
    for number, text in enumerate(panel.first_names):
        np.testing.assert_array_equal(text.xy, ONE.points[number])
    panel.update(ONE.until(1))
    assert [arrow.shaft.get_visible() for arrow in panel.first] == [True, False, False]
    assert [text.get_visible() for text in panel.first_names] == [True, True, False, False]


def test_a_name_that_would_stand_on_an_earlier_one_is_left_out():
    """A walker that swings comes back to where it was: X2 stands on X0, X3 on X1."""
    swings = gd.descend(RAVINE, (0.0, 1.0), gd.GD(2 / 4 - 0.002), steps=6)
    panel = drawn(gd.Contour(arrows=5), swings)
    assert [text.get_visible() for text in panel.first_names] == [True, True] + 4 * [False]
    boxes = [text.get_window_extent() for text in panel.first_names if text.get_visible()]
    assert not boxes[0].overlaps(boxes[1])


@pytest.mark.parametrize("end", [(9.0, 1.0), (1.0, 9.0), (5.0, 5.0), (1e12, 1.0)])
def test_an_arrow_ends_where_its_step_ends_and_points_along_it(end):
    ax = Figure(dpi=100).add_subplot()
    ax.set(xlim=(0, 10), ylim=(0, 10))
    arrow = Arrow(ax)
    arrow.point((1.0, 1.0), end)
    way = ax.transData.transform([(1.0, 1.0), end])
    tip, *back = ax.transData.transform(arrow.head.get_xy()[:3])
    direction = np.subtract(*way[::-1]) / np.hypot(*np.subtract(*way[::-1]))
    backward = np.mean(back, axis=0) - tip
    np.testing.assert_allclose(backward / np.hypot(*backward), -direction, atol=1e-6)
    assert np.hypot(*backward) == pytest.approx(11 / 72 * 100)
    if end[0] < 100:
        np.testing.assert_allclose(tip, way[1])


@pytest.mark.parametrize("end", [None, (1.0, 1.0), (1.0005, 1.0), (np.nan, 1.0), (np.inf, 0.0)])
def test_an_arrow_without_a_way_is_hidden(end):
    ax = Figure(dpi=100).add_subplot()
    ax.set(xlim=(0, 10), ylim=(0, 10))
    arrow = Arrow(ax)
    arrow.point((1.0, 1.0), end)
    assert not any(artist.get_visible() for artist in arrow.artists)


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


class Walkers:
    """Two walkers, whose story goes by rows."""

    unit, objective = "row", RAVINE

    def __init__(self, x):
        x = np.asarray(x, dtype=float)
        self.points = np.stack([np.stack([x, 0 * x], axis=-1), np.zeros((len(x), 2))], axis=1)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9], "outside the picture: hops"),
        ([0, 1, 2, 9, 9], "hops left the picture at row 3"),
        ([0, 9, 0, 9, 0], ""),
        ([9, 9], "starts outside the picture"),
    ],
)
def test_who_hops_in_and_out_has_not_left_at_a_step(x, words):
    panel = drawn(gd.Contour(labels=["hops", "stays"], colours=["red", "blue"]), Walkers(x))
    assert panel.note.get_text() == words
    assert panel.note.get_position()[1] < 0.1, "the names of the runs stand at the top"
    assert [ball.get_markerfacecolor() for ball in panel.balls] == ["red", "blue"]


def test_of_several_that_left_each_is_named():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(np.array([0.1, 2.0, 3.0])[:, None]), steps=20)
    names = gd.Contour(labels=["calm", "wild", "wilder"], legend=False)
    panel = drawn(names, run)
    assert panel.note.get_text() == "outside the picture: wild, wilder"
    assert not hasattr(panel, "key")
    assert panel.note.get_position()[1] > 0.9


def test_walkers_have_shapes_and_sizes_and_ways_without_marks():
    looks = {"markers": "sD", "sizes": (16, 9)}
    panel = drawn(gd.Contour(step_marks=False, **looks), TWO)
    assert [ball.get_marker() for ball in panel.balls] == ["s", "D"]
    assert [ball.get_markersize() for ball in panel.balls] == [16, 9]
    assert {piece.get_marker() for pieces in panel.ways for piece in pieces} == {"None"}
    marked = drawn(gd.Contour(**looks), TWO)
    assert [pieces[0].get_marker() for pieces in marked.ways] == ["s", "D"]


def test_curves_have_the_shapes_given():
    panel = drawn(gd.Series(lambda run: run.values, ylabel="loss", markers="sD"), TWO)
    assert [curve.get_marker() for curve in panel.curves] == ["s", "D"]
    assert [ball.get_marker() for ball in panel.dots] == ["s", "D"]
    usual = drawn(gd.Series(lambda run: run.values, ylabel="loss"), TWO)
    assert [ball.get_marker() for ball in usual.dots] == ["o", "o"]


def test_a_start_outside_the_picture_is_told():
    run = gd.descend(RAVINE, (9.0, 0.0), gd.GD(0.001), steps=2)
    assert drawn(gd.Contour(), run).note.get_text() == "starts outside the picture"


def test_what_diverges_is_clipped_far_outside():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(2.0), steps=100)
    panel = drawn(gd.Contour(), run)
    _, y = place(panel.balls[0])
    assert abs(y) <= 2 + FAR * 4
    lost = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(9.0), steps=900)
    panel.update(lost)
    assert panel.note.get_text().startswith("left the picture at step")


def test_a_story_ends_where_the_run_arrived_left_or_never():
    def story(lr, steps=400):
        run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(lr), steps=steps)
        panel = drawn(gd.Contour(), run)
        return run, panel, panel.story(run)

    run, panel, end = story(0.2)
    pixels = panel.ax.transData.transform(run.points)
    moved = np.abs(pixels - pixels[-1]).max(axis=1)
    assert 5 < end < 60
    assert (moved[end:] <= 1).all()
    assert moved[end - 1] > 1
    run, _, end = story(0.6)
    assert abs(run.points[end, 1]) > 2 >= abs(run.points[end - 1, 1])
    assert story(0.02, steps=50)[2] == 50
    assert story(0.0, steps=50)[2] == 0


def test_a_landscape_of_the_wrong_dimension_is_told():
    with pytest.raises(ValueError, match="use Contour or Surface"):
        drawn(gd.Curve(), ONE)
    with pytest.raises(ValueError, match="use Curve"):
        drawn(gd.Contour(), ON_QUARTIC)
    three = gd.descend(gd.landscape("x**2 + y**2 + z**2"), (1, 1, 1), gd.GD(0.1), 3)
    with pytest.raises(ValueError, match="this one has 3: use Lines"):
        drawn(gd.Contour(), three)


def test_a_landscape_without_a_finite_value_is_told():
    nowhere = gd.landscape("log(-1 - x**2) + y", bounds=((-1, 1), (-1, 1)))
    with pytest.raises(ValueError, match="no finite value"):
        heights(nowhere, 5)
    with pytest.raises(ValueError, match="no finite value"):
        drawn(gd.Curve(), gd.descend(gd.landscape("log(-1 - x**2)"), 1.0, gd.GD(0.1), 2))


def test_letters_stand_at_the_minima_the_lowest_first():
    panel = drawn(gd.Curve(), ON_QUARTIC)
    names = [text for text in panel.ax.texts if isinstance(text, Annotation)]
    assert [name.get_text() for name in names] == ["A", "B"]
    assert names[0].xy == pytest.approx((-1.7139, -11.2003), abs=1e-3)
    assert names[1].xy == pytest.approx((1.4018, -1.7576), abs=1e-3)
    one = drawn(gd.Contour(), ONE)
    assert not [text for text in one.ax.texts if isinstance(text, Annotation)], "one needs none"


def test_letters_on_a_map_are_seen_and_go_with_its_landscape():
    hills = gd.landscape("himmelblau")
    panel = drawn(gd.Contour(), gd.descend(hills, (0.0, 1.0), gd.GD(0.01), steps=3))
    assert [name.get_text() for name in panel.names] == ["A", "B", "C", "D"]
    for name in panel.names:
        assert name in panel.picture.moving[0], "what stands still is under the map's colours"
    bowl = gd.landscape("x**2 + y**2", bounds=hills.bounds)
    panel.picture.update(gd.descend(bowl, (0.0, 1.0), gd.GD(0.01), steps=3))
    assert panel.names == []
    assert not [text for text in panel.ax.texts if isinstance(text, Annotation)]


@pytest.mark.parametrize(
    ("bounds", "aspect"),
    [(((-3, 3), (-2, 2)), 1.0), (((-1, 1), (-1, 1)), 1.0), (((-3, 3), (-20, 20)), "auto")],
)
def test_units_are_equal_where_the_bounds_are_alike(bounds, aspect):
    run = gd.descend(gd.landscape("bowl", bounds=bounds), (0.5, 0.5), gd.GD(0.1), 3)
    panel = drawn(gd.Contour(), run)
    assert panel.ax.get_aspect() == aspect
    if aspect == 1.0:
        unit = panel.ax.transData.transform([(0, 0), (1, 1)])
        across, up = unit[1] - unit[0]
        assert across == pytest.approx(up)


@pytest.mark.parametrize("name", ["hill", "bowl", "ravine", "saddle", "rosenbrock", "himmelblau"])
def test_contour_levels_increase_and_cover_the_values(name):
    values = heights(gd.landscape(name), 41)[1]
    levels = contour_levels(values)
    assert (np.diff(levels) > 0).all()
    assert (levels[0], levels[-1]) == pytest.approx((values.min(), values.max()))


def test_a_flat_landscape_has_levels_too():
    assert contour_levels(np.ones((3, 3))).tolist() == [0.5, 1.5]


# ---- curves against anything


def test_lines_hold_what_they_are_given():
    panel = drawn(gd.Lines(lambda k: np.array([X**k, -X]), x=X, theory=lambda k: k * X), 2)
    np.testing.assert_array_equal(data(panel.curves[0]), [X, X**2])
    np.testing.assert_array_equal(data(panel.curves[1]), [X, -X])
    (dashed,) = panel.dashed
    np.testing.assert_array_equal(data(dashed), [X, 2 * X])
    assert (dashed.get_color(), dashed.is_dashed()) == ("black", True)
    panel.update(1)
    np.testing.assert_array_equal(data(panel.curves[0]), [X, X])
    np.testing.assert_array_equal(data(panel.dashed[0]), [X, X])
    assert [curve.get_color() for curve in panel.curves] == list(COLOURS[:2])


def test_without_x_lines_count():
    panel = drawn(gd.Lines(lambda n: np.arange(n) * 2.0), 4)
    np.testing.assert_array_equal(data(panel.curves[0]), [[0, 1, 2, 3], [0, 2, 4, 6]])


def test_x_may_differ_from_curve_to_curve_and_from_result_to_result():
    panel = drawn(gd.Lines(lambda k: k * np.ones((2, 3)), x=lambda k: [[1, 2, 3], [k, 5, 6]]), 4)
    np.testing.assert_array_equal(data(panel.curves[1])[0], [4, 5, 6])
    panel.update(3)
    np.testing.assert_array_equal(data(panel.curves[1])[0], [3, 5, 6])


def test_another_number_of_x_is_told():
    with pytest.raises(ValueError, match="here are 3 of x and 2 of y"):
        drawn(gd.Lines([1, 2], x=[1, 2, 3]), None)


@pytest.mark.parametrize(
    ("log", "at", "height"),
    [
        ("", 3.5, 12.5),  # between 9 and 16
        ("y", 3.5, 12.0),  # their geometric mean
        ("xy", np.sqrt(12.0), 12.0),
        ("x", np.sqrt(12.0), 12.5),
        ("", 4.0, 16.0),
        ("", 99.0, 100.0),
    ],
)
def test_the_marked_value_lies_on_the_curve_between_its_points(log, at, height):
    x = np.arange(1.0, 11.0)
    panel = drawn(gd.Lines(x**2, x=x, at=lambda at: at, log=log), at)
    (dot,) = panel.dots
    np.testing.assert_allclose(place(dot), [at, height])
    assert np.ravel(panel.cursor.get_xdata()).tolist() == [at, at]
    assert panel.curves[0].get_color() == COLOURS[1], "vermillion is for the present value"
    assert panel.cursor.get_color() == dot.get_markerfacecolor() == PRESENT
    panel.update(2.0)
    np.testing.assert_allclose(place(dot), [2.0, 4.0])


def test_each_of_several_curves_has_its_ball():
    panel = drawn(gd.Sweep([0.1, 0.2, 0.4], [[1, 2, 3], [4, 5, 6]], at=lambda rate: rate), 0.2)
    assert [place(dot).tolist() for dot in panel.dots] == [[0.2, 2.0], [0.2, 5.0]]


def test_lines_that_matter_are_named_and_move():
    rules = {"vlines": lambda k: {f"2/λ = {k}": k}, "hlines": {"best": 40.0, "nowhere": None}}
    panel = drawn(gd.Lines(X**2, x=X, **rules), 5.0)
    level, upright = panel.lines_that_matter
    assert np.ravel(upright.lines[0].get_xdata()).tolist() == [5.0, 5.0]
    assert upright.names[0].get_text() == "2/λ = 5.0"
    assert np.ravel(level.lines[0].get_ydata()).tolist() == [40.0, 40.0]
    assert [line.get_visible() for line in level.lines] == [True, False]
    panel.update(7.0)
    assert (upright.names[0].get_text(), upright.names[0].get_position()[0]) == ("2/λ = 7.0", 7.0)
    panel.update(70.0)
    assert not upright.lines[0].get_visible(), "outside the picture"
    assert not upright.names[0].get_visible()


def test_axes_may_be_functions_of_the_result():
    panel = drawn(
        gd.Lines(X, x=X, at=lambda k: k, xlimits=lambda k: (0, 2 * k), limits=lambda k: (0, 3 * k)),
        4.0,
    )
    assert panel.ax.axis() == (0, 8, 0, 12)
    panel.picture.update(5.0)
    assert panel.ax.axis() == (0, 10, 0, 15)


def test_spans_shade_what_lies_between_two_places():
    panel = drawn(gd.Lines(X, x=X, spans=lambda k: {"diverges": (k, 99.0)}), 6.0)
    (shade,) = panel.shades
    assert (shade.get_x(), shade.get_width()) == (6.0, 4.0)
    assert panel.shade_names[0].get_text() == "diverges"
    assert panel.shade_names[0].get_position()[0] == 8.0
    panel.update(20.0)
    assert not shade.get_visible()
    assert not panel.shade_names[0].get_visible()
    wide = drawn(
        gd.Sweep(
            np.geomspace(1, 100, 5), np.ones(5), at=lambda k: 2.0, spans={"diverges": (1.0, 100.0)}
        ),
        0,
    )
    assert wide.shade_names[0].get_position()[0] == pytest.approx(10.0)


def test_points_belong_to_the_picture():
    points = (X, X**2, X > 5)
    panel = drawn(gd.Lines(X, x=X, points=points, point_labels=["small", "large"]), None)
    dots = [line for line in panel.ax.get_lines() if line.get_linestyle() == "None"]
    dots = [line for line in dots if len(line.get_xdata())]
    assert [len(line.get_xdata()) for line in dots] == [6, 5]
    assert [text.get_text() for text in panel.ax.get_legend().get_texts()] == ["small", "large"]
    assert panel.ax.get_ylim()[1] >= 100, "they have room"
    assert not any(line.get_animated() for line in dots)


def test_a_handful_of_points_is_drawn_larger():
    few, many = (
        drawn(gd.Lines(X, x=X, points=lambda n: (np.ones(n), np.ones(n))), n) for n in (20, 21)
    )
    assert few.scattered[0].get_markersize() > many.scattered[0].get_markersize()


def test_points_may_follow_the_result():
    panel = drawn(gd.Lines(X, x=X, points=lambda k: (X[:k], X[:k])), 3)
    (dots,) = panel.scattered
    assert len(dots.get_xdata()) == 3
    panel.update(5)
    assert len(dots.get_xdata()) == 5
    assert dots in panel.picture.moving[0]


def test_a_named_class_of_points_keeps_its_colour_while_others_come_and_go():
    def points(number):
        return X[:2], X[:2], [number, number]

    names = ["minimum", "maximum", "saddle"]
    panel = drawn(gd.Lines(None, points=points, point_labels=names, xlimits=(0, 1)), 2)
    for number in (2, 0, 1):
        panel.update(number)
        seen = [len(artist.get_xdata()) for artist in panel.scattered]
        assert seen == [2 * (number == other) for other in range(3)]
    colours = [artist.get_color() for artist in panel.scattered]
    assert colours == list(COLOURS[1:4])


def test_series_show_every_run_against_the_step():
    panel = drawn(
        gd.Series(lambda run: run.values, ylabel="loss", theory=lambda r: 2 * r.values), TWO
    )
    for number, curve in enumerate(panel.curves):
        np.testing.assert_array_equal(data(curve), [np.arange(10), TWO.values[:, number]])
    np.testing.assert_allclose(data(panel.dashed[1])[1], 2 * TWO.values[:, 1])
    np.testing.assert_array_equal(place(panel.dots[0]), [9, TWO.values[-1, 0]])
    assert (panel.ax.get_xlabel(), panel.ax.get_ylabel()) == ("step", "loss")
    panel.update(TWO.until(3))
    assert len(panel.curves[0].get_xdata()) == 4
    assert place(panel.dots[1]).tolist() == [3, TWO.values[3, 1]]


def test_series_show_a_run_cut_before_its_first_step():
    panel = drawn(gd.Series(lambda run: run.step_lengths, ylabel="length"), ONE)
    panel.update(ONE.until(0))
    assert panel.curves[0].get_xdata().size == 0
    assert panel.note.get_text() == ""


def test_the_steps_of_a_series_can_be_fixed():
    panel = drawn(gd.Series(lambda run: run.values, ylabel="loss", steps=50), ONE)
    assert panel.ax.get_xlim() == (0, 50)


def test_loss_shows_the_values_above_the_minimum():
    lowest = QUARTIC.critical_points()[0].value
    run = gd.descend(QUARTIC, -2.0, gd.GD(0.01), steps=9)
    panel = drawn(gd.Loss(minimum=lowest), run)
    np.testing.assert_allclose(panel.curves[0].get_ydata(), run.values - lowest)
    assert panel.ax.get_ylabel() == "loss − minimum"
    linear = drawn(gd.Loss(log=False), run)
    np.testing.assert_array_equal(linear.curves[0].get_ydata(), run.values)
    assert linear.ax.get_yscale() == "linear"


def test_the_note_of_the_loss_tells_overflow_from_too_high():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(2.0), steps=400)
    assert drawn(gd.Loss(), run).note.get_text() == f"not finite from step {run.diverged_at}"
    short = run.until(20)
    above = int(np.argmax(short.values > 1e3))
    note = drawn(gd.Loss(limits=(1e-3, 1e3)), short).note.get_text()
    assert note == f"above the picture from step {above}"


def test_the_note_of_a_series_tells_where_it_left_through_the_floor():
    values = np.array([1.0, 2e-3, 0.1, 2e-4, 1e-5, 0.0])
    run = SimpleNamespace(steps=5, values=values)
    assert drawn(gd.Loss(limits=(1e-3, 10)), run).note.get_text() == "below the picture from step 3"
    back = SimpleNamespace(steps=2, values=values[[0, 3, 1]])
    assert drawn(gd.Loss(limits=(1e-3, 10)), back).note.get_text() == ""
    linear = gd.Series(lambda run: run.values - 3, ylabel="y", log=False, limits=(-2.95, 0))
    assert drawn(linear, run).note.get_text() == "below the picture from step 3"
    both = gd.Series(lambda run: run.values[:2], ylabel="y", limits=(0.01, 0.5))
    assert drawn(both, run).note.get_text() == "below the picture from step 1"


def test_the_note_of_a_series_names_the_one_that_left():
    values = np.array([[1.0, 1.0], [0.5, 1e-4], [0.2, 1e-5]])
    run = SimpleNamespace(steps=2, values=values)
    named = {"labels": ["GD", "Adam"], "limits": (1e-3, 10)}
    panel = drawn(gd.Series(lambda run: run.values, ylabel="y", legend=False, **named), run)
    assert panel.note.get_text() == "Adam: below the picture from step 1"
    assert panel.ax.get_legend() is None
    run.values = values * [1e-4, 1]
    note = drawn(gd.Series(lambda run: run.values, ylabel="y", **named), run).note
    assert note.get_text() == "below the picture from step 1"


def test_a_loss_that_is_no_number_is_lost():
    broken = SimpleNamespace(steps=3, values=np.array([1.0, 2.0, np.nan, np.nan]))
    assert drawn(gd.Loss(), broken).note.get_text() == "not finite from step 2"


def test_a_value_without_a_logarithm_is_left_out():
    flat = SimpleNamespace(steps=2, values=np.array([1.0, 0.0, -1.0]))
    drawn_values = drawn(gd.Loss(), flat).curves[0].get_ydata()
    assert np.isnan(drawn_values).tolist() == [False, True, True]


# ---- axes that follow their data


@pytest.mark.parametrize(
    ("values", "log", "limits"),
    [
        ([1.0, 0.003], True, (1e-3, 10.0)),
        ([5e-7, 3e4], True, (1e-7, 1e5)),
        ([2.0, 2.0], True, (0.1, 10.0)),
        ([np.nan, np.inf, 0.0, -3.0], True, (0.1, 10.0)),
        ([], False, (0.0, 1.0)),
        ([0.0, 9.3], False, (-0.5, 9.5)),
        ([5.0], False, (0.0, 10.0)),
    ],
)
def test_axes_end_at_whole_decades_or_steps(values, log, limits):
    low, high = calm(values, None, log)
    known = [value for value in values if np.isfinite(value) and (value > 0 or not log)]
    assert all(low <= value <= high for value in known)
    if log:
        assert (low, high) == pytest.approx(limits)
        assert np.log10([low, high]) == pytest.approx(np.round(np.log10([low, high])))
    elif len(values) != 1:
        assert (low, high) == pytest.approx(limits)


@pytest.mark.parametrize("log", [True, False])
def test_small_changes_keep_the_axis_and_data_outside_extend_it(log):
    first = calm([0.002, 1.0], None, log)
    assert calm([0.0018, 0.9], first, log) == first
    assert calm([0.003, 1.05], first, log) == first
    low, high = calm([0.002, 1000.0], first, log)
    assert high >= 1000.0
    assert low <= 0.002
    shrunk = calm([0.002, 0.01], (1e-9, 1e9) if log else (-500.0, 500.0), log)
    assert shrunk[1] < 10


def test_a_logarithmic_axis_has_at_most_so_many_decades():
    low, high = calm([1e-200, 1.0], None, True, decades=16)
    assert np.log10(high / low) == pytest.approx(16)
    assert high == 10.0


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("values", [[1e308, 1.0], [-1.7e308, 1.7e308], [5e-324, 1e-320], [1e-300]])
def test_the_ends_of_the_floats_have_axes(values, log):
    low, high = calm(values, None, log)
    assert np.isfinite([low, high]).all()
    assert low < high
    picture = gd.show(values, gd.Lines(lambda values: values, log="y" * log), text="shown")
    assert picture.png.startswith(b"\x89PNG")


def test_a_diverging_loss_has_a_linear_axis_too():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(3.0), steps=400)
    panel = drawn(gd.Loss(log=False), run)
    assert np.isfinite(panel.ax.get_ylim()).all()
    assert panel.picture.png.startswith(b"\x89PNG")


def test_a_run_that_diverges_shows_where_it_came_from():
    run = gd.descend(RAVINE, (-2.5, 1.5), gd.GD(3.0), steps=400)
    low, high = drawn(gd.Loss(), run).ax.get_ylim()
    assert low < run.values[0] < high
    assert high >= 1e8 * run.values[0]


# ---- maps of cells


def test_cells_of_regions_have_their_colours():
    panel = drawn(gd.Cells(regions=("A", "B")), np.array([[0, 1], [-1, -2], [7, 8]]))
    colours = [[panel.image.palette[index] for index in row] for row in panel.image.indices]
    assert colours == [[REGIONS[0], REGIONS[1]], [UNSETTLED, GONE], [REGIONS[0], REGIONS[1]]]
    words = [text.get_text() for text in panel.ax.get_legend().get_texts()]
    assert words == ["A", "B", "not settled", "outside"]
    panel.update(np.array([[1, 1]]))
    assert panel.image.indices.tolist() == [[1, 1]]


def test_where_every_cell_is_in_a_region_the_legend_names_no_other():
    colours = ["#000000", "#FFFFFF"]
    panel = drawn(gd.Cells(regions=("A", "B"), settled=True, colours=colours), np.eye(2))
    words = [text.get_text() for text in panel.ax.get_legend().get_texts()]
    assert words == ["A", "B"]
    assert [panel.image.palette[index] for index in panel.image.indices[0]] == colours[::-1]


def test_a_table_of_regions_has_its_legend_under_the_names_of_its_columns():
    names = ["1", "a longer name"], ["x", "y"]
    panel = drawn(gd.Cells(regions=("A", "B"), names=names), np.eye(2))
    renderer = panel.picture.canvas.get_renderer()
    legend = panel.ax.get_legend().get_window_extent(renderer)
    columns = [text.get_window_extent(renderer) for text in panel.ax.get_xticklabels()]
    assert 0 <= legend.y0 < legend.y1 <= min(column.y0 for column in columns)


def test_no_region_has_the_colour_of_the_present_run():
    assert PRESENT not in REGIONS
    assert len(set(REGIONS)) == len(REGIONS)


@pytest.mark.parametrize(
    ("log", "value", "share"),
    [
        ("", 0.0, 0.0),
        ("", 50.0, 0.5),
        ("", 100.0, 1.0),
        ("", 999.0, 1.0),
        ("c", 1.0, 0.0),
        ("c", 10.0, 0.5),
        ("c", 100.0, 1.0),
        ("c", -10.0, 0.5),
    ],
)
def test_cells_are_shaded_between_their_limits(log, value, share):
    panel = drawn(gd.Cells(limits=(1.0 if log else 0.0, 100.0), log=log), np.array([[value]]))
    shade = panel.image.palette[panel.image.indices[0, 0]]
    expected = to_hex(panel.map(round(share * 199) / 199))
    assert shade == expected


@pytest.mark.parametrize("log", ["", "c"])
def test_what_is_not_finite_is_vermillion_and_what_is_below_is_white(log):
    panel = drawn(gd.Cells(limits=(1.0, 100.0), log=log), np.array([[np.nan, np.inf, 0.0, 5.0]]))
    colours = [panel.image.palette[index] for index in panel.image.indices[0]]
    assert colours[:3] == [WRONG, WRONG, "#FFFFFF"]
    assert colours[3] not in (WRONG, "#FFFFFF")


def test_cells_have_their_middles_on_the_scale():
    panel = drawn(
        gd.Cells(x=[1, 2, 3], y=np.geomspace(0.01, 1, 3), log="y", limits=(0, 1)), np.zeros((3, 3))
    )
    assert panel.ax.get_xlim() == pytest.approx((0.5, 3.5))
    assert panel.ax.get_ylim() == pytest.approx((10**-2.5, 10**0.5))
    assert panel.ax.get_yscale() == "log"


def test_whole_places_of_cells_have_whole_ticks():
    panel = drawn(gd.Cells(y=lambda cells: [1, 2], limits=(0, 1)), np.zeros((2, 9)))
    for ticks in (panel.ax.get_xticks(), panel.ax.get_yticks()):
        np.testing.assert_array_equal(ticks, np.round(ticks))
    panel = drawn(gd.Cells(y=[0.5, 1.0], limits=(0, 1)), np.zeros((2, 9)))
    assert np.any(panel.ax.get_yticks() % 1)


def test_cells_on_the_screen():
    """Each pixel takes the colour of the cell that it is in, the bottom row first."""
    panel = drawn(gd.Cells(regions=("A", "B")), np.array([[0, 1], [1, -2]]))
    renderer = panel.picture.canvas.get_renderer()
    panel.image.draw(renderer)
    pixels = np.asarray(renderer.buffer_rgba())
    for (x, y), colour in {(0, 0): REGIONS[0], (1, 0): REGIONS[1], (1, 1): GONE}.items():
        for shift in (-0.49, 0, 0.49):
            across, up = panel.ax.transData.transform((x + shift, y + shift)).round().astype(int)
            across, up = across - (shift > 0), up - (shift > 0)
            seen = pixels[len(pixels) - 1 - up, across, :3]
            assert to_hex(seen / 255).upper() == colour.upper()


def test_the_ball_marks_and_words_of_a_map():
    options = {
        "at": lambda result: result["at"],
        "marks": lambda result: result["marks"],
        "words": lambda result: result["words"],
        "hlines": {"border": 1.0},
    }
    result = {"at": (0.5, 1.0), "marks": {"A": (0, 1)}, "words": "40 % end at A"}
    panel = drawn(gd.Cells(lambda result: np.zeros((3, 3)), regions=("A",), **options), result)
    assert place(panel.ball).tolist() == [0.5, 1.0]
    assert [(t.get_text(), t.get_position()) for t in panel.letters] == [("A", (0, 1))]
    assert panel.note.get_text() == "40 % end at A"
    assert panel.lines_that_matter[0].names[0].get_text() == "border"
    panel.update({"at": None, "marks": {"A": (2, 2)}, "words": ""})
    assert place(panel.ball).size == 0
    assert panel.letters[0].get_position() == (2, 2)


def test_a_map_of_equal_units_is_drawn_again_as_at_first():
    maps = [gd.Cells(regions=("A", "B", "C", "D"), equal=equal) for equal in (True, False)]
    picture = gd.show(np.zeros((9, 9)), *maps, text="shown")
    first = picture.png
    picture.update(np.zeros((5, 5)))
    assert picture.png != first
    picture.update(np.zeros((9, 9)))
    assert picture.png == first


def test_the_same_cells_keep_their_name():
    panel = drawn(gd.Cells(regions=("A",)), np.zeros((2, 2)))
    name = panel.image.name
    panel.update(np.zeros((2, 2)))
    assert panel.image.name == name
    panel.update(np.ones((2, 2)))
    assert panel.image.name != name


def test_a_table_has_its_first_row_on_top_and_words_in_its_cells():
    names = ["tea", "rest", "soup"], ["cold", "flu"]
    texts = [["a", "b", ""], ["d", "e", "f"]]
    table = gd.Cells(names=names, texts=lambda cells: texts, limits=(0, 1))
    panel = drawn(table, np.array([[0.0, 0.5, -1.0], [1.0, 0.0, np.nan]]))
    assert [tick.get_text() for tick in panel.ax.get_xticklabels()] == names[0]
    assert [tick.get_text() for tick in panel.ax.get_yticklabels()] == names[1]
    (_, tea_up), (_, flu_up) = panel.ax.transData.transform([(0, 0), (0, 1)])
    assert tea_up > flu_up
    renderer = panel.picture.canvas.get_renderer()
    panel.image.draw(renderer)
    pixels = np.asarray(renderer.buffer_rgba())
    for (x, y), colour in {(0, 0): 0.0, (0, 1): 1.0, (1, 0): 0.5}.items():
        across, up = panel.ax.transData.transform((x - 0.3, y - 0.3)).round().astype(int)
        expected = panel.map(round(colour * 199) / 199)[:3]
        np.testing.assert_allclose(
            pixels[len(pixels) - 1 - up, across, :3] / 255, expected, atol=3e-3
        )
    # in the middle of its cell, but for half the height of a letter; white on what is not finite
    written = [[(x, round(y), word) for x, y, word, _ in words.words] for words in panel.writing]
    assert written == [[(0, 0, "a"), (1, 0, "b"), (0, 1, "d"), (1, 1, "e")], [(2, 1, "f")]]
    assert [words.colour for words in panel.writing] == [INK, "#FFFFFF"]


def test_a_word_is_read_through_the_frame_of_its_cell_with_a_rim():
    table = gd.Cells(
        names=(["tea"], ["cold", "flu"]),
        texts=lambda cells: [["a"], ["b"]],
        limits=(0, 1),
        at=lambda cells: (0, 1),
    )
    panel = drawn(table, np.array([[0.0], [np.nan]]))
    (left, top), (right, bottom) = panel.ax.transData.transform([(-0.5, 0.5), (0.5, 1.5)])
    points = 72 / panel.ax.figure.dpi
    for frame in (panel.rim, panel.ball):
        assert np.ravel(frame.get_data()).tolist() == [0, 1]
        assert frame.get_markerfacecolor() == "none"
        marker = MarkerStyle(frame.get_marker())
        shape = marker.get_path().transformed(marker.get_transform()).get_extents()
        size = frame.get_markersize() * np.array([shape.width, shape.height])
        np.testing.assert_allclose(size, points * np.array([right - left, top - bottom]))
    assert (panel.rim.get_markeredgecolor(), panel.ball.get_markeredgecolor()) == ("white", INK)
    assert panel.rim.get_zorder() < panel.ball.get_zorder()


def test_a_table_has_a_name_for_every_row_and_column():
    with pytest.raises(ValueError, match="3 by 2 cells, and names for 2 by 3 rows and columns"):
        drawn(gd.Cells(names=(["a", "b", "c"], ["d", "e"])), np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"x": [1, 2]}, "3 cells and 2 places"),
        ({"x": [1, 2, 4]}, "evenly spaced"),
        ({"x": [3, 2, 1]}, "evenly spaced"),
        ({"x": [1, 2, 3], "log": "x"}, "evenly spaced"),
    ],
)
def test_places_of_cells_are_even(options, words):
    with pytest.raises(ValueError, match=words):
        drawn(gd.Cells(limits=(0, 1), **options), np.zeros((3, 3)))


def test_of_picks_a_part_of_the_result():
    panel = drawn(gd.Contour(of=lambda result: result["run"]), {"run": ONE})
    np.testing.assert_array_equal(place(panel.balls[0]), ONE.final)


# ---- update moves what draw made, and nothing else


MOVED = {
    "Curve": (gd.Curve(), ON_QUARTIC, gd.descend(QUARTIC, -2.0, gd.GD(0.02), steps=5)),
    "Contour": (gd.Contour(), ONE, gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), steps=5)),
    "Contour of two": (gd.Contour(), TWO, gd.descend(RAVINE, np.ones((2, 2)), gd.GD(0.2), 5)),
    "crowd": (gd.Contour(), CROWD, gd.descend(RAVINE, np.ones((9, 2)), gd.GD(0.2), 5)),
    "Loss": (gd.Loss(limits=(1e-9, 1e3)), ONE, gd.descend(RAVINE, (1.0, 1.0), gd.GD(0.2), 9)),
    "Lines": (gd.Lines(lambda k: k * X, x=X, limits=(0, 90), at=lambda k: k), 2.0, 3.0),
    "Cells": (gd.Cells(lambda k: np.array([[k, 0]]), regions=("A",), at=lambda k: (k, 0)), 0, 1),
}


@pytest.mark.parametrize("name", MOVED)
def test_update_moves_what_draw_made(name):
    panel, first, second = MOVED[name]
    panel = drawn(panel, first)
    picture = panel.picture
    artists, children, limits = picture.moving[0], len(panel.ax.get_children()), panel.ax.axis()
    still, before = picture.stills[0], picture.frame()
    assert picture.update(second) is False
    assert picture.moving[0] == artists
    assert len(panel.ax.get_children()) == children
    assert panel.ax.axis() == limits
    assert picture.stills[0] is still
    assert picture.frame() != before
    assert all(artist.get_animated() for artist in artists)
    picture.update(first)
    assert picture.frame() == before


def test_a_drag_that_outgrows_the_axis_moves_it_seldom_and_it_comes_to_rest():
    limits, moves = calm([1.0, 0.1], None, True, decades=60), 0
    for power in np.arange(1, 58, 0.65):
        values = [1.0, 10.0**-power]
        before, limits = limits, calm(values, limits, True, decades=60)
        moves += limits != before
        assert limits[0] <= values[1]
        assert calm(values, limits, True, decades=60) == limits
    assert moves < 25
    # more decades than the axis may have are counted from the top
    for before in (None, limits, (1e-20, 1.0)):
        limits = calm([1e-20, 1e112], before, True, decades=60)
        assert limits == calm([1e-20, 1e112], limits, True, decades=60)


def test_only_balls_glide_and_each_keeps_its_name_from_frame_to_frame():
    """A piece of the way that is one point long is no ball."""
    run = gd.descend(gd.landscape("x**2 / 2"), -2.4, gd.GD(1.9), steps=60)
    picture = gd.show(run, gd.Curve(), gd.Loss())
    names = set()
    for step in range(61):
        picture.update(run, run.until(step))
        strokes = picture.frame()[0]["strokes"]
        gliding = [stroke["glides"] for stroke in strokes if "glides" in stroke]
        assert len(gliding) == len(set(gliding)) == 2, step
        names |= set(gliding)
    assert len(names) == 2


def test_a_run_that_flies_off_is_drawn_in_its_own_direction():
    """Points far outside are drawn nearer, but on the line from the middle on which they lie."""
    bowl = gd.landscape("(x**2 + 25*y**2) / 2", bounds=((-3, 3), (-2, 2)))
    run = gd.descend(bowl, (-2.0, 0.5), gd.GD(1.0), steps=200)
    assert abs(run.points[-1, 1]) > 1e200
    panel = drawn(gd.Contour(), run)
    seen = panel._visible(panel.trails(run))[0]
    assert np.isfinite(seen).all()
    assert np.abs(seen).max() < 1e5
    x, y = seen[:, -1]
    assert abs(x) < 1e-3 < 1e3 < abs(y)


def test_an_axis_is_named_by_the_result_and_the_cursor_has_a_colour_of_its_own():
    panel = gd.Lines(
        lambda unit: [1.0, 2.0, 3.0], xlabel=lambda unit: unit, at=lambda unit: 1.0, cursor="black"
    )
    figure = gd.Live(lambda unit: unit, panel, unit=["epochs", "updates"])
    panel = figure.picture.panels[0]
    assert panel.ax.get_xlabel() == "epochs"
    figure.controls["unit"].value = "updates"
    assert panel.ax.get_xlabel() == "updates"
    assert panel.cursor.get_color() == "black"
