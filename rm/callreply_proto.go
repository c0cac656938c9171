// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Proto returns the reply as the server's protocol has it, nil for a promise; see
// Bytes for how long it is valid.
//
// C: RedisModule_CallReplyProto, since Redis 4.0.
func (r CallReply) Proto() []byte {
	if r.p == nil || r.IsPromise() {
		return nil
	}
	if debugging {
		r.check()
	}
	var n uintptr
	p := redismodule.CallReplyProto(r.Raw(), &n)
	if p == nil {
		return nil
	}
	if !has(featureCallFlags70) {
		// Servers before Redis 7.0 know the length of an outermost reply only.
		n = resp2Len(unsafe.Pointer(p))
	}
	return r.o.show(unsafeconv.BytesAt(p, n))
}

// resp2Len returns how long the RESP2 reply at p is. The server wrote it, so it is
// complete.
func resp2Len(p unsafe.Pointer) uintptr {
	at := func(i uintptr) byte { return *(*byte)(unsafe.Add(p, i)) }
	end := uintptr(0)
	for todo := int64(1); todo > 0; todo-- {
		kind, number, sign := at(end), int64(0), int64(1)
		for end++; at(end) != '\r'; end++ {
			if c := at(end); c == '-' {
				sign = -1
			} else {
				number = number*10 + int64(c-'0')
			}
		}
		end += 2
		switch number *= sign; {
		case kind == '$' && number >= 0:
			end += uintptr(number) + 2
		case kind == '*' && number > 0:
			todo += number
		}
	}
	return end
}
