// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

// trampolineStride is the size of one trampoline in entry_amd64.s.
const trampolineStride = 10
