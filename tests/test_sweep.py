"""Every control of every live figure in every notebook: minimum, middle, maximum, every option."""

import hashlib
import itertools

import ipywidgets as widgets
import nbformat
import numpy as np
import pytest
from execute_notebooks import FOLDER
from notebook_runner import step_through

import gdviz as gd

PATHS = sorted(FOLDER.glob("*.ipynb"))
NUMERIC = (
    widgets.IntSlider,
    widgets.FloatSlider,
    widgets.BoundedIntText,
    widgets.BoundedFloatText,
)
CHOICES = (
    widgets.Dropdown,
    widgets.RadioButtons,
    widgets.Select,
    widgets.SelectionSlider,
    widgets.ToggleButtons,
)
# what a learner may leave in a field of formulas on the way to a good one
NO_FORMULAS = ("x +* (", "", "sqrt(x - 500)", "log(-1 - x**2)", "q*x", "x + y + z + w")


def lives_of(path):
    """Every live figure of a notebook, in order, as it stands when its cell has run."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        original = gd.Live.__init__

        def collect(self, *arguments, **options):
            original(self, *arguments, **options)
            found.append(self)

        patch.setattr(gd.Live, "__init__", collect)
        patch.chdir(path.parent)
        for _, value, _ in step_through(path):
            getattr(value, "_repr_mimebundle_", dict)()
    return found


def settings(widget, live):
    """The values to try: both ends and the middle of a range, every option of a choice."""
    if isinstance(widget, NUMERIC):
        middle = widget.min + round((widget.max - widget.min) / 2 / widget.step) * widget.step
        return [widget.min, type(widget.value)(middle), widget.max]
    if isinstance(widget, gd.controls.LogSlider):
        return [widget.low, (widget.low * widget.high) ** 0.5, widget.high]
    if isinstance(widget, CHOICES):
        return [
            option[1] if isinstance(option, tuple) else option for option in widget._options_full
        ]
    if isinstance(widget, (widgets.Checkbox, widgets.ToggleButton)):
        return [True, False]
    if isinstance(widget, gd.controls.Point):
        return corners_and_middle(widget, live)
    if isinstance(widget, (widgets.IntText, widgets.FloatText)):
        return [type(widget.value)(factor * widget.value) for factor in (0, 1, 2)]
    if isinstance(widget, widgets.Text):
        return [widget.value]
    raise NotImplementedError(f"say here which values of a {type(widget).__name__} to try")


def off_the_grid(widget):
    """How far, in steps, the value lies from where the browser lets the handle stand.

    From such a place the browser shows one number and the kernel computes with another.
    """
    if not isinstance(widget, (widgets.IntSlider, widgets.FloatSlider)):
        return 0.0
    place = (widget.value - widget.min) / widget.step
    return abs(place - round(place))


def corners_and_middle(point, live):
    """The ends and the middle of the axes on which this start can be dragged."""
    for panel in live.picture.panels:
        if panel.where(point.value) is None:
            continue
        limits = [panel.ax.get_xlim(), panel.ax.get_ylim()][: np.size(point.value)]
        places = itertools.product(*[(low, (low + high) / 2, high) for low, high in limits])
        return [place[0] if point.scalar else place for place in places]
    for panel in live.picture.panels:
        for axis, name in getattr(panel, "drags", {}).items():
            if live.controls.get(name) is point:
                low, high = getattr(panel.ax, f"get_{axis}lim")()
                return [low, (low + high) / 2, high]
    raise AssertionError(f"{point.description}: no panel on which this start can be dragged")


def artists(live):
    return sum(len(axes.get_children()) for axes in live.figure.axes)


def appearance(live):
    """What is seen, by its hash and not as a PNG, which is slow to make, and what is told."""
    return hashlib.sha256(live.picture.raster).hexdigest(), live.text


def handles(live):
    """Every control by name, and the slider over the steps."""
    return {**live.controls, **({"step": live.step} if live.step is not None else {})}


def try_control(live, name, widget):
    first, count = appearance(live), artists(live)
    seen = set()
    assert off_the_grid(widget) < 1e-6, f"{name} = {widget.value} is no step of its slider"
    for value in settings(widget, live):
        widget.value = value
        context = f"{name} = {value!r}"
        assert live.error is None, f"{context}: {live.error!r}"
        assert live.text.strip(), f"{context}: the readout is empty"
        seen.add(appearance(live))
        still = [still.pixels for still in live.picture.stills]
        live.picture.update(live.picture.whole, live.picture.shown)
        for one, other in zip(still, live.picture.stills, strict=True):
            np.testing.assert_array_equal(one, other.pixels, f"{context}: the axes are not calm")
    assert isinstance(widget, widgets.Text) or len(seen | {first}) > 1, f"{name} changes nothing"
    if isinstance(widget, widgets.Text):
        try_formulas(live, name, widget, first)
    live.reset()
    assert appearance(live) == first, f"{name}: reset does not restore the first picture and text"
    assert artists(live) == count, f"{name}: reset leaves artists behind"


def try_formulas(live, name, widget, first):
    """Any text leaves the last good picture, and the next good one recovers."""
    good = widget.value
    for text in NO_FORMULAS:
        widget.value = text
        if live.error is not None:
            assert live.text.strip(), f"{name} = {text!r} is told in no words"
            picture, _ = appearance(live)
            assert picture == first[0], f"{name} = {text!r}: the last good picture went away"
        widget.value = good
        assert live.error is None, f"{name} = {good!r} after {text!r}: {live.error!r}"
        live.reset()
        assert appearance(live) == first


def try_play(live):
    """Every step of the story can be drawn and told, and afterwards the figure is whole."""
    first, sent = appearance(live), []
    live.canvas.send, original = lambda *message: sent.append(message), live.canvas.send
    try:
        live._told(None, {"kind": "play", "step": 0}, [])
    finally:
        live.canvas.send = original
    assert live.error is None, live.error
    ((reel, _),) = sent
    assert len(reel["frames"]) > min(3, live.result.steps), "the story is over before it has begun"
    told = [frame["readout"] for frame in reel["frames"]]
    assert all(readout["verdict"].strip() or readout["rows"] for readout in told)
    assert appearance(live) == first


def try_pin(live):
    """After a pin, another value shows the old run too; a reset takes it away."""
    first, count = appearance(live), artists(live)
    for widget in live.controls.values():
        for value in settings(widget, live):
            if value == widget.value:
                continue
            widget.value = value
            alone, _ = appearance(live)
            live.reset()
            live.pin()
            (pin,) = live.canvas.pins
            assert pin["name"].strip()
            widget.value = value
            pinned = appearance(live)[0] != alone
            live.reset()
            assert appearance(live) == first, "reset leaves the pinned trail"
            assert artists(live) == count, "reset leaves the pinned trail"
            if pinned:
                return True
            break
    return False


# what shows no trail: the boundary, the layers and the net would hide the present one, and cells
# hide what lies under them
WITHOUT_TRAIL = (
    gd.panels.Boundary, gd.panels.Cells, gd.panels.Layers, gd.panels.Net, gd.panels.Surface,
)  # fmt: skip


def visit(live):
    """Go through all settings of a figure that keeps what was run: then nothing is added."""
    for widget in live.controls.values():
        for value in settings(widget, live):
            widget.value = value
        live.reset()


def try_figure(live, label, subtests):
    if getattr(live.result, "keeps", False):
        visit(live)
    with subtests.test(live=label):
        assert live.error is None
        assert live.text.strip()
    for name, widget in handles(live).items():
        with subtests.test(live=label, control=name):
            live.reset()
            try_control(live, name, widget)
    if live.step is not None:
        with subtests.test(live=label, button="play"):
            live.reset()
            try_play(live)
    with subtests.test(live=label, button="pin"):
        live.reset()
        panels = live.picture.panels
        kept = try_pin(live)
        assert kept or all(isinstance(panel, WITHOUT_TRAIL) for panel in panels), "no trail is kept"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_control_of_every_live_figure(path, subtests):
    lives = lives_of(path)
    assert lives, "a notebook without a live figure"
    for number, live in enumerate(lives):
        try_figure(live, f"{path.stem}-live{number}", subtests)


CELLS = """
import gdviz as gd
import numpy as np

