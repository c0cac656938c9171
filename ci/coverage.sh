#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs the tests of package rm with modules that note which API functions they call
# (build tag rm_trace, portable path only), and checks that each test calls what its
# line "Drives:" says.
#
#	SERVERS  names from "make servers", beside the default one (redis-trixie valkey-trixie)
. "$(dirname "$0")/lib.sh"
. ci/servers.sh

export RM_REQUIRE_SERVER=1 RM_TRACE_DIR=$TMP/trace
mkdir "$RM_TRACE_DIR"
ci/packages.sh server gcc

# traced LABEL runs the tests on the server of RM_SERVER. Left out: those that are
# about something else than functions, and long.
traced() {
	GOFLAGS="$GOFLAGS -tags=rm_trace" gotest "$1" -count=1 -timeout=20m -run '/mode=portable' \
		-skip '^(TestNoAllocations|TestHugeArgument|TestManyArguments|TestRuntimeVariables|TestMemoryLimits)$' ./rm
	GOFLAGS="$GOFLAGS -tags=rm_trace" gotest "$1, inside" -count=1 -timeout=20m -run '/mode=portable' ./internal/inside
	GOFLAGS="$GOFLAGS -tags=rm_trace" gotest "$1, threads" -count=1 -timeout=20m \
		-run '^(TestThreadSafeContexts|TestLockOnServerThread)$' ./internal/safety
}

step "tests, the default server"
traced "the default server"
for name in ${SERVERS:-redis-trixie valkey-trixie}; do
	step "tests, $name"
	suite=$(go run ./internal/servers list | awk -v n="$name" '$1 == n {print $2; exit}')
	RM_SERVER=$(server_command "$name" "$suite") traced "$name"
done

step "what the tests say"
go run ./internal/coverage -trace "$RM_TRACE_DIR"
