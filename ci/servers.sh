#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Sourced by matrix.sh and arm64.sh: which servers there are, and how to get one.

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
