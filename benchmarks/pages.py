"""The pages in a real browser: frames a second while a slider is dragged, first picture, bytes.

Every baked figure of the lessons 02 and 05 is dragged for four seconds by the mouse. Counted are
the frames that the screen got, and in how many of them the figure was drawn anew.
"""

import argparse
import functools
import statistics
import sys
import tempfile
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from lab import browser
from make_site import KEPT, NOTEBOOKS, build, weigh

LESSONS = ("02_learning_rate", "05_vanishing_gradients")
SECONDS, FRAMES = 4.0, 50
FIRST_PICTURE, ALL, FIRST = 1000, 3_000_000, 500_000
# a place of the slider for each event of a mouse that reports 125 times a second
ACROSS = 90
WATCH = """root => {
    const bench = (root.bench = { screen: 0, drawn: 0, on: true });
    const figure = root.querySelector(".gd-live").gdviz;
    const before = figure.drawn;
    const tick = () => {
        bench.screen += 1;
        bench.drawn = figure.drawn - before;
        if (bench.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""
DONE = "root => { root.bench.on = false; return [root.bench.screen, root.bench.drawn]; }"
# the stored picture gives its place to the figure: the browser's own record stays
PAINTED = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const pictures = performance.getEntriesByType("resource")
        .filter(({ name }) => name.includes("/pictures/"));
    return [paint ? paint.startTime : NaN, pictures.length ? pictures[0].responseEnd : NaN];
}"""


def drag(page, figure):
    """Return frames of the screen and of the figure, a second, while its main slider moves."""
    slider = figure.locator("input[type=range][data-axis]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    figure.evaluate(WATCH)
    began, step = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        step += 1
        # to and fro
        share = abs((step / ACROSS) % 2 - 1)
        page.mouse.move(box["x"] + (0.02 + 0.96 * share) * box["width"], y)
    seconds = time.perf_counter() - began
    screen, drawn = figure.evaluate(DONE)
    page.mouse.up()
    return screen / seconds, drawn / seconds


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def measure(chromium, address, site, stem):
    page = chromium.new_page(viewport={"width": 1366, "height": 900})
    page.goto(f"{address}{stem}.html")
    page.wait_for_timeout(500)
    text, picture = page.evaluate(PAINTED)
    weight = weigh(site, stem)
    print(
        f"{stem}: text after {text:.0f} ms, picture after {picture:.0f} (at most {FIRST_PICTURE})"
    )
    print(f"  {weight.all / 1e6:.2f} MB in all (under {ALL / 1e6:.0f}), ", end="")
    print(f"{weight.first / 1e3:.0f} kB before the first drag (under {FIRST / 1e3:.0f})")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    frames = []
    figures = page.locator(".gd-figure[data-frames]")
    for number in range(figures.count()):
        figure = figures.nth(number)
        figure.scroll_into_view_if_needed()
        figure.locator(".gdviz-stage").wait_for()
        if not figure.locator("input[type=range][data-axis]").count():
            continue
        screen, drawn = drag(page, figure)
        frames.append(screen)
        name = figure.get_attribute("aria-label")
        print(f"  {screen:5.1f} frames a second, {drawn:5.1f} of the figure: {name}", flush=True)
    print(f"  median {statistics.median(frames):.1f}, least {min(frames):.1f} (at least {FRAMES})")
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        site = Path(folder) / "site"
        first = NOTEBOOKS / "00_start_here.ipynb"
        build([first, *(NOTEBOOKS / f"{stem}.ipynb" for stem in options.lessons)], site, KEPT)
        handler = functools.partial(Quiet, directory=site)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_address[1]}/"
            for stem in options.lessons:
                measure(chromium, address, site, stem)
            server.shutdown()


if __name__ == "__main__":
    main()
