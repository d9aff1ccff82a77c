"""Bars: how long, what stands behind them, and the lanes of a race."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import gdviz as gd

LENGTHS = np.array([5.0, 2.0, np.nan, 9.0])


def shown(lengths=LENGTHS, **options):
    bars = gd.Bars(lambda lengths: lengths, list("abcd"), limits=(0, 8), **options)
    return gd.show(lengths, bars).panels[0]


def test_a_bar_is_as_long_as_its_number_and_ends_with_the_axis():
    assert [bar.get_width() for bar in shown().bars] == [5, 2, 8, 8]


def test_bars_stand_as_they_are_given_with_words_behind_their_ends():
    panel = shown(words=lambda lengths: [f"{length:g}" for length in lengths])
    assert [bar.get_y() + bar.get_height() / 2 for bar in panel.bars] == [0, 1, 2, 3]
    names = [text for text in panel.ax.texts if text.get_text() in {"a", "b", "c", "d"}]
    assert [name.get_position()[1] for name in names] == [0, 1, 2, 3]
    assert [text.get_text() for text in panel.told] == ["5", "2", "nan", "9"]
    assert [text.xy for text in panel.told] == [(5, 0), (2, 1), (8, 2), (8, 3)]


def test_each_bar_has_its_colour():
    colours = ["#0072B2", "#009E73", "#E69F00", "#000000"]
    panel = shown(colours=colours)
    assert [bar.get_facecolor()[:3] for bar in panel.bars] == [to_rgba(c)[:3] for c in colours]


LOSSES = np.array([1e-2, 5.0, np.inf, 1e-9])


def lanes(**options):
    limits = {"limits": (1.0, 1e-6), "log": True, "markers": "os^D"}
    bars = gd.Bars(lambda losses: losses, list("abcd"), **(limits | options))
    return gd.show(LOSSES, bars)


def test_in_a_lane_a_walker_runs_the_farther_the_lower_its_number_is():
    panel = lanes().panels[0]
    ends = [bar.get_x() + bar.get_width() for bar in panel.bars]
    assert np.allclose(ends, [1e-2, 1, 1, 1e-6], rtol=1e-9)
    assert np.allclose([head.get_xdata()[0] for head in panel.heads], ends)
    assert [head.get_marker() for head in panel.heads] == list("os^D")
    assert {head.get_gid() for head in panel.heads} == {None}, "it moves as its bar does"
    places = panel.ax.transData.transform([(end, 0) for end in ends])[:, 0]
    assert places[1] == places[2] < places[0] < places[3]


def test_the_finish_is_drawn_on_an_axis_that_runs_down_and_moves_with_the_result():
    picture = lanes(
        vlines=lambda losses: {"finish": losses[0]}, limits=lambda losses: (1.0, 1e-3 * losses[0])
    )
    panel = picture.panels[0]
    for finish in (1e-2, 1e-4):
        losses = np.array([finish, 1, 1, 1])
        picture.update(losses, losses)
        (line,) = [line for line in panel.ax.lines if line.get_linestyle() == "--"]
        assert line.get_visible()
        assert line.get_xdata() == [finish, finish]
        assert np.allclose(panel.ax.get_xlim(), (1.0, 1e-3 * finish))


def test_the_words_of_a_race_stand_behind_its_finish():
    told = lanes(words=lambda losses: list("abcd"), vlines={"finish": 1e-4}).panels[0].told
    assert [text.xy for text in told] == [(1e-4, 0), (1e-4, 1), (1e-4, 2), (pytest.approx(1e-6), 3)]
    unseen = lanes(words=lambda losses: list("abcd"), vlines={"finish": 1e-9}).panels[0].told
    assert unseen[0].xy == (1e-2, 0)


def test_a_race_says_when_it_is_over():
    assert not hasattr(shown(), "story")
    assert shown(story=lambda lengths: 7).story(LENGTHS) == 7


def test_the_axis_has_room_for_the_longest():
    panel = gd.show([1, 4], gd.Bars(lambda lengths: lengths, ["a", "b"])).panels[0]
    assert panel.ax.get_xlim() == (0, 5)


def test_as_many_labels_as_bars():
    with pytest.raises(ValueError, match="4 bars and 2 labels"):
        gd.show(LENGTHS, gd.Bars(lambda lengths: lengths, ["a", "b"]))
