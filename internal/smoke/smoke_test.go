// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	r "github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

const patience = 30 * time.Second

// TestSmokeTable: each function of the API has one row, and what is not called here is
// called by a test that is there.
func TestSmokeTable(t *testing.T) {
	seen := map[r.FuncID]string{}
	for where, steps := range calls {
		for _, s := range steps {
			require.Empty(t, seen[s.fn], "%s has two rows", s.fn)
			seen[s.fn] = where
		}
	}
	for fn, why := range others {
		require.Empty(t, seen[fn], "%s has two rows", fn)
		seen[fn] = why
		test, by := strings.CutPrefix(why, "by ")
		if !by {
			redis, valkey := fn.Since()
			require.Equal(t, "--", redis+valkey, "a server has %s", fn)
			continue
		}
		dir, name, found := strings.Cut(test, ".")
		require.True(t, found, why)
		files, err := os.ReadDir("../../" + dir)
		require.NoError(t, err)
		found = false
		for _, f := range files {
			if strings.HasSuffix(f.Name(), "_test.go") {
				text, err := os.ReadFile("../../" + dir + "/" + f.Name())
				require.NoError(t, err)
				found = found || strings.Contains(string(text), "\nfunc "+name+"(")
			}
		}
		require.True(t, found, "%s: there is no %s", fn, test)
	}
	for fn := range r.FuncID(r.Funcs()) {
		require.NotEmpty(t, seen[fn], "%s has no row in api/smoke.tsv", fn)
	}
}

// TestSmoke calls every function that the server has, and compares what they answer.
func TestSmoke(t *testing.T) {
	module := rmtest.Build(t, ".")
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		options := rmtest.Options{Modules: []rmtest.Module{{Path: module, Args: []string{"rm-mode=" + mode}}}}
		s := rmtest.Start(t, options)
		options.Config = []string{"cluster-enabled yes"}
		cluster := rmtest.Start(t, options)

		reader := func(words ...any) *bufio.Reader {
			conn := s.RawConn()
			_, err := fmt.Fprintln(conn, words...)
			require.NoError(t, err)
			return bufio.NewReader(conn)
		}
		line := func(from *bufio.Reader) string {
			text, err := from.ReadString('\n')
			require.NoError(t, err)
			return strings.TrimSpace(text)
		}
		s.MustDo("smoke.run", "x")
		require.Equal(t, "+unblocked", line(reader("smoke.block")))
		require.Equal(t, "+aborted", line(reader("smoke.abort")))
		blocks := []string{"smoke.onkeys"}
		if present(s)["BlockClientOnKeysWithFlags"] {
			blocks = append(blocks, "smoke.onkeysflags")
		}
		for _, name := range blocks {
			s.MustDo("DEL", "ready")
			from := reader(name)
			require.Eventually(t, func() bool { return s.InfoField("clients", "blocked_clients") == "1" }, patience, 5*time.Millisecond)
			s.MustDo("smoke.signal")
			require.Equal(t, "+ready", line(from))
		}
		if present(s)["RegisterAuthCallback"] {
			require.Equal(t, "+OK", line(reader("AUTH smoke x")))
		}
		reader("smoke.login").ReadString('\n')
		s.MustDo("smoke.thread")
		require.Eventually(t, func() bool { return s.MustDo("smoke.threaded") == int64(1) }, patience, 5*time.Millisecond)
		s.MustDo("smoke.last")

		cluster.MustDo("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
		require.Eventually(t, func() bool {
			return strings.Contains(fmt.Sprint(cluster.MustDo("CLUSTER", "INFO")), "cluster_state:ok")
		}, patience, 5*time.Millisecond)
		cluster.MustDo("smoke.cluster")

		for _, server := range []*rmtest.Server{s, cluster} {
			require.Empty(t, server.MustDo("smoke.failures"))
		}
		left := present(s)
		for _, server := range []*rmtest.Server{s, cluster} {
			for name := range told(server, "smoke.called") {
				delete(left, name)
			}
		}
		for fn := range others {
			delete(left, fn.Name())
		}
		require.Empty(t, left, "the server has functions that were not called")
	})
}

func present(s *rmtest.Server) map[string]bool { return told(s, "smoke.has") }

func told(s *rmtest.Server, command string) map[string]bool {
	names := map[string]bool{}
	text, _ := s.MustDo(command).(string)
	for _, name := range strings.Fields(text) {
		names[name] = true
	}
	return names
}
