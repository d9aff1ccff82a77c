"""Sick training runs: each is cured by its cure and by no decoy; instruments measure right."""

import numpy as np
import pytest

import gdviz as gd
from gdviz import patients
from gdviz.patients import CURES, DISEASES, INSTRUMENTS, patient, treated

SEEDS = range(10)
NAMES = list(DISEASES)
SICK = NAMES[1:]


@pytest.mark.parametrize("name", SICK)
def test_a_patient_is_cured_by_its_cure_and_by_no_decoy(name):
    disease = DISEASES[name]
    price = CURES[disease.cure].price
    # what may work as well is dearer
    assert all(CURES[cure].price > price for cure in disease.also)
    cases = [patient(name, seed) for seed in SEEDS]
    assert not any(case.well for case in cases)
    worked = set(disease.also)
    for cure in CURES:
        if cure in worked:
            continue
        after = [treated(case, cure) for case in cases]
        well = [case is not None and case.well for case in after]
        assert well == [cure == disease.cure] * len(cases), cure


@pytest.mark.parametrize("name", SICK)
def test_what_may_work_as_well_does_so_for_somebody(name):
    for cure in DISEASES[name].also:
        after = (treated(patient(name, seed), cure) for seed in range(40))
        assert any(case.well for case in after), cure


def test_who_is_well_needs_nothing():
    for seed in SEEDS:
        assert patient(NAMES[0], seed).well
    assert DISEASES[NAMES[0]].cure == "nothing"
    assert CURES["nothing"].price == 0


def test_every_disease_names_what_exists():
    for name, disease in DISEASES.items():
        assert disease.cure in CURES
        assert set(disease.also) <= set(CURES)
        assert disease.instrument in {*INSTRUMENTS, "the loss curve"}, name
        if disease.instrument in INSTRUMENTS:
            assert INSTRUMENTS[disease.instrument].fits(patient(name, 0)), name
    assert len(DISEASES) == 17


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_patient_and_another_seed_another(name):
    one, again, other = patient(name, 3), patient(name, 3), patient(name, 4)
    np.testing.assert_array_equal(one.losses, again.losses)
    assert not np.array_equal(one.losses, other.losses, equal_nan=True)


def test_a_treatment_leaves_the_patient_as_it_was():
    case = patient("weight decay too strong", 0)
    before = case.losses.copy()
    assert treated(case, "no weight decay").decay is None
    assert case.decay is not None
    np.testing.assert_array_equal(case.losses, before)
    np.testing.assert_array_equal(treated(case, "nothing").losses, before)


def test_a_treatment_that_finds_nothing_to_change_says_so():
    case = patient("saddle", 0)
    for cure in ("no weight decay", "standardised inputs", "mended labels", "ReLU layers"):
        assert treated(case, cure) is None
    assert treated(patient("rate too low", 0), "mended labels") is None
    assert treated(patient("dead ReLU", 0), "ReLU layers") is None
    assert treated(patient("shuffled labels", 0), "standardised inputs") is None


def test_the_best_of_several_starts_is_the_run_that_ends_lowest():
    case = treated(patient("local minimum", 0), "four other starts")
    assert case.first.shape == (5, 2)
    alone = [gd.descend(case.surface, start, case.optimizer, case.steps) for start in case.first]
    assert case.level == min(run.values[-10:].max() for run in alone)
    assert case.run.points.shape == (case.steps + 1, 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_healthy_one_of_its_kind_is_well_and_fits_beside(name):
    case = patient(name, 0)
    other = patients.healthy(case)
    assert other.well
    assert other is patients.healthy(case)
    assert other.steps == case.steps
    assert (other.stack is None) == (case.stack is None)
    if case.stack is not None:
        assert other.stack.layers == case.stack.layers
        np.testing.assert_array_equal(
            patients.curvatures(other).shape, patients.curvatures(case).shape
        )


# ---- instruments


def test_curvature_is_that_of_the_hessian():
    for name in ("ravine", "saddle", "local minimum", "plateau"):
        case = patient(name, 2)
        exact = np.linalg.eigvalsh(case.surface.hessian(case.run.final))
        np.testing.assert_allclose(patients.curvatures(case), exact, rtol=1e-4, atol=1e-7)


def test_each_instrument_shows_its_disease():
    for seed in SEEDS:
        vanishing = patients.layer_gradients(patient("vanishing gradients", seed))[0]
        assert vanishing[0] < 0.01 * vanishing[-1]
        assert patients.layer_gradients(patient("exploding gradients", seed))[0].min() > 100
        dead = patients.activations(patient("dead ReLU", seed)).dead_shares
        assert dead.max() == 1
        stuck = patients.activations(patient("saturated units", seed)).saturated_shares
        assert stuck.min() > 0.9
        clipped = patient("clipping too tight", seed).run.step_lengths
        assert np.ptp(clipped) < 1e-6 * clipped.max()
        decaying = patients.weights(patient("weight decay too strong", seed))
        assert decaying[:, -1].max() < 0.5
        cause = patients.first_lost(patient("log of 0", seed))
        assert cause.layer == 3
        assert cause.quantity in {"loss", "gradient"}
        assert "the output is of size 10" in cause.why
        ratio = np.ptp(patient("unscaled data", seed).inputs, axis=0)
        assert ratio.max() > 100 * ratio.min()
        ravine = patients.curvatures(patient("ravine", seed))
        assert ravine.max() > 300 * ravine.min()
        saddle = patients.curvatures(patient("saddle", seed))
        assert saddle.min() < -0.5
        trapped = patients.curvatures(patient("local minimum", seed))
        assert trapped.min() > 0.5
        plateau = patient("plateau", seed)
        assert np.abs(patients.curvatures(plateau)).max() < 1e-3
        assert plateau.run.gradient_norms[-1] < 1e-3


def test_the_rate_finder_finds_what_is_wrong_with_a_rate():
    for name, factor in (("rate too high", 1 / 20), ("rate too low", 20)):
        for seed in SEEDS:
            case = patient(name, seed)
            rates, losses = patients.rate_finder(case)
            own, better = (np.argmin(abs(np.log(rates / case.lr / by))) for by in (1, factor))
            assert losses[better] < 0.8 * losses[own]


def test_the_rate_finder_is_so_many_runs():
    case = patient("rate too low", 1)
    rates, losses = patients.rate_finder(case)
    for number in (0, 16, 32):
        alone = gd.descend(
            case.estimated, case.first, patients.replace(case, lr=rates[number]).optimizer, 30
        )
        assert losses[number] == pytest.approx(case.objective.value(alone.final), rel=1e-9)


def test_a_price_is_a_whole_number_of_points():
    for thing in (*CURES.values(), *INSTRUMENTS.values()):
        assert isinstance(thing.price, int)
        assert 0 <= thing.price <= 6
