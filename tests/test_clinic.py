"""The clinic: any order of clicks, points, feedback by running, the record, one bundle."""

import json
from pathlib import Path

import numpy as np
import pytest

import gdviz as gd
from gdviz import live as live_module
from gdviz import patients
from gdviz.clinic import PANELS
from gdviz.panels import Histogram
from gdviz.panels.style import BEHIND
from gdviz.patients import CURES, DISEASES, INSTRUMENTS
from gdviz.rounds import WORTH, WRONG_NAME, Round, best_of, glossary, three, what_it_is_not


def round_with(disease, patients=1):
    """A round whose first patient has this disease."""
    return next(
        found for seed in range(200) if (found := Round(seed, patients)).diseases[0] == disease
    )


def clinic_with(disease, patients=1):
    return gd.Clinic(round_with(disease, patients).seed, patients)


# ------------------------------------------------------------------ the round


def test_a_seed_gives_a_class_the_same_patients_each_of_another_disease():
    one, other = Round(7, 17), Round(7, 17)
    assert one.diseases == other.diseases
    assert sorted(one.diseases) == sorted(DISEASES)
    assert Round(8, 17).diseases != one.diseases
    assert Round(7, 6).diseases == one.diseases[:6]


@pytest.mark.parametrize("patients", [0, 18, -1])
def test_a_round_has_as_many_patients_as_there_are_diseases(patients):
    with pytest.raises(ValueError, match="1 to 17 patients"):
        Round(0, patients)


def test_the_right_name_and_the_cheapest_cure_leave_all_other_points():
    clinic = round_with("ravine")
    clinic.buy("Curvature")
    told = clinic.treat("ravine", "momentum")
    assert told.startswith("Cured by momentum: its highest loss in the last ten steps is")
    assert "as you said" in told
    assert clinic.visit.points == WORTH - 3 - 3
    assert clinic.visit.outcome == "cured"


def test_a_wrong_cure_is_refuted_by_its_run_and_names_nothing():
    clinic = round_with("ravine")
    told = clinic.treat("plateau", "a rate 20 times smaller")
    assert told.startswith("Not cured by a rate 20 times smaller: its highest loss in the last")
    assert "instead of" in told
    assert "It is not a plateau: the slope and all curvatures would be tiny; that is not so" in told
    assert "ravine" not in told
    assert clinic.visit.points == WORTH - 1 - 3
    assert clinic.visit.open


def test_a_right_name_with_a_wrong_cure_is_called_right_and_costs_the_cure_alone():
    clinic = round_with("unscaled data")
    told = clinic.treat("unscaled data", "Adam")
    assert "The name is right; the cure is not. Adam divides every step" in told
    assert "would show" not in told
    assert clinic.visit.points == WORTH - 4


def test_a_wrong_name_costs_as_much_as_the_dearest_look():
    assert max(instrument.price for instrument in INSTRUMENTS.values()) == WRONG_NAME
    for disease in DISEASES:
        assert 10 < best_of(disease) <= WORTH


def test_a_loss_of_almost_nothing_is_about_0():
    clinic = round_with("saddle")
    told = clinic.treat("local minimum", "a rate that falls to 0")
    assert "in the last ten steps is about 0, as before; a healthy one stays below −0." in told


def test_a_cure_that_finds_nothing_to_change_costs_all_the_same():
    clinic = round_with("ravine")
    assert "finds nothing to change" in clinic.treat("ravine", "no weight decay")
    assert clinic.visit.points == WORTH - 2
    assert clinic.visit.after is None


def test_a_dearer_cure_works_and_the_cheaper_is_named():
    clinic = round_with("ravine")
    told = clinic.treat("ravine", "Adam")
    assert "Momentum would cure it too, for 3" in told
    assert clinic.visit.points == WORTH - 4


def test_who_is_well_is_left_alone():
    clinic = round_with("none: it is well")
    assert "as it was without" in clinic.treat("rate too high", "momentum")
    assert clinic.visit.open
    assert clinic.treat("none: it is well", "nothing").startswith("Right to leave it alone.")
    assert clinic.visit.points == WORTH - 3 - 3


