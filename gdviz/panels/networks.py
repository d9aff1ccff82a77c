"""Networks seen: a stack layer by layer, a small net by its weights, a boundary in the plane."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from contourpy import contour_generator
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, to_hex
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from gdviz.panels.cells import Grid
from gdviz.panels.marks import (
    Marks,
    Strokes,
    Words,
    burst,
    in_pixels,
    rounded,
    short,
    width_of,
    zero_sign,
)
from gdviz.panels.panel import Arrow, Panel, note
from gdviz.panels.style import INK, PRESENT, WRONG

FORWARD, QUIET = "#0072B2", "#5B6770"
POSITIVE, NEGATIVE = "#009E73", "#7B3294"
CLASSES = "#0072B2", "#E69F00"
PLANE = LinearSegmentedColormap.from_list("plane", ["#8FC3E6", "#FBFAF6", "#F5CB6E"])
# from what has died to what has the size 1 and on to what bursts, always darker
BLUES = ("#F1F6FA", FORWARD, "#00223A")
REDS = ("#FDF4EE", PRESENT, "#431A00")
SHADES = 97
UNLIT, ZERO, LOST = SHADES, SHADES + 1, SHADES + 2
# sixty layers and the output
MOST_LAYERS = 61
# the height of both halves of a stack, and of the lower one alone
BOTH, BACKWARD = 260, 152


def _palette(colours):
    """Return the shades from low over 1 to high, then unlit, exactly 0, and not finite."""
    shades = LinearSegmentedColormap.from_list("sizes", colours, SHADES)(np.arange(SHADES))
    return [*(to_hex(shade) for shade in shades), "#FFFFFF", "#FFFFFF", "#D5D5D5"]


@dataclass(frozen=True, eq=False)
class Pulse:
    """A pulse through a stack: it runs forward through all L layers, and its gradient comes back.

    ``forward`` and ``backward``, both ``(L,)``, are the sizes of the activations and of the
    gradients at layers 1 to L. The steps are 2 L: ``until(k)`` has lit the first k layers, and from
    L + 1 on the gradient of the last k - L; what is not lit yet is NaN. Raises ValueError for
    anything but two rows of one length.

    >>> pulse = Pulse([1.0, 0.5, 0.25], [0.01, 0.1, 1.0])
    >>> pulse.steps, pulse.until(4).reached
    (6, (3, 1))
    >>> pulse.until(4).backward.tolist()
    [nan, nan, 1.0]
    """

    forward: np.ndarray
    backward: np.ndarray
    shown: int | None = None

    def __post_init__(self):
        forward, backward = _rows(self.forward, self.backward)
        object.__setattr__(self, "forward", forward)
        object.__setattr__(self, "backward", backward)

    @property
    def layers(self):
        """L, the number of layers."""
        return len(self.forward)

    @property
    def steps(self):
        """Once right through all layers, and once back; of a cut pulse, the steps shown."""
        return 2 * self.layers if self.shown is None else self.shown

    @property
    def reached(self):
        """How many layers the pulse and the gradient have lit, from the left and from the right."""
        return min(self.steps, self.layers), max(0, self.steps - self.layers)

    def until(self, step):
        """The same pulse after ``step`` steps: what a player shows at that step."""
        if not 0 <= step <= self.steps:
            raise ValueError(f"step is {step!r}: it is a whole number from 0 to {self.steps}")
        layer = np.arange(self.layers)
        forward = np.where(layer < step, self.forward, np.nan)
        backward = np.where(layer >= 2 * self.layers - step, self.backward, np.nan)
        return Pulse(forward, backward, int(step))

    def __str__(self):
        if self.shown is not None and self.shown < 2 * self.layers:
            lit, back = self.reached
            return f"the pulse has lit {lit} of {self.layers} layers, its gradient {back}."
        first, last = self.backward[[0, -1]]
        return (
            f"{self.layers} layer{'s' * (self.layers > 1)}: the activations have the size "
            f"{short(self.forward[0])} in the first and {short(self.forward[-1])} in the last, "
            f"the gradients {short(last)} in the last and {short(first)} in the first."
        )


class Layers(Panel):
    """A deep stack as a row of 1 to 61 layers, lit by what passes through them.

    ``forward(result)`` and ``backward(result)``, both ``(layers,)``, are the size of the
    activations and of the gradient at each layer, of a ``Pulse`` by default: then Play sends the
    pulse right and the gradient back. The upper half of a layer is blue by its activations, the
    lower half vermillion by its gradient: pale where less than 1 passes, dark where it is more, by
    the logarithm, between ``limits``. A gap carries the factor from layer to layer; a layer with
    exactly 0 is empty and marked 0, the first that is not finite has a burst. With
    ``only="backward"`` there is but the lower half, and ``factors`` are written in a row at most.
    ``labels`` name the two where something else than the size of the activations runs forward; a
    third stands under the last layer in place of its number.

    Raises ValueError for anything but 1 to 61 sizes of 0 or more, as many backward as forward.

    >>> import gdviz as gd
    >>> pulse = Pulse(np.ones(4), [0.001, 0.01, 0.1, 1.0])
    >>> stack = gd.show(pulse, Layers(title="The gradient dies on its way back")).panels[0]
    >>> stack.gradient_factors.texts
    ['× 0.1', '× 0.1', '× 0.1']
    """

    wide = True
    margins = (16, 16, 8, 8)

    def __init__(
        self,
        forward=None,
        backward=None,
        *,
        limits=(1e-6, 1e6),
        only=None,
        factors=12,
        labels=("activations", "gradients"),
        **options,
    ):
        super().__init__(**options)
        if only not in (None, "backward"):
            raise ValueError(f"only is {only!r}: it is 'backward', or left out for both ways")
        self.both, self.most_factors = only is None, factors
        self.forward = forward or (lambda result: result.forward)
        self.backward = backward or (lambda result: result.backward)
        low, high = limits
        if not 0 < low < 1 < high:
            raise ValueError(
                f"limits are {limits!r}: they are two sizes around 1, as in limits=(1e-6, 1e6)"
            )
        self.limits = limits
        self.labels = labels

    def height(self, width):
        return BOTH if self.both else BACKWARD

    def draw(self, ax, result):
        self.ax = ax
        self.across, _ = in_pixels(ax)
        # counted from the top of both halves, also where the upper one is left out
        self.tall = tall = BOTH - sum(self.margins[2:])
        # a narrow picture has room for few words, and the arrows tell the direction too
        narrow = self.across < 420
        self.ends = (12 if narrow else 62), self.across - 12
        left, right = self.ends
        # from the top: label, arrow, factors, activations, numbers, gradients, factors, arrow
        self.rows = {"blue": tall - 84, "number": tall - 119, "red": tall - 154}
        self.arrow_rows = tall - 27, tall - 211
        toward = ("", "") if narrow else (", forward", ", backward")
        bold = {"weight": "bold", "va": "baseline"}
        ahead, back = (name + way for name, way in zip(self.labels[:2], toward, strict=True))
        if self.both:
            ax.text(left, tall - 15, ahead, color=FORWARD, **bold)
        ax.text(right, 8, back, color=PRESENT, ha="right", **bold)
        if not narrow:
            ax.text(0, self.rows["number"], "layer", color=QUIET, va="center")
        self._key(ax)
        self.capsules = ax.add_artist(Marks(["#FFFFFF"], "#9AA7B2", 0.9, zorder=2))
        look = {"edge": "#8894A0", "width": 0.6, "zorder": 3}
        self.blue = ax.add_artist(Marks(_palette(BLUES), **look))
        self.red = ax.add_artist(Marks(_palette(REDS), **look))
        self.zeros = ax.add_artist(Marks([QUIET], zorder=5))
        self.head = ax.add_artist(Marks(["none"], INK, 2.6, zorder=6))
        self.bursts = ax.add_artist(Marks([WRONG], "#FFFFFF", 1.2, zorder=7))
        self.arrows = [Arrow(ax), Arrow(ax)]
        for arrow, colour in zip(self.arrows, (FORWARD, PRESENT), strict=True):
            arrow.shaft.set_color(colour)
            arrow.head.set_facecolor(colour)
        self.numbers = ax.add_artist(Words(QUIET))
        self.activation_factors = ax.add_artist(Words(FORWARD))
        self.gradient_factors = ax.add_artist(Words(PRESENT))
        self.activation_total = ax.add_artist(Words(FORWARD, weight="bold"))
        self.gradient_total = ax.add_artist(Words(PRESENT, weight="bold"))

    def _key(self, ax):
        """Show what the shades mean, where there is room."""
        middle = sum(self.ends) / 2 + 14
        reach = min(90, (self.ends[1] - self.ends[0] - 470) / 2)
        if reach < 45:
            return
        ends = np.linspace(middle - reach, middle + reach, SHADES + 1)
        for palette, base in ((BLUES, 9), (REDS, 3))[0 if self.both else 1 :]:
            cells = np.arange(SHADES)[None]
            map_ = ListedColormap(_palette(palette)[:SHADES])
            ax.pcolormesh(ends, [base, base + 6], cells, cmap=map_, zorder=1)
        low, high = (short(size) for size in self.limits)
        ax.text(middle - reach - 6, 9, low, color=QUIET, ha="right", va="center")
        ax.text(middle, 17, "1", color=QUIET, ha="center", va="baseline")
        ax.text(middle + reach + 6, 9, high, color=QUIET, ha="left", va="center")

    def update(self, result):
        backward = self.backward(result)
        forward = self.forward(result) if self.both else np.ones(np.shape(backward))
        forward, backward = _rows(forward, backward)
        count = len(forward)
        if count > MOST_LAYERS:
            raise ValueError(
                f"there are {count} layers, and Layers shows 1 to {MOST_LAYERS}: "
                "choose a smaller depth, or draw the sizes with gd.Lines"
            )
        lit, back = result.reached if isinstance(result, Pulse) else (count, count)
        lit = lit if self.both else 0
        left, right = self.ends
        pitch = (right - left) / count
        centres = left + pitch * (np.arange(count) + 0.5)
        wide = min(0.66 * pitch, 90.0)
        layer = np.arange(count)
        if self.both:
            self._light(forward, layer < lit, self.blue, centres, wide)
        self._light(backward, layer >= count - back, self.red, centres, wide)
        high, middle = (126, "number") if self.both else (56, "red")
        outline = rounded(wide + min(8.0, 0.2 * pitch), high, 10)
        self.capsules.put(outline, _places(centres, self.rows[middle]))
        self._mark(forward, backward, lit, back, centres, wide)
        self._point(lit, back, count, centres)
        self._number(centres, pitch)
        factors = _ratios(forward[1:], forward[:-1]), _ratios(backward[:-1], backward[1:])
        middles = left + pitch * np.arange(1, count)
        seen = layer[1:] < lit, layer[:-1] >= count - back
        words = self.activation_factors, self.gradient_factors
        for artist, ratios, there, y in zip(
            words, factors, seen, (self.tall - 51, self.tall - 196), strict=True
        ):
            stride = _stride(count - 1, self.most_factors, pitch, 62)
            # counted from the end, so that the gap where the gradient enters has its factor
            chosen = np.arange(count - 2, -1, -stride)[::-1]
            chosen = chosen[there[chosen] & np.isfinite(ratios[chosen])] if count > 1 else chosen
            # the last gap of a deep stack is nearer to the edge than half a factor is wide
            texts = [(middles[n], f"× {short(ratios[n])}") for n in chosen]
            artist.set_words(
                [(min(x, self.across - width_of(text) / 2), y, text, 0.5) for x, text in texts]
            )
        self._sum_up(forward, backward, lit, back)

    def _light(self, sizes, lit, artist, centres, wide):
        """Give every layer the shade of its size."""
        ends = np.abs(np.log10(self.limits))
        with np.errstate(all="ignore"):
            powers = np.log10(sizes)
            share = np.clip(powers / np.where(powers < 0, *ends), -1, 1)
        middle = SHADES // 2
        shades = np.nan_to_num(np.round(middle + share * middle)).astype(int)
        shades = np.where(sizes == 0, ZERO, np.where(np.isfinite(sizes), shades, LOST))
        row = "blue" if artist is self.blue else "red"
        artist.put(
            rounded(wide, 48, 7), _places(centres, self.rows[row]), np.where(lit, shades, UNLIT)
        )

    def _mark(self, forward, backward, lit, back, centres, wide):
        """Mark what is exactly 0, the first that is not finite, and where the pulse is."""
        count = len(centres)
        heads, zeros, bursts = [], [], []
        if lit < count and lit:
            heads.append((centres[lit - 1], self.rows["blue"]))
        if 0 < back < count:
            heads.append((centres[count - back], self.rows["red"]))
        rows = (forward[:lit], 0, 1, "blue"), (backward[count - back :][::-1], count - 1, -1, "red")
        for sizes, first, step, row in rows:
            zeros += [
                (centres[first + step * n], self.rows[row]) for n in np.flatnonzero(sizes == 0)
            ]
            lost = np.flatnonzero(~np.isfinite(sizes))
            bursts += [(centres[first + step * n], self.rows[row]) for n in lost[:1]]
        self.head.put(rounded(wide, 48, 7), heads)
        self.zeros.put(zero_sign(min(15.0, 1.5 * wide)), zeros)
        self.bursts.put(burst(float(np.clip(0.8 * wide, 14, 20))), bursts)

    def _point(self, lit, back, count, centres):
        """Let each arrow reach as far as the pulse has come."""
        left, right = self.ends
        rows = (lit, left, right, centres), (back, right, left, centres[::-1])
        for arrow, y, (reached, begin, end, on) in zip(
            self.arrows, self.arrow_rows, rows, strict=True
        ):
            tip = end if reached == count else on[reached - 1] if reached else begin
            arrow.point((begin, y), (tip, y))

    def _number(self, centres, pitch):
        count = len(centres)
        stride = _stride(count, 20, pitch, 28)
        chosen = [1, *range(stride, count + 1, stride)] if stride > 1 else range(1, count + 1)
        # the last is always named, and a neighbour that would touch it is not
        room = -(-28 // pitch)
        chosen = sorted({n for n in chosen if n <= count - room or stride == 1} | {count})
        y = self.rows["number"] - 5
        names = [*map(str, chosen[:-1]), *(self.labels[2:] or [str(count)])]
        places = centres[np.array(chosen) - 1]
        self.numbers.set_words([(x, y, name, 0.5) for x, name in zip(places, names, strict=True)])

    def _sum_up(self, forward, backward, lit, back):
        left, right = self.ends
        ahead, behind = forward[:lit], backward[len(backward) - back :][::-1]
        words = _total(ahead, len(forward), 1, 1)
        self.activation_total.set_words([(right, self.tall - 15, words, 1.0)])
        words = _total(behind, len(backward), len(backward), -1)
        self.gradient_total.set_words([(left, 8, words, 0.0)])

    def trail(self):
        """Return nothing: a pinned stack would hide the present one."""
        return []


class Net(Panel):
    """A small network, neuron by neuron: up to 8 layers of weights and 8 neurons a layer.

    An edge is as wide as its weight is large, green where it is positive, purple where it is
    negative; the glow behind it is its gradient, by the logarithm, between ``limits``. A neuron is
    the bluer the more active it is on the data, and grey when it is dead: its activation is exactly
    0 on all of them. A burst marks the first that is not finite.

    ``weights(result)`` is a list of matrices ``(n_out, n_in)``, ``gradients(result)`` one of the
    same shapes, ``activations(result)`` one of ``(batch, n_out)``. Without ``weights``, all three
    are those of a Run on the loss of a ``gdviz.networks.Stack``, at the step shown. Raises
    ValueError for shapes that do not fit, and for a larger network.

    >>> import gdviz as gd
    >>> net = gd.show([[[1.0, -2.0]]], Net(weights=lambda matrices: matrices)).panels[0]
    >>> [(colour, width) for colour, width, _ in net.edges.looks]
    [('#009E73', 2.5), ('#7B3294', 5.0)]
    """

    margins = (16, 16, 8, 8)
    tallest = 460
    most = 8

    def __init__(
        self, weights=None, activations=None, gradients=None, *, limits=(1e-4, 1.0), **options
    ):
        super().__init__(**options)
        self.given = weights, activations, gradients
        if not 0 < limits[0] < limits[1]:
            raise ValueError(
                f"limits are {limits!r}: they are the least and the largest gradient told apart, "
                "as in limits=(1e-4, 1.0)"
            )
        self.limits = limits

    def parts(self, result):
        """Return the weights, the activations or None, and the gradients or None."""
        if self.given[0] is not None:
            return self._checked(*(part and part(result) for part in self.given))
        loss = getattr(result, "objective", None)
        if not (hasattr(loss, "trace") and hasattr(loss.network, "depth")):
            raise ValueError(
                "Net reads a Run on the loss of a gdviz.networks.Stack, and this is "
                f"{type(result).__name__}: give Net(weights=...), a function of the result"
            )
        trace, views = loss.trace(result.final), loss.network.views
        if trace.value.ndim:
            raise ValueError(
                f"the run is a batch of shape {trace.value.shape}, and Net shows one network: "
                "descend from one start"
            )
        weights = [weight for weight, _ in views(result.final)]
        return self._checked(
            weights, trace.activations, [part for part, _ in views(trace.gradient)]
        )

    def _checked(self, weights, activations, gradients):
        weights = [np.asarray(weight, dtype=float) for weight in weights]
        shapes = [weight.shape for weight in weights]
        chained = all(len(shape) == 2 for shape in shapes) and all(
            low[0] == high[1] for low, high in pairwise(shapes)
        )
        if not shapes or not chained:
            raise ValueError(
                f"the weights have the shapes {shapes}: give a matrix (n_out, n_in) a layer, "
                "in which n_in is n_out of the layer before"
            )
        widest = max(max(shape) for shape in shapes)
        if len(shapes) > self.most or widest > self.most:
            raise ValueError(
                f"the network has {len(shapes)} layers of weights and up to {widest} neurons in "
                f"one, and Net shows up to {self.most} of each: take a smaller one, or gd.Layers"
            )
        if gradients is not None:
            gradients = [np.asarray(gradient, dtype=float) for gradient in gradients]
            if [gradient.shape for gradient in gradients] != shapes:
                raise ValueError(
                    f"the weights have the shapes {shapes} and their gradients "
                    f"{[gradient.shape for gradient in gradients]}: give one of each shape"
                )
        if activations is not None:
            activations = [np.asarray(layer, dtype=float) for layer in activations]
            units = [layer.shape[-1] if layer.ndim == 2 else None for layer in activations]
            if units != [shape[0] for shape in shapes]:
                raise ValueError(
                    f"the activations have the shapes {[layer.shape for layer in activations]}: "
                    f"give one (batch, n_out) for each of the {len(shapes)} layers of weights"
                )
        return weights, activations, gradients

    def ground(self, result):
        weights, _, _ = self.parts(result)
        return (weights[0].shape[1], *(len(weight) for weight in weights))

    def draw(self, ax, result):
        self.ax = ax
        across, tall = in_pixels(ax)
        sizes = self.ground(result)
        legend = self._legend(ax, across)
        pitch = across / len(sizes)
        row = (tall - 50 - legend) / max(sizes)
        self.radius = float(min(17, 0.36 * row, 0.24 * pitch))
        middle = legend + (tall - 50 - legend) / 2
        self.columns = []
        for number, size in enumerate(sizes):
            x = pitch * (number + 0.5)
            y = middle + row * ((size - 1) / 2 - np.arange(size))
            self.columns.append(_places(np.full(size, x), y))
            name = {0: "inputs", len(sizes) - 1: "output"}.get(number, str(number))
            name = name[:3].rstrip("p") if pitch < 56 else name
            ax.text(x, tall - 4, name, color=QUIET, ha="center", va="top")
        self.glow = ax.add_artist(Strokes(zorder=2))
        self.edges = ax.add_artist(Strokes(zorder=3))
        self.neurons = ax.add_artist(Marks(self.fills, INK, 1.6, zorder=5))
        self.bursts = ax.add_artist(Marks([WRONG], "#FFFFFF", 1.4, zorder=7))
        self.note = note(ax, x=1.0, y=(tall - 26) / tall)

    fills = ("#FFFFFF", *_palette(BLUES)[: SHADES // 2 + 1 : 4], "#9AA3AB")

    def _legend(self, ax, across):
        """Write what the colours mean, and return how much room that takes."""
        _, activations, gradients = self.given
        whole = self.given[0] is None
        entries = [("weight above 0", POSITIVE, 3, 1.0), ("below 0", NEGATIVE, 3, 1.0)]
        if whole or gradients:
            entries.append(("gradient", PRESENT, 10, 0.4))
        if whole or activations:
            entries.append(("dead", self.fills[-1], None, 1.0))
        wide = [36 + width_of(name) + 10 for name, *_ in entries]
        rows = [[]]
        for entry, width in zip(entries, wide, strict=True):
            if rows[-1] and sum(room for _, room in rows[-1]) + width > across:
                rows.append([])
            rows[-1].append((entry, width))
        for number, row in enumerate(rows):
            x, y = 0.0, 22 * (len(rows) - number) - 12
            for (name, colour, width, alpha), room in row:
                if width:
                    look = {"color": colour, "alpha": alpha, "lw": 0.72 * width}
                    ax.plot([x + 4, x + 30], [y, y], solid_capstyle="round", **look)
                else:
                    ax.plot([x + 20], [y], "o", ms=11, mfc=colour, mec=INK, mew=1.15)
                ax.text(x + 36, y, name, color=QUIET, va="center_baseline")
                x += room
        return 22.0 * len(rows) + 6

    def update(self, result):
        weights, activations, gradients = self.parts(result)
        ends, looks, glowing, glows = [], [], [], []
        for number, weight in enumerate(weights):
            left, right = self.columns[number], self.columns[number + 1]
            pairs = np.stack(np.broadcast_arrays(left[None], right[:, None]), axis=2).reshape(
                -1, 2, 2
            )
            widths = _widths(weight).ravel()
            ends.append(pairs)
            looks += [
                (POSITIVE if value >= 0 else NEGATIVE, float(width), 1.0)
                for value, width in zip(weight.ravel(), widths, strict=True)
            ]
            if gradients is not None:
                strength = self._strengths(gradients[number]).ravel()
                glowing.append(pairs[strength > 0])
                glows += [
                    (PRESENT, float(width) + 7.0, float(alpha))
                    for width, alpha in zip(widths, strength, strict=True)
                    if alpha > 0
                ]
        self.edges.put(np.concatenate(ends), looks)
        self.glow.put(np.concatenate([np.empty((0, 2, 2)), *glowing]), glows)
        dead = self._fill(activations)
        lost = _first_lost(weights, activations, gradients)
        places = [] if lost is None else [self.columns[lost[1]][lost[2]]]
        self.bursts.put(burst(1.35 * self.radius), places)
        words = f"{dead} neuron{'s are' if dead > 1 else ' is'} dead" if dead else ""
        self.note.set_text(words if lost is None else f"not finite: {lost[0]}")

    def _strengths(self, gradient):
        """Return how strong each glow is, 0 to 0.5 in eight steps."""
        low, high = np.log10(self.limits)
        with np.errstate(all="ignore"):
            share = np.clip((np.log10(np.abs(gradient)) - low) / (high - low), 0, 1)
        return np.nan_to_num(np.round(8 * share)) / 16

    def _fill(self, activations):
        """Fill every neuron by how active it is, and return how many hidden ones are dead."""
        most = len(self.fills) - 2
        shades = [np.zeros(len(self.columns[0]), int)]
        dead = 0
        for column, layer in zip(self.columns[1:], activations or (), strict=False):
            with np.errstate(all="ignore"):
                active = np.nanmean(np.abs(layer), axis=0) if len(layer) else np.zeros(len(column))
                shade = 1 + np.round((most - 1) * active / (1 + active))
            shade = np.where(np.isfinite(shade), shade, most).astype(int)
            if len(shades) < len(self.columns) - 1:
                silent = (layer == 0).all(axis=0)
                shade = np.where(silent, most + 1, shade)
                dead += int(silent.sum())
            shades.append(shade)
        shades += [np.zeros(len(column), int) for column in self.columns[len(shades) :]]
        places = np.concatenate(self.columns)
        self.neurons.put(_disc(self.radius), places, np.concatenate(shades))
        return dead

    def trail(self):
        """Return nothing: a pinned network would hide the present one."""
        return []


class Boundary(Panel):
    """What a network of two inputs predicts over the plane, with the data that it learns from.

    The plane is blue where class 0 is predicted, yellow where class 1 is, and paler the less
    certain; where the prediction is ``border`` runs the boundary. A point with a ring is on the
    wrong side; where all predictions lie within 0.01 there is no boundary, and no ring.
    ``predict(result, plane)`` takes points ``(n, 2)`` and returns ``(n,)``;
    ``points`` is ``(x, y, classes)``, or a function of the result that returns it. Without them
    they are those of a Run on the loss of a ``gdviz.networks.Stack``. ``legend=False`` leaves the
    names of the classes out, and gives their room to the plane. Raises ValueError for what does not
    fit.

    >>> import gdviz as gd
    >>> points = [-1, 1, 2], [0, 0, 1], [0, 1, 0]
    >>> half = Boundary(points, lambda slope, plane: slope * plane[:, 0])
    >>> panel = gd.show(1.0, half).panels[0]
    >>> panel.note.get_text(), panel.wrong.get_xdata().tolist()
    ('1 of 3 wrong', [2.0])
    """

    margins = (72, 16, 10, 98)
    tallest = 470

    def __init__(
        self,
        points=None,
        predict=None,
        *,
        bounds=None,
        cells=80,
        border=0.5,
        labels=("class 0", "class 1"),
        xlabel="$x_1$",
        ylabel="$x_2$",
        legend=True,
        **options,
    ):
        super().__init__(**options)
        self.legend = legend
        if not legend:
            self.margins = Panel.margins
        self.points, self.predict = points, predict or _predicted
        self.bounds, self.cells, self.border = bounds, cells, border
        self.labels, self.xlabel, self.ylabel = labels, xlabel, ylabel

    def data(self, result):
        """Return the points: their places ``(n, 2)`` and their classes ``(n,)``, 0 or 1."""
        if self.points is None:
            loss = getattr(result, "objective", None)
            if np.ndim(getattr(loss, "inputs", None)) != 2 or loss.inputs.shape[1] != 2:
                raise ValueError(
                    "Boundary reads a Run on the loss of a Stack with two inputs: train one, "
                    "or give Boundary(points, predict)"
                )
            places, targets = loss.inputs, np.asarray(loss.targets)
            if targets.ndim == 2:
                targets = targets[:, 0] > 0.5 if targets.shape[1] == 1 else targets.argmax(axis=1)
        else:
            x, y, targets = self.points(result) if callable(self.points) else self.points
            places, targets = np.stack([x, y], axis=-1).astype(float), np.asarray(targets)
        classes = targets.astype(int)
        if len(classes) != len(places) or not np.isin(targets, (0, 1)).all():
            raise ValueError(
                f"the points have the classes {np.unique(targets)[:6].tolist()}, {len(classes)} of "
                f"them for {len(places)} points: give one class for each point, 0 or 1"
            )
        return places, classes

    def ground(self, result):
        places, classes = self.data(result)
        ends = self.bounds
        if ends is None:
            low, high = places.min(axis=0), places.max(axis=0)
            room = 0.12 * np.where(high > low, high - low, 1.0)
            # the words in the corner hide no point
            above = high + room * (1.0, 2.2)
            ends = tuple(zip((low - room).tolist(), above.tolist(), strict=True))
        return ends, places.tobytes(), classes.tobytes()

    def draw(self, ax, result):
        self.ax = ax
        (left, right), (bottom, top) = self.extent = self.ground(result)[0]
        ax.set(xlim=(left, right), ylim=(bottom, top), xlabel=self.xlabel, ylabel=self.ylabel)
        ax.set_aspect(
            "equal" if 0.4 < (top - bottom) / (right - left) < 2.5 else "auto", anchor="N"
        )
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        shares = (np.arange(self.cells) + 0.5) / self.cells
        self.x, self.y = left + shares * (right - left), bottom + shares * (top - bottom)
        self.plane = _places(*np.meshgrid(self.x, self.y)).reshape(-1, 2)
        self.shading = ax.add_artist(Grid())
        self.shading.palette = [
            *(to_hex(PLANE(share)) for share in np.linspace(0, 1, 65)),
            "#D5D5D5",
        ]
        self.shading.extent = (left, right), (bottom, top)
        # a white edge on both sides, so that the line is seen on every shade
        self.lines = [
            ax.plot([], [], color=colour, lw=width, zorder=zorder)[0]
            for colour, width, zorder in (("white", 5.5, 7), (PRESENT, 3.0, 8))
        ]
        look = {"ls": "none", "mec": "white", "mew": 0.9, "zorder": 9}
        self.dots = [
            ax.plot([], [], marker=marker, ms=size, mfc=colour, label=label, **look)[0]
            for marker, size, colour, label in zip(
                "os", (7.5, 7), CLASSES, self.labels, strict=True
            )
        ]
        look = {"ls": "none", "marker": "o", "ms": 12, "mfc": "none", "mec": INK, "mew": 1.4}
        self.wrong = ax.plot([], [], zorder=10, label="wrong", **look)[0]
        if self.legend:
            self._legend(ax)
        self.note = note(ax)

    def _legend(self, ax):
        self.lines[1].set_label("boundary")
        handles = [*self.dots, self.wrong, self.lines[1]]
        below = ScaledTranslation(0, -0.46, ax.get_figure(root=True).dpi_scale_trans)
        place = {"loc": "upper left", "bbox_to_anchor": (-0.02, 0), "borderaxespad": 0}
        place["bbox_transform"] = ax.transAxes + below
        room = {"handlelength": 1.1, "handletextpad": 0.4, "columnspacing": 0.7}
        ax.legend(handles=handles, ncols=4 if _across(ax) > 330 else 2, **place, **room)

    def update(self, result):
        places, classes = self.data(result)
        # one call for the plane and for the points
        values = np.asarray(self.predict(result, np.concatenate([self.plane, places])), dtype=float)
        if values.shape != (len(self.plane) + len(places),):
            raise ValueError(
                f"predict returned the shape {values.shape} for {len(self.plane) + len(places)} "
                "points (n, 2): return one number for each, (n,)"
            )
        heights = values[: len(self.plane)].reshape(self.cells, self.cells)
        known = np.isfinite(heights)
        # the border is the middle of the scale, half a unit away a prediction is certain
        share = np.clip(heights - self.border + 0.5, 0, 1)
        self.shading.set_data(np.where(known, np.nan_to_num(share) * 64 + 0.5, 65).astype(np.uint8))
        lines = contour_generator(self.x, self.y, np.ma.masked_invalid(heights)).lines(self.border)
        gap = np.full((1, 2), np.nan)
        trace = np.concatenate([gap, *(part for line in lines for part in (line, gap))])
        for line in self.lines:
            line.set_data(*trace.T)
        for number, dots in enumerate(self.dots):
            dots.set_data(*places[classes == number].T)
        with np.errstate(invalid="ignore"):
            wrong = (values[len(self.plane) :] > self.border) != (classes == 1)
        # which side a point is on says nothing where all predictions are one
        flat = known.all() and np.ptp(values) < 0.01
        if flat:
            wrong[:] = False
            for line in self.lines:
                line.set_data([], [])
        self.wrong.set_data(*places[wrong].T)
        self.note.set_text(
            f"all answers {values.mean():.2f}"
            if flat
            else f"{wrong.sum():,} of {len(wrong):,} wrong"
            if known.any()
            else "not finite: no prediction"
        )

    def trail(self):
        """Return what a pinned result leaves behind: its boundary."""
        return self.lines[1:]


def _predicted(run, plane):
    """Return what the network of a Run predicts: its output, or the probability of class 1."""
    outputs = run.objective.network.predict(run.final, plane)
    if outputs.ndim != 2 or outputs.shape[1] > 2:
        raise ValueError(
            f"the network's outputs have the shape {outputs.shape}: Boundary shows one network "
            "with one output, or with two classes"
        )
    if outputs.shape[1] == 1:
        return outputs[:, 0]
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(outputs[:, 0] - outputs[:, 1]))


def _across(ax):
    return ax.bbox.width * 100 / ax.get_figure(root=True).dpi


def _widths(weight):
    """Return how wide the edge of each weight is: 2.5 pixels a unit, 0.4 to 7, in small steps."""
    return np.nan_to_num(np.clip(np.round(np.abs(weight) * 4) * 0.625, 0.4, 7.0), nan=0.4)


def _first_lost(weights, activations, gradients):
    """Return the first that is not finite in a pass: its name, the layer, the neuron, or None."""
    last = len(weights)
    found = [("weight", number, weight) for number, weight in enumerate(weights, 1)]
    found += [("activation", number, layer.T) for number, layer in enumerate(activations or (), 1)]
    found += [("gradient", last - n, part) for n, part in enumerate((gradients or ())[::-1])]
    for name, number, array in found:
        lost = ~np.isfinite(array).all(axis=1)
        if lost.any():
            return f"{name} of layer {number}", number, int(np.argmax(lost))
    return None


@lru_cache(maxsize=16)
def _disc(radius):
    circle = Path.unit_circle()
    return Path(circle.vertices * radius, circle.codes)


def _total(sizes, count, first, step):
    """Say what became of a pulse from its first layer to the last one that it has reached."""
    lost = np.flatnonzero(~np.isfinite(sizes))
    gone = np.flatnonzero(sizes == 0)
    if len(lost):
        return f"not finite from layer {first + step * lost[0]} on"
    if len(gone):
        return f"exactly 0 from layer {first + step * gone[0]} {'on' if step > 0 else 'down'}"
    if len(sizes) < 2:
        return ""
    with np.errstate(over="ignore"):
        factor = sizes[-1] / sizes[0]
    return f"× {short(factor)} {'in all' if len(sizes) == count else 'so far'}"


def _rows(forward, backward):
    """Return both rows of sizes as arrays of one length, or say what is wrong with them."""
    rows = []
    for name, sizes in (("forward", forward), ("backward", backward)):
        try:
            sizes = np.array(sizes, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"{name} is {sizes!r}: it is one size for each layer") from None
        if sizes.ndim != 1 or not len(sizes):
            raise ValueError(
                f"{name} has the shape {sizes.shape}: it is one size for each layer, (layers,), "
                "of one stack; pick one, as in forward=lambda norms: norms[0]"
            )
        if (sizes < 0).any():
            raise ValueError(
                f"{name} holds {sizes[sizes < 0][0]:g}: a size is 0 or more, as a norm is"
            )
        rows.append(sizes)
    if len(rows[0]) != len(rows[1]):
        raise ValueError(
            f"forward has {len(rows[0])} layers and backward {len(rows[1])}: "
            "give one size for each layer, both ways"
        )
    return rows


def _places(x, y):
    return np.stack(np.broadcast_arrays(x, y), axis=-1)


def _ratios(numbers, by):
    with np.errstate(all="ignore"):
        return numbers / by


def _stride(count, most, pitch, room):
    """Return which of so many words to write: every one, every second, every fifth ..."""
    least = max(count / most, room / pitch)
    return next(stride for stride in (1, 2, 5, 10, 20, 50, 100) if stride >= least)
