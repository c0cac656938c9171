#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs the tests that need a server on every server and Go release.
#
#	SERVERS   names from "make servers" (all that fit)
#	RELEASES  Go releases (go1.26.8 go1.27.3)
. "$(dirname "$0")/lib.sh"
. ci/servers.sh

export RM_REQUIRE_SERVER=1
failed=0
table=$TMP/table
read -ra releases <<<"${RELEASES:-go1.26.8 go1.27.3}"
printf 'SERVER VERSION' >"$table"
printf ' %s' "${releases[@]}" >>"$table"
echo >>"$table"

step "servers"
ci/packages.sh gcc
all=$(servers_for "$(go env GOHOSTARCH)")
if [ -n "${SERVERS:-}" ]; then
	chosen=""
	for name in $SERVERS; do
		line=$(awk -v n="$name" '$1 == n' <<<"$all")
		[ -n "$line" ] || die "no server $name for this CPU; there are: $(awk '{print $1}' <<<"$all" | xargs)"
		chosen+=$line$'\n'
	done
	all=$chosen
fi

while read -r name suite version; do
	[ -n "$name" ] || continue
	if ! server=$(server_command "$name" "$suite"); then
		echo "$name: cannot be fetched" >&2
		printf '%s %s' "$name" "$version" >>"$table"
		printf ' %s' "${releases[@]/*/missing}" >>"$table"
		echo >>"$table"
		failed=1
		continue
	fi
	printf '%s %s' "$name" "$version" >>"$table"
	for release in "${releases[@]}"; do
		step "$name $version, $release"
		if RM_SERVER=$server GOTOOLCHAIN=$release gotest "$name $version, $release" -count=1 -timeout=20m ./rm ./internal/... </dev/null; then
			printf ' ok' >>"$table"
		else
			printf ' FAIL' >>"$table"
			failed=1
		fi
	done
	echo >>"$table"
done <<<"$all"

CURRENT="see the table"
printf '\n== matrix\n'
column -t "$table" 2>/dev/null || cat "$table"
exit $failed
