// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// syncTimeout is how long a replica or a rewrite may take, before RM_TEST_SLOW.
const syncTimeout = 30 * time.Second

// Ports come from below those that the kernel gives to connections: of these any may be taken before the
// server listens.
const firstPort, portCount = 12_000, 20_000

var givenPorts sync.Map

// freePort returns a port of 127.0.0.1 that nobody listens on, another one each time.
func freePort(tb testing.TB) int {
	tb.Helper()
	var err error
	for range 1000 {
		port := firstPort + rand.IntN(portCount)
		if _, given := givenPorts.LoadOrStore(port, true); given {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	tb.Fatalf("rmtest: no port is free: %v", err)
	return 0
}

// Port returns the port on 127.0.0.1 that the server listens on, or 0 without
// [Options].TCP. It stays the same over [Server.Restart].
func (s *Server) Port() int { return s.port }

// Replica starts a second server as a replica of s, which needs [Options].TCP, and waits
// until it has the data, and until no child of s saves: SAVE works then. The replica has the same binary, modules and lines of
// configuration, but no append only file. It is stopped when the test ends.
func (s *Server) Replica() *Server {
	s.tb.Helper()
	if s.port == 0 {
		s.tb.Fatal("rmtest: a server with a replica needs Options.TCP")
	}
	opts := s.opts
	opts.Dir, opts.TCP = "", false
	opts.Config = append(slices.Clone(opts.Config), "appendonly no", fmt.Sprintf("replicaof 127.0.0.1 %d", s.port))
	r := Start(s.tb, opts)
	s.await("the replica's link", func() bool { return r.InfoField("replication", "master_link_status") == "up" })
	s.await("the end of the child for the replica", func() bool { return s.InfoField("persistence", "rdb_bgsave_in_progress") == "0" })
	return r
}

// WaitReplica waits until the replica r has all that s has written so far.
func (s *Server) WaitReplica(r *Server) {
	s.tb.Helper()
	want := s.InfoField("replication", "master_repl_offset")
	var n, m int64
	if _, err := fmt.Sscan(want, &n); err != nil {
		s.tb.Fatalf("rmtest: master_repl_offset %q: %v", want, err)
	}
	s.await("the replica", func() bool {
		_, err := fmt.Sscan(r.InfoField("replication", "slave_repl_offset"), &m)
		return err == nil && m >= n
	})
}

// RestartFromAOF restarts the server so that it gets its data from the append only
// file. If that was off it is turned on first, and the data written into it as
// commands, which asks data types of modules for theirs; it stays on. So the first
// one tells nothing of what commands replicate: a test of that has the server write
// the file from the start (Options.Config "appendonly yes"), or looks at a [Server.Replica].
func (s *Server) RestartFromAOF() {
	s.tb.Helper()
	ctx := context.Background()
	set := func(name, value string) {
		s.tb.Helper()
		if err := s.Client().ConfigSet(ctx, name, value).Err(); err != nil {
			s.tb.Fatalf("rmtest: CONFIG SET %s %s: %v", name, value, err)
		}
	}
	if s.InfoField("persistence", "aof_enabled") != "1" {
		set("aof-use-rdb-preamble", "no")
		set("appendonly", "yes")
		s.opts.Config = append(slices.Clone(s.opts.Config), "appendonly yes", "aof-use-rdb-preamble no")
	}
	s.await("the append only file", func() bool {
		return s.InfoField("persistence", "aof_rewrite_in_progress") == "0" && s.InfoField("persistence", "aof_rewrite_scheduled") == "0"
	})
	if status := s.InfoField("persistence", "aof_last_bgrewrite_status"); status != "ok" {
		s.tb.Fatalf("rmtest: the append only file was not written: %s", status)
	}
	s.Restart()
}

// await waits for a condition, and fails the test if it does not come true.
func (s *Server) await(what string, condition func() bool) {
	s.tb.Helper()
	for deadline := time.Now().Add(slow(syncTimeout)); !condition(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			s.tb.Fatalf("rmtest: in vain for %v: %s", slow(syncTimeout), what)
		}
	}
}
