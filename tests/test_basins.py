"""Basins of attraction: where each run ends, in words, as colours, and as a crowd of dots."""

import io

import numpy as np
import pytest
from gdviz.panels.basins import NEUTRAL, REGIONS, Cells, colour_of
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import gdviz as gd
from gdviz.endings import NOT_SETTLED, OUTSIDE
from gdviz.landscapes import letter
from gdviz.panels.style import PRESENT

QUARTIC = gd.landscape("quartic")
HIMMELBLAU = gd.landscape("himmelblau")
WIDTH = QUARTIC.bounds[0][1] - QUARTIC.bounds[0][0]
STARTS = np.linspace(-2.8, 2.6, 21)[:, None]
RATES = np.geomspace(0.001, 0.3, 11)[:, None]
BETAS = np.linspace(0, 0.95, 6)[:, None]
SIDE = np.linspace(-5, 5, 12)
GRID = np.stack(np.meshgrid(SIDE, SIDE), axis=-1)


def over_rates(run):
    return gd.descend(run.objective, STARTS, gd.GD(RATES), 300, record="last")


def over_betas(run):
    optimizer = gd.Momentum(run.optimizer.lr, BETAS)
    return gd.descend(run.objective, STARTS, optimizer, 1000, record="last")


def over_plane(run):
    return gd.descend(run.objective, GRID, gd.GD(0.01), 300, record="last")


def walk(start=1.5, lr=0.05, landscape=QUARTIC, beta=0.0, steps=100):
    return gd.descend(landscape, start, gd.Momentum(lr, beta), steps)


def shown(result, *panels):
    picture = gd.show(result, *panels)
    return picture, picture.panels[0]


def pixel(picture, panel, across, up):
    """The colour at a place of the panel, in fractions of it, 0 to 255."""
    box = panel.ax.bbox
    image = np.asarray(picture.canvas.buffer_rgba())
    row = len(image) - 1 - int(box.y0 + up * box.height)
    return image[row, int(box.x0 + across * box.width), :3].tolist()


def rgb(code):
    return colour_of(np.array(code)).tolist()


def test_minima_are_sorted_by_value():
    deep, shallow = gd.minima(QUARTIC)
    assert deep.point == pytest.approx([-1.71394], abs=5e-6)
    assert shallow.point == pytest.approx([1.40177], abs=5e-6)
    assert deep.value < shallow.value


@pytest.mark.parametrize("landscape", [gd.landscape("x**3"), gd.landscape("saddle"), object()])
def test_what_has_no_minimum_has_none(landscape):
    assert gd.minima(landscape) == ()


def test_hilltops_go_from_left_to_right():
    wavy = gd.landscape("sin(x) + x/10", bounds=((-8, 8),))
    places = [top.point[0] for top in gd.hilltops(wavy)]
    assert places == pytest.approx(np.arccos(-0.1) + 2 * np.pi * np.array([-1, 0, 1]))


@pytest.mark.parametrize(
    ("landscape", "number", "ends"),
    [
        (QUARTIC, 0, (-2.8, 0.3121682)),
        (QUARTIC, 1, (0.3121682, 2.6)),
        (gd.landscape("cos(x)", bounds=((-4, 8),)), 1, (0.0, 2 * np.pi)),
        (gd.landscape("x**2"), 0, (-3.0, 3.0)),
    ],
)
def test_a_basin_lies_between_hilltops(landscape, number, ends):
    assert gd.basin(landscape, number) == pytest.approx(ends, abs=1e-6)


def test_a_basin_is_where_small_steps_lead():
    starts = np.linspace(-2.8, 2.6, 301)[:, None]
    ends = gd.which_minimum(gd.descend(QUARTIC, starts, gd.GD(0.01), 2000, record="last"))
    for number in (0, 1):
        left, right = gd.basin(QUARTIC, number)
        inside = (left <= starts[:, 0]) & (starts[:, 0] <= right)
        assert np.array_equal(ends == number, inside)


