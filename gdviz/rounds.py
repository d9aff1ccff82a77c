"""A round of the clinic: patients without names, points, what was bought and tried, the record."""

from dataclasses import dataclass, field

import numpy as np

from gdviz.patients import CURES, DISEASES, INSTRUMENTS, patient, treated
from gdviz.readout import say

WORTH = 20
WRONG_NAME = 2


@dataclass
class Visit:
    """One patient's visit: what was bought, which names and cures were tried, and how it ended.

    ``outcome`` is "sick", "cured" or "given up"; ``points`` is what is left of 20.
    """

    disease: str
    case: object
    bought: list = field(default_factory=list)
    names: list = field(default_factory=list)
    cures: list = field(default_factory=list)
    outcome: str = "sick"
    # what the last cure made of the patient
    after: object = None

    @property
    def price(self):
        """What was spent: instruments, cures, and names that were wrong."""
        wrong = sum(name != self.disease for name in self.names)
        spent = sum(INSTRUMENTS[name].price for name in self.bought)
        return spent + sum(CURES[name].price for name in self.cures) + WRONG_NAME * wrong

    @property
    def points(self):
        """What is left of 20 points; nothing for a patient that was given up."""
        return 0 if self.outcome == "given up" else max(0, WORTH - self.price)

    @property
    def open(self):
        """Whether this patient still waits for a cure."""
        return self.outcome == "sick"


