"""Build the pages: every notebook as an article whose figures answer without a kernel.

python tools/make_site.py                      the whole site, in the folder ``site``
python tools/make_site.py notebooks/02*.ipynb  the pages of these notebooks, and the front page

A figure is baked again only where code changed: that of its notebook, of the package or of this.
"""

import argparse
import base64
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
from jupyterlab_pygments import JupyterStyle
from notebook_runner import step_through
from pages.bake import TURN, bake, efforts
from pages.exporter import Page, PageExporter, markdown
from pages.questions import asked_in, question
from pages.ward import Ward, desk
from pygments.formatters import HtmlFormatter

import gdviz as gd
from gdviz.exercises import Predict, bank

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
KEPT = ROOT / "build" / "pages"
HERE = Path(__file__).parent / "pages"
FIGURE = re.compile(r"\.(Live|Clinic)\(")


def code_of(path):
    """Return what the bakes of a notebook depend on, as a short text."""
    cells = nbformat.read(path, as_version=4).cells
    code = [[cell.source, cell.metadata.get("gdviz")] for cell in cells if cell.cell_type == "code"]
    core = [cell.source.startswith("## ") for cell in cells]
    digest = hashlib.sha256(json.dumps([code, core]).encode())
    digest.update(f"{matplotlib.__version__} {np.__version__}".encode())
    for source in sorted([*(ROOT / "gdviz").rglob("*"), *HERE.glob("*.py"), Path(__file__)]):
        if source.suffix in (".py", ".toml") and source.name != "exporter.py":
            digest.update(source.read_bytes())
    return digest.hexdigest()[:24]


def bake_notebook(path, kept, say=print, reduced=1):
    """Run a notebook and bake its figures; return by cell what the page needs of them.

    What was baked before from the same code is taken from the folder ``kept``.
    """
    code, memo = f"{code_of(path)} {reduced}", kept / f"{path.stem}.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(memo.read_text(encoding="utf-8"))
        files = [kept / f"{name}.js" for name in known["files"]]
        if known["code"] == code and all(file.exists() for file in files):
            say(f"{path.stem}: as before")
            return known
    baked = {"code": code, "figures": {}, "clinics": {}, "asked": {}, "files": []}
    cells = nbformat.read(path, as_version=4).cells
    deeper = [bool(cell.metadata.get("jp-MarkdownHeadingCollapsed")) for cell in cells]
    first_deeper = deeper.index(True) if True in deeper else len(cells)
    figures = [
        number
        for number, cell in enumerate(cells)
        if cell.cell_type == "code" and ".Live(" in cell.source
    ]
    core = sum(number < first_deeper for number in figures)
    in_core, in_deeper = efforts(core, len(figures) - core)
    before = Path.cwd()
    try:
        os.chdir(path.parent)
        with contextlib.redirect_stdout(io.StringIO()):
            for number, (cell, value, _) in enumerate(step_through(path)):
                if isinstance(value, gd.Live):
                    effort = (in_core if number < first_deeper else in_deeper).reduced(reduced)
                    began = time.perf_counter()
                    name = f"{path.stem}-{number}"
                    figure, files = figure_of(name, cell, value, effort)
                    baked["figures"][str(number)] = figure
                    for file, data in files.items():
                        write(kept / f"{file}.js", script(file, data))
                        baked["files"].append(file)
                    done = len(baked["figures"])
                    size = sum(len(data) for data in files.values())
                    told = f"figure {done} of {len(figures)}, {size / 1000:.0f} kB"
                    say(f"{path.stem}: {told}, {time.perf_counter() - began:.1f} s")
                    value.close()
                elif isinstance(value, gd.Clinic):
                    began = time.perf_counter()
                    name = f"{path.stem}-{number}"
                    baked["clinics"][str(number)] = desk(name, value)
                    data = Ward(value).packed()
                    write(kept / f"{name}.js", script(name, data))
                    baked["files"].append(name)
                    told = f"clinic of {len(value.round.diseases)}, {len(data) / 1000:.0f} kB"
                    say(f"{path.stem}: {told}, {time.perf_counter() - began:.1f} s")
                    value.close()
                asks = asked_in(cell.source) if cell.cell_type == "code" else None
                of_bank = asks and asks[0] == "check" and asks[1] in bank()
                if of_bank or (asks and isinstance(value, Predict)):
                    baked["asked"][str(number)] = question(*asks, value)
    finally:
        os.chdir(before)
    write(memo, json.dumps(baked, ensure_ascii=False))
    return baked


