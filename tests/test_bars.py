"""Bars: how long, in which order, which are pale, and what stands behind them."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import gdviz as gd

LENGTHS = np.array([5.0, 2.0, np.nan, 9.0])


def shown(lengths=LENGTHS, **options):
    bars = gd.Bars(lambda lengths: lengths, list("abcd"), limits=(0, 8), **options)
    return gd.show(lengths, bars).panels[0]


def places(panel):
    return [round(bar.get_y() + bar.get_height() / 2) for bar in panel.bars]


def test_a_bar_is_as_long_as_its_number_and_ends_with_the_axis():
    assert [bar.get_width() for bar in shown().bars] == [5, 2, 8, 8]


def test_bars_stand_in_the_order_given_with_their_names_and_words():
    panel = shown(order=np.argsort, words=lambda lengths: [f"{length:g}" for length in lengths])
    assert places(panel) == [1, 0, 3, 2]
    assert [name.get_text() for name in panel.names] == list("abcd")
    assert [name.get_position()[1] for name in panel.names] == [1, 0, 3, 2]
    assert [text.get_text() for text in panel.told] == ["5", "2", "nan", "9"]
    assert [text.xy for text in panel.told] == [(5, 1), (2, 0), (8, 3), (8, 2)]


def test_without_an_order_they_stand_as_they_are_given():
    assert places(shown()) == [0, 1, 2, 3]


def test_bars_that_are_not_final_are_pale_and_each_has_its_colour():
    colours = ["#0072B2", "#009E73", "#E69F00", "#000000"]
    panel = shown(pale=lambda lengths: lengths > 4, colours=colours)
    assert [bar.get_alpha() for bar in panel.bars] == [0.3, 1.0, 1.0, 0.3]
    assert [bar.get_facecolor()[:3] for bar in panel.bars] == [to_rgba(c)[:3] for c in colours]


def test_the_axis_has_room_for_the_longest():
    panel = gd.show([1, 4], gd.Bars(lambda lengths: lengths, ["a", "b"])).panels[0]
    assert panel.ax.get_xlim() == (0, 5)


def test_as_many_labels_as_bars():
    with pytest.raises(ValueError, match="4 bars and 2 labels"):
        gd.show(LENGTHS, gd.Bars(lambda lengths: lengths, ["a", "b"]))
