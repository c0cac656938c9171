// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// keyWrites counts what has changed keys by the key API. That, and no more, is what it costs
// to know whether a command that fails has changed something. Commands that another one calls
// put back what they have counted; see closeReplies.
var keyWrites uint64

// verbatim is the handler of a command that is replicated as it came.
func (c *Command) verbatim(ctx Context, args Args) error {
	before := keyWrites
	c.writes = before
	err := c.Handler(ctx, args)
	if err == nil {
		return ctx.ReplicateVerbatim()
	}
	if keyWrites != before {
		c.tellOfFailure(ctx)
	}
	return err
}

// tellOfFailure writes a line to the log, once for each command: it has changed keys and
// failed, and so is not replicated.
func (c *Command) tellOfFailure(ctx Context) {
	if !c.told {
		c.told = true
		ctx.Log(LevelWarning, "command "+c.Name+" has changed keys and then failed: it is not replicated, and replicas and the append only file do not have "+
			"the change (a handler with ReplicateVerbatim checks first, and changes keys last; this is told once)")
	}
}