def test_who_was_well_can_be_made_ill_and_be_named_well_and_treated():
    clinic = round_with("none: it is well")
    told = clinic.treat("none: it is well", "a rate 20 times larger")
    assert told.startswith("You made it ill: it was well, and with a rate 20 times larger its")
    assert "The name is right; leave it alone." in told
    assert clinic.visit.open
    told = clinic.treat("none: it is well", "Adam")
    assert told.startswith("It is well with Adam, as it was without.")
    assert clinic.visit.points == WORTH - 1 - 4


def test_any_order_of_clicks_is_answered_in_words():
    clinic = Round(1, 2)
    assert "still sick" in clinic.following()
    assert "Name the disease" in clinic.treat(None, "momentum")
    assert "Prescribe a cure" in clinic.treat("ravine", None)
    assert clinic.visit.points == WORTH
    clinic.buy("Step length")
    assert "already" in clinic.buy("Step length")
    assert clinic.visit.points == WORTH - 1
    clinic.give_up()
    assert clinic.visit.points == 0
    for answer in (
        clinic.give_up(),
        clinic.treat("ravine", "momentum"),
        clinic.buy("Curvature"),
    ):
        assert "has left" in answer
    assert clinic.visit.outcome == "given up"
    clinic.following()
    assert clinic.number == 2
    clinic.give_up()
    assert clinic.following() == "0 of 2 cured, 0 named without an error: 0 of 40 points."
    assert list(clinic.record.values())[1].endswith(": given up; seen by the loss curve alone")
    assert clinic.over
    assert clinic.following() == clinic.verdict


def test_an_instrument_that_fits_nothing_is_not_sold():
    clinic = round_with("saddle")
    assert "nothing here" in clinic.buy("Activations")
    assert clinic.visit.points == WORTH


def test_points_never_fall_below_nothing():
    clinic = round_with("shuffled labels")
    for cure in list(CURES) * 2:
        if clinic.visit.open:
            clinic.treat("ravine", cure)
    assert clinic.visit.outcome == "cured"
    assert clinic.visit.points == 0


@pytest.mark.parametrize("disease", DISEASES)
def test_every_patient_has_a_complaint_a_feedback_and_an_end(disease):
    clinic = round_with(disease)
    assert ("begins at" if disease != "log of 0" else "no number from the") in clinic.complaint
    for cure in CURES:
        if not clinic.visit.open:
            break
        clinic.treat(disease, cure)
    assert clinic.visit.outcome == "cured"
    assert len(clinic.record) == 1


def test_the_notebook_explains_every_name_and_cure_in_these_words():
    path = Path(__file__).resolve().parent.parent / "notebooks" / "10_failure_clinic.ipynb"
    cells = {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    }
    assert glossary() in cells["glossary"]
    for name, disease in DISEASES.items():
        row = next(row for row in cells["table"].splitlines() if row.startswith(f"| {name} |"))
        assert f"| {disease.sign} | {disease.cure} ({CURES[disease.cure].price}) |" in row


def test_the_record_names_every_wrong_name_and_counts_who_was_named_without_one():
    clinic = round_with("ravine")
    clinic.treat("ravine", "a rate 20 times smaller")
    clinic.treat("plateau", "a rate 20 times larger")
    clinic.treat("ravine", "momentum")
    assert clinic.verdict.startswith("1 of 1 cured, 0 named without an error")
    told = "a rate 20 times smaller, then a rate 20 times larger, then momentum, called a plateau;"
    assert told in clinic.record["1 · ravine"]
    clinic = round_with("ravine")
    clinic.treat("ravine", "Adam")
    assert clinic.verdict.startswith("1 of 1 cured, 1 named without an error")
    assert "called" not in clinic.record["1 · ravine"]


def settles(case):
    return patients.treated(case, "a rate that falls to 0").well


def slope(case):
    return np.linalg.norm(case.objective.gradient(case.run.points[patients.last_finite(case)]))


