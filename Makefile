# Two commands do everything on a fresh machine with python3 >= 3.11 and make:
#   make demo   install, run the reference screen on the virtual rig, draw its figures
#   make test   install, lint, check types and layers, run the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST := .venv-oldest

.PHONY: demo test test-oldest lint docs screenshots bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	@mkdir -p scans
	@$(BIN)/seccm run li-on-au-combinatorial --report -o scans/demo-$$(date +%Y%m%d-%H%M%S).h5

test: $(VENV)/developing lint
	$(BIN)/python -m pytest --numprocesses=auto

test-oldest: $(OLDEST)/developing
	$(OLDEST)/bin/python -m pytest --numprocesses=auto

lint: $(VENV)/developing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site, in build/docs; every warning is an error. The scripts of the gallery run.
docs: $(VENV)/documenting
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

$(VENV)/documenting: $(VENV)/developing
	$(BIN)/python -m pip install --quiet --group docs
	@touch $@

screenshots: $(VENV)/developing
	$(BIN)/python -m ui.screenshots
	$(BIN)/python -m ui.manual_pictures

bench: $(VENV)/developing
	$(BIN)/python tests/benchmarks

$(VENV)/installed: pyproject.toml .ci/prepare
	@PYTHON=$(PYTHON) .ci/prepare
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[analysis]"
	@touch $@

$(VENV)/developing: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[analysis,ui,images,exchange,catalog,cluster,camera]" --group dev
	@touch $@

# The oldest nidaqmx that pyproject.toml allows; rigs keep theirs for years.
$(OLDEST)/developing: pyproject.toml .ci/prepare
	@PYTHON=$(PYTHON) .ci/prepare
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(OLDEST)/bin/python -m pip install --quiet --editable ".[analysis,ui,images,exchange,catalog,cluster,camera]" --group dev "nidaqmx==1.3.0"
	@touch $@

clean:
	rm -rf $(VENV) $(OLDEST) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
