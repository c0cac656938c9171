// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package inside

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/internal/report"
)

// T is a test that runs inside the server. Its methods do what those of [testing.T]
// of the same names do, and the packages assert and require of testify take it. Its
// methods may be used from any goroutine; those that end the test end only the calling
// goroutine when that is not the test's.
type T struct {
	parent    *T
	goroutine string

	mu       *sync.Mutex // one for a test and its parts
	result   report.Result
	cleanups []func()
	helpers  map[string]bool
	later    []step // of a test that is no part of another
}

// step is what a test does in a command of its own.
type step struct {
	delay time.Duration
	f     func(t *T, ctx rm.Context)
}

// ending is the panic by which a test ends early.
type ending struct{ t *T }

// Name returns the test's name, behind those of the tests that it is a part of.
func (t *T) Name() string {
	if t.parent != nil {
		return t.parent.Name() + "/" + t.result.Name
	}
	return t.result.Name
}

// Helper marks the calling function as one whose callers matter: their lines are
// shown.
func (t *T) Helper() {
	var pc [1]uintptr
	if runtime.Callers(2, pc[:]) == 0 {
		return
	}
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.helpers == nil {
		t.helpers = map[string]bool{}
	}
	t.helpers[frame.Function] = true
}

// below is what package assert's stacks show below the test: this package, and what
// called it.
var below = regexp.MustCompile(`(?m)^\t +\t+\S*/rmtest/inside/\w+\.go:\d+\n(?:\t +\t+\S+:\d+\n)*`)

// note adds text to the log, with the line of the first caller that is no helper.
func (t *T) note(text string) { t.noteAt(t.caller(), text) }

func (t *T) noteAt(at runtime.Frame, text string) {
	text = below.ReplaceAllString(text, "")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Log = append(t.result.Log, fmt.Sprintf("%s:%d: %s", filepath.Base(at.File), at.Line, strings.TrimRight(text, "\n")))
}

func (t *T) isHelper(function string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ; t != nil; t = t.parent {
		if t.helpers[function] {
			return true
		}
	}
	return false
}

// caller returns the first caller that is neither a method of T nor a helper.
func (t *T) caller() runtime.Frame {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	first, more := frames.Next()
	for f := first; ; f, more = frames.Next() {
		if !t.isHelper(f.Function) && !strings.Contains(f.Function, "/rmtest/inside.(*T)") {
			return f
		}
		if !more {
			return first
		}
	}
}

// Log adds a text to what is shown with the test, formatted as by [fmt.Sprintln].
func (t *T) Log(args ...any) { t.note(fmt.Sprintln(args...)) }

// Logf is [T.Log], formatted as by [fmt.Sprintf].
func (t *T) Logf(format string, args ...any) { t.note(fmt.Sprintf(format, args...)) }

// Error is [T.Log] and [T.Fail].
func (t *T) Error(args ...any) {
	t.note(fmt.Sprintln(args...))
	t.Fail()
}

// Errorf is [T.Logf] and [T.Fail].
func (t *T) Errorf(format string, args ...any) {
	t.note(fmt.Sprintf(format, args...))
	t.Fail()
}

// Fatal is [T.Log] and [T.FailNow].
func (t *T) Fatal(args ...any) {
	t.note(fmt.Sprintln(args...))
	t.FailNow()
}

// Fatalf is [T.Logf] and [T.FailNow].
func (t *T) Fatalf(format string, args ...any) {
	t.note(fmt.Sprintf(format, args...))
	t.FailNow()
}

// Skip is [T.Log] and [T.SkipNow].
func (t *T) Skip(args ...any) {
	t.note(fmt.Sprintln(args...))
	t.SkipNow()
}

// Skipf is [T.Logf] and [T.SkipNow].
func (t *T) Skipf(format string, args ...any) {
	t.note(fmt.Sprintf(format, args...))
	t.SkipNow()
}

// Fail marks the test as failed; it goes on.
func (t *T) Fail() {
	for ; t != nil; t = t.parent {
		t.mu.Lock()
		t.result.Failed = true
		t.mu.Unlock()
	}
}

// FailNow marks the test as failed and ends it.
func (t *T) FailNow() {
	t.Fail()
	t.end()
}

// SkipNow marks the test as skipped and ends it.
func (t *T) SkipNow() {
	t.mu.Lock()
	t.result.Skipped = true
	t.mu.Unlock()
	t.end()
}

// Failed reports whether the test has failed.
func (t *T) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result.Failed
}

// Skipped reports whether the test was skipped.
func (t *T) Skipped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result.Skipped
}

