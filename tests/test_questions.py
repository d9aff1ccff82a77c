"""The question bank: well-formed, used once each, every answer proven, and nothing given away."""

import re
import tomllib
from collections import Counter

import numpy as np
import pytest
from execute_notebooks import FOLDER, read
from notebook_runner import execute, step_through
from proofs import MEASURES, PROOFS

import gdviz as gd
from gdviz.exercises import NOT_YET, PREDICTED, RIGHT, WRONG, bank

QUESTIONS = FOLDER.parent / "gdviz" / "questions"
FILES = sorted(QUESTIONS.glob("*.toml"))
PATHS = sorted(FOLDER.glob("*.ipynb"))
NOTEBOOKS = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
PREDICTIONS = [name for name, entry in bank().items() if entry["kind"] in PREDICTED]
EXERCISES = [name for name in bank() if name not in PREDICTIONS]
ALWAYS = {"kind", "text", "misconception"}
# by kind: what an entry must have besides, and what it may have
FIELDS = {
    "choice": ({"options", "answer", "because"}, {"see"}),
    "number": ({"answer", "because"}, {"unit", "tolerance", "see"}),
    "answer": ({"hint", "praise"}, {"answer", "within", "measured", "digits", "tolerance"}),
    "function": ({"cases", "hint", "praise"}, {"random", "tolerance"}),
}
DETAILS = re.compile(r"<details><summary>Solution</summary>\n\n(.*?)\n\n</details>", re.DOTALL)
FENCED = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
ASKED = re.compile(r'gd\.(predict|check)\("(.+?)"')
QUESTION_CELL = re.compile(r'gd\.predict\(".+?"\)|gd\.check\(".+?", \w+(, measure=\w+)?\)')


def asked(path):
    """The names of the questions that a notebook asks, in order."""
    sources = (cell.source for cell in read(path).cells if cell.cell_type == "code")
    return [name for source in sources for _, name in ASKED.findall(source)]


def spaced(text):
    return re.sub(r"\s+", " ", text)


def open_text(cells, outputs=True):
    """What stands in the open: prose without solutions, source, and outputs as text."""
    parts = []
    for cell in cells:
        parts.append(DETAILS.sub("", cell.source) if cell.cell_type == "markdown" else cell.source)
        if outputs:
            parts += [
                output.get("text", "") or output["data"].get("text/plain", "")
                for output in cell.get("outputs", [])
            ]
    return spaced("\n".join(parts))


def test_there_is_one_file_for_each_notebook():
    assert [file.stem for file in FILES] == [path.stem for path in PATHS]


def test_names_are_unique_over_the_series():
    names = Counter(
        name for file in FILES for name in tomllib.loads(file.read_text(encoding="utf-8"))
    )
    assert [name for name, times in names.items() if times > 1] == []
    assert set(names) == set(bank())


@pytest.mark.parametrize("name", bank())
def test_an_entry_is_well_formed(name):
    entry = bank()[name]
    needed, allowed = FIELDS[entry["kind"]]
    assert entry.keys() >= ALWAYS | needed
    assert entry.keys() <= ALWAYS | needed | allowed
    words = ["text", "because", "hint", "praise", "misconception", "see"]
    for field in (field for field in words if field in entry):
        assert entry[field].strip() == entry[field] != "", field
    for field in ("because", "hint", "praise", "misconception"):
        assert re.search(r"[.?]$", entry.get(field, ".")), f"{field} ends as a sentence"
    assert not entry.get("see", "").endswith("."), "see completes: Look at ..."
    if entry["kind"] == "answer":
        assert ("answer" in entry) != ("within" in entry)
    for case in entry.get("cases", []):
        assert case.keys() == {"arguments", "expected"}
    for recipe in entry.get("random", []):
        assert recipe.keys() == {"count", "arguments", "expected"}


@NOTEBOOKS
def test_a_notebook_asks_each_of_its_questions_once(path):
    entries = tomllib.loads((QUESTIONS / f"{path.stem}.toml").read_text(encoding="utf-8"))
    assert sorted(asked(path)) == sorted(entries)


@NOTEBOOKS
def test_a_question_is_one_visible_line(path):
    """Unfolded or not, its cell gives nothing away; and no question is prose."""
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"gd\.(predict|check)\(|%%|\banswer=", cell.source), cell.source
        elif re.search(r"gd\.(predict|check)\(", cell.source):
            assert QUESTION_CELL.fullmatch(cell.source), cell.source
            assert "jupyter" not in cell.metadata


