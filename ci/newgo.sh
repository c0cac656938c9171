#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# ci/newgo.sh VERSION tries a Go release and ends with one line of verdict.
. "$(dirname "$0")/lib.sh"

version=go${1#go}
[ "$version" != go ] || die "usage: ci/newgo.sh VERSION, such as 1.27.3"
export GOTOOLCHAIN=$version RM_REQUIRE_SERVER=1
ci/packages.sh server gcc

verdict() {
	local rc=$?
	trap - EXIT
	rm -rf "$TMP"
	if [ $rc -eq 0 ]; then
		echo "newgo $version: ok, the module runs in mode $mode ($(clock $SECONDS))"
	else
		echo "newgo $version: FAILED in: $CURRENT ($(clock $SECONDS))"
	fi
	exit $rc
}
trap verdict EXIT

step "the release"
go version
go env GOVERSION | grep -qx -- "$version.*" || die "this is not $version"

step "go vet"
go vet ./...

step "go build"
go build ./...

step "call layer"
gotest "call layer" -count=1 -timeout=20m .

step "demo"
go run ./cmd/demo >"$TMP/demo" || { cat "$TMP/demo"; die "the demo failed"; }
mode=$(sed -nE 's/.*mode=([a-z]+) .*/\1/p' "$TMP/demo" | head -n 1)
grep -F 'mode=' "$TMP/demo"

step "server tests"
gotest "server tests" -count=1 -timeout=20m ./rm
