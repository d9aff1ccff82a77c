"""Networks seen: colours, places, widths and words of the artists after an update."""

import itertools

import numpy as np
import pytest

import gdviz as gd
from gdviz import ink
from gdviz.networks import Stack
from gdviz.panels.marks import Marks, short, width_of
from gdviz.panels.networks import BLUES, LOST, REDS, SHADES, UNLIT, ZERO, _palette
from gdviz.picture import Picture

MIDDLE = SHADES // 2


def falling(layers, factor=0.1, forward=1.0):
    return gd.Pulse(forward ** np.arange(layers), factor ** np.arange(layers)[::-1])


def layers_of(result, width=1000, **options):
    picture = Picture(result, [gd.Layers(**options)], width=width)
    return picture, picture.panels[0]


def test_a_layer_is_lit_by_the_logarithm_of_what_passes():
    _, panel = layers_of(falling(7), limits=(1e-6, 1e6))
    assert panel.red.shades.tolist() == [0, 8, 16, 24, 32, 40, 48]
    assert panel.blue.shades.tolist() == [MIDDLE] * 7
    assert panel.red.colours[-1].upper() == REDS[1]
    assert panel.blue.colours[0].upper() == BLUES[1]
    assert panel.red.colours[0].upper() == REDS[0]


def test_what_grows_is_darker_and_beyond_the_limits_no_darker_still():
    _, panel = layers_of(falling(9, factor=100.0), limits=(1e-6, 1e6))
    assert panel.red.shades.tolist() == [96, 96, 96, 96, 96, 96, 80, 64, 48]
    lightness = [sum(int(shade[n : n + 2], 16) for n in (1, 3, 5)) for shade in _palette(REDS)[:97]]
    assert (np.diff(lightness) < 0).all()


def test_another_depth_keeps_the_ground_and_moves_the_same_artists():
    picture, panel = layers_of(falling(8))
    moving, still = picture.moving[0], picture.stills[0]
    for depth in (1, 2, 30, 60):
        assert picture.update(falling(depth)) is False
        assert len(panel.capsules.places) == len(panel.red.places) == depth
        left, right = panel.ends
        centres = left + (right - left) / depth * (np.arange(depth) + 0.5)
        np.testing.assert_allclose(panel.blue.places[:, 0], centres)
        assert panel.numbers.texts[-1] == str(depth)
    assert picture.moving[0] is moving
    assert picture.stills[0] is still


@pytest.mark.parametrize("width", [330, 640, 1000])
@pytest.mark.parametrize("depth", [1, 2, 8, 24, 30, 60])
def test_no_word_touches_another(width, depth):
    _, panel = layers_of(falling(depth, 0.0234, 0.98), width)
    for artist, room in ((panel.numbers, 17), (panel.gradient_factors, 58)):
        gaps = np.diff([word[0] for word in artist.words])
        assert (gaps >= room).all() or len(gaps) == 0
    assert len(panel.gradient_factors.words) <= 12
    assert bool(panel.gradient_factors.words) == (depth > 1)


def test_a_gap_carries_its_factor_both_ways():
    pulse = gd.Pulse([1.0, 2.0, 1.0], [0.03, 0.06, 0.25])
    _, panel = layers_of(pulse)
    assert panel.activation_factors.texts == ["× 2", "× 0.5"]
    assert panel.gradient_factors.texts == ["× 0.5", "× 0.24"]
    assert panel.activation_total.texts == ["× 1 in all"]
    assert panel.gradient_total.texts == ["× 0.12 in all"]
    middles = (panel.red.places[1:, 0] + panel.red.places[:-1, 0]) / 2
    np.testing.assert_allclose([word[0] for word in panel.gradient_factors.words], middles)


