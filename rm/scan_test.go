// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// texts runs a command that replies with an array of strings.
func texts(t *testing.T, s *rmtest.Server, args ...any) []string {
	t.Helper()
	list, ok := s.MustDo(args...).([]any)
	require.True(t, ok, "%.200v", args)
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// unique returns the different strings, sorted.
func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// populate makes n keys prefix0, prefix1 ... and returns their names, sorted.
func populate(t *testing.T, s *rmtest.Server, prefix string, n int) []string {
	t.Helper()
	s.MustDo("EVAL", "for i=0,ARGV[2]-1 do redis.call('set',ARGV[1]..i,i) end", 0, prefix, n)
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprint(prefix, i)
	}
	slices.Sort(want)
	return want
}

// TestScanFunctionFails has the function given to a scan panic and call
// runtime.Goexit, which must not reach the server.
//
// Drives: Scan.
func TestScanFunctionFails(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		want := populate(t, s, "k:", 1000)
		_, err := s.Do("d.scan.panic")
		require.EqualError(t, err, "ERR d.scan.panic: panic: ERR index out of range")
		_, err = s.Do("d.scan.goexit")
		require.EqualError(t, err, "ERR d.scan.goexit: the handler called runtime.Goexit")
		require.Contains(t, s.Log(), "the function of a scan: panic: ERR index out of range")
		require.Contains(t, s.Log(), "the function of a scan: the handler called runtime.Goexit")
		require.Contains(t, s.Log(), "main.scanPanic.func", "the stack of the panic itself")
		require.Equal(t, want, unique(texts(t, s, "d.scan.steps")))
		leakless(t, s, 3, 1<<12, func(w *wire) {
			for range 30 {
				w.do("d.scan.panic")
				w.do("d.scan.goexit")
			}
		})
	})
}

// TestScanAfterReload scans before and after the module is loaded again.
//
// Drives: Scan.
func TestScanAfterReload(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		m := dataModule(t, mode)
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
		want := populate(t, s, "k:", 100)
		for range 3 {
			for _, how := range []string{"d.scan.loop", "d.scan.steps"} {
				require.Equal(t, want, unique(texts(t, s, how)))
			}
			s.MustDo("MODULE", "UNLOAD", "datamod")
			s.MustDo("MODULE", "LOAD", m.Path, "rm-mode="+mode)
		}
	})
}
