// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Loader reads what a [Saver] has written: items of the same kinds in the same order, all of them. What Load leaves unread makes the server
// refuse the value, after Load and without telling the module: RESTORE answers with "ERR Bad data format" and nothing is in the log (but at
// loglevel verbose), a load ends with the server's own line: "not terminated by the proper module value EOF marker". The debug build
// tells of a Load that reads fewer items than Save writes for the value that it has made. An
// error stays: from then on every method returns zero, and the load fails when the function
// returns, whatever it returns. So Err must be looked at only before a loop whose end depends
// on what was read, and [Loader.LoadLength] bounds that.
//
// While a file is loaded the server serves clients and events now and then, inside of these methods.
type Loader struct{ anIO }

var spareLoaders spare[Loader]

// LoadUnsigned reads what SaveUnsigned has written.
//
// C: RedisModule_LoadUnsigned, since Redis 4.0.
func (r *Loader) LoadUnsigned() uint64 {
	if !r.next() {
		return 0
	}
	n := redismodule.LoadUnsigned(r.io)
	if n == 0 {
		r.lookAt("LoadUnsigned")
	}
	return n
}

// LoadLength reads a length that SaveUnsigned has written, and fails with ErrRange when it is
// greater than most: a damaged length must not make Go allocate without end.
//
// C: RedisModule_LoadUnsigned, since Redis 4.0.
func (r *Loader) LoadLength(most int) int {
	n := r.LoadUnsigned()
	if n > uint64(max(most, 0)) {
		r.failedAt(ErrRange, "LoadLength")
		return 0
	}
	return int(n)
}

// LoadSigned reads what SaveSigned has written.
//
// C: RedisModule_LoadSigned, since Redis 4.0.
func (r *Loader) LoadSigned() int64 {
	if !r.next() {
		return 0
	}
	n := redismodule.LoadSigned(r.io)
	if n == 0 {
		r.lookAt("LoadSigned")
	}
	return n
}

// LoadString reads what SaveString, SaveStringBuffer or SaveText has written, as a string of the server. The
// caller owns it; it is zero after an error.
//
// C: RedisModule_LoadString, since Redis 4.0.
func (r *Loader) LoadString() RString {
	if !r.next() {
		return RString{}
	}
	s := redismodule.LoadString(r.io)
	if s == 0 {
		r.failedAt(ErrIO, "LoadString")
	}
	return owned(s)
}

// LoadStringBuffer reads what SaveString, SaveStringBuffer or SaveText has written, as a block of the server's memory, without a copy. The caller
// owns it; it is zero after an error.
//
// C: RedisModule_LoadStringBuffer, since Redis 4.0.
func (r *Loader) LoadStringBuffer() Memory {
	p, n := r.buffer("LoadStringBuffer")
	if p == nil {
		return Memory{}
	}
	return Memory{newOwned(), uintptr(unsafe.Pointer(p)), int(n)}
}

func (r *Loader) buffer(method string) (p *byte, n uintptr) {
	if !r.next() {
		return nil, 0
	}
	p = redismodule.LoadStringBuffer(r.io, &n)
	switch {
	case p == nil:
		r.failedAt(ErrIO, method)
	case n > math.MaxInt32*1024: // no server has such strings
		redismodule.Free(uintptr(unsafe.Pointer(p)))
		r.failedAt(ErrRange, method)
		p = nil
	}
	return p, n
}

// AppendBytes reads a text as [Loader.LoadStringBuffer] does, and appends it to dst.
//
// C: RedisModule_LoadStringBuffer, since Redis 4.0.
func (r *Loader) AppendBytes(dst []byte) []byte {
	return r.appendBytes(dst, "AppendBytes")
}

func (r *Loader) appendBytes(dst []byte, method string) []byte {
	p, n := r.buffer(method)
	if p != nil {
		dst = append(dst, unsafeconv.BytesAt(p, n)...)
		redismodule.Free(uintptr(unsafe.Pointer(p)))
	}
	return dst
}

// LoadBytes reads a text as [Loader.LoadStringBuffer] does, into memory of Go.
//
// C: RedisModule_LoadStringBuffer, since Redis 4.0.
func (r *Loader) LoadBytes() []byte { return r.appendBytes(nil, "LoadBytes") }

// LoadText reads a text as [Loader.LoadStringBuffer] does, as a Go string.
//
// C: RedisModule_LoadStringBuffer, since Redis 4.0.
func (r *Loader) LoadText() string {
	p, n := r.buffer("LoadText")
	if p == nil {
		return ""
	}
	s := string(unsafeconv.BytesAt(p, n))
	redismodule.Free(uintptr(unsafe.Pointer(p)))
	return s
}

