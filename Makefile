# Each target makes or refreshes .venv by itself. docs/CONTRIBUTING.md says what each one shows.
# Making it is told on standard error: what demo and bench print with --json stays one document.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COVERAGE := $(BIN)/coverage

.DEFAULT_GOAL := help
.PHONY: help install demo test api lint package bench crash planted outside pictures lock clean check-python

help:
	@echo "make install | demo | test | api | lint | bench | crash | planted | outside | pictures | package | lock | clean   (ARGS=\"...\" is passed on)"

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "A35 needs Python 3.11 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 78; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 78; }

$(VENV)/.made: | check-python
	@echo "Making $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# pip refuses an editable install under hashes, hence two steps: the locked packages, then us.
$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Installing what runs A35 ..." >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run .ci/dev.lock
	@echo "Installing what checks A35 ..." >&2
	@$(PIP) install --require-hashes -r .ci/dev.lock
	@touch $@

install: $(VENV)/.run

demo: install
	@$(BIN)/a35 demo $(ARGS)

# What it needs would not go together with what we need.
.venv-api/.made: | check-python
	@$(PYTHON) -m venv .venv-api
	@.venv-api/bin/python -m pip --disable-pip-version-check --quiet install schemathesis==4.32.5
	@touch $@

api: $(VENV)/.dev .venv-api/.made
	$(BIN)/python -m pytest tests/gateway/officer/api/test_fuzzed.py $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tests start hundreds of processes: without bytecode each would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

# The suite runs once; the gates read its coverage, branches counted, processes it starts included.
GATEWAY_COVERAGE := 95
# Many tests wait for processes of their own: four at once keep two cores busy.
WORKERS := -n 4 --dist worksteal
test: $(VENV)/.dev
	$(MAKE) --no-print-directory --jobs=2 --output-sync lint package
	$(COVERAGE) erase
	$(COVERAGE) run -m pytest $(WORKERS) $(ARGS)
	$(COVERAGE) combine --quiet
	$(COVERAGE) report --include='keys/*,protocol/*' --fail-under=95
	$(COVERAGE) report --include='gateway/*,node.py' --fail-under=$(GATEWAY_COVERAGE)

# The wheel in an environment of its own, with the tests copied away from the sources.
package: $(VENV)/.dev
	@$(BIN)/python -I -m tests.package $(PYTHON)

bench: $(VENV)/.dev
	@$(BIN)/python -m tests.bench $(ARGS)

# Kills nodes at every call of scripted exchanges: docs/crash-tests.md.
crash: $(VENV)/.dev
	@$(BIN)/python -m tests.crash $(ARGS)

# Faults planted into copies of the sources, each to be found by its check: docs/planted-faults.md.
planted: $(VENV)/.dev
	@$(BIN)/python -m tests.planted $(ARGS)

# Notes, proofs and cosignatures against programs of others; needs Go: docs/evidence.md.
outside: $(VENV)/.dev
	@$(BIN)/python -m tests.outside $(ARGS)

# The pictures of docs/pictures at real nodes, and what their pages promise in seconds; needs Chromium.
pictures: $(VENV)/.dev
	@$(BIN)/python -m tests.browser.pictures

# Keeps what is pinned while pyproject allows it; make lock ARGS=--upgrade takes the newest.
# hatchling is in both: it builds the editable install, and the wheel.
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet $(ARGS)
lock: $(VENV)/.made
	$(PIP) install 'uv>=0.13'
	sed -n '/^requires = /s/.*"\(.*\)".*/\1/p' pyproject.toml | $(LOCK) pyproject.toml --extra desk - -o requirements.lock
	$(LOCK) pyproject.toml --extra desk --extra pdf --group dev -c requirements.lock -o .ci/dev.lock

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
