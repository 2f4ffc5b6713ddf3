# `make help` lists what there is. Needs Python >= 3.11 and make; everything else goes into .venv.

PYTHON ?= python3
CORES ?= all
# More arguments, for Snakemake and for the board, e.g. make demo ARGS="--config milestone=RIVAL_HOUSE"
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
IMITATION := benchmarks/imitation/.venv

# Snakemake does not start without a folder for its cache. Where HOME has no room for one (many
# containers, service accounts), it lies here.
CACHE := $(or $(XDG_CACHE_HOME),$(if $(HOME),$(HOME)/.cache))
ifneq ($(if $(CACHE),$(shell mkdir -p "$(CACHE)/snakemake" 2>&1 && test -w "$(CACHE)/snakemake" && echo yes)),yes)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo status report doctor test test-all lint format bench rom clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' $(MAKEFILE_LIST) | awk -F '|' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## set up .venv, which the other targets do by themselves

demo: $(READY) ## set up, then turn every expert into a student; again: only what changed
	@$(BIN)/python -m autodagger.workflow.run_lock
	@$(BIN)/python -m autodagger.workflow.config_file $(ARGS)
	@PYTHONPATH=scripts $(BIN)/python -m snakemake --cores $(CORES) --logger autodagger $(ARGS)

status: $(READY) ## where the run is, milestone by milestone
	@$(BIN)/python -m autodagger status $(ARGS)

report: $(READY) ## all results as a page for a browser, also of a run that is not finished
	@$(BIN)/python -m autodagger report $(ARGS)

doctor: $(READY) ## what confines the experts on this machine, tried out
	@$(BIN)/python -m autodagger doctor

test: $(READY_DEV) ## the tests, without the slow ones
	@$(BIN)/python -m pytest -m "not slow"

test-all: $(READY_DEV) ## all tests
	@$(BIN)/python -m pytest

lint: $(READY_DEV) ## ruff, mypy, snakefmt, snakemake --lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/snakefmt --check Snakefile rules
	@$(BIN)/snakemake --lint

format: $(READY_DEV) ## let ruff and snakefmt format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile rules

bench: $(READY_DEV) $(IMITATION)/.ready ## measure speed and memory against alternatives
	@$(BIN)/python -m benchmarks $(ARGS)

rom: $(READY_DEV) ## build the embedded game's ROM from its source
	@$(BIN)/python -m games.mossbrook.source.build

clean: ## remove the set-up and the caches; results stay
	rm -rf $(VENV) .snakemake .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than the requirements exactly when the set-up holds. --no-compile: most of what is
# installed is never imported, and what is, Python compiles by itself.
$(READY): envs/requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	  "AutoDAgger needs Python 3.11 or newer; \"$(PYTHON)\" is %d.%d. Name another one: make PYTHON=python3.12 ..." % v[:2])'
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile -r envs/requirements.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e .
	@touch $@

# What AutoDAgger is measured against. --no-deps: imitation wants an older gymnasium than stable-retro
# says it does; they work together. But torch needs the libraries that its build for GPUs names.
$(IMITATION)/.ready: benchmarks/imitation/requirements.txt
	@echo "Setting up $(IMITATION) (once, a few minutes)"
	@$(PYTHON) -m venv --clear $(IMITATION)
	@$(IMITATION)/bin/python -m pip install -qq --disable-pip-version-check --no-compile $$(grep ^torch== $<)
	@$(IMITATION)/bin/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps -r $<
	@touch $@

$(READY_DEV): envs/requirements-dev.txt $(READY)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile -r envs/requirements-dev.txt
	@touch $@