// LoadDouble reads what SaveDouble has written.
//
// C: RedisModule_LoadDouble, since Redis 4.0.
func (r *Loader) LoadDouble() float64 {
	if !r.next() {
		return 0
	}
	f := redismodule.LoadDouble(r.io)
	if f == 0 {
		r.lookAt("LoadDouble")
	}
	return f
}

// LoadFloat reads what SaveFloat has written.
//
// C: RedisModule_LoadFloat, since Redis 4.0.
func (r *Loader) LoadFloat() float32 {
	if !r.next() {
		return 0
	}
	f := redismodule.LoadFloat(r.io)
	if f == 0 {
		r.lookAt("LoadFloat")
	}
	return f
}

// LoadLongDouble reads what SaveLongDouble has written, rounded to a float64. A server before Redis 6.0 lacks it: the load fails with
// ErrUnsupported.
//
// C: RedisModule_LoadLongDouble, since Redis 6.0.
func (r *Loader) LoadLongDouble() float64 {
	switch {
	case !r.next():
		return 0
	case !has(featureSaveLongDouble):
		r.err = lacks(featureSaveLongDouble)
		return 0
	}
	f := redismodule.LoadLongDouble(r.io)
	if f == 0 {
		r.lookAt("LoadLongDouble")
	}
	return f
}

// Yield lets the server serve its clients in the middle of a long Load, which otherwise happens
// only now and then while something is read: most commands get the error LOADING, those with CmdAllowLoading
// run. Call it often: it returns at once unless the time for it has come, hz times a second. It does
// nothing where no file is loaded and no master synchronises: in RESTORE nobody may come in between.
//
// The error is [ErrKeysOpen] while a key is open, that of the Loader if there is one, and an [UnsupportedError] before Redis 7.0.
//
// C: RedisModule_Yield, since Redis 7.0; RedisModule_GetContextFromIO, since Redis 4.0.
func (r *Loader) Yield() error {
	switch {
	case !r.usable():
		return r.err
	case !has(featureYield):
		return lacks(featureYield)
	case keys.any():
		return ErrKeysOpen
	}
	ctx := redismodule.GetContextFromIO(r.io)
	if state.yielding || redismodule.GetContextFlags(ctx)&(redismodule.CTX_FLAGS_LOADING|redismodule.CTX_FLAGS_ASYNC_LOADING) == 0 {
		return nil
	}
	state.yielding = true
	yieldMidway(ctx)
	state.yielding = false
	return nil
}

// load is the server's callback: (io, version).
func (t *Type[T]) load(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	r := spareLoaders.take()
	r.begin(&t.dataType, a0, "Load of a data type")
	defer r.end()
	var v *T
	version := int(int32(a1))
	err := r.knows(version, t.spec.Version)
	if err == nil && !t.restoring {
		err = t.live()
	}
	if err == nil {
		if v, err = t.spec.Load(r, version); err == nil {
			err = r.Err()
		}
	}
	if debugging && err == nil && v != nil && version == t.spec.Version {
		t.compareItems(r.items, v)
	}
	word, err := t.made(v, detached(err), "Load")
	if err != nil {
		t.err = err
		r.failed("Load", err)
	}
	spareLoaders.giveBack(r)
	return word
}

// knows tells whether the version is one of those that the type can load.
func (r *Loader) knows(version, newest int) error {
	if version > newest {
		return Error(fmt.Sprintf("ERR the encoding version is %d, and this module knows those up to %d: it is older than what has saved the value", version, newest))
	}
	return nil
}

// loadFailed answers for a Load that panicked or called runtime.Goexit.
func (t *dataType) loadFailed(a0, _ uintptr, f redismodule.Failure) uintptr {
	(&IO{io: redismodule.IO(a0), t: t}).failed("Load", Error(describe(f)))
	t.err = Error("ERR " + describe(f))
	return 0
}

// auxLoad is the server's callback: (io, version, when).
func (t *Type[T]) auxLoad(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	r := spareLoaders.take()
	r.begin(&t.dataType, a0, "AuxLoad of a data type")
	defer r.end()
	version := int(int32(a1))
	err := r.knows(version, t.spec.Version)
	if err == nil {
		if err = detached(t.spec.AuxLoad(r, version, AuxWhen(int32(a2)))); err == nil {
			err = r.Err()
		}
	}
	status := uintptr(redismodule.OK)
	if err != nil {
		r.failed("AuxLoad", err)
		status = redismodule.ERR
	}
	spareLoaders.giveBack(r)
	return status
}

// auxLoadFailed answers for an AuxLoad that panicked or called runtime.Goexit.
func auxLoadFailed(_, _ uintptr, _ redismodule.Failure) uintptr { return redismodule.ERR }
