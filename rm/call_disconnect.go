// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule"
)

// A server that ends the waiting of a client, or its connection, or changes its role, in the middle of a client's
// command or of what it does by itself, goes on with what it was at and crashes. This file finds calls that would do so, by
// their names, and allows them only where the server is in the middle of nothing else.

// disconnects tells whether a command may end clients or their waiting, by its name alone.
func disconnects(command string) bool {
	is := func(name string) bool { return strings.EqualFold(command, name) }
	switch len(command) {
	case len("acl"):
		return command[0]|0x20 == 'a' && is("acl")
	case len("wait"):
		return command[0]|0x20 == 'w' && is("wait")
	case len("debug"):
		return command[0]|0x20 == 'd' && is("debug")
	case len("client"):
		return command[5]|0x20 == 't' && is("client")
	case len("cluster"):
		return command[0]|0x20 == 'c' && is("cluster") || command[0]|0x20 == 's' && is("slaveof")
	case len("failover"):
		return command[0]|0x20 == 'f' && is("failover")
	case len("replicaof"):
		return command[8]|0x20 == 'f' && is("replicaof")
	}
	return false
}

// ending is what a call of such a command does.
type ending uint8

const (
	endsNone ending = iota
	endsUsers
	endsWaiting // a change of roles ends all waiting
	endsConnections
	endsItself // the client of the call would wait
	endsServed // the server serves others in the middle, and ends the client of the command that makes the call when that has gone
)

// endsClients tells what it does.
func endsClients(command string, args []Arg) ending {
	sub := firstArgText(args)
	is := func(names ...string) bool {
		for _, name := range names {
			if strings.EqualFold(sub, name) {
				return true
			}
		}
		return false
	}
	does := false
	switch len(command) {
	case len("wait"):
		return endsItself
	case len("debug"):
		if is("reload", "loadaof") {
			return endsServed
		}
		return endsNone
	}
	switch command[1] | 0x20 {
	case 'c': // of acl
		if is("setuser", "deluser", "load") {
			return endsUsers
		}
		return endsNone
	case 'l': // of client, cluster and slaveof
		switch {
		case len(command) == len("client"):
			if is("kill") {
				return endsConnections
			}
			does = is("unblock")
		default:
			does = command[0]|0x20 == 's' || is("reset", "failover", "replicate")
		}
	default: // failover and replicaof
		does = true
	}
	if does {
		return endsWaiting
	}
	return endsNone
}

// sparesClients is [ErrDisconnectsHere] for such a call where the server could end by it.
func (ctx Context) sparesClients(command string, args []Arg) error {
	switch {
	case state.midway != 0:
		return ErrMidway
	case pausesWrites(command, args) && !ctx.mayPause():
		return ErrPausesHere
	}
	switch ends := endsClients(command, args); {
	case ends == endsNone:
	case ends == endsItself: // later servers do not wait in a call
		if !has(featureCallFlags72) {
			return ErrWaitCalled
		}
	case ctx.inEventLoop():
	case ends == endsServed && creating: // mayCallEarly has the error
	case ends == endsUsers && !blocksHere():
	case ends == endsWaiting && ctx.sentDirectly() && len(state.serving) == 0 && !blocksHere():
	case ends == endsConnections && ctx.sentDirectly() && killsAnother(args) && !blocksHere():
	case ends == endsServed:
		if err := ctx.sparesOpenKeys(command, nil, args); err != nil {
			return err
		}
		return ErrDisconnectsHere
	default:
		return ErrDisconnectsHere
	}
	return nil
}

// loopTop is the context of the callback that the event loop has begun by itself (a timer, a one-shot, a function of
// [ThreadSafeContext.Do]), 0 for none. No two of them are ever under way.
var loopTop redismodule.Ctx

// inEventLoop tells whether such a callback runs, and nothing that it has caused.
func (ctx Context) inEventLoop() bool {
	return ctx.c == loopTop && ctx.c == outsideTop && len(state.outside) == 1 && replyContext.c == noReplies && len(state.serving) == 0 && alone()
}

// alone tells whether the callback under way is in the middle of nothing that this package knows of.
func alone() bool {
	return callDepth == 0 && filterDepth == 0 && state.engineRuns == 0 && !state.yielding
}

// sentDirectly tells whether the context is that of a command which a client with a connection has sent, or of the answer
// to such a client, and nothing else is under way.
func (ctx Context) sentDirectly() bool {
	if ctx != replyContext || outsideTop != 0 || !alone() || !has(featureGetClientInfoByID) {
		return false
	}
	for i := range replies.outer {
		if replies.outer[i].ctx.c != noReplies { // a callback of the raw layer lays that aside, too
			return false
		}
	}
	if n := len(state.serving); n > 1 || n == 1 && !state.serving[0].spares {
		return false
	}
	const loading = redismodule.CTX_FLAGS_LOADING | redismodule.CTX_FLAGS_ASYNC_LOADING
	return redismodule.GetContextFlags(ctx.raw())&loading == 0 && ctx.ownConnection()
}

// killsAnother tells whether CLIENT KILL is for one client by its number, for which no command is under way.
func killsAnother(args []Arg) bool {
	_, more := argText(args, 3)
	filter, _ := argText(args, 1)
	id, there := argText(args, 2)
	if !there || more || !strings.EqualFold(filter, "id") {
		return false
	}
	n, err := strconv.ParseUint(id, 10, 64)
	return err == nil && n != redismodule.GetClientId(replyContext.raw())
}

// blocksHere tells whether the client of a command under way is blocked, or was; in an event, which may be in the middle of
// the command, also whether a reply is held back.
func blocksHere() bool {
	if replies.blocks {
		return true
	}
	for i := range replies.outer {
		if replies.outer[i].blocks {
			return true
		}
	}
	if outsideTop != 0 {
		for c := blockedClients.last(); c != nil; c = blockedClients.before(c) {
			if c.of.held != 0 {
				return true
			}
		}
	}
	return false
}

// leavesWaiting tells whether a client is one that is blocked in the middle of a command under way: Valkey neither answers it nor
// closes its connection when it is to be closed there.
func leavesWaiting(id uint64) bool {
	if !blocksHere() {
		return false
	}
	if replies.blocks && redismodule.GetClientId(replyContext.raw()) == id {
		return true
	}
	for i := range replies.outer {
		if o := &replies.outer[i]; o.blocks && redismodule.GetClientId(o.ctx.raw()) == id {
			return true
		}
	}
	for c := blockedClients.last(); c != nil && outsideTop != 0; c = blockedClients.before(c) {
		if c.of.held == id {
			return true
		}
	}
	return false
}
