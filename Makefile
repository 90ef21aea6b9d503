# iosh: `make demo` to see it, `make test` to check it. PYTHON=python3.12 chooses another Python.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
EXTRAS ?= test

.PHONY: help demo test bench clean

help:
	@echo "make demo    build a phase 3 DMVPN cloud, bring it up and leave you at the hub's prompt"
	@echo "make test    lint, types, house rules and every test"
	@echo "make bench   what it costs: start, config lines, packets, big clouds"
	@echo "make clean   remove what make made"

demo: $(VENV)/.demo
	@$(BIN)/python -m iosh.shell.demo examples/dmvpn-phase3/dmvpn-phase3.clab.yml

test: $(VENV)/.test
	$(BIN)/ruff check iosh tests
	$(BIN)/ruff format --check iosh tests
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto

bench: $(VENV)/.test
	$(BIN)/python tests/bench/run.py

# Debian keeps ensurepip in python3-venv. Without it an environment is still made if pip itself is there.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: iosh needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(VENV); \
	else echo "make: Debian's python3-venv is missing: apt install python3-venv" >&2; exit 1; fi
	@touch $@

PIP = $$(if [ -x $(BIN)/pip ]; then echo $(BIN)/pip; else echo $(PYTHON) -m pip --python $(BIN)/python; fi)

$(VENV)/.demo: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing iosh into $(VENV) ..."
	@$(PIP) --disable-pip-version-check install --quiet --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing iosh and its test tools into $(VENV) ..."
	@$(PIP) --disable-pip-version-check install --quiet --editable '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build iosh.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
