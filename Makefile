# Every target makes .venv first if it is not there, or if what it was made from has changed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
SDK = .venv-sdk
PAGE = .venv-page
NODE = $(PAGE)/bin/node
ASSETS = 'pinplan/**/assets/*.{js,css}' 'pinplan/**/types/page.d.ts'
PRETTIER = $(NODE) node_modules/prettier/bin/prettier.cjs

HOW = --minutes 30

.PHONY: demo test cover mutants adversary check fmt golden bench corpus docs sdk script clean

$(READY): pyproject.toml constraints.txt dev-requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --requirement dev-requirements.txt --editable .
	touch $(READY)

$(SDK)/.ready: sdk-requirements.txt
	$(PYTHON) -m venv $(SDK)
	$(SDK)/bin/python -m pip install --quiet --requirement sdk-requirements.txt
	touch $(SDK)/.ready

# No lock file: it would name a registry. The versions in package.json are exact, and these packages need no others.
node_modules/.ready: $(PAGE)/.ready package.json
	PATH="$(CURDIR)/$(PAGE)/bin:$$PATH" $(PAGE)/bin/npm install --no-package-lock --no-audit --no-fund
	touch node_modules/.ready

$(PAGE)/.ready: page-requirements.txt
	$(PYTHON) -m venv $(PAGE)
	$(PAGE)/bin/python -m pip install --quiet --requirement page-requirements.txt
	touch $(PAGE)/.ready

demo: $(READY)  ## the whole story on the embedded sandbox
	$(BIN)/pinplan demo

test: $(READY)  ## every test, on all processors
	$(BIN)/python -m pytest -n auto --dist worksteal

cover: $(READY)  ## the same tests, and every branch of the core must be taken by one (docs/tests.md)
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term-missing:skip-covered

adversary: $(READY)  ## stories that try to make pinplan lose something, for half an hour; HOW="--seeds 0:1000" for others
	$(BIN)/python -m tests.adversary --jobs $(shell nproc 2>/dev/null || echo 2) $(HOW)

mutants: $(READY)  ## small changes of the core, each of which some test must notice; at most an hour (docs/tests.md)
	$(BIN)/python -m tests.mutants --jobs $(shell nproc 2>/dev/null || echo 2)

check: $(READY)  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(READY) node_modules/.ready  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(PRETTIER) --write $(ASSETS)

golden: $(READY)  ## write the expected plans of fixtures/scenarios anew; read the diff
	$(BIN)/python -m pytest tests/scenarios --golden

bench: $(READY)  ## every measurement of docs/performance.md
	$(BIN)/python -m benchmarks

corpus: $(READY)  ## how right the tiers of duplicates are; fetches scikit-image for its photographs
	$(BIN)/python -m pip install --quiet scikit-image==0.26.0
	$(BIN)/python -m benchmarks corpus

docs: $(READY)  ## bring generated parts of the documents up to date
	$(BIN)/python docs/update.py

sdk: $(SDK)/.ready  ## Pinterest's own SDK, for the test that drives the sandbox with it

script: node_modules/.ready  ## format and types of the page's script
	$(PRETTIER) --check $(ASSETS)
	$(NODE) node_modules/typescript/bin/tsc

clean:
	rm -rf .venv* node_modules .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .mutants
