"""The autopsy: what the picture of a run shows."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import gdviz as gd
from gdviz.networks import Stack
from gdviz.panels.style import PRESENT

INPUTS = np.random.default_rng(0).normal(size=(16, 8))
TARGETS = np.sign(INPUTS[:, 0])
SIZES = np.array([[1.0, 1e-3, 1.0], [1e9, 0.0, 1e200], [1e308, np.inf, np.nan]])


def drawn(panel, result):
    figure = Figure()
    FigureCanvasAgg(figure)
    panel.draw(figure.add_subplot(), result)
    return panel


def colour(panel, step, layer):
    """The colour in which the picture shows a step of a layer."""
    cell = panel.image.get_array()[layer - 1, step]
    return to_hex(panel.image.cmap(panel.image.norm(cell))).upper()


def loss_of(depth, activation="relu", **options):
    return Stack(depth, width=16, inputs=8, activation=activation, **options).loss(INPUTS, TARGETS)


def trained(depth, gain, lr, activation="relu", seed=1, steps=12):
    loss = loss_of(depth, activation)
    return gd.descend(loss, loss.network.initial(gain, seed=seed), gd.GD(lr), steps)


def test_not_finite_is_vermillion_and_exactly_zero_white():
    panel = drawn(gd.Autopsy(lambda sizes: sizes), SIZES)
    assert colour(panel, 2, 2) == colour(panel, 2, 3) == PRESENT
    assert colour(panel, 1, 2) == "#FFFFFF"
    finite = [colour(panel, *place) for place in ((0, 1), (0, 2), (1, 1), (1, 3), (2, 1))]
    assert not {PRESENT, "#FFFFFF"} & set(finite)


@pytest.mark.parametrize("size", [5e-324, 1e-30, 1e307, np.finfo(float).max, -1e250])
def test_a_finite_size_beyond_the_decades_takes_the_colour_of_the_end(size):
    panel = drawn(gd.Autopsy(lambda sizes: sizes), [[1e-20, 1e300], [size, size]])
    end = colour(panel, 0, 1 if abs(size) < 1 else 2)
    assert colour(panel, 1, 1) == colour(panel, 1, 2) == end


def test_the_colour_changes_at_each_decade_named():
    decades = (-10, 0, 10, 100)
    panel = drawn(gd.Autopsy(lambda sizes: sizes, decades=decades), [[1e-9, 1e-1, 1e1, 1e9, 1e11]])
    below, below_too, small, small_too, large = (colour(panel, 0, layer) for layer in range(1, 6))
    assert below == below_too
    assert small == small_too
    assert len({below, small, large}) == 3
    (bar,) = [axes for axes in panel.ax.figure.axes if axes is not panel.ax]
    assert [label.get_text() for label in bar.get_yticklabels()] == [
        f"$10^{{{decade}}}$" for decade in decades
    ]


def test_cells_lie_on_their_step_and_layer():
    panel = drawn(gd.Autopsy(lambda sizes: sizes), SIZES)
    assert panel.image.get_extent() == [-0.5, 2.5, 0.5, 3.5]
    assert panel.image.get_array().shape == (3, 3)
    assert panel.image.origin == "lower"
    assert colour(panel, 0, 1) != colour(panel, 0, 2)
    assert colour(panel, 0, 1) == colour(panel, 0, 3)


def test_the_first_cell_not_finite_is_marked_and_named():
    panel = drawn(gd.Autopsy(lambda sizes: sizes), SIZES)
    assert (list(panel.mark.get_xdata()), list(panel.mark.get_ydata())) == ([2], [2])
    assert panel.note.get_text() == "first not finite:\nstep 2, layer 2"
    later = SIZES.copy()
    later[1, 2] = np.nan
    panel.update(later)
    assert (list(panel.mark.get_xdata()), list(panel.mark.get_ydata())) == ([1], [3])
    panel.update(np.ones((3, 3)))
    assert len(panel.mark.get_xdata()) == 0
    assert panel.note.get_text() == ""


def test_a_given_first_is_marked_and_named():
    panel = drawn(gd.Autopsy(lambda sizes: sizes, first=lambda sizes: (1, 3, "loss")), SIZES)
    assert (list(panel.mark.get_xdata()), list(panel.mark.get_ydata())) == ([1], [3])
    assert panel.note.get_text() == "first not finite:\nstep 1, layer 3,\nloss"
    panel = drawn(gd.Autopsy(lambda sizes: sizes, first=lambda sizes: None), SIZES)
    assert len(panel.mark.get_xdata()) == 0
    assert panel.note.get_text() == ""


def test_another_depth_moves_the_same_artists_and_no_axis():
    panel = drawn(gd.Autopsy(lambda sizes: sizes, steps=20, layers=10), SIZES)
    artists, children = panel.moving, len(panel.ax.get_children())
    for shape in ((1, 1), (21, 10), (5, 2)):
        assert panel.update(np.ones(shape)) is False
        assert panel.moving == artists
        assert len(panel.ax.get_children()) == children
        assert panel.ax.get_xlim() == (-0.5, 20.5)
        assert panel.ax.get_ylim() == (0.5, 10.5)
        assert panel.image.get_extent() == [-0.5, shape[0] - 0.5, 0.5, shape[1] + 0.5]
    assert all(artist.get_animated() for artist in artists)


def test_a_live_autopsy_keeps_its_picture():
    def sizes(gain):
        run = trained(4, gain, 0.1, steps=5)
        return run.objective.trace(run.points).activation_norms

    live = gd.Live(sizes, gd.Autopsy(lambda sizes: sizes, title="Run"), gain=(0.0, 4.0, 0.5))
    first = live.png
    live.controls["gain"].value = 4.0
    assert live.error is None
    assert live.png != first
    live.reset()
    assert live.png == first
