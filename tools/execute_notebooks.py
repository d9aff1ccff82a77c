"""Execute the notebooks and store their outputs, so that two executions give the same bytes.

python tools/execute_notebooks.py                     every notebook of notebooks/
python tools/execute_notebooks.py notebooks/02*.ipynb those named
python tools/execute_notebooks.py --check             write nothing, say what would change
"""

import argparse
import base64
import contextlib
import difflib
import io
import json
import os
import re
import struct
import sys
import tempfile
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
WIDGET_TYPES = (
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.jupyter.widget-state+json",
)
CELL_METADATA = ("tags", "jupyter", "editable", "slideshow")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND")
SECONDS_PER_CELL = 120

# Mean absolute difference of two pictures, in grey levels of 0 to 255. One version of matplotlib
# draws the same strokes everywhere, but the last digit of a sine may differ between processors,
# which moves an edge by a hair. Another version sets every letter
# and with it the axes anew (3.10 against 3.11: 4 to 10), so that only a wrong picture stands out.
SAME_VERSION_TOLERANCE = 0.01
OTHER_VERSION_TOLERANCE = 20.0


def environment(ipython_folder):
    """What a kernel needs so that neither the user's settings nor the processor count matter."""
    return {
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": str(ipython_folder),
        "MATPLOTLIBRC": str(Path(matplotlib.get_data_path()) / "matplotlibrc"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


class ThisInterpreter(KernelSpecManager):
    """Whatever kernel a notebook asks for, it gets the interpreter that runs this script."""

    def get_kernel_spec(self, kernel_name):
        argv = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--log-level=40",
        ]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def read(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number:02d}")
    return notebook


def execute(notebook, folder=FOLDER):
    """Run every cell in a fresh kernel and return the notebook, normalised."""
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as ipython_folder:
        client = NotebookClient(
            notebook,
            km=AsyncKernelManager(kernel_spec_manager=ThisInterpreter()),
            timeout=SECONDS_PER_CELL,
            record_timing=False,
            coalesce_streams=True,
            store_widget_state=False,
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute(cleanup_kc=True, env={**os.environ, **environment(ipython_folder)})
    return normalise(notebook)


def normalise(notebook):
    drawn_by = {"matplotlib": matplotlib.__version__}
    notebook.metadata = nbformat.from_dict(
        {"gdviz": drawn_by, "kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    )
    count = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {name: cell.metadata[name] for name in CELL_METADATA if name in cell.metadata}
        )
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
            if "data" in output:
                normalise_data(output)
    nbformat.validate(notebook)
    return notebook


def normalise_data(output):
    for name in WIDGET_TYPES:
        output.data.pop(name, None)
        output.metadata.pop(name, None)
    if "image/png" in output.data:
        picture = bare_png(base64.b64decode(output.data["image/png"]))
        output.data["image/png"] = base64.b64encode(picture).decode()


def bare_png(picture):
    """The same picture without the chunks that name a program or a time."""
    kept, position = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while position < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, position)
        end = position + length + 12
        if kind in PNG_CHUNKS:
            kept.append(picture[position:end])
        position = end
    return b"".join(kept)


def text(notebook):
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def encode(notebook):
    """The bytes of the file: sorted keys, one line to each line of text, a newline at the end."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n").encode() + b"\n"


def split_pictures(notebook):
    """A copy in which each picture is replaced by its name, and the pictures by that name."""
    notebook = json.loads(json.dumps(notebook))
    pictures = {}
    for number, cell in enumerate(notebook["cells"]):
        for place, output in enumerate(cell.get("outputs", [])):
            if "image/png" in output.get("data", {}):
                name = f"picture {place} of cell {number}"
                pictures[name] = base64.b64decode(output["data"]["image/png"])
                output["data"]["image/png"] = name
    drawn_by = notebook["metadata"].pop("gdviz", None)
    return notebook, pictures, drawn_by


def picture_difference(one, other):
    """Mean absolute difference in grey levels; infinite where the sizes differ."""
    one, other = (
        np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=float)
        for picture in (one, other)
    )
    return np.abs(one - other).mean() if one.shape == other.shape else np.inf


def differences(stored, fresh):
    """In words, where a notebook as stored is not what its execution gives.

    Text must be the same to the byte. Pictures of the same version of matplotlib may differ by
    rounding only, those of another version by the place of their letters.
    """
    stored, stored_pictures, stored_by = split_pictures(stored)
    fresh, fresh_pictures, fresh_by = split_pictures(fresh)
    found = []
    if stored != fresh:
        lines = difflib.unified_diff(
            text(stored).splitlines(), text(fresh).splitlines(), "stored", "executed", "", "", 2, ""
        )
        found.append("\n".join(lines))
    tolerance = SAME_VERSION_TOLERANCE if stored_by == fresh_by else OTHER_VERSION_TOLERANCE
    for name in stored_pictures.keys() & fresh_pictures.keys():
        distance = picture_difference(stored_pictures[name], fresh_pictures[name])
        if distance > tolerance:
            found.append(f"{name}: differs by {distance:.3g} grey levels, allowed {tolerance}")
    return found


def main():
    parser = argparse.ArgumentParser(
        description="Execute the notebooks and store their outputs, normalised."
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every one of notebooks/")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 where a file would change"
    )
    options = parser.parse_args()
    stale = False
    for path in options.notebooks or sorted(FOLDER.glob("*.ipynb")):
        stored = read(path)
        try:
            fresh = execute(stored, path.resolve().parent)
        except CellExecutionError as error:
            traceback = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
            sys.exit(f"{path.name}: a cell ends with an error\n\n{traceback}")
        if options.check:
            found = differences(stored, fresh)
            stale = stale or bool(found)
            print(f"{path.name}: {'differs' if found else 'as stored'}", *found, sep="\n")
        else:
            changed = path.read_bytes() != encode(fresh)
            if changed:
                path.write_bytes(encode(fresh))
            print(f"{path.name}: {'written' if changed else 'unchanged'}", flush=True)
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
