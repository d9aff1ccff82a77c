"""The failure clinic as a figure: a patient's loss, instruments that cost points, a cure."""

import ipywidgets as widgets
import numpy as np

from gdviz import patients
from gdviz.kernel import hear_interrupts, stoppable
from gdviz.live import Canvas, Shown, one_at_a_time, replace_earlier
from gdviz.panels import Bars, Histogram, Lines
from gdviz.panels.style import BEHIND, COLOURS, INK
from gdviz.patients import CURES, DISEASES, INSTRUMENTS
from gdviz.picture import Picture
from gdviz.rounds import WORTH, Round, best_of, explained, points_left, three

TALL = 225
# a colour has one meaning in all panels; the classes are those of ``Boundary``
SICK, TREATED, LENGTH, UNITS, RATE = "#D55E00", "#009E73", "#7F6000", "#56B4E9", COLOURS[1]
START, END = "#CC79A7", "#7B3294"
LAYERS = ("#22313F", "#56B4E9", "#A3195B")
# the share of a curve's height that is left above it for the legend
ROOM = 0.7
GREY = "grey: a healthy one"
CLASSES = np.array([0, 4])
CLASS_NAMES = ("one class", None, None, None, "the other")
GIVE_UP, GIVE_UP_AGAIN = "Give up", "Give up? Press again"
NEXT, LAST, NEW = "Next patient", "The record", "New patients"


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
        self._answer_with_run(self.round.treat, name, cure)

    @one_at_a_time
    def give_up(self):
        """Send the patient away, and see what it had."""
        self._answer_with_run(self.round.give_up)

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

    def _answer_with_run(self, act, *given):
        """Answer, and let the browser draw the sick run and a new one from their first step on."""
        visit = self.visit
        before = len(visit.cures), visit.outcome
        self._answer(act, *given)
        acted = (len(visit.cures), visit.outcome) != before
        if acted and visit.after is not None and self.error is None:
            self.canvas.send({"kind": "sweep"})

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
        if self.told not in ("", self.round.complaint):
            rows["complaint"] = self.round.complaint.rstrip(".")
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
        self.explained = widgets.HTML()
        self.explained.add_class("gdviz-explained")
        wide = {"width": "240px"}
        self.name = widgets.Dropdown(options=names, description="name", layout=wide)
        self.cure = widgets.Dropdown(options=cures, description="cure", layout=wide)
        for field in (self.name, self.cure):
            field.style.description_width = "44px"
            field.observe(self._explain, "value")
        self.treat_button = self._button(
            "Treat", lambda: self.treat(self.name.value or None, self.cure.value or None)
        )
        self.give_up_button = self._button(GIVE_UP, self._ask_give_up)
        self.give_up_button.tooltip = (
            f"Takes all {WORTH} points of this patient, and tells what it had"
        )
        self.next_button = self._button(NEXT, self.following)
        self.new_button = self._button(NEW, self._ask_new)
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
        self._explain()
        box = widgets.VBox([tools, desk, self.explained, self.canvas])
        for name in ("gdviz-live", "gdviz-clinic"):
            box.add_class(name)
        return box

    def _explain(self, _=None):
        words = explained(self.name.value, self.cure.value)
        self.explained.value = words or "Choose a name and a cure: what they mean stands here."

    def _button(self, words, act):
        button = widgets.Button(description=words, layout={"width": "auto"})
        button.on_click(lambda _: act())
        return button

    def _ask_give_up(self):
        if self.give_up_button.description == GIVE_UP:
            self._warn(self.give_up_button, GIVE_UP_AGAIN)
        else:
            self.give_up()

    def _ask_new(self):
        """Begin another round: that of the number in the field, else the next one."""
        seed = self.seed.value + (self.seed.value == self.round.seed)
        if self.new_button.description == NEW and self.round.begun:
            self._warn(self.new_button, f"Leave these, begin clinic {seed}? Press again")
        else:
            self.begin(min(seed, self.seed.max))

    def _seed_changed(self, change):
        if change.new != self.round.seed:
            self.new_button.description = NEW
            self._ask_new()

    def _warn(self, button, words):
        button.description, button.button_style = words, "warning"

    def _set_buttons(self):
        visit, over = self.visit, self.round.over
        for name, button in self.instruments.items():
            bought = name in visit.bought
            fits = INSTRUMENTS[name].fits(visit.case)
            # what is bought keeps the focus: a second Space buys nothing else
            button.disabled = over or not fits or not (visit.open or bought)
            button.icon = "check" if bought else ""
        for field in (self.name, self.cure, self.treat_button, self.give_up_button):
            field.disabled = over or not visit.open
        for button, words in ((self.give_up_button, GIVE_UP), (self.new_button, NEW)):
            button.description, button.button_style = words, ""
        self.seed.value = self.round.seed
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
    case = visit.case
    courses = [one for one in (case, visit.after) if one is not None]
    # who was given up is shown under its own cure, whatever was tried before
    applied = "its cure" if visit.outcome == "given up" else "".join(visit.cures[-1:])
    log = "y" if case.healthy > 0 else ""
    lost = [one.lost_at for one in courses if one.lost_at is not None]
    # a round bowl says nothing of how low another landscape goes
    healthy = [patients.healthy(case)] if case.rows else []
    curves = np.array([one.losses for one in healthy + courses])
    curves = np.where(np.isfinite(curves), curves, np.nan)
    return Lines(
        curves,
        x=np.arange(case.steps + 1),
        limits=_limits(curves, case.healthy, log),
        labels=[None] * len(healthy) + ["this patient", f"with {applied}"][: len(courses)],
        colours=(BEHIND,) * len(healthy) + (SICK, TREATED),
        hlines={"a healthy one\nstays below": case.healthy},
        outside=124,
        vlines={"": min(lost)} if lost else None,
        spans={"last 10": (case.steps - patients.LAST + 0.5, case.steps)},
        shade=INK,
        log=log,
        xlabel=f"step (no number from {min(lost)} on)" if lost else "step",
        ylabel="loss",
        legend="upper left",
        title=f"The loss, step by step ({GREY})" if healthy else "The loss, step by step",
        tall=TALL,
    )


