"""The tool that executes and stores notebooks: what it writes, what it leaves, what it refuses."""

import base64
import io
import json

import numpy as np
import pytest
from execute_notebooks import encode, execute, main, read, replace
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

DRAW = """\
import io
import numpy as np
from IPython.display import Image as Shown
from PIL import Image, PngImagePlugin
program = PngImagePlugin.PngInfo()
program.add_text("Software", "a program and its version")
png = io.BytesIO()
Image.fromarray(np.full((40, 50, 3), 100, np.uint8)).save(png, "PNG", pnginfo=program)
Shown(png.getvalue())"""


def notebook(*sources, tags=()):
    passing, staying = {"scrolled": True}, {"jp-MarkdownHeadingCollapsed": True}
    metadata = {"tags": [*tags], **passing, **staying}
    return new_notebook(
        cells=[
            new_code_cell(source, id=f"c{number}", metadata=metadata)
            for number, source in enumerate(sources)
        ]
    )


@pytest.fixture
def told(monkeypatch, capsys):
    """What the script prints for its arguments, and with what it ends."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["execute_notebooks.py", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            main()
        return capsys.readouterr().out, ending.value.code

    return run


def test_only_a_change_is_written(tmp_path, told):
    path = tmp_path / "drawn.ipynb"
    path.write_text(json.dumps(notebook(DRAW, "", "print('a', end='')\nprint('b')")))
    assert told(path) == ("drawn.ipynb: written\n", 0)
    first, file = path.read_bytes(), path.stat().st_ino
    stored = read(path)
    assert [cell.execution_count for cell in stored.cells] == [1, 2, 3]
    kept = {"tags": [], "jp-MarkdownHeadingCollapsed": True}
    assert [cell.metadata for cell in stored.cells] == [kept] * 3
    assert stored.cells[2].outputs[0].text == "ab\n"
    assert "version" not in stored.metadata.language_info
    data = stored.cells[0].outputs[0].data
    assert b"Software" not in base64.b64decode(data["image/png"])
    assert told(path) == ("drawn.ipynb: unchanged\n", 0)
    assert (path.read_bytes(), path.stat().st_ino) == (first, file)

    # one grey level in one of 6,000 numbers is another processor's rounding, 40 everywhere are not
    for levels, places, expected in ((1, np.s_[0, 0, 0], "unchanged"), (40, np.s_[:], "written")):
        pixels, png = np.full((40, 50, 3), 100, np.uint8), io.BytesIO()
        pixels[places] += levels
        Image.fromarray(pixels).save(png, "PNG")
        data["image/png"] = base64.b64encode(png.getvalue()).decode()
        path.write_bytes(encode(stored))
        out, code = told("--check", path)
        assert ("as stored" in out, code) == ((True, 0) if levels == 1 else (False, 1))
        assert ("40 grey levels from it, allowed 0.01" in out) == (levels == 40)
        assert path.read_bytes() == encode(stored)
        assert told(path) == (f"drawn.ipynb: {expected}\n", 0)
    assert path.read_bytes() == first


def test_an_error_in_a_cell_is_told_and_nothing_is_written(tmp_path, told):
    path = tmp_path / "wrong.ipynb"
    path.write_text(json.dumps(notebook("1 / 0", tags=["raises-exception"])))
    before = path.read_bytes()
    _, words = told(path)
    assert "wrong.ipynb: a cell ends with an error; nothing was written" in words
    assert "ZeroDivisionError" in words
    assert "\x1b" not in words
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ("exit()", CellExecutionError, "cell 0 ends the kernel"),
        ("import os; os._exit(0)", DeadKernelError, "died"),
    ],
)
def test_a_cell_that_ends_the_kernel_fails(source, error, words, tmp_path):
    with pytest.raises(error, match=words):
        execute(notebook(source), tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\xff", b"[]", b"{}", b'"x"', b'{"nbformat": 4, "cells": [1]}'],
    ids=["empty", "binary", "list", "dict", "text", "cell that is a number"],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(content, tmp_path, told):
    path = tmp_path / "other.ipynb"
    path.write_bytes(content)
    assert told(path)[1].startswith(f"{path} is not a notebook: ")
    assert path.read_bytes() == content


def test_a_missing_file_is_told_in_a_sentence(tmp_path, told):
    path = tmp_path / "missing.ipynb"
    assert told(path)[1] == f"{path}: No such file or directory; nothing was written"


def test_a_full_disk_leaves_the_old_notebook(tmp_path):
    resource = pytest.importorskip("resource", reason="only Unix can limit the size of a file")
    path = tmp_path / "whole.ipynb"
    path.write_bytes(b"the old one")
    path.chmod(0o640)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            replace(path, b"a new one" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"the old one"
    replace(path, b"a new one")
    assert path.read_bytes() == b"a new one"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["whole.ipynb"]
