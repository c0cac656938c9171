#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Measures; bench/README.md says how to read it. Raw output stays in bench/out.
#
#	COUNT   runs of each micro benchmark (10)
#	OPS     operations of the server benchmark: names, base, data, all. When it is
#	        given, nothing else is measured (default: base, and all the rest)
#	ROUNDS  rounds of the server benchmark (10)
#	UPDATE  1 writes bench/results/cpu.tsv and docs/BENCHMARKS.md; wants OPS=all and a
#	        quiet machine
#	N, NARRAY, SLICES  its commands per round and the pieces they are cut into
. "$(dirname "$0")/lib.sh"

ci/packages.sh server gcc
out=bench/out
mkdir -p $out

step "building"
${CC:-gcc} -O2 -fPIC -shared -o $out/twin.so bench/native/twin.c
CGO_ENABLED=1 go build -buildmode=c-shared -o $out/go.so ./bench/module
CGO_ENABLED=1 go build -buildmode=c-shared -ldflags "-X main.name=benchp -X main.prefix=p." -o $out/portable.so ./bench/module
chmod +x $out/*.so

if [ -z "${OPS:-}" ]; then
	step "micro benchmarks"
	go test -run=NONE -bench 'Call|Entry' -count "${COUNT:-10}" . | tee $out/micro.txt
fi

step "inside a server"
go run ./bench/server -c $out/twin.so -go $out/go.so -cgo $out/portable.so -cgoargs rm-mode=portable -ops "${OPS:-base}" \
	-n "${N:-1000000}" -narray "${NARRAY:-100000}" -slices "${SLICES:-2}" -rounds "${ROUNDS:-10}" \
	-allocs -o $out/server.txt ${UPDATE:+-table bench/results/cpu.tsv} | tee $out/ratios.txt
[ -z "${UPDATE:-}" ] || go run ./bench/server docs

step "benchstat: inside a server"
go tool benchstat -col /impl $out/server.txt | tee $out/server.stat.txt
[ -z "${OPS:-}" ] || exit 0

step "benchstat: micro benchmarks"
grep -q '^Benchmark' $out/micro.txt || die "there is no benchmark of that name"
go tool benchstat -col /impl $out/micro.txt | tee $out/micro.stat.txt

step "tails: beside 8 busy threads of a module"
go run ./bench/tail -c $out/twin.so -go $out/go.so | tee $out/tail.txt

step "work for the server's thread: Do, and the lock"
go run ./bench/do -c $out/twin.so -go $out/go.so | tee $out/do.txt

step "what the fork protocol adds to a fork"
go run ./bench/fork -go $out/go.so | tee $out/fork.txt