def _limits(curves, healthy, log):
    """The curves and the limit of health, with room above them for the legend."""
    values = np.append(curves[np.isfinite(curves)], healthy)
    if not log:
        low, span = values.min(), np.ptp(values)
        return low - 0.08 * span, low + (1 + ROOM) * span
    # a peak may leave the picture, the limit of health may not
    return _decades(np.minimum(values, 1e8 * healthy))


def _decades(values, room=ROOM):
    """The positive ones of the values on a logarithmic axis, with room above for a legend."""
    values = np.log10(values[np.isfinite(values) & (values > 0)])
    if not len(values):
        return None
    low = np.floor(values.min() - 0.1)
    return 10.0**low, 10.0 ** (low + (1 + room) * max(values.max() - low, 1))


def _record(round_):
    """What is left of each patient's points."""
    return Bars(
        lambda round_: [visit.points for visit in round_.visits],
        [f"patient {number}" for number in range(1, len(round_.visits) + 1)],
        words=lambda round_: [str(visit.points) for visit in round_.visits],
        colours=(TREATED,) * len(round_.visits),
        limits=(0, 1.1 * WORTH),
        ticks=[best_of(disease) for disease in round_.diseases],
        xlabel="points left (dark line: what one look and the cheapest cure would have left)",
        title="Points, patient by patient",
        tall=max(TALL, 60 + 24 * len(round_.visits)),
    )


def _data(case):
    if case.stack is None:
        loss = case.surface
        points = (loss.inputs[:, 0], loss.targets)
        return [_scatter(points, points, "The data", ylabel="target")]
    healthy, own = ((*one.inputs.T, CLASSES[one.labels]) for one in (patients.healthy(case), case))
    low, high = ([end(column) for column in healthy[:2]] for end in (np.min, np.max))
    frame = np.transpose([low, (high[0], low[1]), high, (low[0], high[1]), low])
    both = [np.append(column, sides) for column, sides in zip(own, frame, strict=False)]
    look = {"ylabel": "second input", "point_labels": CLASS_NAMES, "legend": "upper right"}
    return [
        _scatter(own, both, "The data (grey frame: of a healthy one)", frame, **look),
        _scatter(healthy, healthy, "The data of a healthy one", **look),
    ]


def _scatter(points, seen, title, frame=((np.nan,), (np.nan,)), **look):
    (left, right), (low, high) = ((min(side), max(side)) for side in seen[:2])
    aside, above = 0.06 * (right - left), 0.06 * (high - low)
    # the legend stands above the points
    room = 0.6 * (high - low) * ("legend" in look)
    return Lines(
        np.array(frame[1:]),
        x=np.array(frame[0]),
        xlimits=(left - aside, right + aside),
        limits=(low - above, high + above + room),
        points=points,
        colours=(BEHIND,),
        xlabel="first input",
        title=title,
        tall=TALL,
        **look,
    )


