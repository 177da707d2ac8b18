# The habits of this project. `make` lists them. Each uses the tools in .venv, which `make install` fills from the locks.
.DEFAULT_GOAL := help
BIN := .venv/bin
LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml

.PHONY: help install lint types test proof pages docs bench pictures config locks

help: ## list the habits
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

install: ## make .venv with everything that the other habits need, at locked versions
	python3 -m venv .venv
	$(BIN)/pip install -q --no-cache-dir --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --no-cache-dir --require-hashes -r requirements/docs.txt
	$(BIN)/pip install -q --no-cache-dir --no-deps --no-build-isolation -e .

lint: ## style, formatting, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: ## mypy, strict
	$(BIN)/mypy

test: ## the tests of every day
	$(BIN)/pytest

proof: ## killed at every change, every fault: the proofs that take minutes
	$(BIN)/pytest tests/crash tests/long

pages: config ## write the pages anew that are made from the code: options, JSON, command line, resources, policies …
	$(BIN)/python -m tests.ui.json_docs
	$(BIN)/python -m tests.docs.reference
	$(BIN)/python -m tests.ensure.facts

docs: ## build the site of docs/ into site/; a link or an anchor that leads nowhere fails it
	$(BIN)/zensical build --strict --clean

bench: ## how long the commands take, beside AWS itself and plain scripts: docs/performance.md tells
	$(BIN)/python -m benchmarks

pictures: ## make the pictures in the docs anew, from what the commands print
	$(BIN)/python docs/pictures/make.py

config: ## make the JSON schema of ecsctl.toml and its tables in docs/config.md anew
	$(BIN)/python -m ecsctl.config

locks: ## take newer versions of what we depend on into requirements/ (needs uv)
	$(LOCK) --upgrade --extra sandbox --group build -o requirements/run.txt
	$(LOCK) --upgrade --extra sandbox --group build --group test -c requirements/run.txt -o requirements/test.txt
	$(LOCK) --upgrade --extra sandbox --group build --group test --group lint -c requirements/test.txt -o requirements/dev.txt
	$(subst pyproject.toml,,$(LOCK)) --upgrade --group pyproject.toml:docs -c requirements/dev.txt -o requirements/docs.txt
