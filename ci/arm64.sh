#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# The arm64 half under emulation: the call layer's tests, then the server tests on
# emulated servers with modules built for arm64.
#
#	SERVERS       names from "make servers" (redis-bookworm-arm64 redis-trixie-arm64)
#	RM_TEST_SLOW  factor for all time-outs (10)
. "$(dirname "$0")/lib.sh"
. ci/servers.sh

step "programs that the tests need"
ci/packages.sh gcc aarch64-linux-gnu-gcc qemu-aarch64

step "call layer"
GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc \
	gotest "call layer" -count=1 -timeout=30m -exec "qemu-aarch64 -L /usr/aarch64-linux-gnu" .

export RM_REQUIRE_SERVER=1 RM_TEST_SLOW=${RM_TEST_SLOW:-10}
failed=""
for name in ${SERVERS:-redis-bookworm-arm64 redis-trixie-arm64}; do
	step "$name"
	suite=$(servers_for arm64 | awk -v n="$name" '$1 == n {print $2}')
	[ -n "$suite" ] || die "no server $name for arm64"
	server=$(server_command "$name" "$suite")
	# The test runs natively; what it builds and starts is for arm64.
	RM_SERVER=$server gotest "$name" -count=1 -timeout=60m \
		-exec "env GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc" ./rm ./internal/inside || failed+=" $name"
done
CURRENT="servers:$failed"
[ -z "$failed" ]
