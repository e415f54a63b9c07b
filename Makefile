# The commands of README.md. Everything is installed into .venv; nothing system-wide, no root. Only `make services` goes
# further: into a cache of its own, and as root it installs Debian packages (docs/services.md).
PYTHON ?= python3
CORPORA ?= ../shared/corpora
N ?= 200000
SEED ?= 1
BIN := .venv/bin

.PHONY: setup demo demo-cluster test check format screenshots services bench fuzz clean

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wangge needs Python 3.11 or newer: set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch .venv/ready

demo: setup
	$(BIN)/wangge demo

demo-cluster: setup
	$(BIN)/wangge demo --runtime cluster

test: setup
	$(BIN)/python -m pytest "--corpora=$(CORPORA)"

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/wangge site check deploy/sites/xixiangtang
	$(BIN)/wangge rules check

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: setup
	$(BIN)/python -m deploy.demo.screenshots docs/images

services: setup
	$(BIN)/python -m deploy.services

fuzz: setup
	$(BIN)/python -m deploy.fuzz $(N) --seed $(SEED)

bench: setup
	$(BIN)/wangge bench pipeline

clean:
	rm -rf .venv build dist var
