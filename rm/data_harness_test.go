// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rmtest"
)

const datamod = "github.com/iredismodule/redismodule/internal/testmod/datamod"

// withData runs a test against a server with the module of the data side, in each
// mode. Each server is a new one.
func withData(t *testing.T, test func(t *testing.T, s *rmtest.Server), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{dataModule(t, mode)}, Config: config})
		test(t, s)
	})
}

func dataModule(tb testing.TB, mode string) rmtest.Module {
	tb.Helper()
	return rmtest.Module{Path: rmtest.Build(tb, datamod), Args: []string{"rm-mode=" + mode}}
}

// lacking is the error for a function that the server lacks, by the name without prefix;
// as is what came with the function.
func lacking(function string, as ...string) string {
	for id := range redismodule.Funcs() {
		f := redismodule.FuncID(id)
		if f.Name() != function {
			continue
		}
		var since []string
		redis, valkey := f.Since()
		if redis != "-" {
			since = append(since, "Redis "+redis)
		}
		if valkey != "-" {
			since = append(since, "Valkey "+valkey)
		}
		return "ERR this server does not support " + strings.Join(append(as, function)[:1], "") + " (since " + strings.Join(since, ", ") + ")"
	}
	panic("no function " + function)
}

// serverHas tells whether the server provides an API function, by the name without
// prefix.
func serverHas(t *testing.T, s *rmtest.Server, function string) bool {
	t.Helper()
	switch v := s.MustDo("d.has", function).(type) {
	case bool:
		return v
	case int64:
		return v != 0
	default:
		require.Failf(t, "d.has", "%s gives %v", function, v)
		return false
	}
}

// noAllocs runs the commands, one after the other, a thousand times and fails if
// Go allocated anything meanwhile. They are run a few times before, to fill the
// pools.
func noAllocs(t *testing.T, s *rmtest.Server, commands ...[]string) {
	t.Helper()
	const times = 1000
	w := dial(t, s, 2)
	run := func(n int) {
		for range n {
			for _, c := range commands {
				reply := w.do(c...)
				require.NotEqual(t, byte('-'), reply[0], "%.100q gives %.200q", c, reply)
			}
		}
	}
	mallocs := func() int64 {
		t.Helper()
		n, ok := s.MustDo("d.mallocs").(int64)
		require.True(t, ok)
		return n
	}
	run(20)
	// The runtime itself allocates now and then, a few objects; one per command
	// would be thousands.
	best := int64(1) << 62
	for range 3 {
		before := mallocs()
		run(times)
		if best = min(best, mallocs()-before); best < times/10 {
			return
		}
	}
	require.Less(t, best, int64(times/10), "Go allocations in %d rounds of %q", times, commands)
}

const okReply = "+OK\r\n"

// array is an array of bulk strings in the protocol.
func array(elements ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(elements))
	for _, e := range elements {
		b.WriteString(bulk(e))
	}
	return b.String()
}
