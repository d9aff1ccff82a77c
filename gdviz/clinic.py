"""The failure clinic as a figure: a patient's loss, instruments that cost points, a cure."""

import ipywidgets as widgets
import numpy as np

from gdviz import patients
from gdviz.kernel import hear_interrupts, stoppable
from gdviz.live import Canvas, Shown, one_at_a_time, replace_earlier
from gdviz.panels import Bars, Histogram, Lines
from gdviz.panels.style import INK
from gdviz.patients import CURES, DISEASES, INSTRUMENTS
from gdviz.picture import Picture
from gdviz.rounds import WORTH, Round, points_left, three

TALL = 250
# a colour has one meaning in all panels; the classes are those of ``Boundary``
SICK, TREATED, LENGTH, UNITS, RATE = "#D55E00", "#009E73", "#7F6000", "#8A9199", "#56B4E9"
START, END = "#CC79A7", "#7B3294"
LAYERS = ("#22313F", "#A3195B", "#8A9199", "#CC79A7", "#7B3294", "#B58E3A", "#5B6770")
CLASSES = np.array([0, 4])
GIVE_UP, GIVE_UP_AGAIN = "Give up", "Give up? Press again"
NEXT, LAST = "Next patient", "The record"


class Clinic(Shown):
    """Patients without names: see the loss, buy instruments, name the disease, cure it.

    ``patients`` training runs, each with another disease, are drawn by ``seed``: whoever gives the
    same seed has the same patients. A patient is worth 20 points; instruments, cures and wrong
    names cost some. A cure is applied for real: the run is made anew with it, and drawn beside the
    sick one. After the last patient the record stands under the figure.

    >>> import gdviz as gd
    >>> clinic = gd.Clinic(seed=5, patients=2)
    >>> clinic.text.endswith("patient (clinic 5): 1 of 2; points left: 20 of 20.")
    True
    >>> clinic.buy("Step length")
    >>> clinic.visit.points
    19
    """

    def __init__(self, seed=0, patients=6):
        self.controls = {}
        self.round = Round(seed, patients)
        self.told = ""
        self.canvas = Canvas()
        self.picture = self._picture()
        self.widget = self._assemble()
        self._show()
        self.canvas.on_msg(self._told)
        hear_interrupts()
        replace_earlier(self)

    @property
    def visit(self):
        """The patient who is here."""
        return self.round.visit

    @one_at_a_time
    def buy(self, instrument):
        """Buy an instrument for the patient who is here."""
        self._answer(self.round.buy, instrument)

    @one_at_a_time
    def treat(self, name, cure):
        """Name the disease, and apply a cure."""
        self._answer(self.round.treat, name, cure)

    @one_at_a_time
    def give_up(self):
        """Send the patient away, and see what it had."""
        self._answer(self.round.give_up)

    @one_at_a_time
    def following(self):
        """Call in the next patient; after the last one the record is shown."""
        number = self.round.number
        self._answer(self.round.following)
        if self.round.number != number:
            self.name.index = self.cure.index = 0

    @one_at_a_time
    def begin(self, seed):
        """Begin a round with other patients."""
        self._answer(self._begin, int(seed))
        self.name.index = self.cure.index = 0

    def _begin(self, seed):
        self.round = Round(seed, len(self.round.diseases))
        self.seed.value = seed
        return ""

    def _answer(self, act, *given):
        try:
            with stoppable():
                self.told = act(*given)
                self._show()
        except (Exception, KeyboardInterrupt) as error:
            self._fail(error)

    def _show(self):
        width, ratio = self.picture.width, self.picture.ratio
        self.picture = self._picture(width, ratio)
        self.error = None
        self._set_buttons()
        self._send(still=True)

    def _picture(self, width=1000, ratio=1.0):
        if self.round.over:
            return Picture(
                self.round,
                [_record(self.round)],
                self._readout(),
                width,
                ratio,
            )
        panels = [_losses(self.visit)]
        for name in self.visit.bought:
            panels += PANELS[name](self.visit.case)
        panels[0].wide = len(panels) > 2
        return Picture(self.visit, panels, self._readout(), width, ratio)

    def _readout(self):
        if self.round.over:
            return {"": self.round.verdict, **self.round.record}
        visit = self.visit
        count = len(self.round.diseases)
        rows = {
            "": self.told or self.round.complaint,
            f"patient (clinic {self.round.seed})": f"{self.round.number} of {count}",
            "points left": points_left(visit.points),
        }
        for name in visit.bought:
            rows |= ROWS[name](visit.case)
        return rows

    def _assemble(self):
        self.instruments = {}
        for name, instrument in INSTRUMENTS.items():
            button = widgets.Button(
                description=f"{name} · {instrument.price}",
                tooltip=f"{instrument.question} ({_points_of(instrument.price)})",
                layout={"width": "auto"},
            )
            button.on_click(lambda _, name=name: self.buy(name))
            self.instruments[name] = button
        names = [("what has it?", ""), *((name, name) for name in sorted(DISEASES))]
        cures = [("which cure?", "")]
        cures += [(f"{name} · {cure.price}", name) for name, cure in CURES.items()]
        wide = {"width": "240px"}
        self.name = widgets.Dropdown(options=names, description="name", layout=wide)
        self.cure = widgets.Dropdown(options=cures, description="cure", layout=wide)
        for field in (self.name, self.cure):
            field.style.description_width = "44px"
        self.treat_button = self._button(
            "Treat", lambda: self.treat(self.name.value or None, self.cure.value or None)
        )
        self.give_up_button = self._button(GIVE_UP, self._ask_give_up)
        self.give_up_button.tooltip = (
            f"Takes all {WORTH} points of this patient, and tells what it had"
        )
        self.next_button = self._button(NEXT, self.following)
        self.new_button = self._button("New patients", lambda: self.begin(self.seed.value + 1))
        self.seed = widgets.BoundedIntText(
            self.round.seed, 0, 999_999, description="clinic", continuous_update=False
        )
        self.seed.layout = {"width": "130px"}
        self.seed.style.description_width = "40px"
        self.seed.observe(self._seed_changed, "value")
        tools = widgets.HBox(
            [widgets.Label("buy:"), *self.instruments.values()], layout={"flex_flow": "row wrap"}
        )
        desk = [self.name, self.cure, self.treat_button, self.give_up_button, self.next_button]
        # a row of their own: nobody who presses Enter once more shall throw a round away
        others = widgets.HBox([self.new_button, self.seed])
        desk = widgets.HBox(
            [widgets.HBox(desk, layout={"flex_flow": "row wrap"}), others],
            layout={"flex_flow": "row wrap"},
        )
        box = widgets.VBox([tools, desk, self.canvas])
        for name in ("gdviz-live", "gdviz-clinic"):
            box.add_class(name)
        return box

    def _button(self, words, act):
        button = widgets.Button(description=words, layout={"width": "auto"})
        button.on_click(lambda _: act())
        return button

    def _ask_give_up(self):
        if self.give_up_button.description == GIVE_UP:
            self.give_up_button.description = GIVE_UP_AGAIN
            self.give_up_button.button_style = "warning"
        else:
            self.give_up()

    def _seed_changed(self, change):
        if change.new != self.round.seed:
            self.begin(change.new)

    def _set_buttons(self):
        visit, over = self.visit, self.round.over
        for name, button in self.instruments.items():
            bought = name in visit.bought
            fits = INSTRUMENTS[name].fits(visit.case)
            button.disabled = over or bought or not fits or not visit.open
            button.icon = "check" if bought else ""
        for field in (self.name, self.cure, self.treat_button, self.give_up_button):
            field.disabled = over or not visit.open
        self.give_up_button.description, self.give_up_button.button_style = GIVE_UP, ""
        last = self.round.number == len(self.round.diseases)
        self.next_button.description = LAST if last else NEXT
        self.next_button.disabled = over or visit.open
        self.next_button.button_style = "" if self.next_button.disabled else "primary"
        self.treat_button.button_style = "" if self.treat_button.disabled else "primary"


