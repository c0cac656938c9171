#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Saves and rewrites of the AOF in a loop, for data types of both kinds, beside goroutines that
# allocate, hold mutexes and sit in C and in system calls, and while the server frees values
# on threads of its own, on one server after the other; see TestSaves of internal/safety.
#
#	SERVERS  names from "make servers", or "all" (the server of RM_SERVER or of PATH)
#	SAVES    for each kind (1000)
. "$(dirname "$0")/lib.sh"
. ci/servers.sh

ci/packages.sh gcc
export RM_REQUIRE_SERVER=1 RM_FORK_SAVES=$((2 * ${SAVES:-1000}))
failed=""

# saves NAME makes them on the server of RM_SERVER.
saves() {
	step "$1"
	gotest "saves: $1" -count=1 -timeout=120m -run '^TestSaves$' -v ./internal/safety || failed+=" $1"
}

each_server saves
[ -z "$failed" ] || die "failed on:$failed"
