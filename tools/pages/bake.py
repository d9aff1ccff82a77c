"""Bake a live figure: play it through a grid of its controls, and keep the frames.

The grid and the number of frames follow from what a figure draws, not from a clock, so that the
same notebook gives the same bytes on every machine.
"""

import contextlib
import functools
import inspect
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from gdviz import ink
from gdviz.controls import Point
from gdviz.live import steps_of_play
from gdviz.panels.style import PINS
from gdviz.picture import Picture, _same, _trail, look
from gdviz.trials import Trials
from pages import grid
from pages.packing import Packer

WIDTH = 1000
# what a frame takes: some microseconds for each stroke and point, for panels drawn anew
A_STROKE, A_POINT, A_FRAME, ANEW = 55e-6, 0.8e-6, 1e-3, 4e-3
PAIRS_OF_PROBE = 6
MOST_STATES = 3000
# a control with so many places or fewer is like a menu
FEW = 6
FRAMES_OF_PLAY = (12, 40)
FRAMES_OF_FIRST_PLAY = 60
PINNED = "#010203"
THINNED = 0.25
# neighbours in the whole grid share more than those that are tried
SHARED = 0.7
SHARE_OF_STILLS = 0.6
# so many times what it may take is baked again
TOO_LARGE = 1.3
# what the figures of a page may take; their files are a third larger, and text and pictures come
# to them
BYTES_OF_PAGE = 1_800_000
A_READOUT = 12
# a surface is drawn anew for every side from which it is seen
FACES = 19
# no parameter of a function has such a name
TURN = "turn the surface"


@dataclass(frozen=True)
class Effort:
    """What a figure may take: seconds of baking, which are reckoned and not measured, and bytes."""

    states: float
    play: float
    bytes_of_states: int
    bytes_of_play: int

    def reduced(self, by):
        """Return an effort that takes so many times less time."""
        return replace(self, states=self.states / by, play=self.play / by)

    def lighter(self, of_states, of_play):
        """Return an effort that takes these shares of the bytes."""
        return replace(
            self,
            bytes_of_states=int(self.bytes_of_states * of_states),
            bytes_of_play=int(self.bytes_of_play * of_play),
        )

    def times(self, factor):
        """Return an effort so many times as large."""
        return Effort(
            self.states * factor,
            self.play * factor,
            self.bytes_of_states * factor,
            self.bytes_of_play * factor,
        )


@dataclass(frozen=True)
class Cost:
    """What one frame takes."""

    seconds: float
    bytes: float


CORE, DEEPER = Effort(4.5, 2.4, 230_000, 110_000), Effort(2.5, 1.3, 150_000, 60_000)


def efforts(core, deeper):
    """Return the efforts for figures of the core and of *Deeper*, of which a page has so many."""
    many = ((core, CORE), (deeper, DEEPER))
    whole = sum(count * (one.bytes_of_states + one.bytes_of_play) for count, one in many)
    share = min(1.0, BYTES_OF_PAGE / max(whole, 1))
    return CORE.lighter(share, share), DEEPER.lighter(share, share)


class Coarse(ink.Ink):
    """Ink in which long paths leave out the points that nobody would miss on a pixel's quarter."""

    def _write(self, path, transform, is_line, style):
        bent = path.codes is not None and np.isin(path.codes, (Path.CURVE3, Path.CURVE4)).any()
        if len(path.vertices) > 8 and not bent:
            path = Path(path.vertices, path.codes)
            path.simplify_threshold = THINNED
            path = path.cleaned(transform, remove_nans=True, simplify=True)
            kept = path.codes != Path.STOP
            path = Path(path.vertices[kept], path.codes[kept])
            transform = IdentityTransform()
        super()._write(path, transform, is_line, style)


