#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Races for the answers of blocked clients, also while roles and slots change, on one server after the other; see
# rm/block_races_test.go.
#
#	SERVERS       names from "make servers", or "all" (the server of RM_SERVER or of PATH)
#	RACE_SECONDS  for each mode (120)
. "$(dirname "$0")/lib.sh"
. ci/servers.sh

ci/packages.sh gcc
export RM_REQUIRE_SERVER=1 RM_RACE_SECONDS=${RACE_SECONDS:-120}
failed=""

# races NAME runs them on the server of RM_SERVER.
races() {
	step "$1"
	gotest "races: $1" -count=1 -timeout=60m -run '^TestBlockRaces' -v ./rm || failed+=" $1"
}

each_server races
[ -z "$failed" ] || die "failed on:$failed"
