"""What gdviz costs a hub: `import gdviz` beside its bare dependencies, and a kernel after Run All.

Every import is a fresh process, the two take turns, and what counts is the ratio of their medians.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BARE = "import numpy, matplotlib.figure, matplotlib.backends.backend_agg, ipywidgets, anywidget"
# gdviz imports SymPy with the first formula
CASES = {"gdviz": "import gdviz", "gdviz and a formula": "import gdviz; gdviz.landscape('x**2')"}
FLOORS = {"gdviz": BARE, "gdviz and a formula": f"{BARE}, sympy"}
GOALS = {"time": 1.2, "memory": 1.1}
GOAL_RESIDENT, GOAL_PEAK = 200, 300
PROBE = """
import time, psutil
start = time.perf_counter()
{code}
print(time.perf_counter() - start, psutil.Process().memory_info().rss / 1e6)
"""
MEMORY = """
import resource, sys, psutil
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
print(psutil.Process().memory_info().rss / 1e6, peak / 1e6)
"""


def measure(code):
    """Return seconds and MB resident of a fresh process that runs the code."""
    probe = [sys.executable, "-c", PROBE.format(code=code)]
    output = subprocess.run(probe, capture_output=True, text=True, check=True).stdout
    return [float(number) for number in output.split()]


def imports(rounds):
    for name, code in CASES.items():
        measure(code)
        pairs = [(measure(FLOORS[name]), measure(code)) for _ in range(rounds)]
        floors, ours = zip(*pairs, strict=True)
        for place, (what, unit) in enumerate({"time": "s", "memory": "MB"}.items()):
            floor = statistics.median(row[place] for row in floors)
            our = statistics.median(row[place] for row in ours)
            print(
                f"import of {name}: {our:.3g} {unit}, of the bare dependencies {floor:.3g}: "
                f"{our / floor:.2f} (goal ≤ {GOALS[what]}: {told(our / floor <= GOALS[what])})",
                flush=True,
            )


def told(met):
    return "met" if met else "NOT MET"


def after_run_all(path):
    """Return the MB resident and the peak of a kernel that has run every cell of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(MEMORY))
    folder = {"metadata": {"path": str(path.parent)}}
    quiet = ["--log-level=ERROR"]
    NotebookClient(notebook, timeout=300, resources=folder, extra_arguments=quiet).execute()
    return [float(number) for number in notebook.cells[-1].outputs[-1].text.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--imports", action="store_true", help="leave the notebooks out")
    given = parser.parse_args()
    imports(given.rounds)
    if given.imports:
        return
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        try:
            resident, peak = after_run_all(path)
        except CellExecutionError as error:
            print(f"{path.name:32} does not run: {error.evalue}", flush=True)
            continue
        met = resident <= GOAL_RESIDENT and peak <= GOAL_PEAK
        print(
            f"{path.name:32}{resident:6.0f} MB resident, peak {peak:4.0f} "
            f"(goal ≤ {GOAL_RESIDENT}, {GOAL_PEAK}: {told(met)})",
            flush=True,
        )


if __name__ == "__main__":
    main()