class Recorder(Picture):
    """A picture that notes which still parts were drawn anew, and draws them only as ink."""

    def lay_out(self, width, ratio=1.0):
        self.anew = set()
        super().lay_out(width, ratio)

    def _draw_still(self, number):
        self._place_words(number)
        self.anew.add(number)

    def _paint(self, number, whole):
        painted = super()._paint(number, whole)
        if painted:
            self.anew.add(number)
        return painted

    def still(self, number):
        """Return the still part of a panel with its scene as a frame of ink."""
        self.anew.discard(number)
        ax, scene = self.panels[number].ax, self.scenes[number]
        artists = [self.titles[number], ax, *scene, *(ax.spines.values() if scene else ())]
        recorder = Coarse(*self.pixels, self.figure.dpi)
        for artist in artists:
            artist.draw(recorder)
        return recorder.frame

    def moved(self, number):
        """Return what moves in a panel as ink, and for each stroke how it looks when pinned."""
        pinned = set(_trail(self.panels[number], self.moving[number]))
        marks, recorder = [], ink.Ink(*self.pixels, self.figure.dpi)
        for artist in self.moving[number]:
            artist.draw(recorder)
            marks += [artist in pinned] * (len(recorder.strokes) - len(marks))
        return recorder, [
            pinned_look(stroke) if mark and "cells" not in stroke else None
            for mark, stroke in zip(marks, recorder.strokes, strict=True)
        ]


def pinned_look(stroke):
    """Return what changes in the look of a stroke when it is pinned, in a colour to be replaced."""
    (pinned,) = ink.recoloured({"strokes": [stroke]}, PINNED)["strokes"]
    return {key: pinned[key] for key in ("fill", "stroke", "halo", "width") if key in pinned}


def boards_of(compute):
    """Return the boards of experiments that a compute writes on, and what stands on each.

    A reader of the page comes to every place with the board that the notebook opens with. An
    experiment is run once all the same.
    """
    function = inspect.unwrap(compute)
    if not inspect.isfunction(function):
        return []
    known = inspect.getclosurevars(function)
    named = {**known.globals, **known.nonlocals}.values()
    boards = [board for board in named if isinstance(board, Trials)]
    for board in boards:
        board.run = functools.cache(board.run)
    return [(board, dict(board.kept)) for board in boards]


