"""Pictures: panels side by side, the still part drawn once, what moves as ink, pins, recovery."""

import io
import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import gdviz as gd
from gdviz.panels.style import COLOURS, PINS
from gdviz.picture import NARROWEST, WIDEST, Picture, look

BOWL = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
QUARTIC = gd.landscape("quartic")
X = np.linspace(0, 10, 41)


def walk(lr=0.1, start=(-2.5, 1.5), steps=20, landscape=BOWL):
    return gd.descend(landscape, start, gd.GD(lr), steps=steps)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)


class Bars(gd.Panel):
    """What a newcomer writes with the words of Panel's docstring alone."""

    def draw(self, ax, run):
        ax.set(xlim=(-4, 4), ylim=(0, 12), xlabel="x", ylabel="how many")
        self.bars = ax.bar(np.arange(-4, 4) + 0.5, np.zeros(8), width=0.9)

    def update(self, run):
        counts, _ = np.histogram(run.points[-1][..., 0], bins=np.arange(-4, 5))
        for bar, count in zip(self.bars, counts, strict=True):
            bar.set_height(count)


# ---- one picture


def test_show_draws_what_descend_gave_and_says_it():
    picture = gd.show(walk(), gd.Contour(), gd.Loss())
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == picture.text == str(walk())
    assert bundle["image/png"].startswith("iVBOR")
    assert Image.open(io.BytesIO(picture.png)).size == (picture.width, picture.tall)
    assert gd.show(walk(), gd.Loss(), text={"": "falls", "steps": 20}).text == "falls. steps: 20."


def test_the_same_values_give_the_same_bytes():
    assert (
        gd.show(walk(), gd.Contour(), gd.Loss()).png == gd.show(walk(), gd.Contour(), gd.Loss()).png
    )


def test_a_picture_that_was_moved_is_the_picture_drawn_anew():
    panels = (
        gd.Contour(),
        gd.Loss(limits=(1e-9, 1e3)),
        gd.Lines(lambda run: run.values, at=lambda r: 3),
    )
    moved = gd.show(walk(), *panels)
    moved.update(walk(0.42))
    assert moved.frame() == gd.show(walk(0.42), *panels).frame()


def test_what_moves_is_no_part_of_what_stands_still():
    picture = gd.show(walk(), gd.Contour())
    before = [still.pixels.copy() for still in picture.stills]
    picture.update(walk(0.4))
    picture.frame()
    assert picture.png
    for still, pixels_before in zip(picture.stills, before, strict=True):
        np.testing.assert_array_equal(still.pixels, pixels_before)
    vermillion = np.abs(before[0].astype(int) - (213, 94, 0)).max(axis=-1) < 30
    assert not vermillion.any(), "the walker belongs to the ink"


def test_another_landscape_draws_the_still_part_anew_and_only_then():
    picture = gd.show(walk(), gd.Contour(), gd.Loss(limits=(1e-9, 1e3)))
    contour, loss = picture.stills
    children = [len(ax.get_children()) for ax in picture.figure.axes]
    assert picture.update(walk(0.3)) is False
    assert picture.stills == [contour, loss]
    assert picture.update(walk(landscape=gd.landscape("saddle"), start=(0.5, 0.1))) is True
    assert picture.stills[0] is not contour
    assert picture.stills[1] is loss
    assert picture.panels[0].ax.get_xlim() == (-2, 2)
    picture.update(walk())
    assert [len(ax.get_children()) for ax in picture.figure.axes] == children


@pytest.mark.parametrize(
    "results",
    [
        [walk(), walk(steps=80), walk(steps=3), walk(steps=200)],
        [
            walk(),
            walk(start=np.ones((3, 2))),
            walk(start=np.ones((7, 2))),
            walk(start=np.ones((2, 2))),
        ],
        [
            walk(start=np.ones((2, 2))),
            walk(start=np.ones((40, 2))),
            walk(),
            walk(start=np.ones((9, 2))),
        ],
    ],
    ids=["steps", "runs", "a crowd"],
)
def test_more_or_fewer_steps_and_runs_than_at_first(results):
    panels = gd.Contour(), gd.Loss(), gd.Series(lambda run: run.gradient_norms, ylabel="|g|")
    picture = gd.show(results[0], *panels)
    for result in [*results[1:], *results]:
        picture.update(result)
        count = int(np.prod(result.shape))
        assert len(picture.panels[1].curves) == count
        assert picture.panels[1].ax.get_xlim()[1] >= result.steps
        assert all(len(curve.get_xdata()) == result.steps + 1 for curve in picture.panels[1].curves)
        assert picture.frame() is not None
        assert picture.panels[0].crowd == (count > 8)


