"""What a learner changes: sliders, fields, menus, and the start that is dragged on a picture."""

import inspect
import math

import ipywidgets as widgets
import numpy as np
import traitlets

DECADES_A_STEP = 0.02
LABELS = {
    "lr": "learning rate η",
    "beta": "momentum β",
    "curvature": "curvature λ",
    "k": "condition number κ",
    "y0": "start y₀",
    "steps": "steps",
    "seed": "seed",
    "noise": "noise",
    "sigma": "standard deviation σ",
    "radius": "spectral radius ρ",
}


# what a readout and a pin call a control
SYMBOLS = {
    "lr": "η",
    "beta": "β",
    "curvature": "λ",
    "k": "κ",
    "y0": "y₀",
    "noise": "σ",
    "sigma": "σ",
    "radius": "ρ",
}


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
            names = ("x", "y", "z") if len(numbers) <= 3 else [f"x{i}" for i in range(len(numbers))]
            names = names[: len(numbers)]
        if len(names) != len(numbers):
            raise ValueError(
                f"the point has {len(numbers)} numbers and {len(names)} names: give one name for "
                f"each, as in point({value!r}, names=('a', 'b'))"
            )
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

    def __init__(self, value, low, high, step=DECADES_A_STEP):
        self.low, self.high, self.step = low, high, step
        ends = {"min": math.log10(low), "max": math.log10(high)}
        self.slider = widgets.FloatLogSlider(value, step=step, readout=False, **ends)
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

    def _is_near(self, number, other):
        return abs(math.log10(number / other)) <= 0.51 * self.step


def log_slider(low, high, value=None, step=DECADES_A_STEP):
    """Return a slider that moves by factors: from ``low`` to ``high``, each ``step`` decades long.

    ``value`` is where it starts; without one, at the geometric middle. A number typed into the
    field beside it counts exactly. Raises ValueError unless ``0 < low < high`` and
    ``low <= value <= high``.

    >>> log_slider(0.001, 0.1).value
    0.01
    >>> log_slider(1e-6, 1, step=0.25).slider.step
    0.25
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
    if not step > 0:
        raise ValueError(f"a log slider moves in steps above 0 decades, as in 0.25, not {step}")
    return LogSlider(float(value), float(low), float(high), step)


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


def _take_default(name, widget, default):
    """Let a widget begin at the default that the signature of ``compute`` gives."""
    wanted = default
    if isinstance(widget, Point):
        numbers = np.atleast_1d(default).tolist()
        wanted = float(numbers[0]) if widget.scalar else tuple(map(float, numbers))
        if len(numbers) != len(widget.fields):
            raise ValueError(
                f"compute starts {name!r} at {default!r}, and its point has "
                f"{len(widget.fields)} numbers: give as many"
            )
    try:
        widget.value = wanted
        kept = widget.value == wanted
    except (traitlets.TraitError, TypeError, ValueError):
        kept = False
    if not kept:
        raise ValueError(
            f"compute starts {name!r} at {default!r}, which its control cannot take: "
            "give a first value inside the control's range"
        )


def value_of(widget):
    """Return the value of a control, without the dust of binary steps: 0.1 + 0.2 is 0.3.

    >>> value_of(widgets.FloatSlider(0.1 + 0.2, min=0, max=1, step=0.1))
    0.3
    """
    if isinstance(widget, widgets.FloatSlider):
        return float(f"{widget.value:.12g}")
    return widget.value


def control(name, given, default):
    """Turn what ``ipywidgets.interact`` takes, or any widget, into a widget with a label."""
    if isinstance(given, tuple) and len(given) in (2, 3) and all(np.isreal(x) for x in given):
        _check_range(*given)
    if isinstance(given, (list, dict)) and not given:
        raise ValueError(f"the control {name!r} has an empty list: give at least one option")
    if isinstance(given, (widgets.Widget, type)):
        if isinstance(given, type) or not given.has_trait("value"):
            kind = given if isinstance(given, type) else type(given)
            raise TypeError(
                f"the control {name!r} is a {kind.__name__}, which has no value to read: "
                "give a slider, a menu, a text field or point(...)"
            )
        widget = given
    else:
        try:
            widget = widgets.interactive.widget_from_abbrev(given, default)
        except Exception as error:
            raise ValueError(f"the control {name!r} cannot be made of {given!r}: {error}") from None
        if widget is None:
            raise TypeError(
                f"the control {name!r} is {given!r}: give a range as in (0.0, 1.0), "
                "a list of options, True or False, a text, or a widget"
            )
        if isinstance(widget, widgets.Text):
            widget.continuous_update = False
        if isinstance(widget, widgets.FloatSlider):
            decimals = len(f"{widget.step:.10f}".rstrip("0").partition(".")[2])
            widget.readout_format = f".{decimals}f"
    if default is not inspect.Parameter.empty:
        _take_default(name, widget, default)
    if not widget.description or widget.description == name:
        widget.description = LABELS.get(name, name.replace("_", " "))
    if not isinstance(widget, (Point, LogSlider)):
        widget.style.description_width = "max-content"
        if hasattr(widget, "readout"):
            widget.layout.width = "430px"
    widget.add_class(f"gdviz-control-{name}")
    return widget
