#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Everything that must hold before a change goes in, in parts; see the Makefile.
#
#	PART  names of parts, all without it; "list" shows them
. "$(dirname "$0")/lib.sh"
. ci/servers.sh
. ci/musl-lib.sh

host=$(go env GOARCH 2>/dev/null || true)
amd64() { [ "$host" = amd64 ]; }

# What a server's tests need, and shorter than by default: the loads of internal/safety
# run in both modes, and again on other servers.
export RM_REQUIRE_SERVER=1
export RM_LOAD_SECONDS=${RM_LOAD_SECONDS:-2}

# with_tag TAG COMMAND... runs a command with a build tag, and so what it builds.
with_tag() { GOFLAGS="$GOFLAGS -tags=$1" "${@:2}"; }

# The parts, in their order: a function part_NAME for each, and what it is.
PARTS='
format      gofmt
lint        the rules of ci/lint.sh
generated   generated code is current
vet         go vet, with tags and for arm64
staticcheck staticcheck
debug       tag rm_debug: vet, staticcheck, tests without a server and in the server
builds      builds for other platforms, without cgo
readme      the module in README.md
report      bench/report, which is a module of its own
cross       the assembly and a module for arm64
tests       all tests
fetch       servers of other Debian releases
servers     in the server, on Redis and Valkey of other releases
valkey      package rm on Valkey
defrag      active defragmentation, on a server that is built for it
forks       forks and crashes on Valkey
musl        musl, a little
race        race detector
plain       call layer without optimisation and inlining
marks       the collector checks its marks
portable    tag rm_portable
noasm       tag rm_noasm: the library without assembly
asan        address sanitizer over the C of internal/cgate
arm64       call layer on arm64, emulated
fuzz        fuzzing, a little
instructions instructions of the benchmark operations against the table
demo        the demo
'

part_format() {
	local badly
	badly=$(gofmt -l $(go list -f '{{.Dir}}' ./...))
	[ -z "$badly" ] || die "gofmt would change: $badly"
}

part_lint() { ci/lint.sh; }

part_generated() {
	local generated
	generated=(zapi_*.go rm/zenums.go internal/*/z*.go internal/*/z*.h docs/API_COVERAGE.md)
	mkdir "$TMP/before" "$TMP/after"
	cp --parents "${generated[@]}" "$TMP/before/"
	go generate . ./rm
	cp --parents "${generated[@]}" "$TMP/after/"
	diff -r "$TMP/before" "$TMP/after" || die "the generated files were not current; they are now"
	if [ -n "${CI:-}" ] && git rev-parse HEAD >/dev/null 2>&1; then
		git diff --exit-code -- "${generated[@]}"
	fi
}

part_vet() {
	go vet ./...
	go vet -tags rm_trace .
	go vet -tags rm_noasm ./...
	GOARCH=arm64 CGO_ENABLED=0 go vet ./...
}

part_staticcheck() {
	# It does not read assembly, and takes what only that uses for unused.
	go tool staticcheck -checks inherit,-U1000 .
	go tool staticcheck $(go list ./... | grep -v "^$(go list .)\$")
}

# Package misuse builds its module with the tag by itself. The tests of rm are some that need no
# server and misuse nothing on purpose.
part_debug() {
	go vet -tags rm_debug ./...
	go tool staticcheck -tags rm_debug ./rm ./rmtest/... ./internal/inside ./internal/misuse
	with_tag rm_debug gotest "tag rm_debug, without a server" -count=1 -timeout=2m \
		-run '^Test(Command.*|ModuleCheck|ParamsCheck|ParamValues|Texts|Errors|Table|ZeroReply|ContextString|AutoMemoryOutside|ReplyMistakes|ReplyMayGoOn|ReplyGoroutines|ReplyOfMuch|LentKey)$' ./rm
	with_tag rm_debug gotest "tag rm_debug, in the server" -count=1 -timeout=5m ./internal/inside ./internal/misuse
}

