"""The pages: baked figures and questions in a real Chromium, without a kernel."""

import contextlib
import functools
import json
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import axe_playwright_python
import ipywidgets as widgets
import nbformat
import numpy as np
import pytest
from make_site import NOTEBOOKS, build, markdown, weigh
from notebook_runner import step_through
from pages import grid
from pages.bake import BYTES_OF_PAGE, CORE, bake, efforts
from pages.packing import Packer, varints

import gdviz as gd
from gdviz.exercises import read_number

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
LESSON = NOTEBOOKS / "02_learning_rate.ipynb"
# what a look needs: the full grid takes minutes for the whole series
REDUCED = 25

SMALL = [
    ("markdown", "# A bowl: does it arrive?\n\nA question?\n\n**2 minutes** · builds on nothing"),
    ("hidden", "# Setup: the package\nimport gdviz as gd\nbowl = gd.landscape('bowl')"),
    ("code", 'gd.predict("crawl or swing")'),
    (
        "figure",
        "# Figure: a walk\ndef walk(lr=0.15, start=(-2.0, 1.0), momentum=False):\n"
        "    rule = gd.Momentum(lr, 0.5) if momentum else gd.GD(lr)\n"
        "    return gd.descend(bowl, start, rule, steps=12)\n"
        "gd.Live(walk, gd.Contour(title='The bowl'), gd.Loss(title='The loss'), momentum=False,\n"
        "        start=gd.point((-2, 1)), lr=(0.0, 1.0, 0.05),\n"
        "        readout=lambda run, lr: {'': 'walks', 'factor': (1 - lr, run.contraction((0, 0)))}"
        ")",
    ),
    (
        "markdown",
        "## Words (1 min)\n\n$$x_{k+1} = (1-\\eta)\\,x_k$$\n\n| word | say |\n|---|---|\n| k | k |",
    ),
    ("code", "rate = ..."),
    ("code", 'gd.check("one-step rate", rate)'),
    (
        "markdown",
        "<details><summary>Solution</summary>\n\n```python\nrate = 1 / 6\n```\n\n</details>",
    ),
    ("deeper", "## Deeper (1 min, optional)\n\nMore."),
    ("code", "def diverges(lr):\n    return ..."),
    ("code", 'gd.check("does the fit diverge", diverges)'),
    ("markdown", "## The end\n\n[Back to the top](#A-bowl:-does-it-arrive?)"),
]


def write_small(path, cells=SMALL):
    made = []
    for kind, source in cells:
        if kind in ("markdown", "deeper"):
            made.append(nbformat.v4.new_markdown_cell(source))
            if kind == "deeper":
                made[-1].metadata["jp-MarkdownHeadingCollapsed"] = True
        else:
            made.append(nbformat.v4.new_code_cell(source))
        if kind in ("hidden", "figure"):
            made[-1].metadata["tags"] = ["hide-input"]
        if kind == "figure" and "start=" in source:
            made[-1].metadata["gdviz"] = {"carries": ["lr", "start"]}
    notebook = nbformat.v4.new_notebook(cells=made)
    # the picture is stored, as in every notebook
    for cell, value, _ in step_through(nbformat.write(notebook, path) or path):
        if isinstance(value, (gd.Live, gd.Clinic)):
            number = [c.source for c in notebook.cells].index(cell.source)
            data = value._repr_mimebundle_()
            kept = {kind: data[kind] for kind in ("image/png", "text/plain")}
            output = nbformat.v4.new_output("execute_result", kept)
            notebook.cells[number].outputs = [output]
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The site of a small notebook."""
    folder = tmp_path_factory.mktemp("small")
    path = write_small(folder / "00_small.ipynb")
    build([path], folder / "site", folder / "kept", str, workers=1)
    return folder / "site"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The site of one lesson."""
    folder = tmp_path_factory.mktemp("lesson")
    first = write_small(folder / "00_small.ipynb")
    build([first, LESSON], folder / "site", folder / "kept", str, workers=1, reduced=REDUCED)
    return folder / "site"


