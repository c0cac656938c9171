#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Races for the answers of blocked clients, on one server after the other; see
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
	gotest "races: $1" -count=1 -timeout=60m -run '^TestBlockRaces$' -v ./rm || failed+=" $1"
}

if [ -z "${SERVERS:-}" ]; then
	[ -n "${RM_SERVER:-}" ] || ci/packages.sh server
	races "the server at hand"
else
	all=$(servers_for "$(go env GOHOSTARCH)")
	names=$SERVERS
	[ "$names" != all ] || names=$(awk '{print $1}' <<<"$all")
	for name in $names; do
		suite=$(awk -v n="$name" '$1 == n {print $2}' <<<"$all")
		[ -n "$suite" ] || die "no server $name for this CPU; there are: $(awk '{print $1}' <<<"$all" | xargs)"
		RM_SERVER=$(server_command "$name" "$suite")
		export RM_SERVER
		races "$name"
	done
fi
[ -z "$failed" ] || die "failed on:$failed"
