#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# The servers' own tests of the module API, with modules in Go; see internal/moduleapi.
#
#	UNITS    "list hash" (all)
#	SERVERS  "redis-7.0.15 valkey-9.1.2" (all)
#	MODES    "resident" (both)
#	TAGS     build tags of the modules, "rm_debug"
#	VERBOSE  anything: show what the suite says
. "$(dirname "$0")/lib.sh"

ci/packages.sh gcc dpkg-source make tclsh
step "the suite, with C and with Go"
go run ./internal/moduleapi -units "${UNITS:-}" -servers "${SERVERS:-}" -modes "${MODES:-}" -tags "${TAGS:-}" ${VERBOSE:+-v}