# ---- panels are copied


def test_a_panel_given_twice_or_to_two_pictures_is_two_panels():
    panel = gd.Contour()
    one, two = gd.show(walk(), panel, panel), gd.show(walk(0.3), panel)
    assert len({id(shown) for shown in [panel, *one.panels, *two.panels]}) == 4
    assert one.panels[0].ax is not one.panels[1].ax
    before = one.png
    two.pin("kept")
    two.update(walk(0.7))
    assert one.png == before
    assert one.pins == []
    assert not hasattr(panel, "ax")


# ---- the user's settings


def test_settings_of_the_user_do_not_leak():
    panels = [gd.Contour(title="a map"), gd.Loss(), gd.Cells(lambda run: np.eye(3), regions=("A",))]

    def pictures():
        picture = gd.show(walk(), *panels)
        yield picture.png
        picture.update(walk(0.3, steps=70), walk(0.3, steps=70).until(30))
        picture.pin("kept")
        yield picture.png
        yield picture.frame()
        picture.lay_out(700, 2.0)
        yield picture.png

    own = list(pictures())
    mine = {
        "font.size": 23,
        "text.color": "red",
        "axes.facecolor": "black",
        "lines.linewidth": 9,
        "axes.grid": True,
        "text.hinting": "force_autohint",
        "mathtext.fontset": "cm",
        "path.simplify": False,
        "axes.unicode_minus": False,
        "savefig.dpi": 30,
    }
    with matplotlib.rc_context(mine):
        assert list(pictures()) == own
        assert matplotlib.rcParams["font.size"] == 23, "they are as they were"


def test_look_restores_the_settings_after_an_error():
    before = dict(matplotlib.rcParams)
    with look():
        assert matplotlib.rcParams["font.size"] == 11
    with pytest.raises(ZeroDivisionError), look():
        raise ZeroDivisionError
    assert dict(matplotlib.rcParams) == before


# ---- what fails leaves the last good picture


class Moody(gd.Panel):
    """Fails where the result says so."""

    def ground(self, result):
        if result == "ground":
            raise KeyError("ground")
        return result if result == "anew" or "draw" in result else "same"

    def draw(self, ax, result):
        (self.line,) = ax.plot([0, 1], [0, 1])
        if result == "draw":
            raise KeyError("draw")

    def update(self, result):
        self.line.set_ydata([0, len(result)])
        if result == "update" or result == "draw then update":
            raise KeyError("update")


@pytest.mark.parametrize("bad", ["ground", "draw", "update", "draw then update"])
@pytest.mark.parametrize("good", ["same ground", "anew"])
def test_a_panel_that_fails_leaves_the_last_good_picture(bad, good):
    loss = gd.Lines(lambda result: np.full(4, 10.0 ** len(result)), log="y")
    picture = gd.show(good, loss, Moody(), loss)
    before, words = picture.png, picture.frame()
    for _ in range(3):
        with pytest.raises(KeyError):
            picture.update(bad)
        assert (picture.whole, picture.shown) == (good, good)
        assert picture.frame() == words
        assert picture.png == before
    picture.update("a good one")
    assert picture.panels[1].line.get_ydata()[1] == len("a good one")
    picture.forget()
    picture.update("a good one")
    assert picture.frame() == gd.show("a good one", loss, Moody(), loss).frame()


ONE, TWO = ("x",), ("x", "y")
BAD_CURVES = [
    lambda: gd.descend(gd.landscape("sqrt(x - 5)", ONE), 1.0, gd.GD(0.1), 5),
    lambda: gd.descend(gd.landscape("log(-1 - x**2)", ONE), 1.0, gd.GD(0.1), 5),
    lambda: walk(),
    lambda: None,
    lambda: "words",
]
BAD_MAPS = [
    lambda: gd.descend(gd.landscape("sqrt(x - 50) + y", TWO), (1.0, 1.0), gd.GD(0.1), 5),
    lambda: gd.descend(gd.landscape("log(-1 - x**2) + y", TWO), (1.0, 1.0), gd.GD(0.1), 5),
    lambda: gd.descend(QUARTIC, 1.0, gd.GD(0.1), 5),
    lambda: gd.descend(gd.landscape("x + y + z"), (1.0, 1.0, 1.0), gd.GD(0.1), 5),
    lambda: None,
]


