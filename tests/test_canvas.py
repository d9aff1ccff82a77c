"""Every live figure of every notebook in a real browser: the canvas shows what Agg draws."""

import shutil

import pytest
from canvas import KERNEL, compare, need_chromium
from execute_notebooks import FOLDER
from lab import Lab, browser, jupyterlab

PATHS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def chromium_and_server(tmp_path_factory):
    need_chromium()
    folder = tmp_path_factory.mktemp("notebooks") / "notebooks"
    shutil.copytree(FOLDER, folder)
    with jupyterlab(folder) as server, browser() as chromium:
        yield chromium, server


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_figure_of_a_notebook(path, chromium_and_server):
    lab = Lab(*chromium_and_server).open(path.name)
    try:
        lab.page.evaluate("window.jupyterapp.commands.execute('notebook:expand-all-headings')")
        lab.run_all()
        lab.kernel(KERNEL)
        count = int(lab.kernel("print(len(LIVES))"))
        assert count == lab.page.locator(".gdviz-live").count() >= 2
        for number in range(count):
            compare(lab, number)
        assert lab.complaints == []
    finally:
        lab.shut_down()
        lab.close()
