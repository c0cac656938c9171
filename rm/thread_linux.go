// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"os"
	"syscall"
)

// threadID identifies the running thread. A goroutine that may touch the server
// stays on one thread.
func threadID() int { return syscall.Gettid() }

// onProcessThread tells whether the running thread is the one that the process began
// with, which is the server's.
func onProcessThread() bool { return syscall.Gettid() == os.Getpid() }

// stackLimit is how far the stack of the process's first thread may grow, in bytes; false when it
// has no end.
func stackLimit() (uintptr, bool) {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_STACK, &l) != nil || uint64(l.Cur) > 1<<40 {
		return 0, false
	}
	return uintptr(l.Cur), true
}
