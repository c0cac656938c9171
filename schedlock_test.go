// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package redismodule

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// TestSchedLock: the word at the address is a lock: others see it held now and then
// while goroutines ask for GOMAXPROCS, and free in between.
func TestSchedLock(t *testing.T) {
	at := findSchedLock()
	if at == 0 {
		t.Fatalf("not found in %s", runtime.Version())
	}
	p := *(**uintptr)(unsafe.Pointer(&at))
	var group sync.WaitGroup
	var stop atomic.Bool
	for range 2 {
		group.Go(func() {
			for !stop.Load() {
				runtime.GOMAXPROCS(0)
			}
		})
	}
	held, free := 0, 0
	for deadline := time.Now().Add(20 * time.Second); (held < 10 || free < 10) && time.Now().Before(deadline); {
		if atomic.LoadUintptr(p) != 0 {
			held++
		} else {
			free++
		}
	}
	stop.Store(true)
	group.Wait()
	if held < 10 || free < 10 {
		t.Fatalf("held %d times, free %d times", held, free)
	}
}