def _points_of(price):
    return "1 point" if price == 1 else f"{price} points"


# ------------------------------------------------------------------ panels


def _losses(visit):
    """The loss of the patient, and beside it the same patient under the last cure."""
    courses = [case for case in (visit.case, visit.after) if case is not None]
    # who was given up is shown under its own cure, whatever was tried before
    applied = "its cure" if visit.outcome == "given up" else "".join(visit.cures[-1:])
    log = "y" if visit.case.healthy > 0 else ""
    lost = [case.lost_at for case in courses if case.lost_at is not None]
    curves = np.full((len(courses), visit.case.steps + 1), np.nan)
    for curve, case in zip(curves, courses, strict=True):
        curve[:] = np.where(np.isfinite(case.losses), case.losses, np.nan)
    return Lines(
        curves,
        x=np.arange(visit.case.steps + 1),
        limits=_limits(curves, visit.case.healthy, log),
        labels=["this patient", f"with {applied}"][: len(courses)],
        colours=(SICK, TREATED),
        hlines={"a healthy one\nends below": visit.case.healthy},
        outside=124,
        vlines={"no number from here": min(lost)} if lost else None,
        log=log,
        xlabel="step",
        ylabel="loss",
        legend="upper right",
        title="The loss, step by step",
        tall=TALL,
    )


