// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !rm_debug

package rm

func (ctx Context) declares(CommandFlags) {}

// wrote notes that the key was changed.
func (k WriteKey) wrote() { keyWrites++ }
