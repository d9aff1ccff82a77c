"""Notebook 09: what its matrix and its training say holds for other seeds too."""

import nbformat
import numpy as np
import pytest
from execute_notebooks import FOLDER

PATH = FOLDER / "09_stable_networks.ipynb"
CELLS = "setup", "matrix-setup", "matrix-run", "whole-data"
DISEASES = (
    "vanishing", "weights too small", "exploding", "saturated", "dead neurons", "rate too high",
    "healthy",
)  # fmt: skip


@pytest.fixture(scope="module")
def notebook():
    """The names that its setups define, with the matrix as it was run."""
    names = {}
    for cell in nbformat.read(PATH, as_version=4).cells:
        if cell.id in CELLS:
            exec(compile(cell.source, cell.id, "exec"), names)
    return names


def test_the_matrix_has_a_row_for_every_disease_and_three_seeds_for_every_cure(notebook):
    assert tuple(notebook["FULL"]) == tuple(notebook["DISEASES"]) == DISEASES
    assert {np.shape(row) for row in notebook["FULL"].values()} == {(len(notebook["CURES"]), 3)}


@pytest.mark.parametrize("disease", DISEASES)
def test_every_cell_of_the_matrix_holds_for_another_seed(notebook, disease):
    """Cured, no cure, or lost: as with the three seeds of the matrix, where these agree."""
    for cure in notebook["CURES"]:
        three = 100 * notebook["SHARES"][disease][cure]
        (share,) = notebook["experiment"](disease, cure, seeds=(7,))
        where = f"{disease}, {cure}: {share} and {three}"
        if np.isnan(three).all():
            assert np.isnan(share), where
        elif min(three) > 80:
            assert share > 0.7, where
        elif max(three) < 35:
            assert not share > 0.5, where


@pytest.mark.parametrize("disease", ["vanishing", "exploding"])
def test_a_row_of_the_matrix_is_what_it_says(notebook, disease):
    for cure in notebook["CURES"]:
        three = 100 * notebook["SHARES"][disease][cure]
        shares = notebook["experiment"](disease, cure)
        np.testing.assert_allclose(100 * shares, three, atol=3, err_msg=f"{disease}, {cure}")


def test_all_is_stored_but_the_three_cells_that_the_learner_runs(notebook):
    stored, shares = notebook["STORED"], notebook["SHARES"]
    asked = {"clipping", "rate ÷ 10", "Adam, rate ÷ 10"}
    for disease in DISEASES:
        empty = asked if disease == "healthy" else set()
        assert set(stored[disease]) == set(notebook["CURES"]) - empty
        for cure, scores in stored[disease].items():
            np.testing.assert_array_equal(scores, shares[disease][cure])
    assert notebook["board"].kept == {}
    for disease, row in notebook["FULL"].items():
        for cure, right in zip(notebook["CURES"], row, strict=True):
            np.testing.assert_allclose(360 * shares[disease][cure], right)


def test_no_rate_saves_the_exploding_stack_under_clipping(notebook):
    import gdviz as gd

    loss, rates = notebook["loss_of"](20), np.geomspace(1e-3, 1, 7)
    start = np.tile(loss.network.initial(1.7, "he", seed=0), (7, 1))
    rule = gd.Clipped(gd.Momentum(rates), max_norm=1.0)
    run = gd.descend(gd.data.MiniBatches(loss, 64), start, rule, 115, record="last")
    assert np.nanmax(notebook["tested"](loss, run.final)) < 0.4


def test_the_good_stack_learns_and_the_sick_one_does_not_on_three_more_seeds(notebook):
    import gdviz as gd

    seeds, ends = np.array([1, 2, 3]), {}
    for name, weights, settings in (
        ("good", "he", ("relu", True, True)),
        ("sick", "xavier", ("sigmoid", False, False)),
    ):
        loss = notebook["loss_of"](20, *settings, width=64)
        batches = gd.data.MiniBatches(loss, 64, seed=seeds)
        start = loss.network.initial(scheme=weights, seed=seeds)
        run = gd.descend(batches, start, gd.Momentum(0.01), 20 * batches.epoch, record="last")
        ends[name] = notebook["tested"](loss, run.final)
    assert ends["good"].min() > 0.95
    assert ends["sick"].max() < 0.15