@contextlib.contextmanager
def served(folder):
    """The address of a server whose paths lie below another one."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


class Reading:
    """A page of the site in a tab of its own, and all that it complains of or asks for."""

    def __init__(self, chromium, address, width=1366, height=900, before="", **options):
        self.context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        self.page = self.context.new_page()
        self.complaints, self.asked = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        if before:
            self.page.add_init_script(before)
        self.page.goto(address)

    def figure(self, number=0):
        """The figure of that number, once it is awake."""
        figure = self.page.locator(".gd-figure[data-frames]").nth(number)
        figure.scroll_into_view_if_needed()
        figure.locator(".gdviz-stage").wait_for()
        return figure

    def unfold(self):
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    def count(self):
        return self.page.locator(".gd-figure[data-frames]").count()


@contextlib.contextmanager
def reading(chromium, address, **options):
    page = Reading(chromium, address, **options)
    try:
        yield page
    finally:
        page.context.close()


def ask(figure, code):
    """What JavaScript gives for the reader of a figure, which is ``baked`` there."""
    return figure.locator(".gd-live").evaluate(f"root => {{ const baked = root.baked; {code} }}")


def places_of(figure, what):
    """The points of the ink of ``frame`` or of ``pins[0]``."""
    points = ask(figure, f"return Array.from(baked.figure.{what}.ink.points);")
    return set(zip(points[::2], points[1::2], strict=True))


def told(figure):
    return ask(figure, "return baked.figure.frame.text;")


# ---------------------------------------------------------------- the reader


def test_every_figure_of_a_lesson_answers_from_a_disk_and_from_a_server(chromium, lesson):
    with served(lesson.parent) as address:
        for start in (lesson.as_uri() + "/", f"{address}site/"):
            with reading(chromium, f"{start}{LESSON.stem}.html") as page:
                page.unfold()
                assert page.count() == 9
                for number in range(page.count()):
                    figure = page.figure(number)
                    slider = figure.locator("input[type=range][data-axis]").first
                    slider.focus()
                    before = told(figure)
                    page.page.keyboard.press("Home")
                    page.page.keyboard.press("End")
                    assert told(figure) != before
                    word = slider.evaluate("slider => slider.nextElementSibling.textContent")
                    assert slider.get_attribute("aria-valuetext") == word
                assert not page.complaints
                assert all(url.startswith((start, "data:")) for url in page.asked)


def number_of(word):
    """The number that a readout tells, as 1,375 or 1.2 · 10⁻⁹."""
    size, _, power = word.replace(",", "").replace("−", "-").partition(" · 10")
    digits = power.translate(
        {ord(high): low for low, high in zip("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)}
    )
    return float(f"{size}e{digits or 0}")


def test_the_readouts_are_those_of_the_notebook_to_the_letter(chromium, lesson):
    cells = nbformat.read(LESSON, as_version=4).cells
    with (
        contextlib.chdir(LESSON.parent),
        reading(chromium, f"{lesson.as_uri()}/{LESSON.stem}.html") as page,
    ):
        page.unfold()
        number = 0
        for cell, live, _ in step_through(LESSON):
            if not isinstance(live, gd.Live):
                continue
            assert cell.source in [one.source for one in cells]
            figure = page.figure(number)
            assert told(figure) == live.text
            controls = ask(figure, "return baked.head.controls;")
            axes = ask(figure, "return baked.head.axes;")
            for share in (0.0, 0.3, 0.55, 0.8, 1.0):
                places = {
                    axis: round(share * (len(axes[axis]["words"]) - 1)) for axis in range(len(axes))
                }
                set_live(live, controls, axes, places)
                ask(figure, f"baked.move({json.dumps(places)});")
                shown = figure.locator(".gdviz-error").first.inner_text() or told(figure)
                assert shown == live.text, (number, places)
            number += 1
        assert number == page.count()


def set_live(live, controls, axes, places):
    """Give the controls of the notebook the values that the page tells in words."""
    with live._silence():
        for control in controls:
            widget = live.controls[control["name"]]
            words = [axes[axis]["words"][places[axis]] for axis in control["axes"]]
            if control["kind"] == "slider":
                widget.value = type(widget.value)(number_of(words[0]))
            elif control["kind"] == "point":
                values = tuple(map(number_of, words))
                widget.value = values[0] if widget.scalar else values
            elif control["kind"] == "menu":
                widget.index = places[control["axes"][0]]
            elif control["kind"] == "check":
                widget.value = bool(places[control["axes"][0]])
    live._refresh()


def test_a_frame_on_the_page_is_what_the_notebook_draws_to_a_quarter_of_a_pixel(chromium, small):
    (live,) = [
        value
        for _, value, _ in step_through(small.parent / "00_small.ipynb")
        if isinstance(value, gd.Live)
    ]
    frame, _ = live.picture.frame()
    points = np.frombuffer(frame["points"], "<f4")
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        figure = page.figure()
        shown = ask(
            figure,
            "baked.ratio = 0; baked.place(1000); const {ink} = baked.figure.frame;"
            "return [[...ink.points], [...ink.codes], ink.strokes];",
        )
    assert len(shown[2]) == len(frame["strokes"])
    for mine, its in zip(shown[2], frame["strokes"], strict=True):
        assert {key: mine.get(key) for key in its} == its
    assert bytes(shown[1]) == frame["codes"]
    np.testing.assert_allclose(shown[0], points, atol=0.16)


def test_every_place_is_baked_with_the_board_that_the_notebook_opens_with():
    asked = []
    board = gd.Trials(lambda row, column: asked.append(row) or [1.0], ["a", "b", "c"], ["it"])

    def treat(row="a"):
        return board[row, "it"]

    assert bake(gd.Live(functools.cache(treat), gd.Bars(list, ["it"]), row=["a"]))[1]
    asked.clear()
    board.kept.clear()

    panel = gd.Bars(lambda scores: scores, ["it"], limits=(0, 2))
    live = gd.Live(treat, panel, readout=lambda scores: str(board), row=["a", "b", "c"])
    baker, _, _ = bake(live)
    assert sorted(asked) == ["a", "b", "c"]
    run = "experiments are run."
    assert list(baker.words) == ["1 of 3 experiments is run.", f"2 of 3 {run}"]
    assert str(board) == "1 of 3 experiments is run."


def test_the_ball_is_dragged_to_the_nearest_start(chromium, small):
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        figure = page.figure()
        stage = figure.locator(".gdviz-stage")
        box = stage.bounding_box()
        page.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
        page.page.mouse.down()
        first = ask(figure, "return baked.at;")
        page.page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
        page.page.mouse.up()
        at, axes = ask(figure, "return [baked.at, baked.head.axes];")
        assert at != first
        start = [axes[n]["words"][at[n]] for n in range(3) if axes[n]["name"] == "start"]
        words = ask(
            figure, "return [...baked.inputs].map(one => one.nextElementSibling?.textContent);"
        )
        assert all(word in words for word in start)
        # by keyboard: one place to the right
        stage.focus()
        page.page.keyboard.press("ArrowRight")
        assert ask(figure, "return baked.at;") != at


def test_a_surface_turns_all_the_way_round_and_takes_pinned_ways_with_it(chromium, tmp_path):
    cells = [
        ("markdown", "# A ground\n\nA question?\n\n**1 minute** · builds on nothing"),
        ("hidden", "# Setup: the package\nimport gdviz as gd\nbowl = gd.landscape('bowl')"),
        (
            "figure",
            "# Figure: a walk\ndef walk(lr=0.5):\n"
            "    return gd.descend(bowl, (-2.0, 1.0), gd.GD(lr), steps=3)\n"
            "gd.Live(walk, gd.Surface(view=(30, 100)), lr=(0.1, 0.5, 0.1),\n"
            "        readout=lambda run: {'height': run.values[-1]})",
        ),
        ("markdown", "| symbol |\n|---|\n| k |\n\n## The end"),
    ]
    path = write_small(tmp_path / "00_ground.ipynb", cells)
    build([path], tmp_path / "site", tmp_path / "kept", str, workers=1)
    with reading(chromium, f"{(tmp_path / 'site').as_uri()}/00_ground.html") as page:
        figure = page.figure()
        words, turn = told(figure), figure.get_by_label("turn")
        assert turn.get_attribute("aria-valuetext") == "0°"
        ground, way = ask(figure, "return baked.laid;"), places_of(figure, "frame")
        figure.locator(".gdviz-pin").click()
        stage = figure.locator(".gdviz-stage")
        box = stage.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.page.mouse.move(x, y)
        page.page.mouse.down()
        page.page.mouse.move(x + 270, y, steps=4)
        page.page.mouse.up()
        assert turn.get_attribute("aria-valuetext") == "90°"
        assert ask(figure, "return baked.laid;") != ground
        assert told(figure) == words
        # the pinned way lies on the ground as it stands now
        pinned = places_of(figure, "pins[0]")
        assert pinned <= places_of(figure, "frame")
        assert not pinned <= way
        stage.focus()
        for _ in range(9):
            page.page.keyboard.press("ArrowRight")
        assert turn.get_attribute("aria-valuetext") == "180°"
        turn.fill("0")
        assert turn.get_attribute("aria-valuetext") == "-180°"
        figure.locator(".gdviz-reset").click()
        assert (ask(figure, "return baked.laid;"), places_of(figure, "frame")) == (ground, way)
        assert not page.complaints


def test_play_pin_and_reset(chromium, small):
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        figure = page.figure()
        first = told(figure)
        slider = figure.get_by_label("learning rate")
        figure.locator(".gdviz-pin").click()
        slider.focus()
        page.page.keyboard.press("End")
        assert figure.locator(".gdviz-chip").all_inner_texts() == ["momentum = no"]
        assert ask(figure, "return baked.figure.pins[0].ink.strokes.length;") > 2
        figure.locator(".gdviz-reset").click()
        figure.locator(".gdviz-play").click()
        figure.locator(".gdviz-count", has_text=re.compile(r"step [3-9] of 12")).wait_for()
        page.page.wait_for_function(
            "document.querySelector('.gdviz-play').textContent === '▶ Play'"
        )
        assert figure.locator(".gdviz-count").inner_text() == "step 12 of 12"
        figure.locator(".gdviz-step").fill("5")
        page.page.wait_for_function(
            "document.querySelector('.gd-live').gdviz.frame.text.startsWith('Step 5 of 12. walks')"
        )
        figure.locator(".gdviz-reset").click()
        assert told(figure) == first
        assert figure.locator(".gdviz-chip").count() == 0
        assert not page.complaints


def test_a_figure_opens_at_the_step_at_which_the_notebook_opens_it(chromium, tmp_path):
    cells = [
        (kind, source.replace("momentum=False,\n", "momentum=False, begin=4,\n"))
        for kind, source in SMALL
    ]
    path = write_small(tmp_path / "00_small.ipynb", cells)
    build([path], tmp_path / "site", tmp_path / "kept", str, workers=1)
    with reading(chromium, f"{(tmp_path / 'site').as_uri()}/00_small.html") as page:
        figure = page.figure()
        figure.locator(".gdviz-count", has_text="step 4 of 12").wait_for()
        assert told(figure).startswith("Step 4 of 12. walks. factor: 0.85 in theory")
        figure.locator(".gdviz-step").fill("12")
        assert told(figure).startswith("walks.")
        figure.locator(".gdviz-reset").click()
        figure.locator(".gdviz-count", has_text="step 4 of 12").wait_for()
        # where Play is not kept, too: there the end is all that follows
        cut, sides = ask(figure, "return [[...baked.cut], baked.sides];")
        places = dict(enumerate(map(int, np.unravel_index(cut[0], sides))))
        ask(figure, f"baked.move({json.dumps(places)});")
        assert told(figure).startswith("Step 4 of 12. walks.")
        assert "Play is kept for" in figure.locator(".gd-note").inner_text()
        figure.locator(".gdviz-play").click()
        figure.locator(".gdviz-count", has_text="step 12 of 12").wait_for()
        assert told(figure).startswith("walks.")
        assert not page.complaints


def test_where_play_is_not_kept_the_page_says_so(chromium, small):
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        figure = page.figure()
        kept, count = ask(figure, "return [baked.head.plays, baked.head.count];")
        without = next(number for number in range(count) if number not in kept)
        sides = ask(figure, "return baked.sides;")
        places = dict(enumerate(map(int, np.unravel_index(without, sides))))
        ask(figure, f"baked.move({json.dumps(places)});")
        assert not figure.locator(".gdviz-play").is_visible()
        assert "Play is kept for" in figure.locator(".gd-note").inner_text()


BROKEN = {
    "cut short": lambda text: text[: len(text) // 2],
    "not deflated": lambda text: re.sub(r'"[\w+/=]{99,}"', '"QUJDREVGR0g="', text),
    "a letter changed": lambda text: (
        text[:2000] + ("A" if text[2000] != "A" else "B") + text[2001:]
    ),
    "another page": lambda text: "<!DOCTYPE html><title>404</title>",
    "empty": lambda text: "",
}


@pytest.mark.parametrize("how", [*BROKEN, "missing"])
def test_broken_frames_say_so_and_the_stored_picture_stays(chromium, small, tmp_path, how):
    site = tmp_path / "site"
    for source in small.rglob("*"):
        if source.is_file():
            (site / source.relative_to(small)).parent.mkdir(parents=True, exist_ok=True)
            (site / source.relative_to(small)).write_bytes(source.read_bytes())
    (frames,) = [path for path in (site / "frames").iterdir() if "play" not in path.name]
    if how == "missing":
        frames.unlink()
    else:
        frames.write_text(BROKEN[how](frames.read_text(encoding="utf-8")), encoding="utf-8")
    with reading(chromium, f"{site.as_uri()}/00_small.html") as page:
        words = page.page.locator(".gd-broken")
        words.wait_for()
        assert "stored picture" in words.inner_text()
        picture = page.page.locator(".gd-figure img")
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        assert page.page.locator("input[type=range]").first.is_disabled()


# ---------------------------------------------------------------- what can be read


def test_the_page_reads_without_scripts(chromium, small):
    address = f"{small.as_uri()}/00_small.html"
    with reading(chromium, address, java_script_enabled=False) as page:
        text = page.page.locator("main").inner_text()
        picture = page.page.locator(".gd-figure img")
        assert picture.get_attribute("alt").startswith("walks. factor: 0.85 in theory")
        assert picture.is_visible()
        assert page.page.locator("math").count() == 1
        assert "Without scripts" in text
        # the code of the setup stands with that of the figure
        code = page.page.locator("summary", has_text="Show the code of this figure")
        code.click()
        assert "import gdviz" in page.page.locator("details[open]").first.inner_text()
        assert not page.page.locator(".gd-deeper").get_attribute("open")
        assert "Run All" not in text


def test_no_answer_can_be_seen_on_the_page(small):
    page = (small / "00_small.html").read_text(encoding="utf-8")
    assert "both need the same number" in page
    assert "the sides differ, the sizes do not" not in page
    assert "λ = 6, so η = 1/6" not in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(chromium, lesson, scheme):
    names = [f"{LESSON.stem}.html", "index.html", "words.html", "claims.html"]
    with served(lesson) as address:
        for name in names:
            with reading(chromium, address + name, color_scheme=scheme) as page:
                page.unfold()
                for number in range(page.count()):
                    page.figure(number)
                form = page.page.locator(".gd-question[data-sealed]")
                if form.count():
                    form.first.locator("input").first.check()
                    form.first.locator("button").first.click()
                page.page.evaluate(AXE)
                found = page.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                assert [
                    (one["id"], [node["target"] for node in one["nodes"]][:3])
                    for one in found["violations"]
                ] == [], (name, scheme)


def test_a_phone_needs_no_scrolling_aside(chromium, lesson):
    with reading(
        chromium, f"{lesson.as_uri()}/{LESSON.stem}.html", width=390, height=844, has_touch=True
    ) as page:
        page.unfold()
        tall = []
        for number in range(page.count()):
            figure = page.figure(number)
            tall.append(ask(figure, "return baked.tall / baked.across;"))
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
        # panels stand one above the other
        assert min(tall) > 1.2


def test_the_pages_are_light(lesson):
    weight = weigh(lesson, LESSON.stem)
    assert weight.all < 3_000_000
    assert weight.first < 500_000


# ---------------------------------------------------------------- questions


def test_a_prediction_is_shown_beside_the_answer_and_kept(chromium, small):
    with served(small) as address, reading(chromium, f"{address}00_small.html") as page:
        form = page.page.locator(".gd-predict")
        form.get_by_role("button", name="Commit").click()
        assert "Choose an answer first" in form.locator(".gd-verdict").inner_text()
        form.get_by_label("η = 0.1").check()
        form.get_by_role("button", name="Commit").click()
        verdict = form.locator(".gd-verdict").inner_text()
        assert "✗ A surprise." in verdict
        assert "“both need the same number”" in verdict
        page.page.reload()
        assert page.page.locator(".gd-predict .gd-verdict").inner_text() == verdict
        page.page.get_by_role("button", name="Ask me again").click()
        assert page.page.locator(".gd-predict .gd-verdict").inner_text() == ""
        assert not page.complaints


def test_a_right_prediction_is_shown_once(chromium, small):
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        form = page.page.locator(".gd-predict")
        right = form.evaluate("form => form.gdviz.entry.answer")
        form.get_by_label(right).check()
        form.get_by_role("button", name="Commit").click()
        verdict = form.locator(".gd-verdict").inner_text()
        assert verdict.startswith("✓ As you predicted.")
        assert "you said" not in verdict
        assert verdict.count(f"“{right}”") == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1/6", "✓ Right. λ = 6"),
        ("0.167", "✓ Right."),
        ("0,1667", "✓ Right."),
        ("0.17", "○ Not yet. Right as far as it goes, and 3 digits are asked for."),
        ("0.2", "✗ Wrong. The curvature is the second derivative"),
        ("1,000", "○ “1,000” may be 1.000 or 1000"),
        ("six", "○ “six” is not a number"),
        ("1/0", "○ “1/0” is not a finite number."),
    ],
)
def test_a_number_is_checked_as_the_notebook_checks_it(chromium, small, typed, words):
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        form = page.page.locator(".gd-check[data-sealed]")
        form.locator("input").fill(typed)
        page.page.keyboard.press("Enter")
        assert form.locator(".gd-verdict").inner_text().startswith(words)
        notebook = gd.check("one-step rate", typed).text.partition("\n")[2]
        assert words.removeprefix("○ “").split(".")[0] in notebook


def test_numbers_are_read_alike_in_both_places(chromium, small):
    texts = [
        "0.3",
        "0,3",
        "−2",
        "1e-3",
        "1/6",
        "1,000,000",
        "12,000.5",
        " +4. ",
        ".5",
        "−1/4",
        "3 000",
    ]
    with reading(chromium, f"{small.as_uri()}/00_small.html") as page:
        form = page.page.locator(".gd-check[data-sealed]")
        read = form.evaluate("(form, texts) => texts.map(text => form.gdviz.number(text))", texts)
    assert read == [read_number(text) for text in texts]


def test_a_page_works_where_nothing_can_be_kept(chromium, small):
    never = (
        "Object.defineProperty(window, 'localStorage', "
        "{ get() { throw new DOMException('denied', 'SecurityError'); } });"
    )
    with reading(chromium, f"{small.as_uri()}/00_small.html", before=never) as page:
        form = page.page.locator(".gd-predict")
        form.locator("input").first.check()
        form.get_by_role("button", name="Commit").click()
        assert "you said" in form.locator(".gd-verdict").inner_text()
        assert page.figure().locator(".gdviz-readout").inner_text().startswith("walks")
        assert not page.complaints


def test_a_function_needs_the_notebook(small):
    page = (small / "00_small.html").read_text(encoding="utf-8")
    assert "It asks for code, so it needs the notebook" in page


# ---------------------------------------------------------------- grids and packs


def test_positions_are_round_and_hold_both_ends_and_the_first():
    slider = widgets.FloatSlider(0.17, min=0.0, max=0.25, step=0.005)
    values = grid.positions(slider, 26)
    assert {0.0, 0.1, 0.17, 0.2, 0.25} <= set(values)
    assert values == sorted(values)
    assert len(values) <= 30
    logarithmic = gd.controls.log_slider(0.001, 2.4, 0.19)
    values = grid.positions(logarithmic, 41)
    assert {0.001, 0.19, 2.4} <= set(values)
    assert all(float(f"{value:.2g}") == value for value in values)


def test_a_grid_keeps_to_its_bound_and_leaves_the_last_controls_fixed():
    given = {
        "lr": widgets.FloatSlider(0.5, min=0, max=1, step=0.01),
        "kind": widgets.Dropdown(options=["a", "b"]),
        "start": gd.point((1.0, 2.0)),
        "text": widgets.Text("x"),
    }
    carries = ["lr", "kind", "start"]
    for most in (10, 60, 150, 500, 3000, 20_000):
        counts = grid.choose(given, carries, most)
        assert counts["text"] is None
        states = np.prod([np.prod(count) for count in counts.values() if count], dtype=int)
        assert states <= most or [name for name in counts if counts[name]] == ["lr"]
    assert grid.choose(given, carries, 150)["start"] is None
    assert grid.choose(given, carries, 20_000)["start"] is not None


def test_many_figures_share_what_a_page_may_take():
    for core, deeper in ((1, 1), (4, 7), (5, 12)):
        in_core, in_deeper = efforts(core, deeper)
        whole = sum(
            count * (one.bytes_of_states + one.bytes_of_play)
            for count, one in ((core, in_core), (deeper, in_deeper))
        )
        assert whole <= BYTES_OF_PAGE
    assert efforts(1, 1)[0] == CORE


def test_shapes_are_written_once():
    pack = Packer()
    looks = {"stroke": "red", "width": 1.0}

    def frame(x):
        points = np.array([[0, 0], [10, 4], [20, x], [5, 5]], "<f4")
        strokes = [{"n": 3, **looks}, {"n": 1, **looks}]
        return {"strokes": strokes, "points": points.tobytes(), "codes": b"\1\2\2\1"}

    numbers = [pack.add("panel", frame(x)) for x in (0, 1, 2, 1)]
    assert numbers == [0, 1, 2, 1]
    assert len(pack.shapes) == 4
    assert varints([127, 128]) == b"\x7f\x80\x01"


# ---------------------------------------------------------------- building


def test_a_second_build_bakes_only_what_changed(tmp_path):
    path = write_small(tmp_path / "00_small.ipynb")

    def built():
        said = []
        build([path], tmp_path / "site", tmp_path / "kept", said.append, workers=1, reduced=20)
        return said

    assert "figure 1 of 1" in built()[0]
    stamps = {file: file.stat().st_mtime_ns for file in (tmp_path / "site").rglob("*.*")}
    assert built() == ["00_small: as before"]
    again = {file: file.stat().st_mtime_ns for file in (tmp_path / "site").rglob("*.*")}
    assert again == stamps
    words = [(kind, source.replace("More.", "Less.")) for kind, source in SMALL]
    write_small(path, words)
    assert built() == ["00_small: as before"]
    assert "Less." in (tmp_path / "site" / "00_small.html").read_text(encoding="utf-8")
    code = [(kind, source.replace("steps=12", "steps=11")) for kind, source in SMALL]
    write_small(path, code)
    assert "figure 1 of 1" in built()[0]


def test_two_builds_give_the_same_bytes(tmp_path):
    path = write_small(tmp_path / "00_small.ipynb")
    for name in ("one", "two"):
        build([path], tmp_path / name, tmp_path / f"kept {name}", str, workers=1, reduced=20)
    files = [file.relative_to(tmp_path / "one") for file in (tmp_path / "one").rglob("*.*")]
    assert len(files) > 8
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_mathematics_is_mathml_and_links_lead_to_pages():
    page = markdown("Take $x^2$: see [02](02_learning_rate.ipynb#A-real-fit-(7-min)).")
    assert "<math" in page
    assert "<msup>" in page
    assert 'href="02_learning_rate.html#A-real-fit-(7-min)"' in page


def test_what_is_wide_can_be_scrolled_by_keyboard_and_a_corner_heads_nothing():
    page = markdown("| | of |\n|---|---|\n| one | two |\n\n$$x^2$$")
    assert page.count('class="gd-wide" tabindex="0"') == 2
    assert "<td></td>" in page
    assert "<th></th>" not in page
