// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command server measures what a module command costs inside a real server.
//
// It starts a redis-server (from PATH, or RM_SERVER) on a unix socket with
// several modules side by side that offer the same commands under different
// prefixes: the native C twin, the Go module, and, if given, a second build of
// the Go module in portable mode. Each command is sent pipelined, a fixed number
// of times, in interleaved rounds, and what is reported is the CPU time of the
// whole server process per command, all threads counted, so that work which the
// Go runtime does beside the main thread is not lost.
//
//	go run ./bench/server -c ctwin.so -go module.so -o server.txt
//	go tool benchstat -col /impl server.txt
//
// The lines are those of package results, with two more units: main-ns/op, the
// part that the server's main thread had, and cmds/s, which depends on the
// client and is no measure of the modules. At the end stands the ratio of every
// implementation to impl=c, paired by round. The noise of a machine is found with
// the C twin against itself, built twice:
//
//	gcc -O2 -fPIC -shared -o c.so bench/native/twin.c
//	gcc -O2 -fPIC -shared -DPREFIX='"d."' -DNAME='"twin2"' -o d.so bench/native/twin.c
//	go run ./bench/server -c c.so -impl twin=d.=d.so
//
// With -split every implementation has a server of its own, so that nothing the
// Go runtime does can fall on the C module. Two processes that differ in nothing
// but their memory layout are then a few percent apart: look there for large
// differences only.
package main