@pytest.mark.parametrize(
    ("landscape", "number", "words"),
    [
        (gd.landscape("x**3"), 0, "'x**3' has no minima .* A is asked for"),
        (QUARTIC, 2, "has 2 minima .* C is asked for"),
        (gd.landscape("x**2"), 1, "has 1 minimum .* B is asked for"),
        (HIMMELBLAU, 0, "has 2: colour its starts with Basins"),
    ],
)
def test_what_has_no_basin_says_so(landscape, number, words):
    with pytest.raises(ValueError, match=words.replace("**", r"\*\*")):
        gd.basin(landscape, number)


@pytest.mark.parametrize(
    ("start", "lr", "steps", "expected"),
    [
        (-2.0, 0.01, 200, 0),
        (2.0, 0.01, 200, 1),
        (1.5, 0.1, 200, 1),
        (-2.0, 0.1, 200, NOT_SETTLED),  # swings about a minimum that cannot hold it
        (2.0, 0.001, 5, NOT_SETTLED),  # on its way
        (2.6, 0.2, 200, OUTSIDE),  # overflows
    ],
)
def test_a_run_has_its_code(start, lr, steps, expected):
    code = gd.which_minimum(walk(start, lr, steps=steps))
    assert code == expected
    assert type(code) is int


@pytest.mark.parametrize(
    ("offset", "expected"), [(0.0, 0), (0.9e-3 * WIDTH, 0), (1.1e-3 * WIDTH, NOT_SETTLED)]
)
def test_near_is_a_thousandth_of_the_width(offset, expected):
    at_rest = walk(gd.minima(QUARTIC)[0].point + offset, lr=1e-9, steps=1)
    assert gd.which_minimum(at_rest) == expected


def test_passing_an_unstable_minimum_is_not_settling():
    """At η = 0.1 the deep minimum throws a walker out, 1.5 times farther at each step."""
    passing = walk(gd.minima(QUARTIC)[0].point + 1e-3, lr=0.1, steps=1)
    assert abs(passing.final - gd.minima(QUARTIC)[0].point) < 1e-3 * WIDTH
    assert gd.which_minimum(passing) == NOT_SETTLED


@pytest.mark.parametrize(("formula", "end"), [("x", -2.0), ("-x", 2.0)])
def test_outside_is_outside_the_bounds_though_finite(formula, end):
    slope = gd.landscape(formula, bounds=((-1, 1),))
    run = gd.descend(slope, 0.0, gd.GD(0.1), steps=20)
    assert run.final == pytest.approx([end])
    assert gd.which_minimum(run) == OUTSIDE


def test_himmelblau_has_four_basins():
    starts = np.array([point.point for point in gd.minima(HIMMELBLAU)]) + 0.3
    run = gd.descend(HIMMELBLAU, starts, gd.GD(0.005), 300, record="last")
    assert gd.which_minimum(run).tolist() == [0, 1, 2, 3]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-2.8, 2.6), min_size=1, max_size=6),
    st.lists(st.floats(0.001, 0.3), min_size=1, max_size=4),
)
def test_a_batch_has_the_codes_of_its_runs_one_at_a_time(starts, rates):
    batch = gd.descend(QUARTIC, np.array(starts)[:, None], gd.GD(np.array(rates)[:, None]), 60)
    alone = [[gd.which_minimum(walk(start, lr, steps=60)) for start in starts] for lr in rates]
    assert gd.which_minimum(batch).tolist() == alone


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (walk(-2.0), "ends at A, x = -1.714, f = -11.2: the global minimum"),
        (walk(1.5), "ends at B, x = 1.402, f = -1.758: a local minimum"),
        (
            walk((3.1, 2.1), 0.01, HIMMELBLAU),
            "ends at C, x = 3, y = 2, f = 0: one of the lowest minima",
        ),
        (
            walk(1.0, 0.5, gd.landscape("x**2")),
            "ends at A, x = 0, f = 0: the only minimum in the picture",
        ),
        (walk(2.6, 0.2), "diverges: its numbers are no longer finite from step 6 on"),
        (
            walk(-1.0, 0.1, gd.landscape("log(x)")),
            "cannot begin: the formula has no finite value there",
        ),
        (walk(0.0, 0.1, gd.landscape("x")), "ends outside the picture, at x = -10"),
        (
            walk(0.0, 0.1, gd.landscape("cos(x)")),
            "stands still at x = 0, where the slope is 0, and this is no minimum",
        ),
        (
            walk(2.0, 0.001, steps=1),
            "has not settled: it is at x = 1.985, where the slope is 14.4",
        ),
    ],
)
def test_ending_says_where(run, words):
    assert gd.ending(run) == words


