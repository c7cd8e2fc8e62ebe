# The same entry points for people and for CI. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_STAMP := $(VENV)/.demo

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long mutants check lint bench bench-long format debian-packages

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: debian-packages $(STAMP) ## Make .venv with everything, and install the Debian packages that tests need

demo: $(or $(wildcard $(STAMP)),$(DEMO_STAMP)) ## Play a town at night in the browser (no Docker, no root, no account)
	@echo "Starting the town: a database, a broker and twelve homes on this machine"
	@$(BIN)/fjarrtillsyn demo

# The types are checked beside the tests: neither keeps two processors busy from its beginning. A test that starts processes, a
# broker or a browser waits for half of its time, so there are two tests at work for each of two processors. Bytecode is kept, whatever the
# environment says: the processes that tests start read it, a hundred times.
test: lint ## Set up, check, and run every test but the long ones
	@echo "$(BIN)/mypy, beside the tests; it speaks when they are done"
	@$(BIN)/mypy > $(VENV)/mypy.txt 2>&1 & types=$$!; \
		PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 4 --dist worksteal; tested=$$?; \
		wait $$types; typed=$$?; cat $(VENV)/mypy.txt; test $$tested$$typed = 00

test-long: setup ## Two releases share a night, two hundred residents change by day, the demo and its walkthrough are walked; minutes
	$(BIN)/pytest -m long

mutants: setup ## Draw 600 mutants of the core and count those that the unit tests kill
	$(BIN)/python -m tests.mutation

check: lint ## Lint, format, types, import contracts and unused code, without running tests
	$(BIN)/mypy

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/vulture

bench: setup ## Measure against bare baselines; writes build/bench.json (BESIDE=commit: that commit's code as well)
	$(BIN)/python -m tests.bench $(addprefix --beside ,$(BESIDE))

bench-long: setup ## Measure large towns and long histories likewise; some ten minutes
	$(BIN)/python -m tests.bench --long $(addprefix --beside ,$(BESIDE))

format: $(STAMP) ## Sort imports and format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# $(1) is the extra to install, $(2) names it in words. Each package is named as it comes, so that a slow line is not
# silent. The pipe hides pip's status: the stamp tells.
define install
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) -V 2>&1): Python 3.11 to 3.14 is needed, for example make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || PYTHON="$(PYTHON)" sh deploy/debian-packages python3-venv
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: python3-venv)"; exit 1; }
	@echo "Installing the Python packages $(2) into $(VENV), once; a few minutes on a slow line:"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@rm -f $@
	@( PIP_CONSTRAINT= $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[$(1)]' -e ./drawn_homes && touch $@ ) | \
		while read -r said name rest; do case "$$said $$name" in \
			"Collecting "*) printf '%s ' "$${name%%[!A-Za-z0-9_.-]*}" ;; \
			"Installing collected") printf '\nUnpacking them, a minute more\n' ;; \
		esac; done
	@test -e $@
endef

$(STAMP): pyproject.toml drawn_homes/pyproject.toml constraints.txt
	$(call install,dev,of the service and its tests)

$(DEMO_STAMP): pyproject.toml drawn_homes/pyproject.toml constraints.txt
	$(call install,demo,of the demo)

debian-packages:
	@sh deploy/debian-packages mosquitto chromium
