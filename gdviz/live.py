"""From slider to pixel: controls -> compute -> panels -> ink -> canvas.js."""

import base64
import contextlib
import functools
import inspect
import math
import pathlib
import threading
import time

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets

from gdviz.controls import SYMBOLS, LogSlider, Point, control, value_of
from gdviz.kernel import hear_interrupts, present_cell, stoppable
from gdviz.picture import Picture
from gdviz.readout import Readout, read, say

DEGREES_A_KEY = 5
# an arrow key moves a ball by this share of the axis
SHARE_A_KEY = 0.02
FRAMES_OF_PLAY = 120
# a full picture has fewer, so that Play begins at once: so many strokes in all
STROKES_OF_PLAY = 2400
FEWEST_FRAMES = 40
# so long, in seconds, the browser may take to report where it has moved a handle to
REPORT = 1.0
ASKED = {"press", "drag", "key", "step"}
Menu = widgets.Dropdown
STOPPED = "Stopped before it was done: the picture is as it was. Move a control to go on."

# JupyterLab may handle two events of one page in two threads at once, and matplotlib is not made
# for that: one event at a time, over all figures.
LOCK = threading.RLock()


def one_at_a_time(method):
    @functools.wraps(method)
    def locked(*arguments, **options):
        with LOCK:
            return method(*arguments, **options)

    return locked


class Canvas(anywidget.AnyWidget):
    """What the browser shows: still parts, a frame of ink over them, pins, readout, a play bar."""

    _esm = pathlib.Path(__file__).with_name("canvas.js")
    _css = "".join(
        pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8")
        for name in ("style.css", "canvas.css")
    )
    still = traitlets.Dict().tag(sync=True)
    cells = traitlets.Dict().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    pins = traitlets.List().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    story = traitlets.Dict().tag(sync=True)
    grab = traitlets.Unicode().tag(sync=True)


class Shown:
    """A picture in a browser, and what the browser tells about it: the part of a figure that any
    figure has, whatever answers the learner.

    Who is one has ``picture``, ``canvas`` and ``widget``, and calls ``_send`` when the picture is
    another one.
    """

    step = error = None
    unit = "step"
    _count = 0

    @property
    def text(self):
        """What stands under the figure as a sentence: the readout, or the error in words."""
        return self.canvas.error or self._where() + self.picture.text

    @property
    def png(self):
        """The picture, drawn by Agg, as the bytes of a PNG."""
        with LOCK:
            return self.picture.png

    @property
    def figure(self):
        """The matplotlib Figure."""
        return self.picture.figure

    @one_at_a_time
    def close(self):
        """Take the figure off the page, and free what it holds."""
        _close(self.widget)

    def _fail(self, error):
        self.error = error
        words = str(error) or type(error).__name__
        if isinstance(error, KeyboardInterrupt):
            words = STOPPED
        elif not isinstance(error, ValueError):
            words = f"{type(error).__name__}: {words}"
        self.canvas.error = words
        # what failed may have moved the panels before it did
        with contextlib.suppress(Exception):
            self.picture.update(self.picture.whole, self.picture.shown)
        self._send(still=True)

    def _send(self, still=False, pins=False):
        frame, cells = self.picture.frame()
        self._count += 1
        with self.canvas.hold_sync():
            if still:
                self.canvas.still = self._stills()
            if set(cells) != set(self.canvas.cells):
                self.canvas.cells = cells
            if pins:
                names = ("name", "colour", "ink")
                pinned = [{name: pin[name] for name in names} for pin in self.picture.pins]
                self.canvas.pins = pinned
            if self.step is not None:
                story = {"step": self.step.value, "steps": self.step.max, "unit": self.unit}
                self.canvas.story = story
            self.canvas.frame = {
                "ink": frame,
                "readout": _plain(self.picture.readout),
                "text": self._where() + self.picture.text,
                # the browser compares from the end: it need not look further
                "count": self._count,
            }
            if self.error is None:
                self.canvas.error = ""

    def _stills(self):
        picture = self.picture
        parts = [{"key": still.key, "box": still.box, "png": still.png} for still in picture.stills]
        return {
            "width": picture.width,
            "height": picture.tall,
            "ratio": picture.ratio,
            "parts": parts,
            "scene": picture.scene,
            "count": self._count,
        }

    def _where(self):
        """Say how much of the run the picture shows, where that is not all of it."""
        if self.step is None or self.step.value == self.step.max:
            return ""
        return f"{self.unit.capitalize()} {self.step.value:,} of {self.step.max:,}. "

    @one_at_a_time
    def _told(self, canvas, message, buffers):
        """Answer what the browser tells: a size, a press, a drag, a key, a button."""
        kind = message.get("kind")
        answer = getattr(self, f"_on_{kind}", None)
        if answer is None:
            return
        sent = self._count
        try:
            answer(message)
        except Exception as error:
            self._fail(error)
        # the browser waits for an answer before it asks again
        if kind in ASKED and self._count == sent:
            self._send()

    def _on_alive(self, message):
        self.canvas.send({"kind": "alive"})

    def _on_size(self, message):
        width, ratio = float(message["width"]), float(message["ratio"])
        picture = self.picture
        if abs(width - picture.width) < 8 and abs(ratio - picture.ratio) < 0.01:
            return
        picture.lay_out(width, ratio)
        self._send(still=True, pins=True)

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = self.widget._repr_mimebundle_()
        return {**view, "image/png": base64.b64encode(self.png).decode(), "text/plain": self.text}


