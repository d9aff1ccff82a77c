"""What a learner does, in a real JupyterLab and Chromium: drag, press keys, play, pin, zoom.

One notebook, written here, has a figure of every kind of panel; the notebooks of the series are
opened for what only they show.
"""

import json
import re
import time

import nbformat
import numpy as np
import pytest
from canvas import KERNEL, compare, need_chromium, share_that_differs
from lab import Lab, browser, jupyterlab
from playwright.sync_api import expect

CELLS = {
    "set-up": """
import time
import numpy as np
import gdviz as gd
from gdviz.endings import which_minimum

BOWL = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=4)
HILLS = gd.landscape("quartic")
""",
    "walk": """
def walk(start=(-2.5, 1.5), lr=0.1, steps=40):
    return gd.descend(BOWL, start, gd.GD(lr), steps)

def readout(run, lr):
    return {"": "arrives" if lr < 0.5 else "diverges", "step": run.steps,
            "factor": (1 - lr, run.contraction((0, 0)))}

gd.Live(walk, gd.Contour(title="A bowl"), gd.Loss(title="falls"), readout=readout,
        start=gd.point((-2.5, 1.5)), lr=(0.0, 0.6, 0.01), steps=(10, 60))
""",
    "curve": """
def roll(start=-2.0, lr=0.02):
    return gd.descend(HILLS, start, gd.GD(lr), 30)

gd.Live(roll, gd.Curve(), gd.Series(lambda run: run.gradient_norms, ylabel="slope",
        theory=lambda run: 10 * 0.8 ** np.arange(run.steps + 1)),
        start=gd.point(-2.0), lr=gd.log_slider(0.001, 0.1))
""",
    "map": """
STARTS, RATES = np.linspace(-2.5, 2.5, 21), np.geomspace(0.001, 0.3, 11)
ENDS = gd.descend(HILLS, STARTS[:, None], gd.GD(RATES[:, None]), 300, record="last")

def one(start=0.3, lr=0.012):
    return gd.descend(HILLS, start, gd.GD(lr), 50)

gd.Live(one, gd.Curve(), gd.Cells(lambda run: which_minimum(ENDS), x=STARTS, y=RATES, log="y",
        regions=("A", "B"), at=lambda run: (run.start[0], run.optimizer.lr), drag=("start", "lr"),
        marks={"A": (-1.7, 0.002)}, hlines={"border": 0.05}, xlabel="start", ylabel="rate"),
        start=gd.point(0.3), lr=gd.log_slider(0.001, 0.3))
""",
    "grid": """
def gap(start=0.0, lr=0.1):
    return gd.descend(HILLS, start, gd.GD(lr), 5)

gd.Live(gap, gd.Curve(), gd.Cells(lambda run: np.zeros((5, 5)), x=np.linspace(-2, 2, 5),
        y=np.linspace(0, 0.4, 5), regions=("A",), drag=("start", "lr"),
        at=lambda run: (run.start[0], run.optimizer.lr)),
        start=(-2.5, 2.5, 0.05), lr=(0.0, 0.5, 0.01))
""",
    "sweep": """
LRS = np.geomspace(0.001, 1, 31)
gd.Live(lambda lr=0.03: lr, gd.Sweep(LRS, [LRS**2, 1 / LRS], at=lambda lr: lr, drag="lr", log="xy",
        labels=["up", "down"], vlines={"2/λ": 0.5}, spans={"diverges": (0.5, 1.0)}, theory=LRS,
        points=(LRS[::5], LRS[::5])),
        gd.Cells(lambda lr: lr * np.arange(1.0, 13).reshape(3, 4), log="c", label="size",
                 limits=(1e-3, 10)),
        readout=lambda lr: {"rate": lr}, lr=gd.log_slider(0.001, 1))
""",
    "crowd": """
POINTS = np.random.default_rng(0).normal(size=(200, 2))
gd.Live(lambda lr=0.05: gd.descend(BOWL, POINTS, gd.GD(lr), 30), gd.Contour(),
        lr=(0.0, 0.6, 0.01))
""",
    "surface": """
gd.Live(lambda lr=0.1: gd.descend(BOWL, (-2.5, 1.5), gd.GD(lr), 20), gd.Surface(),
        lr=(0.0, 0.6, 0.01))
""",
    "networks": """
X = np.array([[-1, -1], [1, 1], [-1, 1], [1, -1]]) + 0.05
CLASSES, WEIGHTS = np.array([0, 0, 1, 1]), np.array([[1.0, -2.0], [0.5, 0.1]])
def forward(gain):
    return gain ** np.arange(12.0)

gd.Live(lambda gain=0.5: gain, gd.Layers(forward, lambda gain: forward(gain)[::-1]),
        gd.Boundary((*X.T, CLASSES), lambda gain, plane: plane[:, 0] * gain - plane[:, 1]),
        gd.Net(weights=lambda gain: [gain * WEIGHTS, np.array([[1.0, gain]])]),
        readout=lambda gain: {"gain": gain}, gain=(0.0, 2.0, 0.1))
""",
    "formula": """
def explore(formula="x**2 + y**2", lr=0.1):
    return gd.descend(gd.landscape(formula, variables=("x", "y")), (1.0, 0.5), gd.GD(lr), 10)

gd.Live(explore, gd.Contour(), formula="x**2 + y**2", lr=(0.0, 1.0, 0.1))
""",
    "slow": """
def think(a=1):
    end = time.monotonic() + (30 if a == 5 else 0)
    while time.monotonic() < end:
        sum(range(1000))
    return a

gd.Live(think, gd.Lines(lambda a: a * np.arange(3.0)), readout=lambda a: f"a is {a}", a=(1, 5))
""",
    "training": """
def loss(x):
    time.sleep(0.05)
    return BOWL.value(x)

gd.train(BOWL, (2.0, 1.0), gd.GD(0.01), 2000, every=1, progress=gd.Progress(), loss=loss)
""",
    "clinic": """
gd.Clinic(seed=1, patients=2)
""",
    "kernel": KERNEL,
}
FIGURES = [name for name in CELLS if name not in ("set-up", "training", "clinic", "kernel")]


