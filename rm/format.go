// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"strconv"
)

// How handles look in log lines. The numbers are of this load of the module; nothing is asked
// of the server, and nothing is looked at that a goroutine must not look at.

// text shows a handle under the name of its type.
func (h handle[T]) text(name string) string { return numbered(name, h.seq) }

// numbered shows a number under the name of a type.
func numbered(name string, seq uint64) string {
	if seq == 0 {
		return name + "(none)"
	}
	return name + "(" + strconv.FormatUint(seq, 10) + ")"
}

// addressed shows an address under the name of a type.
func addressed(name string, address uintptr) string {
	if address == 0 {
		return name + "(none)"
	}
	return fmt.Sprintf("%s(%#x)", name, address)
}

// String shows the handle, for log lines, and whether the client waits.
func (c BlockedClient) String() string {
	if c.Waiting() {
		return "BlockedClient(" + strconv.FormatUint(c.seq, 10) + ", waits)"
	}
	return numbered("BlockedClient", c.seq)
}

// String shows the client, for log lines.
func (j Job) String() string {
	if j.w == nil {
		return "Job(none)"
	}
	return "Job(" + j.w.name + ", " + j.w.client.String() + ")"
}

// String shows the arguments in quotes, for log lines.
func (a Args) String() string {
	words := make([]string, 0, a.Len())
	for _, s := range a.All {
		words = append(words, s.Clone())
	}
	return fmt.Sprintf("%q", words)
}

// String shows the context, for log lines.
func (c NotifyContext) String() string { return c.ctx.String() }

// String shows the handle, for log lines.
func (t Timer) String() string { return t.h.text("Timer") }

// String shows the handle, for log lines.
func (t Ticker) String() string { return t.h.text("Ticker") }

// String shows the handle, for log lines.
func (l Listener) String() string { return l.h.text("Listener") }

// String shows the handle, for log lines.
func (f EventLoopFD) String() string { return f.h.text("EventLoopFD") }

// String shows the handle, for log lines.
func (p Promise) String() string { return p.h.text("Promise") }

// String shows the handle, for log lines.
func (it DictIterator) String() string { return it.h.text("DictIterator") }

// String shows the handle, for log lines.
func (f CommandFilter) String() string { return f.h.text("CommandFilter") }

// String shows the handle, for log lines.
func (r ClusterReceiver) String() string { return r.h.text("ClusterReceiver") }

// String shows the handle, for log lines.
func (r Reply) String() string {
	if r.r == nil {
		return "Reply(none)"
	}
	return "Reply(" + strconv.FormatUint(r.seq, 10) + ")"
}

// String shows the handle, for log lines.
func (u User) String() string { return addressed("User", uintptr(u.u)) }

// String shows address and length, for log lines.
func (m Memory) String() string { return fmt.Sprintf("Memory(%#x, %d bytes)", m.addr, m.n) }

// String shows the function's address, for log lines.
func (a SharedAPI) String() string { return addressed("SharedAPI", a.fn) }
