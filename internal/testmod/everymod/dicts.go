// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

// A dictionary of words and one of Go values get the same; both must answer the same.
var theTwo struct {
	words  *rm.Dict
	values *rm.GoDict[string]
}

func dicts() (*rm.Dict, *rm.GoDict[string]) {
	if theTwo.words == nil {
		theTwo.words, theTwo.values = rm.NewDict(), rm.NewGoDict[string]()
	}
	return theTwo.words, theTwo.values
}

const errTwo = rm.Error("ERR the two dictionaries differ")

// same replies with what both dictionaries have said.
func same(ctx rm.Context, a, b bool, err1, err2 error) error {
	switch {
	case err1 != nil:
		return err1
	case err2 != nil:
		return err2
	case a != b:
		return errTwo
	}
	return ctx.ReplyWithBool(a)
}

var dictOperations = map[string]operation{
	"add": {2, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		n, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		d, g := dicts()
		a, err1 := d.Add(args.At(0), uintptr(n))
		b, err2 := g.Add(args.At(0), args.At(1).Clone())
		return same(ctx, a, b, err1, err2)
	}},
	"replace": {2, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		n, err := args.At(1).Int64()
		if err != nil {
			return err
		}
		d, g := dicts()
		a, err1 := d.ReplaceBytes(args.At(0).Bytes(), uintptr(n))
		b, err2 := g.ReplaceBytes(args.At(0).Bytes(), args.At(1).Clone())
		return same(ctx, a, b, err1, err2)
	}},
	"get": {1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		d, g := dicts()
		n, a := d.Get(args.At(0))
		text, b := g.Get(args.At(0))
		return pair(ctx, n, a, text, b)
	}},
	"delete": {1, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		d, g := dicts()
		n, a := d.Delete(args.At(0))
		text, b := g.DeleteBytes(args.At(0).Bytes())
		return pair(ctx, n, a, text, b)
	}},
	"len": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		d, g := dicts()
		return ctx.ReplyWithLongLongs([]int64{int64(d.Len()), int64(g.Len())})
	}},
	"free": {0, func(ctx rm.Context, _ rm.RStr, _ rm.Args) error {
		d, g := dicts()
		d.Free()
		g.Free()
		theTwo.words, theTwo.values = nil, nil
		return ctx.ReplyWithOK()
	}},
	// range OPERATOR KEY MODE: backward with "b", by strings with "s"; with "d" the body deletes what it sees.
	"range": {3, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		op, err := operator(args.At(0))
		if err != nil {
			return err
		}
		d, g := dicts()
		mode := args.At(2)
		r, err := d.Range(op, args.At(1))
		if err != nil {
			return err
		}
		rg, err := g.Range(op, args.At(1))
		if err != nil {
			return err
		}
		reply := rm.NewReply()
		defer reply.Free()
		reply.BeginArray(2)
		reply.BeginArray(rm.PostponedLen)
		see := func(key []byte, n uintptr) bool {
			reply.Bytes(key)
			reply.LongLong(int64(n))
			if has(mode, 'd') {
				d.DeleteBytes(key)
			}
			return true
		}
		switch {
		case has(mode, 's') && has(mode, 'b'):
			r.BackwardStrings(func(key rm.RStr, n uintptr) bool { return see(key.Bytes(), n) })
		case has(mode, 's'):
			r.AllStrings(func(key rm.RStr, n uintptr) bool { return see(key.Bytes(), n) })
		case has(mode, 'b'):
			r.Backward(see)
		default:
			r.All(see)
		}
		reply.End()
		reply.BeginArray(rm.PostponedLen)
		walk := rg.All
		if has(mode, 'b') {
			walk = rg.Backward
		}
		for key, text := range walk {
			reply.Bytes(key)
			reply.Text(text)
			if has(mode, 'd') {
				g.DeleteBytes(key)
			}
		}
		reply.End()
		return reply.ReplyTo(ctx)
	}},
	// walk OPERATOR KEY STEPS: an iterator that goes forward with each "n" and back with each "p".
	"walk": {3, func(ctx rm.Context, _ rm.RStr, args rm.Args) error {
		op, err := operator(args.At(0))
		if err != nil {
			return err
		}
		d, _ := dicts()
		it, err := d.Iterator(op, args.At(1))
		if err != nil {
			return err
		}
		defer it.Stop()
		steps := args.At(2).Bytes()
		_ = ctx.ReplyWithArray(len(steps))
		for _, c := range steps {
			next := it.Next
			if c == 'p' {
				next = it.Prev
			}
			if key, _, ok := next(); ok {
				_ = ctx.ReplyWithBytes(key)
			} else {
				_ = ctx.ReplyWithNull()
			}
		}
		return nil
	}},
}

// pair replies with a word and a text that must be the same number.
func pair(ctx rm.Context, n uintptr, a bool, text string, b bool) error {
	switch {
	case a != b:
		return errTwo
	case !a:
		return ctx.ReplyWithNull()
	}
	_ = ctx.ReplyWithArray(2)
	_ = ctx.ReplyWithLongLong(int64(n))
	return ctx.ReplyWithText(text)
}

func operator(s rm.RStr) (rm.DictOp, error) {
	for i, text := range []string{"^", "$", "==", ">=", ">", "<=", "<", "?"} {
		if s.String() == text {
			return rm.DictFirst + rm.DictOp(i), nil
		}
	}
	return 0, errOperation
}
