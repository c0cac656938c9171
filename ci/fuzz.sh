#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs every fuzz target for FUZZTIME (a duration, or a count such as 50000x), one
# after the other. FUZZPKGS limits the packages.
. "$(dirname "$0")/lib.sh"

time=${FUZZTIME:-5m}
ran=0
for pkg in $(go list ${FUZZPKGS:-./...}); do
	dir=$(go list -f '{{.Dir}}' "$pkg")
	for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$dir"/*_test.go 2>/dev/null | sort); do
		step "$pkg $target, $time"
		gotest "$target" -run=NONE -fuzz="^$target\$" -fuzztime="$time" "$pkg"
		ran=$((ran + 1))
	done
done
[ "$ran" -gt 0 ] || die "there is no fuzz target in ${FUZZPKGS:-./...}"
