"""The autopsy of a run that is no longer finite: where it began, and why."""

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import BoundaryNorm, to_hex
from matplotlib.ticker import MaxNLocator

from gdviz.panels.panel import Panel
from gdviz.panels.style import PRESENT


class Autopsy(Panel):
    """The size of a quantity in every layer at every step, as a picture of its logarithm.

    ``sizes(result)``, shape ``(steps + 1, layers)``, the layer next to the input first.
    ``first(result)`` is ``(step, layer, words)`` where something was first not finite, else None:
    that cell is marked and named; without it, the first cell of the picture that is not finite is.
    ``decades`` are the powers of ten at which the colour changes; a finite size beyond them takes
    the colour of the end. A cell that is inf or nan is vermillion, one that is exactly zero white.
    ``steps`` and ``layers`` fix the axes, else the first result does; where there is no layer, the
    picture is grey.

    >>> Autopsy(lambda result: result, decades=(-10, 0, 10, 100)).decades
    (-10, 0, 10, 100)
    """

    def __init__(
        self,
        sizes,
        *,
        first=None,
        decades=(-20, -10, -5, -2, 0, 2, 5, 10, 20, 50, 100, 308),
        steps=None,
        layers=None,
        label="size",
        xlabel="step",
        ylabel="layer (1 is next to the input)",
        **options,
    ):
        super().__init__(**options)
        self.sizes = sizes
        self.first = first
        self.decades = decades
        self.map = colormaps["cividis"].with_extremes(under="white", over=PRESENT)
        self.norm = BoundaryNorm(decades, self.map.N)
        self.steps, self.layers = steps, layers
        self.label, self.xlabel, self.ylabel = label, xlabel, ylabel

    def draw(self, ax, result):
        self.ax = ax
        picked = self.of(result)
        rows, columns = self._cells(picked).shape
        self.image = ax.imshow(
            np.zeros((rows, columns)),
            cmap=self.map,
            norm=self.norm,
            aspect="auto",
            interpolation="nearest",
            origin="lower",
            animated=True,
        )
        self._legend()
        steps, layers = self.steps or columns - 1, self.layers or rows
        ax.set(xlim=(-0.5, steps + 0.5), ylim=(0.5, layers + 0.5), facecolor="#E4E4E4")
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
        self.say()
        look = {"ms": 14, "mfc": "white", "mec": "black", "mew": 1.3, "zorder": 11}
        self.mark = ax.plot([], [], ls="none", marker="X", animated=True, **look)[0]
        box = {"facecolor": "white", "alpha": 0.9, "edgecolor": "none", "pad": 3}
        look = {"color": PRESENT, "weight": "bold", "ha": "right", "va": "top", "zorder": 20}
        self.note = ax.text(0.98, 0.98, "", transform=ax.transAxes, bbox=box, animated=True, **look)
        self.update(result)

    def _legend(self):
        bar = self.ax.figure.colorbar(
            self.image, ax=self.ax, extend="both", label=self.label, use_gridspec=False
        )
        bar.set_ticks(self.decades, labels=[f"$10^{{{decade}}}$" for decade in self.decades])
        for at, side, words in ((1.06, "bottom", "inf, nan"), (-0.06, "top", "exactly 0")):
            bar.ax.text(0.5, at, words, transform=bar.ax.transAxes, ha="center", va=side)

    @property
    def colours(self):
        """The colour of a cell that is not finite, and those between the decades, 28 in all."""
        middles = (np.array(self.decades[:-1]) + self.decades[1:]) / 2
        chosen = np.linspace(0, len(middles) - 1, min(len(middles), 27)).round().astype(int)
        return (PRESENT, *map(to_hex, self.map(self.norm(middles[chosen]))))

    @property
    def moving(self):
        return [self.image, self.mark, self.note]

    def update(self, result):
        picked = self.of(result)
        cells = self._cells(picked)
        layers, columns = cells.shape
        self.image.set_data(cells)
        self.image.set_extent((-0.5, columns - 0.5, 0.5, layers + 0.5))
        found = self.first(picked) if self.first else self._first(cells)
        self.mark.set_data(([], []) if found is None else ([found[0]], [found[1]]))
        self.note.set_text("" if found is None else self._name(*found[:3]))
        return False

    def _cells(self, result):
        """The decades ``(layers, steps + 1)``; not finite is above all of them, zero below."""
        low, high = self.decades[0], self.decades[-1]
        sizes = np.abs(np.asarray(self.sizes(result), dtype=float)).T
        with np.errstate(all="ignore"):
            decades = np.clip(np.log10(sizes), low, np.nextafter(float(high), low))
        return np.select([~np.isfinite(sizes), sizes == 0], [high + 1, low - 1], decades)

    def _first(self, cells):
        found = np.argwhere((cells > self.decades[-1]).T)
        return (int(found[0, 0]), int(found[0, 1]) + 1, "") if len(found) else None

    @staticmethod
    def _name(step, layer, words):
        place = f"first not finite:\nstep {step}, layer {layer}"
        return f"{place},\n{words}" if words else place


