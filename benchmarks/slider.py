"""From slider to pixel in a real browser: live figures beside an empty round trip to the kernel.

All figures stand in one notebook with one kernel. Every measurement of a figure follows one of the
empty round trip (a slider whose kernel answers with a number), and what counts is the median of
their ratios: the machine may be busy. A drag moves the mouse some 60 times a second.
"""

import argparse
import importlib.util
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from figures import CASES, EMPTY, PEERS, START, SURFACE

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from lab import Lab, Slider, browser, jupyterlab

NEEDS = {"ipympl": "ipympl", "plotly": "plotly"}
# frames of the empty round trip, and milliseconds from a key to the answer, as shares of it
GOALS = {
    "a learning rate": (0.93, 1.2),
    "a learning rate, by factors": (0.93, 1.2),
    "depth of a stack": (0.9, 1.5),
    "gain of a stack": (0.9, 1.5),
    "a map of 13,500 walks": (0.9, 1.5),
    "the landscape itself": (0.7, 2.0),
}
TURNING, PLAYING = 10, 30
# count what the page shows: a label's new text, a canvas drawn anew, a picture that arrives
WATCH = """(root, still) => {
    const bench = (root.bench = { frames: [], key: 0, told: null });
    const seen = () => {
        bench.frames.push(performance.now());
        if (bench.told) bench.told();
    };
    root.addEventListener("keydown", () => { bench.key = performance.now(); }, true);
    const canvas = root.querySelector(".gdviz-canvas");
    const answer = root.querySelector(".bench-answer");
    if (canvas) {
        const figure = canvas.gdviz, name = still ? "drawBack" : "drawFront";
        const draw = figure[name];
        figure[name] = (...given) => { draw.apply(figure, given); seen(); };
    } else if (answer) {
        const changes = { childList: true, characterData: true, subtree: true };
        new MutationObserver(seen).observe(answer, changes);
    } else {
        root.addEventListener("load", seen, true);
        const plots = root.querySelectorAll(".js-plotly-plot");
        for (const plot of plots) plot.on("plotly_afterplot", seen);
    }
}"""
FIRST_FRAME = """root => new Promise((resolve) => {
    const tell = () => resolve(root.bench.frames[0] - root.bench.key);
    if (root.bench.frames.length) tell();
    else root.bench.told = () => { root.bench.told = null; tell(); };
})"""


class Case:
    """One figure on the page, with what moves it: a slider, or the picture itself."""

    def __init__(self, page, root, turned=False, still=False):
        self.page, self.root = page, root
        root.wait_for()
        root.evaluate(WATCH, still)
        self.stage = root.locator(".gdviz-stage") if turned else None
        self.slider = None if turned else Slider(page, root.locator(".moved"))

    def drag(self, seconds):
        """Return frames a second while the handle, or the picture, is dragged to and fro."""
        self.root.scroll_into_view_if_needed()
        target = self.stage or self.slider.track
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        if self.stage:
            self.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
            self.page.mouse.down()
        else:
            self.slider.grab()
        self.root.evaluate("root => { root.bench.frames = []; }")
        start, moves = time.perf_counter(), 0
        while (now := time.perf_counter() - start) < seconds:
            across = abs((now / 2) % 1 - 0.5) * (0.6 if self.stage else 1.8) + 0.05
            x = box["x"] + across * box["width"]
            self.page.mouse.move(x, box["y"] + box["height"] / 2)
            moves += 1
            self.page.wait_for_timeout(max(0, moves / 60 - (time.perf_counter() - start)) * 1000)
        frames = self.root.evaluate("root => root.bench.frames.length")
        self.page.mouse.up()
        self.page.wait_for_timeout(400)
        return frames / seconds

    def key(self, times):
        """Return the median of milliseconds from a key to the first frame that answers it."""
        (self.stage or self.slider.handle).focus()
        waits = []
        for number in range(times):
            self.root.evaluate("root => { root.bench.frames = []; }")
            self.page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
            waits.append(self.root.evaluate(FIRST_FRAME))
            self.page.wait_for_timeout(120)
        return statistics.median(waits)

    def play(self, seconds):
        """Return frames a second of Play, and the seconds from the click to its first frame."""
        self.root.scroll_into_view_if_needed()
        self.root.evaluate(
            "root => Object.assign(root.bench, {frames: [], key: performance.now()})"
        )
        self.root.locator(".gdviz-play").click()
        wait = self.root.evaluate(FIRST_FRAME)
        self.root.evaluate("root => { root.bench.frames = []; }")
        start = time.perf_counter()
        self.page.wait_for_timeout(1000 * seconds)
        frames = self.root.evaluate("root => root.bench.frames.length")
        rate = frames / (time.perf_counter() - start)
        self.root.locator(".gdviz-play").click()
        self.page.wait_for_timeout(400)
        return rate, wait / 1000


