// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// A server that ends the waiting of a client, or its connection, in the middle of the client's own command, goes on with
// that command afterwards and crashes. This file finds calls that would do so, by their names.

// disconnects tells whether a command may end clients or their waiting.
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

// sparesClients is [ErrDisconnectsHere] for such a call by which the server would end.
func (ctx Context) sparesClients(command string, args []Arg) error {
	blocks := blocksHere()
	if len(command) != len("client") {
		if blocks { // a change of roles ends all waiting
			return ErrDisconnectsHere
		}
		return nil
	}
	texts := argTexts(args, 4)
	is := func(i int, text string) bool { return i < len(texts) && strings.EqualFold(texts[i], text) }
	switch {
	case blocks && (is(0, "unblock") || is(0, "kill")):
		return ErrDisconnectsHere
	case is(0, "kill") && endsOwnClient() && replyContext.c != noReplies && !(is(1, "id") && len(texts) == 3 && !runsFor(texts[2])):
		return ErrDisconnectsHere
	}
	return nil
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

// argTexts returns the first arguments of a call as texts.
func argTexts(args []Arg, most int) (texts []string) {
	for i := range args {
		switch a := &args[i]; a.kind {
		case 's':
			texts = append(texts, RStr{s: redismodule.String(a.n)}.String())
		case 'b', 'c':
			texts = append(texts, string(unsafeconv.BytesAt((*byte)(a.p), uintptr(a.n))))
		case 'l':
			texts = append(texts, strconv.FormatInt(a.n, 10))
		case 'v':
			for _, s := range a.strings() {
				texts = append(texts, RStr{s: s}.String())
			}
		}
		if len(texts) >= most {
			break
		}
	}
	return texts
}