def notebook(path, names):
    cells = [nbformat.v4.new_code_cell(CELLS[name].strip()) for name in names]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.fixture(scope="module")
def chromium_and_server(tmp_path_factory):
    need_chromium()
    folder = tmp_path_factory.mktemp("lab")
    notebook(folder / "figures.ipynb", ["set-up", *FIGURES, "kernel"])
    notebook(folder / "again.ipynb", ["set-up", "walk"])
    notebook(folder / "training.ipynb", ["set-up", "training"])
    notebook(folder / "clinic.ipynb", ["set-up", "clinic", "kernel"])
    with jupyterlab(folder) as server, browser() as chromium:
        yield chromium, server


@pytest.fixture(scope="module")
def lab(chromium_and_server):
    lab = Lab(*chromium_and_server).open("figures.ipynb").run_all()
    # a picture is drawn once more when the browser has told its size
    for number in range(len(FIGURES)):
        lab.figure(number).wait_for_rest()
    yield lab
    lab.close()


@pytest.fixture
def figure_of(lab):
    """A figure by its name, which is reset after the test."""
    opened = []

    def get(name):
        figure = lab.figure(FIGURES.index(name))
        opened.append((figure, figure.picture()))
        return figure

    yield get
    for figure, before in opened:
        figure.press("reset")
        figure.wait_for_picture(before)
        figure.wait_until("!figure.error.textContent && !figure.chips.children.length")


# ---- the canvas and the PNG are one picture


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "slow"])
def test_the_canvas_shows_what_agg_draws(lab, name):
    number = FIGURES.index(name)
    compare(lab, number)
    compare(lab, number, ["highest"], pinned=True)
    lab.kernel(f"LIVES[{number}].reset()")
    lab.page.wait_for_timeout(100)


