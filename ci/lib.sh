#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Shared by the scripts of this folder, which source it first thing.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A checkout that belongs to somebody else (a container's bind mount) must build.
case " ${GOFLAGS:-} " in
*-buildvcs*) ;;
*) export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false" ;;
esac

TMP=$(mktemp -d)
RESULTS=$TMP/results
CURRENT=start
: >"$RESULTS"

# clock SECONDS prints minutes and seconds.
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# step TEXT begins a step: what is running, when, and how long after the start.
step() {
	CURRENT=$*
	printf '\n== %s  +%s  %s\n' "$(date +%H:%M:%S)" "$(clock $SECONDS)" "$CURRENT"
}

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# gotest LABEL ARGUMENT... runs go test and keeps its verdicts for the summary.
gotest() {
	local label=$1 log rc=0
	shift
	log=$(mktemp -p "$TMP")
	go test "$@" 2>&1 | tee "$log" || rc=$?
	{
		printf '# %s\n' "$label"
		grep -E '^(ok|FAIL|panic:|fatal error:|[[:space:]]*--- FAIL)' "$log" || true
	} >>"$RESULTS"
	return $rc
}

# finish prints the summary, whatever the end was.
finish() {
	local rc=$?
	if [ -s "$RESULTS" ]; then
		printf '\n== results of the Go tests\n'
		cat "$RESULTS"
	fi
	rm -rf "$TMP"
	if [ "$rc" -eq 0 ]; then
		printf '%s: passed in %s\n' "$(basename "$0" .sh)" "$(clock $SECONDS)"
	else
		printf '%s: FAILED after %s in: %s\n' "$(basename "$0" .sh)" "$(clock $SECONDS)" "$CURRENT"
	fi
	exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