@pytest.mark.parametrize(
    ("panel", "good", "bad"),
    [
        (gd.Curve(), lambda lr: gd.descend(QUARTIC, -2.0, gd.GD(lr), 5), BAD_CURVES),
        (gd.Contour(), walk, BAD_MAPS),
        (gd.Surface(), walk, BAD_MAPS),
    ],
    ids=["Curve", "Contour", "Surface"],
)
def test_a_picture_recovers_thirty_times_in_a_row(panel, good, bad):
    picture = gd.show(good(0.01), panel, gd.Loss())
    for number, make in enumerate(itertools.islice(itertools.cycle(bad), 30)):
        before = picture.frame()
        still = [still.pixels for still in picture.stills]
        with pytest.raises((ValueError, AttributeError, TypeError)):
            picture.update(make())
        assert picture.frame() == before
        for one, other in zip(still, picture.stills, strict=True):
            np.testing.assert_array_equal(one, other.pixels)
        picture.update(good(0.01 + 0.001 * number))
    assert picture.frame() == gd.show(good(0.01 + 0.001 * 29), panel, gd.Loss()).frame()


# ---- pins


def test_no_pin_looks_like_a_run():
    assert not set(PINS) & set(COLOURS)


def test_pins_are_trails_in_colours_of_their_own():
    picture = gd.show(walk(), gd.Contour(), gd.Loss(limits=(1e-9, 1e3)))
    alone = pixels(picture)
    for number, lr in enumerate((0.02, 0.2, 0.3, 0.35, 0.4, 0.45, 0.48)):
        picture.update(walk(lr))
        picture.pin(f"η = {lr}")
        assert len(picture.pins) == number + 1
    colours = [pin["colour"] for pin in picture.pins]
    assert len(set(colours[:5])) == 5
    assert "#D55E00" not in colours, "vermillion is the present run's"
    picture.update(walk())
    pinned = pixels(picture)
    assert (pinned != alone).any()
    for pin in picture.pins[:5]:
        rgb = np.array([int(pin["colour"][i : i + 2], 16) for i in (1, 3, 5)])
        seen = np.abs(pinned - (0.9 * rgb + 0.1 * 240)).max(axis=-1) < 30
        assert seen.any(), f"the pin {pin['name']} is not seen"
    picture.unpin()
    np.testing.assert_array_equal(pixels(picture), alone)


def test_a_pinned_trail_stands_where_its_run_went():
    picture = gd.show(walk(0.3), gd.Contour())
    picture.pin("η = 0.3")
    kept = picture.pins[0]["ink"]
    picture.update(walk(0.01))
    assert picture.pins[0]["ink"] == kept
    (panel,) = picture.panels
    start = panel.ax.transData.transform((-2.5, 1.5))
    points = np.frombuffer(kept["points"], "<f4").reshape(-1, 2)
    start[1] = picture.pixels[1] - start[1]
    assert np.abs(points - start).max(axis=1).min() < 0.01
    np.testing.assert_array_equal(panel.balls[0].get_xdata(), [walk(0.01).final[0]])


def test_a_pin_follows_the_axes_and_the_width():
    picture = gd.show(walk(), gd.Loss())
    picture.pin("first")
    before = picture.pins[0]["ink"]
    picture.update(walk(3.0, steps=40))
    assert picture.pins[0]["ink"] != before
    picture.lay_out(600, 2.0)
    points = np.frombuffer(picture.pins[0]["ink"]["points"], "<f4").reshape(-1, 2)
    assert points[:, 0].max() > 600


def test_a_pin_of_another_landscape_does_no_harm():
    picture = gd.show(gd.descend(QUARTIC, -2.0, gd.GD(0.01), 9), gd.Curve(), gd.Loss())
    picture.pin("quartic")
    wide = gd.landscape("x**2", bounds=((-30, 30),))
    picture.update(gd.descend(wide, 20.0, gd.GD(0.1), 9))
    picture.update(gd.descend(wide, [[20.0], [1.0]], gd.GD(0.1), 9))
    assert len(picture.pins) == 1
    assert picture.png


# ---- a panel of a newcomer


def test_a_newcomers_panel_is_drawn_moved_and_pinned():
    starts = np.linspace((-3, 1), (3, 1), 40)
    picture = gd.show(walk(0.0, starts), Bars(title="Where they end"), text="bars")
    (panel,) = picture.panels
    assert sum(bar.get_height() for bar in panel.bars) == 40
    first = picture.png
    assert picture.update(walk(0.1, starts)) is False
    assert max(bar.get_height() for bar in panel.bars) > 10
    assert picture.png != first
    before = picture.frame()
    picture.pin("kept")
    assert picture.frame() == before
    picture.update(walk(0.0, starts))
    assert picture.png != first, "a pinned histogram is seen"
    picture.unpin()
    assert picture.png == first


