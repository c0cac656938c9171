// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !linux

package rm

// threadID tells no threads apart.
func threadID() int { return 0 }
