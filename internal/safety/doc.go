// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package safety tests what must not take a server down, against real servers:
// saves in forked children, faults and their reports, threads, unloading. The
// module of the tests is in modules/safety.
//
// RM_FORK_SAVES is how many saves the fork test makes (default 16); RM_LONG=1 makes
// other tests longer.
package safety
