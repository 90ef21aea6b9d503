# iosh: `make demo` to see it, `make test` to check it. PYTHON=python3.12 chooses another Python.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
EXTRAS ?= test

.PHONY: help demo test clients bench bench-wire clean

help:
	@echo "make demo    build a phase 3 DMVPN cloud, bring it up and leave you at the hub's prompt"
	@echo "make test    lint, types, house rules and every test"
	@echo "make clients the automation clients that the end-to-end tests use, one environment each, in .clients"
	@echo "make bench   what it costs: start, config lines, packets, big clouds"
	@echo "make bench-wire  a protected tunnel on veth beside other programs that make one; needs root"
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

bench-wire: $(VENV)/.test
	$(BIN)/python tests/bench/wire.py

# $(call new_venv,FOLDER): Debian keeps ensurepip in python3-venv. Without it an environment is still made if pip is there.
define new_venv
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "make: iosh needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }; \
if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(PYTHON) -m venv $(1); \
elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(1); \
else echo "make: Debian's python3-venv is missing: apt install python3-venv" >&2; exit 1; fi
endef

# $(call pip,FOLDER)
pip = $$(if [ -x $(1)/bin/pip ]; then echo $(1)/bin/pip; else echo $(PYTHON) -m pip --python $(1)/bin/python; fi) \
  --disable-pip-version-check

$(VENV)/.made:
	@$(call new_venv,$(VENV))
	@touch $@

$(VENV)/.demo: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing iosh into $(VENV) ..."
	@$(call pip,$(VENV)) install --quiet --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing iosh and its test tools into $(VENV) ..."
	@$(call pip,$(VENV)) install --quiet --editable '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.demo

# Programs written for IOS that cannot share an environment with each other. One is built anew when its file says something
# new. Most of what such a bundle brings is never imported: it need not be compiled.
clients: $(patsubst tests/clients/environments/%.txt,.clients/%/.made,$(wildcard tests/clients/environments/*.txt))

.clients/%/.made: tests/clients/environments/%.txt
	@cmp -s $< $(@D)/requirements.txt || { \
	  echo "Installing $* into $(@D) ..."; rm -rf $(@D); $(call new_venv,$(@D)); \
	  $(call pip,$(@D)) install --quiet --no-compile --requirement $< && cp $< $(@D)/requirements.txt; }
	@touch $@

clean:
	rm -rf $(VENV) .clients build iosh.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
