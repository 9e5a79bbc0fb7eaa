# Every target runs alone on a clean checkout and installs what it needs; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Finds go, and a HOME for its caches.
HOST := . build/host.sh && need_go

RELEASE ?= reef
MONS ?= 3
FUZZTIME ?= 5s

# go fails on a clone that git does not trust (another user's, mounted into a container).
VCS = $(shell git rev-parse HEAD >/dev/null 2>&1 && echo auto || echo false)

.PHONY: help
help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## compile bin/monc, without cgo
	$(HOST) && CGO_ENABLED=0 go build -trimpath -buildvcs=$(VCS) -ldflags='-s -w' -o bin/monc ./cmd/monc

.PHONY: lib
lib: ## the C library: lib/libmonclient.so.*, lib/libmonclient.a
	@build/lib.sh

.PHONY: install
install: ## the C library with its headers, for pkg-config and CMake: PREFIX=/usr/local LIBDIR= INCLUDEDIR= DESTDIR=
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' DESTDIR='$(DESTDIR)' build/install.sh

.PHONY: uninstall
uninstall: ## what install has installed, with the same variables
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' DESTDIR='$(DESTDIR)' build/install.sh uninstall

.PHONY: generate
generate: ## bindings/python/src/monclient/_ctypes.py from include/monclient.h
	@build/python.sh generate

.PHONY: python
python: ## the tests of the Python package, on embedded and on real monitors
	@build/test.sh ceph python

.PHONY: wheel
wheel: ## bindings/python/dist: a wheel of the Python package with the library in it, and an sdist
	@build/python.sh wheel

.PHONY: check-abi
check-abi: ## the C library against abi/, where its functions, structures and constants are recorded
	@build/abi.sh check

.PHONY: test
test: ## everything CI runs: lint, all tests, fuzzing, real clusters of three releases
	@build/test.sh

.PHONY: unit
unit: ## the tests that need nothing but Go
	@build/test.sh unit

.PHONY: race
race: ## the same under the race detector, in random order
	@build/test.sh race

.PHONY: capi
capi: ## the tests of the C library: ABI, every function under sanitizers and valgrind, its host process, the examples
	@build/test.sh capi

.PHONY: integration
integration: ## the tests against real Ceph clusters: Pacific, Reef, Tentacle
	@build/test.sh ceph integration

.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME=5s each
	@FUZZTIME=$(FUZZTIME) build/fuzz.sh

.PHONY: lint
lint: ## gofmt, go vet, go fix, go mod tidy, golangci-lint (with staticcheck)
	@build/test.sh lint

.PHONY: vet-cross
vet-cross: ## go vet for linux/arm64, darwin and windows
	@build/test.sh cross

.PHONY: demo
demo: ## three embedded monitors and a walk through monc, in seconds; CONF=FILE reads from a real cluster
	@CONF='$(CONF)' build/demo.sh

.PHONY: bench
bench: ## everything beside librados, into bench/RESULTS.md (15 minutes): RELEASE=reef PARTS="codecs commands" BENCH=regexp BENCHCOUNT=3 BENCHFLAGS=
	@RELEASE=$(RELEASE) BENCH='$(BENCH)' BENCHCOUNT='$(BENCHCOUNT)' BENCHFLAGS='$(BENCHFLAGS)' build/bench.sh $(PARTS)

.PHONY: bench-check
bench-check: ## measures again and compares the ratios with the committed ones: RELEASE=reef PARTS= FACTOR=1.5
	@RELEASE=$(RELEASE) FACTOR='$(FACTOR)' build/bench.sh check $(PARTS)

.PHONY: bench-failover
bench-failover: ## what a dead or silent monitor costs, beside librados (root for the black hole): RELEASE=reef BENCHFLAGS="-faults kill"
	@RELEASE=$(RELEASE) BENCHFLAGS='$(BENCHFLAGS)' build/bench.sh failover

.PHONY: bench-python
bench-python: ## the Python package beside python3-rados: RELEASE=reef
	@RELEASE=$(RELEASE) build/python.sh bench

.PHONY: cluster
cluster: ## a real cluster to play with, until Ctrl-C: RELEASE=reef MONS=3 CLUSTERFLAGS="--mgr --osds 1"
	@$(HOST) && build/install-ceph.sh $(RELEASE) && go build -o bin/realceph ./internal/cmd/realceph && \
		exec bin/realceph run --release $(RELEASE) --mons $(MONS) $(CLUSTERFLAGS)

.PHONY: tools
tools: ## build the linters, pinned, into ~/.cache/libmonclient
	@build/tools.sh

.PHONY: install-ceph
install-ceph: ## unpack the three Ceph releases into ~/.cache/libmonclient, without touching the system's own
	@$(HOST) && build/install-ceph.sh

.PHONY: clean
clean: ## remove what was built here
	rm -rf bin lib bindings/python/dist
	find . -name '*.test' -type f -delete