def test_only_the_way_back_is_half_as_high_and_has_nothing_blue():
    sizes = np.array([0.03, 0.06, 0.25])
    options = {"backward": lambda sizes: sizes, "only": "backward"}
    both, lower = layers_of(falling(3))[0], layers_of(sizes, **options)[0]
    panel = lower.panels[0]
    assert lower.tall < 0.7 * both.tall
    assert panel.gradient_factors.texts == ["× 0.5", "× 0.24"]
    assert panel.gradient_total.texts == ["× 0.12 in all"]
    assert panel.activation_factors.texts == panel.activation_total.texts == []
    assert len(panel.red.places) == 3 > len(panel.blue.places)
    assert "activations, forward" not in [text.get_text() for text in panel.ax.texts]
    with pytest.raises(ValueError, match="it is 'backward', or left out"):
        gd.Layers(only="forward")


@pytest.mark.parametrize(("options", "count"), [({}, 7), ({"factors": 14}, 13)])
def test_so_many_factors_are_written(options, count):
    _, panel = layers_of(falling(14), width=1000, **options)
    assert len(panel.gradient_factors.texts) == count


@pytest.mark.parametrize("width", [330, 1000])
def test_the_last_factor_of_a_deep_stack_stays_in_the_picture(width):
    _, panel = layers_of(falling(60, 0.0234), width)
    x, _, words, share = panel.gradient_factors.words[-1]
    wide = width_of(words, panel.gradient_factors.size)
    assert x + (1 - share) * wide <= panel.across


def test_what_runs_both_ways_is_named():
    _, panel = layers_of(falling(4), 1000, labels=("spread", "gradients"))
    written = [text.get_text() for text in panel.ax.texts]
    assert "spread, forward" in written
    assert "gradients, backward" in written
    assert not any("activations" in words for words in written)
    assert panel.numbers.texts == ["1", "2", "3", "4"]


@pytest.mark.parametrize("width", [330, 1000])
def test_the_last_layer_has_a_name_where_it_is_given_one(width):
    names = ("activations", "gradients", "out")
    for depth in (1, 6, 60):
        _, panel = layers_of(falling(depth), width, labels=names)
        _, numbered = layers_of(falling(depth), width)
        assert panel.numbers.texts == [*numbered.numbers.texts[:-1], "out"]
        places = np.array([word[0] for word in panel.numbers.words])
        half = [width_of(text, panel.numbers.size) / 2 for text in panel.numbers.texts]
        assert ((places - half)[1:] > (places + half)[:-1]).all()
        assert places[-1] + half[-1] <= panel.across


def test_exactly_zero_is_marked_and_so_is_the_first_that_is_not_finite():
    pulse = gd.Pulse([1.0, 1e200, np.inf, np.nan], [0.0, 0.0, 1e-3, 1.0])
    _, panel = layers_of(pulse)
    assert panel.red.shades.tolist() == [ZERO, ZERO, 24, MIDDLE]
    assert panel.blue.shades.tolist() == [MIDDLE, 96, LOST, LOST]
    np.testing.assert_allclose(np.sort(panel.zeros.places, axis=0), panel.red.places[:2])
    np.testing.assert_allclose(panel.bursts.places, panel.blue.places[2:3])
    assert panel.activation_total.texts == ["not finite from layer 3 on"]
    assert panel.gradient_total.texts == ["exactly 0 from layer 2 down"]


def test_the_gradient_bursts_at_the_last_layer_first():
    _, panel = layers_of(gd.Pulse([1.0, 1.0, 1.0], [np.nan, np.inf, 1.0]))
    np.testing.assert_allclose(panel.bursts.places, panel.red.places[1:2])
    assert panel.gradient_total.texts == ["not finite from layer 2 on"]


def test_the_pulse_runs_right_and_its_gradient_comes_back():
    pulse = falling(4, 0.5)
    picture, panel = layers_of(pulse)
    seen = []
    for step in range(pulse.steps + 1):
        cut = pulse.until(step)
        assert picture.update(pulse, cut) is False
        assert cut.steps == step
        lit = panel.blue.shades != UNLIT, panel.red.shades != UNLIT
        seen.append(tuple("".join("01"[int(there)] for there in row) for row in lit))
        np.testing.assert_array_equal(np.isfinite(cut.forward), lit[0])
        np.testing.assert_array_equal(np.isfinite(cut.backward), lit[1])
    assert seen == [
        *(("0000", "0000"), ("1000", "0000"), ("1100", "0000"), ("1110", "0000")),
        *(("1111", "0000"), ("1111", "0001"), ("1111", "0011"), ("1111", "0111")),
        ("1111", "1111"),
    ]


