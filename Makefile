# One command runs the course, one passes the tests; `make help` lists the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TRACK  ?= cloud_titan
PORT   ?= 8000
TRACKS := $(basename $(notdir $(wildcard storagelab/data/tracks/*.toml)))
STAMPS := build/stamps
# one file serves as a page's address on this machine
BOOK   := build/book/_build/html/index.html

# Hundreds of processes import the package: each finds what the first of them compiled.
unexport PYTHONDONTWRITEBYTECODE

# What is made anew after a change: tests/tiers/test_edges.py checks these against what is imported.
PACKAGE   := $(shell find storagelab -type f -not -name '*.pyc')
# what pages load: widgets, their scripts and styles
WIDGETS   := $(filter storagelab/widgets/%,$(PACKAGE))
# a class is graded without the page on which a person marks it
GRADER    := $(shell find sandgrader -type f -not -name '*.pyc' -not -path '*/marking/*') $(filter storagelab/report/% storagelab/cli.py,$(PACKAGE))
VALIDATED := $(filter storagelab/validation/%,$(PACKAGE))
# looks at tracks, or finds their variants, and makes no notebook
LOOKS     := $(addprefix storagelab/course/,guide.py story.py track_check.py variants.py) \
             $(filter storagelab/course/lessons/%,$(PACKAGE))
# what notebooks import, and the tools that make them; track files of one's own among it
LESSON    := $(filter-out $(WIDGETS) $(GRADER) $(VALIDATED) $(LOOKS),$(PACKAGE))
LESSON    += $(if $(STORAGELAB_TRACKS),$(wildcard $(STORAGELAB_TRACKS)/*.toml) \
             $(wildcard $(STORAGELAB_TRACKS)/variants/*.json))
NOTEBOOKS := $(shell find notebooks -type f -not -name '*.pyc') nbgrader_config.py
CHAPTERS  := $(shell find book -type f -not -name '*.pyc') _config.yml docs/example_track.toml

.DEFAULT_GOAL := help
.PHONY: help setup notebooks release variants book pdf demo-class course guide lab wheel hub quick test nightly \
  what-tests-need programs lint fix javascript-tests bench bench-grade bench-marking soak pictures mutants \
  chromium browser bubblewrap postgres demo-class-stock deploy-check clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

course: demo-class book ## set everything up, make the course, run the demo class, build the book
	@$(BIN)/python -m demo.run_class build/demo-class --show
	@echo
	@echo "book      file://$(CURDIR)/$(BOOK)"
	@echo "lab       make lab TRACK=$(TRACK)    (http://127.0.0.1:8888/lab/tree/1_access.ipynb)"
	@echo "          other tracks: $(filter-out $(TRACK),$(TRACKS))"
	@echo "feedback  file://$(CURDIR)/build/demo-class/$(TRACK)/course/feedback/ada_perfect/$(TRACK)/1_access.html"

# Tests come in tiers; docs/contributing.md says what each protects.
PYTEST := $(BIN)/python -m tests.supervised -n auto --maxprocesses 4 --dist loadfile \
  --no-loadscope-reorder

quick: lint javascript-tests ## pass the tests that need nothing built: minutes
	@$(PYTEST) -m "not full and not nightly"

test: ## set everything up and pass the tests that guard every change
	@$(MAKE) --no-print-directory --jobs 2 what-tests-need
	@$(PYTEST) -m "not nightly"

nightly: ## pass every test there is, the slow and thorough ones too: hours
	@$(MAKE) --no-print-directory --jobs 2 what-tests-need
	@.ci/firefox
	@STORAGELAB_DEPLOY_CHECK=$(CURDIR)/build/deploy-check $(PYTEST)
	@$(MAKE) --no-print-directory mutants

what-tests-need: setup programs demo-class book lint javascript-tests

# one after the other: apt does one thing at a time
programs: browser
	@$(MAKE) --no-print-directory --jobs 1 chromium bubblewrap postgres

# --- the environment: a virtual one from the pinned lock, and the page's scripts from npm

setup: $(STAMPS)/setup ## make the virtual environment

$(STAMPS)/setup: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/npm: package.json package-lock.json | $(STAMPS)/setup
	@echo "Fetching the book's scripts ..."
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

chromium: ## find Chromium for the browser tests, or install it
	@.ci/chromium

# with it the book's figures are drawn; without it the book is built all the same
browser:
	@.ci/chromium 2>/dev/null || \
	  echo "No Chromium: the book is built without pictures of its figures (make chromium)."

bubblewrap: ## find bubblewrap, in which students' code is graded, or install it
	@.ci/bubblewrap

postgres: ## find PostgreSQL for the gradebook's tests, or install it
	@.ci/postgres || [ -z "$$CI" ]

# --- the course

notebooks: $(STAMPS)/notebooks ## generate nbgrader's source and release versions in build/course

$(STAMPS)/notebooks: $(NOTEBOOKS) $(LESSON) | $(STAMPS)/setup
	@echo "Generating the notebooks ..."
	@$(BIN)/python -m storagelab.course generate >build/course.log || { cat build/course.log; exit 1; }
	@touch $@

release: notebooks ## put what was generated into source/ and release/, to be committed
	@$(BIN)/python -m storagelab.course take-over

variants: setup ## search for every track's variants anew (minutes)
	@$(BIN)/python -m storagelab.course variants

demo-class: $(STAMPS)/demo-class ## run a demo class of every track, release to feedback

$(STAMPS)/demo-class: $(STAMPS)/notebooks $(GRADER) $(wildcard demo/*.py)
	@$(BIN)/python -m demo.run_class build/demo-class
	@touch $@

# the same with nbgrader's own autograding for every track, and a kernel for every student
demo-class-stock: $(STAMPS)/demo-class-stock

$(STAMPS)/demo-class-stock: $(STAMPS)/demo-class
	@$(BIN)/python -m demo.run_class build/demo-class-stock --thorough
	@touch $@

book: $(STAMPS)/book ## build the book

$(STAMPS)/book: $(CHAPTERS) $(LESSON) $(WIDGETS) $(VALIDATED) $(STAMPS)/npm | $(STAMPS)/setup browser
	@# the cache of executed pages doesn't see a change in the package that they import
	@rm -rf build/book
	@echo "Building the book ..."
	@mkdir -p build/book
	@$(BIN)/jupyter-book build book --config _config.yml --path-output build/book \
	  -W --keep-going -q >build/book/log.txt 2>&1 || { cat build/book/log.txt; exit 1; }
	@touch $@

pdf: book chromium ## print the whole book to build/book/storagelab.pdf
	@PYTHONPATH=book/_ext $(BIN)/python book/pdf.py build/book/_build/html build/book/storagelab.pdf

guide: setup ## write the instructor's answer guide to build/instructor
	$(BIN)/python -m storagelab.course guide

lab: notebooks ## open the student's copy of a track in JupyterLab
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m storagelab lab $(TRACK) \
	  --release build/course/release --folder build/lab/$(TRACK)

wheel: setup ## build the wheel, which has no answers in it, in build/dist
	@$(BIN)/python -m hatchling build -t wheel -d build/dist

hub: $(STAMPS)/npm bubblewrap ## bring up a JupyterHub for a class on this machine (as root)
	@$(BIN)/python -m hub --port $(PORT)

# --- quality

# Biome looks at our JavaScript; biome.json says where that is. Sent to the folders themselves, it
# doesn't walk through build/, where a class may be in the making.
BIOME := PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/biome
SCRIPTED := storagelab sandgrader book tests biome.json package.json package-lock.json

lint: setup $(STAMPS)/npm ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIOME) ci --colors=off $(SCRIPTED)

fix: setup $(STAMPS)/npm ## put style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIOME) check --write --colors=off $(SCRIPTED)

javascript-tests: setup ## test the logic of the page's scripts, without a browser
	$(BIN)/node --test 'tests/javascript/*.test.js'

bench: setup ## measure what is promised of speed
	$(BIN)/python -m benchmarks

bench-grade: demo-class bubblewrap ## grade 60 submissions with nbgrader and with `storagelab grade`
	$(BIN)/python -m benchmarks.grading

bench-marking: demo-class chromium ## mark the same answers in formgrader and in `storagelab mark`
	$(BIN)/python -m benchmarks.marking

soak: demo-class bubblewrap ## grade a class of a thousand, and a class with more and more workers
	$(BIN)/python -m benchmarks.soak

deploy-check: setup postgres $(STAMPS)/npm ## build the images' environments, go through ngshare (ten minutes)
	STORAGELAB_DEPLOY_CHECK=$(CURDIR)/build/deploy-check $(BIN)/python -m pytest -q tests/hub/kubernetes

pictures: setup chromium book ## make the stored pictures of the instruments anew
	STORAGELAB_RENEW_PICTURES=1 $(BIN)/python -m pytest -q tests/browser/test_pictures.py

mutants: setup ## change the models line by line and see whether their tests notice
	$(BIN)/mutmut run
	$(BIN)/python -m benchmarks.mutants

clean: ## remove what was made, students' work in build/lab included
	rm -rf build mutants