def test_a_run_that_kept_its_last_point_only_has_an_ending_too():
    last = gd.descend(QUARTIC, -2.0, gd.GD(0.1), 51, record="last")
    assert gd.ending(last) == gd.ending(walk(-2.0, 0.1, steps=51))
    assert "has not settled" in gd.ending(last)


def test_ending_of_a_batch_counts():
    starts = np.array([-2.0, -1.5, 1.0, 2.6])[:, None]
    run = gd.descend(QUARTIC, starts, gd.GD([0.05, 0.05, 0.05, 0.25]), 200)
    assert gd.ending(run) == "50.0 % end at A, 25.0 % end at B, 25.0 % are outside the picture"


def test_ending_of_a_batch_sums_up_after_four_minima():
    wavy = gd.landscape("cos(3*x) + x/9", bounds=((-6, 6),))
    points = [minimum.point for minimum in gd.minima(wavy)]
    assert len(points) == 6
    run = gd.descend(wavy, points, gd.GD(0.01), 5)
    assert gd.ending(run).endswith("16.7 % end at D, 33.3 % end at other minima")


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "A2"), (53, "B3")])
def test_letters_do_not_run_out(number, name):
    assert letter(number) == name


@pytest.mark.parametrize(
    ("code", "hexadecimal"),
    [
        (0, REGIONS[0]),
        (1, REGIONS[1]),
        (len(REGIONS) + 2, REGIONS[2]),
        (NOT_SETTLED, NEUTRAL[NOT_SETTLED][1]),
        (OUTSIDE, NEUTRAL[OUTSIDE][1]),
    ],
)
def test_each_code_has_its_colour(code, hexadecimal):
    assert rgb(code) == list(bytes.fromhex(hexadecimal[1:]))


def test_no_region_has_the_colour_of_the_present_run():
    assert PRESENT not in REGIONS
    assert len(set(REGIONS)) == len(REGIONS)


@pytest.mark.parametrize(
    ("run", "everyone", "options", "ball"),
    [
        (walk(-2.0, 0.02), over_rates, {}, (-2.0, 0.02)),
        (walk(1.0, 0.01, beta=0.9), over_betas, {"against": "beta"}, (1.0, 0.9)),
        (walk((1.0, -2.0), 0.01, HIMMELBLAU), over_plane, {}, (1.0, -2.0)),
    ],
)
def test_basins_show_the_sweep_and_the_dragged_run(run, everyone, options, ball):
    _, panel = shown(run, gd.Basins(everyone, **options))
    expected = gd.which_minimum(everyone(run))
    assert len(np.unique(expected)) > 1
    assert np.array_equal(panel.codes, expected)
    assert np.array_equal(panel.image.colours, colour_of(expected))
    assert np.concatenate(panel.ball.get_data()).tolist() == list(ball)


def test_basins_on_the_screen():
    """Starts go from left to right, rates from bottom to top, each cell in its colour."""
    run = walk(0.3, 0.012)
    picture, panel = shown(run, gd.Basins(over_rates))
    assert pixel(picture, panel, 0.3, 0.5) == rgb(0)
    assert pixel(picture, panel, 0.9, 0.5) == rgb(1)
    assert pixel(picture, panel, 0.5, 0.99) == rgb(OUTSIDE)
    assert pixel(picture, panel, 0.01, 0.80) == rgb(NOT_SETTLED)
    place = panel.ax.transAxes.inverted().transform(panel.ax.transData.transform((0.3, 0.012)))
    assert pixel(picture, panel, *place) == [213, 94, 0]