def test_a_difference_would_be_seen(figure_of):
    figure = figure_of("walk")
    before = figure.pixels()
    assert share_that_differs(before, np.roll(before, 3, axis=1)) > 0.02
    figure.slider("lr").press("ArrowRight", times=5)
    figure.wait_for_readout("0.85")
    assert share_that_differs(before, figure.pixels()) > 0.01


# ---- hands and keys


def test_a_slider_dragged_past_the_limit_diverges(figure_of):
    figure = figure_of("walk")
    picture, words = figure.picture(), figure.readout()
    assert "arrives" in words
    figure.slider("lr").drag_to(1.0)
    figure.wait_for_readout("diverges")
    assert figure.wait_for_change(picture) != picture
    assert figure.error() == ""


def test_keys_on_the_handle_and_a_number_typed(figure_of):
    figure = figure_of("walk")
    figure.slider("lr").press("ArrowRight", times=3)
    figure.wait_for_readout("0.87")
    figure.slider("lr").type(0.42)
    figure.wait_for_readout("0.58")


def test_a_comma_is_a_point(figure_of):
    figure = figure_of("walk")
    figure.slider("lr").type("0,3")
    figure.wait_for_readout("0.7")
    assert figure.slider("lr").value() == 0.3


def test_the_ball_can_be_grabbed(figure_of):
    figure = figure_of("walk")
    picture, numbers = figure.picture(), figure.numbers("start")
    figure.drag((0.15, 0.3), (0.4, 0.6))
    figure.wait_for_change(picture)
    moved = figure.numbers("start")
    assert moved[0] > numbers[0]
    assert moved[1] < numbers[1]


def test_the_ball_of_a_map_moves_both_controls(figure_of):
    figure = figure_of("map")
    figure.drag((0.75, 0.6), (0.9, 0.3))
    figure.wait_until("!figure.waiting")
    assert figure.numbers("start")[0] > 1
    assert figure.slider("lr").value() > 0.03


def test_arrow_keys_move_the_ball_and_escape_nothing(figure_of, lab):
    figure = figure_of("walk")
    x, y = figure.numbers("start")
    cells = lab.cells()
    figure.image.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        count = figure.ask("return figure.frame.count;")
        lab.page.keyboard.press(key)
        figure.wait_until(f"figure.frame.count > {count}")
    assert figure.numbers("start") == pytest.approx([x + 0.24, y - 0.08], abs=0.02)
    for key in ("x", "a", "b", "m", "d", "d", "y", "0"):
        lab.page.keyboard.press(key)
    figure.slider("lr").handle.focus()
    for key in ("x", "a", "b", "m", "d", "d"):
        lab.page.keyboard.press(key)
    assert lab.cells() == cells


def test_everything_can_be_reached_and_used_with_the_keyboard(figure_of, lab):
    figure = figure_of("walk")
    figure.control("start").locator("input").first.focus()
    seen = []
    for _ in range(14):
        lab.page.keyboard.press("Tab")
        seen.append(
            lab.page.evaluate(
                "`${document.activeElement.className} ${document.activeElement.tagName}`"
            )
        )
    for part in (
        "noUi-handle",
        "gdviz-stage",
        "gdviz-play",
        "gdviz-step",
        "gdviz-pin",
        "gdviz-reset",
    ):
        assert any(part in name for name in seen), f"{part} is not reached: {seen}"
    figure.root.locator(".gdviz-pin").focus()
    lab.page.keyboard.press("Enter")
    figure.wait_until("figure.chips.children.length === 1")
    figure.root.locator(".gdviz-step").focus()
    for _ in range(6):
        lab.page.keyboard.press("ArrowLeft")
    figure.wait_for_readout(re.compile(r"step\s*34"))
    assert figure.step() == (34, 40)
    figure.root.locator(".gdviz-reset").focus()
    lab.page.keyboard.press("Enter")
    figure.wait_until("figure.chips.children.length === 0 && figure.story.step === 40")


