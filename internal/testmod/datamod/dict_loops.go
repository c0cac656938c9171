// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// dictBody is d.dict.body WHAT DIRECTION OP [KEY]: loops whose bodies change the
// dictionary. It replies with the keys that were seen.
func dictBody(ctx rm.Context, args rm.Args) error {
	var from rm.RStr
	if args.Len() > 4 {
		from = args.At(4)
	}
	r, err := current.Range(dictOps[args.At(3).String()], from)
	if err != nil {
		return err
	}
	names = names[:0]
	body := func(key []byte) bool {
		names = append(names, string(key))
		last := names[len(names)-1]
		switch args.At(1).String() {
		case "delete":
			current.DeleteBytes(key) // the key lies in the iterator's own memory
		case "delete.next": // the one behind
			it, _ := current.IteratorText(rm.DictGreater, last)
			if next, _, ok := it.Next(); ok {
				current.DeleteText(string(next))
			}
			_ = it.Stop()
		case "zero": // another kind of node in the tree
			_, _ = current.ReplaceBytes(key, 0)
		case "add": // next to it, on both sides
			if len(last) < 20 {
				_, _ = current.SetText(last+"\x00", 1)
				if len(last) > 0 {
					_, _ = current.SetText(last[:len(last)-1], 1)
				}
			}
		case "free":
			_ = current.Free()
			current = nil
		case "panic":
			panic("in the body")
		case "break":
			return false
		case "nested":
			n := 0
			for range r.All {
				n++
			}
			_ = n
		}
		return true
	}
	switch args.At(2).String() {
	case "all":
		for key := range r.All {
			if !body(key) {
				break
			}
		}
	case "backward":
		for key := range r.Backward {
			if !body(key) {
				break
			}
		}
	case "all.strings":
		for key := range r.AllStrings {
			if !body(key.Bytes()) {
				break
			}
		}
	case "backward.strings":
		for key := range r.BackwardStrings {
			if !body(key.Bytes()) {
				break
			}
		}
	}
	return replyNames(ctx, names)
}

// dictMisuse shows what freed dictionaries and stopped iterators give.
func dictMisuse(ctx rm.Context, _ rm.Args) error {
	var out []string
	show := func(what string, v ...any) { out = append(out, what+": "+fmt.Sprintln(v...)) }
	d := rm.NewDict()
	_, _ = d.SetText("key", 1)
	it, err := d.IteratorText(rm.DictFirst, "")
	show("iterator", err)
	other, _ := d.IteratorText(rm.DictFirst, "")
	show("stop", it.Stop())
	show("stop again", it.Stop())
	third, _ := d.IteratorText(rm.DictFirst, "") // reuses what it was
	key, _, ok := it.Next()
	show("next of a stopped one", key, ok)
	show("seek of a stopped one", it.SeekText(rm.DictFirst, ""), it.Seek(rm.DictFirst, rm.RStr{}))
	show("compare of a stopped one", it.CompareText(rm.DictEqual, "key"), it.Compare(rm.DictEqual, rm.RStr{}))
	_, _, ok = third.Next()
	show("next of its successor", ok)
	_, err = d.IteratorText(99, "")
	show("unknown operator", err, third.SeekText(99, ""), third.CompareText(99, ""), rm.DictOp(99))
	_, err = d.RangeText(99, "")
	show("unknown operator", err)
	r, _ := d.RangeText(rm.DictFirst, "")
	show("zero keys", third.Seek(rm.DictGreaterEqual, rm.RStr{}), third.Compare(rm.DictGreater, rm.RStr{}))
	_, err = d.Iterator(rm.DictFirst, rm.RStr{})
	show("zero key", err)

	show("free", d.Free())
	show("free again", d.Free())
	_, _, ok = other.Next()
	show("next of a freed one", ok, other.Stop())
	_, _, ok = third.PrevString()
	show("prev of a freed one", ok)
	show("len", d.Len(), d.Raw())
	_, err = d.SetText("k", 1)
	show("set", err)
	_, err = d.Set(rm.RStr{}, 1)
	show("set", err)
	_, err = d.ReplaceText("k", 1)
	show("replace", err)
	_, err = d.Replace(rm.RStr{}, 1)
	show("replace", err)
	v, ok := d.GetText("k")
	show("get", v, ok)
	v, ok = d.Get(ctxName(ctx))
	show("get", v, ok)
	v, ok = d.DeleteText("k")
	show("delete", v, ok)
	v, ok = d.Delete(ctxName(ctx))
	show("delete", v, ok)
	_, err = d.RangeText(rm.DictFirst, "")
	show("range", err)
	_, err = d.Iterator(rm.DictFirst, rm.RStr{})
	show("iterator", err)
	_, err = rm.MallocSizeDict(d)
	show("size", err)
	n := 0
	for range r.All {
		n++
	}
	for range r.BackwardStrings {
		n++
	}
	for range (rm.DictRange{}).Backward {
		n++
	}
	for range (rm.DictRange{}).AllStrings {
		n++
	}
	show("seen", n, rm.DictIterator{}.Stop())
	g := rm.NewGoDict[string]()
	show("free", g.Free(), g.Free())
	_, err = g.SetText("k", "v")
	show("set", err)
	_, err = g.ReplaceText("k", "v")
	show("replace", err)
	s, ok := g.GetText("k")
	show("get", s, ok, g.Len())
	s, ok = g.DeleteText("k")
	show("delete", s, ok)
	return replyNames(ctx, out)
}