def test_the_arrows_and_the_rim_are_where_the_pulse_is():
    pulse = falling(4, 0.5)
    picture, panel = layers_of(pulse)
    ahead, back = panel.arrows
    picture.update(pulse, pulse.until(3))
    assert panel.head.places.tolist() == [panel.blue.places[2].tolist()]
    assert ahead.head.get_xy()[0, 0] == pytest.approx(panel.blue.places[2, 0])
    assert not back.shaft.get_visible()
    assert panel.activation_total.texts == ["× 1 so far"]
    picture.update(pulse, pulse.until(6))
    assert panel.head.places.tolist() == [panel.red.places[2].tolist()]
    assert ahead.head.get_xy()[0, 0] == pytest.approx(panel.ends[1])
    assert back.head.get_xy()[0, 0] == pytest.approx(panel.red.places[2, 0])
    assert panel.gradient_factors.texts == ["× 0.5"]
    picture.update(pulse)
    assert back.head.get_xy()[0, 0] == pytest.approx(panel.ends[0])
    assert not len(panel.head.places)


def test_a_pulse_says_what_it_shows():
    pulse = falling(3)
    assert str(pulse).endswith("the gradients 1 in the last and 0.01 in the first.")
    assert str(pulse.until(4)) == "the pulse has lit 3 of 3 layers, its gradient 1."
    with pytest.raises(ValueError, match="step is 7: it is a whole number from 0 to 6"):
        pulse.until(7)


def test_layers_take_functions_of_any_result():
    stack = Stack(depth=5, width=8, inputs=8, activation="sigmoid")
    inputs = np.random.default_rng(0).normal(size=(16, 8))
    trace = stack.loss(inputs, np.ones(16)).trace(stack.initial(seed=1))
    options = {"forward": lambda trace: trace.activation_norms}
    _, panel = layers_of(trace, backward=lambda trace: trace.delta_norms, **options)
    ratios = trace.delta_norms[:-1] / trace.delta_norms[1:]
    assert panel.gradient_factors.texts == [f"× {short(ratio)}" for ratio in ratios]


@pytest.mark.parametrize(
    ("forward", "backward", "words"),
    [
        ([1.0, 1.0], [1.0], "forward has 2 layers and backward 1"),
        ([], [], r"forward has the shape \(0,\)"),
        ([[1.0]], [[1.0]], r"forward has the shape \(1, 1\)"),
        ([1.0], [-2.0], "backward holds -2: a size is 0 or more"),
        (["deep"], [1.0], "one size for each layer"),
        (np.ones(62), np.ones(62), "there are 62 layers, and Layers shows 1 to 61"),
    ],
)
def test_wrong_sizes_are_told(forward, backward, words):
    with pytest.raises(ValueError, match=words):
        Picture(
            (forward, backward), [gd.Layers(lambda both: both[0], lambda both: both[1])], "words"
        )


def test_limits_stand_around_one():
    with pytest.raises(ValueError, match="two sizes around 1"):
        gd.Layers(limits=(2.0, 1e6))


