// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
)

// ended is what OnFree was told.
type ended struct {
	times atomic.Int32
	data  any
	how   rm.BlockEnd
}

// FuzzBlocked blocks a client and answers it in one of the ways that there are, some of them at
// once; or its time passes before, or meanwhile. It gets one whole reply: that of the answer.
func FuzzBlocked(f *testing.F) {
	hosted(f)
	for how := range 256 {
		f.Add(uint8(how), replyprog.Encode([]replyprog.Instr{{Op: replyprog.Text, Text: "x"}}))
		f.Add(uint8(how), replyprog.Encode([]replyprog.Instr{{Op: replyprog.Array, N: 2}, {Op: replyprog.Double, Float: 1e-300}}))
	}
	f.Fuzz(func(t *testing.T, how uint8, b []byte) {
		program := replyprog.Decode(b)
		protocol := 2 + int(how&1)
		plan, invalid := plan(program, protocol)
		before := ctest.HostLiving()
		recorded := func() rm.Reply {
			r := rm.NewReply()
			replyprog.Run(program, r)
			return r
		}
		fails := func(text string) node { return node{kind: '-', text: text} }
		if invalid != nil {
			plan = node{kind: '-'}
		}
		want := []node{plan} // one of these
		var client rm.BlockedClient
		end := new(ended)
		data, given := new(int), new(int)
		way := how >> 1 & 7
		late, meanwhile := how&16 != 0, how&32 != 0 && how&16 == 0
		nothing, short := how&64 != 0, how&128 != 0 // answers that are none; the shortest time
		if way == 6 {
			late, meanwhile = false, false
		}
		at := inHost(t, protocol, func(ctx rm.Context, _ rm.Args) error {
			o := rm.BlockOptions{
				Data: data,
				Reply: func(ctx rm.Context, _ rm.Args) error {
					if got, ok := rm.PrivateData[*int](ctx); !ok || got != given {
						t.Errorf("the private data are %p, %t, want %p", got, ok, given)
					}
					return ctx.ReplyWithLongLong(12)
				},
				OnFree: func(data any, how rm.BlockEnd) {
					end.data, end.how = data, how
					end.times.Add(1)
				},
			}
			if late || meanwhile {
				if o.Timeout = time.Hour; short {
					o.Timeout = 1 // a nanosecond, which counts as a millisecond
				}
				o.OnTimeout = func(ctx rm.Context, _ rm.Args) error {
					if got, ok := rm.PrivateData[*int](ctx); !meanwhile && (!ok || got != data) {
						t.Errorf("the private data are %p, %t, want %p", got, ok, data)
					}
					switch way {
					case 1:
						panic("late")
					case 2:
						return errors.New("late")
					}
					return ctx.ReplyWithLongLong(34)
				}
				if way == 3 {
					o.OnTimeout = nil
				}
			}
			refused := o
			refused.Timeout = -1
			refused.OnFree = func(any, rm.BlockEnd) { t.Error("the end of a client that was not blocked") }
			if _, err := ctx.BlockClient(refused); err != rm.ErrBlockTimeout {
				t.Errorf("less than no time: %v", err)
			}
			b, err := ctx.BlockClient(o)
			if err != nil {
				return err
			}
			if client = b; late {
				return nil
			}
			if _, err := ctx.BlockClient(refused); err != rm.ErrCannotBlock {
				t.Errorf("a blocked client is blocked: %v", err)
			}
			switch {
			case !nothing:
			case way == 5 && !underDebug:
				want[0] = fails(rm.ErrReplyFreed.Error())
				r := recorded()
				r.Free()
				b.ReplyWith(r)
				return nil
			case way == 2:
				want[0] = fails(rm.ErrNilError.Error())
				b.ReplyWithError(nil)
				return nil
			case way == 7:
				want[0] = fails(rm.ErrNoReplyHandler.Error())
				b.Finish(nil)
				return nil
			case way == 0:
				want[0] = fails(rm.ErrNoAnswer.Error())
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { return rm.Reply{}, nil })
			case way == 3:
				want[0] = fails("ERR both")
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { return recorded(), errors.New("both") })
			}
			switch way {
			case 0:
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { return recorded(), nil })
			case 1:
				want[0] = fails("ERR of a blocked client: panic: job") // the host does not tell names of commands
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { panic("job") })
			case 2:
				want[0] = fails(rm.ErrNoAnswer.Error())
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { runtime.Goexit(); return rm.Reply{}, nil })
			case 3:
				want[0] = fails(errorLine(string(replyprog.Encode(program))))
				return b.Go(ctx, func(j rm.Job) (r rm.Reply, err error) {
					err = j.Do(func(ctx rm.Context) error { r = recorded(); return errors.New(string(replyprog.Encode(program))) })
					r.Free()
					return rm.Reply{}, err
				})
			case 4: // who is first?
				want = []node{fails("ERR a"), {kind: ':', text: "12"}}
				go func() { b.ReplyWithError(errors.New("a")) }()
				go func() { b.UnblockClient(given) }()
			case 5:
				b.ReplyWith(recorded())
				if b.ReplyWith(rm.NewReply()) || b.UnblockClient(nil) || b.Waiting() {
					t.Error("a second answer")
				}
			case 6:
				want[0] = fails("ERR aborted")
				if !b.AbortBlock(ctx) || b.AbortBlock(ctx) {
					t.Error("it was not taken back once")
				}
				return errors.New("aborted")
			case 7:
				b.Finish(func(ctx rm.Context, _ rm.Args) error {
					r := recorded()
					defer r.Free()
					return r.ReplyTo(ctx)
				})
			}
			return nil
		})
		if late || meanwhile {
			passed := ctest.HostTimeOut()
			timedOut := node{kind: ':', text: "34"}
			switch way {
			case 1:
				timedOut = fails("ERR blocked: panic: late")
			case 2:
				timedOut = fails("ERR late")
			case 3:
				timedOut = node{kind: '_'}
			}
			if want = append(want, timedOut); late {
				want = want[len(want)-1:]
				if !passed || client.Waiting() || client.ReplyWithError(errors.New("late")) || client.UnblockClient(nil) {
					t.Error("the client waits after its time")
				}
			}
		}
		if at == nil {
			var ok bool
			if at, ok = ctest.HostEnd(); !ok {
				t.Fatal("the client waits for a minute")
			}
		}
		got, err := decode(at, protocol)
		if err != nil {
			t.Fatalf("%v: %q", err, at)
		}
		if !slices.ContainsFunc(want, func(n node) bool { return same(n, got) }) {
			t.Fatalf("want one of %+v (%v), got %q", want, invalid, at)
		}
		for begun := time.Now(); end.times.Load() == 0; time.Sleep(time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatal("OnFree is not called")
			}
		}
		ends := rm.BlockAnswered
		if late {
			ends = rm.BlockTimedOut
		}
		if n := end.times.Load(); n != 1 || end.how != ends && !meanwhile {
			t.Errorf("OnFree: %d times, %v", n, end.how)
		}
		if end.data != any(data) && (way != 4 || end.data != any(given)) {
			t.Errorf("OnFree: the data %v", end.data)
		}
		settled(t, before)
	})
}
