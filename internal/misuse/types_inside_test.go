// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

type item struct{ text string }

var (
	items      *rm.Type[item]
	keptSaver  *rm.Saver
	keptLoader *rm.Loader
	keptKey    rm.RStr
	keptDigest *rm.Digest
)

func init() {
	rm.AtLoad(func(ctx rm.Context) (err error) {
		items, err = rm.NewType(ctx, rm.TypeSpec[item]{
			Name: "misuseitm",
			Save: func(w *rm.Saver, v *item) error { keptSaver = w; w.SaveText(v.text); return nil },
			Load: func(r *rm.Loader, version int) (*item, error) { keptLoader = r; return &item{r.LoadText()}, nil },
			Copy: func(k rm.KeyInfo, v *item) (*item, error) { keptKey = k.Name(); return &item{v.text}, nil },
			Digest: func(d *rm.Digest, v *item) {
				keptDigest = d
				d.AddText(v.text)
				d.EndSequence()
			},
		})
		return err
	})
}

// InsideMisuseOfTypes keeps what the callbacks of a data type are given, and gives a value to
// two keys.
func InsideMisuseOfTypes(t *inside.T, ctx rm.Context) {
	call := func(words ...string) {
		var args []rm.Arg
		for _, w := range words[1:] {
			args = append(args, rm.Text(w))
		}
		reply, err := ctx.Call(words[0], 0, args...)
		require.NoError(t, err)
		reply.Free()
	}
	a, b := ctx.OpenWriteKey(ctx.Str("item")), ctx.OpenWriteKey(ctx.Str("other"))
	v := &item{"text"}
	require.NoError(t, items.Set(a, v))
	require.NoError(t, items.Set(a, v))
	at := ""
	said := func() (said any) {
		defer func() { said = recover() }()
		func() { at = line(); _ = items.Set(b, v) }()
		return nil
	}()
	require.Equal(t, "rm_debug: ERR the value is that of another key already "+at, said)
	require.NoError(t, items.Set(a, &item{"in its place"}))
	require.NoError(t, items.Set(b, v), "it was freed")
	a.Close()
	b.Close()
	s, err := items.Dump(ctx, v)
	require.NoError(t, err)
	_, err = items.Restore(ctx, s.Str(), 0)
	require.NoError(t, err)
	s.Free()
	call("COPY", "item", "third")
	call("DEBUG", "DIGEST-VALUE", "item")
	for text, do := range map[string]func(){
		"the reader or writer of the Save of a data type is used after that is over": func() { keptSaver.SaveUnsigned(1) },
		"the reader or writer of the Load of a data type is used after that is over": func() { keptLoader.LoadUnsigned() },
		"a string of the callback of a data type is used after that is over":         func() { keptKey.Len() },
		"the digest of the Digest of a data type is used after that is over":         func() { keptDigest.EndSequence() },
	} {
		require.PanicsWithValue(t, "rm_debug: ERR "+text, func() {
			defer func() {
				said, _ := recover().(string)
				if len(said) > len(text)+15 {
					said = said[:len(text)+14]
				}
				panic(said)
			}()
			do()
		})
	}
	call("FLUSHALL")
}