def test_buttons_and_handles_have_names(figure_of):
    figure = figure_of("walk")
    names = figure.root.evaluate(
        """root => [...root.querySelectorAll("button, select, input, [role=slider], [role=img]")]
            .filter(part => part.offsetParent).map(part => [part.outerHTML.slice(0, 80),
                part.getAttribute("aria-label") || part.textContent.trim() || part.title ||
                (part.labels && part.labels.length && part.labels[0].textContent) || ""])"""
    )
    nameless = [part for part, name in names if not name and "noUi" not in part]
    assert nameless == []


def test_a_surface_is_turned_and_redrawn(figure_of, lab):
    figure = figure_of("surface")
    lab.kernel(
        f"surface = LIVES[{FIGURES.index('surface')}].picture.panels[0]; view = surface.view"
    )
    picture = figure.picture()
    figure.drag((0.4, 0.5), (0.5, 0.45))
    figure.wait_for_change(picture)
    turned = lab.kernel("print(surface.view[1] - view[1], surface.view[0] - view[0])")
    across, up = map(float, turned.split())
    assert (across + 180) % 360 - 180 == pytest.approx(
        -0.1 * figure.image.bounding_box()["width"] / 3, rel=0.1
    )
    assert up != 0
    # Reset leaves a view as the learner has turned it
    lab.kernel("LIVES[0]; surface.turn(surface.view[1] - view[1], view[0] - surface.view[0])")
    lab.kernel(f"LIVES[{FIGURES.index('surface')}]._turn([surface], 0, 0)")


# ---- Play


def count_messages(lab):
    """Begin to count what the kernel sends; the numbers stand in ``window.fromKernel``."""
    lab.page.evaluate(
        """() => {
            window.fromKernel = 0;
            if (window.counting) return;
            window.counting = true;
            const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
            kernel.iopubMessage.connect(() => (window.fromKernel += 1));
        }"""
    )


def test_play_runs_in_the_browser_and_ends_whole(figure_of, lab):
    figure = figure_of("walk")
    before, words = figure.picture(), figure.readout()
    figure.root.locator(".gdviz-speed").select_option(label="fast")
    figure.press("play")
    figure.wait_until("figure.reel")
    lab.page.wait_for_timeout(150)
    count_messages(lab)
    drawn = figure.frames()
    steps = set()
    while figure.is_playing():
        steps.add(figure.step()[0])
        assert "step" in figure.readout()
    assert figure.frames() - drawn > 8
    assert lab.page.evaluate("window.fromKernel") == 0, "Play needs nothing of the kernel"
    assert len(steps) > 5
    figure.wait_for_picture(before)
    assert figure.readout() == words
    assert figure.step() == (40, 40)
    figure.root.locator(".gdviz-speed").select_option(label="normal speed")


def test_the_readout_tells_the_step_that_is_shown(figure_of):
    figure = figure_of("walk")
    figure.press("play")
    figure.wait_until("figure.reel && figure.at > 3")
    told = figure.ask(
        """return [figure.slider.value, figure.count.textContent,
            figure.readout.querySelector("td.gdviz-measured").textContent];"""
    )
    assert told == [told[0], f"step {told[0]} of 40", told[0]]
    figure.press("play")
    assert not figure.is_playing()
    assert figure.step() == (40, 40)


def test_play_can_be_stopped_scrubbed_and_goes_on(figure_of):
    figure = figure_of("walk")
    before = figure.picture()
    figure.press("play")
    figure.wait_until("figure.reel && figure.at > 2")
    figure.step_to(7)
    figure.wait_for_readout(re.compile(r"step\s*7"))
    assert not figure.is_playing()
    assert figure.step() == (7, 40)
    assert figure.picture() != before
    # to the whole, which the kernel showed all the time
    figure.press("play")
    figure.wait_until("figure.reel && figure.at > 1")
    assert figure.step()[0] >= 7
    figure.step_to(40)
    figure.wait_for_picture(before)