def _limits(curves, healthy, log):
    """The curves and the limit of health, with room for the legend above: whole decades if log."""
    if not log:
        values = np.append(curves[np.isfinite(curves)], healthy)
        low, span = values.min(), np.ptp(values)
        return low - 0.08 * span, low + 1.3 * span
    values = np.append(curves[np.isfinite(curves) & (curves > 0)], healthy)
    low, high = np.log10(values.min()), np.log10(values.max())
    # a peak may leave the picture, the limit of health may not
    high = min(high, np.log10(healthy) + 8)
    return 10.0 ** np.floor(low - 0.1), 10.0 ** np.ceil(high + 0.35)


def _record(round_):
    """What is left of each patient's points."""
    return Bars(
        lambda round_: [visit.points for visit in round_.visits],
        [f"patient {number}" for number in range(1, len(round_.visits) + 1)],
        words=lambda round_: [str(visit.points) for visit in round_.visits],
        colours=(TREATED,) * len(round_.visits),
        limits=(0, 1.1 * WORTH),
        xlabel="points left",
        title="Points, patient by patient",
        tall=max(TALL, 60 + 24 * len(round_.visits)),
    )


def _data(case):
    if case.stack is None:
        column, other, groups = case.surface.inputs[:, 0], case.surface.targets, None
        names = {"xlabel": "first input", "ylabel": "target"}
    else:
        column, other = case.inputs.T
        groups = CLASSES[case.labels]
        names = {"xlabel": "first input", "ylabel": "second input"}
    points = (column, other) if groups is None else (column, other, groups)
    margin = [0.06 * np.ptp(values) for values in (column, other)]
    ends = [
        (float(values.min() - more), float(values.max() + more))
        for values, more in zip((column, other), margin, strict=True)
    ]
    return [
        Lines(
            np.full((1, 2), np.nan),
            x=np.array(ends[0]),
            xlimits=ends[0],
            limits=ends[1],
            points=points,
            title="The data",
            tall=TALL,
            **names,
        )
    ]


def _step_length(case):
    lengths = case.run.step_lengths
    lengths = np.where(np.isfinite(lengths) & (lengths > 0), lengths, np.nan)
    return [
        Lines(
            lengths[None],
            x=np.arange(1, len(lengths) + 1),
            log="y",
            colours=(LENGTH,),
            xlabel="step",
            ylabel="length",
            title="How long each step is",
            tall=TALL,
        )
    ]


def _gradient_by_layer(case):
    norms = patients.layer_gradients(case)
    return [
        Lines(
            norms,
            x=np.arange(1, norms.shape[1] + 1),
            xlimits=(0.6, norms.shape[1] + 0.4),
            xticks=range(1, norms.shape[1] + 1),
            labels=["at the start", "at the end"],
            log="y",
            marker=True,
            zeros=True,
            colours=(START, END),
            xlabel="layer (×: exactly 0)" if (norms == 0).any() else "layer",
            ylabel="‖∂E/∂W‖",
            title="Gradient of each layer",
            tall=TALL,
        )
    ]


def _activations(case):
    return [
        Histogram(
            lambda visit: patients.activations(case).activations[:-1],
            colour=UNITS,
            xlabel="activation, at the start",
            title="Activations by layer",
            tall=TALL,
        )
    ]


