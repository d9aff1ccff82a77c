"""The gradient layer by layer."""

import math

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from gdviz.panels.panel import Walk
from gdviz.panels.style import COLOURS, PINNED, THEORY


def _pale(colour):
    return to_hex(1 - 0.45 * (1 - np.array(to_rgb(colour))))


class LayerGradients(Walk):
    """The gradient norm of every layer against the layer, on a logarithmic axis.

    ``norms(result)``, shape ``(layers,)`` or ``(curves, layers)``, begins with the layer next to
    the input; without it the result itself is that array. ``theory(result)``, of the same form, is
    drawn black and dashed; the legend calls it ``theory_label``. ``layers`` fixes the horizontal
    axis to the deepest network, else the first result does; ``limits`` fixes the vertical one.
    ``dtypes`` names the kinds of number whose ends are drawn in where the picture reaches them: a
    gradient below the smallest is stored as 0, above the largest as infinity. ``legend`` is the
    corner that the curves leave free. With ``present=False`` no curve has the present run's colour:
    they have those of a ``Sweep`` beside them. ``behind`` names the labels of curves that others
    would cover: they are drawn wide and pale, below the others.

    A gradient of exactly 0 has no place on a logarithmic axis: it is a cross on the floor. What is
    0, not finite, or outside the picture is also told in words, in the colour of its curve.

    Raises ValueError where ``limits`` are not two positive numbers, the low one first, or where
    ``behind`` names what is no label.

    >>> LayerGradients(layers=60).limits
    (1e-50, 10000.0)
    """

    ball = False

    def __init__(
        self,
        norms=None,
        *,
        theory=None,
        theory_label="theory",
        layers=None,
        limits=(1e-50, 1e4),
        dtypes=("float32",),
        xlabel="layer (1 is next to the input)",
        ylabel="gradient norm",
        legend="lower right",
        present=True,
        behind=(),
        **options,
    ):
        super().__init__(**options)
        low, high = limits
        if not 0 < low < high < math.inf:
            raise ValueError(
                f"limits are {limits!r}: the axis is logarithmic, so give two positive numbers, "
                "the low one first, as in (1e-50, 1e4)"
            )
        self.norms = norms or (lambda result: result)
        self.theory, self.theory_label = theory, theory_label
        self.layers = layers
        self.limits = limits
        self.dtypes = dtypes
        self.xlabel, self.ylabel = xlabel, ylabel
        self.corner = legend
        unknown = [name for name in behind if name not in (self.labels or [])]
        if unknown:
            raise ValueError(f"behind names {unknown}, and the labels are {self.labels}")
        self.behind = [self.labels.index(name) for name in behind]
        self.own = COLOURS if present else COLOURS[1:]
        self.colours = [_pale(self.own[number]) for number in self.behind]

    def still(self, result):
        layers = self.layers or self.trails(result).shape[-1]
        self.ax.set_yscale("log")
        self.ax.set(xlim=(0.4, layers + 0.6), ylim=self.limits)
        self.ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        self.ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, min_n_ticks=1))
        self.ax.yaxis.set_major_locator(LogLocator(numticks=8))
        self.ax.yaxis.set_minor_locator(NullLocator())
        self.ax.grid(axis="y", color="#E4E4E4", lw=0.7)
        self.say()
        low, high = self.limits
        self.free = [0.0, 1.0]
        for dtype in self.dtypes:
            ends = np.finfo(dtype)
            smallest, largest = float(ends.smallest_subnormal), float(ends.max)
            if low < smallest < high:
                self.free[0] = self._border(smallest, low, f"{dtype}: stored as 0", "top")
            if low < largest < high:
                self.free[1] = self._border(largest, high, f"{dtype}: stored as inf", "bottom")

    def _border(self, at, end, words, side):
        """Draw the border and the land beyond it; return its height as a fraction of the axis."""
        self.ax.axhspan(min(at, end), max(at, end), color="#EEEEEE", zorder=0)
        self.ax.axhline(at, color=PINNED, lw=1.5, ls=":", zorder=1)
        clear = (0, -4 if side == "top" else 4)
        place = {"xycoords": self.ax.get_yaxis_transform(), "va": side, "ha": "right"}
        place |= {"xytext": clear, "textcoords": "offset points"}
        text = self.ax.annotate(words, (0.98, at), color="#555555", zorder=2, **place)
        text.set_in_layout(False)
        low, high = np.log10(self.limits)
        return float((np.log10(at) - low) / (high - low))

    def draw(self, ax, result):
        self.dashed, self.crosses = [], []
        super().draw(ax, result)
        shown = self.of(result)
        look = {"ls": "none", "marker": "x", "ms": 7, "mew": 1.8, "zorder": 13, "animated": True}
        look["transform"] = ax.get_xaxis_transform()
        for colour, line in zip(self.own, self.lines, strict=False):
            line.set_color(colour)
            self.crosses += ax.plot([], [], color=colour, **look)
        for number, colour in zip(self.behind, self.colours, strict=True):
            self.lines[number].set(color=colour, lw=8, zorder=9)
        if self.theory:
            for trail in self._visible(self._rows(self.theory(shown))):
                look = {"color": THEORY, "ls": "--", "lw": 1.5, "zorder": 12, "animated": True}
                label = None if self.dashed else self.theory_label
                self.dashed += ax.plot(*trail, label=label, **look)
        across, along = ("right", 1) if "right" in self.corner else ("left", 0)
        low, high = self.free
        down = "lower" in self.corner
        self.note.set(x=0.98 if along else 0.02, y=low + 0.03 if down else high - 0.03)
        self.note.set(ha=across, va="bottom" if down else "top")
        if self.labels or self.theory:
            anchor = (along, low + 0.1 if down else high - 0.1)
            ax.legend(loc=self.corner, bbox_to_anchor=anchor, borderaxespad=0.2)
        self.update(result)

    @property
    def moving(self):
        return [*super().moving, *self.dashed, *self.crosses]

    def update(self, result):
        shown = self.of(result)
        if self.theory:
            rows = self._visible(self._rows(self.theory(shown)))
            for line, trail in zip(self.dashed, rows, strict=False):
                line.set_data(*trail)
        for cross, (layers, norms) in zip(self.crosses, self.trails(shown), strict=False):
            at = layers[norms == 0]
            cross.set_data(at, np.full(len(at), 0.02))
        return super().update(result)

    def trails(self, result):
        return self._rows(self.norms(result))

    def _rows(self, norms):
        norms = np.atleast_2d(np.asarray(norms, dtype=float))
        layers = np.broadcast_to(np.arange(1, norms.shape[-1] + 1), norms.shape)
        return np.stack([layers, norms], axis=1)

    def departure(self, trails):
        layers, norms = trails[0, 0], trails[:, 1]
        low, high = self.limits
        told = (
            ("exactly 0", norms == 0),
            ("not finite", ~np.isfinite(norms)),
            ("above the picture", norms > high),
            ("below the picture", (norms > 0) & (norms < low)),
        )
        for words, where in told:
            found = layers[where.any(axis=0)].astype(int)
            if len(found):
                curves = np.flatnonzero(where.any(axis=1))
                self.note.set_color(self.own[curves[0]] if len(curves) == 1 else THEORY)
                if self.labels:
                    words = f"{', '.join(self.labels[curve] for curve in curves)} {words}"
                    if len(curves) > 1:
                        return words
                name = self.xlabel.partition(" (")[0]
                which = f"{name}s {found[0]} to {found[-1]}"
                return f"{words}: {which if len(found) > 1 else f'{name} {found[0]}'}"
        return ""

    def _visible(self, trails):
        low, high = self.limits
        layers, norms = trails[:, :1], trails[:, 1:]
        norms = np.where(norms > 0, np.clip(norms, low * 1e-9, high * 1e9), np.nan)
        return np.concatenate([layers, norms], axis=1)
