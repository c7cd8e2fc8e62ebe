# The same entry points for people and for CI. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long check bench format debian-packages

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: debian-packages $(STAMP) ## Make .venv with everything, and install the Debian packages that tests need

demo: $(STAMP) ## Play a town at night in the browser (no Docker, no root, no account)
	$(BIN)/fjarrtillsyn demo

test: check ## Set up, check, and run every test but the long ones
	$(BIN)/pytest -n 3 --dist worksteal

test-long: setup ## Let the last release and this tree share a night; takes minutes
	$(BIN)/pytest -m long tests/long

check: setup ## Lint, format, types and import contracts, without running tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## Measure against bare baselines; writes build/bench.json
	$(BIN)/python -m tests.bench

format: $(STAMP) ## Sort imports and format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) -V 2>&1): Python 3.11 to 3.14 is needed, for example make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || PYTHON="$(PYTHON)" sh deploy/debian-packages python3-venv
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: python3-venv)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT= $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

debian-packages:
	@sh deploy/debian-packages mosquitto chromium