def _size_of_weights(case):
    sizes = patients.weights(case)
    return [
        Lines(
            np.where(np.isfinite(sizes), sizes, np.nan),
            x=np.arange(sizes.shape[1]),
            log="y",
            colours=LAYERS,
            labels=[f"layer {number + 1}" for number in range(len(sizes))],
            xlabel="step",
            ylabel="of the size at the start",
            title="‖W‖ of each layer",
            tall=TALL,
        )
    ]


def _curvature(case):
    found = np.sort(patients.curvatures(case))
    margin = 0.02 * len(found) + 0.1
    return [
        Lines(
            found[None],
            x=np.arange(1, len(found) + 1),
            xlimits=(1 - margin, len(found) + margin),
            xticks=range(1, len(found) + 1) if len(found) <= 8 else None,
            marker=True,
            colours=(INK,),
            hlines={"flat": 0.0},
            outside=44,
            xlabel="direction, from the lowest",
            ylabel="curvature λ",
            title="Curvatures where it ends",
            tall=TALL,
        )
    ]


def _rate_finder(case):
    rates, losses = patients.rate_finder(case)
    fine = np.isfinite(losses) & (np.abs(losses) < 1e6)
    return [
        Lines(
            np.where(fine, losses, np.nan)[None],
            x=rates,
            log="xy" if case.healthy > 0 else "x",
            colours=(RATE,),
            vlines={"its rate η": case.lr},
            marker=True,
            xlabel="rate",
            ylabel="loss after 30 steps",
            title="The loss at other rates",
            tall=TALL,
        )
    ]


PANELS = {
    "Data": _data,
    "Step length": _step_length,
    "First NaN": lambda case: [],
    "Gradient by layer": _gradient_by_layer,
    "Activations": _activations,
    "Size of weights": _size_of_weights,
    "Curvature": _curvature,
    "Rate finder": _rate_finder,
}


def _data_rows(case):
    inputs = case.objective.inputs
    spans = [f"{three(column.min())} to {three(column.max())}" for column in inputs.T]
    return {"the columns of the data": ", ".join(spans)}


def _step_rows(case):
    lengths = case.run.step_lengths
    lengths = lengths[np.isfinite(lengths)]
    if not len(lengths):
        return {"steps": "none is a number"}
    return {"steps": f"{three(lengths.min())} to {three(lengths.max())} long"}


def _nan_rows(case):
    found = patients.first_lost(case)
    return {"first that is no number": "none: all are numbers" if found is None else str(found)}


def _gradient_rows(case):
    start = patients.layer_gradients(case)[0]
    return {"gradient at the start, layer 1 and last": f"{three(start[0])} and {three(start[-1])}"}


def _activation_rows(case):
    trace = patients.activations(case)
    kind = "dead or stuck on every row"
    return {f"units {kind}": ", ".join(f"{100 * share:.0f} %" for share in trace.dead_shares)}


def _weight_rows(case):
    ratio = patients.update_ratio(case)
    return {"‖update‖ / ‖W‖, layer 1 and last": f"{three(ratio[0])} and {three(ratio[-1])}"}


def _curvature_rows(case):
    found = patients.curvatures(case)
    point = case.run.points[patients.last_finite(case)]
    slope = float(np.linalg.norm(case.objective.gradient(point)))
    rows = {"curvature λ": f"{three(found.min())} to {three(found.max())}"}
    return rows | {"slope there": three(slope)}


def _rate_rows(case):
    rates, losses = patients.rate_finder(case)
    best = (
        int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan)))
        if np.isfinite(losses).any()
        else None
    )
    if best is None:
        return {"best rate": "none leaves a number"}
    return {"rate, and the best in 30 steps": f"{three(case.lr)}, {three(rates[best])}"}


ROWS = {
    "Data": _data_rows,
    "Step length": _step_rows,
    "First NaN": _nan_rows,
    "Gradient by layer": _gradient_rows,
    "Activations": _activation_rows,
    "Size of weights": _weight_rows,
    "Curvature": _curvature_rows,
    "Rate finder": _rate_rows,
}
__all__ = ["Clinic"]
