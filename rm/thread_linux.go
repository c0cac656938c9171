// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "syscall"

// threadID identifies the running thread. A goroutine that may touch the server
// stays on one thread.
func threadID() int { return syscall.Gettid() }