def figure_of(name, cell, live, effort):
    """Bake a figure; return what its page says of it, and its files of frames."""
    wanted = cell.metadata.get("gdviz", {})
    effort = effort.times(wanted.get("effort", 1))
    baker, states, plays = bake(live, wanted.get("carries"), effort)
    still = [c for c in baker.controls.values() if c.kind == "fixed"]
    fixed = [c for c in still if not c.typed and c.name != TURN]
    typed = [c for c in still if c.typed]
    titles = [panel.title for panel in live.picture.panels if panel.title]
    figure = {
        "name": name,
        "label": ", ".join(titles) or "a live figure",
        "controls": baker.controls_as_data(),
        "axes": [{"label": a.label, "words": a.words, "first": a.first} for a in baker.axes],
        "fixed": ", ".join(f"{c.label} = {c.axes[0].words[0]}" for c in fixed),
        "fixed_count": len(fixed),
        "typed": ", ".join(c.label for c in typed),
        "still": baker.where_it_plays(),
        "turns": any(c.name == TURN for c in still),
    }
    files = {name: states}
    if plays is not None:
        files[f"{name}-play"] = plays
    return figure, files


def script(name, data):
    """Return bytes as a script that hands them over: a page on a disk can read no other file."""
    return f'gdvizFrames("{name}","{base64.b64encode(data).decode()}")\n'


def write(path, content):
    """Write a file beside its place, then put it there; leave an equal one alone."""
    content = content.encode() if isinstance(content, str) else content
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def reader():
    """Return the script of the pages: canvas.js without its shell for Jupyter, and their own."""
    canvas = (ROOT / "gdviz" / "canvas.js").read_text(encoding="utf-8")
    figure, mark, _ = canvas.partition("// ---------------------------------------------------")
    if not mark:
        raise ValueError("canvas.js has no line that divides Figure from the shell for Jupyter")
    figure = re.sub(r"^export ", "", figure, flags=re.MULTILINE)
    page, clinic = ((HERE / name).read_text(encoding="utf-8") for name in ("page.js", "clinic.js"))
    whole = f'"use strict";\n(() => {{\n{page}\n{clinic}\n{figure}\nbegin();\n}})();\n'
    # a reader's browser needs neither comments nor indents
    return re.sub(r"^ *//.*\n|^ +", "", whole, flags=re.MULTILINE)


def style():
    """Return the style sheet of the pages, with that of the figures and of highlighted code."""
    parts = [ROOT / "gdviz" / "style.css", ROOT / "gdviz" / "canvas.css", HERE / "page.css"]
    colours = HtmlFormatter(style=JupyterStyle).get_style_defs(".highlight")
    return "\n".join([colours, *(part.read_text(encoding="utf-8") for part in parts)])


def places():
    """Return where the notebooks are: on GitHub, whose workflows say the owner, and on Binder."""
    name = os.environ.get("GITHUB_REPOSITORY", "<owner>/gdviz")
    tree = f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/notebooks"
    return {"repository": f"https://github.com/{name}", "binder": tree}


def glossary():
    """Return what the series' first notebook says of its symbols, as Markdown without a heading."""
    first = min(NOTEBOOKS.glob("*.ipynb"))
    for cell in nbformat.read(first, as_version=4).cells:
        if cell.cell_type == "markdown" and "\n| symbol |" in cell.source:
            return cell.source.partition("\n")[2]
    raise ValueError(f"{first.name} has no table of symbols")


