#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Measures; bench/README.md says how to read it. All lines are in bench/out/bench.txt.
#
#	QUICK   1 takes three minutes instead of fifteen; the figures are for a first look
#	PARTS   of: server scale micro latency queue fork values (all)
#	OPS     operations of the server part: names, base, data, limiter, all (all). When it is
#	        given, nothing else is measured
#	UPDATE  1 makes the results those of the repository: bench/results/bench.txt, where parts that
#	        were not measured now stay, docs/BENCHMARKS.md with its plots, the table in README.md. It
#	        wants a quiet machine
#	ROUNDS  the rounds of every part: samples for make bench-compare
#	N, NARRAY, SLICES  the commands of the server part per round, and the pieces they are cut into
. "$(dirname "$0")/lib.sh"

ALL="server scale micro latency queue fork values"
[ -z "${OPS:-}" ] || PARTS=server
parts=${PARTS:-$ALL}
if [ -n "${UPDATE:-}" ] && [ -n "${QUICK:-}${OPS:-}${N:-}${NARRAY:-}${SLICES:-}${ROUNDS:-}" ]; then
	die "UPDATE=1 publishes full measures: not with QUICK, OPS, N, NARRAY, SLICES or ROUNDS"
fi

ci/packages.sh server gcc
out=bench/out
mkdir -p $out
twin=$out/twin.so go=$out/go.so portable=$out/portable.so

step "building"
${CC:-gcc} -O2 -fPIC -shared -o $twin bench/native/twin.c
CGO_ENABLED=1 go build -buildmode=c-shared -o $go ./bench/module
CGO_ENABLED=1 go build -buildmode=c-shared -ldflags "-X main.name=benchp -X main.prefix=p." -o $portable ./bench/module
chmod +x $out/*.so
for program in server latency queue fork values; do go build -o $out/ ./bench/$program; done

# in_server OPS N NARRAY SLICES ROUNDS FLAGS... runs bench/server.
in_server() {
	$out/server -c $twin -go $go -cgo $portable -cgoargs rm-mode=portable \
		-ops "$1" -n "$2" -narray "$3" -slices "$4" -rounds "$5" -o $out/part.txt "${@:6}"
}

# The parts, each in the full and in the quick measure; what is measured goes to part.txt.
# full FULL QUICK prints one of them.
full() { if [ -z "${QUICK:-}" ]; then echo "$1"; else echo "$2"; fi; }
rounds() { echo "${ROUNDS:-$(full "$1" "$2")}"; }

part_server() {
	in_server "${OPS:-all}" "${N:-$(full 90000 50000)}" "${NARRAY:-$(full 12000 7000)}" "${SLICES:-1}" \
		"$(rounds 5 3)" -allocs | tee $out/ratios.txt
}

part_scale() {
	in_server scale "$(full 100000 20000)" "$(full 50000 5000)" 1 "$(rounds 3 1)" >>$out/ratios.txt
}

part_micro() {
	go test -run=NONE -bench 'Call|Entry' -count "$(rounds 5 2)" -benchtime "$(full 1s 300ms)" . >$out/part.txt
	grep -q '^Benchmark' $out/part.txt || die "there is no benchmark of that name"
}

part_latency() { $out/latency -c $twin -go $go -rounds "$(rounds 3 1)" -each "$(full 500ms 150ms)" >$out/part.txt; }

part_queue() { $out/queue -c $twin -go $go -rounds "$(rounds 3 1)" -cycles "$(full 20000 4000)" >$out/part.txt; }

part_fork() { $out/fork -go $go -rounds "$(rounds 5 1)" -saves "$(full 10 5)" >$out/part.txt; }

part_values() { $out/values -c $twin -go $go -rounds "$(rounds 2 1)" -n "$(full 1000,10000,100000,1000000 1000,100000)" >$out/part.txt; }

# block PART FILE prints the part's block of a file of results.
block() { awk -v p="$1" '/^part: / {now = $2} now == p' "$2"; }

: >$out/bench.txt
: >$out/ratios.txt
for part in $parts; do
	step "$part"
	{ echo "part: $part" && $out/server header; } >>$out/bench.txt
	part_$part
	grep '^Benchmark' $out/part.txt >>$out/bench.txt
done
rm $out/part.txt

step "benchstat"
go tool benchstat -col /impl $out/bench.txt >$out/bench.stat.txt
echo "$out/bench.txt, $out/bench.stat.txt and $out/ratios.txt are written"
if [ -n "${QUICK:-}" ] && [ "${ROUNDS:-1}" -lt 4 ]; then
	echo "too few samples for make bench-compare to call a difference significant: that takes ROUNDS=4, an interval ROUNDS=6"
fi
[ -n "${UPDATE:-}" ] || exit 0

step "bench/results, docs/BENCHMARKS.md, README.md"
touch bench/results/bench.txt
for part in $ALL; do
	if [[ " $parts " == *" $part "* ]]; then block "$part" $out/bench.txt; else block "$part" bench/results/bench.txt; fi
done >$TMP/bench.txt
cp $TMP/bench.txt bench/results/bench.txt
go run ./bench/server docs
(cd bench/report && go run .)
