// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// While the server pauses the writes of clients (CLIENT PAUSE, FAILOVER) it holds back
// the commands that say of themselves that they write, or may replicate. It does not
// hold back what modules do by themselves, nor what a command does that has not said
// so, and ends itself when anything of that reaches the AOF or the replicas. This file
// is what keeps it from there.

// unheld tells whether something runs that the server does not hold back: a callback
// that is not a command's, or one that answers a blocked client. Time does not stand still
// there either.
func (s *loadState) unheld() bool { return len(s.outside) != 0 || len(s.serving) != 0 }

// mayReplicate tells whether the server can take something for its replicas now.
func (ctx Context) mayReplicate() error {
	state.fresh = false
	if !AvoidReplicaTraffic() || !state.unheld() && ctx.heldBack() {
		return nil
	}
	return ErrWritesPaused
}

// heldBack tells whether the context's command is one that the server holds back while
// writes are paused. That it runs all the same means that it may: in a transaction
// that itself has paused the writes, say.
func (ctx Context) heldBack() bool {
	if !has(featureGetCurrentCommandName) {
		return true // these servers hold back all commands
	}
	name := redismodule.GetCurrentCommandName(ctx.raw())
	return name != nil && ctx.commandWrites(strings.Clone(unsafeconv.CString(name)))
}

// mayCall is asked before a call that replicates, and before every call while something
// runs that the server does not hold back.
func (ctx Context) mayCall(command string, flags CallFlags, first func() string) error {
	state.fresh = false
	switch {
	case state.midway != 0:
		return ErrMidway
	case flags&CallReplicate != 0:
		return ctx.mayReplicate()
	case !AvoidReplicaTraffic():
		return nil
	case ctx.commandWrites(command):
		// It need not replicate to be dangerous: Redis 7.0 serves a client that waits
		// for the key, and replicates what that client gets.
		return ErrWritesPaused
	}
	if sub := first(); sub != "" && !strings.Contains(sub, "|") && ctx.commandWrites(command+"|"+sub) {
		return ErrWritesPaused
	}
	return nil
}

// quietWriters are the commands that the server holds back without telling why: it
// does not show that they may replicate.
var quietWriters = []string{"eval", "evalsha", "fcall", "pfcount", "publish", "spublish"}

// commandWrites asks the server whether a command writes or may replicate.
func (ctx Context) commandWrites(name string) bool {
	if slices.ContainsFunc(quietWriters, func(w string) bool { return strings.EqualFold(w, name) }) {
		return true
	}
	return ctx.commandHas(name, "write", "may_replicate")
}

// commandHas asks the server whether a command has one of the flags.
func (ctx Context) commandHas(name string, oneOf ...string) bool {
	info := [...]Arg{Text("INFO"), Text(name)}
	f := newCallFrame()
	defer f.release()
	f.name = append(f.name, "COMMAND\x00"...)
	words, err := f.build(info[:])
	if err != nil {
		return false
	}
	reply, err := finishCall(ctx, redismodule.Call(ctx.raw(), &f.name[0], &f.format[0], words...), 0)
	keepAlive(f)
	if err != nil {
		return false
	}
	defer reply.Free()
	if reply.Len() == 0 {
		return false
	}
	command := reply.Element(0) // null for one that does not exist
	if command.Type() != ReplyArray || command.Len() < 3 {
		return false
	}
	flags := command.Element(2)
	for i := range flags.Len() {
		if slices.Contains(oneOf, flags.Element(i).String()) {
			return true
		}
	}
	return false
}

// writesPaused tells whether keys are opened for reading only: without a command, while writes are
// paused, at the start of the server, and in the middle of a value.
func writesPaused() bool {
	return state.unheld() && (state.midway != 0 || AvoidReplicaTraffic() || starting())
}