part_builds() {
	local p
	# Part vet compiles all the rest for them.
	for p in linux/amd64 linux/arm64; do
		echo "$p"
		GOOS=${p%/*} GOARCH=${p#*/} CGO_ENABLED=0 go build . ./rm ./rmtest/... ./cmd/... ./examples/...
	done
	for p in darwin/arm64 freebsd/amd64; do
		echo "$p: the library"
		GOOS=${p%/*} GOARCH=${p#*/} CGO_ENABLED=0 go build . ./rm ./unsafeconv ./internal/cgate ./examples/...
	done
}

part_readme() { ci/readme.sh; }

part_report() {
	local staticcheck
	staticcheck=$(go tool -n staticcheck)
	(
		cd bench/report
		[ -z "$(gofmt -l .)" ] || die "gofmt would change: $(gofmt -l .)"
		go vet ./...
		"$staticcheck" ./...
		gotest "bench/report" -count=1 ./...
	)
}

part_cross() {
	amd64 || return 0
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go vet .
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go build -buildmode=c-shared -o "$TMP/arm64.so" ./examples/hello
}

# longest_first prints the packages of ./... with those first that take longest: two run at
# a time, and one that begins last would run alone.
longest_first() {
	local long=(./internal/safety ./rm ./internal/inside)
	go list "${long[@]}"
	go list ./... | grep -vxF "$(go list "${long[@]}")"
}

part_tests() { gotest "all tests" -count=1 -timeout=20m $(longest_first); }

# Those that run beside each other find them there.
part_fetch() {
	amd64 || return 0
	server_command valkey-trixie trixie
	server_command valkey-sid sid || echo "valkey-sid cannot be fetched: its tests are left out"
}

part_servers() {
	amd64 || return 0
	# One of Redis and one of Valkey. All packages on all servers, and the long ones of
	# internal/safety, are make matrix.
	RM_SERVER=$(server_command redis-trixie trixie) gotest redis-trixie -count=1 -timeout=20m ./internal/inside ./internal/smoke ./internal/torture
	RM_SERVER=$(server_command valkey-trixie trixie) gotest "valkey-trixie, inside" -count=1 -timeout=20m ./internal/inside ./internal/smoke
	# What Valkey has since 9.1 alone. Sid moves on, and may not be there to fetch.
	local command
	if command=$(server_command valkey-sid sid); then
		RM_SERVER=$command gotest valkey-sid -count=1 -timeout=5m -run '^Test(BlockAtomicMigration|BlockHiddenKeys|Filter|Hold.*)$' ./rm
	fi
}

# Alone: it watches how long the server takes.
part_forks() {
	amd64 || return 0
	RM_LOAD_SECONDS=1 RM_SERVER=$(server_command valkey-trixie trixie) gotest "valkey-trixie, forks and crashes" -count=1 -timeout=20m \
		-run '^Test(Saves|AOF|FullSync|Fork|Reload|CrashReports|CommandBehindPause|UnloadRefused)$' ./internal/safety
}

# In one mode: its tests take minutes.
part_valkey() {
	amd64 || return 0
	RM_LOAD_SECONDS=1 RM_SERVER=$(server_command valkey-trixie trixie) gotest valkey-trixie -count=1 -timeout=20m -skip '/mode=portable' ./rm
}

# Debian's servers cannot defragment. All four that can be built are make defrag.
part_defrag() {
	amd64 || return 0
	local command
	if command=$(go run ./internal/servers build trixie valkey); then
		RM_SERVER=$command ci/defrag.sh
	else
		echo "valkey of trixie cannot be built: the tests of defragmentation are left out"
	fi
}

part_musl() {
	musl_server
	musl_short
}

part_race() { gotest "race detector" -count=1 -race . ./unsafeconv; }

part_plain() { gotest "without optimisation and inlining" -count=1 -gcflags='all=-N -l' .; }

part_marks() { GODEBUG=gccheckmark=1 gotest "the collector checks its marks" -count=1 .; }

# portable_tests TAG PACKAGE... runs server tests of a build that has the portable mode alone.
portable_tests() {
	with_tag "$1" gotest "tag $1, servers" -count=1 -timeout=20m -run "$FEW_TESTS/mode=portable" "${@:2}"
}

# A few of each area: mode portable of the ordinary build runs them all. Without assembly a call's
# frame is on the heap, and runtime.Goexit cannot be answered, so tests of these are not among them.
FEW_TESTS='^Test(Inside|Args|Strings|Arity|Replies|TwoReplies|Call(Arguments|Errors|ReplyTypes)|Errno|Promise|Reload|Reply(Programs|Slices)|StringKeys|WithoutCommand)$'

