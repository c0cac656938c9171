// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule"
)

// A server that ends the waiting of a client, or its connection, in the middle of the client's own command, goes on with
// that command afterwards and crashes. This file finds calls that would do so, by their names.

// disconnects tells whether a command may end clients or their waiting, by its name alone.
func disconnects(command string) bool {
	switch len(command) {
	case len("client"):
		return command[5]|0x20 == 't' && strings.EqualFold(command, "client")
	case len("cluster"):
		return command[0]|0x20 == 'c' && strings.EqualFold(command, "cluster") || command[0]|0x20 == 's' && strings.EqualFold(command, "slaveof")
	case len("replicaof"):
		return command[8]|0x20 == 'f' && strings.EqualFold(command, "replicaof")
	}
	return false
}

// endsClients tells whether a call of such a command does: a change of roles ends all waiting.
func endsClients(command string, args []Arg) bool {
	sub := firstArgText(args)
	is := func(name string) bool { return strings.EqualFold(sub, name) }
	switch command[1] | 0x20 {
	case 'l': // of slaveof, client and cluster
		if len(command) == len("client") {
			return is("kill") || is("unblock")
		}
		return command[0]|0x20 == 's' || is("reset") || is("failover") || is("replicate")
	}
	return true
}

// sparesClients is [ErrDisconnectsHere] for such a call by which the server would end.
func (ctx Context) sparesClients(command string, args []Arg) error {
	switch {
	case !endsClients(command, args):
		return nil
	case blocksHere():
		return ErrDisconnectsHere
	case len(command) == len("client") && strings.EqualFold(firstArgText(args), "kill") && endsOwnClient() && replyContext.c != noReplies && !killsAnother(args):
		return ErrDisconnectsHere
	}
	return nil
}

// killsAnother tells whether CLIENT KILL is for one client by its number, for which no command is under way.
func killsAnother(args []Arg) bool {
	_, more := argText(args, 3)
	filter, _ := argText(args, 1)
	id, there := argText(args, 2)
	return there && !more && strings.EqualFold(filter, "id") && !runsFor(id)
}

// endsOwnClient tells whether the server ends by a CLIENT KILL of the client whose command is under way. Valkey 9.1 closes
// the connection later.
func endsOwnClient() bool { return !IsValkey() || redismodule.GetServerVersion() < 9<<16 }

// blocksHere tells whether the client of a command under way is blocked, or was.
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
		// In an event, which may be in the middle of the command whose reply is held back.
		for c := blockedClients.last(); c != nil; c = blockedClients.before(c) {
			if c.of.held != 0 {
				return true
			}
		}
	}
	return false
}

// runsFor tells whether a command under way is one of the client of that number.
func runsFor(id string) bool {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n == redismodule.GetClientId(replyContext.raw()) {
		return true
	}
	for i := range replies.outer {
		if c := replies.outer[i].ctx; c.c != noReplies && n == redismodule.GetClientId(c.raw()) {
			return true
		}
	}
	return false
}
