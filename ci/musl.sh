#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# The server tests on musl, the C library of Alpine: builds a server from Debian's
# source package with musl-gcc, and modules with it, and preloads them.
#
#	SHORT=1  a few tests only
. "$(dirname "$0")/lib.sh"
. ci/musl-lib.sh

step "programs that the tests need"
ci/packages.sh gcc musl-gcc dpkg-source make

step "the server"
musl_server
"$MUSL/redis-server" --version

step "tests"
musl_tests "${SHORT:-}"
