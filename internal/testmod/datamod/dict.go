// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

var _ = add(
	rm.Command{Name: "d.dict.new", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dictNew},
	rm.Command{Name: "d.dict.do", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -3, Handler: dictDo},
	rm.Command{Name: "d.dict.range", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 5, Handler: dictRange},
	rm.Command{Name: "d.dict.seek", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 5, Handler: dictSeek},
	rm.Command{Name: "d.dict.compare", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 5, Handler: dictCompare},
	rm.Command{Name: "d.dict.body", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: -4, Handler: dictBody},
	rm.Command{Name: "d.dict.misuse", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dictMisuse},
	rm.Command{Name: "d.dict.count", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: dictCount},
	rm.Command{Name: "d.dict.values", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: dictValues},
)

// current is the dictionary of the commands.
var current *rm.Dict

func dictNew(ctx rm.Context, _ rm.Args) error {
	if current != nil {
		if err := current.Free(); err != nil {
			return err
		}
	}
	current = rm.NewDict()
	return ctx.ReplyWithOK()
}

var dictOps = map[string]rm.DictOp{}

func init() {
	for op := rm.DictFirst; op <= rm.DictLess; op++ {
		dictOps[op.String()] = op
	}
}

// dictDo is d.dict.do VERB KIND [KEY [VALUE]], KIND s, b or t: one operation.
func dictDo(ctx rm.Context, args rm.Args) error {
	kind := args.At(2).String()
	var key rm.RStr
	if args.Len() > 3 {
		key = args.At(3)
	}
	var value uintptr
	if args.Len() > 4 {
		n, err := strconv.ParseUint(args.At(4).String(), 10, 64)
		if err != nil {
			return err
		}
		value = uintptr(n)
	}
	var ok bool
	var err error
	d := current
	switch args.At(1).String() + " " + kind {
	case "len b":
		return ctx.ReplyWithLongLong(int64(d.Len()))
	case "set s":
		ok, err = d.Add(key, value)
	case "set b":
		ok, err = d.AddBytes(key.Bytes(), value)
	case "set t":
		ok, err = d.AddBytes(key.Bytes(), value)
	case "replace s":
		ok, err = d.Replace(key, value)
	case "replace b":
		ok, err = d.ReplaceBytes(key.Bytes(), value)
	case "replace t":
		ok, err = d.ReplaceBytes(key.Bytes(), value)
	case "get s":
		value, ok = d.Get(key)
	case "get b":
		value, ok = d.GetBytes(key.Bytes())
	case "get t":
		value, ok = d.GetBytes(key.Bytes())
	case "delete s":
		value, ok = d.Delete(key)
	case "delete b":
		value, ok = d.DeleteBytes(key.Bytes())
	case "delete t":
		value, ok = d.DeleteBytes(key.Bytes())
	default:
		return rm.Error("ERR no such operation")
	}
	if err != nil {
		return err
	}
	return ctx.ReplyWithText(fmt.Sprint(ok, " ", value))
}

// dictRange is d.dict.range KIND DIRECTION OP KEY: keys and values by turns.
func dictRange(ctx rm.Context, args rm.Args) (err error) {
	op := dictOps[args.At(3).String()]
	var r rm.DictRange
	switch args.At(1).String() {
	case "s":
		r, err = current.Range(op, args.At(4))
	case "b":
		r, err = current.RangeBytes(op, args.At(4).Bytes())
	default:
		r, err = current.RangeBytes(op, args.At(4).Bytes())
	}
	if err != nil {
		return err
	}
	names = names[:0]
	keep := func(key string, value uintptr) { names = append(names, key, strconv.FormatUint(uint64(value), 10)) }
	switch args.At(2).String() {
	case "all":
		for key, value := range r.All {
			keep(string(key), value)
		}
	case "backward":
		for key, value := range r.Backward {
			keep(string(key), value)
		}
	case "all.strings":
		for key, value := range r.AllStrings {
			keep(key.Clone(), value)
		}
	case "backward.strings":
		for key, value := range r.BackwardStrings {
			keep(key.Clone(), value)
		}
	}
	return replyNames(ctx, names)
}

// openIterator makes an iterator for a kind of key. For s it is one that was put
// elsewhere before, for S a new one.
func openIterator(kind string, op rm.DictOp, key rm.RStr) (it rm.DictIterator, err error) {
	switch kind {
	case "S":
		return current.Iterator(op, key)
	case "B":
		return current.IteratorBytes(op, key.Bytes())
	case "T":
		return current.IteratorBytes(op, key.Bytes())
	}
	if it, err = current.IteratorBytes(rm.DictLast, nil); err != nil {
		return it, err
	}
	it.Next()
	it.Next() // to the end
	switch kind {
	case "s":
		err = it.Seek(op, key)
	case "b":
		err = it.SeekBytes(op, key.Bytes())
	default:
		err = it.SeekBytes(op, key.Bytes())
	}
	return it, err
}

// dictSeek is d.dict.seek KIND STEPS OP KEY: the keys that an iterator shows; steps
// are n, p for the next and previous one, N, P as strings.
func dictSeek(ctx rm.Context, args rm.Args) error {
	it, err := openIterator(args.At(1).String(), dictOps[args.At(3).String()], args.At(4))
	if err != nil {
		return err
	}
	names = names[:0]
	for _, step := range args.At(2).String() {
		var key []byte
		var s rm.RString
		var ok bool
		switch step {
		case 'n':
			key, _, ok = it.Next()
		case 'p':
			key, _, ok = it.Prev()
		case 'N':
			s, _, ok = it.NextString()
			key = s.Bytes()
		case 'P':
			s, _, ok = it.PrevString()
			key = s.Bytes()
		}
		if ok {
			names = append(names, "key "+string(key))
		} else {
			names = append(names, "none")
		}
		s.Free()
	}
	if err := it.Stop(); err != nil {
		return err
	}
	return replyNames(ctx, names)
}

// dictCompare is d.dict.compare KIND AT OP KEY: is the key AT in the relation OP to
// KEY, by an iterator that is before AT, and at AT, and was there when the
// dictionary changed?
func dictCompare(ctx rm.Context, args rm.Args) error {
	it, err := current.Iterator(rm.DictEqual, args.At(2))
	if err != nil {
		return err
	}
	op := dictOps[args.At(3).String()]
	compare := func() bool {
		switch args.At(1).String() {
		case "s":
			return it.Compare(op, args.At(4))
		case "b":
			return it.CompareBytes(op, args.At(4).Bytes())
		}
		return it.CompareBytes(op, args.At(4).Bytes())
	}
	change := func() {
		const other = "\x7fanother key"
		if _, ok := current.DeleteBytes([]byte(other)); !ok {
			_, _ = current.AddBytes([]byte(other), 1)
		}
	}
	var got []bool
	got = append(got, compare())
	change()
	got = append(got, compare())
	it.Next()
	got = append(got, compare())
	change()
	got = append(got, compare())
	_ = it.Stop()
	_, _ = current.DeleteBytes([]byte("\x7fanother key"))
	return ctx.ReplyWithText(fmt.Sprint(got))
}
