#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs fuzz targets, one after the other. All are run, also behind one that fails.
#
#	FUZZTIME  for how long each: a duration, or a count of new inputs such as 20000x (the default)
#	HOURS     for how long all of them together; instead of FUZZTIME
#	FUZZPKGS  packages, ./... without it
#	FUZZ      a regular expression for names of targets
#
# A count is of inputs beyond the seeds, and begins with the seeds alone, so that it means the same everywhere; what earlier
# runs have found is for durations. What takes longer is executed less often when there is a count: by these factors.
. "$(dirname "$0")/lib.sh"
declare -A slower=([FuzzEntries]=50 [FuzzDifferential]=50 [FuzzCommands]=50 [FuzzLoadArguments]=20 [FuzzCommand]=20 [FuzzCommandInfo]=5 [FuzzTypeTruncated]=5 [FuzzBlocked]=5)

targets=()
for pkg in $(go list ${FUZZPKGS:-./...}); do
	dir=$(go list -f '{{.Dir}}' "$pkg")
	for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$dir"/*_test.go 2>/dev/null | sort); do
		[[ $target =~ ${FUZZ:-.} ]] && targets+=("$pkg $dir $target")
	done
done
n=${#targets[@]}
[ "$n" -gt 0 ] || die "there is no fuzz target ${FUZZ:-} in ${FUZZPKGS:-./...}"

time=${FUZZTIME:-20000x}
if [ -n "${HOURS:-}" ]; then
	time=$(awk -v h="$HOURS" -v n="$n" 'BEGIN {printf "%d", h * 3600 / n}')s
fi
found=$(go env GOCACHE)/fuzz

# fuzz DIR BINARY TARGET TIME CACHE ARGUMENT... runs a target. One worker: the host is one server, and the machine is to be
# shared.
fuzz() {
	local dir=$1 binary=$2 target=$3 time=$4 cache=$5
	shift 5
	(cd "$dir" && exec "$binary" -test.run=NONE "-test.fuzz=^$target\$" "-test.fuzztime=$time" "-test.fuzzcachedir=$cache" -test.parallel=1 -test.timeout=0 "$@") 2>&1
}

# late tells whether a log's one complaint is that the time was over, which Go says now and then of a run that ends by time.
late() {
	! grep -q 'Failing input written' "$1" &&
		[ "$(sed -n '/--- FAIL/,$p' "$1" | grep -vE '^(--- FAIL: .*|FAIL|[[:space:]]*)$' | sort -u)" = "    context deadline exceeded" ]
}

failed=()
built=
for t in "${targets[@]}"; do
	read -r pkg dir target <<<"$t"
	binary=$TMP/fuzz.test
	if [ "$built" != "$pkg" ]; then
		step "$pkg"
		rm -f "$binary"
		go test -c -o "$binary" -fuzz=. "$pkg"
		built=$pkg
	fi
	log=$TMP/log
	if [[ $time =~ ^([0-9]+)x$ ]]; then
		more=$((BASH_REMATCH[1] / ${slower[$target]:-1}))
		cache=$TMP/cache
		rm -rf "$cache"
		# Go counts seeds as executions, and says how many they are. Those of making an input smaller, too: none are.
		seeds=$(fuzz "$dir" "$binary" "$target" 1x "$cache" | sed -nE 's|.*baseline coverage: [0-9]+/([0-9]+) .*|\1|p' | head -n 1) || true
		step "$pkg $target, ${seeds:-0} seeds and $more more"
		args=("$((${seeds:-0} + more))x" "$cache" -test.fuzzminimizetime=0x)
	else
		step "$pkg $target, $time"
		# What is merely new is not made smaller for long, since the paths through a scheduler are never quite the same.
		args=("$time" "$found/$pkg" -test.fuzzminimizetime=1s)
	fi
	rc=0
	fuzz "$dir" "$binary" "$target" "${args[@]}" | tee "$log" || rc=$?
	verdict=ok
	if [ "$rc" -ne 0 ]; then
		if [[ $time != *x ]] && late "$log"; then
			verdict="ok, its time was over"
		else
			verdict=FAIL
			failed+=("$target")
		fi
	fi
	printf '%s %s: %s\n' "$pkg" "$target" "$verdict" >>"$RESULTS"
done
CURRENT="${failed[*]:-}"
[ "${#failed[@]}" -eq 0 ]
