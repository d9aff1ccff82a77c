"""Every control of every live figure in every notebook: minimum, middle, maximum, every option."""

import itertools

import ipywidgets as widgets
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
NO_FORMULA = "x +* ("


def run(path):
    """Execute the code cells as a kernel does, and display each last value."""
    for _, shown, _ in step_through(path):
        getattr(shown, "_repr_mimebundle_", dict)()


@pytest.fixture(scope="module")
def lives_of():
    """Every live figure of a notebook, in order; the notebook runs once for all tests."""
    cache = {}

    def get(path):
        if path not in cache:
            found = []
            with pytest.MonkeyPatch.context() as patch:
                original = gd.Live.__init__

                def collect(self, *arguments, **options):
                    original(self, *arguments, **options)
                    found.append(self)

                patch.setattr(gd.Live, "__init__", collect)
                patch.chdir(path.parent)
                run(path)
            cache[path] = found
        return cache[path]

    return get


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
    if isinstance(widget, widgets.Text):
        return [NO_FORMULA, widget.value]
    raise NotImplementedError(f"say here which values of a {type(widget).__name__} to try")


def off_the_grid(widget):
    """How far, in steps, the value lies from where the browser lets the handle stand.

    From such a place the browser shows one number and the kernel computes with another.
    """
    if isinstance(widget, (widgets.IntSlider, widgets.FloatSlider)):
        place = (widget.value - widget.min) / widget.step
    else:
        return 0.0
    return abs(place - round(place))


def corners_and_middle(point, live):
    """The ends and the middle of the axes on which this start can be dragged."""
    for panel in live.picture.panels:
        middle = panel.ax.bbox.get_points().mean(axis=0)
        place = panel.locate(middle)
        if place is not None and len(place) == np.size(point.value):
            limits = [panel.ax.get_xlim(), panel.ax.get_ylim()][: len(place)]
            places = itertools.product(*[(low, (low + high) / 2, high) for low, high in limits])
            return [place[0] if point.scalar else place for place in places]
    raise AssertionError(f"{point.description}: no panel on which this start can be dragged")


def artists(live):
    return sum(len(axes.get_children()) for axes in live.figure.axes)


def limits(live):
    names = ("xlim", "ylim", "zlim")
    return [
        tuple(getattr(axes, f"get_{name}")())
        for axes in live.figure.axes
        for name in names
        if hasattr(axes, f"get_{name}")
    ]


def appearance(live):
    return live.png, live.text


def handles(live):
    """Every control by name, and the slider over the steps."""
    return {**live.controls, **({"step": live.step} if live.step is not None else {})}


def try_control(live, name, widget):
    first, count, still = appearance(live), artists(live), limits(live)
    replaces_the_picture = isinstance(widget, (widgets.Text, *CHOICES, widgets.Checkbox))
    seen = set()
    assert off_the_grid(widget) < 1e-6, f"{name} = {widget.value} is no step of its slider"
    for value in settings(widget, live):
        widget.value = value
        context = f"{name} = {value!r}"
        if value is NO_FORMULA:
            assert live.error is not None, f"{context}: an error was expected and none was told"
            assert live.png == first[0], f"{context}: the last good picture went away"
            continue
        assert live.error is None, f"{context}: {live.error!r}"
        assert live.png.startswith(b"\x89PNG"), context
        assert live.text.strip(), f"{context}: the readout is empty"
        if not replaces_the_picture:
            assert artists(live) == count, f"{context}: artists were added or lost"
            assert limits(live) == still, f"{context}: the axes moved"
        seen.add(appearance(live))
    assert isinstance(widget, widgets.Text) or len(seen | {first}) > 1, f"{name} changes nothing"
    live.reset()
    assert appearance(live) == first, f"{name}: reset does not restore the first picture and text"
    assert artists(live) == count, f"{name}: reset leaves artists behind"


def try_pin(live):
    """After a pin, another value shows the old run too; a reset takes it away."""
    first, count = appearance(live), artists(live)
    for widget in live.controls.values():
        if isinstance(widget, (*NUMERIC, gd.controls.LogSlider, gd.controls.Point)):
            value = next(value for value in settings(widget, live) if value != widget.value)
            widget.value = value
            alone = live.png
            live.reset()
            live.pin()
            widget.value = value
            pinned = live.png != alone
            live.reset()
            assert appearance(live) == first, "reset leaves the pinned trail"
            assert artists(live) == count, "reset leaves the pinned trail"
            if pinned:
                return
    raise AssertionError("pin keeps no trail")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_control_of_every_live_figure(path, lives_of, subtests):
    lives = lives_of(path)
    assert lives, "a notebook without a live figure"
    for number, live in enumerate(lives):
        label = f"{path.stem}-live{number}"
        with subtests.test(live=label):
            assert live.error is None
            assert live.text.strip()
        for name, widget in handles(live).items():
            with subtests.test(live=label, control=name):
                live.reset()
                try_control(live, name, widget)
        with subtests.test(live=label, button="pin"):
            live.reset()
            try_pin(live)
