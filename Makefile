# make lab, make test: see README.md. Needs Python 3.11 or later; another interpreter: make lab PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
# Two processes, a whole file to each in turn, as the files are listed: the last ones are short, so both end together.
PROCESSES := -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help lab test check notebooks lesson bench browser clean
.DELETE_ON_ERROR:

# Without byte code on disk each of forty kernels would compile torch anew.
unexport PYTHONDONTWRITEBYTECODE

# One thread: stored outputs and tests do not depend on the number of cores, and waiting threads do not spin.
test notebooks lesson bench browser: export OMP_NUM_THREADS = 1
test notebooks lesson bench browser: export OPENBLAS_NUM_THREADS = 1
test notebooks lesson bench browser: export MKL_NUM_THREADS = 1

help:  ## this list
	@awk -F ':.*  ## ' '/^[a-z]+:.*  ## / { printf "%-11s%s\n", $$1, $$2 }' Makefile

lab: $(READY)  ## open the course in JupyterLab (ARGS="--no-browser --port 8890" go to JupyterLab)
	@$(PY) -m course_lib lab $(ARGS)

# What the notebooks claimed, with the values of this run.
CLAIMS := $(VENV)/claims.jsonl

test: $(READY)  ## every test, with the notebooks, in two processes; prints where the time went (ARGS go to pytest)
	@times=$$(cat $(VENV)/install-times 2>/dev/null); rm -f $(VENV)/install-times; \
	COURSE_INSTALL_TIMES="$$times" $(PY) -m pytest --nbval $(PROCESSES) --claims-log $(CLAIMS) $(ARGS)

check: $(READY)  ## style, types, and whether the notebooks are those of their sources
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m course_lib.teaching.build --check

notebooks: $(READY)  ## build and execute the notebooks whose sources changed
	$(PY) -m course_lib.teaching.build $(ARGS)

lesson: $(READY)  ## build and execute one lesson with its sheet: make lesson N=01
	@test -n "$(N)" || { echo "Which lesson? For example: make lesson N=01"; exit 1; }
	$(PY) -m course_lib.teaching.build $(N) --all

bench: $(READY)  ## measure the library against its peers
	$(PY) -m benchmarks $(ARGS)

browser: $(READY)  ## the test in a real browser; fails where it cannot run
	COURSE_REQUIRE_BROWSER=1 $(PY) -m pytest tests/browser $(ARGS)

clean:  ## remove the environment and the caches; your exercises, data and runs stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made again only when one of the two lists changed; the stamp is written last. --no-compile:
# most of the modules are never imported, and the others are compiled when they are.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "The course needs Python 3.11 or later, and $(PYTHON) is not that: make lab PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) cannot make a virtual environment: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV): once, about 6 GB on Linux."
	@start=$$(date +%s) && $(PYTHON) -m venv $(VENV) && \
	$(PY) -m pip install --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]' && \
	{ echo $$(($$(date +%s) - start)); times; } > $(VENV)/install-times
	@touch $@