def explore(formula="x**2 + 2*y**2", start=(-2.0, 1.0), lr=0.1, momentum=False, steps=30):
    optimizer = gd.Momentum(lr, beta=0.5) if momentum else gd.GD(lr)
    return gd.descend(gd.landscape(formula, variables=("x", "y")), start, optimizer, steps)

gd.Live(explore, gd.Contour(), gd.Loss(), formula="x**2 + 2*y**2", start=gd.point((-2, 1)),
        lr=gd.log_slider(0.001, 1), momentum=False, steps=(10, 50, 10))
# --
def sweep(x=2.0, kind="square"):
    return {"square": x**2, "cube": x**3}[kind], x

gd.Live(sweep, gd.Lines(lambda r: r[0] * np.arange(1, 6), at=lambda r: 2.5, title="grows"),
        gd.Cells(lambda r: r[0] * np.ones((2, 2)), limits=(0, 30)), x=(0.0, 3.0, 0.5),
        kind=["square", "cube"], readout=lambda r, x: {"x": x, "y": r[0]})
"""


@pytest.fixture
def notebook(tmp_path):
    def write(cells):
        path = tmp_path / "small.ipynb"
        made = [nbformat.v4.new_code_cell(source) for source in cells.split("# --\n")]
        nbformat.write(nbformat.v4.new_notebook(cells=made), path)
        return path

    return write


def test_a_small_notebook_is_swept(notebook, subtests):
    lives = lives_of(notebook(CELLS))
    assert [list(live.controls) for live in lives] == [
        ["formula", "start", "lr", "momentum", "steps"],
        ["x", "kind"],
    ]
    for number, live in enumerate(lives):
        try_figure(live, f"small-live{number}", subtests)


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (("return {", 'assert x < 3, "too far"\n    return {'), "x", "too far"),
        (("x=(0.0, 3.0, 0.5)", "x=(0.0, 3.0, 0.7)"), "x", "no step of its slider"),
        (("r[0]}", "x}"), "kind", "changes nothing"),
    ],
)
def test_the_sweep_finds_what_is_wrong(notebook, change, name, words):
    cells = CELLS.split("# --\n")[1].replace(*change)
    if words == "changes nothing":
        cells = cells.replace('"cube": x**3', '"cube": x**2')
    cells = "import gdviz as gd\nimport numpy as np\n" + cells
    (live,) = lives_of(notebook(cells))
    with pytest.raises(AssertionError, match=words):
        try_control(live, name, live.controls[name])
