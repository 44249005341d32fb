# Two commands do everything: `make run` and `make test`. Python 3.11 or newer and make are all that is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SCENARIO ?= scenarios/isolate-russia-north-korea.yaml

.PHONY: run claims validation gallery register docs test printed deep clean

run: $(VENV)/.installed
	$(BIN)/blocade run $(SCENARIO)

# Every claim of the article: the whole library (minutes), then docs/claims.md from its results.
claims: $(VENV)/.installed
	$(BIN)/blocade run scenarios/
	$(BIN)/python scripts/update_claims.py

# What history says of the model (minutes). The posteriors themselves: python scripts/calibrate.py.
validation: $(VENV)/.installed
	$(BIN)/python scripts/update_validation.py

# Every kind of chart (minutes): docs/gallery.md and its pictures, by the commands that the page prints.
gallery: $(VENV)/.installed
	$(BIN)/python scripts/update_gallery.py

# Forecasts that are fixed before what they say is known.
register: $(VENV)/.installed
	$(BIN)/blocade register --out seeds/registered

# The documentation as a site, in build/docs; a warning is an error.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -E -d build/doctrees docs build/docs

test: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist worksteal -q

# Every command of README.md and docs/ as it is printed (an hour or more); `make test` runs them shortened.
printed: $(VENV)/.tools
	BLOCADE_AS_PRINTED=1 $(BIN)/pytest -q tests/test_printed_commands.py

# What is done to break it, each check with its section of docs/reliability.md (hours); see scripts/reliability.
deep: $(VENV)/.deep
	for check in inputs numerics mutants faults supply; do $(BIN)/python scripts/reliability/$$check.py || exit 1; done

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "blocade needs Python 3.11 or newer; name one with make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	touch $@

$(VENV)/.tools: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@

$(VENV)/.deep: $(VENV)/.tools
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[deep]"
	touch $@

clean:
	rm -rf $(VENV) results build dist
