#!/usr/bin/env bash
# SPDX-FileCopyrightText: The redismodule authors
# SPDX-License-Identifier: BSD-3-Clause

# Counts the instructions of the call layer under qemu, on arm64 and amd64; bench/README.md
# says how. The figures do not depend on what else the machine does.
#
#	UPDATE  1 writes bench/results/emulated.txt and docs/BENCHMARKS.md
. "$(dirname "$0")/lib.sh"

ci/packages.sh gcc aarch64-linux-gnu-gcc qemu-aarch64 qemu-x86_64
out=bench/out
mkdir -p $out

step "building"
"${CC:-gcc}" -O2 -fPIC -shared -o $out/count.so bench/native/count.c
GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go test -c -o $out/root-arm64.test .
GOARCH=amd64 CGO_ENABLED=1 go test -c -o $out/root-amd64.test .

step "counting instructions"
{
	echo "commit: $(git describe --always --dirty --abbrev=12 '--exclude=*')"
	echo "go: $(go env GOVERSION)"
	echo "qemu: $(qemu-aarch64 --version | head -n 1)"
	go run ./bench/emulated -plugin $out/count.so \
		-program "arm64=$out/root-arm64.test=qemu-aarch64 -L /usr/aarch64-linux-gnu" \
		-program "amd64=$out/root-amd64.test=qemu-x86_64"
} | tee $out/emulated.txt
[ -n "${UPDATE:-}" ] || exit 0
cp $out/emulated.txt bench/results/emulated.txt
(cd bench/report && go run .)
