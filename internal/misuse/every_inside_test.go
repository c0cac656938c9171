// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"reflect"
	"regexp"
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

// InsideMisuseOfEveryMethod calls the methods of a context whose command has returned that
// have to do with clients, the cluster, shared functions, filters, timers, the event loop and
// blocked clients.
func InsideMisuseOfEveryMethod(t *inside.T, ctx rm.Context) {
	keepSome(t, ctx)
	of := reflect.ValueOf(kept.ctx)
	area := regexp.MustCompile(`Client|Cluster|SharedAPI|CommandFilter|EventLoop|CreateTimer|^Every$|Latency|InternalSecret|SetUser|SignalKeyAsReady|^On[A-Z]|Subscribe|AutoMemory|SelectDB|SelectedDB|RESP3|Publish|Yield`)
	var silent []string
	for i := range of.NumMethod() {
		name := of.Type().Method(i).Name
		if !area.MatchString(name) {
			continue
		}
		method := of.Method(i)
		var args []reflect.Value
		for i := range method.Type().NumIn() {
			if in := method.Type().In(i); method.Type().IsVariadic() && i == method.Type().NumIn()-1 {
				continue
			} else if in.Kind() == reflect.Func {
				args = append(args, reflect.MakeFunc(in, func([]reflect.Value) (out []reflect.Value) {
					for i := range in.NumOut() {
						out = append(out, reflect.Zero(in.Out(i)))
					}
					return out
				}))
			} else {
				args = append(args, reflect.Zero(in))
			}
		}
		var said any
		func() {
			defer func() { said = recover() }()
			method.Call(args)
		}()
		if text, ok := said.(string); !ok || !strings.HasPrefix(text, "rm_debug: ERR the context of the command misuse.keep is used after that is over") {
			silent = append(silent, fmt.Sprint(name, ": ", said))
		}
	}
	require.Empty(t, silent)
}
