// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"runtime"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Functions of the raw layer that no method of package rm calls on newer servers.

// rawType is a data type whose Save gives its IO to rawSaves.
var (
	rawType  redismodule.ModuleType
	rawSaves func(io redismodule.IO)
)

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		save, err := redismodule.NewCallback(func(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			redismodule.SaveUnsigned(redismodule.IO(a0), 7)
			rawSaves(redismodule.IO(a0))
			return 0
		}, nil)
		if err != nil {
			return err
		}
		name := unsafeconv.NewZ("insideraw")
		rawType = redismodule.CreateDataType(ctx.Raw(), name.Ptr(), 0, &redismodule.TypeMethods{Version: 1, RdbSave: save})
		return nil
	})
}

// z is a C string that lives long enough.
func z(s string) *byte { zs := unsafeconv.NewZ(s); return zs.Ptr() }

// InsideRawFormats has the server put numbers and texts into formats of C.
//
// Drives: CreateStringPrintf and ReplyWithErrorFormat.
func InsideRawFormats(t *inside.T, ctx rm.Context) {
	text := z("text")
	big := int64(-1) << 62
	s := rm.RawRString(redismodule.CreateStringPrintf(0, z("%d %s %lld %c%%"), uintptr(42), uintptr(unsafe.Pointer(text)), uintptr(big), uintptr('x')))
	defer s.Free()
	require.Equal(t, "42 text -4611686018427387904 x%", s.String())
	runtime.KeepAlive(text)
	if !redismodule.Has(redismodule.FnReplyWithErrorFormat) {
		require.Panics(t, func() { redismodule.ReplyWithErrorFormat(ctx.Raw(), z("x")) })
		return
	}
	require.EqualValues(t, redismodule.OK, redismodule.ReplyWithErrorFormat(ctx.Raw(), z("ERR %s"), uintptr(unsafe.Pointer(text))))
}

// InsideRawThreadSafeContext takes the server's lock on another thread.
//
// Drives: GetThreadSafeContext, ThreadSafeContextLock, ThreadSafeContextUnlock, FreeThreadSafeContext.
func InsideRawThreadSafeContext(t *inside.T, ctx rm.Context) {
	done := make(chan int32, 1)
	go func() {
		runtime.LockOSThread() // the lock is a thread's
		defer runtime.UnlockOSThread()
		c := redismodule.GetThreadSafeContext(0)
		redismodule.ThreadSafeContextLock(c)
		db := redismodule.GetSelectedDb(c)
		redismodule.ThreadSafeContextUnlock(c)
		redismodule.FreeThreadSafeContext(c)
		done <- db
	}()
	await(t, func(t *inside.T, ctx rm.Context) bool {
		select {
		case db := <-done:
			require.Zero(t, db)
			return true
		default:
			return false
		}
	})
}

// InsideRawContextFromIO logs with the context of a data type's callback.
//
// Drives: GetContextFromIO, SaveDataTypeToString.
func InsideRawContextFromIO(t *inside.T, ctx rm.Context) {
	require.NotZero(t, rawType)
	if !redismodule.Has(redismodule.FnSaveDataTypeToString) {
		return
	}
	var once, again redismodule.Ctx
	rawSaves = func(io redismodule.IO) {
		once, again = redismodule.GetContextFromIO(io), redismodule.GetContextFromIO(io)
		redismodule.Log(once, z("notice"), z("from the raw layer"))
	}
	s := rm.RawRString(redismodule.SaveDataTypeToString(0, 1, rawType))
	defer s.Free()
	require.NotZero(t, once)
	require.Equal(t, once, again)
	require.NotZero(t, s.Len())
}
