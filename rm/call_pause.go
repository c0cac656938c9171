// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// What a command or a callback has changed is replicated when it is over. Should the writes of clients be paused by then, the server
// ends itself. So a call that pauses them must come where nothing is left to replicate: not behind a call or a key, which may have expired.

// pausesWrites tells whether a call pauses the writes of clients: CLIENT PAUSE, in both its modes, and FAILOVER.
func pausesWrites(command string, args []Arg) bool {
	word := firstArgText(args)
	switch len(command) {
	case len("client"):
		return strings.EqualFold(command, "client") && strings.EqualFold(word, "pause")
	case len("failover"):
		return strings.EqualFold(command, "failover") && !strings.EqualFold(word, "abort")
	}
	return false
}

// mayPause tells whether nothing that is to be replicated can be waiting: in the function of a timer that has done nothing yet, and
// where nothing is replicated at all. In a transaction that a client has sent the server expects it.
func (ctx Context) mayPause() bool {
	switch {
	case ctx.inEventLoop() && state.fresh:
		return true
	case ctx.sentDirectly() && ctx.InMulti():
		return true
	}
	return !ctx.propagates()
}

var replicationSection, backlogField = unsafeconv.NewZ("replication"), unsafeconv.NewZ("repl_backlog_active")

// propagates tells whether the server may write to an AOF or to replicas, which it does as long as it has a backlog for them.
func (ctx Context) propagates() bool {
	if redismodule.GetContextFlags(ctx.raw())&redismodule.CTX_FLAGS_AOF != 0 || !has(featureGetServerInfo) {
		return true
	}
	info := redismodule.GetServerInfo(0, replicationSection.Ptr())
	var missing int32
	active := redismodule.ServerInfoGetFieldUnsigned(info, backlogField.Ptr(), &missing)
	redismodule.FreeServerInfo(0, info)
	return missing != 0 || active != 0
}
