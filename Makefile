# Everything that a person types; each target says what it does.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
INSTALL = $(PIP) install --require-hashes --only-binary :all: --progress-bar on
# The tests run in three processes, on two cores too: many of them wait. Those of a file stay together with what they
# share, and long files begin (tests/conftest.py), which pytest-xdist would undo by how many tests a file has.
SPREAD ?= -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: up demo test check coverage bench clean lock

up: $(VENV)/.run            ## install, load the bundled figures, train, serve; Ctrl-C stops everything
	@$(BIN)/sectorcast up

demo: $(VENV)/.run          ## as up, but print one forecast and exit
	@$(BIN)/sectorcast demo

test: $(VENV)/.dev          ## the tests
	$(BIN)/python -m pytest $(SPREAD)

check: $(VENV)/.dev         ## format, lint, types, floors, tests, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

coverage: $(VENV)/.dev      ## the tests, and the lines that they miss: a third longer
	$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term:skip-covered

bench: $(VENV)/.bench       ## measurements side by side, as ratios
	$(BIN)/python -m bench.conventions
	$(BIN)/python -m bench.sectors
	$(BIN)/python -m bench.m3 --profile fast
	$(BIN)/python -m bench.m3 --profile standard --profile best --every 5
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.peers
	$(BIN)/python -m bench.http
	$(BIN)/python -m bench.growth
	$(BIN)/python -m bench.retraining
	$(BIN)/python -m bench.drift

clean:                      ## remove what make made; the figures and forecasts in .sectorcast stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find forecaster api experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The locks hold names, versions and hashes for Python 3.11 to 3.13, and no address of an index. Needs uv. Extras are
# named: without them pip takes the newest version of such a requirement, which has no hash here.
UV ?= uv
LOCK = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
       --no-emit-index-url --no-strip-extras --quiet
lock:                       ## pin anew what pyproject.toml asks for
	$(LOCK) -o requirements/serve.txt
	$(LOCK) --extra build --extra train -c requirements/serve.txt -o requirements/run.txt
	$(LOCK) --extra build --extra train --extra bench -c requirements/run.txt -o requirements/bench.txt
	$(LOCK) --extra build --extra train --extra otel --extra dev -c requirements/run.txt -o requirements/dev.txt

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than what it was made from: a second `make up` asks pip nothing.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(INSTALL) -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.run
	$(INSTALL) -r requirements/bench.txt
	@touch $@
