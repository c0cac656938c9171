#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Active defragmentation of data types of both kinds, of what belongs to no key, and beside other work: the tests
# Test...Defrag... of rm, on one server after the other. Those of Debian cannot defragment, so each is built from its source, with the
# allocator that comes with it, once, in .servers/built (4 minutes and 200 MB each).
#
#	BUILDS     suites and packages ("bookworm/redis trixie/valkey sid/valkey sid/redis")
#	RM_SERVER  a server that can defragment, in the place of these
. "$(dirname "$0")/lib.sh"

ci/packages.sh gcc
export RM_REQUIRE_SERVER=1 RM_REQUIRE_DEFRAG=1
failed=""

# defrag NAME runs them on the server of RM_SERVER.
defrag() {
	step "$1"
	gotest "defrag: $1" -count=1 -timeout=30m -run '^Test.*Defrag' -v ./rm || failed+=" $1"
}

if [ -n "${RM_SERVER:-}" ]; then
	defrag "the server at hand"
else
	ci/packages.sh dpkg-source make
	for build in ${BUILDS:-bookworm/redis trixie/valkey sid/valkey sid/redis}; do
		step "the server of $build"
		RM_SERVER=$(go run ./internal/servers build "${build%/*}" "${build#*/}")
		export RM_SERVER
		defrag "$build"
	done
fi
[ -z "$failed" ] || die "failed on:$failed"
