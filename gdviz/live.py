"""From slider to pixel: controls -> compute -> panels -> one PNG in one widget."""

import base64
import contextlib
import copy
import functools
import inspect
import io
import math
import pathlib
import threading

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from gdviz.panels.style import COLOURS, STYLE

LABELS = {
    "lr": "learning rate η",
    "beta": "momentum β",
    "k": "condition number κ",
    "steps": "steps",
    "seed": "seed",
    "noise": "noise",
}
DPI = 100
# in inches: the figure's width, and its height for each number of panels side by side
WIDTH, WIDTHS = 9.0, {1: 6.5}
HEIGHTS = {1: 4.2, 2: 4.0, 3: 3.4}
DEGREES_A_KEY = 5
FRAMES_OF_PLAY = 100
DECADES_A_STEP = 0.01

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


class Point(widgets.HBox):
    """A start: number fields for the keyboard, and a ball to drag on the picture.

    ``value`` is a float for one variable, and else a tuple of floats.
    """

    value = traitlets.Any()
    description = traitlets.Unicode()

    def __init__(self, value, names=None):
        one = np.ndim(value) == 0
        numbers = np.atleast_1d(value).tolist()
        if not numbers or not all(_is_finite(number) for number in numbers):
            raise ValueError(
                "a start is one finite number for each variable, as in point((-2.5, 2)), "
                f"not {value!r}"
            )
        if names is None:
            names = ("x", "y", "z")[: len(numbers)]
        layout = widgets.Layout(width="110px")
        style = {"description_width": "18px"}
        self.fields = [
            widgets.FloatText(number, step=0.1, description=name, layout=layout, style=style)
            for number, name in zip(numbers, names, strict=True)
        ]
        self.label = widgets.Label()
        super().__init__([self.label, *self.fields])
        self.scalar = one
        self.value = float(numbers[0]) if one else tuple(map(float, numbers))
        for field in self.fields:
            field.observe(self._typed, "value")
        traitlets.link((self, "description"), (self.label, "value"))

    def _typed(self, change):
        if not self._setting:
            values = tuple(field.value for field in self.fields)
            self.value = values[0] if self.scalar else values

    _setting = False

    @traitlets.observe("value")
    def _moved(self, change):
        self._setting = True
        try:
            for field, number in zip(self.fields, np.atleast_1d(self.value), strict=True):
                field.value = float(number)
        finally:
            self._setting = False


def _is_finite(number):
    return isinstance(number, (int, float)) and math.isfinite(number)


def point(value, names=None):
    """Return a control for a start, which the learner types, or drags on a Curve or Contour panel.

    ``value`` is a number for one variable, else one number for each; ``names`` are the variables'
    names. Raises ValueError for a number that is not finite.

    >>> point((-2.5, 2)).value
    (-2.5, 2.0)
    >>> point(1.5).value
    1.5
    """
    return Point(value, names)


class LogSlider(widgets.HBox):
    """A slider that moves by factors, with a field beside it for a number typed exactly."""

    value = traitlets.Float()
    description = traitlets.Unicode()

    def __init__(self, value, low, high):
        self.low, self.high = low, high
        ends = {"min": math.log10(low), "max": math.log10(high)}
        self.slider = widgets.FloatLogSlider(value, step=DECADES_A_STEP, readout=False, **ends)
        self.slider.layout.width = "330px"
        self.slider.style.description_width = "max-content"
        self.field = widgets.BoundedFloatText(value, min=low, max=high, step=low)
        self.field.layout.width = "100px"
        super().__init__([self.slider, self.field])
        self.value = value
        self.slider.observe(self._dragged, "value")
        self.field.observe(self._typed, "value")
        traitlets.link((self, "description"), (self.slider, "description"))

    @traitlets.validate("value")
    def _bounded(self, proposal):
        return min(max(proposal.value, self.low), self.high)

    @traitlets.observe("value")
    def _moved(self, change):
        self.field.value = change.new
        # a handle moved from here while it is dragged would jump back under the hand
        if not self._is_near(change.new, self.slider.value):
            self.slider.value = change.new

    def _typed(self, change):
        self.value = change.new

    def _dragged(self, change):
        # the browser moves the handle to the nearest step and reports it: no news, and no reason
        # to give up the number that was typed
        if not self._is_near(change.new, self.value):
            number = float(f"{change.new:.3g}")
            ends = [end for end in (self.low, self.high) if self._is_near(number, end)]
            self.value = ends[0] if ends else number

    @staticmethod
    def _is_near(number, other):
        return abs(math.log10(number / other)) <= 0.51 * DECADES_A_STEP


def log_slider(low, high, value=None):
    """Return a slider that moves by factors: from ``low`` to ``high``, 100 steps a decade.

    ``value`` is where it starts; without one, at the geometric middle. A number typed into the
    field beside it counts exactly. Raises ValueError unless ``0 < low < high`` and
    ``low <= value <= high``.

    >>> log_slider(0.001, 0.1).value
    0.01
    """
    _check_range(low, high)
    if low <= 0:
        raise ValueError(
            f"a log slider multiplies, so it needs 0 < low < high, as in log_slider(0.001, 1), "
            f"and low is {low}"
        )
    if value is None:
        value = float(f"{math.sqrt(low * high):.3g}")
    if not low <= value <= high:
        raise ValueError(f"the first value {value} lies outside the slider, {low} to {high}")
    return LogSlider(float(value), float(low), float(high))


def _check_range(low, high, step=None):
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"a slider from {low} to {high} has an empty range: give a low end below the high end, "
            "as in (0.0, 1.0)"
        )
    if step is not None and not 0 < step <= high - low:
        raise ValueError(
            f"a slider from {low} to {high} cannot move in steps of {step}: "
            "give a step above 0 and no longer than the range"
        )