def bent(case):
    low, high = np.sort(patients.curvatures(case))[[0, -1]]
    return low, high


def dead(case):
    return patients.activations(case).dead_shares


def zeros(case):
    return [np.mean(layer == 0) for layer in patients.activations(case).activations[:-1]]


def reaching(case):
    first, *_, last = patients.layer_gradients(case)[0]
    return first / last


def over_healthy(case):
    healthy = patients.healthy(case)
    return patients.layer_gradients(case)[0] / patients.layer_gradients(healthy)[0]


# what ``missing`` of each disease says, measured
SHOWS = {
    "none: it is well": lambda case: case.well,
    "rate too high": lambda case: patients.treated(case, "a rate 20 times smaller").well,
    "rate too low": lambda case: patients.treated(case, "a rate 20 times larger").well,
    "ravine": lambda case: 0 < 100 * bent(case)[0] < bent(case)[1] < 1e6 * bent(case)[0],
    "plateau": lambda case: slope(case) < 1e-3 and max(np.abs(bent(case))) < 1e-3,
    "saddle": lambda case: (
        slope(case) < 1e-3
        and bent(case)[0] < -0.3
        and patients.treated(case, "a little noise").well
    ),
    "local minimum": lambda case: (
        bent(case)[0] > 1e-3 * bent(case)[1] and np.ptp(case.losses[-30:]) < 0.01
    ),
    "vanishing gradients": lambda case: reaching(case) < 0.01 and max(dead(case)) < 1,
    "exploding gradients": lambda case: min(over_healthy(case)) > 100,
    "dead ReLU": lambda case: max(zeros(case)) == 1,
    "saturated units": lambda case: min(dead(case)) == 1 and max(zeros(case)) < 1,
    "log of 0": lambda case: (
        (case.lost_at is not None and "a probability" in str(patients.first_lost(case)))
        or "no slope" in str(patients.first_lost(case))
    ),
    "unscaled data": lambda case: np.median(abs(case.objective.inputs), axis=0).max() > 100,
    "shuffled labels": lambda case: case.stack is not None and patients.same_class(case) < 0.75,
    "noise floor": lambda case: case.losses[-50:].mean() < 0.1 * case.losses[0] and settles(case),
    "clipping too tight": lambda case: (
        np.ptp(case.run.step_lengths) < 1e-6 * case.run.step_lengths.max()
    ),
    "weight decay too strong": lambda case: patients.weights(case)[:, -1].max() < 0.1,
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("disease", DISEASES)
def test_a_refusal_says_of_no_patient_what_it_has(disease):
    for seed in range(2):
        case = patients.patient(disease, seed)
        for name, shows in SHOWS.items():
            looks = INSTRUMENTS.get(DISEASES[name].instrument)
            if name != disease and (case.well or (looks and not looks.fits(case))):
                continue
            assert bool(shows(case)) == (name == disease), (name, seed)


def test_a_refusal_tells_what_is_missing_or_that_there_is_nothing_to_look_at():
    told = what_it_is_not("saddle", patients.patient("saddle", 0), "dead ReLU")
    assert told == "It is not a dead ReLU: there is nothing here that Activations could show."
    well = patients.patient("none: it is well", 0)
    told = what_it_is_not("none: it is well", well, "rate too high")
    assert told == "It is not a rate too high: it stayed below the limit as it came."
    told = what_it_is_not("ravine", patients.patient("ravine", 0), "none: it is well")
    ends = "it would end, and stay, below the limit; that is not so here. The loss curve tells."
    assert told == f"It is not well: {ends}"


# ------------------------------------------------------------------ the figure


def test_the_text_and_the_bundle_give_no_answer_away():
    for seed in range(6):
        clinic = gd.Clinic(seed, 6)
        bundle = clinic._repr_mimebundle_()
        assert set(bundle) == {
            "application/vnd.jupyter.widget-view+json",
            "image/png",
            "text/plain",
        } | (set(bundle) & {"text/html"})
        assert not [name for name in DISEASES if name in bundle["text/plain"]]
        assert clinic.round.diseases[0] not in repr(clinic)


@pytest.mark.parametrize("disease", DISEASES)
def test_every_instrument_shows_something_of_every_patient(disease):
    clinic = clinic_with(disease)
    panels = len(clinic.picture.panels)
    for name, instrument in INSTRUMENTS.items():
        button = clinic.instruments[name]
        assert button.disabled != instrument.fits(clinic.visit.case)
        if button.disabled:
            continue
        before = clinic.text
        button.click()
        assert clinic.error is None, clinic.error
        assert clinic.text != before
        # it keeps the focus: who presses again is told so, and buys nothing else
        assert not button.disabled
        assert button.icon == "check"
        panels += len(PANELS[name](clinic.visit.case))
        assert len(clinic.picture.panels) == panels
        assert "nan" not in clinic.text
    assert clinic.png.startswith(b"\x89PNG")
    clinic.close()


def test_a_consultation_by_buttons():
    clinic = clinic_with("rate too high", patients=2)
    sick = clinic.png
    assert clinic.next_button.disabled
    clinic.treat_button.click()
    assert "Name the disease first" in clinic.text
    clinic.name.value = "rate too high"
    clinic.cure.value = "a rate 20 times smaller"
    clinic.treat_button.click()
    assert "Cured by a rate 20 times smaller" in clinic.text
    assert "points left: 19 of 20" in clinic.text
    assert clinic.png != sick
    assert clinic.treat_button.disabled
    clinic.next_button.click()
    assert "patient (clinic" in clinic.text
    assert "): 2 of 2;" in clinic.text
    assert (clinic.name.label, clinic.cure.label) == ("what has it?", "which cure?")
    assert clinic.next_button.description == "The record"
    clinic.give_up_button.click()
    assert clinic.visit.open
    assert clinic.give_up_button.description == "Give up? Press again"
    clinic.buy("Curvature")
    assert clinic.give_up_button.description == "Give up"
    clinic.give_up_button.click()
    clinic.give_up_button.click()
    assert "The cure is" in clinic.text
    clinic.next_button.click()
    assert clinic.text.startswith("1 of 2 cured, 1 named without an error: 19 of 40 points.")
    told = "19 points (16 with one look): a rate 20 times smaller; seen by"
    assert f"1 · rate too high: {told}" in clinic.text
    assert ": 0 points (" in clinic.text
    assert "): given up; seen by Curvature" in clinic.text
    for button in (clinic.next_button, clinic.treat_button, *clinic.instruments.values()):
        assert button.disabled
    clinic.new_button.click()
    assert clinic.round.number == 1
    assert not clinic.round.over
    assert clinic.seed.value == clinic.round.seed


def test_a_number_in_the_field_is_a_class_of_patients():
    clinic = gd.Clinic(0, 3)
    clinic.seed.value = 12
    assert clinic.round.diseases == Round(12, 3).diseases
    assert "clinic 12" in clinic.text
    assert gd.Clinic(12, 3).text == clinic.text


def test_a_round_on_its_way_is_not_thrown_away_unasked():
    clinic = gd.Clinic(0, 3)
    clinic.new_button.click()
    assert clinic.round.seed == 1
    clinic.buy("Step length")
    clinic.new_button.click()
    assert clinic.new_button.description == "Leave these, begin clinic 2? Press again"
    assert clinic.round.seed == 1
    # any other act is a no
    clinic.buy("Curvature")
    assert clinic.new_button.description == "New patients"
    clinic.seed.value = 12
    assert clinic.new_button.description == "Leave these, begin clinic 12? Press again"
    clinic.seed.value = 13
    assert clinic.round.seed == 1
    clinic.new_button.click()
    assert (clinic.round.seed, clinic.round.begun) == (13, False)
    clinic.buy("Step length")
    clinic.seed.value = 14
    clinic.buy("Curvature")
    assert clinic.seed.value == 13


def test_the_complaint_stays_in_sight_when_something_was_told():
    clinic = clinic_with("ravine")
    complaint = clinic.round.complaint.rstrip(".")
    assert clinic.text.count(complaint) == 1
    assert "complaint:" not in clinic.text
    clinic.buy("Curvature")
    assert clinic.text.startswith("Bought: Curvature.")
    assert f"complaint: {complaint}" in clinic.text


def test_a_healthy_one_stands_behind_every_instrument():
    clinic = clinic_with("saturated units")
    for name, instrument in INSTRUMENTS.items():
        if instrument.fits(clinic.visit.case):
            clinic.buy(name)
    assert all("healthy one" in panel.title for panel in clinic.picture.panels)
    loss, _, healthy, lengths = clinic.picture.panels[:4]
    for panel in (loss, lengths):
        assert panel.curves[0].get_color() == BEHIND
    well = patients.healthy(clinic.visit.case)
    np.testing.assert_allclose(loss.curves[0].get_ydata(), well.losses)
    own = clinic.visit.case.run.step_lengths
    np.testing.assert_allclose(lengths.curves[1].get_ydata(), own)
    assert [text.get_text() for text in healthy.ax.get_legend().texts] == ["one class", "the other"]
    activations = next(one for one in clinic.picture.panels if isinstance(one, Histogram))
    assert activations.ax.get_xlim() == (-1.1, 1.1)
    clinic.close()


def test_one_short_step_does_not_set_the_scale():
    clinic = clinic_with("noise floor")
    clinic.buy("Step length")
    low, high = clinic.picture.panels[1].ax.get_ylim()
    lengths = clinic.visit.case.run.step_lengths
    assert low < np.quantile(lengths, 0.1)
    assert high > np.quantile(lengths, 0.98)
    assert high / low < 1e7
    clinic.close()


def test_curvatures_are_stems_that_stand_on_0():
    clinic = clinic_with("ravine")
    clinic.buy("Curvature")
    panel = clinic.picture.panels[1]
    x, y = panel.curves[1].get_data()
    low, high = np.sort(patients.curvatures(clinic.visit.case))
    np.testing.assert_allclose(y, [0, low, np.nan, 0, high, np.nan])
    np.testing.assert_allclose(x[[0, 1, 3, 4]], [1.12, 1.12, 2.12, 2.12])
    assert panel.ax.get_ylim()[0] < 0
    assert f"κ = {three(high / low)}" in clinic.text
    clinic.close()


def test_the_first_sentence_does_not_tell_who_is_well():
    well, sick = (round_with(name).complaint for name in ("none: it is well", "rate too high"))
    told = "a healthy one stays below 0.3 in its last ten steps."
    assert well.split("; ")[1] == sick.split("; ")[1] == told


def test_layers_without_a_gradient_are_crosses_and_every_layer_is_within_the_axes():
    clinic = clinic_with("dead ReLU")
    clinic.buy("Gradient by layer")
    panel = clinic.picture.panels[1]
    layers = clinic.visit.case.stack.layers
    assert panel.crosses[1].get_xdata().tolist() == list(range(1, layers))
    assert panel.crosses[1].get_ydata().min() > panel.ax.get_ylim()[0]
    # the first row that has zeros, whichever it is, has them at the foot
    low, high = np.log(panel.ax.get_ylim())
    assert np.log(panel.crosses[1].get_ydata()).max() < low + 0.1 * (high - low)
    assert panel.ax.get_xlim()[1] > layers
    assert panel.ax.get_xlabel() == "layer (×: exactly 0)"
    clinic.close()


def test_the_limit_of_health_is_named_beside_the_axes():
    for disease in ("saddle", "noise floor", "exploding gradients"):
        clinic = clinic_with(disease)
        panel = clinic.picture.panels[0]
        limit = panel.lines_that_matter[0]
        name = limit.names[0]
        assert limit.lines[0].get_visible()
        assert name.get_position()[0] > 1
        assert name.get_bbox_patch() is None
        clinic.close()


def test_who_is_given_up_after_a_wrong_cure_is_shown_under_its_own():
    clinic = clinic_with("ravine")
    clinic.treat("plateau", "a rate 20 times smaller")
    assert clinic.picture.panels[0].labels == ["this patient", "with a rate 20 times smaller"]
    clinic.give_up()
    assert clinic.picture.panels[0].labels == ["this patient", "with its cure"]
    clinic.close()


def test_what_is_chosen_is_explained_beside_the_menus():
    clinic = gd.Clinic(3, 2)
    assert clinic.explained.value.startswith("Choose a name and a cure")
    clinic.name.value, clinic.cure.value = "plateau", "Adam"
    words = "Plateau: flat ground far from any minimum, with hardly a slope. Adam divides every"
    assert clinic.explained.value.startswith(words)
    clinic.begin(4)
    assert clinic.explained.value.startswith("Choose a name and a cure")


def test_the_steps_that_count_are_marked_with_the_limit():
    clinic = clinic_with("rate too high")
    panel = clinic.picture.panels[0]
    assert panel.spans == {"last 10": (140.5, 150)}
    assert len(clinic.visit.case.losses[141:]) == patients.LAST
    clinic.close()


def test_the_record_marks_what_could_have_been_left():
    clinic = gd.Clinic(3, 2)
    for _ in range(2):
        clinic.give_up()
        clinic.following()
    panel = clinic.picture.panels[0]
    assert panel.ticks == [best_of(disease) for disease in clinic.round.diseases]
    assert [mark.get_xdata()[0] for mark in panel.marks] == panel.ticks
    clinic.close()


def test_two_clinics_know_nothing_of_each_other():
    one, other = gd.Clinic(3, 2), gd.Clinic(3, 2)
    one.buy("Step length")
    assert (one.visit.points, other.visit.points) == (WORTH - 1, WORTH)


def test_a_clinic_answers_the_browser():
    clinic = gd.Clinic(4, 2)
    clinic._told(None, {"kind": "size", "width": 640, "ratio": 2.0}, [])
    assert clinic.picture.width == 640
    clinic.buy("Step length")
    assert (clinic.picture.width, clinic.picture.ratio) == (640, 2.0)
    count = clinic._count
    clinic._told(None, {"kind": "press", "at": (10, 10)}, [])
    clinic._told(None, {"kind": "pin"}, [])
    clinic._told(None, {"kind": "nonsense"}, [])
    assert clinic._count >= count


def test_an_error_is_told_and_the_next_click_recovers(monkeypatch):
    clinic = gd.Clinic(4, 2)
    with monkeypatch.context() as patch:
        patch.setattr(clinic.round, "buy", lambda name: 1 / 0)
        clinic.buy("Step length")
        assert "ZeroDivisionError" in clinic.text
    clinic.buy("Step length")
    assert clinic.error is None
    assert clinic.text.startswith("Bought: Step length.")


def test_a_cell_that_runs_again_closes_its_earlier_clinic(monkeypatch):
    monkeypatch.setattr(live_module, "_figures_of_cells", {})
    runs = iter([("cell", "first"), ("cell", "second")])
    monkeypatch.setattr(live_module, "present_cell", lambda: next(runs))
    one = gd.Clinic(0, 1)
    other = gd.Clinic(0, 1)
    assert one.canvas.comm is None
    assert other.canvas.comm is not None


def test_only_a_run_that_was_made_anew_is_drawn_as_it_goes(monkeypatch):
    clinic, sent = gd.Clinic(seed=43, patients=2), []
    monkeypatch.setattr(clinic.canvas, "send", lambda message, *_: sent.append(message["kind"]))
    clinic.treat(None, None)
    clinic.buy("First NaN")
    assert "sweep" not in sent
    clinic.treat("ravine", "Adam")
    assert sent.count("sweep") == 1
    # asked again, without a cure; then one that finds nothing to change
    clinic.treat("ravine", None)
    clinic.treat("ravine", "no weight decay")
    assert sent.count("sweep") == 1
    clinic.give_up()
    clinic.give_up()
    assert sent.count("sweep") == 2
    clinic.close()
