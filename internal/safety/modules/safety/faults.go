// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
)

// nilDeref reads through a nil pointer.
func nilDeref(ctx rm.Context, args rm.Args) error {
	var d *doc
	return ctx.ReplyWithLongLong(d.Number)
}

func panics(ctx rm.Context, args rm.Args) error { panic("told to panic") }

func goexits(ctx rm.Context, args rm.Args) error {
	runtime.Goexit()
	return nil
}

// leaver is an error that ends the goroutine that wants its text.
type leaver struct{}

func (leaver) Error() string {
	runtime.Goexit()
	return ""
}

func panicsWithLeaver(ctx rm.Context, args rm.Args) error { panic(leaver{}) }

// noString is an address at which no string of the server is.
const noString = redismodule.String(0x10)

// fault passes a wrong pointer to the server, in the handler or on a goroutine.
func fault(ctx rm.Context, args rm.Args) error {
	broken := func() int {
		var n uintptr
		redismodule.StringPtrLen(noString, &n)
		return int(n)
	}
	if args.At(1).String() == "goroutine" {
		go broken()
		time.Sleep(time.Minute)
	}
	return ctx.ReplyWithLongLong(int64(broken()))
}

// panicGoroutine panics where nothing recovers.
func panicGoroutine(ctx rm.Context, args rm.Args) error {
	go func() { panic("a goroutine of the module's own gave up") }()
	return ctx.ReplyWithOK()
}

// fatal does what the Go runtime ends the process for: two goroutines write a map, or
// one has no stack left. Nothing can recover from it.
func fatal(ctx rm.Context, args rm.Args) error {
	switch args.At(1).String() {
	case "map":
		m := map[int]int{}
		for range 8 {
			go func() {
				for i := 0; ; i++ {
					m[i%100] = i
				}
			}()
		}
	case "stack":
		debug.SetMaxStack(1 << 20) // the trace of a gigabyte takes a minute
		go func() { depth.Store(int64(deeper(1))) }()
	}
	return ctx.ReplyWithOK()
}

var depth atomic.Int64

// deeper never comes back.
func deeper(n int) int {
	if n == 0 {
		return 0
	}
	return deeper(n+1) + n
}

// forks holds the results of the children of rm.Fork.
var forks struct {
	pid, ended, code, signal int
	rawDone                  redismodule.CFunc
}

// fork forks; the child does what args.At(1) says and returns the code args.At(2).
// The reply is the child's process id.
func fork(ctx rm.Context, args rm.Args) error {
	how := args.At(1).Clone()
	code, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	child := func() int {
		n := 0
		docs.Range(func(_, d any) bool {
			n += len(encode(d.(*doc)))
			return true
		})
		for i := range 5 {
			if err := ctx.SendChildHeartbeat(float64(i) / 5); err != nil {
				code = 99
			}
		}
		switch how {
		case "encode":
		case "wait":
			// Without sleeping, which is not allowed here.
			burn(time.Now().Add(time.Minute))
		case "goexit":
			runtime.Goexit()
		case "again":
			if _, err := ctx.Fork(func() int { return 1 }, nil); err == nil {
				code = 97
			}
		case "files": // of the server's
			for _, c := range []string{"BGREWRITEAOF", "save", "FLUSHALL", "SHUTDOWN"} {
				if _, err := ctx.Call(c, 0); err != rm.ErrInChild {
					code = 96
				}
			}
			if _, err := ctx.Call("CONFIG", 0, rm.Text("SET"), rm.Text("hz"), rm.Int64(10), rm.Text("AppendOnly"), rm.Text("yes")); err != rm.ErrInChild {
				code = 95
			}
			if err := ctx.ResetDataset(rm.ResetRestartAOF); err != rm.ErrInChild {
				code = 94
			}
			if err := ctx.LoadRDB("dump.rdb"); err != rm.ErrInChild && !errors.Is(err, rm.ErrUnsupported) {
				code = 93
			}
			reply, err := ctx.Call("DBSIZE", 0)
			if reply.Free(); err != nil {
				code = 92
			}
		default:
			if hangs(how) != nil {
				code = 98
			}
		}
		return int(code)
	}
	pid, err := ctx.Fork(child, func(exitCode, signal int) {
		forks.ended++
		forks.code, forks.signal = exitCode, signal
	})
	if err != nil {
		return err
	}
	forks.pid = pid
	return ctx.ReplyWithLongLong(int64(pid))
}

// rawFork forks by the raw layer, with a function for the end that is an ordinary
// callback.
func rawFork(ctx rm.Context, args rm.Args) error {
	if forks.rawDone == 0 {
		f, err := redismodule.NewCallback(func(code, signal, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
			forks.ended++
			forks.code, forks.signal = int(int32(code)), int(int32(signal))
			return 0
		}, nil)
		if err != nil {
			return err
		}
		forks.rawDone = f
	}
	pid := redismodule.Fork(forks.rawDone, 0)
	if pid == 0 {
		n := 0
		for i := range 2000 {
			n += len(encode(&doc{Name: strconv.Itoa(i), Tags: []string{"a", "b"}}))
		}
		redismodule.ExitFromChild(int32(40 + n&1))
	}
	if pid < 0 {
		return rm.Error("ERR no fork")
	}
	return ctx.ReplyWithLongLong(int64(pid))
}

// forkResult replies with how many children have ended, and the last one's exit
// code and signal.
func forkResult(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithText(fmt.Sprintf("ended=%d code=%d signal=%d inchild=%v", forks.ended, forks.code, forks.signal, rm.InChild()))
}

