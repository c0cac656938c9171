// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

// fakeTB is a test that may fail without failing the real one.
type fakeTB struct {
	testing.TB
	mu       sync.Mutex
	failed   bool
	skipped  bool
	text     strings.Builder
	cleanups []func()
}

// pretend runs f as a test of its own, with its cleanups, and returns what became of it.
func pretend(t *testing.T, f func(tb testing.TB)) *fakeTB {
	fake := &fakeTB{TB: t}
	each := func(f func()) {
		done := make(chan struct{})
		go func() { // FailNow ends the goroutine
			defer close(done)
			f()
		}()
		<-done
	}
	each(func() { f(fake) })
	for _, c := range slices.Backward(fake.cleanups) {
		each(c)
	}
	return fake
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

func (f *fakeTB) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *fakeTB) Log(args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintln(&f.text, args...)
}

func (f *fakeTB) Errorf(format string, args ...any) {
	f.Log(fmt.Sprintf(format, args...))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = true
}

func (f *fakeTB) FailNow() {
	f.mu.Lock()
	f.failed = true
	f.mu.Unlock()
	runtime.Goexit()
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	f.FailNow()
}

func (f *fakeTB) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

func (f *fakeTB) Skip(args ...any) {
	f.Log(args...)
	f.skipped = true
	runtime.Goexit()
}

func (f *fakeTB) Skipf(format string, args ...any) { f.Skip(fmt.Sprintf(format, args...)) }
