"""Ink: what a frame holds is what Agg draws, and a frame is plain data."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text

import gdviz as gd
from gdviz import ink
from gdviz.picture import look

X = np.linspace(0, 10, 60)
TURN = 2 * np.pi * X / 10


class Paper:
    """Axes on which artists are drawn twice: by Agg, and as ink that Agg replays."""

    def __init__(self, dpi=100):
        self.figure = Figure(figsize=(4, 3), dpi=dpi)
        self.canvas = FigureCanvasAgg(self.figure)
        self.ax = self.figure.add_axes((0.1, 0.1, 0.8, 0.8))
        self.ax.set(xlim=(0, 10), ylim=(-2, 2))
        self.pixels = tuple(round(side * dpi) for side in (4, 3))

    def agg(self, artists):
        renderer = self._blank()
        for artist in artists:
            artist.draw(renderer)
        return self._seen(renderer)

    def ink(self, artists):
        return ink.record(artists, *self.pixels, self.figure.dpi)

    def replayed(self, artists):
        renderer = self._blank()
        ink.play(self.ink(artists).frame, renderer, self.pixels[1])
        return self._seen(renderer)

    def _blank(self):
        renderer = self.canvas.get_renderer()
        np.asarray(renderer.buffer_rgba())[:] = 255
        return renderer

    @staticmethod
    def _seen(renderer):
        return np.asarray(renderer.buffer_rgba())[..., :3].astype(int)


def share_that_differs(one, other, by=40):
    """The share of the drawn places whose colours differ by more than ``by`` of 255.

    A place is a square of five pixels: Agg moves markers to the middle of a pixel.
    """
    one, other = smooth(one), smooth(other)
    drawn = ((one < 250) | (other < 250)).any(axis=-1)
    assert drawn.any(), "nothing was drawn"
    return np.count_nonzero(np.abs(one - other).max(axis=-1) > by) / np.count_nonzero(drawn)


def smooth(pixels, size=5):
    sums = np.pad(pixels.astype(float), ((size, 0), (size, 0), (0, 0))).cumsum(0).cumsum(1)
    sums = sums[size:] - sums[:-size]
    return (sums[:, size:] - sums[:, :-size]) / size**2


def assert_same(paper, artists, tolerance=0.004):
    one, other = paper.agg(artists), paper.replayed(artists)
    assert share_that_differs(one, other) <= tolerance


@pytest.fixture(params=[100, 200], ids=["density 1", "density 2"])
def paper(request):
    with look():
        yield Paper(request.param)


def line(*data, **look):
    def make(ax):
        return ax.plot(*data, **look)

    return make


def put(kind, *arguments, **look):
    def make(ax):
        artist = kind(*arguments, **look)
        ax.add_artist(artist)
        return [artist]

    return make


GAPS = np.where((X > 3) & (X < 4), np.nan, np.sin(TURN))
FAR = np.where(X > 5, 1e9, np.sin(TURN))
HOLE = Path(
    [(2, -1), (8, -1), (8, 1), (2, 1), (2, -1), (4, -0.5), (4, 0.5), (6, 0.5), (4, -0.5)],
    [1, 2, 2, 2, 79, 1, 2, 2, 79],
)
CURVED = Path([(1, -1), (3, 3), (7, -3), (9, 1), (9, 0), (5, -2)], [1, 4, 4, 4, 3, 3])
ARTISTS = {
    "line": line(X, np.sin(TURN), color="#0072B2", lw=2.2),
    "wide line": line(X, np.sin(5 * TURN), color="k", lw=9, solid_joinstyle="miter"),
    "butt caps": line([2, 8], [0, 0], lw=20, solid_capstyle="butt"),
    "square caps": line([2, 8], [0, 0], lw=20, solid_capstyle="projecting"),
    "round caps": line([2, 8], [0, 0], lw=20, solid_capstyle="round"),
    "dashes": line(X, np.sin(TURN), color="k", ls=(0, (4, 3)), lw=1.6),
    "shifted dashes": line([1, 9], [0, 0], ls=(7, (10, 4, 2, 4)), lw=4),
    "dash-dotted": line(X, np.cos(TURN), ls="-.", lw=3),
    "pale": line(X, np.sin(TURN), color="red", lw=12, alpha=0.3),
    "colour with opacity": line(X, np.sin(TURN), color=(0.8, 0.2, 0, 0.4), lw=12),
    "clipped": line([-5, 15], [-4, 4], lw=8, color="g"),
    "not clipped": line([-1, 11], [-1.9, 2.4], lw=8, color="g", clip_on=False),
    "gaps": line(X, GAPS, lw=3),
    "infinite": line(X, np.where(X > 6, np.inf, 1.0), lw=3),
    "far away": line(X, FAR, lw=3),
    "steps": line(X, np.sin(TURN), drawstyle="steps-mid"),
    "many points": line(np.linspace(0, 10, 900), np.sin(np.linspace(0, 40, 900)), lw=1.5),
    "markers with edges": line(
        X[::6], np.sin(TURN[::6]), ls="none", marker="o", ms=13, mfc="#D55E00", mec="white", mew=1.8
    ),
    "ring": line([5], [0], ls="none", marker="o", ms=20, mfc="white", mec="#D55E00", mew=3),
    "open markers": line(X[::6], np.cos(TURN[::6]), ls="none", marker="s", mfc="none", mec="k"),
    "stars on a line": line(X[::5], np.sin(TURN[::5]), marker="*", ms=14, lw=1),
    "crosses": line(X[::5], np.sin(TURN[::5]), ls="none", marker="x", ms=12, mew=4),
    "triangles": line(X[::5], np.sin(TURN[::5]), ls="none", marker="^", ms=12, alpha=0.5),
    "markers far and not finite": line(
        [1, 2, 3, np.nan, 5, 1e12], [0, np.inf, 1, 0, -1e12, 0], marker="D", ms=9
    ),
    "markers at the border": line([0, 10], [-2, 2], ls="none", marker="o", ms=22),
    "text": put(Text, 2, 0, "left the picture at step 12", size=13),
    "bold text": put(Text, 5, 1, "diverges", weight="bold", color="#D55E00", ha="center"),
    "turned text": put(Text, 5, 0, "goes up", rotation=37, size=14, ha="right", va="top"),
    "upright text": put(Text, 5, 0, "diverges", rotation=90, size=14),
    "two lines of text": put(Text, 3, 0, "one\ntwo", size=16, linespacing=1.5),
    "text in a box": put(
        Text, 3, 0, "A", bbox={"boxstyle": "circle,pad=0.3", "fc": "w", "ec": "k"}
    ),
    "mathematical text": put(Text, 2, 0, r"$X_0 = \frac{2}{\lambda}$", size=22),
    "pale text": put(Text, 2, 0, "pale", size=40, alpha=0.4),
    "rectangle": put(Rectangle, (2, -1), 4, 2, fc="#7FB3C8", ec="k", lw=2),
    "polygon": put(Polygon, [(1, -1), (5, 1.5), (9, -1)], fc="none", ec="b", lw=3, ls="--"),
    "shade": put(Rectangle, (-3, -9), 6, 18, fc="red", alpha=0.13, lw=0),
    "hole": put(PathPatch, HOLE, fc="orange", ec="k"),
    "curves": put(PathPatch, CURVED, fc="none", ec="purple", lw=3),
    "circle": put(Circle, (5, 0), 1.5, fc="#0072B2", ec="k"),
    "arrow": put(FancyArrowPatch, (2, -1), (8, 1), arrowstyle="-|>", mutation_scale=30, lw=2),
}


def test_a_difference_is_seen(paper):
    """What the other tests allow is less than two pixels to the side, or a shade."""
    artists = ARTISTS["line"](paper.ax)
    one = paper.agg(artists)
    assert share_that_differs(one, np.roll(one, 2, axis=1)) > 0.02
    assert share_that_differs(one, paper.replayed(ARTISTS["dashes"](paper.ax))) > 0.02
    assert share_that_differs(one, 255 - (255 - one) * 7 // 10) > 0.02


@pytest.mark.parametrize("name", ARTISTS)
def test_ink_is_what_agg_draws(paper, name):
    # half a pixel, by which Agg moves a marker, is much of a thin cross
    assert_same(paper, ARTISTS[name](paper.ax), 0.03 if name == "crosses" else 0.004)


@pytest.mark.parametrize(
    "make",
    [
        lambda ax: LineCollection([[(1, 0), (4, 1)], [(5, -1), (9, 1)]], colors=["r", "b"], lw=3),
        lambda ax: PolyCollection(
            [[(1, 0), (4, 1), (4, -1)], [(6, 0), (9, 1), (9, -1)]],
            facecolors=["#0072B2", (1, 0.5, 0, 0.5)],
            edgecolors="k",
        ),
        lambda ax: PatchCollection(
            [Circle((3, 0), 1), Rectangle((6, -1), 2, 1)], fc="g", alpha=0.5
        ),
        lambda ax: ax.scatter(X[::4], np.sin(TURN[::4]), s=90, c="#D55E00", edgecolors="w"),
        lambda ax: ax.scatter(X[::4], np.sin(TURN[::4]), s=20 + 20 * X[::4], c=X[::4]),
        lambda ax: ax.fill_between(X, np.sin(TURN), -1, color="#7FB3C8", alpha=0.5),
        lambda ax: ax.quiver([2, 5], [0, 0], [1, 1], [0, 1], color="k"),
    ],
    ids=["lines", "polygons", "patches", "scatter", "bubbles", "filled", "quiver"],
)
def test_collections_are_inked_too(paper, make):
    artist = make(paper.ax)
    if artist.axes is None:
        paper.ax.add_collection(artist)
    assert_same(paper, [artist])


def test_artists_keep_their_order(paper):
    under, over = Rectangle((2, -1), 5, 2, fc="b"), Rectangle((4, -0.5), 5, 1, fc="r")
    for artist in (under, over):
        paper.ax.add_patch(artist)
    assert_same(paper, [under, over])
    assert share_that_differs(paper.replayed([under, over]), paper.agg([over, under])) > 0.05


def test_an_invisible_artist_leaves_no_ink(paper):
    (hidden,) = paper.ax.plot(X, X, visible=False)
    (clear,) = paper.ax.plot(X, X, alpha=0)
    (empty,) = paper.ax.plot([], [], marker="o")
    (lost,) = paper.ax.plot([np.nan, np.nan], [1, 2], marker="o")
    words = paper.ax.text(1, 1, "")
    frame = paper.ink([hidden, clear, empty, lost, words]).frame
    assert frame == {"strokes": [], "points": b"", "codes": b""}


def test_a_picture_is_named_by_its_pixels(paper):
    def shown(first):
        image = AxesImage(paper.ax, extent=(2, 6, -1, 1), origin="lower", interpolation="nearest")
        image.set_data(np.array([[first, 0.5], [0.2, 1.0]]))
        image.set_clim(0, 1)
        return paper.ax.add_image(image)

    def picture(first):
        return paper.ink([shown(first)])

    one, same, other = picture(0.0), picture(0.0), picture(0.9)
    assert list(one.cells) == list(same.cells) != list(other.cells)
    (stroke,) = one.frame["strokes"]
    (cells,) = one.cells.values()
    assert stroke["cells"] in one.cells
    left, top, width, height = stroke["box"]
    assert (cells["columns"], cells["rows"]) == (width, height)
    corners = paper.ax.transData.transform([(2, -1), (6, 1)])
    np.testing.assert_allclose((left, paper.pixels[1] - top - height), corners[0], atol=1)
    np.testing.assert_allclose((left + width, paper.pixels[1] - top), corners[1], atol=1)
    shades = np.frombuffer(cells["pixels"], np.uint8).reshape(int(height), int(width), 4)
    renderer = paper._blank()
    shown(0.0).draw(renderer)
    seen = np.asarray(renderer.buffer_rgba())[int(top) : int(top + height)]
    np.testing.assert_array_equal(shades[..., :3], seen[:, int(left) : int(left + width), :3])


def test_cells_are_indices_and_a_palette_with_the_top_row_first():
    result = np.array([[0, 1, 0], [1, -1, -2]])
    picture = gd.show(result, gd.Cells(regions=("A", "B")))
    frame, cells = picture.frame()
    ((name, told),) = cells.items()
    (stroke,) = [stroke for stroke in frame["strokes"] if "cells" in stroke]
    assert stroke["cells"] == name
    grid = picture.panels[0].image
    sent = np.frombuffer(told["indices"], np.uint8).reshape(told["rows"], told["columns"])
    np.testing.assert_array_equal(sent, grid.indices[::-1])
    assert told["palette"] == grid.palette
    box = picture.panels[0].ax.bbox
    expected = (box.x0, picture.pixels[1] - box.y1, box.width, box.height)
    np.testing.assert_allclose(stroke["box"], expected, atol=0.01)


def test_a_frame_is_plain_data():
    run = gd.descend(gd.landscape("bowl"), (-2, 1), gd.GD(0.3), steps=20)
    frame, cells = gd.show(run, gd.Contour(), gd.Loss()).frame()
    words = json.dumps({**frame, "points": len(frame["points"]), "codes": len(frame["codes"])})
    assert json.loads(words)["strokes"] == frame["strokes"]
    assert cells == {}
    count = sum(stroke["n"] + stroke.get("at", 0) for stroke in frame["strokes"])
    assert len(frame["codes"]) == count
    assert len(frame["points"]) == 2 * 4 * count
    assert np.isfinite(np.frombuffer(frame["points"], "<f4")).all()


def test_the_name_of_cells_depends_on_their_content_only():
    """A page that is made once and shown later finds its cells by their names."""
    script = (
        "import gdviz as gd, numpy as np\n"
        "picture = gd.show(np.eye(3), gd.Cells(regions=('A', 'B')), text='')\n"
        "print(*picture.frame()[1])\n"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(names) == 1
    assert names != {""}


def test_equal_artists_give_equal_frames(paper):
    def frame():
        paper.ax.clear()
        return paper.ink([artist for make in ARTISTS.values() for artist in make(paper.ax)]).frame

    assert frame() == frame()


@pytest.mark.parametrize("ending", [[1], [1, 2], [1, 2, 2, 79]])
def test_every_stroke_begins_by_moving(paper, ending):
    path = Path([(1, 0), (2, 1), (3, 0), (1, 0)][: len(ending)], ending)
    patch = PathPatch(path, fc="b", ec="k")
    paper.ax.add_patch(patch)
    frame = paper.ink([patch]).frame
    codes = np.frombuffer(frame["codes"], np.uint8)
    at = 0
    for stroke in frame["strokes"]:
        assert codes[at] == Path.MOVETO
        at += stroke["n"] + stroke.get("at", 0)
    assert Path.STOP not in codes


def test_places_of_markers_are_pixels_from_the_top_left():
    paper = Paper()
    (dots,) = paper.ax.plot([0, 10], [-2, 2], ls="none", marker="o")
    frame = paper.ink([dots]).frame
    (stroke,) = frame["strokes"]
    assert stroke["at"] == 2
    points = np.frombuffer(frame["points"], "<f4").reshape(-1, 2)
    # axes from 0.1 to 0.9 of 400 × 300 pixels
    np.testing.assert_allclose(points[stroke["n"] :], [(40, 270), (360, 30)], atol=1e-3)
    # the marker is drawn about its own place
    outline = points[: stroke["n"]][np.frombuffer(frame["codes"], np.uint8)[: stroke["n"]] != 79]
    np.testing.assert_allclose(outline.mean(axis=0), 0, atol=0.5)


def test_a_pinned_frame_is_in_one_colour_with_a_pale_edge():
    paper = Paper()
    (way,) = paper.ax.plot(X, np.sin(TURN), lw=3, color="r", marker="o", mec="k")
    frame = paper.ink([way]).frame
    pinned = ink.recoloured(frame, "#0072B2")
    assert (pinned["points"], pinned["codes"]) == (frame["points"], frame["codes"])
    trail, dots = pinned["strokes"]
    assert trail["stroke"] == "rgba(0,114,178,0.8)"
    assert trail["halo"] == "rgba(255,255,255,0.5)"
    assert trail["width"] < frame["strokes"][0]["width"]
    assert (dots["fill"], dots["stroke"]) == ("rgba(0,114,178,0.8)", "rgba(255,255,255,0.5)")
    assert "halo" not in dots
    renderer = paper._blank()
    np.asarray(renderer.buffer_rgba())[:] = 0
    ink.play(pinned, renderer, paper.pixels[1])
    colours = {tuple(pixel) for pixel in paper._seen(renderer).reshape(-1, 3).tolist()}
    assert any(max(np.abs(np.subtract(c, (23, 126, 183)))) < 9 for c in colours)
    assert any(min(c) > 220 for c in colours), "the pale edge is seen on dark ground"
    assert not any(red > 150 and blue < 60 for red, _, blue in colours), "nothing stays red"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True), st.floats(-1e3, 1e3, allow_nan=False)
        ),
        max_size=12,
    ),
    st.sampled_from(["", "o", "x", "*"]),
    st.sampled_from(["-", "--", "none"]),
)
def test_any_numbers_give_a_finite_frame(points, marker, style):
    paper = Paper()
    with np.errstate(all="ignore"):
        x, y = np.array(points or np.empty((0, 2))).T
        artist = Line2D(x, y, marker=marker, ls=style)
        paper.ax.add_line(artist)
        frame = paper.ink([artist]).frame
    drawn = np.frombuffer(frame["points"], "<f4")
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max(initial=0) <= 8 * 400


HILLS = gd.landscape("quartic")
BOWL = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
ONE = gd.descend(BOWL, (-2.5, 1.5), gd.GD(0.35), steps=20)
MANY = gd.descend(BOWL, np.random.default_rng(0).normal(size=(60, 2)), gd.GD(0.1), steps=9)
TWO = gd.descend(BOWL, [(-2.5, 1.5), (2.0, 1.0)], gd.GD(0.1), steps=9)
PANELS = {
    "Curve": (gd.Curve(), gd.descend(HILLS, 2.0, gd.GD(0.02), steps=9)),
    "Contour": (gd.Contour(), ONE),
    "Contour of two": (gd.Contour(labels=["one", "two"]), TWO),
    "Contour with arrows": (gd.Contour(arrows=3), ONE),
    "Contour of a crowd": (gd.Contour(), MANY),
    "Surface": (gd.Surface(), ONE),
    "Loss": (gd.Loss(), ONE),
    "diverging Loss": (gd.Loss(), gd.descend(BOWL, (-2.5, 1.5), gd.GD(3.0), steps=500)),
    "Series": (
        gd.Series(lambda run: run.values, ylabel="E", theory=lambda run: run.values * 2),
        TWO,
    ),
    "Lines": (
        gd.Lines(
            lambda run: np.array([X**2, 50 - X]),
            x=X,
            at=lambda run: 3.3,
            theory=5 * X,
            labels=["up", "down"],
            points=(X[::5], X[::5], X[::5] > 5),
            vlines={"2/λ": 7.0},
            hlines={"best": 20.0},
            spans={"diverges": (8.0, 10.0)},
        ),
        None,
    ),
    "Cells": (
        gd.Cells(
            lambda run: np.zeros((3, 4)),
            regions=("A",),
            at=lambda run: (1.0, 1.0),
            marks={"A": (2.0, 2.0)},
            hlines={"border": 0.5},
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_the_ink_of_a_panel_is_what_agg_draws(name, ratio):
    panel, result = PANELS[name]
    picture = gd.show(result, panel, text="shown")
    picture.lay_out(480, ratio)
    artists = [
        artist for artist in picture.moving[0] if type(artist).__name__ != "Grid"
    ]  # cells have a test of their own
    renderer = picture.canvas.get_renderer()
    pixels = np.asarray(renderer.buffer_rgba())
    pixels[:] = 255
    with look():
        for artist in artists:
            artist.draw(renderer)
    one = pixels[..., :3].astype(int)
    pixels[:] = 255
    with look():
        frame = ink.record(artists, *picture.pixels, picture.figure.dpi).frame
    ink.play(frame, renderer, picture.pixels[1])
    assert share_that_differs(one, pixels[..., :3].astype(int)) < 0.008
