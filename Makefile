# `make run` and `make test` need nothing but Python 3.11 or newer; `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python that is new enough and can make a virtual environment.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CONFIG ?= examples/vdx/vdx-policy.yaml
TESTS ?= tests
PROFILE ?= hits

.PHONY: help
help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/run.stamp ## Install what the service needs and serve the example (CONFIG=...).
	@$(BIN)/vdx-policy serve --config $(CONFIG)

.PHONY: test
test: .venv/dev.stamp ## Install what tests need and run all of them (TESTS=tests/wire).
	@$(BIN)/pytest $(TESTS)

.PHONY: check
check: format lint types layers ## What must hold before a commit, besides the tests.

.PHONY: install
install: .venv/dev.stamp ## Install everything that developing needs.

.PHONY: fmt
fmt: .venv/dev.stamp ## Settle the layout and mend what the linter can mend.
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format --quiet

.PHONY: format
format: .venv/dev.stamp ## Check the layout.
	@$(BIN)/ruff format --check

.PHONY: lint
lint: .venv/dev.stamp ## Check the code with every rule of the linter.
	@$(BIN)/ruff check

.PHONY: types
types: .venv/dev.stamp ## Check the types, strictly.
	@$(BIN)/mypy

.PHONY: layers
layers: .venv/dev.stamp ## Check that imports point down only.
	@$(BIN)/lint-imports

.PHONY: docs
docs: .venv/dev.stamp ## Write the pages that are made from code.
	@$(BIN)/python -m docs.generate

.PHONY: load
load: .venv/dev.stamp ## Measure the service (needs wrk, nginx; PROFILE=hits, vdx-day, all; SAY="--rounds 2").
	@$(BIN)/python -m load $(PROFILE) $(SAY)

# Universal: one file for every Python and platform; without registry addresses.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --upgrade

.PHONY: lock
lock: .venv/dev.stamp ## Refresh the pinned, hashed requirements.
	@$(LOCK) pyproject.toml --group build -o requirements/service.txt
	@$(LOCK) pyproject.toml --extra embedded --group build \
		-c requirements/service.txt -o requirements/run.txt
	@$(LOCK) pyproject.toml --extra embedded --group build --group test --group check \
		-c requirements/run.txt -o requirements/dev.txt

.PHONY: clean
clean: ## Remove the environment and the embedded database.
	@rm -rf .venv var

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed:" \
		"install python3 and python3-venv, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "installing the service into .venv, about half a minute ..."
	@$(PIP) install --require-hashes --requirement requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | .venv/bin/python
	@echo "installing the service and its tools into .venv, about half a minute ..."
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ .venv/run.stamp