def test_a_newcomers_panel_may_keep_artists_in_any_container():
    class Everything(gd.Panel):
        def draw(self, ax, result):
            self.one = ax.plot([0, 1], [0, 1])[0]
            self.several = ax.plot([0, 1], [1, 0])
            self.nested = {"a": [ax.text(0, 0, "a")], "b": (ax.axhline(0.5), None, 3)}
            self.same = self.one
            ax.plot([0, 1], [0.2, 0.2])

        def update(self, result):
            self.one.set_ydata([0, result])

    picture = gd.show(1, Everything())
    assert len(picture.moving[0]) == 4
    assert all(artist.get_animated() for artist in picture.moving[0])


# ---- what is no panel


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "a figure needs a panel: give one or more"),
        ([gd.Contour], r"Contour is a kind of panel: make one, as in Contour\(\)"),
        (["Contour"], "'Contour' is no panel: give panels, as in"),
        ([None], "None is no panel"),
        ([BOWL], r"a landscape is drawn by a panel: gd.Contour\("),
        ([QUARTIC], r"a landscape is drawn by a panel: gd.Curve\("),
        ([3.5], "3.5 is no panel"),
        ([object()], "is no panel"),
        ([lambda ax: None], "is no panel"),
        ([Figure()], "is no panel"),
        ([[gd.Contour(), gd.Loss()]], "is no panel"),
    ],
)
def test_what_is_no_panel_is_told(given, words):
    with pytest.raises(TypeError, match=words):
        gd.show(walk(), *given)


def test_a_panel_without_its_base_is_told():
    class Mine:
        def draw(self, ax, result): ...

        def update(self, result): ...

    with pytest.raises(
        TypeError, match=r"Mine has draw and update, but is no gd.Panel: write class"
    ):
        gd.show(walk(), Mine())


# ---- layout


TITLES = "What the run lost at every step, and how far it still is from the lowest place there is"
KINDS = {
    "Curve": (gd.Curve, gd.descend(QUARTIC, 2.0, gd.GD(0.02), steps=9), {}),
    "Contour": (gd.Contour, walk(), {}),
    "Surface": (gd.Surface, walk(), {}),
    "Loss": (gd.Loss, walk(0.3), {}),
    "linear Loss": (gd.Loss, walk(3.0), {"log": False, "ylabel": "loss"}),
    "deep Loss": (gd.Loss, walk(3.0, steps=300), {}),
    "Series": (
        gd.Series,
        walk(),
        {"quantity": lambda run: run.values, "ylabel": "mean squared error"},
    ),
    "Sweep": (
        gd.Sweep,
        0.01,
        {
            "x": np.geomspace(1e-3, 1, 9),
            "y": np.geomspace(1e-9, 3e5, 9),
            "at": lambda lr: lr,
            "log": "xy",
            "xlabel": "learning rate η",
            "ylabel": "loss after 100 steps",
        },
    ),
    "negative Lines": (
        gd.Lines,
        0,
        {"y": lambda _: -1e4 * X, "x": X, "xlabel": "x", "ylabel": "f(x)"},
    ),
    "regions": (
        gd.Cells,
        np.eye(5),
        {"regions": ("A", "B"), "xlabel": "start x", "ylabel": "learning rate η"},
    ),
    "shades": (
        gd.Cells,
        10.0 ** np.linspace(-30, 30, 25).reshape(5, 5),
        {"log": "c", "label": "size of the gradient", "xlabel": "step", "ylabel": "layer"},
    ),
}


def texts(picture, number):
    """The boxes of all texts of a panel's still part, in CSS pixels from the top left."""
    renderer = picture.canvas.get_renderer()
    panel, found = picture.panels[number], []
    moving = set(picture.moving[number])
    artists = [picture.titles[number], *panel.ax.findobj(Text)]
    with look():
        for text in dict.fromkeys(artists):
            if text in moving or not text.get_visible() or not text.get_text().strip():
                continue
            box = text.get_window_extent(renderer)
            if box.width and _is_drawn(text, panel.ax):
                extent = np.array(
                    [box.x0, picture.pixels[1] - box.y1, box.x1, picture.pixels[1] - box.y0]
                )
                found.append((text.get_text(), extent / picture.ratio))
    return found


def _is_drawn(text, ax):
    """Whether a text is no label of a tick that lies beyond its axis."""
    for axes in [ax, *ax.child_axes]:
        for axis in (axes.xaxis, axes.yaxis):
            shown = {label for tick in axis._update_ticks() for label in (tick.label1, tick.label2)}
            every = [*axis.majorTicks, *axis.minorTicks]
            if any(text in (tick.label1, tick.label2) for tick in every):
                return axes.axison and text in shown
    return True


