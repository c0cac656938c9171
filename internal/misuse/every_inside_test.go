// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"reflect"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/inside"
)

// InsideMisuseOfEveryReply calls every method that replies of a context whose command has
// returned.
func InsideMisuseOfEveryReply(t *inside.T, ctx rm.Context) {
	keepSome(t, ctx)
	of := reflect.ValueOf(kept.ctx)
	for i := range of.NumMethod() {
		name := of.Type().Method(i).Name
		if !strings.HasPrefix(name, "Reply") && name != "WrongArity" && name != "ReplicateVerbatim" {
			continue
		}
		method := of.Method(i)
		var args []reflect.Value
		n := method.Type().NumIn()
		if method.Type().IsVariadic() {
			n--
		}
		for i := range n {
			args = append(args, reflect.Zero(method.Type().In(i)))
		}
		var said any
		func() {
			defer func() { said = recover() }()
			method.Call(args)
		}()
		require.IsType(t, "", said, "%s: nobody told", name)
		require.Contains(t, said, "rm_debug: ERR the context of the command misuse.keep is used after that is over", name)
	}
}
