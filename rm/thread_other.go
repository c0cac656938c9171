// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !linux

package rm

// threadID tells no threads apart.
func threadID() int { return 0 }

// onProcessThread tells whether the running thread is the server's; here it is not
// known, and does not matter to portable mode.
func onProcessThread() bool { return true }

// stackLimit is not known.
func stackLimit() (uintptr, bool) { return 0, false }
