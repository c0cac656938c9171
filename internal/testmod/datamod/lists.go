// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// The commands of lists take how the key is opened: see openHow.
var _ = add(
	rm.Command{Name: "d.list.push", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: -4, Handler: listPush},
	rm.Command{Name: "d.list.pop", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: listPop},
	rm.Command{Name: "d.list.get", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: listGet},
	rm.Command{Name: "d.list.set", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 5, Handler: listSet},
	rm.Command{Name: "d.list.insert", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 5, Handler: listInsert},
	rm.Command{Name: "d.list.delete", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 4, Handler: listDelete},
	rm.Command{Name: "d.list.walk", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 6, Handler: listWalk},
	rm.Command{Name: "d.list.body", Flags: rm.CmdWrite, Keys: rm.KeyRange{First: 2, Last: 2, Step: 1}, Arity: 3, Handler: listBody},
	rm.Command{Name: "d.list.ops", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: -2, Handler: listOps},
)

// openHow opens a key: w for writing, r for reading, dressed up as one for writing;
// c is closed again, z was never open, a has a context with automatic
// memory.
func openHow(ctx rm.Context, how, name rm.RStr) rm.WriteKey {
	switch how.String() {
	case "r":
		return rm.WriteKey{ReadKey: ctx.OpenReadKey(name)}
	case "c":
		k := ctx.OpenWriteKey(name)
		_ = k.Close()
		return k
	case "z":
		return rm.WriteKey{}
	case "a":
		ctx.AutoMemory()
	}
	return ctx.OpenWriteKey(name)
}

// orZero is the zero RStr for the argument (zero).
func orZero(s rm.RStr) rm.RStr {
	if s.String() == "(zero)" {
		return rm.RStr{}
	}
	return s
}

func endOf(s rm.RStr) rm.ListEnd {
	switch s.String() {
	case "head":
		return rm.ListHead
	case "tail":
		return rm.ListTail
	}
	return 7
}

// intOf is an argument that is an integer.
func intOf(s rm.RStr) int {
	n, err := s.Int64()
	if err != nil {
		panic(err)
	}
	return int(n)
}

// listPush is d.list.push HOW KEY END ELEMENT...
func listPush(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	for _, e := range args.From(4).All {
		if err := k.ListPush(endOf(args.At(3)), orZero(e)); err != nil {
			return err
		}
	}
	return ctx.ReplyWithLongLong(int64(k.Len()))
}

// replyFreed replies with a string that is to be freed.
func replyFreed(ctx rm.Context, s rm.RString, err error) error {
	if err != nil {
		return err
	}
	err = ctx.ReplyWithString(s.RStr)
	s.Free()
	return err
}

func listPop(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	s, err := k.ListPop(endOf(args.At(3)))
	return replyFreed(ctx, s, err)
}

func listGet(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	s, err := k.ListGet(intOf(args.At(3)))
	return replyFreed(ctx, s, err)
}

