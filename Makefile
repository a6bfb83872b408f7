# Each target sets itself up: a virtual environment in .venv and, on Debian and its kin, the
# system packages it needs. Start with `make demo`.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# What a sandbox and the demonstration need; pyautogui cannot be imported without tkinter.
DEMO_PACKAGES := xvfb openbox dbus xclip python3-venv python3-tk mousepad galculator \
	adwaita-icon-theme fontconfig fonts-dejavu-core fonts-noto-cjk
# What the tests drive besides: Qt, Tk, Chromium, a terminal, and scripts of their own.
TEST_PACKAGES := $(DEMO_PACKAGES) featherpad idle chromium xterm xdotool \
	fonts-noto-core fonts-noto-color-emoji python3-gi gir1.2-atspi-2.0 at-spi2-core \
	gir1.2-gtk-3.0 pulseaudio pulseaudio-utils
# What the perception benchmark looks at besides, and AT-SPI, which tells what is there.
BENCH_PACKAGES := $(TEST_PACKAGES) flite pcmanfm xarchiver gucharmap geany qalculate-gtk \
	lxappearance speedcrunch libatk-adaptor python3-pyqt5 \
	libgail-common x11-xserver-utils fonts-liberation2 fonts-urw-base35

BENCH_TIMEOUT_S ?= 1800
PYTEST_ARGS ?=
# Tests without a desktop run side by side; the others alone, since when a desktop does what is
# theirs to see.
PYTEST_WORKERS ?= 2
NO_DESKTOP := not desktop and not browser

.PHONY: help demo test check bench packages-demo packages-test packages-bench clean

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: packages-demo $(STAMP) ## Drive a real editor and a real calculator on a virtual desktop.
	@$(BIN)/python examples/demo.py

test: packages-test $(STAMP) ## Run every test that this machine can run.
	@$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadfile -m "$(NO_DESKTOP)" $(PYTEST_ARGS)
	$(BIN)/pytest -m "not ($(NO_DESKTOP))" $(PYTEST_ARGS)

check: $(STAMP) ## Check format, style and types, and run the fast tests; needs no display.
	@$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadfile -m "$(NO_DESKTOP) and not models and not slow" $(PYTEST_ARGS)

bench: packages-bench $(STAMP) ## Measure; one table each.
	@for script in benchmarks/*.py; do
		echo "== $$script"
		timeout $(BENCH_TIMEOUT_S) $(BIN)/python "$$script"
	done

packages-demo:
	@bash .ci/packages $(DEMO_PACKAGES)

packages-test:
	@bash .ci/packages $(TEST_PACKAGES)

packages-bench:
	@bash .ci/packages $(BENCH_PACKAGES)

$(STAMP): pyproject.toml constraints.txt
	@if [ ! -x $(BIN)/python ]; then
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "deskhand needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
		$(PYTHON) -m venv $(VENV)
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	touch $@

clean: ## Remove the virtual environment and what tools left.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
