#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Sourced by musl.sh and test.sh: a server on musl, and the tests that make sense there.

MUSL=$PWD/.servers/musl

# musl_compiler writes the compiler's command: musl-gcc, and behind musl's headers
# those of the kernel.
musl_compiler() {
	mkdir -p "$MUSL/kernel"
	local triplet
	triplet=$(gcc -print-multiarch)
	ln -sfn /usr/include/linux "$MUSL/kernel/linux"
	ln -sfn /usr/include/asm-generic "$MUSL/kernel/asm-generic"
	ln -sfn "/usr/include/$triplet/asm" "$MUSL/kernel/asm"
	printf '#!/bin/sh\nexec musl-gcc -idirafter "%s" "$@"\n' "$MUSL/kernel" >"$MUSL/cc"
	chmod +x "$MUSL/cc"
}

# musl_server builds the server, once.
musl_server() {
	musl_compiler
	[ -x "$MUSL/redis-server" ] && return
	rm -rf "$MUSL/source"
	go run ./internal/servers source bookworm redis "$MUSL/source"
	make -s -j"$(nproc)" -C "$MUSL/source/src" CC="$MUSL/cc" MALLOC=libc USE_SYSTEMD=no OPT=-O1 redis-server >"$TMP/make" 2>&1 ||
		{ tail -n 50 "$TMP/make"; die "the server could not be built"; }
	for tool in redis-check-rdb redis-check-aof redis-server; do # one program under three names
		cp "$MUSL/source/src/redis-server" "$MUSL/$tool"
	done
	rm -rf "$MUSL/source"
}

# musl_test LABEL PRELOAD ARGUMENT... runs tests on it.
musl_test() {
	local label=$1 preload=$2
	shift 2
	RM_REQUIRE_SERVER=1 RM_SERVER=$PWD/ci/musl-server.sh RM_PRELOAD=$preload \
		gotest "$label" -count=1 -timeout=20m -exec "env CC=$MUSL/cc CGO_ENABLED=1" "$@"
}

# What does not run there, and why:
#
#	TestForeignRuntime   a plain Go library cannot be loaded there
#	TestClosedStreams    starts a server by itself, without the module preloaded
#	TestNoAddressSpace   the launcher itself has no room there
#	TestWatchdog         the server has no backtrace on musl, and no stack in its report
#	TestStartAtLoad      Go cannot start among the initialisers there
#	TestUnit, TestUnitKills, TestNiceUnderFilter, TestNoThreads
#	                     Debian's service files are about Debian's servers
MUSL_WITHOUT='TestClosedStreams|TestForeignRuntime|TestWatchdog|TestStartAtLoad|TestUnit|TestUnitKills|TestNiceUnderFilter|TestNoThreads'

# Tests whose server starts programs of the system, or is started in another way, have
# only those modules preloaded that the server loads at its start.
MUSL_CONFIG='TestDaemon|TestDaemonEnvironment|TestTurns|TestCoverage'

musl_all() {
	musl_test "musl, rm" built ./rm
	musl_test "musl, safety" built ./internal/safety -skip "^($MUSL_WITHOUT|$MUSL_CONFIG|TestNoAddressSpace)\$"
	musl_test "musl, safety, loaded at start" config ./internal/safety -run "^($MUSL_CONFIG)\$"
}

musl_short() {
	musl_test "musl, rm" built ./rm -run '^(TestTwoModules|TestEnvironment|TestRuntimeVariables|TestStrings)$'
	musl_test "musl, safety" built ./internal/safety \
		-run '^(TestStart|TestPanicsAreReplies|TestCrashReports|TestCrashOnGoroutine|TestUnloadRefused)$'
	musl_test "musl, safety, loaded at start" config ./internal/safety -run '^(TestDaemonEnvironment)$'
}
