// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package launch

import "syscall"

// childAttr lets the kernel end the server if this process dies without stopping it, as a
// test does on a time-out. It acts when the thread that started the server ends, so that
// thread has to stay; see loop. Ctrl-C at a terminal does not reach a process of another
// group.
func childAttr(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: ownGroup}
}
