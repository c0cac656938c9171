// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package rm

import "strings"

// commandLife is how the lives of commands are called.
const commandLife = "command "

// wrote notes that the callback that has opened the key has changed it.
func (k WriteKey) wrote() {
	keyWrites++
	if k.k != nil && k.k.seq == k.seq {
		if l := underWay(k.k.ctx).o.l; l != nil {
			l.wrote = true
		}
	}
}

// replicated notes that the callback replicates something.
func (ctx Context) replicated() {
	if l := underWay(ctx.c).o.l; l != nil {
		l.replicated = true
	}
}

// tellOfReplication writes a line to the log if the context is that of a command that has
// written to keys and replicated nothing. That may be meant, so it is no panic.
func (ctx Context) tellOfReplication() {
	if l := ctx.o.l; l != nil && l.wrote && !l.replicated && strings.HasPrefix(l.what, commandLife) {
		ctx.Log(LevelWarning, "rm_debug: "+l.what+" has written to keys and replicated nothing: replicas and the append only file do not have it")
	}
}
