// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// elsewhere calls f on another goroutine and panics as f does.
func elsewhere(f func()) {
	told := make(chan any)
	go func() {
		defer func() { told <- recover() }()
		f()
	}()
	if p := <-told; p != nil {
		panic(p)
	}
}

// InsideMisuseOfKeys uses keys against their rules, and then one as is right.
//
// Drives: OpenKey, CloseKey.
func InsideMisuseOfKeys(t *inside.T, ctx rm.Context) {
	none, name := rm.RStr{}, ctx.Str("k")
	closed, open := ctx.OpenWriteKey(name), ctx.OpenWriteKey(name)
	closed.Close()
	const (
		isClosed  = `ERR the key is closed HERE`
		isNone    = `ERR a string is missing HERE`
		foreigner = `ERR the key was opened on another goroutine HERE`
	)
	for _, m := range []misuse{
		{isClosed, func(at *string) { *at = line(); closed.Close() }},
		{isClosed, func(at *string) { *at = line(); closed.Type() }},
		{isClosed, func(at *string) { *at = line(); closed.Len() }},
		{isClosed, func(at *string) { *at = line(); closed.Exists() }},
		{isClosed, func(at *string) { *at = line(); closed.Raw() }},
		{isClosed, func(at *string) { *at = line(); closed.Name() }},
		{isClosed, func(at *string) { *at = line(); _, _ = closed.DB() }},
		{isClosed, func(at *string) { *at = line(); _, _, _ = closed.TTL() }},
		{isClosed, func(at *string) { *at = line(); _ = closed.SetTTL(1) }},
		{isClosed, func(at *string) { *at = line(); _ = closed.Delete() }},
		{isClosed, func(at *string) { *at = line(); _ = closed.StringSet(name) }},
		{isClosed, func(at *string) { *at = line(); _, _, _ = closed.StringBytes() }},
		{isClosed, func(at *string) { *at = line(); _ = closed.StringAppend(nil) }},
		{isClosed, func(at *string) { *at = line(); rm.ReadKey{}.Close() }},
		{isNone, func(at *string) { *at = line(); ctx.OpenReadKey(none) }},
		{isNone, func(at *string) { *at = line(); ctx.OpenWriteKey(none) }},
		{isNone, func(at *string) { *at = line(); _, _ = ctx.OpenReadKeyMode(none, 0) }},
		{isNone, func(at *string) { *at = line(); ctx.KeyExists(none) }},
		{isNone, func(at *string) { *at = line(); _ = ctx.SignalModifiedKey(none) }},
		{isNone, func(at *string) { *at = line(); _ = open.StringSet(none) }},
		{`ERR keys are open HERE`, func(at *string) { *at = line(); _ = ctx.ResetDataset(0) }},
		{foreigner, func(at *string) { elsewhere(func() { *at = line(); open.Type() }) }},
		{foreigner, func(at *string) { elsewhere(func() { *at = line(); _, _, _ = open.StringBytes() }) }},
		{foreigner, func(at *string) { elsewhere(func() { *at = line(); _ = open.SetTTL(1) }) }},
		{foreigner, func(at *string) { elsewhere(func() { *at = line(); open.Close() }) }},
	} {
		m.check(t)
	}
	require.Equal(t, rm.KeyTypeEmpty, open.Type())
	// Two handles of one key.
	const twice = `ERR the value of a key is to go of which another handle is open: close that one first HERE`
	second := ctx.OpenWriteKey(name)
	for _, m := range []misuse{
		{twice, func(at *string) { *at = line(); _ = second.StringSet(name) }},
		{twice, func(at *string) { *at = line(); _ = open.Delete() }},
	} {
		m.check(t)
	}
	second.Close()
	other := ctx.OpenWriteKey(ctx.Str("other"))
	require.NoError(t, open.StringSet(name))
	require.NoError(t, other.Delete())
	read := ctx.OpenReadKey(name)
	require.Equal(t, 1, open.Len())
	m := misuse{twice, func(at *string) { *at = line(); _ = open.Delete() }}
	m.check(t)
	read.Close()
	require.NoError(t, open.Delete())
	open.Close()
	other.Close()
}