class Cause(NamedTuple):
    """Where a run was first not finite: ``step``, ``layer`` (from 1), ``quantity``; ``why``."""

    step: int
    layer: int
    quantity: str
    why: str

    def __str__(self):
        at = "the loss" if self.quantity == "loss" else f"{self.quantity} of layer {self.layer}"
        return f"step {self.step}, {at}: {self.why}"


def first_not_finite(run):
    """Return where a run of a stack was first not finite and why: a ``Cause``, or None.

    ``run`` is one run of ``descend`` on a stack's loss, with all its points. In a step the order is
    that of the computation: weights, pre-activations from the first layer up, loss, gradients from
    the last layer down. Raises TypeError for a run of anything else, ValueError for a batch.

    >>> import gdviz as gd
    >>> loss = gd.networks.Stack(20, width=8, inputs=4, activation="relu").loss([[1.0] * 4], [0.0])
    >>> run = gd.descend(loss, loss.network.initial(gain=3.0), gd.GD(lr=0.1), steps=5)
    >>> cause = first_not_finite(run)
    >>> cause.step, cause.layer, cause.quantity
    (2, 3, 'pre-activation')
    >>> cause.why
    'a signal of size 10^153 meets weights of size 10^167, beyond 10^308 there is only inf.'
    """
    loss = run.objective
    if not hasattr(getattr(loss, "network", None), "layers"):
        raise TypeError(
            f"the autopsy examines a run of a stack, and this run's objective is {loss!r}: "
            "give gd.descend the loss of a gd.networks.Stack"
        )
    if run.shape:
        raise ValueError(
            f"the autopsy takes one run, and this is a batch of shape {run.shape}: "
            "make the run again with one start and one of every hyper-parameter"
        )
    lost = ~(np.isfinite(run.values) & np.isfinite(run.points).all(axis=-1))
    step = int(np.argmax(lost)) if lost.any() else run.steps
    # an infinite gradient shows in the weights and the loss one step later
    for at in range(max(step - 1, 0), step + 1):
        found = loss.first_not_finite(run.points[at])
        if found is not None:
            return Cause(at, *found, _why(loss, run.points[at], *found))
    return None


def _why(loss, parameters, layer, quantity):
    """Say which two numbers were too large for their product."""
    if quantity == "weights":
        return "the update, the rate times the gradient, was too large."
    trace = loss.trace(parameters)
    weights = [weight for weight, _ in loss.network.views(parameters)]
    signals = [loss.inputs, *trace.activations]
    deltas = trace.pre_activation_gradients
    if quantity == "loss":
        squared = ", and its square is too large" if loss.kind == "mse" else ""
        return f"the output is of size {_size(signals[-1])}{squared}."
    if quantity == "pre-activation":
        one, other = ("a signal", signals[layer - 1]), ("weights", weights[layer - 1])
    elif np.isfinite(deltas[layer - 1]).all():
        one, other = ("a gradient", deltas[layer - 1]), ("a signal", signals[layer - 1])
    else:
        one, other = ("a gradient", deltas[layer]), ("weights", weights[layer])
    return (
        f"{one[0]} of size {_size(one[1])} meets {other[0]} of size {_size(other[1])}, "
        f"beyond {_size(np.finfo(loss.network.dtype).max)} there is only inf."
    )


def _size(array):
    largest = np.abs(array).max()
    return f"10^{np.floor(np.log10(largest)):.0f}" if 0 < largest < np.inf else f"{largest:g}"
