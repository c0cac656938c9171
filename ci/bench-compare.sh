#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Compares two results by benchstat, and says what the comparison cannot tell. Both should have
# been measured on the same quiet machine.
#
#	BASE  a file, or a commit, whose bench/results/bench.txt it is
#	NEW   a file (bench/out/bench.txt, what make bench has written)
. "$(dirname "$0")/lib.sh"

[ -n "${BASE:-}" ] || die "BASE= names a file of results or a commit"
new=${NEW:-bench/out/bench.txt}
[ -f "$new" ] || die "there is no $new: run make bench, or name a file with NEW="
if [ -f "$BASE" ]; then
	cp "$BASE" "$TMP/base"
else
	git show "$BASE:bench/results/bench.txt" >"$TMP/base" 2>"$TMP/git" ||
		die "$BASE is no file, and no commit with bench/results/bench.txt: $(cat "$TMP/git")"
fi
cp "$new" "$TMP/new"

# lines FILE prints what is compared: machine, server and name of each line of results.
lines() { awk '/^machine: / {m = $0} /^server: / {s = $0} /^Benchmark/ {print m "; " s "\t" $1}' "$1"; }

# about FILE prints on which machines and servers it was measured.
about() { lines "$1" | cut -f 1 | sort -u | paste -s -d '|' | sed 's/|/ | /g'; }

for side in base new; do
	lines $TMP/$side >"$TMP/$side.lines"
	[ -s "$TMP/$side.lines" ] || die "there are no results in $([ $side = base ] && echo "$BASE" || echo "$new")"
done
if [ -z "$(comm -12 <(sort -u "$TMP/base.lines") <(sort -u "$TMP/new.lines"))" ]; then
	die "there is nothing to compare: no benchmark is in both with the same machine and server
base: $(about "$TMP/base")
new:  $(about "$TMP/new")
Measure the base on this machine, and name that file: bench/README.md."
fi

go tool benchstat -table machine,server -ignore part,commit,date,load,go,cc,kernel,goos,goarch base="$TMP/base" new="$TMP/new" |
	tee "$TMP/table"

# What a reader of the table must know. For each family it is about the name with the fewest samples.
step "what it can tell"
awk '
	# least returns the smallest p that n and m samples can have: two of all ways to mix them.
	function least(n, m,  i, ways) {
		ways = 1
		for (i = 1; i <= m; i++) ways = ways * (n + i) / i
		return 2 / ways
	}
	FNR == NR {base[$0]++; next}
	{now[$0]++}
	END {
		for (line in now) {
			if (!(line in base)) {only_new++; continue}
			family = line
			sub(/.*\tBenchmark/, "", family)
			sub(/\/.*/, "", family)
			p = least(base[line], now[line])
			if (!(family in worst) || p > worst[family]) {worst[family] = p; n[family] = base[line]; m[family] = now[line]}
		}
		for (line in base) if (!(line in now)) only_base++
		for (family in worst) {
			text = family ": " n[family] " and " m[family] " samples"
			if (worst[family] >= 0.05) print text ": no difference is called significant (all are ~), however large; 4 on each side are enough"
			else if (n[family] < 6 || m[family] < 6) print text ": no interval (± ∞); 6 on each side give one"
		}
		if (only_base) print "benchmarks in the base only: " only_base
		if (only_new) print "benchmarks in the new results only: " only_new
	}' "$TMP/base.lines" "$TMP/new.lines" | sort
rows=$(grep -c '(p=' "$TMP/table" || true)
differ=$(grep -c '[-+][0-9.]*% (p=' "$TMP/table" || true)
echo "$differ of $rows figures differ significantly (p < 0.05); where nothing has changed one in 20 does, by chance"
