"""Every notebook: one plan, clean outputs, and what is stored is what its execution gives.

nbval, switched on in pyproject.toml, compares the text of every output besides.
"""

import re

import pytest
from execute_notebooks import FOLDER, differences, encode, execute, read

PATHS = sorted(FOLDER.glob("*.ipynb"))
NOTEBOOKS = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
LESSONS = pytest.mark.parametrize(
    "path", [path for path in PATHS if not path.stem.startswith("00")], ids=lambda path: path.stem
)
PLAN = ["Predict", "Try", "Why", "Exercise", "Claims on trial"]
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
CELL_BORDER = re.compile(r"(?<!\\)\|")
MACHINE_PATH = re.compile(r"/(home|root|tmp|Users|work)/|[A-Z]:\\")


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def headings(path, level):
    source = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return re.findall(rf"^#{{{level}}} +(.+?) *$", source, flags=re.MULTILINE)


def test_the_series_has_no_gap():
    assert PATHS
    assert [path.stem[:2] for path in PATHS] == [f"{number:02d}" for number in range(len(PATHS))]


@NOTEBOOKS
def test_title_comes_first_and_stands_alone(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert len(headings(path, 1)) == 1


@LESSONS
def test_lesson_follows_the_plan(path):
    (title,) = headings(path, 1)
    assert title.endswith("?"), "the title is a question"
    sections = [heading.partition(":")[0] for heading in headings(path, 2)]
    assert [name for name in dict.fromkeys(sections) if name in PLAN] == PLAN


@NOTEBOOKS
def test_cells_ran_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@NOTEBOOKS
def test_every_row_of_a_table_has_as_many_cells_as_its_head(path):
    for cell in read(path).cells:
        rows = []
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else []:
            rows = [*rows, CELL_BORDER.split(line)] if line.startswith("|") else []
            assert not rows or len(rows[-1]) == len(rows[0]), line


@NOTEBOOKS
def test_no_cell_hides_from_nbval(path):
    """nbval ignores a trailing semicolon and obeys comments that switch it off."""
    for cell in code_cells(path):
        assert not cell.source.rstrip().endswith(";"), cell.source
        assert "NBVAL_" not in cell.source, cell.source
        assert not [tag for tag in cell.metadata.get("tags", []) if "nbval" in tag.lower()]
        assert "raises-exception" not in cell.metadata.get("tags", [])


@NOTEBOOKS
def test_outputs_are_clean(path):
    for output in outputs(path):
        assert output.output_type in {"stream", "execute_result", "display_data"}
        if output.output_type == "stream":
            assert output.name == "stdout", output.text
            words = output.text
        else:
            assert not [name for name in output.data if "widget" in name]
            words = output.data["text/plain"]
        assert not ADDRESS.search(words), words
        assert not MACHINE_PATH.search(words), words
    assert "widgets" not in read(path).metadata


@NOTEBOOKS
def test_every_picture_has_a_text(path):
    for output in outputs(path):
        if "image/png" in output.get("data", {}):
            words = output.data["text/plain"]
            assert len(words) > 20, words
            assert not words.startswith("<"), words


@NOTEBOOKS
def test_file_is_small(path):
    assert path.stat().st_size < 1_000_000


@pytest.fixture(scope="module")
def executed():
    """Each notebook as its execution gives it, executed once for all tests of this module."""
    cache = {}

    def get(path):
        if path not in cache:
            cache[path] = execute(read(path))
        return cache[path]

    return get


@NOTEBOOKS
def test_stored_is_what_execution_gives(path, executed):
    stored = read(path)
    assert path.read_bytes() == encode(stored), "not normalised: run `make notebooks`"
    found = differences(stored, executed(path))
    assert not found, "\n".join(["run `make notebooks`, or mend the notebook:", *found])


def test_two_executions_give_the_same_bytes(executed):
    path = max(PATHS, key=lambda path: path.stat().st_size)
    assert encode(execute(read(path))) == encode(executed(path))
