#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Everything that must hold before a change goes in; see the Makefile.
. "$(dirname "$0")/lib.sh"
. ci/servers.sh
. ci/musl-lib.sh

host=$(go env GOARCH 2>/dev/null || true)
cross=()
[ "$host" != amd64 ] || cross=(aarch64-linux-gnu-gcc qemu-aarch64)

step "programs that the tests need"
ci/packages.sh server redis-cli gcc musl-gcc dpkg-source make "${cross[@]}"
go version
"${CC:-gcc}" --version | head -n 1
if [ -n "${RM_SERVER:-}" ]; then echo "RM_SERVER=$RM_SERVER"; else redis-server --version || valkey-server --version; fi
go mod download

step "gofmt"
badly=$(gofmt -l $(go list -f '{{.Dir}}' ./...))
[ -z "$badly" ] || die "gofmt would change: $badly"

step "lint"
ci/lint.sh

step "generated code is current"
mkdir "$TMP/before"
cp zapi_*.go docs/API_COVERAGE.md "$TMP/before/"
go generate .
mkdir "$TMP/after"
cp zapi_*.go docs/API_COVERAGE.md "$TMP/after/"
diff -r "$TMP/before" "$TMP/after" || die "the generated files were not current; they are now"
if [ -n "${CI:-}" ] && git rev-parse HEAD >/dev/null 2>&1; then
	git diff --exit-code -- 'zapi_*.go' docs/API_COVERAGE.md
fi

step "go vet"
go vet ./...
go vet -tags rm_trace .
GOARCH=arm64 CGO_ENABLED=0 go vet ./...

step "staticcheck"
# It does not read assembly, and takes what only that uses for unused.
go tool staticcheck -checks inherit,-U1000 .
go tool staticcheck $(go list ./... | grep -v "^$(go list .)\$")

step "builds for other platforms, without cgo"
for p in linux/amd64 linux/arm64; do
	echo "$p"
	GOOS=${p%/*} GOARCH=${p#*/} CGO_ENABLED=0 go build ./...
done
for p in darwin/arm64 freebsd/amd64; do
	echo "$p: the library"
	GOOS=${p%/*} GOARCH=${p#*/} CGO_ENABLED=0 go build . ./rm ./unsafeconv ./internal/cgate ./examples/...
done

step "the module in README.md"
ci/readme.sh

if [ "$host" = amd64 ]; then
	step "the assembly and a module for arm64"
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go vet .
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go build -buildmode=c-shared -o "$TMP/arm64.so" ./examples/hello
fi

export RM_REQUIRE_SERVER=1
# Shorter than by default: the loads of internal/safety run in both modes, and again on
# other servers.
export RM_LOAD_SECONDS=${RM_LOAD_SECONDS:-3}

step "all tests"
gotest "all tests" -count=1 -timeout=20m ./...

for name in redis-trixie valkey-trixie; do
	step "another server: $name"
	[ "$host" = amd64 ] || break
	RM_LOAD_SECONDS=1 RM_SERVER=$(server_command "$name" trixie) gotest "$name" -count=1 -timeout=20m ./rm ./internal/safety ./internal/torture
done

step "musl, a little"
musl_server
musl_short

step "race detector"
gotest "race detector" -count=1 -race . ./unsafeconv

step "without optimisation and inlining"
gotest "without optimisation and inlining" -count=1 -gcflags='all=-N -l' .

step "the collector checks its marks"
GODEBUG=gccheckmark=1 gotest "the collector checks its marks" -count=1 .

step "tag rm_portable"
GOFLAGS="$GOFLAGS -tags=rm_portable" gotest "tag rm_portable" -count=1 .
# Without the tests of how a mode is asked for: with the tag it is not asked for.
GOFLAGS="$GOFLAGS -tags=rm_portable" gotest "tag rm_portable, servers" -count=1 -timeout=20m \
	-run '/mode=portable' -skip '^(TestLogAtLoad|TestModeByEnvironment)$' ./rm
CGO_ENABLED=0 go run ./cmd/demo -tags rm_portable -expect portable >"$TMP/demo" || { cat "$TMP/demo"; die "the demo failed"; }

if [ "$host" = amd64 ]; then
	step "arm64, emulated"
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc \
		gotest "arm64, emulated" -count=1 -timeout=20m -exec "qemu-aarch64 -L /usr/aarch64-linux-gnu" .
fi

step "fuzzing, a little"
FUZZTIME=${FUZZTIME:-50000x} FUZZPKGS="./unsafeconv ./rm" ci/fuzz.sh

step "instructions against the table"
SAME=1 RUNS=1 ci/instructions.sh

step "the demo"
CGO_ENABLED=0 go run ./cmd/demo
