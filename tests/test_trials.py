"""Trials: run once, kept in memory and in a file, whatever becomes of the file."""

import json

import numpy as np
import pytest

import gdviz as gd

ROWS, COLUMNS = ["cold", "flu"], ["tea", "rest", "soup"]


@pytest.fixture
def runs():
    return []


@pytest.fixture
def make(runs):
    def run(row, column):
        runs.append((row, column))
        return [len(row), np.nan if column == "soup" else len(column)]

    return lambda **options: gd.Trials(run, ROWS, COLUMNS, **options)


def test_an_experiment_is_run_once(make, runs):
    trials = make()
    assert trials["flu", "rest"].tolist() == trials["flu", "rest"].tolist() == [3.0, 4.0]
    assert runs == [("flu", "rest")]
    assert trials.done.tolist() == [[False] * 3, [False, True, False]]
    assert trials.means[1, 1] == 3.5
    assert np.isnan(trials.means).sum() == 5
    assert str(trials) == "1 of 6 experiments is run."


@pytest.mark.parametrize(
    ("place", "words"),
    [(("fever", "tea"), "there is no row 'fever': it is one of cold, flu"),
     (("flu", "milk"), "there is no column 'milk': it is one of tea, rest, soup")],
)  # fmt: skip
def test_an_unknown_name_is_told(make, place, words):
    with pytest.raises(KeyError, match=words):
        make()[place]


def test_fill_runs_what_is_missing(make, runs):
    trials = make()
    trials["flu", "tea"]
    assert trials.fill("flu") is trials
    assert runs == [("flu", "tea"), ("flu", "rest"), ("flu", "soup")]
    trials.fill(columns=["tea"])
    assert runs[3:] == [("cold", "tea")]
    trials.fill()
    assert trials.done.all()
    assert len(runs) == 6


def test_fill_tells_how_far_it_is_and_stops(make, runs):
    told = []

    def progress(done, of, words):
        told.append((done, of, words))
        return done < 2

    make().fill("cold", progress=progress)
    assert told == [(0, 3, "cold, tea"), (1, 3, "cold, rest"), (2, 3, "cold, soup")]
    assert runs == [("cold", "tea"), ("cold", "rest")]
    told.clear()
    make().fill("cold", ["tea"], progress=progress)
    assert told[-1] == (1, 1, "")


def test_what_was_run_before_an_interrupt_is_kept():
    def run(row, column):
        if column == "soup":
            raise KeyboardInterrupt
        return [1.0]

    trials = gd.Trials(run, ROWS, COLUMNS).fill()
    assert trials.done.tolist() == [[True, True, False], [False] * 3]


def test_a_file_outlives_the_trials(make, runs, tmp_path):
    file = tmp_path / "mine.json"
    trials = make(file=file, about="ten epochs")
    trials.fill("flu")
    assert str(trials) == "3 of 6 experiments are run and kept in mine.json."
    again = make(file=file, about="ten epochs")
    np.testing.assert_array_equal(again.means, trials.means)
    again.fill("flu")
    assert len(runs) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]
    # names that are no longer there are left out
    fewer = gd.Trials(lambda row, column: [0.0], ["flu"], ["tea"], file, "ten epochs")
    assert fewer.done.tolist() == [[True]]


def test_a_file_that_is_named_later_takes_what_was_run(make, runs, tmp_path):
    file = tmp_path / "mine.json"
    make(file=file)["cold", "tea"]
    trials = make()
    trials["flu", "rest"]
    assert trials.keep(file) is trials
    assert str(trials) == "2 of 6 experiments are run and kept in mine.json."
    trials["flu", "tea"]
    again = make().keep(file)
    assert again.done.tolist() == [[True, False, False], [True, True, False]]
    again.fill("flu", ["tea", "rest"])
    assert len(runs) == 3


def test_what_is_stored_is_not_run(make, runs, tmp_path):
    file = tmp_path / "mine.json"
    trials = make(file=file, stored={"cold": {"tea": [0.2, 0.4], "soup": [np.nan]}})
    assert trials["cold", "tea"].tolist() == [0.2, 0.4]
    np.testing.assert_allclose(trials.means[0], [0.3, np.nan, np.nan])
    trials.fill("cold")
    assert runs == [("cold", "rest")]
    assert trials.done.tolist() == [[True] * 3, [False] * 3]
    assert str(trials) == "1 of 6 experiments is run and kept in mine.json, 2 more are stored."
    # what is stored is in no file
    assert list(json.loads(file.read_text(encoding="utf-8"))["scores"]["cold"]) == ["rest"]


def test_every_experiment_is_written_at_once(make, tmp_path):
    file = tmp_path / "mine.json"
    trials = make(file=file)
    trials["cold", "soup"]
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content == {"about": "", "scores": {"cold": {"soup": [4.0, None]}}}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "3", '{"about": ""}', '{"about": "", "scores": {"cold": 3}}',
     '{"about": "", "scores": {"cold": {"tea": ["x"]}}}', '{"about": "", "scores": []}',
     '{"about": "", "scores": {"cold": {"tea": 1}}}'],
)  # fmt: skip
def test_a_damaged_file_is_told_and_left(make, tmp_path, content):
    file = tmp_path / "mine.json"
    file.write_text(content, encoding="utf-8")
    trials = make(file=file)
    assert trials["cold", "tea"].tolist() == [4.0, 3.0]
    assert str(trials).startswith("1 of 6 experiments is run. mine.json cannot be read: it is dam")
    assert file.read_text(encoding="utf-8") == content


def test_bytes_that_are_no_text_are_told(make, tmp_path):
    file = tmp_path / "mine.json"
    file.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in str(make(file=file))


def test_scores_of_another_setting_are_not_taken(make, tmp_path):
    file = tmp_path / "mine.json"
    make(file=file, about="ten epochs")["cold", "tea"]
    other = make(file=file, about="one epoch")
    assert not other.done.any()
    assert "mine.json is of another setting: 'ten epochs'. It is left as it is" in str(other)


def test_a_folder_that_is_not_there_is_told(make, tmp_path):
    trials = make(file=tmp_path / "none" / "mine.json")
    assert trials["cold", "tea"].tolist() == [4.0, 3.0]
    assert "mine.json cannot be written: No such file or directory" in str(trials)