def _control(name, given, default):
    """Turn what ``ipywidgets.interact`` takes, or any widget, into a widget with a label."""
    if isinstance(given, tuple) and len(given) in (2, 3) and all(np.isreal(x) for x in given):
        _check_range(*given)
    if isinstance(given, (list, dict)) and not given:
        raise ValueError(f"the control {name!r} has an empty list: give at least one option")
    if isinstance(given, widgets.Widget):
        if not given.has_trait("value"):
            raise TypeError(
                f"the control {name!r} is a {type(given).__name__}, which has no value to read: "
                "give a slider, a menu, a text field or point(...)"
            )
        widget = given
    else:
        widget = widgets.interactive.widget_from_abbrev(given, default)
        if widget is None:
            raise TypeError(
                f"the control {name!r} is {given!r}: give a range as in (0.0, 1.0), "
                "a list of options, True or False, a text, or a widget"
            )
        if isinstance(widget, widgets.Text):
            widget.continuous_update = False
    if not widget.description or widget.description == name:
        widget.description = LABELS.get(name, name.replace("_", " "))
    if not isinstance(widget, (Point, LogSlider)):
        widget.style.description_width = "max-content"
        if hasattr(widget, "readout"):
            widget.layout.width = "430px"
    widget.add_class(f"gdviz-control-{name}")
    return widget


class Picture:
    """A figure of panels side by side: the still part drawn once, the moving artists on top of it.

    ``result`` is what the panels draw first; ``text`` says in words what the picture shows.
    """

    def __init__(self, result, panels, text=None):
        if not panels:
            raise TypeError("a figure needs a panel: give one or more, as in Contour(bowl), Loss()")
        # copies, so that a panel given twice, or a cell run twice, makes two figures
        self.panels = [copy.copy(panel) for panel in panels]
        self.text = str(result) if text is None else text
        columns = len(panels) if len(panels) < 4 else 2
        rows = -(-len(panels) // columns)
        size = WIDTHS.get(columns, WIDTH), HEIGHTS[columns] * rows
        self.figure = Figure(figsize=size, dpi=DPI)
        self.canvas = FigureCanvasAgg(self.figure)
        with rc_context(STYLE):
            for number, panel in enumerate(self.panels, 1):
                ax = self.figure.add_subplot(rows, columns, number, projection=panel.projection)
                panel.draw(ax, result)
            self.figure.set_layout_engine("constrained")
            self.canvas.draw()
        # the layout is found once: axes that gave way to the numbers on their ticks would jump
        self.figure.set_layout_engine("none")
        self.update(result, still=True)

    def update(self, result, still=False):
        """Move every panel to ``result`` and draw; ``still`` draws the still part anew too."""
        self.result = result
        for panel in self.panels:
            still = bool(panel.update(result)) or still
        self.draw(still)

    def draw(self, still=True):
        """Draw the moving artists on the still part, which is drawn anew if ``still``."""
        if still:
            self.canvas.draw()
            self.background = self.canvas.copy_from_bbox(self.figure.bbox)
            extra = [colour for panel in self.panels for colour in panel.colours]
            self.palette = _palette(self._pixels(), extra)
        else:
            self.canvas.restore_region(self.background)
        for panel in self.panels:
            for artist in panel.moving:
                panel.ax.draw_artist(artist)
        self._png = None

    @property
    def png(self):
        """The picture, as the bytes of a PNG."""
        if self._png is None:
            # 256 colours are enough here: a third of the bytes, and encoded four times sooner
            pixels = self._pixels().quantize(palette=self.palette, dither=Image.Dither.NONE)
            buffer = io.BytesIO()
            pixels.save(buffer, "png", compress_level=1)
            self._png = buffer.getvalue()
        return self._png

    def _pixels(self):
        return Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")

    def scale(self, ratio):
        """Draw at ``ratio`` pixels a CSS pixel, so that the picture is crisp on a dense screen."""
        self.figure.set_dpi(DPI * min(max(ratio, 1.0), 3.0))
        self.update(self.result, still=True)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.text}


def _palette(still, extra):
    """Return the 256 colours of a picture: those of its still part, and of what moves on it."""
    moving = np.array([to_rgb(colour) for colour in [*COLOURS, *extra]])[:36]
    mixes = [(1, 0.0), (1, 0.3), (1, 0.6), (0.4, 0.5)]
    edges = np.concatenate([grey * share + moving * (1 - share) for grey, share in mixes])
    greys = np.linspace(0, 1, 12).repeat(3)
    chosen = np.round(255 * np.concatenate([edges.ravel(), greys])).astype(int).tolist()
    found = still.quantize(256 - len(chosen) // 3, Image.Quantize.FASTOCTREE)
    palette = Image.new("P", (1, 1))
    palette.putpalette(chosen + found.getpalette())
    return palette


def show(result, *panels, text=None):
    """Return the figure that Live shows, without sliders.

    ``text`` is its text alternative; without one, the result's own words.

    >>> import gdviz as gd
    >>> bowl = gd.landscape("bowl")
    >>> run = gd.descend(bowl, (-2, 1), gd.GD(lr=0.1), steps=20)
    >>> picture = gd.show(run, gd.Contour(), gd.Loss())
    >>> picture.png[:4]
    b'\\x89PNG'
    """
    return Picture(result, panels, text)


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
            name: _control(name, value, defaults.get(name, inspect.Parameter.empty))
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
        except (
            Exception
        ) as error:  # whatever a learner's own formula or code raises is told in words
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