def _step_length(case):
    lengths = np.array([one.run.step_lengths for one in (patients.healthy(case), case)])
    lengths = np.where(np.isfinite(lengths) & (lengths > 0), lengths, np.nan)
    return [
        Lines(
            lengths,
            x=np.arange(1, lengths.shape[1] + 1),
            log="y",
            limits=_usual(lengths),
            colours=(BEHIND, LENGTH),
            xlabel="step",
            ylabel="length",
            title=f"How long each step is ({GREY})",
            tall=TALL,
        )
    ]


def _usual(rows):
    """The decades of what is usual in each row: a single spike may leave the picture."""
    kept = [row[np.isfinite(row)] for row in rows]
    ends = [np.quantile(row, (0.1, 0.98)) for row in kept if len(row)]
    low, high = np.log10(np.min(ends)), np.log10(np.max(ends))
    return 10.0 ** np.floor(low - 0.2), 10.0 ** np.ceil(high + 0.2)


def _gradient_by_layer(case):
    healthy = patients.layer_gradients(patients.healthy(case))[0]
    norms = np.array([healthy, *patients.layer_gradients(case)])
    return [
        Lines(
            norms,
            x=np.arange(1, norms.shape[1] + 1),
            xlimits=(0.6, norms.shape[1] + 0.4),
            xticks=range(1, norms.shape[1] + 1),
            labels=[None, "at the start", "at the end"],
            log="y",
            limits=_decades(norms),
            legend="upper right",
            marker=True,
            zeros=True,
            colours=(BEHIND, START, END),
            xlabel="layer (×: exactly 0)" if (norms == 0).any() else "layer",
            ylabel="‖∂E/∂(W, b)‖",
            title=f"Gradient by layer ({GREY})",
            tall=TALL,
        )
    ]


def _activations(case):
    healthy = patients.activations(patients.healthy(case)).activations[:-1]
    limits, name = (-1.1, 1.1), "activation, at the start"
    if case.stack.activation == "relu":
        limits = (-0.2, np.quantile(np.concatenate([layer.ravel() for layer in healthy]), 0.99))
        name = "activation (last bar: beyond)"
    return [
        Histogram(
            lambda visit: patients.activations(case).activations[:-1],
            behind=healthy,
            limits=limits,
            colour=UNITS,
            xlabel=name,
            title=f"Activations by layer ({GREY})",
            tall=TALL,
        )
    ]


def _size_of_weights(case):
    healthy, sizes = (patients.weights(one) for one in (patients.healthy(case), case))
    sizes = np.concatenate([healthy, sizes])
    count = len(healthy)
    last = f"layer {count}"
    between = "layer 2" if count == 3 else f"layers 2–{count - 1}"
    return [
        Lines(
            np.where(np.isfinite(sizes), sizes, np.nan),
            x=np.arange(sizes.shape[1]),
            log="y",
            colours=(BEHIND,) * count + (LAYERS[0],) + (LAYERS[1],) * (count - 2) + (LAYERS[2],),
            labels=[None] * count + ["layer 1", between] + [None] * (count - 3) + [last],
            limits=_decades(sizes, room=1.1),
            legend="upper right",
            xlabel="step",
            ylabel="of the size at the start",
            title=f"‖W‖ of each layer ({GREY})",
            tall=TALL,
        )
    ]


def _curvature(case):
    healthy, found = (patients.curvatures(one) for one in (patients.healthy(case), case))
    count = len(found)
    rows, x = np.array([healthy, found]), np.arange(1, count + 1)
    few = count <= 8
    if few:
        # stems that begin at 0, those of a healthy one beside
        nothing = np.full(count, np.nan)
        x = np.array([np.ravel([x + aside, x + aside, nothing], "F") for aside in (-0.12, 0.12)])
        rows = np.array([np.ravel([0 * row, row, nothing], "F") for row in rows])
    seen = np.array([0.0, *healthy, *found])
    low, high = np.nanmin(seen), np.nanmax(seen)
    margin = 0.08 * (high - low)
    return [
        Lines(
            rows,
            x=x,
            xlimits=(0.4, count + 0.6),
            xticks=range(1, count + 1) if few else None,
            limits=(low - margin, high + margin),
            marker=few,
            colours=(BEHIND, INK),
            hlines={"flat": 0.0},
            outside=44,
            xlabel="direction, from the lowest λ up",
            ylabel="curvature λ",
            title=f"Curvatures where it ends ({GREY})",
            tall=TALL,
        )
    ]