def assert_texts_have_room(picture):
    for number, (left, top, width, tall) in enumerate(picture.boxes):
        found = texts(picture, number)
        assert found
        for words, (x0, y0, x1, y1) in found:
            where = f"{words!r} at {np.round([x0, y0, x1, y1])} in {(left, top, width, tall)}"
            assert x0 >= left - 1, where
            assert x1 <= left + width + 1, where
            assert y0 >= top - 1, where
            assert y1 <= top + tall + 1, where
        for (words, one), (others, other) in itertools.combinations(found, 2):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 1 or down <= 2, f"{words!r} and {others!r} overlap"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "columns"), [(320, 1), (640, 2), (760, 3), (1000, 3), (1100, 1)])
def test_no_text_leaves_its_panel_or_covers_another(kind, columns, width):
    make, result, options = KINDS[kind]
    picture = gd.show(
        result, *[make(title=TITLES, **options) for _ in range(columns)], text="shown"
    )
    picture.lay_out(width)
    assert_texts_have_room(picture)


@pytest.mark.parametrize("kind", KINDS)
def test_density_changes_nothing_but_the_pixels(kind):
    make, result, options = KINDS[kind]
    picture = gd.show(result, make(title="One", **options), text="shown")
    boxes, tall = picture.boxes, picture.tall
    places = [panel.ax.get_position().bounds for panel in picture.panels]
    for ratio in (1.25, 2.0, 3.0):
        picture.lay_out(1000, ratio)
        assert (picture.boxes, picture.tall) == (boxes, tall)
        assert [panel.ax.get_position().bounds for panel in picture.panels] == places
        assert picture.pixels == (round(1000 * ratio), round(tall * ratio))
        assert Image.open(io.BytesIO(picture.png)).size == picture.pixels
        assert_texts_have_room(picture)


@pytest.mark.parametrize(
    ("width", "ratio", "expected"),
    [
        (50, 1, (NARROWEST, 1.0)),
        (9000, 1, (WIDEST, 1.0)),
        (700, 0.5, (700, 1.0)),
        (700, 9, (700, 3.0)),
    ],
)
def test_width_and_density_have_bounds(width, ratio, expected):
    picture = Picture(walk(), [gd.Loss()], width=width, ratio=ratio)
    assert (picture.width, picture.ratio) == expected


@pytest.mark.parametrize("width", [320, 499, 500, 760, 1100])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_panels_stand_in_rows_and_below_500_one_above_another(width, count):
    picture = gd.show(walk(), *[gd.Loss() for _ in range(count)])
    picture.lay_out(width)
    boxes = np.array(picture.boxes)
    for one, other in itertools.combinations(boxes, 2):
        apart = (one[:2] + one[2:] <= other[:2]) | (other[:2] + other[2:] <= one[:2])
        assert apart.any(), "two panels overlap"
    rows = len(set(boxes[:, 1]))
    if width < 500:
        assert rows == count
    else:
        assert rows < count or count == 1
    assert (boxes[:, 0] + boxes[:, 2] <= width).all()
    assert (boxes[:, 1] + boxes[:, 3]).max() == picture.tall
    assert (boxes[:, 2] >= 240).all()


def test_titles_stand_above_their_axes_and_inside_their_panel():
    titles = ["short", "a longer title that says what is seen in two lines", "loss"]
    picture = gd.show(walk(), *[gd.Contour(title=title) for title in titles])
    renderer = picture.canvas.get_renderer()
    for panel, title in zip(picture.panels, picture.titles, strict=True):
        box = title.get_window_extent(renderer)
        assert box.y0 >= panel.ax.get_window_extent(renderer).y1
        assert " ".join(title.get_text().split()) == panel.title
        assert box.x0 == pytest.approx(panel.ax.bbox.x0, abs=2)


def test_limits_are_calm_and_follow_the_data():
    picture = gd.show(walk(0.1), gd.Loss())
    (panel,) = picture.panels
    first = panel.ax.get_ylim()
    assert np.log10(first) == pytest.approx(np.round(np.log10(first)))
    assert picture.update(walk(0.105)) is False
    assert panel.ax.get_ylim() == first
    assert picture.update(walk(0.6)) is True
    assert panel.ax.get_ylim()[1] >= walk(0.6).values.max() > first[1]
    # while a part of a run is shown, the axes stand still
    before = panel.ax.get_ylim()
    for step in (0, 3, 20):
        assert picture.update(walk(0.6), walk(0.6).until(step)) is False
        assert panel.ax.get_ylim() == before