// Cleanup has f run when the test has ended; the last one first. A context is still
// valid then, unless the test went on in another command; see [T.Later].
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Later has f run as the rest of the test, in a command of its own with a context of its
// own, when this one has ended and the delay is over. Meanwhile the server does what it
// does between commands: it closes the command's keys, lets keys expire, runs timers.
// What is added several times runs in that order, and nothing of it once the test has
// failed or is skipped. A part of a test has no Later.
func (t *T) Later(delay time.Duration, f func(t *T, ctx rm.Context)) {
	if t.parent != nil {
		panic("inside: Later of a part of a test")
	}
	t.later = append(t.later, step{delay, f})
}

// command runs what the test does in one command, and the end of the test behind it.
func (t *T) command(f func(t *T)) {
	t.goroutine = goroutine()
	defer func() {
		t.result.More, t.result.Delay = false, 0
		if len(t.later) > 0 && !t.Failed() && !t.Skipped() {
			t.result.More, t.result.Delay = true, t.later[0].delay.Milliseconds()
			return
		}
		t.later = nil
		t.clean()
	}()
	t.body(f)
}

// Run runs f as a part of the test, shown as a subtest, and reports whether it did not
// fail. It runs on the calling goroutine, so that f may use the context.
func (t *T) Run(name string, f func(t *T)) bool {
	sub := &T{parent: t, mu: t.mu}
	sub.result.Name = name
	t.mu.Lock()
	t.result.Sub = append(t.result.Sub, &sub.result)
	t.mu.Unlock()
	sub.run(f)
	return !sub.Failed()
}

// end ends the test's goroutine back to where the test began, and any other goroutine.
func (t *T) end() {
	if goroutine() != t.goroutine {
		runtime.Goexit()
	}
	panic(ending{t})
}

// run runs f and then what is to be cleaned up.
func (t *T) run(f func(t *T)) {
	t.goroutine = goroutine()
	defer t.clean()
	t.body(f)
}

// clean runs what was given to Cleanup.
func (t *T) clean() {
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[n-1]
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		t.body(func(*T) { f() })
	}
}

// body runs code of the test to its end, whatever that is.
func (t *T) body(f func(t *T)) {
	finished := false
	defer func() {
		if finished {
			return
		}
		switch v := recover().(type) {
		case nil:
			if !t.Failed() {
				t.noteAt(cause(), "the test called runtime.Goexit")
			}
			t.Fail()
		case ending:
			if v.t != t { // the end of a test around this one
				if v.t.Failed() {
					t.Fail()
				}
				panic(v)
			}
		default:
			at := cause()
			if text, ok := v.(string); ok && strings.HasPrefix(text, "rm_debug: ") {
				at = misuser()
			}
			t.noteAt(at, fmt.Sprintf("panic: %v\n\n%s", v, stack()))
			t.Fail()
		}
	}()
	f(t)
	finished = true
}

// cause returns the line that panicked or called runtime.Goexit, in a function that
// runs because of it.
func cause() runtime.Frame {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	behind := false
	for {
		f, more := frames.Next()
		if behind && !strings.HasPrefix(f.Function, "runtime.") || !more {
			return f
		}
		behind = behind || f.Function == "runtime.gopanic" || f.Function == "runtime.Goexit"
	}
}

// misuser returns the line that has misused package rm, whose debug build has panicked.
func misuser() runtime.Frame {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	behind := false
	for {
		f, more := frames.Next()
		ours := strings.HasPrefix(f.Function, "github.com/iredismodule/redismodule/rm.")
		if behind && !ours && !strings.HasPrefix(f.Function, "runtime.") || !more {
			return f
		}
		behind = behind || f.Function == "runtime.gopanic"
	}
}

// stack returns the stack of a panic, down to this package.
func stack() string {
	s := string(debug.Stack())
	if i := strings.Index(s, "\npanic("); i >= 0 {
		s = s[i+1:]
	}
	s, _, _ = strings.Cut(s, "\ngithub.com/iredismodule/redismodule/rmtest/inside.")
	return s
}

// goroutine returns the number of the calling goroutine.
func goroutine() string {
	var b [64]byte
	words := bytes.Fields(b[:runtime.Stack(b[:], false)])
	if len(words) < 2 {
		return ""
	}
	return string(words[1])
}

// stacks returns the stacks of all goroutines, that of the test first.
func (t *T) stacks() string {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for n == len(buf) && n < 1<<26 {
		buf = make([]byte, 2*n)
		n = runtime.Stack(buf, true)
	}
	all := strings.Split(string(buf[:n]), "\n\n")
	own := slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, "goroutine "+t.goroutine+" ") })
	if own > 0 {
		test := all[own]
		all = slices.Insert(slices.Delete(all, own, own+1), 0, test)
	}
	return strconv.Itoa(len(all)) + " goroutines, the test's first\n\n" + strings.Join(all, "\n\n")
}
