// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import "syscall"

// childAttr lets the kernel end the server if the test process dies without stopping
// it, as on a time-out. It acts when the thread that started the server ends, so that
// thread has to stay; see run.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