class Round:
    """Patients drawn by a seed, one after the other, each of another disease.

    The same seed gives everybody the same patients. Every method answers in words and survives any
    order: what is bought twice is paid once, and a patient who has left is not treated again.

    >>> clinic = Round(seed=3, patients=2)
    >>> clinic.buy("Step length"), clinic.buy("Step length"), clinic.visit.points
    ('Bought: Step length.', 'You have Step length already.', 19)
    >>> clinic.number, clinic.following(), clinic.number
    (1, 'This patient is still sick: treat it, or give up.', 1)
    """

    def __init__(self, seed=0, patients=6):
        if not 1 <= patients <= len(DISEASES):
            raise ValueError(f"a round has 1 to {len(DISEASES)} patients, not {patients}")
        self.seed = int(seed)
        order = np.random.default_rng([self.seed, 10]).permutation(list(DISEASES))
        self.diseases = [str(name) for name in order[:patients]]
        self.visits = []
        self.over = False
        self._next()

    @property
    def visit(self):
        """The patient who is here."""
        return self.visits[-1]

    @property
    def number(self):
        """The number of the patient who is here, from 1."""
        return len(self.visits)

    @property
    def points(self):
        """The points of all patients who have left."""
        return sum(visit.points for visit in self.visits if not visit.open)

    @property
    def most(self):
        """The points that the round is worth."""
        return WORTH * len(self.diseases)

    def _next(self):
        disease = self.diseases[len(self.visits)]
        self.visits.append(Visit(disease, patient(disease, self.seed)))

    def buy(self, instrument):
        """Buy an instrument for this patient, and say so."""
        visit = self.visit
        if instrument in visit.bought:
            return f"You have {instrument} already."
        if not visit.open:
            return "This patient has left: what you see is the record."
        if not INSTRUMENTS[instrument].fits(visit.case):
            return f"There is nothing here that {instrument} could show."
        visit.bought.append(instrument)
        return f"Bought: {instrument}."

    def treat(self, name, cure):
        """Apply a cure under a name for the disease, and tell what came of it."""
        visit = self.visit
        if not visit.open:
            return "This patient has left: take the next one."
        if name is None:
            return "Name the disease first: a guess that is wrong teaches more than none."
        if cure is None:
            return "Prescribe a cure as well."
        visit.names.append(name)
        visit.cures.append(cure)
        case = treated(visit.case, cure)
        visit.after = case
        needless = visit.case.well and CURES[cure].price > 0
        if case is not None and case.well and not needless:
            visit.outcome = "cured"
            return self._cured(name, cure)
        return self._refuted(name, cure, needless)

    def _cured(self, name, cure):
        visit, disease = self.visit, DISEASES[self.visit.disease]
        if visit.case.well:
            words = ["Right to leave it alone."]
        else:
            words = [f"Cured by {cure}: the loss ends at {_level(visit.after)}."]
        named = "as you said" if name == visit.disease else f"not {name}"
        words.append(f"It was {_bare(visit.disease)}, {named}: {disease.sign}.")
        if disease.cure != cure:
            words.append(f"{_begun(disease.cure)} cures it too, for {CURES[disease.cure].price}.")
        return " ".join(words)

    def _refuted(self, name, cure, needless):
        visit, after = self.visit, self.visit.after
        if after is None:
            words = [f"Not cured: {cure} finds nothing to change."]
        elif needless and after.well:
            words = [f"It is well with {cure}, as it was without. What was there to cure?"]
        else:
            words = [f"Not cured by {cure}: {_change(visit.case, after)}."]
        words.append(CURES[cure].purpose)
        disease = DISEASES[name]
        words.append(f"{_begun(name)} would show in {disease.instrument}: {disease.sign}.")
        return " ".join(words)

    def give_up(self):
        """Send this patient away sick: what it had, and what cures it, for no points."""
        visit = self.visit
        if not visit.open:
            return "This patient has left: take the next one."
        visit.outcome = "given up"
        disease = DISEASES[visit.disease]
        visit.after = treated(visit.case, disease.cure)
        return (
            f"It was {_bare(visit.disease)}: {disease.sign}. {disease.instrument} shows it. "
            f"The cure is {disease.cure}: you see it at work."
        )

    def following(self):
        """Call in the next patient; after the last, close the round."""
        if self.visit.open:
            return "This patient is still sick: treat it, or give up."
        if self.number == len(self.diseases):
            self.over = True
            return self.verdict
        self._next()
        return self.complaint

    @property
    def complaint(self):
        """What is known of the patient who is here before anything is bought."""
        case = self.visit.case
        what = "A linear neuron learns from data"
        if case.stack is not None:
            what = "A network learns to tell two classes of points"
        elif not case.rows:
            what = "A rule looks for the lowest place of a landscape of two numbers"
        first, limit = three(case.losses[0]), three(case.healthy)
        return f"{what}. Its loss begins at {first}; a healthy one ends, and stays, below {limit}."

    @property
    def verdict(self):
        """The score of the round."""
        cured = sum(visit.outcome == "cured" for visit in self.visits)
        named = sum(visit.names[-1:] == [visit.disease] for visit in self.visits)
        return (
            f"{cured} of {len(self.visits)} cured, {named} named rightly: "
            f"{self.points} of {self.most} points."
        )

    @property
    def record(self):
        """What was done: for each patient who has left its number and disease, and a sentence."""
        return {
            f"{number} · {_bare(visit.disease)}": _told(visit)
            for number, visit in enumerate(self.visits, 1)
            if not visit.open
        }


def _told(visit):
    tried = ", then ".join(visit.cures) or "no cure"
    seen = ", ".join(visit.bought) or "the loss curve alone"
    said = visit.names[-1:] or ["no name"]
    called = "" if said == [visit.disease] else f", called {said[0]}"
    return f"{visit.points} points: {tried}{called}; seen by {seen}"


def _bare(disease):
    return "well" if DISEASES[disease].cure == "nothing" else disease


def _begun(words):
    return words[0].upper() + words[1:]


def three(number):
    """A number in words, to three digits."""
    return say(float(f"{number:.3g}"))


def _level(case):
    return three(case.level) if case.lost_at is None else "no number"


def _change(before, after):
    limit = f"a healthy one comes below {three(before.healthy)}"
    if after.lost_at is not None:
        return f"the loss is no number from step {after.lost_at} on; {limit}"
    if before.lost_at is not None:
        return f"the loss is a number now, but ends at {_level(after)}; {limit}"
    if np.isclose(after.level, before.level, rtol=0.02, atol=1e-6):
        return f"the loss ends at {_level(after)} as before; {limit}"
    return f"the loss ends at {_level(after)} instead of {_level(before)}; {limit}"
