// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command servers gets servers of other Debian releases to test against, without
// touching the system, and says how to start them.
//
//	go run ./internal/servers list
//	go run ./internal/servers fetch trixie
//	RM_SERVER="$(go run ./internal/servers path redis-trixie)" go test ./...
//
// "source" unpacks the source package of a server, for builds of our own (ci/musl.sh).
// "build" builds a server that can defragment its memory (ci/defrag.sh): those of
// Debian cannot.
//
// It needs a Debian system (or one with Debian's archive keyring and a mirror named by
// -mirror) and no root: packages are found and verified by apt with a state folder of
// its own, downloaded, and unpacked into a folder. The servers run from there through
// their own dynamic loader and libraries; those of another CPU run through QEMU's user
// mode emulator.
//
// A module is built against the C library of the machine at hand. A server whose C
// library is much older cannot load it: bullseye's takes C modules, but no Go
// modules built on bookworm.
package main
