# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Versions of the tools are in go.mod. The work is done by the scripts in ci/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint generate coverage fuzz fuzz-long fuzz-asan fuzz-checkptr bench bench-quick bench-compare bench-instructions bench-emulated soak torture saves defrag races matrix arm64 musl moduleapi newgo servers clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## build examples/hello, load it into a server and show its commands
	@ci/packages.sh server gcc
	@CGO_ENABLED=0 go run -buildvcs=false ./cmd/demo

test: ## all checks and tests, or parts of them (PART="lint vet", PART=list); installs what they need (Debian, as root)
	@PART="$(PART)" ci/test.sh

lint: ## the rules of ci/lint.sh alone
	@ci/lint.sh && echo lint: ok

generate: ## write zapi_*.go from api/*.tsv, and docs/API_COVERAGE.md
	go generate .

coverage: ## check what tests say they drive against what they call (SERVERS=)
	@ci/coverage.sh

fuzz: ## every fuzz target for FUZZTIME (20000x: so many new inputs, fewer of slow ones) (FUZZPKGS= FUZZ=)
	@ci/fuzz.sh

fuzz-long: ## all fuzz targets for HOURS (8) together
	@HOURS=$(or $(HOURS),8) ci/fuzz.sh

fuzz-asan: ## the seeds of fuzz/ with the address sanitizer over the host and the C of internal/cgate
	@. ci/lib.sh && gotest asan -asan -count=1 ./fuzz

fuzz-checkptr: ## the seeds of fuzz/ with the checks of pointer conversions
	@. ci/lib.sh && gotest checkptr -gcflags=all=-d=checkptr -count=1 ./fuzz

bench: ## measure against C, cgo, Lua and the server's own in 15 to 20 minutes; in bench/out (PARTS= OPS= UPDATE=1)
	@ci/bench.sh

bench-quick: ## the same in 3 minutes, for a first look
	@QUICK=1 ci/bench.sh

bench-compare: ## benchstat of bench/out against BASE= (a file, or a commit)
	@ci/bench-compare.sh

bench-instructions: ## count instructions against C, and compare with bench/results (OPS= RUNS=2 UPDATE=1)
	@ci/instructions.sh

bench-emulated: ## count instructions of calls and entries on arm64 and amd64, under qemu (UPDATE=1)
	@ci/emulated.sh

soak: ## mixed random load for MINUTES (20), seed SEED
	@ci/packages.sh server gcc
	@go run -buildvcs=false ./internal/soak -minutes $(or $(MINUTES),20) $(if $(SEED),-seed $(SEED))

torture: ## what has made servers stand still, at random (SERVERS= MINUTES= SEED=)
	@ci/torture.sh

saves: ## SAVES (1000) saves of each kind of data type beside other work (SERVERS=)
	@ci/saves.sh

defrag: ## active defragmentation, on servers that it builds from their sources (BUILDS="sid/valkey", RM_SERVER=)
	@ci/defrag.sh

races: ## blocked clients in races for their answers for RACE_SECONDS (120) in each mode (SERVERS=)
	@ci/races.sh

matrix: ## server tests on every server and Go release (SERVERS=, RELEASES=)
	@ci/matrix.sh

arm64: ## call layer and server tests under emulation (SERVERS=)
	@ci/arm64.sh

musl: ## server tests on musl, the C library of Alpine (SHORT=1)
	@ci/musl.sh

moduleapi: ## the servers' own tests of the module API, with Go modules (UNITS= SERVERS= MODES= TAGS=)
	@ci/moduleapi.sh

newgo: ## try a Go release: make newgo VERSION=1.27.3
	@ci/newgo.sh "$(VERSION)"

servers: ## fetch the servers of other Debian releases (SUITES=) and list them
	@go run -buildvcs=false ./internal/servers fetch $(or $(SUITES),$$(go run -buildvcs=false ./internal/servers list | awk 'NR > 1 {print $$2}' | sort -u))
	@go run -buildvcs=false ./internal/servers list

clean: ## remove what make bench built and wrote
	rm -rf bench/out
