"""What `import gdviz` costs a hub: seconds and resident memory, beside its bare dependencies."""

import statistics
import subprocess
import sys

import matplotlib

ROUNDS = 7
GOAL_SECONDS, GOAL_MB = 1.0, 130
CASES = {
    "Python alone": "pass",
    "numpy, matplotlib's Figure, ipywidgets, sympy": (
        "import numpy, matplotlib.figure, ipywidgets, sympy"
    ),
    "gdviz": "import gdviz",
}
PROBE = """
import time, psutil
process = psutil.Process()
before, start = process.memory_info().rss, time.perf_counter()
{code}
seconds, after = time.perf_counter() - start, process.memory_info().rss
print(seconds, (after - before) / 1e6, after / 1e6)
"""


def measure(code):
    """Median seconds, MB added and MB resident of fresh processes; the first one warms the disk."""
    rows = []
    for _ in range(ROUNDS + 1):
        probe = [sys.executable, "-c", PROBE.format(code=code)]
        output = subprocess.run(probe, capture_output=True, text=True, check=True).stdout
        rows.append([float(number) for number in output.split()])
    return [statistics.median(column) for column in zip(*rows[1:], strict=True)]


def main():
    print(
        f"Python {sys.version.split()[0]}, matplotlib {matplotlib.__version__}, median of {ROUNDS}"
    )
    print(f"{'import of':50}{'seconds':>8}{'MB added':>10}{'MB in all':>10}")
    for name, code in CASES.items():
        seconds, added, resident = measure(code)
        print(f"{name:50}{seconds:8.2f}{added:10.0f}{resident:10.0f}")
    print(f"goal: under {GOAL_SECONDS:.0f} s: {'met' if seconds < GOAL_SECONDS else 'NOT met'}")
    print(f"goal: under {GOAL_MB} MB resident: {'met' if resident < GOAL_MB else 'NOT met'}")


if __name__ == "__main__":
    main()
