"""From slider to pixel in a real browser: a live figure beside an empty round trip and `interact`.

A frame counts when the page has received it. A drag moves the mouse some 60 times a second, for
four seconds.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from lab import Lab, Slider, browser, jupyterlab

DRAG_SECONDS = 4
KEYS = 40
CASES = {
    "empty round trip": """
import ipywidgets as widgets

slider = widgets.IntSlider(50, 0, 100)
answer = widgets.Label("0")
answer.add_class("bench-answer")
slider.observe(lambda change: setattr(answer, "value", str(int(answer.value) + 1)), "value")
widgets.VBox([slider, answer]).add_class("bench")
""",
    "gd.Live": """
import gdviz as gd

bowl = gd.landscape("(x**2 + k*y**2) / 2", bounds=((-3, 3), (-2, 2)), k=10)

def race(lr):
    return gd.descend(bowl, (-2.5, 2), gd.GD(lr), steps=80)

live = gd.Live(race, gd.Contour(bowl), gd.Loss(), lr=(0.0, 0.19, 0.0019))
live.widget.add_class("bench")
live
""",
    "interact, inline": """
import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np

X, Y = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-2, 2, 121))
VALUES = (X**2 + 10 * Y**2) / 2

def race(lr=(0.0, 0.19, 0.0019)):
    points = [np.array([-2.5, 2.0])]
    for _ in range(80):
        points.append(points[-1] - lr * points[-1] * (1, 10))
    points = np.array(points)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    left.contourf(X, Y, VALUES, levels=15)
    left.plot(*points.T, "o-")
    right.semilogy((points**2 * (1, 10)).sum(axis=1) / 2 + 1e-300)
    plt.show()

box = widgets.interactive(race)
box.add_class("bench")
box
""",
}
WATCH = """root => {
    window.frames_seen = [];
    const seen = () => window.frames_seen.push(performance.now());
    root.addEventListener("load", seen, true);
    const answer = root.querySelector(".bench-answer");
    if (answer) new MutationObserver(seen).observe(answer,
        {childList: true, characterData: true, subtree: true});
    root.addEventListener("keydown", () => { window.key_pressed = performance.now(); }, true);
}"""


def drag(page, slider):
    """Frames a second while the handle is dragged to and fro."""
    slider.grab()
    page.evaluate("window.frames_seen = []")
    start, move = time.perf_counter(), 0
    while (now := time.perf_counter() - start) < DRAG_SECONDS:
        across = abs((now / 2) % 1 - 0.5) * 1.8 + 0.05
        slider.move_to(across)
        move += 1
        page.wait_for_timeout(max(0, move / 60 - (time.perf_counter() - start)) * 1000)
    frames = page.evaluate("window.frames_seen.length")
    page.mouse.up()
    page.wait_for_timeout(1500)
    return frames / DRAG_SECONDS


def keys(page, slider):
    """Median milliseconds from a key press to the frame that answers it."""
    slider.handle.focus()
    waits = []
    for number in range(KEYS):
        page.evaluate("window.frames_seen = []")
        page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
        page.wait_for_function("window.frames_seen.length > 0", polling=5)
        waits.append(page.evaluate("window.frames_seen[0] - window.key_pressed"))
        page.wait_for_timeout(150)
    return statistics.median(waits)


def measure(chromium, server, name):
    lab = Lab(chromium, server).open(name).run_all()
    root = lab.page.locator(".bench").first
    root.wait_for()
    lab.page.wait_for_timeout(1000)
    root.evaluate(WATCH)
    slider = Slider(lab.page, root)
    rate, wait = drag(lab.page, slider), keys(lab.page, slider)
    lab.close()
    return rate, wait


def main():
    figures = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for number, code in enumerate(CASES.values()):
            cells = [nbformat.v4.new_code_cell(code.strip())]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), f"{folder}/case{number}.ipynb")
        with jupyterlab(folder) as server, browser() as chromium:
            for number, case in enumerate(CASES):
                figures[case] = measure(chromium, server, f"case{number}.ipynb")
                rate, wait = figures[case]
                print(f"{case:20}{rate:7.1f} frames a second{wait:8.0f} ms from key to frame")
    (empty, empty_wait), (live, live_wait), (inline, _) = figures.values()
    for words, ratio, met in [
        ("drag: gd.Live / empty round trip, goal >= 0.9", live / empty, live >= 0.9 * empty),
        ("drag: gd.Live / interact, goal >= 3", live / inline, live >= 3 * inline),
        (
            "key: gd.Live / empty, goal <= 1.4",
            live_wait / empty_wait,
            live_wait <= 1.4 * empty_wait,
        ),
    ]:
        print(f"{words}: {ratio:.2f} {'met' if met else 'NOT met'}")


if __name__ == "__main__":
    main()
