#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Rules that no other tool checks. Prints what breaks them and fails.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."

broken=$(mktemp)
trap 'rm -f "$broken"' EXIT
# report RULE reads offending lines and fails the run if there are any.
report() {
	local lines
	lines=$(cat)
	if [ -n "$lines" ]; then
		printf 'lint: %s\n%s\n' "$1" "$lines" >&2
		echo "$1" >>"$broken"
	fi
}

# All files of the project: what git knows, and what it would take, or without git
# what is there.
if ! files=$(git ls-files --cached --others --exclude-standard 2>/dev/null) || [ -z "$files" ]; then
	files=$(find . \( -name .git -o -name .servers -o -path ./bench/out \) -prune -o -type f -print | sed 's,^\./,,')
fi
files=$(printf '%s\n' "$files" | sort -u | while read -r f; do [ ! -f "$f" ] || echo "$f"; done)
source=$(grep -E '\.(go|s|c|h)$' <<<"$files")
go=$(grep -E '\.go$' <<<"$files")
asm=$(grep -E '\.s$' <<<"$files")

# scan PATTERN FILES... is grep -nE that finds nothing without an error.
scan() { grep -nE -- "$1" $2 /dev/null || true; }

scan '^[[:space:]]*// (go:[a-z]|export [A-Za-z])' "$go" |
	report 'a compiler directive has no space behind //; with one it does nothing'

scan '^// \+build' "$go" | report 'build constraints are //go:build lines'

for f in $source; do
	top=$(head -n 3 "$f")
	[[ $top == *"// SPDX-FileCopyrightText: The redismodule authors"* && $top == *"// SPDX-License-Identifier: BSD-3-Clause"* ]] || echo "$f"
done | report 'the two SPDX lines are missing at the top'

for f in $(grep -E "\\.sh\$" <<<"$files"); do
	[[ $(head -n 3 "$f") == *"# SPDX-License-Identifier: BSD-3-Clause"* ]] || echo "$f"
done | report 'the two SPDX lines are missing at the top'

scan '\.New(Command|Child|Save)?Callback\(' "$(grep -E '^rm/[^/]*\.go$' <<<"$go" | grep -vE '_test\.go$|^rm/(command|kernel_kind)\.go$')" |
	report 'package rm gives the server callbacks by kinds, which log what fails (rm/kernel_kind.go)'

text=$(grep -vE '(^|/)testdata/fuzz/|^ci/lint\.sh$|^go\.sum$' <<<"$files")
scan '\b(TODO|FIXME)\b' "$text" | report 'do it, or open an issue'
scan '(^|[^A-Za-z0-9_.])/(work|root|home)/' "$text" | report 'a path of somebody'"'"'s machine'

# Only symbols that the runtime publishes for linkname, on every supported release.
allowed='runtime\.(cgocall|entersyscall|entersyscallblock|exitsyscall|procPin|procUnpin)'
# internal/core reaches the root package's unexported functions; see its doc.go.
friends='internal/core/core\.go:[0-9]+://go:linkname [A-Za-z]+ github\.com/iredismodule/redismodule\.[a-zA-Z]+'
scan '^//go:linkname' "$go" | { grep -vE "//go:linkname [A-Za-z0-9_]+ $allowed\$|^$friends\$" || true; } |
	report 'a linkname outside the list in ci/lint.sh'

# In assembly: our own symbols, and crosscall2. The linker of Go 1.27 refuses most
# symbols of the runtime. The letter in front of our symbols is a middle dot.
for f in $asm; do
	# Numbered; comments and strings are dropped.
	sed -E 's,//.*,,; s,"[^"]*",,g' "$f" | grep -nE '[A-Za-z0-9_)]·' | sed "s,^,$f:,"
	sed -E 's,//.*,,; s,"[^"]*",,g
		s,·[A-Za-z0-9_]+(\+[A-Za-z0-9_]+)?\(SB\),,g
		s,[A-Za-z0-9_]+<>(\+[A-Za-z0-9_]+)?\(SB\),,g
		s,(^|[^A-Za-z0-9_])crosscall2\(SB\),,g' "$f" | grep -nF '(SB)' | sed "s,^,$f:,"
done | report 'assembly refers to a symbol that is not ours, and is not crosscall2' || true

git grep -nE '^(<<<<<<<|>>>>>>>) ' -- . 2>/dev/null | report 'a conflict of a merge is not resolved' || true

# What an importer of the libraries inherits is the standard library alone, and nothing
# that is there for tests.
module=$(go list -m)
go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' . ./rm ./unsafeconv ./internal/cgate ./internal/core ./internal/edge ./internal/queue ./internal/seat |
	{ grep -vE "^$module(/rm|/unsafeconv|/internal/[a-z]+)?\$" || true; } |
	report 'a library package depends on something outside the standard library, or on what is for tests'
go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' ./rmtest/inside |
	{ grep -vE "^$module(/rm|/unsafeconv|/internal/(cgate|core|edge|queue|seat)|/rmtest/inside|/rmtest/internal/report)?\$" || true; } |
	report 'rmtest/inside, which is linked into modules, depends on more than rm and the standard library'

# What importers of rm inherit, at whatever distance, is the standard library. What only tests
# and tools need stays out of their builds.
own=$(go list .)
for p in ./rm ./unsafeconv .; do
	CGO_ENABLED=1 go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' "$p" | grep -vE "^$own(/|\$)" | sed "s,^,$p inherits ," || true
done | report 'importers would inherit something outside the standard library'

[ ! -s "$broken" ]
