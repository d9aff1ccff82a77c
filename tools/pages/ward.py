"""Bake a clinic: every panel that a learner can see, once, and the words of its patients.

Which panels stand together depends on what was bought, so each is baked alone, as wide as it may
have to be, and the page puts them together. The patients come and go as in the notebook: a round
is played, and what it says is kept.
"""

import copy
from types import SimpleNamespace

from gdviz import ink
from gdviz.clinic import GIVE_UP, GIVE_UP_AGAIN, LAST, NEXT, PANELS, ROWS, _losses, _record
from gdviz.patients import CURES, DISEASES, INSTRUMENTS
from gdviz.picture import look
from gdviz.readout import read
from gdviz.rounds import (
    TOLD,
    VERDICT,
    WORTH,
    WRONG_NAME,
    _noun,
    best_of,
    explained,
    points_left,
    treatment,
    what_it_is_not,
    what_it_was,
)
from pages.bake import WIDTH, Recorder
from pages.packing import Packer

# one of two and one of three in a row; and the loss, which needs more room, beside another panel
# or on a phone: one width for both, since every cure is another picture
HALF, THIRD, NARROW = WIDTH // 2, WIDTH // 3, 440


class Ward:
    """Plays the round of a clinic from its first patient to its record, and bakes what it shows."""

    def __init__(self, clinic):
        self.clinic, self.round = clinic, clinic.round
        self.pack = Packer()
        self.stages, self.axes = {}, {}
        with look():
            self.patients = [self._patient() for _ in self.round.diseases]
            self.record = {str(width): self._record(width) for width in (WIDTH, HALF)}

    def _patient(self):
        visit = self.round.visit
        case, disease = visit.case, visit.disease
        # once something was answered the complaint stands below it
        self.clinic.told = self.round.treat(None, None)
        told = {
            "complaint": self.round.complaint,
            "rows": read(self.clinic._readout()).rows,
            "disease": disease,
            "best": best_of(disease),
            "unnamed": self.clinic.told,
            "uncured": self.round.treat(disease, None),
            "named": {name: what_it_was(disease, name) for name in DISEASES},
            "misnamed": {name: what_it_is_not(disease, case, name) for name in DISEASES},
            "loss": self._loss(visit),
        }
        told["treated"] = {cure: self._treated(visit, cure, told["loss"]) for cure in CURES}
        fitting = [name for name in INSTRUMENTS if INSTRUMENTS[name].fits(case)]
        told["bought"] = {name: self._bought(name, case) for name in fitting}
        told["given_up"] = {"said": self.round.give_up(), "loss": self._loss(visit)}
        *_, told["name"] = self.round.record
        self.round.following()
        return told

    def _treated(self, visit, cure, sick):
        done = treatment(visit.disease, visit.case, cure)
        after = copy.copy(visit)
        after.cures, after.after = [cure], done.case
        seen = sick if done.case is None else self._loss(after)
        return {"cured": done.cured, "first": done.first, "last": done.last, "loss": seen}

    def _bought(self, name, case):
        return {
            "said": self.round.buy(name),
            "already": self.round.buy(name),
            "rows": read(ROWS[name](case)).rows,
            "panels": [self._alone(name, panel, case) for panel in PANELS[name](case)],
        }

    def _alone(self, name, panel, case):
        pictures = {width: Recorder(case, [panel], "", width) for width in (HALF, THIRD)}
        return {width: self._shot(name, picture) for width, picture in pictures.items()}

    def _loss(self, visit):
        return {width: self._on_stage(visit, width) for width in (WIDTH, NARROW)}

    def _on_stage(self, visit, width):
        """Return the losses of a patient as a shot, on axes that are made once for all of them.

        The same axes are recorded once; the legend, which differs, stands on them.
        """
        panel = _losses(visit)
        if width not in self.stages:
            self.stages[width] = Recorder(visit, [panel], "", width)
        picture = self.stages[width]
        panel.ax = picture.panels[0].ax
        picture.panels[0] = panel
        picture._set_up(0, visit, visit)
        legend, axes = panel.ax.get_legend(), (width, panel.log, panel.calmed, panel.xlabel)
        drawn = ink.record([legend], *picture.pixels, picture.figure.dpi).frame
        legend.set_visible(False)
        if axes not in self.axes:
            self.axes[axes] = self.pack.add(f"still loss {width}", picture.still(0))
        still = [self.axes[axes], self.pack.add(f"legend {width}", drawn)]
        return [still, self._moved("loss", picture), picture.tall]

    def _shot(self, name, picture):
        """Return a panel that is alone on its picture: its still part, what moves, its height."""
        still = self.pack.add(f"still {name} {picture.width}", picture.still(0))
        return [[still], self._moved(name, picture), picture.tall]

    def _moved(self, name, picture):
        recorder, _ = picture.moved(0)
        self.pack.cells |= recorder.cells
        return [self.pack.add(f"{name} {picture.width}", recorder.frame)]

    def _record(self, width):
        """Return the record: for each patient a bar for each number of points."""
        picture = Recorder(self.round, [_record(self.round)], "", width)
        (panel,) = picture.panels
        still = self.pack.add(f"still record {width}", picture.still(0))
        bars = [[] for _ in self.patients]
        for points in range(WORTH + 1):
            ended = SimpleNamespace(points=points)
            panel.update(SimpleNamespace(visits=[ended] * len(bars)))
            parts = zip(panel.bars, panel.marks, panel.told, strict=True)
            for bar, artists in zip(bars, parts, strict=True):
                drawn = ink.record(artists, *picture.pixels, picture.figure.dpi).frame
                bar.append(self.pack.add(f"bar {width}", drawn))
        return {"still": [still], "tall": picture.tall, "bars": bars}

    def packed(self):
        """Return the whole clinic as bytes."""
        head = {
            "worth": WORTH,
            "wrong": WRONG_NAME,
            "prices": {name: one.price for name, one in (INSTRUMENTS | CURES).items()},
            "left": [points_left(points) for points in range(WORTH + 1)],
            "explained": {
                "name": {name: explained(name, None) for name in DISEASES},
                "cure": {cure: explained(None, cure) for cure in CURES},
            },
            "called": {name: TOLD["called"].format(name=_noun(name)) for name in DISEASES},
            "verdict": VERDICT,
            "told": TOLD,
            "patients": self.patients,
            "record": self.record,
        }
        return self.pack.packed(head)


def desk(name, clinic):
    """Return what a page says of a clinic before it is played: its buttons and menus in words."""
    count = len(clinic.round.diseases)
    return {
        "name": name,
        "label": f"The clinic, with {f'{count} patients' if count > 1 else 'one patient'}",
        "seed": clinic.round.seed,
        "instruments": [
            {"name": name, "words": button.description, "question": button.tooltip}
            for name, button in clinic.instruments.items()
        ],
        "menus": {"name": clinic.name.options, "cure": clinic.cure.options},
        "unchosen": clinic.explained.value,
        "treat": clinic.treat_button.description,
        "give_up": {
            "words": GIVE_UP,
            "again": GIVE_UP_AGAIN,
            "means": clinic.give_up_button.tooltip,
        },
        "following": {"words": NEXT, "last": LAST},
    }