// forkHere forks in a function that a goroutine gives to the server's thread.
func forkHere(ctx rm.Context, args rm.Args) error {
	t := ctx.DetachedThreadSafeContext()
	go func() {
		defer t.Free()
		err := t.Do(func(ctx rm.Context) error {
			_, err := ctx.Fork(func() int { return 0 }, nil)
			return err
		})
		rm.Log(rm.LevelNotice, fmt.Sprintf("forkhere: %v", err))
	}()
	return ctx.ReplyWithOK()
}

func killFork(ctx rm.Context, args rm.Args) error {
	if err := ctx.KillForkChild(forks.pid); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// parentOnly does in the parent what is for children.
func parentOnly(ctx rm.Context, args rm.Args) error {
	if rm.InChild() || ctx.SendChildHeartbeat(0.5) == nil {
		return errors.New("the server's process takes itself for a child")
	}
	return ctx.ReplyWithOK()
}

// tsc is what the goroutines of threadSafe have done.
var tsc struct {
	running       atomic.Int64
	done, tried   atomic.Int64
	busy, problem atomic.Int64
}

// threadSafe starts args.At(1) goroutines that increment the key args.At(3) args.At(2)
// times each, with Do and TryDo in turn.
func threadSafe(ctx rm.Context, args rm.Args) error {
	n, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	times, err := args.At(2).Int64()
	if err != nil {
		return err
	}
	key := args.At(3).Clone()
	increment := func(ctx rm.Context) error {
		if rm.InChild() {
			return errors.New("in a child")
		}
		reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Text(key))
		reply.Free()
		return err
	}
	t := ctx.DetachedThreadSafeContext()
	left := new(atomic.Int64)
	left.Store(n)
	tsc.running.Add(n)
	for range n {
		go func() {
			for i := range times {
				ok, err := false, error(nil)
				if i%2 == 0 {
					ok, err = true, t.Do(increment)
				} else {
					for !ok && err == nil {
						if ok, err = t.TryDo(increment); !ok {
							tsc.busy.Add(1)
							runtime.Gosched()
						}
					}
					tsc.tried.Add(1)
				}
				if err != nil || !ok {
					tsc.problem.Add(1)
				}
				tsc.done.Add(1)
			}
			if left.Add(-1) == 0 {
				t.Free()
			}
			tsc.running.Add(-1)
		}()
	}
	return ctx.ReplyWithOK()
}

func threadSafeDone(ctx rm.Context, args rm.Args) error {
	return ctx.ReplyWithText(fmt.Sprintf("running=%d done=%d tried=%d problems=%d",
		tsc.running.Load(), tsc.done.Load(), tsc.tried.Load(), tsc.problem.Load()))
}

// doHere waits for the lock that the handler's thread has.
func doHere(ctx rm.Context, args rm.Args) error {
	t := ctx.DetachedThreadSafeContext()
	defer t.Free()
	ran := false
	f := func(rm.Context) error { ran = true; return nil }
	err := t.Do(f)
	ok, tryErr := t.TryDo(f)
	if err == nil || tryErr == nil || ok || ran {
		return fmt.Errorf("do: %v, try: %v %v, ran: %v", err, ok, tryErr, ran)
	}
	return err
}

var held *rm.ThreadSafeContext

// hold makes a thread-safe context and keeps it.
func hold(ctx rm.Context, args rm.Args) error {
	held = ctx.DetachedThreadSafeContext()
	return ctx.ReplyWithOK()
}

func release(ctx rm.Context, args rm.Args) error {
	held.Free()
	held.Free()
	return ctx.ReplyWithOK()
}

// lock makes a goroutine hold the server's lock for args.At(1) milliseconds.
func lock(ctx rm.Context, args rm.Args) error {
	ms, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	t := ctx.DetachedThreadSafeContext()
	go func() {
		_ = t.Do(func(rm.Context) error {
			time.Sleep(time.Duration(ms) * time.Millisecond)
			return nil
		})
		t.Free()
	}()
	return ctx.ReplyWithOK()
}

// callFrom calls a command from a goroutine that holds the server's lock, by the raw
// layer.
func callFrom(ctx rm.Context, args rm.Args) error {
	command := args.At(1).Clone()
	var words []rm.Arg
	for _, a := range args.From(2).All {
		words = append(words, rm.Text(a.Clone()))
	}
	raw := redismodule.GetDetachedThreadSafeContext(ctx.Raw())
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		redismodule.ThreadSafeContextLock(raw)
		c := rm.RawContext(raw)
		reply, err := c.Call(command, 0, words...)
		text := fmt.Sprintf("callfrom %s: %v", command, err)
		reply.Free()
		c.EndCallback()
		redismodule.ThreadSafeContextUnlock(raw)
		redismodule.FreeThreadSafeContext(raw)
		rm.Log(rm.LevelNotice, text)
	}()
	return ctx.ReplyWithOK()
}

// signalFlags replies with the flags of the handler of the signal args.At(1).
func signalFlags(ctx rm.Context, args rm.Args) error {
	sig, err := args.At(1).Int64()
	if err != nil {
		return err
	}
	// The kernel's struct: handler, flags, and more.
	var act [8]uintptr
	if _, _, e := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&act)), 8, 0, 0); e != 0 {
		return e
	}
	kind := "handler"
	if act[0] < 2 {
		kind = "none"
	}
	const onStack = 0x08000000
	return ctx.ReplyWithText(fmt.Sprintf("kind=%s onstack=%v", kind, act[1]&onStack != 0))
}
