// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build asan

package fuzz

// underASan tells of the address sanitizer, under which Go's stacks are not where they are else:
// the binding falls back to the portable mode.
const underASan = true
