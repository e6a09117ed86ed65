# One command per thing a developer does daily; `make help` lists them.
PYTHON ?= python3
WORKERS ?= 2
TESTS ?= tests
MINUTES ?= 10
CLAIMS ?= 10000

BIN := .venv/bin
SOURCES := libs services cli clients tests bench deploy
PACKAGES := libs/common services/profile services/offers services/touchpoint services/campaign cli clients/python
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check format format-check lint types imports dependencies contracts contracts-check clients clients-check pages bench chaos ledger lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from the pinned requirements (every command does it when needed)
	@$(PYTHON) deploy/local/bootstrap.py

demo: setup ## the main job, start to end; DATA=<contact log.csv.gz> replays a real one, CAP=<n> sets its frequency cap
	@$(BIN)/rapport demo $(if $(DATA),--data $(DATA)) $(if $(CAP),--cap $(CAP))

up: setup ## start everything on a synthetic world and leave it running, with the reference pages
	@$(BIN)/python -m clients.node build || echo "The pages could not be built, the reason is above; everything else starts."
	@$(BIN)/rapport up --world

down: setup ## end what `make up` started
	@$(BIN)/rapport down

test: setup ## run the tests; TESTS=<path> runs some, WORKERS=<n> at a time
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile $(TESTS)

check: setup format-check lint types imports dependencies contracts-check clients-check test ## exactly what CI runs

format: setup ## format the code and sort the imports
	@$(BIN)/ruff check --quiet --select I --fix $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)

format-check: setup ## fail when `make format` would change something
	@$(BIN)/ruff format --check $(SOURCES)

lint: setup ## ruff
	@$(BIN)/ruff check $(SOURCES)

types: setup ## mypy --strict
	@$(BIN)/mypy $(SOURCES)

imports: setup ## who may import whom (.importlinter)
	@$(BIN)/lint-imports --no-logo

dependencies: setup ## each package declares what it imports, and nothing else
	@for package in $(PACKAGES); do (cd $$package && echo "deptry $$package" && $(CURDIR)/$(BIN)/deptry .) || exit 1; done

contracts: setup ## write JSON Schemas, examples and AsyncAPI from the event classes
	@$(BIN)/python -m rapport.contracts.generate

contracts-check: setup ## fail when `make contracts` would change something, or when a change breaks readers
	@$(BIN)/python -m rapport.contracts.generate --check

clients: setup ## write the typed part of both clients from the routes
	@$(BIN)/python -m clients.generator

clients-check: setup ## fail when `make clients` would change something
	@$(BIN)/python -m clients.generator --check

pages: setup ## build the reference pages → clients/pages/dist
	@$(BIN)/python -m clients.node build

bench: setup ## measure against the budgets → var/bench/results.json; ONLY=<name,…> runs some
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

chaos: setup ## kill processes at random under load for MINUTES, then check every invariant
	@RAPPORT_CHAOS_MINUTES=$(MINUTES) $(BIN)/pytest tests/chaos --timeout 0

ledger: setup ## CLAIMS customers for a hundred pieces, also while both APIs and the database are killed
	@RAPPORT_LEDGER_CLAIMS=$(CLAIMS) $(BIN)/pytest tests/integration/offers/test_stock.py --durations 2

lock: setup ## pin requirements/*.in with hashes, keeping what still fits; UPGRADE=1 takes the newest
	@$(LOCK) requirements/runtime.in --output-file requirements/runtime.txt
	@$(LOCK) requirements/dev.in --output-file requirements/dev.txt
	@$(LOCK) requirements/build.in --constraint requirements/dev.txt --output-file requirements/build.txt

clean: ## end what runs, then remove var/ and the tools' caches
	@if [ -x $(BIN)/rapport ]; then $(BIN)/rapport down; fi
	@rm -rf var clients/pages/dist clients/typescript/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
