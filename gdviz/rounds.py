"""A round of the clinic: patients without names, points, what was bought and tried, the record."""

from dataclasses import dataclass, field

import numpy as np

from gdviz.patients import CURES, DISEASES, INSTRUMENTS, patient, treated
from gdviz.readout import say

WORTH = 20
WRONG_NAME = 3
# of which there can be two
COUNTED = {"rate too high", "rate too low", "ravine", "plateau", "saddle", "local minimum"}
COUNTED |= {"dead ReLU", "log of 0", "noise floor"}
# a loss as near to 0 as this is 0 to the eye
NOTHING = 1e-4
HIGHEST = "its highest loss in the last ten steps"
# sentences with places for names and numbers: the pages fill them without Python
VERDICT = "{cured} of {count} cured, {named} named without an error: {points} of {most} points."
TOLD = {
    "all": "{points} points ({best} with one look): {tried}{called}; seen by {seen}",
    "then": ", then ",
    "and": ", ",
    "called": ", called {name}",
    "given up": "given up",
    "after": "given up after {tried}",
    "unseen": "the loss curve alone",
}


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
        done = treatment(visit.disease, visit.case, cure)
        visit.after = done.case
        if done.cured:
            visit.outcome = "cured"
        if done.cured:
            return done.words(what_it_was(visit.disease, name))
        return done.words(what_it_is_not(visit.disease, visit.case, name))

    @property
    def begun(self):
        """Whether something would be lost if the round ended here."""
        return not self.over and bool(self.number > 1 or self.visit.bought or self.visit.cures)

    def give_up(self):
        """Send this patient away sick: what it had, and what cures it, for no points."""
        visit = self.visit
        if not visit.open:
            return "This patient has left: take the next one."
        visit.outcome = "given up"
        disease = DISEASES[visit.disease]
        visit.after = treated(visit.case, disease.cure)
        return (
            f"It was {_noun(visit.disease)}: {disease.sign}. "
            f"{_begun(disease.instrument)} shows it. "
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
        what, loss = "A linear neuron learns from data", "loss"
        if case.stack is not None:
            what = "A network learns to tell two classes of points"
        elif not case.rows:
            what = "A rule looks for the lowest place of a landscape of two numbers"
            loss = "loss, the height f,"
        first, limit = case.losses[0], three(case.healthy)
        begins = (
            f"begins at {three(first)}" if np.isfinite(first) else "is no number from the start"
        )
        return (
            f"{what}. Its {loss} {begins}; a healthy one stays below {limit} in its last ten steps."
        )

    @property
    def verdict(self):
        """The score of the round."""
        cured = sum(visit.outcome == "cured" for visit in self.visits)
        named = sum(set(visit.names) == {visit.disease} for visit in self.visits)
        return VERDICT.format(
            cured=cured,
            count=len(self.visits),
            named=named,
            points=self.points,
            most=self.most,
        )

    @property
    def record(self):
        """What was done: for each patient who has left its number and disease, and a sentence."""
        return {
            f"{number} · {_bare(visit.disease)}": _told(visit)
            for number, visit in enumerate(self.visits, 1)
            if not visit.open
        }


@dataclass(frozen=True)
class Treatment:
    """What a cure makes of a patient: the case, None where it finds nothing to change, and words.

    ``first`` and ``last`` stand around what is said of the name that was given.
    """

    case: object
    cured: bool
    first: str
    last: str = ""

    def words(self, of_the_name):
        """Return all that is said."""
        return " ".join(filter(None, [self.first, of_the_name, self.last]))


def treatment(disease, case, cure):
    """Return the Treatment of a patient: its case under a cure, run anew.

    >>> case = patient("ravine", seed=0)
    >>> treatment("ravine", case, "momentum").cured, treatment("ravine", case, "nothing").cured
    (True, False)
    """
    after, about = treated(case, cure), DISEASES[disease]
    needless = case.well and CURES[cure].price > 0
    if after is not None and after.well and not needless:
        first = f"Cured by {cure}: {HIGHEST} is {_level(after)}."
        if case.well:
            first = "Right to leave it alone."
        cheaper = f"{_begun(about.cure)} would cure it too, for {CURES[about.cure].price}."
        return Treatment(after, True, first, "" if about.cure == cure else cheaper)
    if after is None:
        words = f"Not cured: {cure} finds nothing to change."
    elif needless and after.well:
        words = f"It is well with {cure}, as it was without. What was there to cure?"
    elif case.well:
        words = f"You made it ill: it was well, and with {cure} {_change(case, after)}."
    else:
        words = f"Not cured by {cure}: {_change(case, after)}."
    return Treatment(after, False, words, f"{_begun(cure)} {CURES[cure].purpose}.")


def what_it_was(disease, name):
    """Say what a cured patient had, and whether it was named so."""
    named = "as you said" if name == disease else f"not {_noun(name)}"
    return f"It was {_noun(disease)}, {named}: {DISEASES[disease].sign}."


def what_it_is_not(disease, case, name):
    """Say of a patient that is not cured whether its name is right, else what is missing for it."""
    if name == disease:
        well = DISEASES[disease].cure == "nothing"
        return f"The name is right; {'leave it alone' if well else 'the cure is not'}."
    about = DISEASES[name]
    looks = INSTRUMENTS.get(about.instrument)
    if case.well:
        missing = "it stayed below the limit as it came."
    elif looks and not looks.fits(case):
        missing = f"there is nothing here that {about.instrument} could show."
    else:
        missing = f"{about.missing}; that is not so here. {_begun(about.instrument)} tells."
    return f"It is not {_noun(name)}: {missing}"


def explained(name, cure):
    """Say what a name means and what a cure does, each if it is chosen.

    >>> explained("plateau", None)
    'Plateau: flat ground far from any minimum, with hardly a slope.'
    """
    means = name and f"{_begun(name)}: {DISEASES[name].meaning}."
    does = cure and f"{_begun(cure)} {CURES[cure].purpose}."
    return " ".join(filter(None, [means, does]))


def best_of(disease):
    """Return the points that are left after the one look that shows a disease, and its cure.

    >>> best_of("ravine")
    14
    """
    about = DISEASES[disease]
    look = INSTRUMENTS[about.instrument].price if about.instrument in INSTRUMENTS else 0
    return WORTH - look - CURES[about.cure].price


def points_left(points):
    """Say what is left of the points of a patient."""
    return f"{points} of {WORTH}"


def _told(visit):
    tried = TOLD["then"].join(visit.cures)
    if visit.outcome == "given up":
        tried = TOLD["after"].format(tried=tried) if tried else TOLD["given up"]
    # each wrong name once, in the order in which they were given
    wrong = [name for name in dict.fromkeys(visit.names) if name != visit.disease]
    return TOLD["all"].format(
        points=visit.points,
        best=best_of(visit.disease),
        tried=tried,
        called="".join(TOLD["called"].format(name=_noun(name)) for name in wrong),
        seen=TOLD["and"].join(visit.bought) or TOLD["unseen"],
    )


def _bare(disease):
    return "well" if DISEASES[disease].cure == "nothing" else disease


def _noun(disease):
    return f"a {disease}" if disease in COUNTED else _bare(disease)


def _begun(words):
    return words[0].upper() + words[1:]


def glossary():
    """Return every name and every cure in a sentence, as two lists in Markdown."""
    names = [f"- **{name}**: {DISEASES[name].meaning}." for name in sorted(DISEASES)]
    cures = [f"- **{name}** ({cure.price}) {cure.purpose}." for name, cure in CURES.items()]
    return "\n".join(["Names:", "", *names, "", "Cures (points):", "", *cures])


def three(number):
    """A number in words, to three digits."""
    return say(float(f"{number:.3g}")).replace("-", "−")


def _level(case):
    if case.lost_at is not None:
        return "no number"
    return "about 0" if abs(case.level) < NOTHING else three(case.level)


def _change(before, after):
    limit = f"a healthy one stays below {three(before.healthy)} there"
    if after.lost_at is not None:
        return f"the loss is no number from step {after.lost_at} on"
    if before.lost_at is not None:
        return f"the loss is a number now, but {HIGHEST} is {_level(after)}; {limit}"
    if np.isclose(after.level, before.level, rtol=0.02, atol=NOTHING):
        return f"{HIGHEST} is {_level(after)}, as before; {limit}"
    return f"{HIGHEST} is {_level(after)} instead of {_level(before)}; {limit}"
