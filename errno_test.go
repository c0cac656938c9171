// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule_test

import (
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	rm "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/ctest"
)

// TestErrno: on the server's thread and on a goroutine that is bound to its own, while
// Go collects garbage, allocates and asks for the P.
func TestErrno(t *testing.T) {
	eachMode(t, api{"SelectDb": ctest.AddrFail(), "GetSelectedDb": ctest.AddrFail(), "KeyExists": ctest.AddrFail()}, func(t *testing.T, s *server) {
		fail := func() (wrong int) {
			for i := range 200 / slow() {
				for n := 1; n < 100; n += 7 {
					if rm.GetSelectedDb(rm.Ctx(n)) != 1 || rm.Errno() != syscall.Errno(n) {
						wrong++
					}
					rm.KeyExists(rm.Ctx(n+1), 0) // of the other lane
					for range 2 {                // to ask changes nothing
						if rm.Errno() != syscall.Errno(n+1) {
							wrong++
						}
					}
				}
				if i%50 == 0 {
					runtime.GC()
				}
			}
			return wrong
		}
		s.do(t, func() { require.Zero(t, fail()) })
		elsewhere := make(chan int)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			elsewhere <- fail()
		}()
		require.Zero(t, <-elsewhere)
		s.do(t, func() { require.Zero(t, testing.AllocsPerRun(100, func() { _ = rm.Errno() })) })
	})
}
