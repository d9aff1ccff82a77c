"""The picture of a run that is no longer finite: the size of a quantity in layers and steps."""

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
