# `make lab` is the way in: it needs Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# The kernels of this environment come before those of the user or of the system.
export JUPYTER_PREFER_ENV_PATH = 1

.DEFAULT_GOAL := help
.PHONY: help lab test notebooks lint bench

help:
	@echo "make lab        set up and open JupyterLab on the first notebook"
	@echo "make test       set up and run every test, the notebooks included"
	@echo "make notebooks  run every notebook and store its outputs"
	@echo "make lint       check the style of the code and who imports whom"
	@echo "make bench      measure sliders, descent and footprint beside their peers"
	@echo "PYTHON=...      which Python to set up with, as in: make lab PYTHON=python3.13"

# in a container one is often root, and JupyterLab would refuse to start
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

lab: $(INSTALLED)
	$(BIN)/python -m jupyterlab $(AS_ROOT) notebooks/00_start_here.ipynb

test: $(INSTALLED)
	$(BIN)/python -m pytest

notebooks: $(INSTALLED)
	$(BIN)/python tools/execute_notebooks.py

lint: $(INSTALLED)
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/lint-imports

bench: $(INSTALLED)
	@for script in benchmarks/*.py; do \
		echo "== $$script"; $(BIN)/python "$$script" || exit 1; \
	done

$(INSTALLED): pyproject.toml requirements.txt | $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV):
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
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
