// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !linux

package launch

import "syscall"

// childAttr keeps Ctrl-C at a terminal from the server. Only Linux ends children with
// their parent.
func childAttr(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup}
}
