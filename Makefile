# The front door: `make` alone prints what there is.
#
# Everything happens in a private virtual environment, .venv, made on first use.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A rebuild on import looks for ninja and cython here.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHON VENV
# pytest's own options, as in: make test ARGS="-k alpn"
ARGS ?=
# Processes for the whole suite, whose tests often wait; some of it is faster in one.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# Homebrew keeps OpenSSL where pkg-config does not look.
ifeq ($(shell uname -s),Darwin)
export PKG_CONFIG_PATH := $(shell brew --prefix openssl@3 2>/dev/null)/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

BUILT := $(VENV)/built.stamp
TESTED := $(VENV)/test.stamp
DOCUMENTED := $(VENV)/docs.stamp
MEASURED := $(VENV)/bench.stamp

# The servers of `make adapters`, as command:package.
ADAPTED := redis-server:redis-server nginx:nginx-light pg_ctlcluster:postgresql dovecot:dovecot-imapd

# What `make interop` compares a scan with, and the servers that are scanned.
SCANNED := nginx:nginx-light haproxy:haproxy sslscan:sslscan testssl:testssl.sh
# Proxies, and the servers of protocols that begin in plain text.
PLAIN_FIRST := tinyproxy:tinyproxy danted:dante-server slapd:slapd mariadbd:mariadb-server \
  prosody:prosody dovecot:dovecot-imapd \
  /usr/lib/dovecot/pop3-login:dovecot-pop3d /usr/lib/dovecot/lmtp:dovecot-lmtpd \
  /usr/lib/dovecot/managesieve-login:dovecot-managesieved

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs browse contract stdlib-contract conformance interop fleet simulate downstream adapters ktls coverage-of-libssl stress faults leaks fuzz sanitize bench bench-loops wheel test-wheel editable sdist bare matrix constants stubs tables man recording clean sources

help: ## print this list
	@echo "make TARGET, where TARGET is one of"
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(BUILT) sources ## build the package into a private environment, .venv

# The installed package is editable: from here on an import rebuilds what changed.
$(BUILT): pyproject.toml tools/setup.sh tools/preflight.sh
	@sh tools/setup.sh build
	@touch $@

$(TESTED): $(BUILT)
	@sh tools/setup.sh test
	@touch $@

$(DOCUMENTED): $(BUILT)
	@sh tools/setup.sh docs
	@touch $@

$(MEASURED): $(BUILT)
	@sh tools/setup.sh bench
	@touch $@

# Meson learns of new and removed Python files only when it configures again.
sources:
	@mkdir -p .build; new=.build/sources.$$$$; \
	$(PYTHON) tools/list_sources.py src/OpenSSL "*.py" "*.pyi" "*.pxd" > $$new; \
	cmp -s $$new .build/sources || { \
	  if [ -e .build/sources ]; then touch src/OpenSSL/meson.build; fi; \
	  cp $$new .build/sources; }; \
	rm -f $$new

demo: setup ## TLS end to end over loopback, with what was negotiated
	@$(BIN)/python -m OpenSSL demo $(ARGS)

# The tests run even where a check fails, so that one run tells everything.
test: setup $(TESTED) ## checks, then the tests; ARGS="-k alpn" for some of them
	@status=0; $(BIN)/python tools/check.py || status=1; \
	  $(BIN)/python -m pytest $(or $(ARGS),-n $(JOBS) --dist worksteal) && exit $$status

check: setup $(TESTED) ## linters, types, stubs, generated files
	@$(BIN)/python tools/check.py

man: setup $(TESTED) ## write the manual pages of the command line into docs/man
	@$(BIN)/python tools/make_man.py

recording: setup $(TESTED) ## record `brisktls connect` for the README, into docs/connect.svg
	@$(BIN)/python tools/make_recording.py

constants: ## write what follows from tools/constants.txt
	@$(PYTHON) tools/make_constants.py

stubs: setup ## write the stubs of the native core from its annotations
	@$(BIN)/python tools/make_stubs.py

tables: ## write the names of tests into the tables of docs/, from the marks on them
	@$(PYTHON) tools/make_tables.py

docs: setup $(DOCUMENTED) ## build the documentation into docs/_build/html
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

browse: docs ## look at the documentation in a real browser, light and dark (installs Chromium)
	@sh tools/servers.sh chromium:chromium
	@sh tools/setup.sh browser
	@.build/browser/bin/python -m pytest -m "" tests/browser $(ARGS)

