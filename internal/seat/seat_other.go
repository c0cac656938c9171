// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !(linux && (amd64 || arm64) && !rm_noasm)

package seat

// Nobody sits: who has work starts a goroutine for it.
const possible = false

func (*Seat) wake()         {}
func (*Seat) waitWithP()    {}
func (*Seat) waitWithoutP() {}
