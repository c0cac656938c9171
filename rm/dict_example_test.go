// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// Counts words and lists those with a prefix in their order.
func ExampleDict() {
	words := rm.NewDict() // freed when the module is unloaded

	count := func(ctx rm.Context, args rm.Args) error {
		n, _ := words.Get(args.At(1))
		if _, err := words.Replace(args.At(1), n+1); err != nil {
			return err
		}
		return ctx.ReplyWithLongLong(int64(n + 1))
	}
	list := func(ctx rm.Context, args rm.Args) error {
		r, err := words.Range(rm.DictGreaterEqual, args.At(1))
		if err != nil {
			return err
		}
		_ = ctx.ReplyWithArray(rm.PostponedLen)
		n := 0
		for word, times := range r.All {
			if !strings.HasPrefix(string(word), args.At(1).String()) {
				break
			}
			_ = ctx.ReplyWithBytes(word)
			_ = ctx.ReplyWithLongLong(int64(times))
			n += 2
		}
		ctx.ReplySetArrayLength(n)
		return nil
	}
	_, _ = count, list
}

// Walks to and fro.
func ExampleDictIterator() {
	d := rm.NewDict()
	defer d.Free()
	it, err := d.IteratorBytes(rm.DictLessEqual, []byte("m"))
	if err != nil {
		return
	}
	defer it.Stop()
	if key, _, ok := it.Next(); ok && it.CompareBytes(rm.DictLess, []byte("m")) {
		_ = key // the greatest key below "m"
	}
}

type session struct{ user string }

// Keeps Go values, sorted by their keys.
func ExampleGoDict() {
	sessions := rm.NewGoDict[*session]()
	defer sessions.Free()
	_, _ = sessions.AddBytes([]byte("s:17"), &session{"alice"})
	if s, ok := sessions.GetBytes([]byte("s:17")); ok {
		_ = s.user
	}
	if r, err := sessions.RangeBytes(rm.DictFirst, nil); err == nil {
		for key, s := range r.All {
			_, _ = key, s
		}
	}
}