class Live(Shown):
    """A figure that answers at once: controls -> compute -> panels -> pixels, and a readout.

    ``compute`` is a pure function of the controls' values; what it returns goes to every panel's
    ``update`` and to ``readout(result, ...)``, which may name any control as an argument and
    returns words, or a dict: name -> number, words or ``(theory, measured)``; the name "" is the
    verdict. Without one, ``str(result)`` is shown. Controls take what ``ipywidgets.interact``
    takes, or any widget. A default value in the signature of ``compute`` is the control's first
    value. When the result can be cut (``result.until(step)``, as a Run can), there is a Play button
    that walks through the steps, and the readout tells what is shown. ``begin`` is the step at
    which the figure opens, by default the last: 0 where a prediction stands above it. A result
    whose story goes by something else than steps says so: ``result.unit = "row"``; one that changes
    only at every so many steps, ``result.every = 8``.

    An error in ``compute``, in a panel or in ``readout`` appears in words under the figure, which
    keeps its last good picture, and stands in ``live.error``. Raises TypeError where the controls
    do not fit ``compute``, and ValueError for a control with an empty range; what the first
    ``compute`` raises, too.

    >>> import gdviz as gd
    >>> bowl = gd.landscape("bowl")
    >>> def walk(lr=0.1):
    ...     return gd.descend(bowl, (-2, 1), gd.GD(lr), steps=20)
    >>> def where(run, lr):
    ...     return {"": "arrives", "factor a step": (1 - lr, run.contraction((0, 0)))}
    >>> live = gd.Live(walk, gd.Contour(), readout=where, lr=(0.0, 1.0, 0.1))
    >>> live.text
    'arrives. factor a step: 0.9 in theory, 0.9 measured.'
    >>> live.controls["lr"].value = 0.5
    >>> live.text
    'arrives. factor a step: 0.5 in theory, 0.5 measured.'
    """

    def __init__(self, compute, /, *panels, readout=None, begin=None, **controls):
        if not callable(compute):
            raise TypeError(
                f"the first argument of Live is {compute!r}: give a function of the controls that "
                "returns a result, as in gd.Live(walk, gd.Contour(), lr=(0.0, 1.0))"
            )
        self.compute = compute
        self.readout = readout
        self.begin = begin
        self.controls = self._controls(compute, controls)
        self.first = {name: widget.value for name, widget in self.controls.items()}
        self._asks = _asked(readout, self.controls)
        self.result = compute(**self.values)
        self.step = self._step_slider()
        self.picture = Picture(self.result, panels, self._read(self.result, self.values))
        self.canvas = Canvas(grab=self._grab())
        self._quiet = False
        self._dragged = []
        self._held = self._turning = self._last = self._marked = None
        self.widget = self._assemble()
        if self.step is not None and begin is not None:
            self.step.value = begin
            self._show(self.result, self.values)
        self._send(still=True)
        for widget in self.controls.values():
            widget.observe(self._changed, "value")
        if self.step is not None:
            self.step.observe(self._stepped, "value")
        self.canvas.on_msg(self._told)
        hear_interrupts()
        replace_earlier(self)

    @property
    def unit(self):
        """What the story goes by: steps, or what the result says."""
        return getattr(self.result, "unit", "step")

    @property
    def values(self):
        """The controls' values, by name."""
        return {name: value_of(widget) for name, widget in self.controls.items()}

    @one_at_a_time
    def pin(self):
        """Keep what is shown as a trail to compare with, named by what differs from the others."""
        self.picture.pin("", values=self.values)
        self._name_pins()
        self._send(pins=True)

    @one_at_a_time
    def reset(self):
        """Restore the first value of every control, and take the pinned trails away."""
        self.picture.unpin()
        self.picture.forget()
        with self._silence():
            for name, widget in self.controls.items():
                widget.value = self.first[name]
            if self.step is not None:
                self.step.value = self.step.max if self.begin is None else self.begin
        self._refresh()
        self._send(pins=True)

    @one_at_a_time
    def close(self):
        """Take the figure and its controls off the page, and free what they hold."""
        for widget in self.controls.values():
            with contextlib.suppress(ValueError):
                widget.unobserve(self._changed, "value")
        super().close()

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
        name = getattr(compute, "__name__", "compute")
        try:
            inspect.signature(compute).bind(**given)
        except TypeError as error:
            raise TypeError(
                f"{name} takes {', '.join(parameters) or 'nothing'}, and the controls "
                f"are {', '.join(given) or 'none'}: give one control for each ({error})"
            ) from None
        defaults = {name: parameter.default for name, parameter in parameters.items()}
        return {
            name: control(name, value, defaults.get(name, inspect.Parameter.empty))
            for name, value in given.items()
        }

    def _step_slider(self):
        if not _has_steps(self.result):
            return None
        return widgets.IntSlider(self.result.steps, 0, self.result.steps, description="step")

    def _grab(self):
        if any(isinstance(widget, Point) for widget in self.controls.values()):
            return "ball"
        panels = self.picture.panels
        if any(getattr(panel, "drags", None) for panel in panels):
            return "ball"
        return "turn" if any(panel.turns for panel in panels) else ""

    def _assemble(self):
        rows = widgets.HBox(
            list(self.controls.values()), layout={"flex_flow": "row wrap", "grid_gap": "0 14px"}
        )
        box = widgets.VBox([rows, self.canvas])
        box.add_class("gdviz-live")
        return box

    @one_at_a_time
    def _changed(self, change):
        if not (self._quiet or self._is_report(change)):
            self._refresh()

    def _is_report(self, change):
        """Say whether the browser only reports that it moved a handle to where a ball was dragged.

        It moves a handle to the nearest step, and its report may come when the ball is elsewhere.
        """
        widget, now = change.owner, time.monotonic()
        self._dragged = [drag for drag in self._dragged if now - drag[0] < REPORT]
        places = [value for _, which, value in self._dragged if which is widget]
        near = 10 ** (0.51 * widget.step) - 1 if isinstance(widget, LogSlider) else 1e-9
        if not any(
            math.isclose(change.new, place, rel_tol=near, abs_tol=1e-12) for place in places
        ):
            return False
        with self._silence():
            widget.value = places[-1]
        return True

    def _refresh(self):
        values = self.values
        # ends a film of earlier values, and tells the browser that the kernel is at work
        self.canvas.send({"kind": "computes"})
        try:
            with stoppable():
                result = self.compute(**values)
                still = self._show(result, values)
        except (Exception, KeyboardInterrupt) as error:  # whatever a learner's code raises
            self._fail(error)
            return
        self.error = None
        self._send(still=still, pins=still)

    def _show(self, result, values):
        """Show a result, up to the slider's step; on an error everything stays as it was."""
        shown = self._cut(result)
        told = self._read(shown, values)
        still = self.picture.update(result, shown)
        self.picture.readout, self.result = told, result
        if self.step is not None and _has_steps(result):
            whole = self.step.value == self.step.max
            with self._silence():
                self.step.max = result.steps
                if whole:
                    self.step.value = result.steps
        return still

    def _read(self, shown, values):
        if self.readout is None:
            return Readout(str(shown), ())
        with np.errstate(all="ignore"):
            return read(self.readout(shown, **{name: values[name] for name in self._asks}))

    def _cut(self, result):
        """Return the result up to the slider's step."""
        if self.step is None or not _has_steps(result):
            return result
        step = self.step.value
        whole = step == self.step.max or step >= result.steps
        return result if whole else result.until(step)

    @one_at_a_time
    def _stepped(self, change):
        if self._quiet:
            return
        try:
            self._show(self.result, self.values)
        except Exception as error:
            self._fail(error)
            return
        self.error = None
        self._send()

    def _name_pins(self):
        """Name the pins by what differs among them and from the first values."""
        pins = self.picture.pins
        differing = [
            name
            for name, first in self.first.items()
            if any(pin["values"][name] != first for pin in pins)
        ]
        for pin in pins:
            names = differing or list(pin["values"])[:1]
            pin["name"] = ", ".join(_told(name, pin["values"][name]) for name in names)

    def _on_pin(self, message):
        self.pin()

    def _on_reset(self, message):
        self.reset()

    def _on_step(self, message):
        self.step.value = int(message["step"])

    def _on_press(self, message):
        pixel = self._pixel(message)
        under = [panel for panel in self.picture.panels if _holds(panel, pixel)]
        panel = under[0] if under else None
        self._turning = panel if panel is not None and panel.turns else None
        self._held = self._nearest(panel, pixel)
        self._last = pixel
        self._on_drag(message)

    def _on_drag(self, message):
        pixel = self._pixel(message)
        if self._held is not None:
            self._held(pixel)
        elif self._turning is not None:
            right, up = (pixel - self._last) / (self.picture.ratio * 3.0)
            self._turn([self._turning], right, -up)
        self._last = pixel

    def _on_key(self, message):
        right, up = message["by"]
        turning = [panel for panel in self.picture.panels if panel.turns]
        if self._marked is not None or not turning:
            self._nudge(right, up)
        else:
            self._turn(turning, DEGREES_A_KEY * right, DEGREES_A_KEY * up)

    def _on_play(self, message):
        """Send the frames of the way from a step to the story's end, which the browser plays."""
        begin, end = int(message["step"]), self._story()
        begin = 0 if begin >= end else begin
        most = STROKES_OF_PLAY // max(1, len(self.canvas.frame["ink"]["strokes"]))
        steps = steps_of_play(begin, end, min(FRAMES_OF_PLAY, max(FEWEST_FRAMES, most)))
        # between two changes of the result no frame is needed
        every = getattr(self.result, "every", 1)
        snapped = {step - step % every for step in steps}
        steps = sorted({begin, steps[-1]} | {step for step in snapped if step > begin})
        buffers, frames, cells = [], [], {}
        values = self.values
        try:
            for step in steps:
                shown = self.result.until(step) if step < self.result.steps else self.result
                self.picture.update(self.result, shown)
                frame, more = self.picture.frame()
                cells |= more
                readout = _plain(self._read(shown, values))
                frames.append(_packed({"step": step, "ink": frame, "readout": readout}, buffers))
        finally:
            self.picture.update(self.result, self._cut(self.result))
        seconds = float(np.clip(0.1 * (end - begin), 3.0, 6.0))
        reel = {"kind": "reel", "frames": frames, "cells": _packed(cells, buffers)}
        self.canvas.send({**reel, "seconds": seconds}, buffers)

    def _story(self):
        """Return the step at which the story is over: every run has arrived, left or is lost."""
        result, ends = self.result, []
        for panel in self.picture.panels:
            if hasattr(panel, "story"):
                with contextlib.suppress(Exception):
                    ends.append(panel.story(panel.of(result)))
        end = max(ends, default=result.steps)
        lost = getattr(result, "diverged_at", -1)
        if np.ndim(lost) == 0 and lost > 0:
            end = min(end, int(lost))
        return int(np.clip(end, min(3, result.steps), result.steps))

    def _pixel(self, message):
        """Return the place of an event in the figure's pixels, from its bottom left."""
        across, down = message["at"]
        picture = self.picture
        return np.array([across, picture.tall - down]) * picture.ratio

    def _balls(self, panel):
        """Return the balls of a panel: where each is, and a function of the pixel that moves it."""
        drags = {
            axis: self.controls[name]
            for axis, name in getattr(panel, "drags", {}).items()
            if name in self.controls
        }
        if drags:
            place = panel.ax.bbox.get_points().mean(axis=0)
            for axis, widget in drags.items():
                number, numbers = "xy".index(axis), np.ravel(_number_of(widget))
                value = np.full(2, float(numbers[min(number, len(numbers) - 1)]))
                place[number] = panel.ax.transData.transform(value)[number]
            return [(place, functools.partial(self._drag_axes, panel, drags))]
        points = [widget for widget in self.controls.values() if isinstance(widget, Point)]
        places = [(panel.where(widget.value), widget) for widget in points]
        return [
            (place, functools.partial(self._drag_point, panel, widget))
            for place, widget in places
            if place is not None
        ]

    def _nearest(self, panel, pixel):
        """Return what a press takes hold of: a function of the pixel that moves it, or None."""
        balls = [] if panel is None else self._balls(panel)
        if not balls:
            return None
        distances = [float(np.hypot(*(place - pixel))) for place, _ in balls]
        number = int(np.argmin(distances))
        self._marked = panel, number
        return balls[number][1]

    def _drag_point(self, panel, widget, pixel):
        target = panel.locate(pixel)
        ends = (panel.ax.get_xlim(), panel.ax.get_ylim())[: len(target)]
        place = tuple(_rounded(value, *limits) for value, limits in zip(target, ends, strict=True))
        widget.value = place[0] if widget.scalar else place

    def _drag_axes(self, panel, drags, pixel):
        place = panel.ax.transData.inverted().transform(pixel)
        ends = {"x": panel.ax.get_xlim(), "y": panel.ax.get_ylim()}
        scales = {"x": panel.ax.get_xscale(), "y": panel.ax.get_yscale()}
        before = self.values
        with self._silence():
            for axis, widget in drags.items():
                low, high = sorted(ends[axis])
                value = float(np.clip(place["xy".index(axis)], low, high))
                if scales[axis] == "log":
                    value = float(f"{value:.3g}")
                else:
                    value = _rounded(value, low, high)
                _put(widget, value, "xy".index(axis))
                if not isinstance(widget, (Point, Menu)):
                    self._dragged.append((time.monotonic(), widget, widget.value))
        if self.values != before:
            self._refresh()

    def _nudge(self, right, up):
        """Move the ball that was taken last, or the first, by a small share of the axes."""
        if self._marked is None:
            found = [panel for panel in self.picture.panels if self._balls(panel)]
            if not found:
                return
            self._marked = found[0], 0
        panel, number = self._marked
        place, move = self._balls(panel)[number]
        step = SHARE_A_KEY * np.array([panel.ax.bbox.width, panel.ax.bbox.height]) * (right, up)
        before = self.values
        # as far as it takes to the next step of a slider
        for times in (1, 2, 4, 8, 16, 32):
            move(place + times * step)
            if self.values != before:
                return

    def _turn(self, panels, right, up):
        for panel in panels:
            panel.turn(right, up)
        self.picture.redraw(panels)
        self._send(still=True)


