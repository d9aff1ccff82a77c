"""The still part of a figure: drawn anew it is what a new figure would draw, and has a new name."""

import io

import numpy as np
import pytest
from PIL import Image

import gdviz as gd
from gdviz.panels.landscape import contour_levels, heights
from gdviz.panels.style import PAPER


def ravine_race(k):
    ravine = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=k)
    return gd.descend(ravine, (-2.5, 1.5), gd.GD(0.02), steps=40)


def bowl_race(k):
    bowl = gd.landscape("k * x**2", bounds=((-3, 3),), k=k)
    return gd.descend(bowl, -2.5, gd.GD(0.002), steps=40)


RATES = np.geomspace(1, 100, 50)
FIGURES = {
    "Contour and Loss": (ravine_race, [gd.Contour(arrows=2), gd.Loss()]),
    "Curve and Sweep": (
        bowl_race,
        [gd.Curve(), gd.Sweep(RATES, lambda run: RATES * run.values[0], at=lambda run: 5.0)],
    ),
    "Cells": (
        lambda k: np.arange(12.0).reshape(3, 4) * k,
        [
            gd.Cells(log="c", label="size"),
            gd.Cells(
                lambda cells: cells % 3, regions=lambda cells: "AB" if cells[2, 3] > 50 else "C"
            ),
        ],
    ),
}


@pytest.mark.parametrize("figure", FIGURES)
def test_drawn_anew_it_is_what_a_new_figure_draws(figure):
    compute, panels = FIGURES[figure]
    moved, new = gd.show(compute(2.0), *panels), gd.show(compute(50.0), *panels)
    before = moved.png
    assert moved.update(compute(50.0))
    assert moved.png == new.png != before
    for one, other in zip(moved.stills, new.stills, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
    assert moved.scene == new.scene


def test_another_landscape_on_the_same_axes_changes_the_scene_alone():
    picture = gd.show(ravine_race(2.0), gd.Contour(title="A map"), gd.Loss(limits=(1e-9, 1e3)))
    stills, scene, (stars,) = picture.stills[:], picture.scene, picture.panels[0].stars
    assert picture.update(ravine_race(50.0))
    assert picture.stills == stills
    assert picture.scene != scene
    assert stars not in picture.moving[0]
    assert picture.panels[0].stars[0] in picture.moving[0]
    assert not picture.update(ravine_race(50.0))


def test_its_png_has_its_pixels():
    still = gd.show(ravine_race(10.0), gd.Contour()).stills[0]
    image = Image.open(io.BytesIO(still.png))
    image.load()
    np.testing.assert_array_equal(np.asarray(image), still.pixels)


def test_no_two_still_parts_have_the_same_name():
    """An address can be used again: the browser would show another panel's picture."""
    picture = gd.show(bowl_race(1.0), gd.Curve(), gd.Curve())
    names = []
    for k in range(2, 12):
        names += [still.key for still in picture.stills]
        picture.update(bowl_race(float(k)))
    assert len(set(names)) == len(names) == 20


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "press", "at": (480, 150)},
        {"kind": "drag", "at": (520, 170)},
        {"kind": "key", "by": (1, 0)},
        {"kind": "step", "step": 40},
        {"kind": "step", "step": 7},
    ],
)
def test_what_the_browser_asks_is_answered_once(message, monkeypatch):
    """Two answers make a drag half as fast, none makes the browser wait for seconds."""

    def walk(start=(-2.5, 1.5)):
        return gd.descend(gd.landscape("ravine"), start, gd.GD(0.02), steps=40)

    live = gd.Live(walk, gd.Contour(), start=gd.point((-2.5, 1.5)))
    live._told(live.canvas, {"kind": "press", "at": (500, 160)}, [])
    assert live.controls["start"].value != (-2.5, 1.5)
    answers = []
    monkeypatch.setattr(live.canvas, "send_state", lambda key: answers.append({*key}))
    live._told(live.canvas, message, [])
    live._told(live.canvas, message, [])
    assert ["frame" in answer for answer in answers] == [True, True]


def test_the_bands_of_a_map_are_those_of_contourf():
    """Where a value lies decides the colour, on a landscape with a hole in it as well."""
    hole = gd.landscape("log(x**2 + y**2 - 1) + x", bounds=((-2, 2), (-2, 2)))
    run = gd.descend(hole, (1.5, 1.5), gd.GD(0.01), steps=2)
    panel = gd.show(run, gd.Contour()).panels[0]
    (bands,) = panel.paint(panel.ax, run)
    grids, values = heights(hole, 101)
    theirs = panel.ax.contourf(
        *grids, np.ma.masked_invalid(values), contour_levels(values), cmap=PAPER
    )
    np.testing.assert_allclose(bands.get_facecolor(), theirs.get_facecolor(), atol=1e-12)
    for point in np.random.default_rng(0).uniform(-1.95, 1.95, (200, 2)):
        inside = [path.contains_point(point) for path in bands.get_paths()]
        assert inside == [path.contains_point(point) for path in theirs.get_paths()]
