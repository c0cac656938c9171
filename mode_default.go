// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !rm_portable && !rm_noasm

package redismodule

const forcePortable = ""
