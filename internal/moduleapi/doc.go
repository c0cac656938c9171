// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command moduleapi runs the servers' own tests of the module API against Go modules.
//
//	make moduleapi UNITS="list hash" SERVERS=redis-7.0.15 MODES=resident
//
// A server's source comes with a suite for the module API: units in Tcl (tests/unit/moduleapi) and
// the modules that they load (tests/modules), in C. Here each of these modules is written once more,
// in Go, in the folder of its name beside this file: from the behaviour that the tests ask for, on
// package rm alone. The command fetches the source by the package manager (internal/servers), lets
// the suite build its modules, and runs each unit three times on the same server: with the modules in
// C, and with those in Go in both modes.
//
// What comes out is written to results.tsv; docs/MODULEAPI.md shows it. A test that succeeds with C
// and not with Go is a difference, and must be explained in differences.tsv.
package main
