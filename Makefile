# Everything a person or a machine does with this repository, one target each.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/bench_runner

# The version of the optional engine that the tests run against; its source package brings llama.cpp's too.
LLAMA_CPP_PYTHON_VERSION := 0.3.36
LLAMA_BIN := $(CACHE)/llama-server-$(LLAMA_CPP_PYTHON_VERSION)
LLAMA_CPP_PYTHON_VENV := $(CACHE)/llama-cpp-python-$(LLAMA_CPP_PYTHON_VERSION)
# Other people's harnesses that the tests run, each in an environment of its own, their programs in one folder.
HARNESSES := $(CACHE)/harnesses
EVALPLUS := evalplus==0.3.1
LM_EVAL := lm_eval[api]==0.4.13
# Says whether everybody can use the page; one file of a package of npm.
AXE_VERSION := 4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
NODE := $(CACHE)/toolchains/node
NPM := $(if $(shell command -v npm),npm,$(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js)
AXE := $(CACHE)/axe-core-$(AXE_VERSION)/axe.min.js

.PHONY: help install demo run test test-heavy lint format lock lock-extras browser cluster judge postgres toolchains llama-server llama-cpp-python harnesses clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 22

install: $(VENV)/.installed  ## .venv from requirements.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "bench_runner needs Python 3.11 or newer: make install PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv module is missing: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@# Sandbox workers start many times a night, and some Pythons are told to keep no compiled modules.
	$(BIN)/python -m compileall -q benchkit parsers
	@touch $@

demo: install  ## tiny models served, asked, judged, recorded and compared; a task in each language that is there
	@for model in f16 q2_k; do \
		set -- ./bench_runner.py --model demo/demo-$$model.gguf --benchmark demo --server xllamacpp \
			--temperature 0.0 --max-tokens 1000; \
		printf '\n$$ %s\n' "$$*"; "$$@" || exit; \
	done
	@printf '\n$$ ./bench_runner.py compare --benchmark demo\n'; ./bench_runner.py compare --benchmark demo
	@set -- ./bench_runner.py compare --benchmark demo --without efficiency \
		--columns model,correctness,speed,quality,overall; printf '\n$$ %s\n' "$$*"; "$$@"
	@set -- ./bench_runner.py --model demo/demo-tasks.gguf --benchmark tasks --catalogue demo/tasks \
		--server xllamacpp --temperature 0.0 --max-tokens 1000; \
	printf '\n$$ %s\n' "$$*"; "$$@"
	@printf '\nA model can judge what no run tells: make judge; ./bench_runner.py judge check MODEL; then judge RUN --judge MODEL (docs/judge.md)\n'
	@printf '\nNow yours: ./bench_runner.py --model FILE.gguf --benchmark human_eval --temperature 0.0 --max-tokens 1000\n'

run: install  ## CONFIG_DIR=DIR: a folder of JSON files, one a model, run as a batch
	@test -n "$(CONFIG_DIR)" || { echo "make run CONFIG_DIR=DIR: name the folder of JSON files, one a model" >&2; exit 2; }
	@./bench_runner.py batch "$(CONFIG_DIR)"

# Where Python is told to keep no compiled modules, all tests would be compiled anew each time. Many tests wait for
# processes and time limits: four at once keep two cores busy.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -q -n 4 --dist worksteal

test: install  ## all but the heavy tests; about 4 minutes on 2 cores
	$(PYTEST)

test-heavy: install  ## the tests that take long; CI runs them as well
	$(PYTEST) -m heavy

lint: install  ## style, types, directions of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## requirements.lock again, after a change of the dependencies in pyproject.toml
	$(PYTHON) -m venv .lock-venv && .lock-venv/bin/pip install --quiet pip-tools
	.lock-venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --extra dev \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header \
		--output-file requirements.lock pyproject.toml
	rm -rf .lock-venv

# What an extra adds to the above, at the versions of the above where both have it; and a cluster at those of a judge,
# so that one environment may have both.
locks/cluster.lock: locks/judge.lock
locks/cluster.lock: private BESIDE := --constraint locks/judge.lock

locks/%.lock: pyproject.toml requirements.lock
	$(PYTHON) -m venv .lock-venv && .lock-venv/bin/pip install --quiet pip-tools
	mkdir -p locks
	.lock-venv/bin/python -c 'import sys, tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*project["optional-dependencies"][sys.argv[1]], sep="\n")' $* >.lock-venv/$*.in
	.lock-venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --constraint requirements.lock $(BESIDE) \
		--no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header \
		--output-file $@ .lock-venv/$*.in
	rm -rf .lock-venv

lock-extras: locks/browser.lock locks/cluster.lock locks/judge.lock locks/postgres.lock locks/quality.lock  ## the lock files of optional parts again

browser: install $(AXE)  ## what the page's tests need beside a browser: Playwright and axe-core
	$(BIN)/pip install --quiet --require-hashes -r locks/browser.lock

judge: install  ## DSPy, with which a model judges what no run can tell
	$(BIN)/pip install --quiet --require-hashes -r locks/judge.lock

cluster: install  ## what several boxes need that work off one plan
	$(BIN)/pip install --quiet --require-hashes -r locks/cluster.lock

postgres: install  ## what a history in PostgreSQL needs; the server itself comes from the distribution
	$(BIN)/pip install --quiet --require-hashes -r locks/postgres.lock

$(AXE):
	mkdir -p $(@D) && cd $(@D) && $(NPM) pack --silent axe-core@$(AXE_VERSION) >/dev/null
	echo '$(AXE_SHA256)  $(@D)/axe-core-$(AXE_VERSION).tgz' | sha256sum --check --quiet
	tar -xzf $(@D)/axe-core-$(AXE_VERSION).tgz -C $(@D) --strip-components 1 package/axe.min.js
	@touch $@

toolchains: install  ## Go, Node, jsdom, React, TypeScript, Boost's headers and Rust's crates, without root (about 3 minutes)
	$(BIN)/python -m benchkit.languages.bringing

llama-server: $(LLAMA_BIN)/llama-server  ## llama.cpp's own server and bench, built from source (about 5 minutes)

$(LLAMA_BIN)/llama-server:
	rm -rf $(LLAMA_BIN).build && mkdir -p $(LLAMA_BIN).build $(LLAMA_BIN)
	$(PYTHON) -m venv $(LLAMA_BIN).build/venv
	$(LLAMA_BIN).build/venv/bin/pip install --quiet cmake ninja
	$(LLAMA_BIN).build/venv/bin/pip download --quiet --no-deps --no-binary llama-cpp-python \
		--dest $(LLAMA_BIN).build llama-cpp-python==$(LLAMA_CPP_PYTHON_VERSION)
	tar -xzf $(LLAMA_BIN).build/*.tar.gz -C $(LLAMA_BIN).build --strip-components 1
	PATH=$(LLAMA_BIN).build/venv/bin:$$PATH cmake -S $(LLAMA_BIN).build/vendor/llama.cpp -B $(LLAMA_BIN).build/out \
		-G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF \
		-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF >$(LLAMA_BIN).build/cmake.log
	PATH=$(LLAMA_BIN).build/venv/bin:$$PATH cmake --build $(LLAMA_BIN).build/out --target llama-server llama-bench \
		>$(LLAMA_BIN).build/build.log
	cp $(LLAMA_BIN).build/out/bin/llama-bench $(LLAMA_BIN).build/out/bin/llama-server $(LLAMA_BIN)/
	ln -sfn $(LLAMA_BIN) $(CACHE)/llama-server
	rm -rf $(LLAMA_BIN).build

llama-cpp-python: $(LLAMA_CPP_PYTHON_VENV)/.installed  ## the optional engine, built from source (about 7 minutes)

$(LLAMA_CPP_PYTHON_VENV)/.installed:
	$(PYTHON) -m venv $(LLAMA_CPP_PYTHON_VENV)
	$(LLAMA_CPP_PYTHON_VENV)/bin/pip install --quiet 'llama-cpp-python[server]==$(LLAMA_CPP_PYTHON_VERSION)'
	ln -sfn $(LLAMA_CPP_PYTHON_VENV) $(CACHE)/llama-cpp-python
	@touch $@

harnesses: $(HARNESSES)/evalplus/.$(EVALPLUS) $(HARNESSES)/lm_eval/.$(LM_EVAL)  ## evalplus and lm-eval, from PyPI (about 3 minutes)

$(HARNESSES)/evalplus/.$(EVALPLUS): PROGRAM := evalplus.evaluate
$(HARNESSES)/lm_eval/.$(LM_EVAL): PROGRAM := lm_eval

$(HARNESSES)/%:
	rm -rf $(@D) && mkdir -p $(HARNESSES)/bin
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet '$(@F:.%=%)'
	ln -sfn $(@D)/bin/$(PROGRAM) $(HARNESSES)/bin/$(PROGRAM)
	@touch '$@'

clean:  ## .venv and what the checks keep
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist *.egg-info
