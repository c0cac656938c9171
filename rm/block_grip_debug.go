// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package rm

import (
	"runtime"
	"weak"
)

// grip is what all copies of a BlockedClient have in common in the debug build. When the collector finds that nobody has
// one, nobody can answer the client any more.
type grip struct{ p *place }

// grips is what a blocked client knows of its grip.
type grips struct {
	weak   weak.Pointer[place]
	strong *place // while its command runs, which may reply itself
}

// grip is for handles of the client that are made later.
func (g *grips) grip() grip { return grip{g.weak.Value()} }

// dropped is what is told when the grip is gone.
type dropped struct {
	b   *blocked
	seq uint64
	pcs []uintptr
}

// watch begins to watch a client that is blocked. Of those that time, a key or CLIENT UNBLOCK answers it is not told.
func (b *blocked) watch() {
	p := here("blocked")
	b.grips = grips{weak.Make(p), p}
	if b.onKeys || b.options.Timeout > 0 || b.options.OnTimeout != nil {
		return
	}
	runtime.AddCleanup(p, func(d dropped) {
		if d.b.state.Load() == inPhase(d.seq, blockOpen) {
			Log(LevelWarning, "rm_debug: ERR a client is blocked and nobody can answer it any more: its BlockedClient or HeldClient is kept nowhere"+lineOf(d.pcs))
		}
	}, dropped{b, b.seq, p.pcs})
}

// waits notes that the command of the client is over, and the client waits.
func (g *grips) waits() { g.strong = nil }

// ends notes that the client is answered.
func (g *grips) ends() { *g = grips{} }
