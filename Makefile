# Two commands set everything up on a fresh machine: `make demo` and `make test`. `make` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
# PyPI's torch for Linux brings CUDA, several GB. Where there is no GPU, a wheel folder or index with the CPU build
# can be named, e.g. `make demo PIP_OPTIONS='--extra-index-url https://download.pytorch.org/whl/cpu'`.
PIP_OPTIONS ?=
# Each has embedded services of its own; more than two gain little, for many tests start processes themselves.
TEST_PROCESSES ?= 2
# PIP_CONSTRAINT holds the build's own environment to the lock too.
PIP_INSTALL := PIP_CONSTRAINT="$(CURDIR)/requirements.lock" $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check $(PIP_OPTIONS)
PACKAGES := crawlers cleaning storage trainer evaluator infra

.DEFAULT_GOAL := help
.PHONY: help demo test lint types arrows browser up down clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.train ## install, then walk the whole way: crawl, clean, review, export, train, evaluate
	@$(BIN)/infra demo

test: $(VENV)/.dev browser lint types arrows ## install, then lint, type-check and run every test
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

arrows: $(VENV)/.dev ## which package may import which
	$(BIN)/lint-imports

browser: $(VENV)/.dev ## find a Chromium for the page tests, or install Debian's where we may
	@sh tests/browser.sh

up: $(VENV)/.train ## start the embedded PostgreSQL and Valkey
	@$(BIN)/infra up

down: $(VENV)/.train ## stop them
	@$(BIN)/infra down

clean: ## remove the virtual environment; data under var/ stays
	rm -rf $(VENV)

$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tabib needs Python 3.11 or newer, found " + sys.version.split()[0])'
	@echo "installing into $(VENV) from requirements.lock (once; a few minutes) …"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.train: $(VENV)/.venv requirements.lock pyproject.toml
	@$(PIP_INSTALL) --editable '.[train]'
	@touch $@

$(VENV)/.dev: $(VENV)/.train
	@$(PIP_INSTALL) --editable '.[train,dev]'
	@touch $@
