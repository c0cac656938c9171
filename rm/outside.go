// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"slices"

	"github.com/iredismodule/redismodule"
)

// outside is the contexts of the callbacks under way that are not a command's: events,
// work for the server's thread. They have no client, no arguments, and no command to
// repeat. Whoever runs a callback holds the server's lock, which guards them.
var outside []redismodule.Ctx

// enterOutside begins such a callback; leaveOutside ends it.
func enterOutside(c redismodule.Ctx) { outside = append(outside, c) }

func leaveOutside() { outside = outside[:len(outside)-1] }

// inCommand tells whether a context is that of a command.
func (ctx Context) inCommand() bool {
	return len(outside) == 0 || !slices.Contains(outside, ctx.c)
}

// mayReplicate tells whether the server can take something for its replicas now. While
// it pauses the writes of clients (CLIENT PAUSE, FAILOVER) it holds commands back, but
// not what modules do by themselves, and ends itself when that reaches the replicas.
func mayReplicate() error {
	if len(outside) == 0 {
		return nil
	}
	return writesPaused()
}

func writesPaused() error {
	if AvoidReplicaTraffic() {
		return ErrWritesPaused
	}
	return nil
}