@pytest.mark.parametrize("name", ["layers", "net"])
def test_ink_looks_as_agg_draws_it(name):
    result = falling(24, 0.3) if name == "layers" else TRAINED
    panel = gd.Layers() if name == "layers" else gd.Net()
    picture = Picture(result, [panel], "words", width=640)
    frame, _ = picture.frame()
    direct, replayed = [], []
    for pixels in (direct, replayed):
        renderer = picture.canvas.get_renderer()
        image = np.asarray(renderer.buffer_rgba())
        image[:] = 255
        if pixels is direct:
            for artist in picture.moving[0]:
                artist.draw(renderer)
        else:
            ink.play(frame, renderer, picture.pixels[1])
        pixels.append(image[..., :3].astype(int).copy())
    # Agg puts a marker that is replayed on a whole pixel: edges differ by one, areas do not
    tall, wide = (side - side % 8 for side in direct[0].shape[:2])
    one, other = (
        pixels[0][:tall, :wide].reshape(tall // 8, 8, wide // 8, 8, 3).mean(axis=(1, 3))
        for pixels in (direct, replayed)
    )
    assert np.abs(one - other).max() < 60
    assert np.abs(one - other).mean() < 3
    assert (direct[0] < 200).any()


def test_layers_show_a_run_as_it_stands():
    loss = Stack(depth=3, width=4, inputs=2).loss(np.ones((5, 2)), np.ones(5))
    run = gd.descend(loss, loss.network.initial(), gd.GD(lr=0.1), steps=4)

    def sizes(run):
        return loss.trace(run.final).delta_norms

    picture = Picture(run, [gd.Layers(sizes, sizes)], "words")
    picture.update(run, run.until(2))
    assert UNLIT not in picture.panels[0].red.shades


@pytest.mark.parametrize("width", [640, 850, 1000])
def test_a_curve_stands_under_the_layers_that_it_tells_of(width):
    """The notebooks draw the sizes under their layers, a lower panel without numbers of its own."""
    pulse = falling(7)
    curve = gd.Lines(
        lambda pulse: pulse.backward,
        x=lambda pulse: (np.arange(7) + 0.5) / 7,
        xlimits=(-0.007, 1.013),
        xticks=(),
        log="y",
        tall=230,
    )
    picture = Picture(pulse, [gd.Layers(), curve], "words", width=width)
    layers, lines = picture.panels
    above = layers.ax.transData.transform(layers.red.places)[:, 0]
    below = lines.ax.transData.transform(lines.curves[0].get_xydata())[:, 0]
    assert np.abs(above - below).max() < 6
    assert list(lines.ax.get_xticks()) == []
    assert picture.boxes[1][3] == 230 + picture.boxes[0][3] - layers.height(width)


def test_sixty_layers_are_few_strokes():
    picture, _ = layers_of(falling(60, 0.9))
    frame, _ = picture.frame()
    assert len(frame["strokes"]) < 120
    assert len(frame["points"]) + len(frame["codes"]) < 30_000


def test_nothing_is_taken_for_a_ball_that_glides_from_frame_to_frame():
    pulse = falling(9, 0.3)
    picture, _ = layers_of(pulse)
    for step in range(pulse.steps + 1):
        picture.update(pulse, pulse.until(step))
        frame, _ = picture.frame()
        assert not any("glides" in stroke for stroke in frame["strokes"])


def test_marks_know_the_colour_of_each_place():
    marks = Marks(["#000000", "#FFFFFF"])
    marks.put(marks.shape, [(0, 0), (1, 1), (2, 2)], [1, 0, 1])
    assert marks.colours == ["#FFFFFF", "#000000", "#FFFFFF"]


RING = np.random.default_rng(0).uniform(-1, 1, (40, 2))
INSIDE = (np.hypot(*RING.T) < 0.6).astype(float)
STACK = Stack(depth=2, width=4, inputs=2, activation="tanh")
LOSS = STACK.loss(RING, INSIDE)
TRAINED = gd.descend(LOSS, STACK.initial(seed=2), gd.Adam(0.05), steps=60)


def net_of(result, *functions, **options):
    picture = Picture(result, [gd.Net(*functions, **options)], "words", width=500)
    return picture, picture.panels[0]


def edges(panel, number, sizes):
    """Return the looks of the edges of a layer of weights, ``(n_out, n_in)``."""
    counts = [right * left for left, right in itertools.pairwise(sizes)]
    begin = sum(counts[:number])
    return panel.edges.looks[begin : begin + counts[number]]


def test_an_edge_is_as_wide_as_its_weight_and_coloured_by_its_sign():
    _, panel = net_of(None, lambda _: [[[0.1, -1.0], [2.0, 0.0]], [[-9.0, 0.5]]])
    assert [(colour, width) for colour, width, _ in panel.edges.looks] == [
        ("#009E73", 0.4),
        ("#7B3294", 2.5),
        ("#009E73", 5.0),
        ("#009E73", 0.4),
        ("#7B3294", 7.0),
        ("#009E73", 1.25),
    ]
    # from the second input to the first neuron
    begin, end = panel.edges.ends[1]
    np.testing.assert_array_equal(begin, panel.columns[0][1])
    np.testing.assert_array_equal(end, panel.columns[1][0])


def test_the_net_shows_the_step_that_is_shown():
    picture, panel = net_of(TRAINED)
    before = panel.edges.looks
    weights = [weight for weight, _ in STACK.views(TRAINED.until(5).final)]
    assert picture.update(TRAINED, TRAINED.until(5)) is False
    assert panel.edges.looks != before
    for number, weight in enumerate(weights):
        signs = [look[0] == "#009E73" for look in edges(panel, number, [2, 4, 4, 1])]
        np.testing.assert_array_equal(np.reshape(signs, weight.shape), weight >= 0)


def test_the_glow_is_the_logarithm_of_the_gradient():
    matrices = [[[1.0, 1.0, 1.0, 1.0]]], [[[1.0, 0.01, 1e-9, 0.0]]]
    functions = (lambda pair: pair[0], None, lambda pair: pair[1])
    _, panel = net_of(matrices, *functions, limits=(1e-4, 1.0))
    assert [look[2] for look in panel.glow.looks] == [0.5, 0.25]
    np.testing.assert_array_equal(panel.glow.ends, panel.edges.ends[:2])


def test_a_neuron_that_is_never_active_is_grey_and_told():
    stack = Stack(depth=2, width=3, inputs=2, activation="relu")
    parameters = stack.initial(seed=1)
    views = stack.views(parameters)
    views[0][1][:] = (5.0, -100.0, 5.0)
    views[1][1][:] = 50.0
    run = gd.descend(stack.loss(RING, INSIDE), parameters, gd.GD(1e-9), steps=1)
    _, panel = net_of(run)
    dead = panel.fills[-1]
    assert [colour == dead for colour in panel.neurons.colours] == [False] * 3 + [True] + [
        False
    ] * 5
    assert panel.note.get_text() == "1 neuron is dead"


def test_a_neuron_is_bluer_the_more_active_it_is():
    functions = (lambda _: [np.ones((3, 1))], lambda _: [np.array([[0.0, 1.0, 9.0]])])
    _, panel = net_of(None, *functions)
    shades = panel.neurons.shades
    assert shades[0] == 0
    assert (np.diff(shades[1:]) > 0).all()
    # an output of 0 is no dead neuron
    assert panel.note.get_text() == ""


@pytest.mark.parametrize(
    ("broken", "words", "column", "row"),
    [
        ((1, (0, 2)), "not finite: weight of layer 2", 2, 0),
        ((0, (2, 1)), "not finite: weight of layer 1", 1, 2),
    ],
)
def test_a_burst_marks_the_first_weight_that_is_not_finite(broken, words, column, row):
    weights = [np.ones((3, 2)), np.ones((1, 3))]
    weights[broken[0]][broken[1]] = np.nan
    _, panel = net_of(weights, lambda weights: weights)
    assert panel.note.get_text() == words
    np.testing.assert_array_equal(panel.bursts.places, [panel.columns[column][row]])


def test_forward_comes_before_backward_and_backward_from_the_end():
    weights = [np.ones((2, 2)), np.ones((1, 2))]
    sound = [np.ones((3, 2)), np.ones((3, 1))]
    lost = [np.ones((3, 2)), np.full((3, 1), np.inf)]
    gradients = [np.full((2, 2), np.nan), np.full((1, 2), np.nan)]
    functions = (lambda _: weights, lambda both: both[0], lambda both: both[1])
    picture, panel = net_of((lost, gradients), *functions)
    assert panel.note.get_text() == "not finite: activation of layer 2"
    picture.update((sound, gradients))
    assert panel.note.get_text() == "not finite: gradient of layer 2"
    np.testing.assert_array_equal(panel.bursts.places, panel.columns[2])
    picture.update((sound, [gradients[0], np.ones((1, 2))]))
    assert panel.note.get_text() == "not finite: gradient of layer 1"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([[[np.ones((9, 2))]]], "the weights have the shapes"),
        ([[np.ones((9, 2))]], "up to 9 neurons in one"),
        ([[np.ones((2, 2))] * 9], "the network has 9 layers of weights"),
        ([[np.ones((3, 2)), np.ones((1, 2))]], "n_in is n_out of the layer before"),
        ([[]], "the weights have the shapes"),
        ([[np.ones((3, 2))], [np.ones((4, 2))]], r"give one \(batch, n_out\)"),
        ([[np.ones((3, 2))], None, [np.ones((2, 3))]], "give one of each shape"),
    ],
)
def test_a_net_that_cannot_be_shown_is_told(parts, words):
    functions = [part if part is None else (lambda _, part=part: part) for part in parts]
    with pytest.raises(ValueError, match=words):
        net_of(None, *functions)


