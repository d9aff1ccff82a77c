"""Every notebook: the form of a lesson, clean outputs, and stored as its execution gives it.

nbval, switched on in pyproject.toml, compares the text of every output besides.
"""

import re

import pytest
from execute_notebooks import FOLDER, differences, encode, execute, read

PATHS = sorted(FOLDER.glob("*.ipynb"))
NOTEBOOKS = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
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


@NOTEBOOKS
def test_cells_ran_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


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


# ------------------------------------------------------------------ the form of a lesson

WORDS, FIGURES, MINUTES = 1200, 4, (15, 35)
VISIBLE_CELL, VISIBLE_NOTEBOOK = 15, 120
# what a learner plays with
FIGURE = re.compile(r"\bgd\.(Live|Clinic)\(")
FOLDED = re.compile(r"# (Setup|Figure|Proof): \S")
# a heading ends on its minutes in parentheses, and so does a link to it
LINK = r"\]\(((?:[^()\s]|\([^()\s]*\))+)\)"
HEADING = re.compile(r"^(#{2,3}) (.+?) \((\d+) min(, optional)?\)$")


def folded(cell):
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def text_of(cells):
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def core_and_deeper(path):
    """The cells up to the heading *Deeper*, and those from it on."""
    cells = read(path).cells
    starts = [number for number, cell in enumerate(cells) if cell.source.startswith("## Deeper")]
    at = starts[0] if starts else len(cells)
    return cells[:at], cells[at:-1]


def plain(markdown):
    """The words that a learner reads: no code, no formulas, no rules of tables, no solutions."""
    text = re.sub(r"<details>.*?</details>", "", markdown, flags=re.DOTALL)
    text = re.sub(r"```.*?```|\$\$.*?\$\$", "", text, flags=re.DOTALL)
    text = re.sub(r"^(\| (\d+|–) (?=\|)|[|-]+$)", "", text, flags=re.MULTILINE)
    return re.sub(rf"{LINK}|[|#*_`$]", " ", text)


@NOTEBOOKS
def test_the_page_opens_on_a_question_and_a_figure(path):
    head, setup, *rest = read(path).cells
    lines = [line for line in head.source.splitlines() if line]
    assert re.match(r"# .+", lines[0])
    assert re.search(r"\*\*\d+ minutes\*\*", head.source)
    assert "Run All Cells" in head.source
    assert "model not found" in head.source
    assert len(plain(head.source).split()) <= 110
    assert folded(setup), "the import stands in a folded cell"
    assert not setup.outputs, "nothing is claimed before a cell ran"
    first = next(cell for cell in rest if FIGURE.search(cell.source))
    before = text_of(rest[: rest.index(first)])
    assert len(plain(before).split()) <= 120, "a learner plays before reading"


@NOTEBOOKS
def test_visible_code_is_the_lesson(path):
    shown = 0
    for cell in code_cells(path):
        lines = cell.source.splitlines()
        if folded(cell):
            assert FOLDED.match(lines[0]), f"say what the folded cell is: {lines[0]}"
            assert "hide-input" in cell.metadata.get("tags", []), lines[0]
            continue
        shown += len(lines)
        assert len(lines) <= VISIBLE_CELL, cell.source
        assert not re.search(r"^\s*assert\b", cell.source, re.MULTILINE), cell.source
    assert shown <= VISIBLE_NOTEBOOK


@NOTEBOOKS
def test_the_core_is_half_an_hour(path):
    core, _ = core_and_deeper(path)
    assert len(plain(text_of(core)).split()) <= WORDS
    figures = [cell for cell in core if cell.cell_type == "code" and FIGURE.search(cell.source)]
    assert len(figures) <= FIGURES
    found = [HEADING.match(line) for line in text_of(core).splitlines() if line.startswith("## ")]
    assert all(found), "each section's heading carries its minutes: ## Name (5 min)"
    low, high = MINUTES
    minutes = sum(int(match[3]) for match in found)
    assert low <= minutes <= high, minutes
    stated = int(re.search(r"\*\*(\d+) minutes\*\*", core[0].source)[1])
    assert stated == minutes, "the head states the core's minutes"


@NOTEBOOKS
def test_what_goes_further_is_folded(path):
    _, deeper = core_and_deeper(path)
    assert deeper, "there is a section Deeper"
    headed = [cell for cell in deeper if re.match(r"#{2,3} ", cell.source)]
    for cell in headed:
        assert HEADING.match(cell.source.splitlines()[0]), cell.source
        # within, nothing is folded again: a folded part without its figures looks empty
        folds = cell.source.startswith("## ")
        assert bool(cell.metadata.get("jp-MarkdownHeadingCollapsed")) == folds, cell.source
    assert len(headed) >= 2


@NOTEBOOKS
def test_the_last_cell_leads_back_to_the_top(path):
    """Run All opens the section of the last cell: were that *Deeper*, it would not stay folded."""
    first, *_, last = read(path).cells
    title = first.source.splitlines()[0].removeprefix("# ").replace(" ", "-")
    assert last.source == f"## The end\n\n[Back to the top](#{title})"


@NOTEBOOKS
def test_markdown_holds_no_code_of_a_question(path):
    words = re.sub(r"```.*?```", "", text_of(read(path).cells), flags=re.DOTALL)
    assert not re.search(r"%%|gd\.(predict|check)\(|answer=|because=", words)


@NOTEBOOKS
def test_tables_have_as_many_columns_as_their_heads(path):
    for cell in read(path).cells:
        if cell.cell_type != "markdown":
            continue
        outside = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
        for table in re.findall(r"(?:^\|.*\n?)+", outside, re.MULTILINE):
            columns = {len(re.findall(r"(?<!\\)\|", row)) for row in table.strip().splitlines()}
            assert len(columns) == 1, table


@NOTEBOOKS
def test_links_lead_somewhere(path):
    for target in re.findall(LINK, text_of(read(path).cells)):
        if "://" in target:
            continue
        name, _, place = target.partition("#")
        other = path.parent / name if name else path
        assert other.exists(), target
        if place:
            assert place in anchors(other), f"{target}: {sorted(anchors(other))}"


def anchors(path):
    """The places in a notebook that a link can name, as JupyterLab names them."""
    found = re.findall(r"^#{1,6} (.+?) *$", text_of(read(path).cells), re.MULTILINE)
    return {re.sub(r"[*_`]", "", heading).replace(" ", "-") for heading in found}


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
