# `make demo` and `make test` need python3 (3.11 or newer, with venv and pip), make and a C compiler; they install into .venv once.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
SOURCES := setup.cfg pyproject.toml setup.py $(wildcard hebbnet/*/*.[ch])
JOBS ?= -n auto --maxprocesses 4 --dist loadgroup

.PHONY: demo test test-slow test-torch test-gpu bench bench-gpu docs figures clean

demo: $(STAMP)
	$(BIN)/hebbnet run theory/dense_phase_diagram.py --quick
	$(BIN)/hebbnet run theory/dense_magnetization.py --quick
	$(BIN)/hebbnet run sims/dense_magnetization.py --quick --workers 2
	$(BIN)/hebbnet run sims/dense_phase_diagram.py --quick --workers 2
	$(BIN)/hebbnet figure dense_magnetization --quick
	$(BIN)/hebbnet figure dense_phase_diagram --quick
	@echo "Pictures: figures/out/dense_phase_diagram_quick.png and figures/out/dense_magnetization_quick.png (data: data/*.h5)"

test: $(STAMP)
	$(BIN)/python -m pytest $(JOBS)

test-slow: $(STAMP)
	$(BIN)/python -m pytest $(JOBS) --slow

# PyTorch is an extra: a CPU build is enough (on Linux elsewhere: TORCH="torch --index-url https://download.pytorch.org/whl/cpu")
TORCH ?= torch==2.13.0
test-torch: $(STAMP)
	$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pytest tests_torch

# an NVIDIA GPU with its driver for CUDA 12 or newer; without one they say so in a line
test-gpu: $(STAMP)
	$(BIN)/python -c "import cupy" 2>/dev/null || $(BIN)/python -m pip install --quiet --editable ".[gpu]"
	$(BIN)/python -m pytest -m gpu -rs

bench-gpu: $(STAMP)
	$(BIN)/python -c "import cupy" 2>/dev/null || $(BIN)/python -m pip install --quiet --editable ".[gpu]"
	$(BIN)/python benchmarks/gpu.py --save benchmarks/results/gpu.json

# an environment of its own, for peers ask for versions of theirs; one that cannot be installed has empty columns (docs/benchmarks.md)
BENCH := .venv-bench/bin
PEERS ?= torch dwave-samplers openjij
bench: .venv-bench/installed
	$(BENCH)/python benchmarks/suite.py

.venv-bench/installed: $(SOURCES)
	test -x $(BENCH)/python || $(PYTHON) -m venv .venv-bench
	$(BENCH)/python -m pip install --quiet --editable ".[bench]"
	for peer in $(PEERS); do if [ $$peer = torch ]; then which="$(TORCH)"; else which=$$peer; fi; \
	    $(BENCH)/python -m pip install --quiet $$which || echo "$$peer cannot be installed here: its columns stay empty"; done
	if command -v nvidia-smi > /dev/null; then $(BENCH)/python -m pip install --quiet --editable ".[gpu]"; fi
	touch $@

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build
	@echo "Open docs/_build/index.html"

# every figure in full, about two hours of one core; docs/ keeps some of the pictures
figures: $(STAMP)
	for script in theory/*.py; do $(BIN)/hebbnet run $$script || exit 1; done
	for script in sims/*.py; do $(BIN)/hebbnet run $$script --workers 2 || exit 1; done
	for script in figures/*.py; do $(BIN)/python $$script || exit 1; done

# installed anew only when the dependencies change; the package itself is linked, not copied
$(STAMP): $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[test,bench]"
	touch $(STAMP)

clean:
	rm -rf .venv .venv-bench data figures/out docs/_build