@NOTEBOOKS
def test_nothing_is_given_away(path):
    """No reason, hint or praise stands in the open; no answer before its question."""
    cells = read(path).cells
    everything = open_text(cells)
    for name in asked(path):
        entry = bank()[name]
        for told in ("because", "hint", "praise"):
            assert told not in entry or spaced(entry[told]) not in everything, (name, told)
        place = next(n for n, cell in enumerate(cells) if f'("{name}"' in cell.source)
        before = open_text(cells[:place])
        for words in telling(entry):
            assert not re.search(rf"(?<![\d.,]){re.escape(words)}(?![\d.,]*\d)", before), (
                f"{name}: {words!r} stands before its question"
            )


def telling(entry):
    """The answer in the forms in which it would give itself away: words, or three digits."""
    answer = entry.get("answer")
    if entry["kind"] == "choice":
        return [answer] if len(answer.split()) >= 3 else []
    if isinstance(answer, (int, float)) and answer != round(answer, 1):
        return [f"{answer:.{digits}g}" for digits in range(entry.get("digits", 3), 7)]
    if isinstance(answer, int) and answer >= 100:
        return [f"{answer}", f"{answer:,}"]
    return []


def test_every_answer_has_a_proof():
    assert set(PROOFS) == set(bank())


@pytest.mark.parametrize("name", PREDICTIONS)
def test_the_answer_to_a_prediction_is_proven(name):
    entry, truth = bank()[name], PROOFS[name]()
    if entry["kind"] == "choice":
        misses = [option for option in entry["options"] if option != truth]
    else:
        assert entry["answer"] == pytest.approx(truth, rel=1e-12)
        near = 1.1 * entry.get("tolerance", 0.1)
        misses = [truth * (1 + near), truth * (1 - near), f"{truth * (1 + near):.6g}", -truth]
    for guess, outcome in [(truth, RIGHT), *((miss, WRONG) for miss in misses)]:
        question = gd.predict(name)
        assert question.outcome == NOT_YET
        question.commit(guess)
        assert question.outcome == outcome, guess


@pytest.mark.parametrize("name", EXERCISES)
def test_the_answer_to_an_exercise_is_proven(name):
    right, misses = PROOFS[name]()
    entry, measure = bank()[name], {"measure": MEASURES[name]} if name in MEASURES else {}
    if isinstance(entry.get("answer"), (int, float)):
        assert entry["answer"] == pytest.approx(right, rel=1e-12)
        right = float(right)
        forms = [right, f"{right!r}", [right], np.array([[right]]), np.float32(right)]
        if "digits" in entry:
            forms.append(float(f"{right:.{entry['digits']}g}"))
            off = 10.0 ** (np.floor(np.log10(abs(right))) - entry["digits"] + 1)
            misses = [*misses, right + 1.1 * off, right - 1.1 * off]
    else:
        forms = [right]
    for attempt in forms:
        found = gd.check(name, attempt, **measure)
        assert found.outcome == RIGHT, found.text
        assert found.text.endswith(entry["praise"])
    for miss in misses:
        found = gd.check(name, miss, **measure)
        assert found.outcome == WRONG, (miss, found.text)
        assert entry["hint"] in found.text
    assert gd.check(name, ..., **measure).outcome == NOT_YET


@NOTEBOOKS
def test_every_solution_is_right(path, monkeypatch):
    """Its code, run where it stands, makes every check since the last solution say right."""
    monkeypatch.chdir(path.parent)
    waiting, solved = [], []
    for cell, value, namespace in step_through(path):
        if cell.cell_type == "code" and "gd.check(" in cell.source:
            assert value.outcome == NOT_YET, f"{cell.source} is solved in the notebook"
            waiting.append(cell.source)
        for solution in DETAILS.findall(cell.source) if cell.cell_type == "markdown" else []:
            mine = dict(namespace)
            for code in FENCED.findall(solution):
                execute(code, mine, f"solution of {path.name}")
            for source in waiting:
                found = execute(source, mine)
                assert found.outcome == RIGHT, f"{source}: {found.text}"
            solved += waiting
            waiting = []
    assert waiting == [], "a check without a solution after it"
    assert solved


@pytest.mark.parametrize("name", [name for name in EXERCISES if "random" in bank()[name]])
def test_a_table_of_the_cases_is_no_function(name):
    """Whoever copies the cases into a table is caught by those that are drawn."""
    table = {str(_as_given(case["arguments"])): case["expected"] for case in bank()[name]["cases"]}
    for otherwise in set(table.values()):
        found = gd.check(
            name, lambda *given, otherwise=otherwise: table.get(str(_as_given(given)), otherwise)
        )
        assert found.outcome == WRONG


def _as_given(arguments):
    return [np.asarray(argument, dtype=float).tolist() for argument in arguments]