part_portable() {
	with_tag rm_portable gotest "tag rm_portable" -count=1 .
	portable_tests rm_portable ./rm
	CGO_ENABLED=0 go run ./cmd/demo -tags rm_portable -expect portable >"$TMP/demo" || { cat "$TMP/demo"; die "the demo failed"; }
}

part_noasm() {
	portable_tests rm_noasm ./rm
	CGO_ENABLED=0 go run ./cmd/demo -tags rm_noasm -expect portable >"$TMP/demo" || { cat "$TMP/demo"; die "the demo failed"; }
}

# The C of internal/cgate that is loops and calls, driven without Go.
part_asan() {
	local c=internal/cgate
	"${CC:-gcc}" -std=gnu11 -g -O1 -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all \
		-o "$TMP/drive" $c/testdata/drive.c $c/testdata/drive_structs.c $c/batch.c $c/replay.c $c/slices.c $c/call.c $c/structs.c
	"$TMP/drive"
}

part_arm64() {
	amd64 || return 0
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc \
		gotest "arm64, emulated" -count=1 -timeout=20m -exec "qemu-aarch64 -L /usr/aarch64-linux-gnu" .
}

part_fuzz() {
	FUZZTIME=${FUZZTIME:-5000x} FUZZPKGS=". ./fuzz ./rm" ci/fuzz.sh
	gotest "fuzz targets, checkptr" -count=1 -gcflags=all=-d=checkptr ./fuzz
	gotest "fuzz targets, address sanitizer" -count=1 -asan ./fuzz
}

part_instructions() { SAME=1 RUNS=1 ci/instructions.sh; }

part_demo() { CGO_ENABLED=0 go run ./cmd/demo; }

names() { awk 'NF {print $1}' <<<"$PARTS"; }
text_of() { awk -v n="$1" '$1 == n {$1 = ""; print substr($0, 2)}' <<<"$PARTS"; }

wanted=${PART:-$(names)}
if [ "$wanted" = list ]; then
	trap - EXIT
	rm -rf "$TMP"
	awk 'NF' <<<"$PARTS"
	exit 0
fi
for name in $wanted; do
	names | grep -qx -- "$name" || die "no part $name; there are: $(names | xargs)"
done

step "programs that the tests need"
cross=()
amd64 && cross=(aarch64-linux-gnu-gcc qemu-aarch64)
ci/packages.sh server redis-cli gcc musl-gcc dpkg-source make valgrind callgrind_control "${cross[@]}"
go version
"${CC:-gcc}" --version | head -n 1
if [ -n "${RM_SERVER:-}" ]; then echo "RM_SERVER=$RM_SERVER"; else redis-server --version || valkey-server --version; fi
go mod download

# run PART runs a part, and notes how long it took.
run() {
	local begun=$SECONDS
	part_"$1"
	echo "# $1 took $((SECONDS - begun)) s" >>"$RESULTS"
}

# at_once PART... runs parts that leave a processor idle beside each other, and shows what
# they say one after the other.
at_once() {
	local name rc=0 all=()
	for name; do
		(run "$name") >"$TMP/out.$name" 2>&1 &
		all+=($!)
	done
	for name; do
		wait "${all[0]}" || rc=$?
		all=("${all[@]:1}")
		cat "$TMP/out.$name"
	done
	return $rc
}

# Parts that leave a processor idle, by those that run beside each other.
BESIDE=(' servers valkey defrag ' ' race plain marks ' ' arm64 fuzz ')
for name in $wanted; do
	group=
	for g in "${BESIDE[@]}"; do
		if [[ $g == *" $name "* ]]; then group=$g; fi
	done
	if [ -z "$group" ]; then
		step "$name: $(text_of "$name")"
		run "$name"
		continue
	fi
	beside=
	for other in $wanted; do
		if [[ $group == *" $other "* ]]; then beside="${beside:+$beside }$other"; fi
	done
	if [ "$name" = "${beside%% *}" ]; then # the first brings the others along
		step "at once: $beside"
		at_once $beside
	fi
done