def test_the_step_slider_does_not_jump_back_under_quick_keys(figure_of, lab):
    figure = figure_of("walk")
    figure.step_to(10)
    figure.wait_for_readout(re.compile(r"step\s*10"))
    figure.root.locator(".gdviz-step").focus()
    for _ in range(15):
        lab.page.keyboard.press("ArrowRight")
    figure.wait_for_readout(re.compile(r"step\s*25"))
    assert figure.step() == (25, 40)


def test_space_plays_and_stops(figure_of, lab):
    figure = figure_of("walk")
    before = figure.picture()
    figure.image.focus()
    lab.page.keyboard.press(" ")
    figure.wait_until("figure.reel && figure.at > 1")
    lab.page.keyboard.press(" ")
    figure.wait_until("!figure.reel")
    figure.wait_for_picture(before)


def test_tab_goes_on_from_play_while_it_plays(figure_of, lab):
    figure = figure_of("walk")
    focused = "document.activeElement.className"
    figure.root.locator(".gdviz-play").focus()
    lab.page.keyboard.press(" ")
    figure.wait_until("figure.reel && figure.at > 1")
    assert lab.page.evaluate(focused) == "gdviz-play"
    lab.page.keyboard.press("Tab")
    assert lab.page.evaluate(focused) == "gdviz-step"
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press(" ")
    figure.wait_until("!figure.reel")
    assert lab.page.evaluate(focused) == "gdviz-play"


def test_who_wants_no_motion_sees_a_few_pictures(figure_of, lab):
    figure = figure_of("walk")
    before = figure.picture()
    lab.page.emulate_media(reduced_motion="reduce")
    try:
        figure.press("play")
        figure.wait_until("figure.reel")
        drawn = figure.frames()
        lab.page.wait_for_timeout(1600)
        assert figure.frames() - drawn <= 2
        assert figure.is_playing()
        figure.press("play")
    finally:
        lab.page.emulate_media(reduced_motion="no-preference")
    figure.wait_for_picture(before)


def test_one_is_played_while_another_is_dragged(figure_of):
    played, dragged = figure_of("walk"), figure_of("curve")
    whole = played.picture()
    played.press("play")
    played.wait_until("figure.reel")
    drawn, words = played.frames(), dragged.readout()
    dragged.slider("lr").drag_to(0.9)
    dragged.wait_until(f"figure.readout.innerText !== {json.dumps(words)}")
    assert played.is_playing()
    assert played.frames() > drawn
    played.press("play")
    played.wait_for_picture(whole)


# ---- pins


def test_pinned_trails_are_seen_and_named(figure_of):
    figure = figure_of("walk")
    figure.press("pin")
    figure.wait_until("figure.chips.children.length === 1")
    figure.slider("lr").type(0.3)
    figure.wait_for_readout("0.7")
    figure.press("pin")
    figure.wait_until("figure.chips.children.length === 2")
    chips = figure.root.locator(".gdviz-chip")
    assert chips.all_inner_texts() == ["η = 0.1", "η = 0.3"]
    colours = [
        chips.nth(i).evaluate("chip => chip.style.getPropertyValue('--pin')") for i in (0, 1)
    ]
    assert len(set(colours)) == 2
    # the present run is the wider line: it would cover the pin of itself
    figure.slider("lr").type(0.05)
    figure.wait_for_readout("0.95")
    pinned = figure.pixels()
    for colour in colours:
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        assert (np.abs(pinned - (0.8 * rgb + 51)).max(axis=-1) < 40).any(), f"no trail in {colour}"


# ---- words


