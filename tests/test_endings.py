"""Where runs end: minima, hilltops, basins, and which minimum holds which run, in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gdviz as gd
from gdviz.endings import NOT_SETTLED, OUTSIDE, ending, which_minimum
from gdviz.landscapes import basin, hilltops, letter, minima

QUARTIC = gd.landscape("quartic")
HIMMELBLAU = gd.landscape("himmelblau")
WIDTH = QUARTIC.bounds[0][1] - QUARTIC.bounds[0][0]


def walk(start=1.5, lr=0.05, landscape=QUARTIC, beta=0.0, steps=100):
    return gd.descend(landscape, start, gd.Momentum(lr, beta), steps)


def test_minima_are_sorted_by_value():
    deep, shallow = minima(QUARTIC)
    assert deep.point == pytest.approx([-1.71394], abs=5e-6)
    assert shallow.point == pytest.approx([1.40177], abs=5e-6)
    assert deep.value < shallow.value


@pytest.mark.parametrize("landscape", [gd.landscape("x**3"), gd.landscape("saddle"), object()])
def test_what_has_no_minimum_has_none(landscape):
    assert minima(landscape) == ()


def test_hilltops_go_from_left_to_right():
    wavy = gd.landscape("sin(x) + x/10", bounds=((-8, 8),))
    places = [top.point[0] for top in hilltops(wavy)]
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
    assert basin(landscape, number) == pytest.approx(ends, abs=1e-6)


def test_a_basin_is_where_small_steps_lead():
    starts = np.linspace(-2.8, 2.6, 301)[:, None]
    ends = which_minimum(gd.descend(QUARTIC, starts, gd.GD(0.01), 2000, record="last"))
    for number in (0, 1):
        left, right = basin(QUARTIC, number)
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
        basin(landscape, number)


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
    code = which_minimum(walk(start, lr, steps=steps))
    assert code == expected
    assert type(code) is int


@pytest.mark.parametrize(
    ("offset", "expected"), [(0.0, 0), (0.9e-3 * WIDTH, 0), (1.1e-3 * WIDTH, NOT_SETTLED)]
)
def test_near_is_a_thousandth_of_the_width(offset, expected):
    at_rest = walk(minima(QUARTIC)[0].point + offset, lr=1e-9, steps=1)
    assert which_minimum(at_rest) == expected


def test_passing_an_unstable_minimum_is_not_settling():
    """At η = 0.1 the deep minimum throws a walker out, 1.5 times farther at each step."""
    passing = walk(minima(QUARTIC)[0].point + 1e-3, lr=0.1, steps=1)
    assert abs(passing.final - minima(QUARTIC)[0].point) < 1e-3 * WIDTH
    assert which_minimum(passing) == NOT_SETTLED


@pytest.mark.parametrize(("formula", "end"), [("x", -2.0), ("-x", 2.0)])
def test_outside_is_outside_the_bounds_though_finite(formula, end):
    slope = gd.landscape(formula, bounds=((-1, 1),))
    run = gd.descend(slope, 0.0, gd.GD(0.1), steps=20)
    assert run.final == pytest.approx([end])
    assert which_minimum(run) == OUTSIDE


def test_himmelblau_has_four_basins():
    starts = np.array([point.point for point in minima(HIMMELBLAU)]) + 0.3
    run = gd.descend(HIMMELBLAU, starts, gd.GD(0.005), 300, record="last")
    assert which_minimum(run).tolist() == [0, 1, 2, 3]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-2.8, 2.6), min_size=1, max_size=6),
    st.lists(st.floats(0.001, 0.3), min_size=1, max_size=4),
)
def test_a_batch_has_the_codes_of_its_runs_one_at_a_time(starts, rates):
    batch = gd.descend(QUARTIC, np.array(starts)[:, None], gd.GD(np.array(rates)[:, None]), 60)
    alone = [[which_minimum(walk(start, lr, steps=60)) for start in starts] for lr in rates]
    assert which_minimum(batch).tolist() == alone


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
    assert ending(run) == words


def test_a_place_that_is_zero_but_for_rounding_is_zero():
    run = gd.descend(gd.landscape("x**2/2 - exp(-8*(x - 2)**2)"), 1.0, gd.GD(0.1), 300)
    assert 0 < abs(run.final[0]) < 1e-12
    assert ending(run).startswith("ends at A, x = 0, f = 0")


def test_a_run_that_kept_its_last_point_only_has_an_ending_too():
    last = gd.descend(QUARTIC, -2.0, gd.GD(0.1), 51, record="last")
    assert ending(last) == ending(walk(-2.0, 0.1, steps=51))
    assert "has not settled" in ending(last)


def test_ending_of_a_batch_counts():
    starts = np.array([-2.0, -1.5, 1.0, 2.6])[:, None]
    run = gd.descend(QUARTIC, starts, gd.GD([0.05, 0.05, 0.05, 0.25]), 200)
    assert ending(run) == "50.0 % end at A, 25.0 % end at B, 25.0 % are outside the picture"


def test_ending_of_a_batch_sums_up_after_four_minima():
    wavy = gd.landscape("cos(3*x) + x/9", bounds=((-6, 6),))
    points = [minimum.point for minimum in minima(wavy)]
    assert len(points) == 6
    run = gd.descend(wavy, points, gd.GD(0.01), 5)
    assert ending(run).endswith("16.7 % end at D, 33.3 % end at other minima")


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "A2"), (53, "B3")])
def test_letters_do_not_run_out(number, name):
    assert letter(number) == name
