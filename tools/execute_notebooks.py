"""Execute the notebooks and store their outputs, so that two executions give the same bytes.

python tools/execute_notebooks.py                     every notebook of notebooks/
python tools/execute_notebooks.py notebooks/02*.ipynb those named
python tools/execute_notebooks.py --check             write nothing, say what would change
"""

import argparse
import base64
import copy
import difflib
import io
import os
import re
import struct
import sys
import tempfile
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
from jsonschema import ValidationError
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbconvert.preprocessors import ClearOutputPreprocessor
from nbformat import from_dict
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = {"tags", "jupyter", "editable", "slideshow", "jp-MarkdownHeadingCollapsed", "gdviz"}
PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"}
SECONDS_PER_CELL = 120
LONGEST_LINE = 300

# Mean absolute difference of two pictures, in grey levels of 0 to 255. One version of matplotlib
# draws the same strokes everywhere, but the last digit of a sine may differ between processors,
# which moves an edge by a hair. Another version sets every letter and with it the axes anew (3.10
# against 3.11: 4 to 10), so that only a wrong picture stands out.
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


def read(path):
    """The notebook of a file; raises ValueError where there is none in it."""
    try:
        notebook = nbformat.read(path, as_version=4)
        notebook.nbformat_minor = 5
        for number, cell in enumerate(notebook.cells):
            cell.setdefault("id", f"cell-{number:02d}")
        nbformat.validate(notebook)
    except (ValueError, TypeError, AttributeError, ValidationError) as error:
        raise ValueError(f"is not a notebook: {str(error).splitlines()[0]}") from error
    return notebook


def refuse_exit(cell, cell_index, execute_reply):
    """Fail where a cell ends the kernel, which nbclient takes for success."""
    if any(item["source"] == "ask_exit" for item in execute_reply["content"].get("payload", [])):
        words = f"cell {cell_index} ends the kernel:\n\n{cell.source}"
        raise CellExecutionError(words, "SystemExit", "")


def execute(notebook, folder=FOLDER):
    """Run every cell in a fresh kernel and return the notebook, normalised."""
    notebook, _ = ClearOutputPreprocessor().preprocess(copy.deepcopy(notebook), {})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as ipython_folder:
        client = NotebookClient(
            notebook,
            # whatever kernel it asks for, it gets the interpreter that runs this script
            km=AsyncKernelManager(
                kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager()
            ),
            extra_arguments=["--log-level=40"],
            timeout=SECONDS_PER_CELL,
            record_timing=False,
            coalesce_streams=True,
            store_widget_state=False,
            force_raise_errors=True,
            on_cell_executed=refuse_exit,
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute(cleanup_kc=True, env={**os.environ, **environment(ipython_folder)})
    return normalise(notebook)


def normalise(notebook):
    language = {k: v for k, v in notebook.metadata.language_info.items() if k != "version"}
    drawn_by = {"matplotlib": matplotlib.__version__}
    notebook.metadata = from_dict(
        {"gdviz": drawn_by, "kernelspec": KERNELSPEC, "language_info": language}
    )
    count = 0
    for cell in notebook.cells:
        cell.metadata = from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
            if "data" in output:
                for bundle in (output.data, output.metadata):
                    for name in [name for name in bundle if "jupyter.widget" in name]:
                        del bundle[name]
                if "image/png" in output.data:
                    png = bare_png(base64.b64decode(output.data["image/png"]))
                    output.data["image/png"] = base64.b64encode(png).decode()
    nbformat.validate(notebook)
    return notebook


def bare_png(png):
    """The same picture without the chunks that name a program or a time."""
    kept, position = [png[:8]], 8
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        end = position + length + 12
        if kind in PNG_CHUNKS:
            kept.append(png[position:end])
        position = end
    return b"".join(kept)


def encode(notebook):
    """The bytes of the file: sorted keys, one line to each line of text, a newline at the end."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n").encode() + b"\n"


def pictures(notebook):
    """The data of each output that holds a picture, by the numbers of its cell and output."""
    return {
        (number, place): output.data
        for number, cell in enumerate(notebook.cells)
        for place, output in enumerate(cell.get("outputs", []))
        if "image/png" in output.get("data", {})
    }


def pixels(data):
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    return np.asarray(picture.convert("RGB"), dtype=float)


def picture_difference(one, other):
    """Mean absolute difference in grey levels; infinite where the sizes differ."""
    one, other = pixels(one), pixels(other)
    return np.abs(one - other).mean() if one.shape == other.shape else np.inf


def differences(stored, fresh):
    """The lines by which a notebook as stored is not what its execution gives.

    Text must be the same to the byte. Pictures of the same version of matplotlib may differ by
    rounding only, those of another version by the place of their letters.
    """
    stored, fresh = copy.deepcopy((stored, fresh))
    same_version = stored.metadata.pop("gdviz", None) == fresh.metadata.pop("gdviz", None)
    tolerance = SAME_VERSION_TOLERANCE if same_version else OTHER_VERSION_TOLERANCE
    old, new = pictures(stored), pictures(fresh)
    for place in old.keys() & new.keys():
        distance = picture_difference(old[place], new[place])
        old[place]["image/png"] = new[place]["image/png"] = "a picture"
        if distance > tolerance:
            new[place]["image/png"] += f", {distance:.3g} grey levels from it, allowed {tolerance}"
    stored, fresh = (encode(notebook).decode().splitlines() for notebook in (stored, fresh))
    lines = difflib.unified_diff(stored, fresh, "stored", "executed", n=2, lineterm="")
    return [line[:LONGEST_LINE] for line in lines]


def replace(path, content):
    """Write beside the file, then put it in its place: whatever fails, the old one is whole."""
    path = path.resolve()
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        beside.chmod(path.stat().st_mode)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def update(path, check):
    """Execute a notebook, store it if that changes it, and say so; return whether it was stale."""
    stored = read(path)
    fresh = execute(stored, path.resolve().parent)
    found = differences(stored, fresh)
    if check:
        print(f"{path.name}: {'differs' if found else 'as stored'}", *found, sep="\n", flush=True)
        return bool(found)
    # pictures that another processor rounds differently are no change
    kept = stored if stored.metadata == fresh.metadata and not found else fresh
    changed = path.read_bytes() != encode(kept)
    if changed:
        replace(path, encode(kept))
    print(f"{path.name}: {'written' if changed else 'unchanged'}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(
        description="Execute the notebooks and store their outputs, normalised."
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every one of notebooks/")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 where a file would change"
    )
    options = parser.parse_args()
    stale = 0
    for path in options.notebooks or sorted(FOLDER.glob("*.ipynb")):
        try:
            stale += update(path, options.check)
        except (CellControlSignal, DeadKernelError) as error:
            report = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
            sys.exit(f"{path}: a cell ends with an error; nothing was written\n\n{report}")
        except OSError as error:
            sys.exit(f"{path}: {error.strerror}; nothing was written")
        except ValueError as error:
            sys.exit(f"{path} {error}")
    sys.exit(stale > 0)


if __name__ == "__main__":
    main()
