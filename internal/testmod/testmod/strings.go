// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// stringOf is t.str OPERATION STRING [STRING].
func stringOf(ctx rm.Context, args rm.Args) error {
	s := args.At(2)
	switch op := args.At(1).String(); op {
	case "len":
		return ctx.ReplyWithLongLong(int64(s.Len()))
	case "int":
		n, err := s.Int64()
		if err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(n)
	case "float":
		f, err := s.Float64()
		if err != nil {
			return err
		}
		return ctx.ReplyWithDouble(f)
	case "compare":
		return ctx.ReplyWithLongLong(int64(s.Compare(args.At(3))))
	case "bytes":
		return ctx.ReplyWithBytes(s.Bytes())
	case "text":
		return ctx.ReplyWithText(s.String())
	case "clone":
		return ctx.ReplyWithText(s.Clone())
	case "new":
		return replyOwned(ctx, rm.NewRString(s.Bytes()))
	case "newtext":
		return replyOwned(ctx, rm.NewRStringText(s.String()))
	case "newint":
		n, err := s.Int64()
		if err != nil {
			return err
		}
		return replyOwned(ctx, rm.NewRStringInt64(n))
	case "retain":
		return replyOwned(ctx, s.Retain())
	case "raw":
		return ctx.ReplyWithString(rm.RawRStr(s.Raw()))
	case "append":
		own := rm.NewRString(s.Bytes())
		if err := own.Append(args.At(3).Bytes()); err != nil {
			own.Free()
			return err
		}
		return replyOwned(ctx, own)
	case "append.shared":
		own := s.Retain()
		defer own.Free()
		return own.Append([]byte("x"))
	case "zero":
		return ctx.ReplyWithText(zeroStrings(s))
	}
	return rm.Error("ERR no such operation")
}

func replyOwned(ctx rm.Context, s rm.RString) error {
	err := ctx.ReplyWithString(s.Str())
	s.Free()
	s.Free() // the second does nothing
	return err
}

// zeroStrings names what is wrong with zero strings.
func zeroStrings(some rm.RStr) string {
	var bad []string
	check := func(ok bool, what string) {
		if !ok {
			bad = append(bad, what)
		}
	}
	var zero rm.RStr
	var owned rm.RString
	check(zero.IsZero() && !some.IsZero(), "IsZero")
	check(zero.Len() == 0 && zero.Bytes() == nil && zero.String() == "" && zero.Clone() == "", "content")
	_, err := zero.Int64()
	check(err == rm.ErrNotInteger, "Int64")
	_, err = zero.Float64()
	check(err == rm.ErrNotFloat, "Float64")
	check(zero.Compare(some) == -1 && some.Compare(zero) == 1 && zero.Compare(zero) == 0, "Compare")
	r := zero.Retain()
	check(r.IsZero(), "Retain")
	check(owned.Append([]byte("x")) == rm.ErrNoString, "Append")
	owned.Free()
	check(bytes.Equal(some.Bytes(), []byte(some.String())), "views")
	return strings.Join(bad, " ")
}

// logText is t.log HOW LEVEL TEXT. It replies when the line is written.
func logText(ctx rm.Context, args rm.Args) error {
	level, text := args.At(2).String(), args.At(3).String()
	levels := map[string]rm.Level{"debug": rm.LevelDebug, "verbose": rm.LevelVerbose, "notice": rm.LevelNotice, "warning": rm.LevelWarning}
	switch args.At(1).String() {
	case "context":
		ctx.Log(levels[level], text)
	case "method":
		map[string]func(string){
			"debug": ctx.Debug, "verbose": ctx.Verbose, "notice": ctx.Notice, "warning": ctx.Warning,
		}[level](text)
	case "package":
		rm.Log(levels[level], text)
	case "goroutine":
		done := make(chan struct{})
		go func() {
			defer close(done)
			rm.Log(levels[level], strings.Clone(text))
		}()
		<-done
	case "storm": // four goroutines that do not end with the module
		text := strings.Clone(text)
		for range 4 {
			go func() {
				for range 500 {
					rm.Log(levels[level], text)
				}
			}()
		}
	case "slog":
		var l slog.Level
		if err := l.UnmarshalText([]byte(level)); err != nil {
			return err
		}
		log := slog.New(rm.NewLogHandler(slog.LevelDebug)).With("pid", 7).WithGroup("g")
		log.Log(context.Background(), l, text, "k", "two words", slog.Group("sub", "n", 1))
	default:
		return rm.Error("ERR no such way")
	}
	return ctx.ReplyWithOK()
}

// assert is t.assert (here|goroutine) TEXT; an empty text holds.
func assert(ctx rm.Context, args rm.Args) error {
	text := args.At(2).Clone()
	if args.At(1).String() == "goroutine" {
		done := make(chan struct{})
		go func() { defer close(done); rm.Assert(text == "", text) }()
		<-done
	}
	rm.Assert(text == "", text)
	return ctx.ReplyWithOK()
}
