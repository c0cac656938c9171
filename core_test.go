// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule_test

import (
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
)

// TestSignatures: internal/core declares again what it takes from the root package by
// linkname, and only this compares the two: here, when it is compiled, and that they are
// one function.
func TestSignatures(t *testing.T) {
	same(t, rm.CoreBegin, core.Begin)
	same(t, rm.CoreSettle, core.Settle)
	same(t, rm.CoreAbandon, core.Abandon)
	same(t, rm.CoreUnload, core.Unload)
	same(t, rm.CorePark, core.Park)
	same(t, rm.CoreNewCommand, core.NewCommand)
	same(t, rm.CoreNewEntry, core.NewEntry)
	same(t, rm.CoreFail, core.Fail)
	same(t, rm.CoreEnter, core.Enter)
	same(t, rm.CoreResident, core.Resident)
	same(t, rm.CoreOnServerThread, core.OnServerThread)
	same(t, rm.CoreNameThreads, core.NameThreads)
	same(t, rm.CoreNameEntry, core.NameEntry)
	same(t, rm.CoreSetTurns, core.SetTurns)
	same(t, rm.CoreLasting, core.Lasting)
	load, callPtr, address, trace, callInPlace := core.Unexported()
	same(t, rm.CoreLoad, load)
	same(t, rm.CoreCallPtr, callPtr)
	same(t, rm.CoreAddress, address)
	same(t, rm.CoreTrace, trace)
	same(t, rm.CoreCallInPlace, callInPlace)
}

// same takes two functions of one type.
func same[F any](t *testing.T, root, core F) {
	t.Helper()
	a, b := reflect.ValueOf(root).Pointer(), reflect.ValueOf(core).Pointer()
	require.Equal(t, runtime.FuncForPC(a).Name(), runtime.FuncForPC(b).Name())
}
