// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package ctest_test

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/ctest"
)

func TestCallOnThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	a := [6]uint64{1, 2, 3, 4, 5, 6}
	require.Equal(t, ctest.SumWant(a[:]...), ctest.CallOnThread(ctest.AddrSum(6), a))

	here := ctest.Call(ctest.AddrThreadID())
	require.NotZero(t, here)
	require.Equal(t, here, ctest.Call(ctest.AddrThreadID()))
	require.NotEqual(t, here, ctest.CallOnThread(ctest.AddrThreadID(), [6]uint64{}))

	// Through the address, and into Go by an ordinary export.
	ctest.SetGoCallback(func(a [6]uint64) uint64 {
		return ctest.Call(ctest.AddrThreadID()) - a[0]
	})
	require.NotZero(t, ctest.Call(ctest.AddrCallOnThread(), uint64(ctest.AddrGoCallback()), here))
	require.Zero(t, ctest.Call(ctest.AddrGoCallback(), here))
}

func TestCallOnSigstack(t *testing.T) {
	a := [6]uint64{1, 2, 3, 4, 5, 6}
	require.Equal(t, ctest.SumWant(a[:]...), ctest.CallOnSigstack(ctest.AddrSum(6), a))
	require.Zero(t, ctest.Call(ctest.AddrOnSigstack()))
	require.EqualValues(t, 1, ctest.CallOnSigstack(ctest.AddrOnSigstack(), [6]uint64{}))
	require.EqualValues(t, 1, ctest.Call(ctest.AddrCallOnSigstack(), uint64(ctest.AddrOnSigstack())))
	// Nested, and on a thread that has no such stack of its own.
	require.EqualValues(t, 1, ctest.CallOnSigstack(ctest.AddrCallOnSigstack(), [6]uint64{uint64(ctest.AddrOnSigstack())}))
	require.EqualValues(t, 1, ctest.CallOnThread(ctest.AddrCallOnSigstack(), [6]uint64{uint64(ctest.AddrOnSigstack())}))
}

func TestCallOnSigstackKeepsGoSignals(t *testing.T) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	defer signal.Stop(got)
	require.EqualValues(t, 1, ctest.CallOnSigstack(ctest.AddrOnSigstack(), [6]uint64{}))
	require.Empty(t, got, "the fixture's own signal is not Go's")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	select {
	case <-got:
	case <-time.After(10 * time.Second):
		t.Fatal("Go's handler is not back")
	}
}

func TestBlocks(t *testing.T) {
	a := [6]uint64{6, 5, 4, 3, 2, 1}
	for name, fn := range map[string]uintptr{
		"thread":   ctest.AddrBlockOnThread(),
		"sigstack": ctest.AddrBlockOnSigstack(),
	} {
		b := ctest.NewBlock(ctest.AddrSum(6), a)
		require.Zero(t, uint32(ctest.Call(fn, uint64(b.Addr()))), name)
		require.Equal(t, ctest.SumWant(a[:]...), b.Result(), name)
		b.Free()
	}
}
