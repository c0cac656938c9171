#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# The server tests on musl, the C library of Alpine: a server built from Debian's
# source package with musl-gcc, and modules built with it, which are preloaded.
#
#	SHORT=1  a few tests only, as in "make test"
. "$(dirname "$0")/lib.sh"
. ci/musl-lib.sh

step "programs that the tests need"
ci/packages.sh gcc musl-gcc dpkg-source make

step "the server"
musl_server
"$MUSL/redis-server" --version

step "tests"
if [ -n "${SHORT:-}" ]; then
	musl_short
else
	musl_all
fi
