# `make lab` is the way in: it needs Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
IN_VENV := $(VENV)/Scripts/python.exe
else
IN_VENV := $(VENV)/bin/python
endif

# What a learner needs, and what the tests need besides.
LAB := $(VENV)/.lab
TEST := $(VENV)/.test

# The kernels of this environment come before those of the user or of the system.
export JUPYTER_PREFER_ENV_PATH = 1

.DEFAULT_GOAL := help
.PHONY: help lab test notebooks sheet site lint bench elsewhere

help:
	@echo "make lab        set up and open JupyterLab on the first notebook"
	@echo "make test       set up and run every test, the notebooks included"
	@echo "make notebooks  run every notebook and store its outputs"
	@echo "make sheet      draw every live figure at its ends, in the folder sheet, to look at"
	@echo "make site       build the pages that need no kernel, in the folder site"
	@echo "make lint       check the style of the code and who imports whom"
	@echo "make bench      measure sliders, pages, descent and footprint beside their peers"
	@echo "PYTHON=...      which Python to set up with, as in: make lab PYTHON=python3.13"

# in a container one is often root, and JupyterLab would refuse to start
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

lab: $(LAB)
	$(IN_VENV) -m jupyterlab $(AS_ROOT) notebooks/00_start_here.ipynb

# a file stays with one process: one kernel to a notebook, one browser to its tests; three processes,
# because a test of a browser or of a kernel waits for it
test: $(TEST)
	$(IN_VENV) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

notebooks: $(TEST)
	$(IN_VENV) tools/execute_notebooks.py

sheet: $(TEST)
	$(IN_VENV) tools/contact_sheet.py

site: $(TEST)
	$(IN_VENV) tools/make_site.py

lint: $(TEST)
	$(IN_VENV) -m ruff check
	$(IN_VENV) -m ruff format --check
	$(IN_VENV) -c "from importlinter.cli import lint_imports_command as lint; lint()"

bench: $(TEST)
	@for script in slider pages descent networks footprint; do \
		echo "== $$script"; $(IN_VENV) "benchmarks/$$script.py" || exit 1; \
	done

INSTALL := $(IN_VENV) -m pip install --disable-pip-version-check

$(LAB): pyproject.toml requirements.txt | $(IN_VENV)
	$(INSTALL) -r requirements.txt
	@touch $@

$(TEST): pyproject.toml requirements.txt | $(IN_VENV)
	$(INSTALL) -e ".[lab,test]"
	@touch $(LAB) $@

# A folder that was moved, renamed or copied is installed anew: a notebook must find this gdviz.
FIND := import importlib.util, os; found = importlib.util.find_spec("gdviz").origin
SAME := $(FIND); print(os.path.samefile(found, "../gdviz/__init__.py"))
ifneq ($(shell { cd notebooks && ../$(IN_VENV) -c '$(SAME)'; } 2>/dev/null),True)
$(LAB) $(TEST): elsewhere
endif

$(IN_VENV):
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
		echo "There is no '$(PYTHON)' here. gdviz needs Python 3.11 or newer: get it from"; \
		echo "https://www.python.org/downloads/ or name the one you have: make lab PYTHON=python3.12"; \
		exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "'$(PYTHON)' is $$("$(PYTHON)" --version 2>&1); gdviz needs Python 3.11 or newer."; \
		echo "Name a newer one: make lab PYTHON=python3.12"; \
		exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make a virtual environment: its venv module is absent."; \
		echo "On Debian and Ubuntu: sudo apt install python3-venv, then try again."; \
		exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
