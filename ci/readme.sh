#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Builds the module that README.md shows, so that the first thing people copy works.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
awk '/^```go$/ {on = 1; next} /^```/ {if (on) exit} on' README.md >"$tmp/main.go"
lines=$(wc -l <"$tmp/main.go")
[ "$lines" -ge 5 ] || { echo "README.md shows no module" >&2; exit 1; }
[ "$lines" -le 25 ] || { echo "the module in README.md has $lines lines; 25 is the limit" >&2; exit 1; }
[ -z "$(gofmt -l "$tmp/main.go")" ] || { gofmt -d "$tmp/main.go" >&2; exit 1; }
# The command that is shown behind it: a line of the list of commands, and its function.
awk '/^```go$/ {n++; on = n == 2; next} /^```/ {on = 0} on' README.md >"$tmp/second"
grep -q '^{Name: ' "$tmp/second" || { echo "README.md shows no second command" >&2; exit 1; }
{
	printf 'package main\n\nimport "github.com/iredismodule/redismodule/rm"\n\nvar _ = []rm.Command{\n\t'
	sed '1 s/$/\n}/' "$tmp/second"
} >"$tmp/second.go"
[ -z "$(gofmt -l "$tmp/second.go")" ] || { gofmt -d "$tmp/second.go" >&2; exit 1; }
# As if it were a folder of this module.
printf '{"Replace": {"%s/cmd/readme/main.go": "%s/main.go", "%s/cmd/readme/second.go": "%s/second.go"}}' "$PWD" "$tmp" "$PWD" "$tmp" >"$tmp/overlay.json"
CGO_ENABLED=1 go build -overlay="$tmp/overlay.json" -buildmode=c-shared -o "$tmp/readme.so" ./cmd/readme
