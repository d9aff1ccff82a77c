"""Histograms layer by layer: what the ridges hold, and what the words say."""

import numpy as np
import pytest

import gdviz as gd


def shown(rows, **options):
    return gd.show(rows, gd.Histogram(**options)).panels[0]


def test_ridges_are_the_counts_of_each_group():
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(20, 5)), rng.normal(size=(3, 4, 2)), np.full(7, 0.5)]
    panel = shown(rows, bins=8, limits=(-4, 4))
    for row, group in enumerate(rows):
        expected = np.histogram(group, np.linspace(-4, 4, 9))[0]
        np.testing.assert_array_equal(panel.counts(rows)[row], expected)
        outline = panel.ridges[row].get_xy()
        heights = row + 0.95 * expected / expected.max()
        np.testing.assert_allclose(outline[1:-2:2, 1], heights)
        np.testing.assert_allclose(outline[[0, -1], 1], row)


def test_what_is_beyond_the_limits_counts_in_the_last_bin():
    panel = shown([[-9.0, 0.1, 0.2, 9.0, 9.0]], bins=2, limits=(-1, 1))
    assert panel.counts([[-9.0, 0.1, 0.2, 9.0, 9.0]]).tolist() == [[1, 4]]


def test_a_logarithmic_axis_takes_sizes_and_counts_zeros_in_words():
    rows = [[-1e-3, 1e-3, 0.0, 0.0], [1.0, -1.0, 10.0, 100.0]]
    panel = shown(rows, log=True, bins=4, limits=(1e-4, 1e4))
    assert panel.counts(rows).tolist() == [[2, 0, 0, 0], [0, 0, 3, 1]]
    assert panel.note.get_text() == "25% are exactly 0"
    few = [np.zeros(999), [1e-3]]
    assert shown(few, log=True, limits=(1e-4, 1e4)).note.get_text() == "all but 1 are exactly 0"
    few = [np.zeros(999), [0.0]]
    assert shown(few, log=True, limits=(1e-4, 1e4)).note.get_text() == "100% are exactly 0"
    low, high = shown(rows, log=True).ax.get_xlim()
    assert low <= 1e-3
    assert high >= 100


def test_what_is_not_finite_is_said():
    rows = [[1.0, 2.0], [np.nan, 1.0], [np.inf, 1.0]]
    panel = shown(rows, bins=3)
    assert panel.counts(rows)[1:].sum() == 0
    assert panel.note.get_text() == "not finite: layer 2 and more"


def test_the_axis_stays_calm_and_the_rows_may_change_in_number():
    def compute(spread=1.0, layers=3):
        return [spread * np.linspace(-1, 1, 50)] * layers

    live = gd.Live(compute, gd.Histogram(), spread=(0.8, 1.0, 0.1), layers=(1, 30))
    panel = live.picture.panels[0]
    before = panel.ax.get_xlim()
    live.controls["spread"].value = 0.9
    assert panel.ax.get_xlim() == before
    live.controls["layers"].value = 30
    assert len(panel.ridges) == 30
    assert live.error is None


@pytest.mark.parametrize("sizes", [lambda t: t.activations, lambda t: t.layer_gradients])
def test_a_trace_is_shown_layer_by_layer(sizes):
    stack = gd.networks.Stack(depth=4, width=8, inputs=3, activation="relu")
    trace = stack.loss(np.eye(3), np.ones(3)).trace(stack.initial())
    panel = gd.show(trace, gd.Histogram(sizes, log=True)).panels[0]
    assert len(panel.ridges) == 5
    whole = [np.count_nonzero(layer) for layer in sizes(trace)]
    assert panel.counts(trace).sum(axis=1).tolist() == whole


def test_what_stands_behind_is_counted_in_the_same_bins():
    rows, behind = [[-1.0, 1.0, 1.0]], [[-1.0, -1.0, 1.0]]
    panel = gd.show(rows, gd.Histogram(bins=2, limits=(-2, 2), behind=behind)).panels[0]
    other = next(one for one in panel.ax.patches if one not in panel.ridges)
    heights = other.get_xy()[:-1, 1], panel.ridges[0].get_xy()[:-1, 1]
    assert heights[0].tolist() == heights[1].tolist()[::-1]
    assert other.get_zorder() < panel.ridges[0].get_zorder()
