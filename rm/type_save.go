// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Saver writes a value to an RDB file, to a replica, or to a string ([Type.Dump]). Load has to read as many
// items, in the same order, by these methods of [Loader]:
//
//	SaveUnsigned                             LoadUnsigned, LoadLength
//	SaveSigned                               LoadSigned
//	SaveString, SaveStringBuffer, SaveText   LoadString, LoadStringBuffer, LoadBytes, LoadText, AppendBytes
//	SaveDouble                               LoadDouble
//	SaveFloat                                LoadFloat
//	SaveLongDouble                           LoadLongDouble
//
// When writing fails, the rest is left out, and
// the server ends the save by itself: there is no need to look at Err, unless to stop early.
type Saver struct{ anIO }

var spareSavers spare[Saver]

// SaveUnsigned writes an unsigned integer.
//
// C: RedisModule_SaveUnsigned, since Redis 4.0.
func (w *Saver) SaveUnsigned(n uint64) {
	if w.next() {
		redismodule.SaveUnsigned(w.io, n)
	}
}

// SaveSigned writes a signed integer. A small negative number takes as much room as the largest.
//
// C: RedisModule_SaveSigned, since Redis 4.0.
func (w *Saver) SaveSigned(n int64) {
	if w.next() {
		redismodule.SaveSigned(w.io, n)
	}
}

// SaveString writes a server string. The zero RStr makes the save fail with ErrNoString.
//
// C: RedisModule_SaveString, since Redis 4.0.
func (w *Saver) SaveString(s RStr) {
	switch {
	case !w.next():
	case s.s == 0:
		w.failedAt(ErrNoString, "SaveString")
	default:
		redismodule.SaveString(w.io, s.raw())
	}
}

// SaveStringBuffer writes bytes.
//
// C: RedisModule_SaveStringBuffer, since Redis 4.0.
func (w *Saver) SaveStringBuffer(b []byte) {
	if w.next() {
		redismodule.SaveStringBuffer(w.io, unsafeconv.DataBytes(b), uintptr(len(b)))
	}
}

// SaveText is SaveStringBuffer of a Go string.
//
// C: RedisModule_SaveStringBuffer, since Redis 4.0.
func (w *Saver) SaveText(s string) {
	if w.next() {
		redismodule.SaveStringBuffer(w.io, unsafeconv.Data(s), uintptr(len(s)))
	}
}

// SaveDouble writes a floating-point number, bit by bit.
//
// C: RedisModule_SaveDouble, since Redis 4.0.
func (w *Saver) SaveDouble(f float64) {
	if w.next() {
		redismodule.SaveDouble(w.io, f)
	}
}

// SaveFloat writes a floating-point number of four bytes, bit by bit.
//
// C: RedisModule_SaveFloat, since Redis 4.0.
func (w *Saver) SaveFloat(f float32) {
	if w.next() {
		redismodule.SaveFloat(w.io, f)
	}
}

// SaveLongDouble writes a floating-point number as a long double of C, for types that a module in C
// reads; for others SaveDouble is smaller and faster. A server before Redis 6.0 lacks it: there
// the save fails with ErrUnsupported.
//
// C: RedisModule_SaveLongDouble, since Redis 6.0.
func (w *Saver) SaveLongDouble(f float64) {
	switch {
	case !w.next():
	case !has(featureSaveLongDouble):
		w.err = lacks(featureSaveLongDouble)
	default:
		redismodule.SaveLongDouble(w.io, f)
	}
}

// save is the server's callback: (io, value).
func (t *Type[T]) save(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	w := spareSavers.take()
	w.begin(&t.dataType, a0, "Save of a data type")
	defer w.end()
	var err error = ErrValueLost
	if v := t.values.get(a1); t.mt == 0 {
		err = ErrTypeOver
	} else if v != nil {
		err = detached(t.spec.Save(w, v))
	}
	if err == nil {
		err = w.err
	}
	if err != nil {
		w.failed("Save", err)
		t.saveFails(w.io, a1, err)
	}
	spareSavers.giveBack(w)
	return 0
}

// auxSave is the server's callback: (io, when).
func (t *Type[T]) auxSave(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	w := spareSavers.take()
	w.begin(&t.dataType, a0, "AuxSave of a data type")
	defer w.end()
	err := detached(t.spec.AuxSave(w, AuxWhen(int32(a1))))
	if err == nil {
		err = w.err
	}
	if err != nil {
		w.failed("AuxSave", err)
		spoil(w.io)
	}
	spareSavers.giveBack(w)
	return 0
}

// saveFails makes the save of a value fail.
func (t *dataType) saveFails(io redismodule.IO, word uintptr, err error) {
	t.err = err
	if word != t.dumping {
		spoil(io)
	}
}

// saveFailed answers for a Save that panicked or called runtime.Goexit: (io, value).
func (t *dataType) saveFailed(a0, a1 uintptr, f redismodule.Failure) uintptr {
	(&IO{io: redismodule.IO(a0), t: t}).failed("Save", Error(describe(f)))
	t.saveFails(redismodule.IO(a0), a1, Error("ERR "+describe(f)))
	return 0
}

// rewriteFailed answers for a Rewrite: (io, key, value).
func (t *dataType) rewriteFailed(a0, a1 uintptr, f redismodule.Failure) uintptr {
	(&IO{io: redismodule.IO(a0), t: t}).failed("Rewrite", Error(describe(f)))
	return writeFailed(a0, a1, f)
}

// writeFailed answers for a Rewrite or an AuxSave: (io).
func writeFailed(a0, _ uintptr, _ redismodule.Failure) uintptr {
	spoil(redismodule.IO(a0))
	return 0
}

// spoil makes what is written fail. The API has no function for that. But a server
// marks an IO as failed at once when a module that handles errors reads what it cannot read, and
// nothing can be read from what is being written. The mark makes SAVE, BGSAVE, a full sync, the rewriting of the AOF and
// SaveDataTypeToString fail; the file is not put in place.
//
// DUMP alone does not look at the mark. So it gets a sequence of items before, which no
// Load consumes exactly: not one that reads nothing, nor one that reads any other items.
func spoil(io redismodule.IO) {
	spoiled := unsafeconv.Data(spoiledText)
	for i := range 64 {
		switch uint64(spoiledOrder) >> i & 3 {
		case 0:
			redismodule.SaveStringBuffer(io, spoiled, uintptr(len(spoiledText)))
		case 1:
			redismodule.SaveUnsigned(io, 1<<63-1)
		case 2:
			redismodule.SaveDouble(io, 0)
		case 3:
			redismodule.SaveFloat(io, 0)
		}
	}
	redismodule.LoadUnsigned(io)
	// Where the mark is not set there is a way for children still.
	if redismodule.IsIOError(io) == 0 && InChild() {
		exitChild(childFailed)
	}
}

// spoiledOrder is the kinds of these items.
const spoiledOrder = 0x9d2c5680f1bbcdc7

const spoiledText = "this value could not be saved"