def say(name, value, unit, goal=None, least=True):
    wanted = ""
    if goal is not None:
        met = value >= goal if least else value <= goal
        wanted = f"goal {'≥' if least else '≤'} {goal:g}: {'met' if met else 'NOT MET'}"
    print(f"{name:32}{value:8.2f} {unit:36}{wanted}", flush=True)


def compare(empty, case, rounds, seconds, keys):
    """Return the medians of frames a second and of milliseconds, each with its ratio to empty."""
    rows = []
    for _ in range(rounds):
        floor = empty.drag(seconds), empty.key(keys)
        rate, wait = case.drag(seconds), case.key(keys)
        if not floor[0]:  # the machine had no time for us
            continue
        rows.append((rate, rate / floor[0], wait, wait / floor[1], *floor))
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="how long a drag lasts")
    parser.add_argument("--only", default="", help="only the figures whose name has these words")
    given = parser.parse_args()
    peers = {
        name: code
        for name, code in PEERS.items()
        if name not in NEEDS or importlib.util.find_spec(NEEDS[name])
    }
    names = [name for name in (*CASES, *peers) if given.only in name]
    cells = [EMPTY, START, *CASES.values(), SURFACE, *peers.values()]
    places = {name: 1 + place for place, name in enumerate([*CASES, "turning", *peers])}
    floors = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(code.strip()) for code in cells]
        )
        nbformat.write(notebook, f"{folder}/figures.ipynb")
        with jupyterlab(folder) as server, browser() as chromium:
            page = Lab(chromium, server).open("figures.ipynb").run_all().page
            page.wait_for_timeout(1500)
            roots = page.locator(".bench")
            empty = Case(page, roots.first)
            first = None
            for name in names:
                case = Case(page, roots.nth(places[name]), still=name == "the landscape itself")
                first = first or case
                results = compare(empty, case, given.rounds, given.seconds, keys=8)
                rate, rates, wait, waits, *floor = results
                floors.append(floor)
                goals = GOALS.get(name, (None, None))
                say(name, rates, f"of empty's frames ({rate:.1f} a second)", goals[0])
                say("", waits, f"of empty's wait ({wait:.0f} ms)", goals[1], least=False)
            if given.only in "turning a surface":
                surface = Case(page, roots.nth(places["turning"]), turned=True, still=True)
                rates = [surface.drag(given.seconds) for _ in range(given.rounds)]
                say("turning a surface", statistics.median(rates), "frames a second", TURNING)
            if first and not given.only:
                rates, waits = zip(*(first.play(2.0) for _ in range(3)), strict=True)
                say("Play", statistics.median(rates), "frames a second", PLAYING)
                say("", statistics.median(waits), "seconds to the first of them")
    if floors:
        rate, wait = (statistics.median(column) for column in zip(*floors, strict=True))
        print(f"empty round trip: {rate:.1f} frames a second, {wait:.0f} ms from key to answer")


if __name__ == "__main__":
    main()
