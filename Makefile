# The Chain Rule: every target works from a clean clone. `make help` lists them.
VENV   ?= .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := $(VENV)/Scripts
else
PYTHON ?= python3
BIN := $(VENV)/bin
endif
PY    := $(BIN)/python
STAMP := $(VENV)/.installed
QUICK := PYTHONPATH=tools/startup
BUILD := _build

# One thread a process: shared pools are far slower on busy cores, and one thread makes numbers reproducible.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export PYTHONUTF8 := 1

# CPU=1 adds PyTorch's public index of CPU builds; NEWEST=1 installs the newest releases instead of the pins.
PIP_INSTALL := $(PY) -m pip install --disable-pip-version-check
ifdef CPU
PIP_INSTALL += --extra-index-url https://download.pytorch.org/whl/cpu
endif

.DEFAULT_GOAL := help
.PHONY: help setup notebooks notebooks-check execute book html serve lab \
        test unit nbval test-site test-colab colab lint check bench clean distclean

help:  ## list the targets
	@echo "The Chain Rule. Targets (make TARGET):"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' Makefile
	@echo "Variables:"
	@echo "  PYTHON=python3.12  the Python that makes .venv (3.11 to 3.13)"
	@echo "  CPU=1              PyTorch without CUDA: adds https://download.pytorch.org/whl/cpu, spares gigabytes on Linux"
	@echo "  NEWEST=1           newest releases instead of the pinned ones (what the weekly run does)"

$(PY):
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f'Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt constraints.txt pyproject.toml | $(PY)
ifdef NEWEST
	$(PY) tools/newest.py requirements.txt $(VENV)/newest.txt
	$(PIP_INSTALL) -q --upgrade -r $(VENV)/newest.txt
else
	$(PIP_INSTALL) -q -r requirements.txt
endif
	$(PIP_INSTALL) -q --no-deps --no-build-isolation -e .
	@$(PY) -c "import pathlib; pathlib.Path('$(STAMP)').touch()"

setup: $(STAMP)  ## make .venv and install everything, once

notebooks: $(STAMP)  ## derive every .ipynb from its .py, carry the repository's address to first cells and badges
	$(QUICK) $(PY) tools/derive.py

notebooks-check: $(STAMP)
	$(QUICK) $(PY) tools/derive.py --check

execute: notebooks  ## run the notebooks that changed, two at a time
	$(PY) tools/execute.py

book: execute html  ## build the book: _build/html/index.html
	@$(PY) -c "import pathlib; p = pathlib.Path('$(BUILD)/html/index.html').resolve(); print('The book is built. Open', p.as_uri(), 'or type: make serve')"

html: $(STAMP)
	$(BIN)/jupyter-book build . -W -n --keep-going

serve: $(STAMP)  ## serve the built book on http://127.0.0.1:8000 (PORT=8000)
	@$(PY) -m http.server --bind 127.0.0.1 --directory $(BUILD)/html $(or $(PORT),8000)

lab: notebooks  ## open the chapters in JupyterLab
	$(BIN)/jupyter-lab chapters

unit: execute
	$(PY) -m pytest -m "not site and not colab" -n 2 --dist loadfile

nbval: execute
	$(PY) tools/compare.py

test: unit nbval  ## unit, parity and structure tests, then every notebook again, each printed output compared

test-site: $(STAMP)  ## headless Chromium over every built page (after make book)
	$(PY) -m pytest tests/site tests/explore -m site -n 2 --dist worksteal

test-colab: notebooks
	$(PY) -m pytest tests/colab -m colab

colab: notebooks  ## every notebook alone, in an environment with Colab's versions (make check runs three of them)
	COLAB_ALL=1 $(PY) -m pytest tests/colab -m colab

lint: $(STAMP)  ## ruff over code and notebooks, zizmor over the workflows
	$(BIN)/ruff check .
	$(BIN)/zizmor --offline --quiet .github

check: notebooks-check lint book test-site test test-colab bench  ## what CI runs

bench: $(STAMP)  ## speed of the engine against its peers: _build/bench (BENCH=--report: a missed limit does not fail)
	$(PY) -m benchmarks $(BENCH)

clean:  ## remove what was built
	$(PYTHON) -c "import shutil; shutil.rmtree('$(BUILD)', ignore_errors=True)"

distclean: clean  ## remove .venv too
	$(PYTHON) -c "import shutil; shutil.rmtree('$(VENV)', ignore_errors=True)"
