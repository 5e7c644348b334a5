# mnbench. `make run` is the first thing to try; `make help` lists the rest.
#
# Everything is done by the scripts in scripts/: they install what is missing,
# and this file only names them.

SHELL := /bin/bash
SUITE ?= quick
# Further arguments of `mnbench run`, as in make run ARGS='--runtimes mn,pthreads'
ARGS ?=
# How long `make soak` stresses, in minutes
MINUTES ?= 30

.DEFAULT_GOAL := help
.PHONY: help run build test test-deep test-aarch64 soak bench bench-servers install-tools fmt clean

run: install-tools build ## measure suite quick (or SUITE=...): table, record, charts and report page in out/
	@scripts/run $(SUITE) $(ARGS)

build: ## build bin/mnbench
	@. scripts/env.sh && require_go && build_mnbench

test: install-tools ## test everything: Go, C, Java and Rust parts
	@scripts/install-tools $$(make -s -C runtime test-packages) curl wrk
	@scripts/test quick

test-deep: install-tools ## what takes longer: sanitizers, stress, races, simulations
	@scripts/test deep

test-aarch64: ## test the runtime for AArch64 by qemu (apt: a cross compiler and qemu-user)
	@scripts/install-tools $$(make -s -C runtime cross-packages)
	@. scripts/env.sh && make -C runtime test-aarch64

soak: install-tools ## stress for MINUTES=30, then fuzzing for about as long
	@scripts/test soak $(MINUTES)

bench: install-tools ## micro-benchmarks of the runtime by itself
	@. scripts/env.sh && make -C runtime bench

bench-servers: ## libmn's example servers beside Go's, echo and HTTP (ARGS='-rounds 7 -only http')
	@scripts/install-tools wrk
	@. scripts/env.sh && require_go && make -s -C runtime examples && go run ./scripts/serverbench $(ARGS)

install-tools: ## install the missing compilers, JDK and Rust (apt; says first what it does)
	@scripts/install-tools

fmt: ## format the Go sources, and those of C and Rust where clang-format and cargo fmt are installed
	@gofmt -w .
	@! cargo fmt --version >/dev/null 2>&1 || cargo fmt --manifest-path competitors/tokio/Cargo.toml
	@! command -v clang-format >/dev/null || git ls-files "*.c" "*.h" | xargs clang-format -i

clean: ## remove what was built; records and charts in out/ stay
	@rm -rf bin out/test
	@$(MAKE) --no-print-directory -C runtime clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1\t/p' Makefile | expand -t 15
