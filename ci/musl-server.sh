#!/bin/sh
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# The server that ci/musl.sh has built, with modules preloaded: those of its
# configuration file, or with RM_PRELOAD=built all that the test has built.
case ${RM_PRELOAD:-config} in
built) modules=$RM_BUILT ;;
*) modules=$(sed -nE 's/^loadmodule "?([^" ]*).*/\1/p' "$1" 2>/dev/null | sort -u | paste -sd: -) ;;
esac
server=$(cd "$(dirname "$0")/../.servers/musl" && pwd)/redis-server
# env itself, a program of the system, must not be the first to have the variable.
exec env -u RM_BUILT LD_PRELOAD="$modules" "$server" "$@"
