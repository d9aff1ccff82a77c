"""A crowd of walkers on a curve."""

import numpy as np

from gdviz.panels.landscape import Curve
from gdviz.panels.style import PINNED, PRESENT


class Crowd(Curve):
    """Every run of a batch, however many, as a dot on the curve where it stands in the end.

    A hollow dot is where a run started.

    >>> Crowd(title="Where they come to rest").dim
    1
    """

    def draw(self, ax, result):
        self.ax = ax
        run = self.of(result)
        self.still(run)
        look = {"ls": "none", "marker": "o", "animated": True}
        self.starts = ax.plot([], [], mfc="none", mec=PINNED, ms=6, zorder=9, **look)[0]
        self.dots = ax.plot([], [], color=PRESENT, mew=0, ms=9, zorder=10, **look)[0]
        self.note = self._text()
        self.update(result)

    @property
    def moving(self):
        return [self.starts, *self.stars, self.dots, self.note]

    def update(self, result):
        run = self.of(result)
        anew = self.changed(run)
        if anew:
            self.still(run)
        for artist, points in ((self.starts, run.start), (self.dots, run.final)):
            artist.set_data(*self._standing(run, points))
        # a few dots are strong, many are pale, so that a crowd shows where it is dense
        self.dots.set_alpha(float(np.clip(20 / run.final.size, 0.25, 0.9)))
        low, high = self.drawn.bounds[0]
        with np.errstate(invalid="ignore"):
            gone = np.count_nonzero(~((run.final >= low) & (run.final <= high)))
        self.note.set_text(f"{gone:,} of {run.final.size:,} left the picture" if gone else "")
        return anew

    def pin(self, result):
        run = self.of(result)
        self.pinned += self.ax.plot(
            *self._standing(run, run.final), "o", color=PINNED, alpha=0.5, mew=0, ms=9, zorder=5
        )

    def _standing(self, run, points):
        places = np.stack(self.place(points.reshape(-1, 1), self.landscape(run)))
        return self._visible(np.where(np.isfinite(places).all(axis=0), places, np.nan)[None])[0]
