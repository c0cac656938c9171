// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"runtime"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/internal/testmod/replyprog"
	"github.com/iredismodule/redismodule/rm"
)

// FuzzBlocked blocks a client and answers it in one of the ways that there are, some of them at
// once. It gets one whole reply: the recorded one where that is whole.
func FuzzBlocked(f *testing.F) {
	hosted(f)
	for how := range 16 {
		f.Add(uint8(how), replyprog.Encode([]replyprog.Instr{{Op: replyprog.Text, Text: "x"}}))
	}
	f.Fuzz(func(t *testing.T, how uint8, b []byte) {
		program := replyprog.Decode(b)
		protocol := 2 + int(how&1)
		want, invalid := plan(program, protocol)
		before := ctest.HostLiving()
		recorded := func() rm.Reply {
			r := rm.NewReply()
			replyprog.Run(program, r)
			return r
		}
		sends := false // the recording is what the client must get
		at := inHost(t, protocol, func(ctx rm.Context, _ rm.Args) error {
			b, err := ctx.BlockClient(rm.BlockOptions{
				Data:  program,
				Reply: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },
			})
			if err != nil {
				return err
			}
			switch how >> 1 & 7 {
			case 0:
				sends = true
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { return recorded(), nil })
			case 1:
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { panic("job") })
			case 2:
				return b.Go(ctx, func(rm.Job) (rm.Reply, error) { runtime.Goexit(); return rm.Reply{}, nil })
			case 3:
				return b.Go(ctx, func(j rm.Job) (r rm.Reply, err error) {
					err = j.Do(func(ctx rm.Context) error { r = recorded(); return errors.New(string(replyprog.Encode(program))) })
					r.Free()
					return rm.Reply{}, err
				})
			case 4: // who is first?
				go func() { b.ReplyWithError(errors.New("a")) }()
				go func() { b.UnblockClient(nil) }()
			case 5:
				b.ReplyWith(recorded())
				if b.ReplyWith(rm.NewReply()) {
					t.Error("a second answer")
				}
				sends = true
			case 6:
				b.AbortBlock(ctx)
				return errors.New("aborted")
			case 7:
				b.Finish(func(ctx rm.Context, _ rm.Args) error {
					r := recorded()
					defer r.Free()
					return r.ReplyTo(ctx)
				})
				sends = true
			}
			return nil
		})
		if at == nil {
			var ok bool
			if at, ok = ctest.HostEnd(); !ok {
				t.Fatal("the client waits for a minute")
			}
		}
		got, err := decode(at, protocol)
		switch {
		case err != nil:
			t.Fatalf("%v: %q", err, at)
		case sends && invalid == nil && !same(want, got), sends && invalid != nil && got.kind != '-':
			t.Fatalf("want %+v (%v), got %q", want, invalid, at)
		}
		settled(t, before)
	})
}
