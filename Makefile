# brain-memoryd: `make run` serves, `make test` runs every test. Both install what they need first (Debian packages).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps test-deps build debug run demo install uninstall deb hit-rate python3 loss-drill pitr rto cleanup-load fairness \
	bench bench-quick bench-scale bench-micro bench-deps bench-venv test systemd coherence lint fuzz clean

# Debian packages: the two servers with their programs, the headers of libpq, hiredis and libsystemd, and what finds them.
PACKAGES := postgresql libpq-dev pkg-config redis-server libhiredis-dev libsystemd-dev
# What counts instructions.
MICRO_PACKAGES := valgrind binutils
# What tests under a real systemd need beside them, to boot it and to make a bare Debian.
TEST_PACKAGES := systemd dbus systemd-container mmdebstrap man-db $(MICRO_PACKAGES)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
RELEASE := .build/release
# Where `make install` puts things, as usual; DESTDIR stands for /.
PREFIX ?= /usr/local
DESTDIR ?=
# Where `make run` keeps its PostgreSQL, its Redis and its socket.
BRAIN_DIR ?= .brain
# Seconds that `make fuzz` runs for; `make test` runs a short round.
FUZZ_SECONDS ?= 600
# How often the drills destroy or restore a server, and with how many memories `make rto` measures.
RUNS ?= 10
MEMORIES ?= 1000000

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-12s %s\n", $$1, $$2 }'

INSTALL_MISSING = missing=(); \
	for package in $(1); do \
		dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$$package"); \
	done; \
	if (( $${\#missing[@]} )); then \
		echo "installing $${missing[*]}"; \
		$(SUDO) apt-get update -q; \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"; \
	fi

deps: ## Install the Debian packages that are missing, and nothing else
	@$(call INSTALL_MISSING,$(PACKAGES))

test-deps: deps
	@$(call INSTALL_MISSING,$(TEST_PACKAGES))

build: deps ## Build a release: programs that need no Swift where they run
	swift build -c release --static-swift-stdlib --product brain-memoryd
	swift build -c release --static-swift-stdlib --product brainctl

debug: deps
	swift build --build-tests

run: build ## Serve in the foreground from a private PostgreSQL and Redis under ./.brain
	@Tests/Scripts/run.sh $(RELEASE) $(BRAIN_DIR)

demo: build ## Start a private instance, store, query, show statistics, and leave nothing behind
	@Tests/Scripts/demo.sh $(RELEASE)

install: build ## Install it below PREFIX (/usr/local), with units, manual pages and completions; a configuration that is there stays
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' systemd/install.sh install $(RELEASE)

uninstall: ## Remove what was installed; the configuration and the memories stay
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' systemd/install.sh uninstall $(RELEASE)

deb: build ## Make a Debian package, .build/brain-memoryd_*.deb
	@systemd/debian/build.sh $(RELEASE) .build

hit-rate: build python3 ## Measure how many reads of agents that re-read the cache answers, on a private instance
	@Tests/Scripts/hit-rate.sh $(RELEASE)

python3:
	@command -v python3 >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -q -y --no-install-recommends python3; }

loss-drill: build python3 ## Destroy PostgreSQL under write load RUNS times in each mode, restore, and count what is lost
	@Tests/Scripts/loss-drill.sh $(RELEASE) $(RUNS)

pitr: build python3 ## Restore to between two marks a second apart, RUNS times
	@Tests/Scripts/point-in-time.sh $(RELEASE) $(RUNS)

rto: build python3 ## Measure how long a restore of MEMORIES takes, from the command to the first answered read
	@Tests/Scripts/recovery-time.sh $(RELEASE) $(MEMORIES)

cleanup-load: build python3 ## Compare the p99 of 8 clients alone and while 100,000 expired memories are deleted
	@Tests/Scripts/cleanup-load.sh $(RELEASE)

fairness: build python3 ## Compare the p99 of one user's calls alone and while another user floods the daemon (as root)
	@Tests/Scripts/fairness.sh $(RELEASE)

BENCH := Tests/Benchmarks
# RECORD=1 keeps the results as this version's; ONLY=store,get-cached measures these rows only; ROUNDS=9 for steadier ones.
BENCH_FLAGS = --bin $(RELEASE) --python $(BENCH_VENV)/bin/python3 $(if $(RECORD),--record) $(if $(ONLY),--only $(ONLY)) \
	$(if $(ROUNDS),--rounds $(ROUNDS))

