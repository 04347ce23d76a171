# The same words here and in CI. `make run` and `make test` set up everything they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
PIP := -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup run demo check test axe clients test-clients bench evaluate fuzz docs lock

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: .venv/ready ## A virtual environment in .venv, with the `entrepot` command in it

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PY) $(PIP) install --require-hashes -r requirements.lock
	$(PY) $(PIP) install --no-deps --no-build-isolation --editable .
	# As for any installed package: who may not write beside the sources would compile them at every start.
	$(PY) -m compileall -q src
	@touch $@

run: setup ## A registry on this machine, with its data in ./data
	.venv/bin/entrepot serve

demo: setup .venv-clients/ready ## The story in three minutes: an upstream, a registry, stock clients
	$(PY) demo/demo.py

check: setup ## Style, types, floors, architecture
	.venv/bin/ruff format --check src tests benchmarks demo
	.venv/bin/ruff check src tests benchmarks demo
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m pytest tests/architecture

test: setup axe ## Every test that needs no more than Python; pages in a browser where Chromium and npm are there
	$(PY) -m pytest -n 2 --dist loadfile -m "not clients and not bench"

clients: setup .venv-clients/ready .venv-old/ready tests/conformance/clients/javascript/node_modules/ready ## What the client tests need
	@for tool in git-lfs nginx ip curl; do command -v $$tool > /dev/null || missing=yes; done; test -z "$$missing" || \
		(apt-get update -qq && apt-get install -qq -y git-lfs nginx-light iproute2 curl > /dev/null)

.venv-clients/ready: requirements-clients.lock
	$(PYTHON) -m venv .venv-clients
	# The CPU build, and before anything that would ask for another.
	.venv-clients/bin/python $(PIP) install torch==2.13.0
	.venv-clients/bin/python $(PIP) install --require-hashes --no-deps -r requirements-clients.lock
	@touch $@

.venv-old/ready: requirements-old-client.lock
	$(PYTHON) -m venv .venv-old
	.venv-old/bin/python $(PIP) install --require-hashes -r requirements-old-client.lock
	@touch $@

tests/conformance/clients/javascript/node_modules/ready: tests/conformance/clients/javascript/package-lock.json
	cd tests/conformance/clients/javascript && npm ci --silent --no-audit --no-fund
	@touch $@

tests/conformance/web/node_modules/ready: tests/conformance/web/package-lock.json
	cd tests/conformance/web && npm ci --silent --no-audit --no-fund
	@touch $@

axe: # What looks for pages that some people can't use; tests that need it say so where it is not there
	@command -v npm > /dev/null && $(MAKE) --silent tests/conformance/web/node_modules/ready || true

test-clients: clients ## The tests with other client generations, torch, node and git-lfs
	$(PY) -m pytest -m clients

.venv-peers/ready: requirements-peers.lock
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python $(PIP) install --require-hashes -r requirements-peers.lock
	@touch $@

.venv-fuzz/ready: requirements-fuzz.lock
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python $(PIP) install --require-hashes -r requirements-fuzz.lock
	@touch $@

bench: clients .venv-peers/ready ## Ratios against peers and limits, measured in one run
	$(PY) benchmarks/run.py

evaluate: setup ## How often the scanner is right on labelled files: make evaluate CORPUS=folder
	@test -n "$(CORPUS)" || (echo "Name the folder with manifest.csv: make evaluate CORPUS=folder" >&2; exit 2)
	$(PY) benchmarks/evaluate.py "$(CORPUS)" $(if $(MISSES),--misses)

fuzz: setup .venv-fuzz/ready ## A minute of fuzzing for each format of the scanner (FUZZ_SECONDS, FUZZ_FORMATS)
	$(PY) tests/fuzz/fuzz.py

docs: setup ## The documentation that is made from the code
	$(PY) docs/generate.py

lock: ## Lock the dependencies anew
	uv pip compile pyproject.toml --group dev --extra postgres $(LOCK) -o requirements.lock
	uv pip compile --group clients $(LOCK) -o requirements-clients.lock
	uv pip compile --group old-client $(LOCK) -o requirements-old-client.lock
	uv pip compile --group peers $(LOCK) -o requirements-peers.lock
	uv pip compile --group fuzz $(LOCK) -o requirements-fuzz.lock
LOCK := --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal --quiet
