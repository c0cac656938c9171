// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// IO is what the callbacks of a data type read from or write to: [Saver], [Loader] and
// [AOF] have its methods. It is valid until the callback returns; after that it does nothing
// and reads as zero.
type IO struct {
	o   origin
	io  redismodule.IO // 0: over
	err error
	t   *dataType

	items    int  // that were read or written, the one that is under way with them
	counting bool // of a Saver: it only counts, in the debug build
}

// anIO is IO under a name that others cannot set.
type anIO = IO

// Errors of reading and writing data types.
const (
	// ErrIO means that the server could not read or write: the disk or the connection fails, the data ends early, or is not what
	// was saved.
	ErrIO = Error("ERR the server could not read or write the value")
	// ErrIOOver means that an IO is used after its callback.
	ErrIOOver = Error("ERR the reading or writing of the value is over")
)

// begin makes an IO ready for a callback.
func (f *IO) begin(t *dataType, io uintptr, what string) {
	f.io, f.t, f.err, f.items = redismodule.IO(io), t, nil, 0
	f.o = newOrigin(what)
}

func (f *IO) end() {
	f.io, f.err = 0, ErrIOOver
	f.o.end()
}

// usable tells whether there is something to do; there is not after an error.
func (f *IO) usable() bool {
	if debugging {
		f.o.check("the reader or writer")
	}
	return f.err == nil
}

// next is usable for the next item.
func (f *IO) next() bool {
	if !f.usable() {
		return false
	}
	f.items++
	return !debugging || !f.counting
}

// failedAt makes err the error, of the item that is under way.
func (f *IO) failedAt(err error, method string) {
	f.err = fmt.Errorf("%w: %s, item %d", err, method, f.items)
}

// lookAt is look for a method that has read nothing.
func (f *IO) lookAt(method string) {
	if f.err == nil && redismodule.IsIOError(f.io) != 0 {
		f.failedAt(ErrIO, method)
	}
}

// look asks the server whether it has failed.
func (f *IO) look() {
	if f.err == nil && redismodule.IsIOError(f.io) != 0 {
		f.err = ErrIO
	}
}

// Err returns the first error of reading or writing: of the server's ([ErrIO], which errors.Is tells it to be), or one that was given to Fail. That of
// a [Loader] names the method that has failed, and the number of the item, from 1 on.
//
// C: RedisModule_IsIOError, since Redis 6.0.
func (f *IO) Err() error {
	if f.io != 0 {
		f.look()
	}
	return f.err
}

// Fail makes err, which must not be nil, the error of the callback, if there was none before: reading gives zeros from then
// on, and the load or save fails.
func (f *IO) Fail(err error) {
	if f.usable() {
		f.err = err
	}
}

// Key returns the name of the key that is read or written, zero when there is none: in AuxSave and
// AuxLoad, in [Type.Dump] and [Type.Restore], and for older servers in RESTORE.
//
// C: RedisModule_GetKeyNameFromIO, since Redis 5.0.5.
func (f *IO) Key() RStr {
	if f.io == 0 || !has(featureGetKeyNameFromIO) {
		return RStr{}
	}
	return RStr{f.o, redismodule.GetKeyNameFromIO(f.io)}
}

// DB returns the number of the key's database, -1 when there is no key, and before Redis 7.0.
//
// C: RedisModule_GetDbIdFromIO, since Redis 7.0.
func (f *IO) DB() int {
	if f.io == 0 || !has(featureGetDbIdFromIO) {
		return -1
	}
	return int(redismodule.GetDbIdFromIO(f.io))
}

// Log writes a line to the server's log, which says that it comes from reading or writing.
//
// C: RedisModule_LogIOError, since Redis 4.0.
func (f *IO) Log(level Level, text string) {
	if f.io == 0 {
		Log(level, text)
		return
	}
	logIO(f.io, level, text)
}

func logIO(io redismodule.IO, level Level, text string) {
	text = flatLine(text)
	n := min(len(text), 4096)
	p := unsafe.Pointer(unsafeconv.Data(text))
	redismodule.Escape(p)
	redismodule.LogIOError(io, levelNames[min(max(level, LevelDebug), LevelWarning)].Ptr(), logFormat.Ptr(), uintptr(n), uintptr(p))
	runtime.KeepAlive(text)
}

// failed logs why a callback has failed, with its key.
func (f *IO) failed(method string, err error) {
	text := "data type " + f.t.name + ": " + method
	if key := f.Key(); !key.IsZero() {
		text += fmt.Sprintf(" of key %q in database %d", key.String(), f.DB())
	}
	f.Log(LevelWarning, text+": "+err.Error())
}

// spare keeps one value to be used again. Nobody waits for it.
type spare[T any] struct{ p atomic.Pointer[T] }

func (s *spare[T]) take() *T {
	if v := s.p.Swap(nil); v != nil {
		return v
	}
	return new(T)
}

func (s *spare[T]) giveBack(v *T) {
	if !debugging {
		s.p.Store(v)
	}
}