var aName rm.RString

// ctxName is any string that is there.
func ctxName(rm.Context) rm.RStr {
	if aName.IsZero() {
		aName = rm.NewRStringText("a name")
	}
	return aName.RStr
}

// dictCount is d.dict.count KEY: each method, without allocations.
func dictCount(ctx rm.Context, args rm.Args) error {
	n := 0
	count := func(ok bool) {
		if ok {
			n++
		}
	}
	d, key := current, args.At(1)
	ok, _ := d.Set(key, 1)
	count(ok)
	ok, _ = d.SetBytes(key.Bytes(), 1)
	count(!ok)
	ok, _ = d.Replace(key, 2)
	count(!ok)
	v, _ := d.Get(key)
	count(v == 2)
	r, err := d.Range(rm.DictGreaterEqual, key)
	if err != nil {
		return err
	}
	for key, value := range r.All {
		count(len(key) > 0 && value > 0)
	}
	for key := range r.Backward {
		count(len(key) > 0)
	}
	for key := range r.AllStrings {
		count(key.Len() > 0)
		for range r.BackwardStrings {
			count(true)
			break
		}
	}
	it, err := d.Iterator(rm.DictEqual, key)
	if err != nil {
		return err
	}
	k, _, ok := it.Next()
	count(ok && len(k) > 0 && it.Compare(rm.DictEqual, key))
	_, _, ok = it.Prev()
	count(ok)
	_ = it.Seek(rm.DictLast, key)
	_ = it.Stop()
	v, ok = d.Delete(key)
	count(ok && v == 2)
	_, ok = d.DeleteText(key.String())
	count(!ok)
	return ctx.ReplyWithLongLong(int64(n))
}

type goValue struct {
	name string
	list []int
}

// dictValues compares a dictionary of Go values with a map.
func dictValues(ctx rm.Context, _ rm.Args) error {
	g := rm.NewGoDict[*goValue]()
	defer func() { _ = g.Free() }()
	want := map[string]*goValue{}
	for i := range 20_000 {
		name := strconv.Itoa(i * 7919 % 1000)
		v := &goValue{name, make([]int, i%10)}
		old, was := want[name]
		var ok bool
		var got *goValue
		switch i % 5 {
		case 0:
			if ok, _ = g.SetText(name, v); ok == was {
				return rm.Error("ERR Set " + name)
			} else if ok {
				want[name] = v
			}
		case 1, 2:
			if ok, _ = g.ReplaceBytes([]byte(name), v); ok == was {
				return rm.Error("ERR Replace " + name)
			}
			want[name] = v
		case 3:
			if got, ok = g.GetBytes([]byte(name)); ok != was || got != old {
				return rm.Error("ERR Get " + name)
			}
		case 4:
			if got, ok = g.DeleteBytes([]byte(name)); ok != was || got != old {
				return rm.Error("ERR Delete " + name)
			}
			delete(want, name)
		}
		if g.Len() != len(want) {
			return rm.Error("ERR Len")
		}
	}
	s := rm.NewRStringText("key")
	defer s.Free()
	one, _ := g.Set(s.RStr, &goValue{name: "key"})
	two, _ := g.Replace(s.RStr, &goValue{name: "key"})
	v, three := g.Get(s.RStr)
	_, four := g.Delete(s.RStr)
	if !one || two || !three || !four || v.name != "key" {
		return rm.Error("ERR keys that are strings")
	}
	up, err := g.RangeText(rm.DictFirst, "")
	if err != nil {
		return err
	}
	down, err := g.Range(rm.DictLast, rm.RStr{})
	if err != nil {
		return err
	}
	n, last := 0, ""
	for key, v := range up.All {
		if want[string(key)] != v || v.name != string(key) || last >= v.name {
			return rm.Error("ERR All")
		}
		last = v.name
		n++
		if n == 10 {
			for key, v := range down.Backward {
				if want[string(key)] != v {
					return rm.Error("ERR Backward")
				}
				break
			}
		}
	}
	if n != len(want) {
		return rm.Error("ERR All ends early")
	}
	return ctx.ReplyWithLongLong(int64(n))
}
