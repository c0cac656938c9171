#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Compares two results by benchstat. Both should have been measured on the same quiet machine.
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
	git show "$BASE:bench/results/bench.txt" >"$TMP/base" || die "$BASE is no file, and no commit with bench/results/bench.txt"
fi
cp "$new" "$TMP/new"
go tool benchstat -table machine,server -ignore part,commit,date,load,go,cc,kernel,goos,goarch base="$TMP/base" new="$TMP/new"
