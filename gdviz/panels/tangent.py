"""A function and the line that touches it."""

import numpy as np

from gdviz.panels.panel import Panel
from gdviz.panels.style import PINNED, PRESENT


class Tangent(Panel):
    """A function of one variable with its tangent at the place that the learner drags.

    The result is ``(function, derivative, place)``: two functions, ``(n,) -> (n,)``, and a number.
    ``bounds`` and ``limits`` are the ends of the two axes.

    >>> Tangent(bounds=(-10, 10), limits=(-1, 2)).bounds
    (-10, 10)
    """

    def __init__(self, *, bounds, limits, xlabel="z", ylabel="f(z)", **options):
        super().__init__(**options)
        self.bounds, self.limits = bounds, limits
        self.xlabel, self.ylabel = xlabel, ylabel
        self.x = np.linspace(*bounds, 400)

    def draw(self, ax, result):
        self.ax = ax
        ax.set(xlim=self.bounds, ylim=self.limits, xlabel=self.xlabel, ylabel=self.ylabel)
        self.say()
        ax.grid(color="#E4E4E4", lw=0.7)
        self.curve = ax.plot([], [], color="#3B4A6B", lw=2.2, zorder=2, animated=True)[0]
        self.line = ax.plot([], [], color=PRESENT, lw=2, zorder=10, animated=True)[0]
        look = {"color": PRESENT, "mec": "white", "mew": 1.5, "ms": 13, "zorder": 11}
        self.ball = ax.plot([], [], "o", animated=True, **look)[0]
        self.update(result)

    @property
    def moving(self):
        return [self.curve, self.line, self.ball]

    def update(self, result):
        function, _, place = self.of(result)
        self.curve.set_data(self.x, function(self.x))
        self.line.set_data(*self.tangent(result))
        self.ball.set_data([place], function(np.array([place])))

    def tangent(self, result):
        """Return the two ends of the tangent, ``x`` and ``y``, each of shape ``(2,)``."""
        function, derivative, place = self.of(result)
        at = np.array([place])
        across = 0.2 * (self.bounds[1] - self.bounds[0]) * np.array([-1, 1])
        return at + across, function(at) + derivative(at) * across

    def pin(self, result):
        self.pinned += self.ax.plot(*self.tangent(result), color=PINNED, lw=1.5, zorder=5)

    def locate(self, pixel):
        at = self.ax.transData.inverted().transform(pixel)[0]
        return (float(np.clip(at, *self.bounds)),)
