"""What the panels for deep stacks draw: the data of their artists after an update."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from gdviz.networks import Stack
from gdviz.panels import LayerGradients, Tangent
from gdviz.panels.style import COLOURS, PRESENT
from gdviz.picture import Picture

FALLING = 10.0 ** np.arange(-9, 1)


def drawn(panel, result):
    figure = Figure()
    FigureCanvasAgg(figure)
    panel.draw(figure.add_subplot(), result)
    return panel


def data(line):
    return np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)


def test_one_norm_a_layer_from_the_first_on():
    panel = drawn(LayerGradients(layers=60), FALLING)
    layers, norms = data(panel.lines[0])
    assert np.array_equal(layers, np.arange(1, 11))
    assert np.array_equal(norms, FALLING)
    assert panel.note.get_text() == ""


def test_another_depth_moves_the_same_artists_and_no_axis():
    panel = drawn(LayerGradients(layers=60, theory=lambda norms: norms * 2), FALLING)
    artists, children = panel.moving, len(panel.ax.get_children())
    ends = panel.ax.get_xlim(), panel.ax.get_ylim()
    for depth in (1, 60, 3):
        norms = np.geomspace(1e-20, 1, depth)
        assert not panel.update(norms)
        assert np.array_equal(data(panel.lines[0])[1], norms)
        assert np.array_equal(data(panel.dashed[0])[1], norms * 2)
    assert all(one is other for one, other in zip(artists, panel.moving, strict=True))
    assert len(panel.ax.get_children()) == children
    assert (panel.ax.get_xlim(), panel.ax.get_ylim()) == ends
    assert ends[0][1] >= 60


def test_without_layers_the_first_result_fixes_the_axis():
    panel = drawn(LayerGradients(), FALLING)
    assert panel.ax.get_xlim() == pytest.approx((0.4, 10.6))


def test_each_curve_is_a_row_and_labels_name_them():
    panel = LayerGradients(labels=["sigmoid", "relu"], theory=lambda norms: norms)
    drawn(panel, np.stack([FALLING, FALLING * 3]))
    assert [to_hex(line.get_color()).upper() for line in panel.lines] == list(COLOURS[:2])
    assert np.array_equal(data(panel.lines[1])[1], FALLING * 3)
    words = [text.get_text() for text in panel.ax.get_legend().get_texts()]
    assert words == ["sigmoid", "relu", "theory"]


def test_not_present_takes_the_colours_of_a_sweep():
    panel = drawn(LayerGradients(present=False), np.stack([FALLING, FALLING]))
    assert [to_hex(line.get_color()).upper() for line in panel.lines] == list(COLOURS[1:3])
    assert PRESENT not in COLOURS[1:]


@pytest.mark.parametrize(
    ("norms", "crosses", "words"),
    [
        ([0.0, 0.0, 1.0], [1, 2], "exactly 0: layers 1 to 2"),
        ([1e-99, 1.0, 1.0], [], "below the picture: layer 1"),
        ([1.0, 1e9, 1.0], [], "above the picture: layer 2"),
        ([np.nan, np.inf, 1.0], [], "not finite: layers 1 to 2"),
        ([1.0, 1.0, 1.0], [], ""),
    ],
)
def test_what_has_no_place_on_the_axis_is_told(norms, crosses, words):
    panel = drawn(LayerGradients(), np.ones(3))
    panel.update(np.array(norms))
    assert data(panel.crosses[0])[0].tolist() == crosses
    assert panel.note.get_text() == words


@pytest.mark.parametrize(
    ("norms", "words", "colour"),
    [
        ([[1.0, 1.0], [0.0, 1.0]], "wide exactly 0: layer 1", COLOURS[1]),
        ([[0.0, 0.0], [1.0, 1.0]], "thin exactly 0: layers 1 to 2", COLOURS[0]),
        ([[1e9, 1.0], [1e9, 1e9]], "thin, wide above the picture", "#000000"),
    ],
)
def test_the_words_name_the_curves_and_have_their_colour(norms, words, colour):
    panel = drawn(LayerGradients(labels=["thin", "wide"], behind=["wide"]), np.ones((2, 2)))
    panel.update(np.array(norms))
    assert panel.note.get_text() == words
    assert to_hex(panel.note.get_color()).upper() == colour


def test_a_curve_behind_is_wide_pale_and_below_the_others():
    panel = drawn(LayerGradients(labels=["thin", "wide"], behind=["wide"]), np.ones((2, 3)))
    thin, wide = panel.lines
    assert wide.get_zorder() < thin.get_zorder()
    assert wide.get_linewidth() > 3 * thin.get_linewidth()
    assert [to_hex(wide.get_color())] == panel.colours
    assert to_hex(wide.get_color()).upper() not in COLOURS


@pytest.mark.parametrize("labels", [None, ["thin"]])
def test_behind_names_labels(labels):
    with pytest.raises(ValueError, match="behind names"):
        LayerGradients(labels=labels, behind=["wide"])


def test_the_name_of_a_border_stands_clear_of_it():
    panel = LayerGradients(limits=(1e-50, 1e60))
    picture = Picture(np.array([0.0, 1.0]), [panel], "a zero")
    (panel,) = picture.panels
    renderer = picture.canvas.get_renderer()
    for text, line in zip(panel.ax.texts, [1.4e-45, 3.4e38], strict=False):
        box = text.get_window_extent(renderer)
        border = panel.ax.transData.transform((1, line))[1]
        assert box.y1 < border - 3 or box.y0 > border + 3


def test_a_zero_is_a_cross_inside_the_axes_and_a_gap_in_the_line():
    panel = drawn(LayerGradients(), np.array([0.0, 1e-3, 1.0]))
    assert np.isnan(data(panel.lines[0])[1][0])
    at = panel.crosses[0].get_transform().transform([[1, data(panel.crosses[0])[1][0]]])
    assert panel.ax.bbox.contains(*at[0])


@pytest.mark.parametrize(
    ("limits", "dtypes", "expected"),
    [
        ((1e-50, 1e4), ("float32",), [1.401298464324817e-45]),
        ((1e-50, 1e60), ("float32",), [1.401298464324817e-45, 3.4028234663852886e38]),
        ((1e-10, 1e4), ("float32",), []),
        ((1e-50, 1e4), (), []),
        ((1e-320, 1e4), ("float32", "float64"), [1.401298464324817e-45]),
    ],
)
def test_the_ends_of_a_number_type_are_drawn_where_the_picture_reaches_them(
    limits, dtypes, expected
):
    panel = drawn(LayerGradients(limits=limits, dtypes=dtypes), FALLING)
    borders = [line for line in panel.ax.get_lines() if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in borders] == expected


def test_the_line_is_where_float32_itself_stores_zero():
    smallest = float(np.finfo("float32").smallest_subnormal)
    assert np.float32(smallest) > 0
    assert np.float32(smallest / 2.1) == 0


def test_pinned_norms_stay_when_the_depth_changes():
    panel = drawn(LayerGradients(layers=60), FALLING)
    panel.pin(FALLING)
    panel.update(np.ones(30))
    assert np.array_equal(data(panel.pinned[0])[1], FALLING)
    panel.unpin()
    assert panel.pinned == []


@pytest.mark.parametrize("limits", [(0, 1), (1.0, 1e-3), (-1.0, 1.0), (1.0, np.inf)])
def test_limits_that_no_logarithmic_axis_has(limits):
    with pytest.raises(ValueError, match="two positive numbers"):
        LayerGradients(limits=limits)


@pytest.mark.parametrize("corner", ["lower right", "upper right", "lower left"])
def test_note_and_legend_keep_off_the_forbidden_land(corner):
    panel = LayerGradients(labels=["one"], limits=(1e-50, 1e60), legend=corner)
    picture = Picture(np.array([0.0, 1.0]), [panel], "a zero")
    (panel,) = picture.panels
    borders = [line for line in panel.ax.get_lines() if line.get_linestyle() == ":"]
    low, high = (panel.ax.transData.transform((1, line.get_ydata()[0]))[1] for line in borders)
    renderer = picture.canvas.get_renderer()
    for artist in (panel.note, panel.ax.get_legend()):
        box = artist.get_window_extent(renderer)
        assert low <= box.y0 < box.y1 <= high


def test_a_stack_in_a_picture_at_every_depth():
    inputs = np.random.default_rng(0).normal(size=(4, 3))

    def norms(depth):
        stack = Stack(depth, width=4, inputs=3)
        return stack.loss(inputs, inputs[:, 0]).layer_gradient_norms(stack.initial())

    picture = Picture(norms(1), [LayerGradients(layers=7)], "depth 1")
    (panel,) = picture.panels
    first = picture.png
    picture.update(norms(6))
    assert np.array_equal(data(panel.lines[0])[1], norms(6))
    assert picture.png != first
    picture.update(norms(1))
    assert picture.png == first


def parabola(x):
    return x**2


def slope_of_parabola(x):
    return 2 * x


def test_tangent_touches_the_curve_with_its_slope():
    panel = drawn(Tangent(bounds=(-2, 2), limits=(-1, 4)), (parabola, slope_of_parabola, 0.0))
    panel.update((parabola, slope_of_parabola, 1.5))
    assert (data(panel.ball)[0][0], data(panel.ball)[1][0]) == (1.5, 2.25)
    x, y = data(panel.line)
    assert np.allclose(y, 2.25 + 3 * (x - 1.5))
    x, y = data(panel.curve)
    assert np.array_equal(y, x**2)


def test_tangent_follows_another_function_and_keeps_its_pin():
    panel = drawn(Tangent(bounds=(-2, 2), limits=(-1, 4)), (parabola, slope_of_parabola, 1.0))
    panel.pin((parabola, slope_of_parabola, 1.0))
    panel.update((np.sin, np.cos, 0.0))
    assert np.allclose(np.diff(data(panel.line)[1]) / np.diff(data(panel.line)[0]), 1)
    pinned = data(panel.pinned[0])
    assert np.allclose(np.diff(pinned[1]) / np.diff(pinned[0]), 2)


@pytest.mark.parametrize(("x", "place"), [(0.5, 0.5), (99.0, 2.0), (-99.0, -2.0)])
def test_tangent_locates_a_press_within_its_bounds(x, place):
    panel = drawn(Tangent(bounds=(-2, 2), limits=(-1, 4)), (parabola, slope_of_parabola, 0.0))
    pixel = panel.ax.transData.transform((x, 1.0))
    assert panel.locate(pixel) == pytest.approx((place,))
