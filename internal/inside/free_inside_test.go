// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// freer is what has Free.
type freer interface{ Free() }

// free gives a reply back that nobody has looked at.
func free(r rm.CallReply) { r.Free() }

// freers makes one of each that has Free, by its type's name; internal/lint compares the names
// with package rm. Without an error it is something that the server has made.
var freers = map[string]func(e env) (freer, error){
	"CallReply": func(e env) (freer, error) {
		r, err := e.ctx.Call("ECHO", 0, rm.Text("some text"))
		return &r, err
	},
	"Dict": func(e env) (freer, error) {
		d := rm.NewDict()
		_, err := d.Add(e.str("k"), 1)
		return d, err
	},
	"GoDict": func(e env) (freer, error) {
		d := rm.NewGoDict[string]()
		_, err := d.Add(e.str("k"), "v")
		return d, err
	},
	"Memory":            func(e env) (freer, error) { m := rm.Alloc(100); return &m, nil },
	"Reply":             func(e env) (freer, error) { return rm.NewReply(), nil },
	"RString":           func(e env) (freer, error) { s := rm.NewRStringText("some text"); return &s, nil },
	"ScanCursor":        func(e env) (freer, error) { return rm.NewScanCursor() },
	"ServerInfo":        func(e env) (freer, error) { return e.ctx.ServerInfo("server") },
	"ThreadSafeContext": func(e env) (freer, error) { return e.ctx.DetachedThreadSafeContext(), nil },
	"User":              func(e env) (freer, error) { u, err := rm.NewUser("inside"); return &u, err },
}

// InsideFreeTwice frees everything twice, by the same variable: the second time does
// nothing, and the server's memory is whole. The debug build may tell of the second one.
//
// Drives: FreeCallReply, FreeDict, Free, FreeString, ScanCursorDestroy, FreeThreadSafeContext, FreeModuleUser.
func InsideFreeTwice(t *inside.T, ctx rm.Context) {
	e := env{t, ctx}
	for name, create := range freers {
		for range 100 { // what is freed twice is given out twice
			v, err := create(e)
			if err != nil {
				require.ErrorIs(t, err, rm.ErrUnsupported, name)
				break
			}
			v.Free()
			got := told(func() any { v.Free(); v.Free(); return nil })
			if !debugBuild {
				require.Nil(t, got, name)
			}
			one, err := create(e)
			require.NoError(t, err, name)
			two, err := create(e)
			require.NoError(t, err, name)
			_ = told(func() any { v.Free(); return nil })
			one.Free()
			two.Free()
		}
	}
	// Zero values.
	for _, v := range []freer{&rm.CallReply{}, &rm.Dict{}, &rm.Memory{}, rm.Reply{}, &rm.RString{}, &rm.ScanCursor{}, &rm.User{}, &rm.GoDict[int]{}} {
		_ = told(func() any { v.Free(); return nil })
	}
	// A reply that is freed reads as none.
	r, err := ctx.Call("ECHO", 0, rm.Text("some text"))
	require.NoError(t, err)
	require.Equal(t, "some text", string(r.Bytes()))
	r.Free()
	if !debugBuild {
		require.True(t, r.IsZero())
		require.Nil(t, r.Bytes())
	}
	e.costs(func() {
		r, err := ctx.Call("ECHO", 0, rm.Text("some text"))
		if err != nil {
			panic(err)
		}
		defer r.Free()
		if r.Len() != 9 {
			panic("no reply")
		}
		r.Free()
		if !debugBuild {
			r.Free()
		} else {
			r = rm.CallReply{}
		}
	})
}
