// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Digest takes the content of a value for DEBUG DIGEST: elements, and after those that
// belong together, in their order, EndSequence. It is valid until the callback returns.
//
// The elements of a list are all added and then ended once; those of a set, whose order
// does not matter, are ended one by one; and so are the pairs of a map.
type Digest struct {
	o origin
	d redismodule.Digest // 0: over
}

var spareDigests spare[Digest]

func (d *Digest) usable() bool {
	if debugging {
		d.o.check("the digest")
	}
	return d.d != 0
}

// AddStringBuffer adds bytes.
//
// C: RedisModule_DigestAddStringBuffer, since Redis 4.0.
func (d *Digest) AddStringBuffer(b []byte) {
	if d.usable() {
		redismodule.DigestAddStringBuffer(d.d, unsafeconv.DataBytes(b), uintptr(len(b)))
	}
}

// AddText is AddStringBuffer of a Go string.
//
// C: RedisModule_DigestAddStringBuffer, since Redis 4.0.
func (d *Digest) AddText(s string) {
	if d.usable() {
		redismodule.DigestAddStringBuffer(d.d, unsafeconv.Data(s), uintptr(len(s)))
	}
}

// AddLongLong adds an integer.
//
// C: RedisModule_DigestAddLongLong, since Redis 4.0.
func (d *Digest) AddLongLong(n int64) {
	if d.usable() {
		redismodule.DigestAddLongLong(d.d, n)
	}
}

// EndSequence ends elements that belong together.
//
// C: RedisModule_DigestEndSequence, since Redis 4.0.
func (d *Digest) EndSequence() {
	if d.usable() {
		redismodule.DigestEndSequence(d.d)
	}
}

// Key returns the name of the key, zero before Redis 7.0.
//
// C: RedisModule_GetKeyNameFromDigest, since Redis 7.0.
func (d *Digest) Key() RStr {
	if !d.usable() || !has(featureGetKeyNameFromDigest) {
		return RStr{}
	}
	return RStr{d.o, redismodule.GetKeyNameFromDigest(d.d)}
}

// DB returns the number of the key's database, -1 before Redis 7.0.
//
// C: RedisModule_GetDbIdFromDigest, since Redis 7.0.
func (d *Digest) DB() int {
	if !d.usable() || !has(featureGetDbIdFromDigest) {
		return -1
	}
	return int(redismodule.GetDbIdFromDigest(d.d))
}

// digest is the server's callback: (digest, value).
func (t *Type[T]) digest(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	v := t.values.get(a1)
	if v == nil {
		return 0
	}
	d := spareDigests.take()
	d.o, d.d = newOrigin("Digest of a data type"), redismodule.Digest(a0)
	defer d.end()
	t.spec.Digest(d, v)
	spareDigests.giveBack(d)
	return 0
}

func (d *Digest) end() {
	d.d = 0
	d.o.end()
}
