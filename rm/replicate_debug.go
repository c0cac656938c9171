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

// declares notes the flags of the command that begins.
func (ctx Context) declares(flags CommandFlags) { ctx.o.l.readOnly = flags&CmdReadOnly != 0 }

// tellOfReplication writes lines to the log if the context is that of a command that has
// written to keys and replicated nothing, or that says it only reads. That may be meant, so it
// is no panic.
func (ctx Context) tellOfReplication() {
	l := ctx.o.l
	if l == nil || !l.wrote || !strings.HasPrefix(l.what, commandLife) {
		return
	}
	if l.readOnly {
		ctx.Log(LevelWarning, "rm_debug: "+l.what+" has written to keys though its flags say CmdReadOnly: servers run it on replicas, while writes are paused, and for users who may only read")
	}
	if !l.replicated {
		ctx.Log(LevelWarning, "rm_debug: "+l.what+" has written to keys and replicated nothing: replicas and the append only file do not have it")
	}
}
