#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Tortures servers, one after the other; see internal/torture.
#
#	SERVERS   names from "make servers", or "all" (the server of RM_SERVER or of PATH)
#	MINUTES   for each server (4)
#	SEED      of the random choices (the time)
#	WITHOUT   operations that are left out
. "$(dirname "$0")/lib.sh"
. ci/servers.sh

ci/packages.sh gcc
seed=${SEED:-$(date +%s)}
failed=""

# torture NAME runs against the server of RM_SERVER.
torture() {
	step "$1"
	"$TMP/torture" -minutes "${MINUTES:-4}" -seed "$seed" -without "${WITHOUT:-}" || failed+=" $1"
}

go build -o "$TMP/torture" ./internal/torture
each_server torture
[ -z "$failed" ] || die "failed on:$failed"
