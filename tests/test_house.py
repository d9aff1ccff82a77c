"""The rules of the house: style, who imports whom, what an import costs, what stored text says."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def run(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff_accepts_code_and_notebooks(arguments):
    outcome = run("-m", "ruff", *arguments, "--no-cache")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_modules_import_only_what_they_may():
    outcome = run("-c", LINT_IMPORTS, "--no-cache")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    kept = len(PYPROJECT["tool"]["importlinter"]["contracts"])
    assert f"Contracts: {kept} kept, 0 broken." in outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("landscapes", "import matplotlib.figure", "is not allowed to import matplotlib"),
        ("live", "import matplotlib.figure", "is not allowed to import matplotlib"),
        ("panels/panel", "import ipywidgets", "is not allowed to import ipywidgets"),
        ("networks/stack", "import gdviz.panels", "is not allowed to import gdviz.panels"),
        ("optimizers", "import gdviz.schedules", "is not allowed to import gdviz.schedules"),
        ("novelty", "import numpy", "novelty"),
    ],
)
def test_a_forbidden_import_breaks_a_contract(module, line, complaint, tmp_path):
    """The contracts are read: the same configuration refuses a landscape that draws."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    package = shutil.copytree(ROOT / "gdviz", tmp_path / "gdviz")
    with (package / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    outcome = run("-c", f"import sys; sys.path.insert(0, '.'); {LINT_IMPORTS}", cwd=tmp_path)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert complaint in outcome.stdout


def test_importing_gdviz_leaves_heavy_packages_out():
    code = "import sys, gdviz; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    code += "; print('matplotlib.pyplot' in sys.modules)"
    outcome = run("-W", "error", "-c", code)
    assert outcome.returncode == 0, outcome.stderr
    packages, pyplot = outcome.stdout.splitlines()
    assert not {"sklearn", "scipy", "pandas", "torch", "jax"} & set(packages.split())
    assert pyplot == "False"


def test_one_source_of_dependencies():
    """What a learner installs, by whatever way, comes from pyproject.toml, without the tests."""
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8") == "-e .[lab]\n"
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert environment.endswith("- pip\n  - pip:\n      - -e .[lab]\n")
    assert "name: gdviz" in environment
    lab, test = (PYPROJECT["project"]["optional-dependencies"][name] for name in ("lab", "test"))
    assert [requirement for requirement in lab if requirement in test] == []
    assert "playwright" in " ".join(test)


def test_the_oldest_dependencies_are_tried_exactly():
    """The workflow pins every lower bound of what a learner installs, to the number."""
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    project = PYPROJECT["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["lab"]]:
        name, _, bound = requirement.partition(">=")
        assert re.search(rf'"{name}=={re.escape(bound)}(\.0)*"', workflow), requirement


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("make"), reason="needs make")
def test_a_moved_folder_is_installed_anew(tmp_path):
    folder = tmp_path / "two words"
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "gdviz/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("notebooks", ".venv/bin"):
        (folder / name).mkdir(parents=True)
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    (folder / ".venv/.lab").touch()

    def commands(gdviz):
        surroundings = {**os.environ, "PYTHONPATH": str(gdviz)}
        command = ["make", "--dry-run", "lab"]
        return subprocess.run(
            command, cwd=folder, env=surroundings, capture_output=True, text=True, check=True
        ).stdout

    assert "pip install" not in commands(folder)
    assert "pip install" in commands(ROOT), "another folder's gdviz would be imported"
    assert "pip install" in commands(tmp_path), "no gdviz would be found"


def test_readme_lists_every_notebook():
    listed = re.findall(
        r"\(notebooks/(\w+\.ipynb)\)", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    assert listed == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_to_files_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


def test_nothing_is_stored_that_git_is_told_to_ignore():
    command = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no checkout")
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not found.split()
