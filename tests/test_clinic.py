"""The clinic: any order of clicks, points, feedback by running, the record, one bundle."""

import pytest

import gdviz as gd
from gdviz import live as live_module
from gdviz.patients import CURES, DISEASES, INSTRUMENTS
from gdviz.rounds import WORTH, Round


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
    assert told.startswith("Cured by momentum: the loss ends at")
    assert "as you said" in told
    assert clinic.visit.points == WORTH - 3 - 3
    assert clinic.visit.outcome == "cured"


def test_a_wrong_cure_is_refuted_by_its_run_and_names_nothing():
    clinic = round_with("ravine")
    told = clinic.treat("plateau", "a rate 20 times smaller")
    assert told.startswith("Not cured by a rate 20 times smaller: the loss ends at")
    assert "instead of" in told
    assert "Plateau would show in Curvature" in told
    assert "ravine" not in told
    assert clinic.visit.points == WORTH - 1 - 2
    assert clinic.visit.open


def test_a_cure_that_finds_nothing_to_change_costs_all_the_same():
    clinic = round_with("ravine")
    assert "finds nothing to change" in clinic.treat("ravine", "no weight decay")
    assert clinic.visit.points == WORTH - 2
    assert clinic.visit.after is None


def test_a_dearer_cure_works_and_the_cheaper_is_named():
    clinic = round_with("ravine")
    told = clinic.treat("ravine", "Adam")
    assert "Momentum cures it too, for 3" in told
    assert clinic.visit.points == WORTH - 4


def test_who_is_well_is_left_alone():
    clinic = round_with("none: it is well")
    assert "as it was without" in clinic.treat("rate too high", "momentum")
    assert clinic.visit.open
    assert clinic.treat("none: it is well", "nothing").startswith("Right to leave it alone.")
    assert clinic.visit.points == WORTH - 3 - 2


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
    assert clinic.following() == "0 of 2 cured, 0 named rightly: 0 of 40 points."
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
    assert "loss begins at" in clinic.complaint
    for cure in CURES:
        if not clinic.visit.open:
            break
        clinic.treat(disease, cure)
    assert clinic.visit.outcome == "cured"
    assert len(clinic.record) == 1


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
        assert button.disabled
        assert button.icon == "check"
        panels += name != "First NaN"
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
    assert clinic.text.startswith("1 of 2 cured, 1 named rightly: 19 of 40 points.")
    assert "1 · rate too high: 19 points: a rate 20 times smaller" in clinic.text
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


def test_the_first_sentence_does_not_tell_who_is_well():
    well, sick = (round_with(name).complaint for name in ("none: it is well", "rate too high"))
    assert well.split("; ")[1] == sick.split("; ")[1] == "a healthy one ends, and stays, below 0.3."


def test_layers_without_a_gradient_are_crosses_and_every_layer_is_within_the_axes():
    clinic = clinic_with("dead ReLU")
    clinic.buy("Gradient by layer")
    panel = clinic.picture.panels[1]
    layers = clinic.visit.case.stack.layers
    assert panel.crosses[0].get_xdata().tolist() == list(range(1, layers))
    assert panel.crosses[0].get_ydata().min() > panel.ax.get_ylim()[0]
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
