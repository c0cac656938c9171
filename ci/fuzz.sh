#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs fuzz targets, one after the other.
#
#	FUZZTIME  for how long each: a duration, or a count such as 20000x (the default)
#	HOURS     for how long all of them together; instead of FUZZTIME
#	FUZZPKGS  packages, ./... without it
#	FUZZ      a regular expression for names of targets
#
# What takes longer is executed less often when there is a count: by these factors.
. "$(dirname "$0")/lib.sh"
declare -A slower=([FuzzEntries]=50 [FuzzDifferential]=50 [FuzzCommands]=50 [FuzzLoadArguments]=20 [FuzzCommand]=20 [FuzzTypeTruncated]=5 [FuzzBlocked]=5)

targets=()
for pkg in $(go list ${FUZZPKGS:-./...}); do
	dir=$(go list -f '{{.Dir}}' "$pkg")
	for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$dir"/*_test.go 2>/dev/null | sort); do
		[[ $target =~ ${FUZZ:-.} ]] && targets+=("$pkg $target")
	done
done
n=${#targets[@]}
[ "$n" -gt 0 ] || die "there is no fuzz target ${FUZZ:-} in ${FUZZPKGS:-./...}"

time=${FUZZTIME:-20000x}
if [ -n "${HOURS:-}" ]; then
	time=$(awk -v h="$HOURS" -v n="$n" 'BEGIN {printf "%d", h * 3600 / n}')s
fi
for t in "${targets[@]}"; do
	pkg=${t% *} target=${t#* }
	this=$time
	if [[ $time =~ ^([0-9]+)x$ ]]; then this=$((BASH_REMATCH[1] / ${slower[$target]:-1}))x; fi
	step "$pkg $target, $this"
	# One worker: the host is one server, and the machine is to be shared. What is merely new is not made
	# smaller for long, since the paths through a scheduler are never quite the same.
	gotest "$target" -run=NONE -fuzz="^$target\$" -fuzztime="$this" -fuzzminimizetime=1s -parallel=1 "$pkg"
done
