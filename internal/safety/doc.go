// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package safety tests what must not take a server down, against real servers:
// saves in forked children, faults and their reports, threads, unloading, and
// whatever could make it stand still. The modules of the tests are in modules:
// safety, stall (what a server must answer beside) and foreign, which is in C.
//
// RM_FORK_SAVES is how many saves the fork tests make (default 16; make saves); RM_LONG=1 makes
// other tests longer.
package safety