def test_a_net_needs_one_network():
    bowl = gd.landscape("bowl")
    with pytest.raises(ValueError, match=r"give Net\(weights=...\)"):
        net_of(gd.descend(bowl, (1.0, 1.0), gd.GD(0.1), steps=2))
    batch = gd.descend(LOSS, STACK.initial(seed=[1, 2]), gd.GD(0.1), steps=2)
    with pytest.raises(ValueError, match=r"batch of shape \(2,\)"):
        net_of(batch)
    with pytest.raises(ValueError, match="least and the largest gradient"):
        gd.Net(limits=(1.0, 0.1))


def boundary_of(result, *arguments, **options):
    picture = Picture(result, [gd.Boundary(*arguments, **options)], "words", width=500)
    return picture, picture.panels[0]


def line(panel):
    data = np.transpose(panel.lines[1].get_data())
    return data[np.isfinite(data).all(axis=1)]


def test_the_boundary_is_where_the_prediction_is_a_half():
    points = ([-1.0, 1.0, 0.9], [0.0, 0.5, -0.5], [0, 1, 0])

    def step(at, plane):
        return 0.5 + plane[:, 0] - at

    picture, panel = boundary_of(0.2, points, step, bounds=((-1, 1), (-1, 1)), cells=20)
    np.testing.assert_allclose(line(panel)[:, 0], 0.2)
    assert panel.wrong.get_xdata().tolist() == [0.9]
    assert panel.note.get_text() == "1 of 3 wrong"
    centres = -0.95 + 0.1 * np.arange(20)
    shares = np.clip(0.5 + centres - 0.2, 0, 1)
    np.testing.assert_array_equal(panel.shading.indices, [np.floor(shares * 64 + 0.5)] * 20)
    assert picture.update(0.95) is False
    np.testing.assert_allclose(line(panel)[:, 0], 0.95)
    assert panel.note.get_text() == "0 of 3 wrong"
    assert panel.wrong.get_xdata().size == 0


