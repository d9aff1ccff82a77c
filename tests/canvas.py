"""The canvas of a live figure in a browser beside the PNG that Agg draws in its kernel."""

import base64
import io
import json
import os

import numpy as np
import pytest
from lab import find_chromium
from PIL import Image

# what a notebook's kernel runs before its figures are compared
KERNEL = """
import base64, json
from gdviz import live
LIVES = [figure for _, figures in live._figures_of_cells.values() for figure in figures]
None
"""


def need_chromium():
    """Skip the tests where there is no browser, but fail in continuous integration."""
    try:
        find_chromium()
    except FileNotFoundError as error:
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(str(error))
        pytest.skip(str(error))


def share_that_differs(one, other, by=48):
    """The share of places, squares of five pixels, whose colours differ by more than ``by``."""
    assert one.shape == other.shape
    differ = np.abs(smooth(one) - smooth(other)).max(axis=-1) > by
    drawn = (smooth(one) < 250).any(axis=-1)
    return np.count_nonzero(differ) / np.count_nonzero(drawn)


def smooth(pixels, size=5):
    sums = np.pad(pixels.astype(float), ((size, 0), (size, 0), (0, 0))).cumsum(0).cumsum(1)
    sums = sums[size:] - sums[:-size]
    return (sums[:, size:] - sums[:, :-size]) / size**2


SET = """
def extreme(widget, high):
    if hasattr(widget, "low"):
        return widget.high if high else widget.low
    if hasattr(widget, "max"):
        return widget.max if high else widget.min
    options = getattr(widget, "_options_values", None)
    return options[-1 if high else 0] if options else widget.value

figure = LIVES[{number}]
if {state!r} != "first":
    for widget in figure.controls.values():
        widget.value = extreme(widget, {state!r} == "highest")
if {pinned}:
    figure.pin()
keys = ",".join(part["key"] for part in figure.canvas.still["parts"])
print(json.dumps([figure._count, keys, figure.text, base64.b64encode(figure.png).decode()]))
"""


def compare(lab, number, states=("first", "lowest", "highest"), pinned=False):
    """Compare a figure on the screen with the PNG that the kernel draws, in each state."""
    figure = lab.figure(number)
    for state in states:
        told = lab.kernel(SET.format(number=number, state=state, pinned=pinned))
        count, keys, text, png = json.loads(told)
        figure.wait_for_frame(count, keys)
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"))
        shown = figure.pixels()
        share = share_that_differs(drawn.astype(int), shown)
        # Agg puts markers on whole pixels, which shows most where there are many small ones
        assert share < 0.015, f"figure {number}, {state}: {100 * share:.2f} % differ"
        assert figure.ask("return figure.frame.text;") == text
