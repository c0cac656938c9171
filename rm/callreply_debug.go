// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build rm_debug

package rm

import (
	"sync"
	"unsafe"
)

// replyBook knows the replies of the module and what became of them.
var replyBook = struct {
	sync.Mutex
	outermost map[unsafe.Pointer][]unsafe.Pointer // live replies and the parts that were asked for
	parts     map[unsafe.Pointer]struct{}
	freed     map[unsafe.Pointer]string // where
}{
	outermost: map[unsafe.Pointer][]unsafe.Pointer{},
	parts:     map[unsafe.Pointer]struct{}{},
	freed:     map[unsafe.Pointer]string{},
}

// maxFreedKnown bounds the memory of the book.
const maxFreedKnown = 1 << 16

// begin enters a reply that the server has just made. The address may be that of
// one that is gone.
func (r CallReply) begin() {
	b := &replyBook
	b.Lock()
	defer b.Unlock()
	delete(b.freed, r.p)
	delete(b.parts, r.p)
	b.outermost[r.p] = nil
}

// adopt enters a part of a reply.
func (r CallReply) adopt(part CallReply) {
	if part.p == nil {
		return
	}
	b := &replyBook
	b.Lock()
	defer b.Unlock()
	delete(b.freed, part.p)
	if _, known := b.parts[part.p]; known {
		return
	}
	b.parts[part.p] = struct{}{}
	for outer, parts := range b.outermost {
		if outer == r.p {
			b.outermost[outer] = append(parts, part.p)
			return
		}
		for _, p := range parts {
			if p == r.p {
				b.outermost[outer] = append(parts, part.p)
				return
			}
		}
	}
}

// end strikes a reply out that is about to be freed.
func (r CallReply) end() {
	b := &replyBook
	b.Lock()
	defer b.Unlock()
	if where, freed := b.freed[r.p]; freed {
		panic("rm_debug: a call reply is freed twice" + outsideLine() + ", first" + where)
	}
	if _, part := b.parts[r.p]; part {
		panic("rm_debug: a part of a call reply is freed" + outsideLine())
	}
	if len(b.freed) > maxFreedKnown {
		clear(b.freed)
	}
	where := outsideLine()
	for _, p := range b.outermost[r.p] {
		delete(b.parts, p)
		b.freed[p] = where
	}
	delete(b.outermost, r.p)
	b.freed[r.p] = where
}

// check panics if the reply is freed.
func (r CallReply) check() {
	b := &replyBook
	b.Lock()
	defer b.Unlock()
	if where, freed := b.freed[r.p]; freed {
		panic("rm_debug: a call reply is used after it was freed" + outsideLine() + ", freed" + where)
	}
}