def test_one_answer_for_all_has_no_boundary_and_no_ring():
    points = ([-1.0, 1.0, 0.9], [0.0, 0.5, -0.5], [0, 1, 0])

    def nearly_flat(slope, plane):
        return 0.5 + slope * plane[:, 0]

    picture, panel = boundary_of(0.001, points, nearly_flat, bounds=((-1, 1), (-1, 1)), cells=20)
    assert panel.note.get_text() == "all answers 0.50"
    assert panel.wrong.get_xdata().size == line(panel).size == 0
    picture.update(0.1)
    assert panel.note.get_text() == "1 of 3 wrong"
    np.testing.assert_allclose(line(panel)[:, 0], 0, atol=1e-12)


def test_the_dots_stand_by_class_in_front_of_the_shading():
    _, panel = boundary_of(TRAINED)
    for number, dots in enumerate(panel.dots):
        np.testing.assert_array_equal(np.transpose(dots.get_data()), RING[number == INSIDE])
        assert dots.get_zorder() > panel.shading.get_zorder()


def test_the_boundary_moves_while_the_network_trains():
    picture, panel = boundary_of(TRAINED)
    predicted = STACK.predict(TRAINED.final, line(panel))[:, 0]
    np.testing.assert_allclose(predicted, 0.5, atol=0.02)
    before = panel.shading.indices
    picture.update(TRAINED, TRAINED.until(3))
    assert not np.array_equal(panel.shading.indices, before)
    early = STACK.predict(TRAINED.until(3).final, RING)[:, 0] > 0.5
    assert panel.note.get_text() == f"{(early != INSIDE).sum()} of 40 wrong"


