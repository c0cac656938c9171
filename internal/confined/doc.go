// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command confined starts a program under the system call filter of Debian's
// service files for Redis and Valkey, for the tests: what those units forbid, they
// punish with death.
//
//	confined [-nowx] [-nofile N] [-nproc N] [-memory BYTES] [-uid N] PROGRAM [ARGUMENT...]
//
// The filter is SystemCallFilter=@system-service followed by
// SystemCallFilter=~ @privileged @resources, without an error number. calls.tsv has
// the calls that are left (of systemd 252, with their numbers); of calls younger
// than that list, systemd says that there are none, and so does this program.
//
//   - -nowx is MemoryDenyWriteExecute, but ends the program too
//   - -nofile is LimitNOFILE
//   - -nproc is what a test can have of TasksMax: how many threads the user may
//     have. It holds for other users than root: -uid
//   - -memory is ulimit -v
package main