contract: setup $(TESTED) ## what pyOpenSSL's own tests say about this package
	@$(BIN)/python tests/contract/run.py $(ARGS)

stdlib-contract: setup $(TESTED) ## what CPython's own tests of ssl say about as_ssl_context()
	@$(BIN)/python tests/stdlib_contract/run.py $(ARGS)

conformance: setup $(TESTED) ## BoringSSL's protocol tests over the public API; ARGS="ALPN*"
	@$(BIN)/python tests/conformance/run.py $(ARGS)

interop: setup $(TESTED) ## the tests against other TLS programs, the long ones too
	@sh tools/servers.sh $(SCANNED) $(PLAIN_FIRST)
	@sh tools/setup.sh scanners
	@$(BIN)/python -m pytest -m "" tests/interop $(ARGS)

fleet: setup $(TESTED) ## shared ticket keys, with a real store, nginx and HAProxy
	@sh tools/servers.sh redis-server:redis-server nginx:nginx-light haproxy:haproxy ip:iproute2
	@$(BIN)/python -m pytest -m "" tests/fleet $(ARGS)

simulate: setup $(TESTED) $(MEASURED) ## a fleet of a thousand hosts over days, in simulated time
	@$(BIN)/python tests/simulate/run.py $(ARGS)

downstream: setup $(TESTED) ## the TLS tests of Twisted and urllib3 over this package
	@$(BIN)/python tests/downstream/run.py $(ARGS)

adapters: setup $(TESTED) ## HTTP, mail, files, databases: programs over as_ssl_context(); installs them
	@sh tools/servers.sh $(ADAPTED)
	@$(BIN)/python tests/adapters/prepare.py
	@.build/adapters/bin/python -m pytest -m "" tests/adapters $(ARGS)

ktls: setup $(TESTED) ## prove kernel TLS in User-Mode Linux (Debian); ARGS="trixie" on a newer one
	@PYTHON=$(CURDIR)/$(BIN)/python sh tools/ktls.sh $(ARGS)

coverage-of-libssl: setup ## which functions of the linked libssl are out of reach
	@$(BIN)/python tools/coverage_of_libssl.py $(ARGS)

stress: setup $(TESTED) ## the long and rough runs; ARGS="--only chaos --set chaos.seconds=600"
	@$(BIN)/python tests/stress/run.py $(ARGS)

faults: setup $(TESTED) ## allocations fail in turn, of libcrypto, Python and the core
	@$(BIN)/python tests/faults/run.py $(ARGS)

leaks: setup $(TESTED) ## a hundred thousand of everything, and the slope of memory
	@PYTHONPATH=tests $(BIN)/python tests/faults/slope.py $(ARGS)

fuzz: setup $(TESTED) ## bad arguments, random machines, coverage-guided inputs
	@$(BIN)/python tests/fuzz/run.py $(ARGS)

sanitize: setup $(TESTED) ## the tests under ASan, UBSan, LeakSanitizer, valgrind and TSan
	@$(BIN)/python tests/sanitize/run.py $(ARGS)

bench: setup $(MEASURED) ## measure beside ssl, pyOpenSSL and C; ARGS="--only memory-64"
	@sh tools/servers.sh wrk:wrk
	@$(BIN)/python benchmarks/run.py $(ARGS)

bench-loops: setup $(MEASURED) ## servers on asyncio and uvloop, beside ssl, aiofastnet and no TLS
	@$(BIN)/python benchmarks/loops.py $(ARGS)

wheel: ## a wheel with its own OpenSSL 4.0, into dist; ARGS="3.5" for the other series
	@sh tools/wheel.sh $(ARGS)

sdist: ## the source distribution, into dist
	@sh tools/wheel.sh source

test-wheel: ## make a wheel, install it and test it there; ARGS="--series 3.5 --twice"
	@$(PYTHON) tests/wheel/run.py $(ARGS)

editable: setup $(TESTED) ## an editable installation by hand: what pip says, and that it works
	@$(BIN)/python -m pytest -m "" tests/editable $(ARGS)

bare: ## prove demo and test in a bare Debian 12 (needs root and debootstrap)
	@sh tools/bare.sh $(ARGS)

matrix: ## the tests on newer platforms; ARGS="trixie -- -k alpn" (root and debootstrap)
	@sh tools/matrix.sh $(ARGS)

clean: ## remove everything that was built or installed here
	rm -rf $(VENV) .build build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