def test_a_screen_reader_hears_the_settled_state_once(figure_of, lab):
    figure = figure_of("walk")
    lab.page.wait_for_timeout(700)
    figure.ask(
        """window.heard = [];
        new MutationObserver(() => window.heard.push(figure.spoken.textContent))
            .observe(figure.spoken, {childList: true, characterData: true, subtree: true});
        return 1;"""
    )
    figure.slider("lr").drag_to(0.9, moves=30)
    figure.wait_for_readout("diverges")
    lab.page.wait_for_timeout(1200)
    heard = lab.page.evaluate("window.heard")
    assert len(heard) == 1
    assert heard[0] == figure.alternative() == figure.ask("return figure.frame.text;")
    assert heard[0].startswith("diverges. step: 40; factor:")


def test_a_bad_formula_is_told_in_words_and_the_picture_stays(figure_of):
    figure = figure_of("formula")
    before, field = figure.picture(), figure.control("formula").locator("input")
    for text in ("x +", "sqrt(x - 500)", "log(-1 - x**2)", "q*x"):
        field.fill(text)
        field.press("Enter")
        figure.wait_until("figure.error.textContent")
        assert len(figure.error().split()) > 3
        assert figure.picture() == before
        field.fill("x**2 + y**2")
        field.press("Enter")
        figure.wait_until("!figure.error.textContent")
    assert figure.picture() == before


def contrast(colours):
    def luminance(colour):
        parts = np.array([float(part) for part in re.findall(r"[\d.]+", colour)[:3]]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_words_can_be_read_in_both_themes(figure_of, lab, theme):
    figure = figure_of("formula")
    lab.page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
    )
    try:
        lab.page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light",
            arg=f"{theme.endswith('Light')}".lower(),
        )
        field = figure.control("formula").locator("input")
        field.fill("x +")
        field.press("Enter")
        figure.wait_until("figure.error.textContent")
        lab.page.wait_for_timeout(300)
        for name in ("error", "readout", "count", "pin", "play", "speed", "reset"):
            colours = figure.root.locator(f".gdviz-{name}").first.evaluate(
                """part => {
                    const ground = part => getComputedStyle(part).backgroundColor;
                    let under = part;
                    while (/^rgba.* 0\\)$/.test(ground(under))) under = under.parentElement;
                    return [getComputedStyle(part).color, ground(under)];
                }"""
            )
            least = 3.0 if name == "play" else 4.5
            assert contrast(colours) >= least, f"{name}: {colours}"
    finally:
        lab.page.evaluate(
            """window.jupyterapp.commands.execute("apputils:change-theme",
                {theme: "JupyterLab Light"})"""
        )
        lab.page.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


# ---- sizes


def test_panels_stack_on_a_narrow_page_and_stay_crisp_on_a_dense_screen(figure_of, lab):
    figure = figure_of("walk")
    size = lab.page.viewport_size
    shape = figure.ask("return [figure.still.width, figure.still.height, figure.back.width];")
    assert shape[0] == shape[2] <= 1100
    try:
        lab.page.set_viewport_size({"width": 520, "height": 900})
        figure.wait_until("figure.still.width < 500")
        lefts = figure.ask("return figure.still.parts.map(part => part.box[0]);")
        tops = figure.ask("return figure.still.parts.map(part => part.box[1]);")
        assert lefts == [0, 0]
        assert tops[0] < tops[1]
    finally:
        lab.page.set_viewport_size(size)
    figure.wait_until(f"figure.still.width === {shape[0]}")
    try:
        lab.density(2)
        figure.wait_until(
            "figure.still.ratio === 2 && figure.back.width === 2 * figure.still.width"
        )
        assert figure.ask("return [figure.still.width, figure.still.height];") == shape[:2]
        compare(lab, FIGURES.index("walk"), ["first"])
        numbers = figure.numbers("start")
        figure.drag((0.15, 0.3), (0.3, 0.5))
        figure.wait_until("!figure.waiting")
        assert figure.numbers("start") != numbers
    finally:
        lab.density(1)
    figure.wait_until("figure.still.ratio === 1")


