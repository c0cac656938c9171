#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Counts the instructions of the server benchmark's operations, in C and in Go, and
# compares them with bench/results/instructions.tsv; bench/README.md says how.
#
#	OPS     operations: names, base, data, all, types (all,types)
#	RUNS    how often all is counted (2)
#	UPDATE  1 writes the table and docs/BENCHMARKS.md instead of comparing
#	SAME    1 counts nothing when the table is of other tools
. "$(dirname "$0")/lib.sh"

ci/packages.sh server gcc valgrind callgrind_control
out=bench/out
mkdir -p $out

step "building"
flags=(-O2 -fPIC -shared)
${CC:-gcc} "${flags[@]}" -DNAME='"bench"' -DPREFIX='"x."' -DONLY_OPS=1 -o $out/x-twin.so bench/native/twin.c
${CC:-gcc} "${flags[@]}" -o $out/steady.so bench/native/steady.c
CGO_ENABLED=1 go build -buildmode=c-shared -ldflags "-X main.prefix=x. -X main.only=ops" -o $out/x-go.so ./bench/module
chmod +x $out/x-*.so

step "counting instructions"
flags=()
[ -z "${UPDATE:-}" ] || flags+=(-update)
[ -z "${SAME:-}" ] || flags+=(-same-only)
go run ./bench/server instructions -c $out/x-twin.so -go $out/x-go.so -steady $out/steady.so \
	-ops "${OPS:-all,types}" -runs "${RUNS:-2}" -table bench/results/instructions.tsv -profile $out/instructions.profile.txt "${flags[@]}"

if [ -n "${UPDATE:-}" ]; then
	step "docs/BENCHMARKS.md"
	go run ./bench/server docs
fi
