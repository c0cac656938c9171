#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Sourced by matrix.sh, arm64.sh, races.sh and torture.sh: which servers there are, and how to get one.

# servers_for CPU lists the servers of a CPU that load Go modules: "name suite
# version". Bullseye's C library is too old for a module built on bookworm.
servers_for() {
	go run ./internal/servers list | awk -v cpu="$1" 'NR > 1 && $3 == cpu && $2 != "bullseye" {print $1, $2, $4}'
}

# server_command NAME SUITE prints what RM_SERVER must be, after fetching it if need be.
server_command() {
	go run ./internal/servers fetch "$2" >&2
	go run ./internal/servers path "$1"
}

# each_server FUNCTION runs it with a name for each server of SERVERS ("all", or names), whose
# command is RM_SERVER then; without SERVERS for the server at hand.
each_server() {
	local all names name suite
	if [ -z "${SERVERS:-}" ]; then
		[ -n "${RM_SERVER:-}" ] || ci/packages.sh server
		"$1" "the server at hand"
		return
	fi
	all=$(servers_for "$(go env GOHOSTARCH)")
	names=$SERVERS
	[ "$names" != all ] || names=$(awk '{print $1}' <<<"$all")
	for name in $names; do
		suite=$(awk -v n="$name" '$1 == n {print $2}' <<<"$all")
		[ -n "$suite" ] || die "no server $name for this CPU; there are: $(awk '{print $1}' <<<"$all" | xargs)"
		RM_SERVER=$(server_command "$name" "$suite")
		export RM_SERVER
		"$1" "$name"
	done
}
