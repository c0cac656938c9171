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

// called notes a call: with CallReplicate it replicates, and without it a command of the
// server's that writes does so here alone. (Commands of modules are told of by themselves.)
func (ctx Context) called(command string, flags CallFlags, err error) {
	l := underWay(ctx.c).o.l
	if l == nil || flags&CallDryRun != 0 {
		return
	}
	if flags&CallReplicate != 0 {
		l.replicated = true
	}
	if err != nil || l.wrote {
		return
	}
	writes, known := serverWrites[command]
	if !known {
		command = strings.Clone(command)
		writes = ctx.commandHas(command, "write") && !ctx.commandHas(command, "module")
		serverWrites[command] = writes
	}
	l.wrote = writes
}

// serverWrites are commands that were asked for: whether they are the server's, and write.
var serverWrites = map[string]bool{}

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