@pytest.mark.parametrize("name", ["map", "grid"])
def test_a_ball_dragged_on_a_map_is_never_turned_back(figure_of, lab, name):
    """The browser moves a handle to the nearest step, and reports that: no news to the kernel."""
    figure, number = figure_of(name), FIGURES.index(name)
    lab.kernel(
        f"""
computed = []
figure = LIVES[{number}]
compute = figure.compute
figure.compute = lambda **values: computed.append(values) or compute(**values)
"""
    )
    figure.drag((0.62, 0.75), (0.95, 0.2), moves=25)
    figure.wait_until("!figure.waiting")
    figure.page.wait_for_timeout(500)
    told = lab.kernel("figure.compute = compute; print(json.dumps([computed, figure.values]))")
    computed, values = json.loads(told)
    assert len(computed) > 2
    for control in ("start", "lr"):
        way = [at[control] for at in computed]
        assert way == sorted(way)
        assert values[control] == way[-1]
    both = [(at["start"], at["lr"]) for at in computed]
    assert len(set(both)) == len(both), "the same place was computed twice"


# ---- two at once, an interrupt, a dead kernel


def test_two_figures_dragged_at_once_end_at_their_last_values(figure_of, lab):
    one, two = figure_of("walk"), figure_of("curve")
    for _ in range(6):
        one.slider("lr").press("ArrowRight")
        two.slider("lr").press("ArrowRight")
    one.wait_for_readout("0.84")
    two.wait_until("!figure.error.textContent")
    lab.page.wait_for_timeout(300)
    for figure in (one, two):
        number = FIGURES.index("walk" if figure is one else "curve")
        told = lab.kernel(
            f"figure = LIVES[{number}]; print(json.dumps([figure._count, figure.text]))"
        )
        count, text = json.loads(told)
        figure.wait_for_frame(count)
        assert figure.ask("return figure.frame.text;") == text


def test_a_picture_of_earlier_values_turns_pale_while_the_kernel_computes(figure_of, lab):
    figure, pale = figure_of("slow"), "figure.stage.classList.contains('gdviz-computing')"
    figure.slider("a").type(2)
    figure.wait_for_readout("a is 2")
    lab.page.wait_for_timeout(600)
    assert not figure.ask(f"return {pale};"), "an answer that comes at once dims nothing"
    figure.slider("a").type(5)
    figure.wait_until(pale)
    lab.interrupt()
    figure.wait_for_error("Stopped before it was done")
    figure.wait_until(f"!{pale}")
    figure.slider("a").drag_to(0.0)
    figure.wait_for_readout("a is 1")


def test_a_long_compute_is_interrupted_like_a_cell(figure_of, lab):
    figure = figure_of("slow")
    picture = figure.picture()
    figure.slider("a").type(5)
    lab.page.wait_for_timeout(600)
    begun = time.monotonic()
    lab.interrupt()
    figure.wait_for_error("Stopped before it was done")
    assert time.monotonic() - begun < 10
    assert figure.picture() == picture
    figure.slider("a").drag_to(0.0)
    figure.wait_for_readout("a is 1")
    figure.slider("a").drag_to(0.5)
    figure.wait_for_readout("a is 3")
    assert figure.error() == ""


def test_a_kernel_at_work_is_called_busy(figure_of, lab):
    figure = figure_of("slow")
    figure.slider("a").type(5)
    figure.wait_until("figure.computing")
    figure.root.locator(".gdviz-stage").click()
    figure.wait_until("figure.dead.textContent", 12)
    assert figure.dead().startswith("The kernel is busy")
    lab.interrupt()
    figure.wait_until("!figure.dead.textContent", 12)
    figure.slider("a").drag_to(0.0)
    figure.wait_for_readout("a is 1")


def test_the_stop_button_is_heard_while_the_cell_runs(chromium_and_server):
    lab = Lab(*chromium_and_server).open("training.ipynb")
    lab.page.get_by_role("menuitem", name="Run", exact=True).click()
    lab.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    lab.page.locator("button:has-text('Stop')").click()
    told = lab.page.get_by_text("Stopped before 2,000: this is kept.")
    told.wait_for(timeout=15_000)
    lab.close()