def test_the_map_has_its_colours_in_the_file_too():
    """The PNG has 256 colours: those of the map are among them; a pixel may be 4 of 255 off."""
    picture, panel = shown(walk(0.3, 0.012), gd.Basins(over_rates))
    palette = np.reshape(picture.palette.getpalette(), (-1, 3)).tolist()
    assert all(rgb(code) in palette for code in [*range(len(REGIONS)), NOT_SETTLED, OUTSIDE])
    box = panel.ax.bbox
    image = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))[::-1]
    for code, across, up in ((0, 0.3, 0.5), (1, 0.9, 0.5), (OUTSIDE, 0.5, 0.99)):
        place = int(box.y0 + up * box.height), int(box.x0 + across * box.width)
        assert image[place].tolist() == pytest.approx(rgb(code), abs=4)


def test_cells_have_their_middles_on_the_scale():
    """At the very edge stands the middle of the first cell: half of it is inside the picture."""
    cells = Cells()
    cells.set_data(colour_of(np.array([[0, 1, NOT_SETTLED]])))
    image = cells.pixels(40, 3)
    assert image.shape == (3, 40, 4)
    counts = [(image[0, :, :3] == rgb(code)).all(axis=-1).sum() for code in (0, 1, NOT_SETTLED)]
    assert counts == [10, 20, 10]


def test_basins_move_their_artists_and_add_none():
    picture, panel = shown(walk(-2.0, 0.02), gd.Basins(over_rates, hlines=lambda run: [0.05]))
    count = len(panel.ax.get_children())
    limits = panel.ax.get_xlim(), panel.ax.get_ylim()
    assert panel.update(walk(2.0, 0.1)) is False
    picture.draw(still=False)
    assert len(panel.ax.get_children()) == count
    assert (panel.ax.get_xlim(), panel.ax.get_ylim()) == limits
    assert np.concatenate(panel.ball.get_data()).tolist() == [2.0, 0.1]


def test_the_same_sweep_is_not_looked_at_again():
    run = walk()
    sweep = over_rates(run)
    _, panel = shown(run, gd.Basins(lambda run: sweep))
    codes = panel.codes
    panel.update(walk(-1.0))
    assert panel.codes is codes


def test_another_landscape_draws_the_still_part_anew():
    _, panel = shown(walk(), gd.Basins(over_rates))
    one_valley = gd.landscape("x**2", bounds=((-2.8, 2.6),))
    assert len(panel.letters) == 2 * 2
    assert panel.update(walk(landscape=one_valley)) is True
    assert panel.update(walk(landscape=one_valley)) is False
    assert len(panel.letters) == 2 * 1
    assert [text.get_text() for text in panel.ax.get_legend().get_texts()] == [
        "A",
        "not settled",
        "outside",
    ]
    assert panel.update(walk(landscape=QUARTIC)) is True
    assert len(panel.ax.get_children()) == len(
        shown(walk(), gd.Basins(over_rates))[1].ax.get_children()
    )


def test_letters_stand_at_the_minima():
    _, panel = shown(walk((1.0, 1.0), 0.01, HIMMELBLAU), gd.Basins(over_plane))
    places = [np.concatenate(artist.get_data()).tolist() for artist in panel.letters[::2]]
    assert places == [minimum.point.tolist() for minimum in gd.minima(HIMMELBLAU)]


def test_theory_is_a_dashed_line():
    lines = {"hlines": lambda run: [0.05, run.optimizer.lr], "vlines": lambda run: 1.0}
    _, panel = shown(walk(lr=0.02), gd.Basins(over_rates, **lines))
    x, y = panel.dashed.get_data()
    low, high = panel.ax.get_ylim()
    assert np.array_equal(y, [0.05, 0.05, np.nan, 0.02, 0.02, np.nan, low, high, np.nan], True)
    assert list(x[6:8]) == [1.0, 1.0]
    assert panel.dashed.get_linestyle() == "--"
    panel.update(walk(lr=0.03))
    assert panel.dashed.get_ydata()[3] == 0.03


@pytest.mark.parametrize(
    ("panel", "result", "place", "expected"),
    [
        (gd.Basins(over_rates), walk(), (1.25, 0.01), (1.25,)),
        (gd.Basins(over_rates), walk(), (9.0, 0.01), (2.6,)),
        (
            gd.Basins(over_plane),
            walk((1.0, 1.0), 0.01, HIMMELBLAU),
            (-2.5, 3.5),
            (-2.5, 3.5),
        ),
        (gd.Basins(over_plane), walk((1.0, 1.0), 0.01, HIMMELBLAU), (-2.5, 9.0), (-2.5, 5.0)),
    ],
)
def test_a_place_on_the_map_is_a_start(panel, result, place, expected):
    _, panel = shown(result, panel)
    assert panel.locate(panel.ax.transData.transform(place)) == pytest.approx(expected)