def test_two_classes_are_a_probability():
    stack = Stack(depth=1, width=3, inputs=2, outputs=2, activation="tanh")
    loss = stack.loss(RING, INSIDE.astype(int), "cross_entropy")
    run = gd.descend(loss, stack.initial(seed=4), gd.GD(0.5), steps=20)
    _, panel = boundary_of(run)
    logits = stack.predict(run.final, RING)
    wrong = (logits[:, 1] > logits[:, 0]) != (INSIDE == 1)
    assert panel.note.get_text() == f"{wrong.sum()} of 40 wrong"


def test_a_prediction_that_is_not_finite_is_grey_and_told():
    points = ([0.0, 1.0], [0.0, 1.0], [0, 1])
    _, panel = boundary_of(np.nan, points, lambda value, plane: np.full(len(plane), value))
    assert (panel.shading.indices == 65).all()
    assert not len(line(panel))
    assert panel.note.get_text() == "not finite: no prediction"


@pytest.mark.parametrize(
    ("points", "predict", "words"),
    [
        (([0, 1], [0, 1], [0, 2]), None, r"classes \[0, 2\]"),
        (([0, 1], [0, 1], [0]), None, "1 of them for 2 points"),
        (([0, 1], [0, 1], [0, 1]), lambda run, plane: plane, r"returned the shape \(6402, 2\)"),
    ],
)  # fmt: skip
def test_wrong_points_and_predictions_are_told(points, predict, words):
    with pytest.raises(ValueError, match=words):
        boundary_of(TRAINED, points, predict)


def test_a_boundary_needs_two_inputs_and_one_network():
    stack = Stack(depth=1, width=2, inputs=3)
    loss = stack.loss(np.ones((4, 3)), np.ones(4))
    run = gd.descend(loss, stack.initial(), gd.GD(0.1), steps=2)
    with pytest.raises(ValueError, match="a Stack with two inputs"):
        boundary_of(run)
    batch = gd.descend(LOSS, STACK.initial(seed=[1, 2]), gd.GD(0.1), steps=2)
    with pytest.raises(ValueError, match="one network with one output"):
        boundary_of(batch)


def test_a_pin_leaves_the_boundary_and_no_block():
    picture, panel = boundary_of(TRAINED)
    assert panel.trail() == panel.lines[1:]
    assert gd.Layers().trail() == gd.Net().trail() == []
    picture.pin("early")
    assert len(picture.pins[0]["ink"]["strokes"]) == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.23605, "0.24"),
        (999.6, "10³"),
        (1e-300, "10⁻³⁰⁰"),
        (np.nan, "?"),
        (0.0, "0"),
        (9.96, "10"),
    ],
)
def test_sizes_are_short(number, words):
    assert short(number) == words


def test_without_its_legend_the_plane_has_more_room():
    points = [-1, 1, 2], [0, 0, 1], [0, 1, 0]
    areas = []
    for legend in (True, False):
        panel = gd.Boundary(points, lambda _, plane: plane[:, 0], legend=legend, tall=280)
        ax = Picture("slope", [panel], "words", width=400).panels[0].ax
        assert (ax.get_legend() is not None) is legend
        areas.append(ax.bbox.height)
    assert areas[1] > areas[0] + 40
