# `make demo` and `make test` need python3 (3.11 or newer, with venv and pip), make and a C compiler; they install into .venv once.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
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

bench: $(STAMP)
	$(BIN)/python benchmarks/engines.py
	-$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/theory.py
	$(BIN)/python benchmarks/onestep.py
	$(BIN)/python benchmarks/gpu.py || true   # says so where there is no GPU

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
$(STAMP): setup.cfg pyproject.toml setup.py $(wildcard hebbnet/*/*.[ch])
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[test,bench]"
	touch $(STAMP)

clean:
	rm -rf .venv data figures/out docs/_build
