# Every command a person needs. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(PATH)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

nightly: .venv/run ## one night: land the inbox, build and audit the marts, publish them
	@coffer nightly

test: .venv/dev .venv/browser ## everything CI runs
	@$(MAKE) --no-print-directory check
	@pytest -n 2 --dist loadfile

test-faults: .venv/dev ## the fault catalogue: kills, full disks, damage, hostile files and SQL (docs/reliability.md)
	@pytest -n 2 --dist loadfile tests/faults

test-deep: .venv/dev ## hours: hundreds of kills, thirty nights, many more random ledgers; failures print how to replay
	@COFFER_DEEP=1 pytest -n 2 --dist loadfile tests/lots tests/faults tests/test_bench.py

check: .venv/dev ## is the code in shape (ruff, mypy, sqlfmt), and has what it depends on no known vulnerability (pip-audit)?
	@ruff check --quiet . && ruff format --check --quiet .
	@mypy --no-error-summary
	@sqlfmt --check --quiet dbt/models dbt/tests
	@python requirements/audit.py

sbom: .venv/dev ## the software bill of materials of a release: dist/coffer.cdx.json (CycloneDX)
	@mkdir -p dist && cyclonedx-py requirements --pyproject pyproject.toml --of JSON -o dist/coffer.cdx.json requirements/run.txt

dev: .venv/run ## Dagster's UI on http://127.0.0.1:3000
	@coffer dev

site: .venv/run ## serve the published site, read-only, on http://127.0.0.1:8800
	@coffer site

sql: .venv/run ## ask the published marts: make sql Q="from disposals"
	@coffer sql "$(Q)"

as-known: .venv/run ## the marts as known on a past day, and what changed since: make as-known ON=2026-01-31
	@coffer as-known $(ON)

docs: .venv/run ## write the parts of the documentation that repeat code (docs/generate.py)
	@python docs/generate.py

lint: .venv/dev ## format Python and SQL, and fix what ruff can fix
	@ruff check --fix . && ruff format .
	@sqlfmt --quiet dbt/models dbt/tests

bench: .venv/dev .venv/browser ## CPU seconds and memory of the night's parts, of loans and of tracing, beside their floors; the site's speed
	@python tests/bench/nightly.py
	@python tests/bench/money.py
	@python tests/bench/site.py

bench-lots: .venv/dev ## the lot engine beside rp2, beancount and a plain loop, up to ten million movements
	@python tests/bench/lots.py

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
  --no-emit-index-url --no-header --no-annotate pyproject.toml --group build
lock: .venv/run ## pin every dependency anew, with hashes and without addresses
	@$(COMPILE) --group dev --output-file requirements/dev.txt
	@$(COMPILE) --constraint requirements/dev.txt --output-file requirements/run.txt

clean: ## remove what a night can rebuild: the warehouse and Dagster's history (landed files and published builds stay)
	@rm -rf data/warehouse.duckdb* data/dbt data/dagster data/numba dbt/target dbt/logs

.venv/bin/uv: requirements/uv.txt
	@echo "· setting up .venv"
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Coffer needs Python 3.11 or newer; try make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run: .venv/bin/uv requirements/run.txt pyproject.toml
	@echo "· installing pinned packages (once)"
	@uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --compile-bytecode -r requirements/run.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	@echo "· installing the test tools (once)"
	@uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --compile-bytecode -r requirements/dev.txt
	@touch $@

# The site's tests drive Debian's own Chromium: nothing is downloaded past the package manager.
.venv/browser: .venv/run
	@command -v chromium >/dev/null || { echo "· installing chromium (once)" >&2; \
	  if [ "$$(id -u)" != 0 ]; then sudo=sudo; fi; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	} >/dev/null || { echo "The site's tests need a browser: install chromium so that \`chromium --version\` answers, and try again." >&2; exit 1; }
	@touch $@

.PHONY: help nightly test test-faults test-deep check sbom dev site sql as-known lint docs bench bench-lots lock clean