class Baker:
    """Plays one figure; ``states`` and ``plays`` are the two packs that ``run`` fills."""

    def __init__(self, live, carries=None, effort=CORE):
        self.live, self.effort = live, effort
        # as the notebook shows it, whatever was played before
        for panel in live.picture.panels:
            panel.forget()
            if panel.turns:
                panel.faces = FACES
        self.turning = [n for n, panel in enumerate(live.picture.panels) if panel.turns]
        self.widgets = {**live.controls, **({TURN: grid.Turn()} if self.turning else {})}
        self.first = {name: widget.value for name, widget in self.widgets.items()} | live.values
        self.boards = boards_of(live.compute)
        step = live.step
        self.opens = None if step is None or step.value == step.max else step.value
        live.result = live.compute(**live.values)
        live.picture = Recorder(live.result, live.picture.panels, width=WIDTH)
        self.picture = live.picture
        self.views = {number: self.picture.panels[number].view for number in self.turning}
        self.states, self.plays = Packer(), Packer()
        self.stills, self.grabs = {}, {}
        self.turned = 0.0
        self.known = [[] for _ in self.picture.panels]
        self.words, self.told, self.units = {}, {}, {}
        carries = [*(carries or self._in_order()), *self.widgets]
        self.carries = list(dict.fromkeys(carries))
        self._lay_grid()

    def _in_order(self):
        """The controls as they carry a lesson if nobody says: a slider, menus, sliders, starts."""
        given = self.widgets
        many = {
            name: int(np.prod(levels[-1]))
            for name, widget in given.items()
            if (levels := grid.levels(widget))
        }
        points = [name for name in many if isinstance(given[name], Point)]
        menus = [name for name in many if many[name] <= FEW and name not in points]
        sliders = [name for name in many if name not in (*points, *menus)]
        return [*sliders[:1], *menus, *sliders[1:], *points]

    def _lay_grid(self):
        widgets = self.widgets
        main = next((name for name in self.carries if grid.levels(widgets[name])), None)
        state, step, still = self._probe(main)
        allowed = self.effort
        self.most_of_play = int(
            min(allowed.play / step.seconds, allowed.bytes_of_play / step.bytes)
        )
        most = min(
            allowed.states / state.seconds, allowed.bytes_of_states / state.bytes, MOST_STATES
        )
        # Play is baked wherever the main control stands
        plays = self.live.step is not None
        of_main = self.most_of_play // FRAMES_OF_PLAY[0] if plays else MOST_STATES
        of_main = min(of_main, SHARE_OF_STILLS * allowed.bytes_of_states / max(still, 1))
        counts = grid.choose(widgets, self.carries, int(most), of_main)
        self.controls = {
            name: grid.make(name, widget, counts[name], self._ends(widget))
            for name, widget in widgets.items()
        }
        self.axes = [axis for control in self.controls.values() for axis in control.axes]
        self.main = next((n for n, axis in enumerate(self.axes) if axis.name == main), None)

    @property
    def sizes(self):
        """How many positions each axis has, and how many frames a Play may have."""
        counts = [len(axis.values) for axis in self.axes]
        frames = self.most_of_play / (counts[self.main] if self.main is not None else 1)
        return counts, int(np.clip(frames, *FRAMES_OF_PLAY))

    def _ends(self, widget):
        """Return the range of each coordinate of a start, from the panel that it is dragged on."""
        if not isinstance(widget, Point):
            return None
        panels = self.picture.panels
        for panel in panels:
            for number, name in enumerate(getattr(panel, "drags", {}).values()):
                if self.live.controls.get(name) is widget:
                    return [panel.ax.get_xlim(), panel.ax.get_ylim()][number : number + 1]
        for panel in panels:
            if panel.where(widget.value) is not None:
                corners = panel.ax.bbox.get_points()
                return list(zip(*(panel.locate(corner) for corner in corners), strict=True))
        return [(value - 1, value + 1) for value in np.atleast_1d(widget.value)]

    def _probe(self, main):
        """Return what a state and a step of Play cost, reckoned from neighbours in the grid."""
        places = [[None, None]]
        if main:
            widget = self.widgets[main]
            count = grid.levels(widget)[min(4, len(grid.levels(widget)) - 1)]
            control = grid.make(main, widget, count, self._ends(widget))
            lasts = [len(axis.values) - 1 for axis in control.axes]
            places = [
                [[round(share * (last - 1)) + more for last in lasts] for more in (0, 1)]
                for share in np.linspace(0, 1, PAIRS_OF_PROBE)
            ]
        pack, found, stills, new = Packer(), [], [], 0
        for pair in places:
            for place in pair:
                self.picture.anew.clear()
                with contextlib.suppress(Exception):
                    self._compute({**self.first, **({main: control.value(place)} if main else {})})
                size, strokes, points, drawn = pack.size, 0, 0, len(self.picture.anew)
                for panel in range(len(self.picture.panels)):
                    recorder, trail = self.picture.moved(panel)
                    strokes += len(recorder.strokes)
                    points += len(recorder.frame["codes"])
                    pack.add(f"panel {panel}", recorder.frame, trail)
                    pack.cells |= recorder.cells
                grown, size, frames = pack.size - size, pack.size, len(pack.frames)
                for panel in list(self.picture.anew):
                    pack.add(f"still {panel}", self.picture.still(panel))
                stills.append(pack.size - size)
                new += len(pack.frames) > frames
            found.append((A_FRAME + A_STROKE * strokes + A_POINT * points, drawn, grown))
        seconds, drawn, frame = np.mean(found, axis=0).tolist()
        self.picture.anew.update(range(len(self.picture.panels)))
        # a few grounds come again and again; where every place has its own, there will be many
        each = max(0.0, 2 * new / len(stills) - 1) * float(np.mean(stills))
        told = A_READOUT + SHARED * frame
        return Cost(seconds + ANEW * drawn, told), Cost(seconds, told), each

    def _compute(self, values):
        values = dict(values)
        turned = values.pop(TURN, 0.0)
        try:
            result = self.live.compute(**values)
            told = self._read(result, values)
        finally:
            for board, kept in self.boards:
                board.kept = dict(kept)
        self.picture.update(result, result)
        self._turn(turned)
        self.live.result = result
        return result, told

    def _turn(self, degrees):
        for number, (_, azimuth) in self.views.items():
            if degrees != self.turned:
                panel = self.picture.panels[number]
                panel.turn(panel.view[1] - azimuth + degrees, 0)
                self.picture.anew.add(number)
        self.turned = degrees

    def _read(self, shown, values):
        return self.live._read(shown, values)

    def run(self):
        """Play every state of the grid; return the data of the states and of Play."""
        shape = [len(axis.values) for axis in self.axes]
        self.rows = {}
        self.reels = {}
        self.playing = self._that_play(shape)
        for places in grid.rows(self.axes, self.main):
            up, down = grid.outward(self.axes[self.main]) if self.main is not None else ([0], [])
            for part in (up, down):
                # calm axes start from the first value, whichever way it is moved from there
                self._calm()
                for n, place in enumerate(part):
                    at = dict(places)
                    if self.main is not None:
                        if part is down and n == 0:
                            with contextlib.suppress(Exception):
                                self._go({**at, self.main: self.axes[self.main].first})
                        at[self.main] = place
                    self._state(tuple(at[number] for number in range(len(shape))), shape)
        return self._packed(shape)

    def _calm(self):
        for panel in self.picture.panels:
            panel.calmed = None

    def _go(self, at):
        places, values = iter([at[n] for n in range(len(self.axes))]), {}
        for name, control in self.controls.items():
            values[name] = control.value([next(places) for _ in control.axes])
        return values, *self._compute(values)

    def _state(self, at, shape):
        number = int(np.ravel_multi_index(at, shape)) if shape else 0
        try:
            values, result, told = self._go(dict(enumerate(at)))
        except Exception as error:  # a learner sees these words too
            words = (
                str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            )
            self.rows[number] = {"error": words}
            self._restore()
            return
        frames, stills = [], []
        for panel in range(len(self.picture.panels)):
            if panel in self.picture.anew or panel not in self.stills:
                self.stills[panel] = self._still(panel)
            stills.append(self.stills[panel])
            frames.append(self._frame(self.states, panel))
        live = self.live
        steps = live.result.steps if live.step is not None and hasattr(result, "until") else None
        self.rows[number] = {
            "frames": frames,
            "stills": stills,
            "told": self._tell(told),
            "steps": steps,
            "unit": self.units.setdefault(live.unit, len(self.units)),
        }
        if steps is not None and (self.playing(at) or self.opens is not None):
            self._play(number, values, result, at)

    def _still(self, panel):
        """Return the number of a panel's still part, which is recorded once for each ground."""
        picture = self.picture
        turned = self.turned if panel in self.turning else 0.0
        ground = picture.grounds[panel], picture.sceneries[panel], turned
        picture.anew.discard(panel)
        for known, still in self.known[panel]:
            if all(map(_same, known, ground)):
                return still
        still = self.states.add(f"still {panel}", picture.still(panel))
        self.known[panel].append((ground, still))
        if still not in self.grabs:
            self.grabs[still] = self._grabs(picture.panels[panel])
        return still

    def _restore(self):
        with contextlib.suppress(Exception):
            self._compute(self.first)

    def _frame(self, packer, panel):
        recorder, trail = self.picture.moved(panel)
        packer.cells |= recorder.cells
        return packer.add(f"panel {panel}", recorder.frame, trail)

    def _tell(self, readout):
        def word(text):
            return self.words.setdefault(text, len(self.words))

        told = (word(readout.verdict), *(word(part) for row in readout.rows for part in row))
        return self.told.setdefault(told, len(self.told))

    def _that_play(self, shape):
        """Return a function of the places that says whether Play is baked there."""
        firsts = [axis.first for axis in self.axes]
        fewest, most = FRAMES_OF_PLAY
        free = {self.main}
        count = shape[self.main] if self.main is not None else 1
        self.frames_of_play = int(np.clip(self.most_of_play / count, fewest, most))
        for number in sorted(range(len(shape)), key=lambda n: shape[n]):
            enough = self.most_of_play / (count * shape[number])
            if number not in free and enough >= fewest:
                free.add(number)
                count *= shape[number]
                self.frames_of_play = int(np.clip(enough, fewest, most))
        self.free = free
        return lambda at: all(n in free or place == firsts[n] for n, place in enumerate(at))

    def _play(self, number, values, result, at):
        first = all(place == axis.first for place, axis in zip(at, self.axes, strict=True))
        most = FRAMES_OF_FIRST_PLAY if first else self.frames_of_play
        end, playing = self.live._story(), self.playing(at)
        steps, frames, told = steps_of_play(0, end, most) if playing else [end], [], []
        if self.opens is not None and self.opens < result.steps:
            steps = sorted({*steps, self.opens})
        for step in steps:
            shown = result.until(step) if step < result.steps else result
            self.picture.update(result, shown)
            told.append(self._tell(self._read(shown, values)))
            frames.append([self._frame(self.plays, n) for n in range(len(self.picture.panels))])
        self.picture.update(result, result)
        # where Play is not kept there are two frames: where the figure opens, and all of it
        seconds = float(np.clip(0.1 * end, 3.0, 6.0)) if playing else 1.0
        reel = {"steps": steps, "frames": frames, "told": told, "seconds": seconds}
        self.reels[number] = {**reel, "whole": playing}

    def _grabs(self, panel):
        """Return what can be dragged on a panel: the axes of the grid, and where each place is."""
        drags = {
            along: name
            for along, name in getattr(panel, "drags", {}).items()
            if name in self.controls
        }
        tall, found = self.picture.tall, []

        def pixels(axis, along, where):
            values = self.axes[axis].values
            if self.controls[self.axes[axis].name].kind == "menu":
                values = range(len(values))
            places = [where(value)[along] for value in values]
            places = [tall - place for place in places] if along else places
            return [round(float(place), 1) for place in places]

        def numbers_of(name):
            return [
                n for n, axis in enumerate(self.axes) if axis.name == name and len(axis.values) > 1
            ]

        if drags:
            parts = []
            for along, name in drags.items():
                numbers, along = numbers_of(name), "xy".index(along)
                if numbers:
                    axis = numbers[min(along, len(numbers) - 1)]
                    where = lambda value: panel.ax.transData.transform((value, value))  # noqa: E731
                    parts.append(
                        {"axis": axis, "along": along, "pixels": pixels(axis, along, where)}
                    )
            return [parts] if parts else []
        for name, control in self.controls.items():
            if control.kind != "point" or panel.where(control.first) is None:
                continue

            def where(value, part, first=control.first, scalar=control.scalar):
                place = np.array(np.atleast_1d(first), float)
                place[part] = value
                return panel.where(float(place[0]) if scalar else tuple(place.tolist()))

            parts = [
                {
                    "axis": axis,
                    "along": part,
                    "pixels": pixels(axis, part, functools.partial(where, part=part)),
                }
                for part, axis in enumerate(numbers_of(name))
            ]
            if parts:
                found.append(parts)
        return found

    def _turns(self):
        """Return by panel the axis along which it is turned, and degrees from place to place."""
        for number, axis in enumerate(self.axes):
            if axis.name == TURN and len(axis.values) > 1:
                about = {"axis": number, "degrees": axis.values[1] - axis.values[0]}
                return dict.fromkeys(self.turning, about)
        return {}

    def _packed(self, shape):
        count = int(np.prod(shape, dtype=int)) if shape else 1
        states = [self.rows.get(number, {"error": "not baked"}) for number in range(count)]
        errors = {row["error"]: None for row in states if "error" in row}
        errors = {words: n + 1 for n, words in enumerate(errors)}
        panels = len(self.picture.panels)
        nothing = {"frames": [0] * panels, "stills": [0] * panels, "told": 0, "steps": None}
        nothing["unit"] = 0
        columns = []
        for row in states:
            row = {**nothing, **row}
            steps = -1 if row["steps"] is None else row["steps"]
            error = errors.get(row.get("error"), 0)
            columns.append(
                [*row["frames"], *row["stills"], row["told"], steps + 1, row["unit"], error]
            )
        columns = np.array(columns, np.int64).T
        self.states.put_columns("states", columns)
        head = {
            "width": self.picture.width,
            "height": self.picture.tall,
            "boxes": self.picture.boxes,
            "wide": [bool(panel.wide) for panel in self.picture.panels],
            "grab": self.live._grab(),
            "pins": PINS,
            "pinned": pinned_look({"width": 1})["stroke"],
            "controls": self.controls_as_data(),
            "axes": [
                {"name": axis.name, "label": axis.label, "words": axis.words, "first": axis.first}
                for axis in self.axes
            ],
            "count": count,
            "errors": list(errors),
            "units": list(self.units),
            "opens": self.opens,
            "begin": self.live.begin,
            "grabs": {still: grabs for still, grabs in self.grabs.items() if grabs},
            "turns": self._turns(),
            "words": list(self.words),
            "told": [list(told) for told in self.told],
            "plays": sorted(self.reels),
            "cut": [number for number in sorted(self.reels) if not self.reels[number]["whole"]],
        }
        keys = sorted(self.reels)
        play = {
            "seconds": [self.reels[key]["seconds"] for key in keys],
            "lengths": [len(self.reels[key]["steps"]) for key in keys],
        }
        frames = [
            [*row, told, step]
            for key in keys
            for row, told, step in zip(
                *(self.reels[key][part] for part in ("frames", "told", "steps")), strict=True
            )
        ]
        self.plays.put_columns("states", np.array(frames, np.int64).reshape(-1, panels + 2).T)
        return self.states.packed(head), self.plays.packed(play) if keys else None

    def where_it_plays(self):
        """Say in words for which values of the controls Play is baked."""
        held = [
            axis for n, axis in enumerate(self.axes) if n not in self.free and len(axis.values) > 1
        ]
        told = " and ".join(f"{axis.label} = {axis.words[axis.first]}" for axis in held)
        return f"Play is kept for {told}; the notebook plays everywhere." if told else ""

    def controls_as_data(self):
        number, found = 0, []
        for control in self.controls.values():
            axes = list(range(number, number + len(control.axes)))
            number += len(axes)
            symbol = grid.told(control.name, "")
            found.append(
                {
                    "name": control.name,
                    "kind": control.kind,
                    "label": control.label,
                    "axes": axes,
                    "symbol": symbol.removesuffix(" = "),
                }
            )
        return found


def bake(live, carries=None, effort=CORE):
    """Return the Baker of a live figure, its states and its Play as bytes, None where it has none.

    What turns out much larger than was reckoned is baked again with fewer places.
    """
    with look():
        baker, thinner = None, Baker(live, carries, effort)
        reckoned = effort
        while baker is None or thinner.sizes != baker.sizes:
            baker = thinner
            states, plays = baker.run()
            over = len(states) / effort.bytes_of_states, len(plays or b"") / effort.bytes_of_play
            if max(over) <= TOO_LARGE:
                break
            reckoned = reckoned.lighter(1 / max(over[0], 1), 1 / max(over[1], 1))
            thinner = Baker(live, carries, reckoned)
    return baker, states, plays


__all__ = ["CORE", "bake", "efforts"]