// listSet is d.list.set HOW KEY INDEX VALUE.
func listSet(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	if err := k.ListSet(intOf(args.At(3)), orZero(args.At(4))); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func listInsert(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	if err := k.ListInsert(intOf(args.At(3)), orZero(args.At(4))); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func listDelete(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	if err := k.ListDelete(intOf(args.At(3))); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

// listWalk is d.list.walk HOW KEY FIRST LAST all|backward: what the walk yields.
func listWalk(ctx rm.Context, args rm.Args) error {
	k := openHow(ctx, args.At(1), args.At(2))
	r, err := k.List(intOf(args.At(3)), intOf(args.At(4)))
	if err != nil {
		return err
	}
	_ = ctx.ReplyWithArray(rm.PostponedLen)
	n := 0
	if args.At(5).String() == "backward" {
		for i, element := range r.Backward {
			_ = ctx.ReplyWithLongLong(int64(i))
			_ = ctx.ReplyWithString(element)
			n++
		}
	} else {
		for i, element := range r.All {
			_ = ctx.ReplyWithLongLong(int64(i))
			_ = ctx.ReplyWithString(element)
			n++
		}
	}
	return ctx.ReplySetArrayLength(2 * n)
}

// listBodies are bodies of loops that do what loops usually do not. They return
// what the loop has seen.
var listBodies = map[string]func(ctx rm.Context, k rm.WriteKey, name rm.RStr, r rm.ListRange) string{
	"break": func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.All {
			if seen += e.String() + " "; i == 1 {
				break
			}
		}
		return seen
	},
	"panic": func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) string {
		for _, e := range r.All {
			panic(e.Clone())
		}
		return ""
	},
	"recovered": func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		func() {
			defer func() { seen = recover().(string) }()
			for _, e := range r.Backward {
				panic(e.Clone())
			}
		}()
		for _, e := range r.All { // the key still works
			seen += " " + e.String()
		}
		return seen
	},
	"twice": func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for range 2 {
			for _, e := range r.All {
				seen += e.String() + " "
			}
		}
		return seen
	},
	"nested": func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			for _, f := range r.Backward {
				if seen += e.String() + f.String() + " "; f.Compare(e) == 0 {
					break
				}
			}
		}
		return seen
	},
	"delete": func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.All {
			seen += e.String() + " "
			if err := k.ListDelete(i); err != nil {
				return err.Error()
			}
		}
		return seen
	},
	"delete.backward": func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.Backward {
			seen += e.String() + " "
			if err := k.ListDelete(i); err != nil {
				return err.Error()
			}
		}
		return seen
	},
	"set": func(_ rm.Context, k rm.WriteKey, name rm.RStr, r rm.ListRange) (seen string) {
		for i, e := range r.All {
			seen += e.String() + " "
			_ = k.ListSet(i+1, name)
		}
		return seen
	},
	"push": func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			seen += e.String() + " "
			_ = k.ListPush(rm.ListTail, e)
		}
		return seen
	},
	"pop": func(_ rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			seen += e.String() + " "
			for range 2 {
				s, _ := k.ListPop(rm.ListTail)
				s.Free()
			}
		}
		return seen
	},
	"close": func(ctx rm.Context, k rm.WriteKey, name rm.RStr, r rm.ListRange) (seen string) {
		for _, e := range r.All {
			_ = k.Close()
			other := ctx.OpenWriteKey(name) // reuses what stood behind k
			seen += e.String() + " " + strconv.Itoa(other.Len()) + " "
		}
		for range r.All {
			seen += "of a closed key"
		}
		return seen
	},
	"retain": func(_ rm.Context, _ rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		var kept []rm.RString
		for _, e := range r.All {
			kept = append(kept, e.Retain())
		}
		for _, s := range kept {
			seen += s.String() + " "
			s.Free()
		}
		return seen
	},
	"auto": func(ctx rm.Context, k rm.WriteKey, _ rm.RStr, r rm.ListRange) (seen string) {
		ctx.AutoMemory()
		for _, e := range r.All {
			seen += e.String() + " "
		}
		return seen
	},
	"zero": func(rm.Context, rm.WriteKey, rm.RStr, rm.ListRange) (seen string) {
		for range (rm.ListRange{}).All {
			seen = "something"
		}
		for range (rm.ListRange{}).Backward {
			seen = "something"
		}
		return seen
	},
}

// listBody is d.list.body WHICH KEY.
func listBody(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(2))
	r, err := k.List(0, -1)
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(listBodies[args.At(1).String()](ctx, k, args.At(2), r))
}

// listOps is d.list.ops KEY OP...: operations on one open key, with the result of
// each. An operation is a letter, and numbers or values behind it.
func listOps(ctx rm.Context, args rm.Args) error {
	k := ctx.OpenWriteKey(args.At(1))
	_ = ctx.ReplyWithArray(args.Len() - 2)
	var err error
	for _, op := range args.From(2).All {
		word := strings.Fields(op.String())
		index := 0
		if len(word) > 1 {
			index, _ = strconv.Atoi(word[1])
		}
		var value, got rm.RString
		if len(word) > 2 {
			value = rm.NewRStringText(word[2])
		}
		switch word[0] {
		case "G":
			got, err = k.ListGet(index)
		case "S":
			err = k.ListSet(index, value.RStr)
		case "I":
			err = k.ListInsert(index, value.RStr)
		case "D":
			err = k.ListDelete(index)
		case "P":
			err = k.ListPush(rm.ListEnd(index), value.RStr)
		case "O":
			got, err = k.ListPop(rm.ListEnd(index))
		}
		switch {
		case err != nil:
			_ = ctx.ReplyWithText(err.Error())
		default:
			_ = ctx.ReplyWithString(got.RStr)
		}
		got.Free()
		value.Free()
	}
	return nil
}