def _rate_finder(case):
    found = [patients.rate_finder(one) for one in (patients.healthy(case), case)]
    rates, losses = np.array(found).transpose(1, 0, 2)
    fine = np.isfinite(losses) & (np.abs(losses) < 1e6)
    own = losses[1][fine[1]]
    limits = None
    if len(own) and case.healthy > 0:
        # a round bowl ends at almost 0: that far down is nothing to see
        limits = 10 ** np.floor(np.log10(max(own.min(), 1e-9)) - 2), 30 * own.max()
    elif len(own):
        # a rate too high ends far above the start
        span = max(case.losses[0] - own.min(), 1e-9)
        limits = own.min() - 0.1 * span, case.losses[0] + 0.5 * span
    return [
        Lines(
            np.where(fine, losses, np.nan),
            x=rates,
            log="xy" if case.healthy > 0 else "x",
            limits=limits,
            colours=(BEHIND, RATE),
            spans={"own η": (case.lr / 1.12, case.lr * 1.12)},
            marker=True,
            xlabel="learning rate η",
            ylabel="loss after 30 steps",
            title=f"Rate finder ({GREY})",
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


def _beside(words, case):
    """What was measured, and behind it the same of a healthy one."""
    return f"{words(case)} (a healthy one: {words(patients.healthy(case))})"


def _data_rows(case):
    def told(case):
        columns = case.objective.inputs.T
        return ", ".join(f"{three(column.min())} to {three(column.max())}" for column in columns)

    def near(case):
        return f"{100 * patients.same_class(case):.0f} %"

    if case.stack is None:
        # a healthy neuron learns from the same data
        return {"the columns of the data": told(case)}
    return {
        "the columns of the data": _beside(told, case),
        "rows whose nearest row has their class": _beside(near, case),
    }


def _step_rows(case):
    def told(case):
        lengths = case.run.step_lengths
        usual = lengths[np.isfinite(lengths)]
        if not len(usual):
            return "none is a number"
        first, last = (np.median(part) for part in (usual[:20], usual[-20:]))
        return f"{three(first)}, then {three(last)}"

    return {"length of a step, median of the first and the last 20": _beside(told, case)}


def _nan_rows(case):
    found = patients.first_lost(case)
    return {"first that is not a number": "none: all are numbers" if found is None else str(found)}


def _gradient_rows(case):
    def told(case):
        start = patients.layer_gradients(case)[0]
        return f"{three(start[0])} and {three(start[-1])}"

    return {"gradient at the start, layer 1 and last": _beside(told, case)}


def _activation_rows(case):
    def told(case):
        shares = patients.activations(case).dead_shares
        return ", ".join(f"{100 * share:.0f} %" for share in shares)

    return {"units dead or stuck on every row, layer by layer": _beside(told, case)}


def _weight_rows(case):
    def told(case):
        ratio = patients.update_ratio(case)
        return f"{three(ratio[0])} and {three(ratio[-1])}"

    return {"‖update‖ / ‖W‖, layer 1 and last": _beside(told, case)}


def _curvature_rows(case):
    def bent(case):
        found = patients.curvatures(case)
        if not np.isfinite(found).all():
            return "none is a number"
        low, high = found.min(), found.max()
        words = f"from {three(low)} in the lowest direction to {three(high)} in the highest"
        return words + (f", κ = {three(high / low)}" if low > 0 else "")

    def slope(case):
        point = case.run.points[patients.last_finite(case)]
        length = float(np.linalg.norm(case.objective.gradient(point)))
        return three(length) if np.isfinite(length) else "not a number"

    return {"curvature λ": _beside(bent, case), "slope there": _beside(slope, case)}


def _rate_rows(case):
    def told(case):
        rates, losses = patients.rate_finder(case)
        fine = np.where(np.isfinite(losses), losses, np.inf)
        if not np.isfinite(fine).any():
            return f"{three(case.lr)}, and none leaves a number"
        return f"{three(case.lr)}, {three(rates[np.argmin(fine)])}"

    return {"rate η, and the best in 30 steps": _beside(told, case)}


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
