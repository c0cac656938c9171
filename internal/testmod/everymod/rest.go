// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/iredismodule/redismodule/rm"
)

// mode is the value of an option.
type mode int32

var (
	theNumber atomic.Int64
	theFlag   atomic.Bool
	theMode   rm.AtomicEnum[mode]
	theText   rm.AtomicText
)

var configs = []rm.Config{
	rm.Int64Config{Name: "number", Default: 7, Min: -5, Max: 1000, Value: &theNumber, Check: func(n int64) error {
		if n == 13 {
			return errors.New("not that")
		}
		return nil
	}},
	rm.BoolConfig{Name: "flag", Default: true, Value: &theFlag},
	rm.EnumConfig[mode]{Name: "mode", Default: 2, Words: []rm.ConfigWord[mode]{{Word: "one", Value: 1}, {Word: "two", Value: 2}}, Value: &theMode},
	rm.TextConfig{Name: "text", Default: "default", Value: &theText, Check: func(s string) error {
		if strings.HasPrefix(s, "c") {
			return errors.New("begins with c")
		}
		return nil
	}},
}

func info(i rm.Info) {
	d, _ := dicts()
	_, _ = i.AddSection("state")
	_ = i.AddFieldLongLong("number", theNumber.Load())
	_ = i.BeginDictField("values")
	_ = i.AddFieldLongLong("docs", int64(docs.Values()))
	_ = i.AddFieldLongLong("structs", int64(structs.Values()))
	_ = i.AddFieldLongLong("words", int64(d.Len()))
	_ = i.EndDictField()
}

var restOperations = map[string]operation{
	"publish": {2, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		n, err := ctx.PublishMessage(args.At(0), args.At(1))
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(n))
	}},
	// values is how many there are of what must go, and of what must not be.
	"values": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		return ctx.ReplyWithLongLongs([]int64{int64(docs.Values()), int64(structs.Values()), blocked.Load() - freed.Load(), broken.Load()})
	}},
	"config": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		_ = ctx.ReplyWithArray(4)
		_ = ctx.ReplyWithLongLong(theNumber.Load())
		_ = ctx.ReplyWithBool(theFlag.Load())
		_ = ctx.ReplyWithLongLong(int64(theMode.Load()))
		return ctx.ReplyWithText(theText.Load())
	}},
	// server FIELD of INFO.
	"server": {1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		i, err := ctx.ServerInfo("server")
		if err != nil {
			return err
		}
		defer i.Free()
		_, ok, err := i.Field(args.At(0).Clone())
		if err != nil {
			return err
		}
		return ctx.ReplyWithBool(ok)
	}},
	// strings A B: what strings can do.
	"strings": {2, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		a, b := args.At(0), args.At(1)
		s := rm.NewRString(a.Bytes())
		defer s.Free()
		if err := s.Append(b.Bytes()); err != nil {
			return err
		}
		t := s.Retain()
		err := s.AppendText("x") // it has two owners
		t.Free()
		if !errors.Is(err, rm.ErrSharedString) {
			return errors.New("a shared string has been changed")
		}
		if err := s.AppendText("!"); err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(4)
		_ = ctx.ReplyWithLongLong(int64(a.Compare(b)))
		_ = ctx.ReplyWithBool(a.Equal(b))
		_ = ctx.ReplyWithLongLong(int64(s.Str().Len()))
		return ctx.ReplyWithString(s.Str())
	}},
}

var aclOperations = map[string]operation{
	// ask RULES KEY: what a user with these rules may do.
	"ask": {2, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		u, err := rm.NewUser("every")
		if err != nil {
			return err
		}
		defer u.Free()
		if err := u.SetACL(args.At(0).Clone()); err != nil {
			return ctx.ReplyWithText("refused")
		}
		key := args.At(1)
		read, err := u.MayUseKey(key, rm.KeyFlagAccess)
		if err != nil {
			return err
		}
		write, err := u.MayUseKey(key, rm.KeyFlagUpdate)
		if err != nil {
			return err
		}
		get, err := u.MayRun(ctx.Str("get"), key)
		if err != nil {
			return err
		}
		channel, err := u.MayUseChannel(key)
		if err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(4)
		for _, yes := range []bool{read, write, get, channel} {
			_ = ctx.ReplyWithBool(yes)
		}
		return nil
	}},
	// log USER OBJECT REASON adds an entry to ACL LOG: by the name of a user, or by the handle of "every".
	"log": {3, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		reason := map[string]rm.ACLReason{"auth": rm.ACLReasonAuth, "command": rm.ACLReasonCommand, "key": rm.ACLReasonKey, "channel": rm.ACLReasonChannel}[args.At(2).String()]
		if args.At(0).String() != "every" {
			if err := ctx.ACLAddLogEntryByUserName(args.At(0), args.At(1), reason); err != nil {
				return err
			}
			return ctx.ReplyWithOK()
		}
		u, err := rm.NewUser("every")
		if err != nil {
			return err
		}
		defer u.Free()
		if err := ctx.ACLAddLogEntry(u, args.At(1), reason); err != nil {
			return err
		}
		return ctx.ReplyWithOK()
	}},
	// user NAME tells whether the server knows a user, and as whom the client is logged in.
	"user": {1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		u, ok, err := rm.UserByName(args.At(0))
		if err != nil {
			return err
		}
		u.Free()
		name, known, err := ctx.CurrentUserName()
		if err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(2)
		_ = ctx.ReplyWithBool(ok)
		return stringOrNull(ctx, name, known, nil)
	}},
}
