# The two commands: `make demo` and `make test`. Both set up all they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORLD := samples/saltmarrow/world
DEMO := build/demo
SEED ?= 7

.PHONY: demo test lint types tests acceptance benchmark benchmark-peers benchmark-scale benchmark-tuning benchmark-proofs benchmark-near benchmark-exports benchmark-quality clean

$(VENV)/.run: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gamegen needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[cpu,export]"
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[cpu,export,tune,test]"
	touch $@

# The main job: the default model, then quests, dialogue trees and character sheets of the sample world, proven and exported.
demo: $(VENV)/.run
	$(BIN)/gamegen model add
	rm -rf $(DEMO)
	$(BIN)/gamegen generate quest --world $(WORLD) -n 4 --seed $(SEED) --out $(DEMO)/content/quest.jsonl
	$(BIN)/gamegen generate dialogue --world $(WORLD) -n 2 --seed $(SEED) --out $(DEMO)/content/dialogue.jsonl
	$(BIN)/gamegen generate character --world $(WORLD) -n 4 --seed $(SEED) --out $(DEMO)/content/character.jsonl
	$(BIN)/gamegen validate $(DEMO)/content --world $(WORLD)
	$(BIN)/gamegen export ink $(DEMO)/content --out $(DEMO)/ink
	$(BIN)/gamegen export yarn $(DEMO)/content --out $(DEMO)/yarn
	$(BIN)/gamegen export json $(DEMO)/content --out $(DEMO)/json

test: lint types tests

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

tests: $(VENV)/.test
	$(BIN)/pytest -n 2 --dist loadgroup

# One record of each kind for each of twenty seeds: all valid, all exports compile and play.
acceptance: $(VENV)/.test
	GAMEGEN_SEEDS=20 $(BIN)/pytest tests/consumers/test_main_job.py --timeout 0

benchmark: $(VENV)/.test
	$(BIN)/python benchmarks/main_job.py

# gamegen beside other libraries, all in one run; makes their environments below build/peers at the first run.
benchmark-peers: $(VENV)/.test
	$(BIN)/gamegen model add --plain
	$(BIN)/python -m benchmarks.peers

# From 100 to 10,000 requests, every row filled to 1,024 tokens, and the engine's start.
benchmark-scale: $(VENV)/.test
	$(BIN)/gamegen model add
	$(BIN)/python -m benchmarks.scale

# The tuned default beside its base: what the lines say, how varied they are, how fast they come.
benchmark-tuning: $(VENV)/.test
	$(BIN)/gamegen model add
	$(BIN)/gamegen model add --plain
	$(BIN)/python -m benchmarks.tuning

# Planning and proving without the model, and the proof of one large dialogue.
benchmark-proofs: $(VENV)/.test
	$(BIN)/python -m benchmarks.proofs

# The index of near-duplicates over 10,000 records.
benchmark-near: $(VENV)/.test
	$(BIN)/python -m benchmarks.near

# Exporting 10,000 records: seconds and memory of each format.
benchmark-exports: $(VENV)/.test
	$(BIN)/python -m benchmarks.exports

# Sixty records of each kind over the two sample worlds, beside the model run free; then the gallery out of them, and the
# text checks on lines that were labelled by hand. A run that was stopped goes on where it was.
benchmark-quality: $(VENV)/.test
	$(BIN)/gamegen model add
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.gallery
	$(BIN)/python -m benchmarks.checks

clean:
	rm -rf $(VENV) build
