# Everyday tasks; `make` lists them. They use the tools in .venv, which `make install` installs at locked versions.
.DEFAULT_GOAL := help
BIN := .venv/bin
LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml

.PHONY: help install lint types test proof pages docs bench pictures config locks

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

install: ## create .venv with everything that the other targets need, at locked versions
	python3 -m venv .venv
	$(BIN)/pip install -q --no-cache-dir --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --no-cache-dir --require-hashes -r requirements/docs.txt
	$(BIN)/pip install -q --no-cache-dir --no-deps --no-build-isolation -e .

lint: ## style, formatting, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: ## mypy, strict
	$(BIN)/mypy

test: ## the everyday tests
	$(BIN)/pytest

proof: ## the proofs that take minutes: killed at every change, every fault
	$(BIN)/pytest tests/crash tests/long

pages: config ## generate the pages that are made from the code: options, JSON, command line, resources, policies …
	$(BIN)/python -m tests.ui.json_docs
	$(BIN)/python -m tests.docs.reference
	$(BIN)/python -m tests.ensure.facts

docs: ## build the site of docs/ into site/; a link or an anchor that leads nowhere fails it
	$(BIN)/zensical build --strict --clean

bench: ## measure how long the commands take (docs/performance.md)
	$(BIN)/python -m benchmarks

pictures: ## generate the pictures in the docs from what the commands print
	$(BIN)/python docs/pictures/make.py

config: ## generate the JSON schema of ecsctl.toml, and its tables in docs/config.md
	$(BIN)/python -m ecsctl.config

locks: ## update the locked versions in requirements/ (needs uv)
	$(LOCK) --upgrade --extra sandbox --group build -o requirements/run.txt
	$(LOCK) --upgrade --extra sandbox --group build --group test -c requirements/run.txt -o requirements/test.txt
	$(LOCK) --upgrade --extra sandbox --group build --group test --group lint -c requirements/test.txt -o requirements/dev.txt
	$(subst pyproject.toml,,$(LOCK)) --upgrade --group pyproject.toml:docs -c requirements/dev.txt -o requirements/docs.txt
