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