def steps_of_play(begin, end, most=FRAMES_OF_PLAY):
    """Return the steps that Play shows from ``begin`` to ``end``: all, or ``most`` and one."""
    count = min(end - begin, most) + 1
    # a long story begins slowly: most happens in its first steps
    shares = np.linspace(0, 1, count) ** (1.0 if end - begin <= most else 1.6)
    return np.unique((begin + shares * (end - begin)).round().astype(int)).tolist()


def _has_steps(result):
    return hasattr(result, "until") and getattr(result, "recorded", "all") == "all"


def _asked(readout, controls):
    """Return the controls that a readout asks for by name."""
    if readout is None:
        return []
    if not callable(readout):
        raise TypeError(f"readout is {readout!r}: give a function of the result")
    try:
        parameters = list(inspect.signature(readout).parameters.values())
    except (TypeError, ValueError):
        return []
    named = [p for p in parameters[1:] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    unknown = [p.name for p in named if p.name not in controls and p.default is p.empty]
    if unknown:
        raise TypeError(
            f"the readout asks for {', '.join(unknown)}, and the controls are "
            f"{', '.join(controls) or 'none'}: name the result first, then any of the controls"
        )
    return [p.name for p in named if p.name in controls]


def _plain(readout):
    return {"verdict": readout.verdict, "rows": [list(row) for row in readout.rows]}


def _told(name, value):
    if isinstance(value, tuple):
        return f"{name} = ({', '.join(say(part) for part in value)})"
    return f"{SYMBOLS.get(name, name.replace('_', ' '))} = {say(value)}"


def _rounded(value, low, high):
    """Return a place rounded to what a pixel can tell: fields stay short."""
    return round(float(value), 2 - math.floor(math.log10(abs(high - low))))


def _number_of(widget):
    """Return the number of a control's value, of a menu that of the option."""
    return widget.index if isinstance(widget, Menu) else widget.value


def _put(widget, value, place):
    """Give a control, or that coordinate of a start, the nearest value that it can take."""
    if isinstance(widget, Menu):
        widget.index = int(np.clip(round(value), 0, len(widget.options) - 1))
        return
    low, high = getattr(widget, "min", -math.inf), getattr(widget, "max", math.inf)
    if isinstance(widget, Point):
        numbers = np.atleast_1d(widget.value)
        numbers[min(place, len(numbers) - 1)] = value
        value = float(numbers[0]) if widget.scalar else tuple(numbers.tolist())
    elif isinstance(widget, widgets.FloatSlider):
        steps = round((min(max(value, low), high) - low) / widget.step)
        value = float(f"{low + steps * widget.step:.12g}")
    elif isinstance(widget, widgets.IntSlider):
        value = round(min(max(value, low), high))
    widget.value = value


def _holds(panel, pixel):
    return panel.ax.bbox.padded(6).contains(*pixel)


def _packed(data, buffers):
    """Return plain data with its bytes moved to ``buffers``, and their numbers in their places."""
    if isinstance(data, dict):
        return {key: _packed(value, buffers) for key, value in data.items()}
    if isinstance(data, list):
        return [_packed(value, buffers) for value in data]
    if isinstance(data, bytes):
        buffers.append(data)
        return {"buffer": len(buffers) - 1}
    return data


def _close(widget):
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()


_figures_of_cells = {}


def replace_earlier(live):
    """Close the figures of an earlier run of the same cell: each holds some ten megabytes."""
    cell, run = present_cell()
    if cell is None:
        return
    earlier_run, figures = _figures_of_cells.get(cell, (run, []))
    if earlier_run != run:
        for figure in figures:
            figure.close()
        figures = []
    _figures_of_cells[cell] = run, [*figures, live]


__all__ = ["Canvas", "Live", "Shown"]
