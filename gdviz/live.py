"""From slider to pixel: controls -> compute -> panels -> one PNG in one widget."""

import base64
import contextlib
import functools
import inspect
import math
import pathlib
import threading

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets

from gdviz.controls import Point, control
from gdviz.picture import DPI, Picture

DEGREES_A_KEY = 5
FRAMES_OF_PLAY = 100

# JupyterLab may handle two events of one page in two threads at once, and matplotlib is not made
# for that: one event at a time, over all figures.
LOCK = threading.RLock()


def _one_at_a_time(method):
    @functools.wraps(method)
    def locked(*arguments, **options):
        with LOCK:
            return method(*arguments, **options)

    return locked


class Canvas(anywidget.AnyWidget):
    """One picture with its text, which tells where the pointer pressed, and which arrow key."""

    _esm = pathlib.Path(__file__).with_name("canvas.js")
    _css = """
    .gdviz-picture { display: block; max-width: 100%; height: auto; user-select: none; }
    .gdviz-readout { white-space: pre-line; font-size: 15px; line-height: 1.45; padding: 4px 10px;
                     min-height: 1.45em; font-variant-numeric: tabular-nums; }
    .gdviz-error { white-space: pre-line; font-size: 15px; line-height: 1.45; padding: 4px 10px;
                   color: #B00020; font-weight: 600; }
    .gdviz-error:empty { display: none; }
    """
    png = traitlets.Bytes().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int(900).tag(sync=True)
    grab = traitlets.Bool(False).tag(sync=True)
    turns = traitlets.Bool(False).tag(sync=True)
    ratio = traitlets.Float(1.0).tag(sync=True)
    pointer = traitlets.List().tag(sync=True)
    turn = traitlets.List().tag(sync=True)