def build(paths, site, kept=KEPT, say=print, workers=None, reduced=1):
    """Build the pages of notebooks in the folder ``site``."""
    baked = bake_all(paths, kept, say, workers, reduced)
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}
    pages = {
        path: Page(
            path.stem,
            notebook,
            {int(number): figure for number, figure in baked[path]["figures"].items()},
            {int(number): clinic for number, clinic in baked[path]["clinics"].items()},
            {int(number): block for number, block in baked[path]["asked"].items()},
            places(),
        )
        for path, notebook in notebooks.items()
    }
    exporter = PageExporter()
    series = [card(page) for page in pages.values()]
    claims = NOTEBOOKS / "claims.md"
    shared = {"series": series, "places": places(), "claims": claims.exists()}
    for number, (path, page) in enumerate(pages.items()):
        about = {
            **shared,
            "here": path.stem,
            "title": f"{page.head['number']} {page.head['title']} · gdviz",
            "description": page.head["question"],
            "previous": series[number - 1] if number else None,
            "following": series[number + 1] if number + 1 < len(series) else None,
        }
        data = {"blocks": page.blocks, "sections": page.sections, "shared": about}
        write(site / f"{path.stem}.html", exporter.page(notebooks[path], data))
        write(site / "notebooks" / path.name, path.read_bytes())
        for name, png in page.pictures.items():
            write(site / "pictures" / f"{name}.png", png)
        for name in baked[path]["files"]:
            write(site / "frames" / f"{name}.js", (kept / f"{name}.js").read_bytes())
    opening = next((page.opening for page in pages.values() if page.opening), None)
    front = {"here": "index", "title": "gdviz: see gradient descent work, fail and be cured"}
    front |= {"description": "Figures about gradient descent that answer at once."}
    write(site / "index.html", exporter.plain("front.html.j2", opening=opening, **shared, **front))
    words = markdown(f"# Words and symbols\n\n{glossary()}")
    about = {"here": "words", "title": "Words and symbols · gdviz", "description": "The notation."}
    write(site / "words.html", exporter.plain("plain.html.j2", html=words, **shared, **about))
    if claims.exists():
        html = markdown(claims.read_text(encoding="utf-8"))
        about = {"here": "claims", "title": "Claims on trial · gdviz", "description": "Verdicts."}
        write(site / "claims.html", exporter.plain("plain.html.j2", html=html, **shared, **about))
    write(site / "page.js", reader())
    write(site / "page.css", style())
    if (NOTEBOOKS / "images").is_dir():
        shutil.copytree(NOTEBOOKS / "images", site / "images", dirs_exist_ok=True)


@dataclass(frozen=True)
class Weight:
    """How many bytes a page takes: all of it, and what comes before the first drag."""

    all: int
    first: int


def weigh(site, stem):
    """Return the weight of a page on the wire, without a server that compresses."""
    page = (site / f"{stem}.html").read_text(encoding="utf-8")
    own = sum((site / name).stat().st_size for name in (f"{stem}.html", "page.js", "page.css"))
    pictures = [
        (site / name).stat().st_size for name in re.findall(r'src="(pictures/[^"]+)"', page)
    ]
    frames = [
        [
            file.stat().st_size
            for file in (site / "frames").glob(f"{name}*.js")
            if file.stem in (name, f"{name}-play")
        ]
        for name in re.findall(r'data-frames="([^"]+)"', page)
    ]
    # a browser takes pictures that are a screen or two away
    first = own + sum(pictures[:2]) + sum(frames[0] if frames else [])
    return Weight(own + sum(pictures) + sum(map(sum, frames)), first)


def card(page):
    """Return what the front page and the bar say of a page."""
    opening = page.opening or {}
    return {
        **page.head,
        "picture": opening.get("name"),
        "width": opening.get("width"),
        "height": opening.get("height"),
    }


def bake_all(paths, kept, say, workers, reduced):
    if workers == 1:
        return {path: bake_notebook(path, kept, say, reduced) for path in paths}
    # the longest first, so that no process is left alone with it at the end
    order = sorted(paths, key=lambda path: -len(FIGURE.findall(path.read_text("utf-8"))))
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        waiting = {pool.submit(bake_aside, path, kept, reduced): path for path in order}
        return {waiting[done]: done.result() for done in as_completed(waiting)}


def bake_aside(path, kept, reduced):
    # a notebook's own output goes nowhere, and the progress past it
    def say(words):
        print(words, file=sys.__stdout__, flush=True)

    return bake_notebook(path, kept, say, reduced)


def main():
    parser = argparse.ArgumentParser(description="Build the pages from the notebooks.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every one of notebooks/")
    parser.add_argument("--site", type=Path, default=ROOT / "site", help="the folder to write to")
    parser.add_argument(
        "--reduced", type=float, default=1, help="bake in so many times less time, for a look"
    )
    options = parser.parse_args()
    began = time.perf_counter()
    paths = [path.resolve() for path in options.notebooks] or sorted(NOTEBOOKS.glob("*.ipynb"))
    build(paths, options.site, reduced=options.reduced)
    for path in paths:
        weight = weigh(options.site, path.stem)
        told = f"{weight.all / 1e6:.2f} MB, {weight.first / 1e3:.0f} kB before the first drag"
        print(f"{path.stem}: {told}")
    seconds, spent = time.perf_counter() - began, sum(os.times()[:4])
    told = f"{len(paths)} pages in {seconds:.0f} s, {spent:.0f} s of the processors'"
    print(f"{told}: open {options.site / 'index.html'}")


if __name__ == "__main__":
    main()