# What the rivals in Python stand on: made anew when the list of it changes. Debian's Python, whatever else there is.
BENCH_VENV := .build/benchmarks-venv
bench-venv: $(BENCH_VENV)/installed ## Install what the benchmark's rivals in Python need, from PyPI, below .build

$(BENCH_VENV)/installed: Tests/Benchmarks/python/requirements.txt
	@$(call INSTALL_MISSING,python3 python3-venv)
	rm -rf $(BENCH_VENV)
	/usr/bin/python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install -q --disable-pip-version-check --no-deps -r $<
	touch $@

# pgbench comes with postgresql; redis-benchmark is in redis-tools.
bench-deps: build bench-venv
	@$(call INSTALL_MISSING,redis-tools)
	swift build -c release --static-swift-stdlib --package-path $(BENCH)

bench: bench-deps ## Measure it against PostgreSQL, Redis and Python rivals, a quarter of an hour: RECORD=1 keeps the results
	@python3 $(BENCH)/bench.py $(BENCH_FLAGS) --json .build/bench.json

bench-quick: bench-deps ## The same in two minutes, on less data, for a first look
	@python3 $(BENCH)/bench.py $(BENCH_FLAGS) --quick --json .build/bench-quick.json

# How many memories `make bench-scale` loads; ten million take some 40 minutes and 15 GB.
SIZES ?= 10000 100000 1000000

bench-scale: bench-deps ## Measure how each operation, upkeep and a restore grow with the number of memories: SIZES="10000 10000000"
	@python3 $(BENCH)/scale.py --bin $(RELEASE) --sizes '$(SIZES)' --json .build/bench-scale.json

# check; update: write the thresholds anew, to be committed with the change that explains them; profile: what they consist of.
MICRO ?= check
bench-micro: deps ## Count the instructions of the hot paths with callgrind, and fail above their thresholds
	@$(call INSTALL_MISSING,$(MICRO_PACKAGES))
	swift build -c release --product micro-benchmarks
	@Tests/MicroBenchmarks/micro.sh $(RELEASE)/micro-benchmarks $(MICRO)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests schema

# Suites that hurt a server, measure deadlines or compute for seconds run apart from the others, which would take the processor
# from them, or they from the others: all tests of a run begin at once.
# CoherenceTests makes fewer reads here than the million of `make coherence`, which runs it on release builds.
COHERENCE_READS ?= 100000
APART := StrictJSONTests WireProtocolTests BrainctlTests SocketServerTests DaemonTests ProtocolTests PostgresDriverTests \
	PostgresRepositoryTests RedisDriverTests RedisCacheTests ManagedPostgresTests ManagedRedisTests BackupsTests WALTests

# What the scenarios under a real systemd run.
BINARIES ?= .build/debug

RUN_TESTS = run() { echo "swift test $$*"; swift test --skip-build "$$@" 2>&1 | { grep -v '^◇' || true; }; }

test: test-deps lint debug ## Run every test: unit, integration, black box, a short round of fuzzing
	@$(RUN_TESTS); run $(APART:%=--skip '^%\.') --skip '^CoherenceTests\.'; \
	for suite in $(APART); do run --filter "^$$suite\\."; done
	@$(RUN_TESTS); COHERENCE_READS=$(COHERENCE_READS) run --filter '^CoherenceTests\.'
	@Tests/Scripts/demo.sh .build/debug
	@SYSTEMD_TEST_JOBS=3 Tests/Systemd/run.sh .build/debug
	@$(MAKE) --no-print-directory bench-micro
	Tests/Fuzzing/fuzz.sh 20

systemd: test-deps debug ## Run scenarios under a real systemd: SCENARIOS="units idle", BINARIES=.build/release for others
	@Tests/Systemd/run.sh $(BINARIES) $(SCENARIOS)

coherence: debug build ## Check a million reads through two daemons for staleness while Redis and they are hurt
	@$(RUN_TESTS); MEMORYD_TEST_BINARIES='$(CURDIR)/$(RELEASE)' run --filter '^CoherenceTests\.'

fuzz: deps ## Fuzz the frame and JSON decoders for FUZZ_SECONDS (600)
	Tests/Fuzzing/fuzz.sh $(FUZZ_SECONDS)

clean: ## Remove what was built; ./.brain stays
	rm -rf .build .build-fuzz