class Live:
    """A figure that answers at once: controls -> compute -> panels -> pixels, and a readout in
    words.

    ``compute`` is a pure function of the controls' values; what it returns goes to every panel's
    ``update`` and to ``readout(result)``, which returns the text under the figure (without one,
    ``str(result)``). Controls take what ``ipywidgets.interact`` takes, or any widget. A default
    value in the signature of ``compute`` is the control's first value. When the result can be cut
    (``result.until(step)``, as a Run can), there is a Play button that walks through the steps.

    An error in ``compute``, in a panel or in ``readout`` appears in words under the figure, which
    keeps its last good picture, and stands in ``live.error``. Raises TypeError where the controls
    do not fit ``compute``, and ValueError for a control with an empty range; what the first
    ``compute`` raises, too.

    >>> import gdviz as gd
    >>> bowl = gd.landscape("bowl")
    >>> def walk(lr=0.1):
    ...     return gd.descend(bowl, (-2, 1), gd.GD(lr), steps=20)
    >>> def where(run):
    ...     return f"{run.final[0]:.3f}"
    >>> live = gd.Live(walk, gd.Contour(), readout=where, lr=(0.0, 1.0, 0.1))
    >>> live.text
    '-0.243'
    >>> live.controls["lr"].value = 1.0
    >>> live.text
    '0.000'
    """

    def __init__(self, compute, /, *panels, readout=None, **controls):
        self.compute = compute
        self.readout = readout or str
        self.error = None
        self.controls = self._controls(compute, controls)
        self.first = {name: widget.value for name, widget in self.controls.items()}
        self.result = compute(**self.values)
        self.picture = Picture(self.result, panels, self.readout(self.result))
        self.canvas = Canvas(width=round(self.figure.get_figwidth() * DPI))
        self.points = [widget for widget in self.controls.values() if isinstance(widget, Point)]
        self.canvas.turns = any(panel.turns for panel in panels)
        self.canvas.grab = bool(self.points) or self.canvas.turns
        self.step = None
        self._quiet = False
        self._press = self._panel = self._held = self._last = None
        self.widget = self._assemble()
        self._send()
        for widget in self.controls.values():
            widget.observe(self._changed, "value")
        self.canvas.observe(self._rescaled, "ratio")
        self.canvas.observe(self._pointed, "pointer")
        self.canvas.observe(self._turned, "turn")

    @property
    def values(self):
        """The controls' values, by name."""
        return {name: widget.value for name, widget in self.controls.items()}

    @property
    def text(self):
        """What stands under the figure: the readout, or the error in words."""
        return self.canvas.error or self.canvas.text

    @property
    def png(self):
        """The picture on screen, as the bytes of a PNG."""
        return self.picture.png

    @property
    def figure(self):
        """The matplotlib Figure."""
        return self.picture.figure

    @_one_at_a_time
    def pin(self):
        """Keep the present result as a pale trail to compare with."""
        for panel in self.picture.panels:
            panel.pin(self.result)
        self.picture.draw()
        self._send()

    @_one_at_a_time
    def reset(self):
        """Restore the first value of every control, and take the pinned trails away."""
        for panel in self.picture.panels:
            panel.unpin()
        with self._silence():
            for name, widget in self.controls.items():
                widget.value = self.first[name]
            if self.step is not None:
                self.step.value = self.step.max
        self._refresh(still=True)

    @contextlib.contextmanager
    def _silence(self):
        """Change controls without an answer to each change."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _controls(self, compute, given):
        parameters = inspect.signature(compute).parameters
        try:
            inspect.signature(compute).bind(**given)
        except TypeError as error:
            raise TypeError(
                f"{compute.__name__} takes {', '.join(parameters) or 'nothing'}, and the controls "
                f"are {', '.join(given) or 'none'}: give one control for each ({error})"
            ) from None
        defaults = {name: parameter.default for name, parameter in parameters.items()}
        return {
            name: control(name, value, defaults.get(name, inspect.Parameter.empty))
            for name, value in given.items()
        }

    def _assemble(self):
        pin = widgets.Button(description="Pin", tooltip="Keep this run as a pale trail")
        reset = widgets.Button(description="Reset", tooltip="Back to the first values")
        pin.on_click(lambda button: self.pin())
        reset.on_click(lambda button: self.reset())
        buttons = [pin, reset]
        for button, name in zip(buttons, ("pin", "reset"), strict=True):
            button.layout.width = "80px"
            button.add_class(f"gdviz-{name}")
        if hasattr(self.result, "until"):
            steps = self.result.steps
            self.step = widgets.IntSlider(steps, 0, steps, description="step")
            self.step.style.description_width = "max-content"
            self.step.layout.width = "330px"
            self.step.add_class("gdviz-step")
            self.play = widgets.Play(value=steps, max=steps, interval=60, show_repeat=False)
            self._pace(steps)
            self.play.add_class("gdviz-play")
            for end in ("value", "max"):
                widgets.jslink((self.play, end), (self.step, end))
            self.step.observe(self._stepped, "value")
            buttons += [self.play, self.step]
        rows = widgets.HBox(list(self.controls.values()), layout={"flex_flow": "row wrap"})
        box = widgets.VBox([rows, self.canvas, widgets.HBox(buttons)])
        box.add_class("gdviz-live")
        return box

    def _pace(self, steps):
        """Let Play walk through a long run in as many frames as through a short one."""
        self.play.step = max(1, steps // FRAMES_OF_PLAY)

    @_one_at_a_time
    def _changed(self, change):
        if not self._quiet:
            self._refresh()

    def _refresh(self, still=False):
        try:
            result = self.compute(**self.values)
            text = self.readout(result)
            self._show(result, still)
        except Exception as error:  # whatever a learner's formula or code raises is told in words
            self._fail(error)
            return
        self.result, self.picture.text = result, text
        self.error = None
        self._send()

    def _fail(self, error):
        self.error = error
        words = str(error) or type(error).__name__
        expected = isinstance(error, ValueError)
        self.canvas.error = words if expected else f"{type(error).__name__}: {words}"
        try:
            self._show(self.result, still=True)
        except Exception:
            return
        self._send()

    def _show(self, result, still=False):
        self.picture.update(self._cut(result), still)

    def _cut(self, result):
        """Return the result up to the slider's step, and give the slider the result's length."""
        if self.step is None:
            return result
        if self.step.max != result.steps:
            whole = self.step.value == self.step.max
            with self._silence():
                self.step.max = result.steps
                if whole:
                    self.step.value = result.steps
            self._pace(result.steps)
        return result if self.step.value >= result.steps else result.until(self.step.value)

    @_one_at_a_time
    def _stepped(self, change):
        if not self._quiet:
            self._show(self.result)
            self._send()

    def _send(self):
        with self.canvas.hold_sync():
            self.canvas.png = self.png
            self.canvas.text = self._shown() + self.picture.text
            if self.error is None:
                self.canvas.error = ""

    def _shown(self):
        """Say how much of the run the picture shows, where that is not all of it."""
        if self.step is None or self.step.value == self.step.max:
            return ""
        return f"Shown: {self.step.value:,} of {self.step.max:,} steps. "

    @_one_at_a_time
    def _rescaled(self, change):
        self.picture.scale(change.new)
        self._send()

    @_one_at_a_time
    def _pointed(self, change):
        across, down, press = change.new
        pixel = np.array([across, 1 - down]) * self.figure.bbox.size
        if press != self._press:
            under = [panel for panel in self.picture.panels if panel.ax.bbox.contains(*pixel)]
            self._panel = under[0] if under else None
            self._held = self._nearest(pixel)
            self._press, self._last = press, pixel
        if self._held is not None:
            self._held.value = self._rounded(pixel)
        elif self._panel is not None and self._panel.turns:
            right, up = (pixel - self._last) / self.figure.bbox.size * (360, 180)
            self._last = pixel
            self._turn([self._panel], right, -up)

    def _nearest(self, pixel):
        """Return the start that a press at ``pixel`` takes hold of, or None."""
        target = self._panel and self._panel.locate(pixel)
        if not target:
            return None
        fitting = [start for start in self.points if np.size(start.value) == len(target)]
        distances = [np.linalg.norm(np.subtract(start.value, target)) for start in fitting]
        return fitting[int(np.argmin(distances))] if fitting else None

    def _rounded(self, pixel):
        """Return the place on the panel, rounded to what a pixel can tell: fields stay short."""
        target = self._panel.locate(pixel)
        ends = (self._panel.ax.get_xlim(), self._panel.ax.get_ylim())[: len(target)]
        spans = [abs(high - low) for low, high in ends]
        place = tuple(
            round(value, 2 - math.floor(math.log10(span)))
            for value, span in zip(target, spans, strict=True)
        )
        return place[0] if self._held.scalar else place

    @_one_at_a_time
    def _turned(self, change):
        right, up, _ = change.new
        turning = [panel for panel in self.picture.panels if panel.turns]
        self._turn(turning, DEGREES_A_KEY * right, DEGREES_A_KEY * up)

    def _turn(self, panels, right, up):
        for panel in panels:
            panel.turn(right, up)
        self.picture.draw()
        self._send()

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = self.widget._repr_mimebundle_()
        return {**view, "image/png": base64.b64encode(self.png).decode(), "text/plain": self.text}
