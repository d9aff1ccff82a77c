"""Every live figure of the notebooks at its first, lowest and highest values, to look at.

    python tools/contact_sheet.py [notebook ...]

writes one PNG for each notebook to the folder ``sheet``: a row for each figure.
"""

import io
import sys
from pathlib import Path

import ipywidgets as widgets
from matplotlib import get_data_path
from notebook_runner import step_through
from PIL import Image, ImageDraw, ImageFont

import gdviz as gd

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "sheet"
WIDTH, GAP, HEAD = 900, 16, 44
FONT = ImageFont.truetype(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 15)


def figures(path):
    """Yield every live figure of a notebook, as it stands when its cell has run."""
    for _, value, _ in step_through(path):
        if isinstance(value, gd.Live):
            yield value


def extreme(widget, high):
    """The lowest or the highest value of a control."""
    if isinstance(widget, gd.controls.LogSlider):
        return widget.high if high else widget.low
    if hasattr(widget, "max"):
        return widget.max if high else widget.min
    if isinstance(widget, widgets.Checkbox):
        return high
    options = getattr(widget, "_options_full", None)
    if options:
        chosen = options[-1 if high else 0]
        return chosen[1] if isinstance(chosen, tuple) else chosen
    return widget.value


def states(live):
    """Yield a name and a picture for each state of a figure."""
    yield "first", picture(live)
    for name, high in (("lowest", False), ("highest", True)):
        for widget in live.controls.values():
            widget.value = extreme(widget, high)
        yield name, picture(live)
    live.reset()


def picture(live):
    words = live.text if len(live.text) < 130 else live.text[:127] + "..."
    image = Image.open(io.BytesIO(live.png)).convert("RGB")
    page = Image.new("RGB", (image.width, image.height + HEAD), "white")
    page.paste(image, (0, HEAD))
    ImageDraw.Draw(page).text((8, 8), words, fill="black", font=FONT)
    return page.resize((WIDTH, round(page.height * WIDTH / page.width)))


def sheet(path):
    """Return all figures of a notebook below one another, or None where there is none."""
    rows = [[image for _, image in states(live)] for live in figures(path)]
    if not rows:
        return None
    heights = [max(image.height for image in row) for row in rows]
    page = Image.new("RGB", (3 * (WIDTH + GAP), sum(heights) + GAP * len(rows)), "#888888")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for column, image in enumerate(row):
            page.paste(image, (column * (WIDTH + GAP), top))
        top += height + GAP
    return page


def main(names):
    paths = [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    FOLDER.mkdir(exist_ok=True)
    for path in paths:
        page = sheet(path)
        if page is not None:
            page.save(FOLDER / f"{path.stem}.png")
            print(FOLDER / f"{path.stem}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
