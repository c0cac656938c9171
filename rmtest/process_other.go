// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !linux

package rmtest

import "syscall"

// childAttr has nothing to set: only Linux ends children with their parent.
func childAttr() *syscall.SysProcAttr { return nil }