def test_a_kernel_that_was_restarted_says_so_at_the_first_drag(chromium_and_server):
    lab = Lab(*chromium_and_server).open("again.ipynb").run_all()
    figure = lab.figure(0)
    assert figure.dead() == ""
    lab.restart()
    figure.slider("lr").drag_to(0.7)
    figure.wait_until("figure.dead.textContent", 12)
    assert "run this cell again" in figure.dead()
    lab.run_all()
    figure = lab.figure(0)
    figure.slider("lr").drag_to(1.0)
    figure.wait_for_readout("diverges")
    assert figure.dead() == ""
    assert lab.page.locator(".gdviz-live").count() == 1
    assert lab.complaints == []
    lab.close()


def test_the_page_raised_no_error(lab):
    assert lab.complaints == []


# ---- the clinic


def test_a_whole_consultation(chromium_and_server):
    lab = Lab(*chromium_and_server).open("clinic.ipynb").run_all()
    try:
        clinic = lab.page.locator(".gdviz-clinic")
        figure = lab.figure(0)
        name, cure = clinic.locator("select").nth(0), clinic.locator("select").nth(1)

        def press(words):
            clinic.get_by_role("button", name=words).click()

        compare(lab, 0, ["first"])
        assert clinic.get_by_role("button", name="Next patient").is_disabled()
        press("Rate finder")
        figure.wait_for_readout("the best in 30 steps")
        # what is bought keeps the focus: to press it again buys nothing else
        held = "document.activeElement.textContent.startsWith('Rate finder')"
        lab.page.wait_for_function(held)
        lab.page.keyboard.press("Space")
        figure.wait_for_readout("You have Rate finder already")
        figure.wait_for_readout("17 of 20")
        lab.page.wait_for_function(held)
        compare(lab, 0, ["first"])
        press("Treat")
        figure.wait_for_readout("Name the disease first")
        name.select_option(label="plateau")
        cure.select_option(label="a rate 20 times larger · 1")
        press("Treat")
        figure.wait_for_readout("Not cured by a rate 20 times larger")
        # the runs are drawn as they go, from left to right, and then stand there whole
        figure.wait_until("figure.sweeping && !figure.unseen")
        compare(lab, 0, ["first"])
        # by keyboard: to the fields, the options by their first letters, and Enter
        cells = lab.cells()
        name.focus()
        lab.page.keyboard.type("rate too high")
        cure.focus()
        lab.page.keyboard.type("a rate 20 times smaller")
        # the kernel has heard of it: a press would overtake what waits to be sent
        explained = clinic.locator(".gdviz-explained")
        expect(explained).to_contain_text("A rate 20 times smaller", timeout=10_000)
        clinic.get_by_role("button", name="Treat").focus()
        lab.page.keyboard.press("Enter")
        figure.wait_for_readout("Cured by a rate 20 times smaller")
        figure.wait_for_readout("12 of 20")
        assert lab.cells() == cells
        figure.wait_until("!figure.unseen")
        compare(lab, 0, ["first"])
        lab.page.wait_for_function("document.activeElement.textContent === 'Next patient'")
        press("Next patient")
        figure.wait_for_readout("2 of 2")
        lab.page.wait_for_function("document.activeElement.textContent.startsWith('Step length')")
        assert name.evaluate("field => field.selectedIndex") == 0
        press("Give up")
        press("Press again")
        figure.wait_for_readout("The cure is")
        press("The record")
        figure.wait_for_readout("1 of 2 cured, 0 named without an error: 12 of 40 points")
        compare(lab, 0, ["first"])
        press("New patients")
        figure.wait_for_readout("clinic 2")
        assert lab.complaints == []
    finally:
        lab.shut_down()
        lab.close()
