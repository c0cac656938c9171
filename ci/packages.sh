#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# ci/packages.sh COMMAND... makes sure that commands are there: it installs the
# Debian packages of those that are missing when it may (root, apt-get), and says
# what to install otherwise. "server" stands for redis-server or valkey-server, or
# what RM_SERVER names.
set -euo pipefail

have() {
	case $1 in
	server) [ -n "${RM_SERVER:-}" ] || command -v redis-server || command -v valkey-server ;;
	gcc) # a compiler without its headers is of no use
		cc=${CC:-gcc}
		command -v "${cc%% *}" && echo '#include <stdlib.h>' | $cc -E - ;;
	aarch64-linux-gnu-gcc) command -v "$1" && echo '#include <stdlib.h>' | "$1" -E - ;;
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

packages_of() {
	case $1 in
	server) echo redis-server ;;
	redis-cli) echo redis-tools ;;
	gcc) echo gcc libc6-dev ;;
	musl-gcc) echo musl-tools gcc linux-libc-dev ;;
	dpkg-source) echo dpkg-dev ;;
	tclsh) echo tcl ;;
	callgrind_control) echo valgrind ;;
	aarch64-linux-gnu-gcc) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
	qemu-aarch64 | qemu-x86_64) echo qemu-user ;;
	*) echo "$1" ;;
	esac
}

# The go command is not a matter of apt: Debian 12 has one that is too old.
if ! command -v go >/dev/null; then
	echo "Go 1.26 or newer is needed and not in PATH; see https://go.dev/doc/install" >&2
	exit 1
fi

missing=() packages=()
for c in "$@"; do
	if ! have "$c"; then
		missing+=("$c")
		# shellcheck disable=SC2207 # package names have no spaces
		packages+=($(packages_of "$c"))
	fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	{
		echo "missing: ${missing[*]}"
		if command -v apt-get >/dev/null; then
			echo "install it as root and try again:"
			echo "    apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
		else
			echo "install it by your system's means and try again (Debian calls it: ${packages[*]})"
		fi
	} >&2
	exit 1
fi

echo "installing: ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "${packages[@]}" </dev/null >"$log" 2>&1
}
if ! install; then
	# The lists are missing or old, as in a fresh image.
	if ! { apt-get update </dev/null >"$log" 2>&1 && install; }; then
		cat "$log" >&2
		echo "apt-get could not install: ${packages[*]}" >&2
		exit 1
	fi
fi
for c in "${missing[@]}"; do
	have "$c" || { echo "$c is still missing after installing its package" >&2; exit 1; }
done
