// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_noasm && !rm_portable

package redismodule

const forcePortable = "built with -tags rm_noasm"