def test_the_ball_on_the_map_can_be_dragged():
    def compute(start, lr=0.05):
        return walk(start, lr)

    live = gd.Live(
        compute, gd.Curve(), gd.Basins(over_rates), start=gd.point(1.5), lr=(0.01, 0.3, 0.01)
    )
    panel = live.picture.panels[1]
    across, up = live.figure.transFigure.inverted().transform(
        panel.ax.transData.transform((-1.2, 0.05))
    )
    live.canvas.pointer = [across, 1 - up, 1]
    assert live.controls["start"].value == pytest.approx(-1.2, abs=0.01)
    assert live.error is None
    assert gd.which_minimum(live.result) == 0


@pytest.mark.parametrize(
    ("everyone", "words"),
    [
        (lambda run: gd.descend(QUARTIC, STARTS, gd.GD(0.1), 5), "shape (21,)"),
        (lambda run: gd.descend(QUARTIC, STARTS, gd.GD(RATES[:1]), 5), "two or more of each"),
        (lambda run: gd.descend(QUARTIC, STARTS, gd.GD(RATES**2 + RATES), 5), "evenly spaced"),
        (lambda run: gd.descend(QUARTIC, STARTS**3, gd.GD(RATES), 5), "evenly spaced"),
        (lambda run: gd.descend(QUARTIC, STARTS[::-1], gd.GD(RATES), 5), "evenly spaced"),
        (
            lambda run: gd.descend(gd.landscape("x*y*z"), np.ones((4, 5, 3)), gd.GD(0.1), 5),
            "in 3 variables",
        ),
    ],
)
def test_a_sweep_of_another_form_is_refused(everyone, words):
    with pytest.raises(ValueError, match="Basins") as caught:
        gd.show(walk(), gd.Basins(everyone))
    assert words in str(caught.value)


def test_an_unknown_axis_is_refused():
    with pytest.raises(ValueError, match=r"against is 'eps': name .* lr, beta"):
        gd.Basins(over_rates, against="eps")


def test_a_crowd_stands_where_its_runs_end():
    run = gd.descend(QUARTIC, np.linspace(-2, 2, 30)[:, None], gd.GD(0.01), 50)
    _, panel = shown(run, gd.Crowd())
    assert panel.dots.get_xdata() == pytest.approx(run.final[:, 0])
    assert panel.dots.get_ydata() == pytest.approx(run.values[-1])
    assert panel.starts.get_xdata() == pytest.approx(run.start[:, 0])

    count = len(panel.ax.get_children())
    assert panel.update(run.until(3)) is False
    assert panel.dots.get_xdata() == pytest.approx(run.points[3, :, 0])
    more = gd.descend(QUARTIC, np.linspace(-2, 2, 70)[:, None], gd.GD(0.01), 50)
    panel.update(more)
    assert len(panel.dots.get_xdata()) == 70
    assert len(panel.ax.get_children()) == count


def test_a_crowd_says_how_many_left():
    run = gd.descend(
        QUARTIC, np.array([[1.0], [2.6], [2.5], [-1.0]]), gd.GD([0.01, 0.3, 0.3, 0.01]), 30
    )
    _, panel = shown(run, gd.Crowd())
    assert panel.note.get_text() == "2 of 4 left the picture"
    assert np.isnan(panel.dots.get_xdata()).sum() == 2
    panel.update(run.until(0))
    assert panel.note.get_text() == ""


def test_a_crowd_can_be_pinned():
    run = gd.descend(QUARTIC, np.linspace(-2, 2, 30)[:, None], gd.GD(0.01), 50)
    _, panel = shown(run, gd.Crowd())
    count = len(panel.ax.get_children())
    panel.pin(run)
    assert panel.pinned[0].get_xdata() == pytest.approx(run.final[:, 0])
    panel.unpin()
    assert len(panel.ax.get_children()) == count
