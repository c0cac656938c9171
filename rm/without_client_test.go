// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// What runs without a client: timers, work for the event loop. Package eventmod has the
// places and what is done there.

const eventmod = "github.com/iredismodule/redismodule/internal/testmod/eventmod"

func eventModule(tb testing.TB, mode string, args ...string) rmtest.Module {
	tb.Helper()
	return rmtest.Module{Path: rmtest.Build(tb, eventmod), Args: append([]string{"rm-mode=" + mode}, args...)}
}

// places are those of eventmod; of waits the server's thread runs nothing while clients'
// writes are paused.
var places = []struct {
	name  string
	waits bool
}{{"timer", false}, {"every", true}, {"oneshot", true}, {"fd", false}}

// noted collects what eventmod notes until there are n of it.
func noted(t *testing.T, s *rmtest.Server, n int) (all []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, line := range s.MustDo("e.results").([]any) {
			all = append(all, line.(string))
		}
		return len(all) >= n
	}, patience, time.Millisecond, "%q", &all)
	slices.Sort(all)
	return all
}

// TestWithoutClient writes, calls and replicates in each place: replica and AOF get it.
// While writes are paused nothing gets there, what is tried fails or waits, and the server
// goes on. A panic and a Goexit end one function alone.
//
// Drives: CreateTimer, EventLoopAddOneShot, EventLoopAdd, Replicate, Call, AvoidReplicaTraffic.
func TestWithoutClient(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{eventModule(t, mode)}, Config: []string{
			"appendonly yes", "repl-diskless-sync-delay 0", "repl-diskless-sync yes",
		}})
		since70(t, s)
		replica := s.Replica()
		for _, place := range places {
			put := func(act string) {
				t.Helper()
				require.Equal(t, "OK", s.MustDo("e.in", place.name, act, place.name+"."+act))
			}
			for _, act := range []string{"panic", "goexit"} {
				put(act)
				require.Equal(t, []string{place.name + " " + act + ": it did not return"}, noted(t, s, 1))
			}
			s.MustDo("CLIENT", "PAUSE", "100000", "WRITE")
			for _, act := range []string{"write", "call", "replicate"} {
				put(act)
				if !place.waits {
					require.Equal(t, []string{place.name + " " + act + ": ERR writes are paused"}, noted(t, s, 1))
				}
			}
			if place.waits {
				time.Sleep(30 * time.Millisecond)
				require.Empty(t, s.MustDo("e.results"))
			}
			s.MustDo("CLIENT", "UNPAUSE")
			want := []string{place.name + " call: ok", place.name + " replicate: ok", place.name + " write: ok"}
			if !place.waits {
				for _, act := range []string{"write", "call", "replicate"} {
					put(act)
				}
			}
			require.Equal(t, want, noted(t, s, 3))
			require.Equal(t, int64(1), s.MustDo("LLEN", place.name+".call"))
			require.Equal(t, "written", s.MustDo("GET", place.name+".write"))
			s.WaitReplica(replica)
			require.Equal(t, int64(1), replica.MustDo("LLEN", place.name+".call"))
			require.Equal(t, "replicated", replica.MustDo("GET", place.name+".replicate"))
			require.Nil(t, first(replica.Do("GET", place.name+".write")), "it is not replicated by itself")
			// It runs on a replica, too.
			require.Equal(t, "OK", replica.MustDo("e.in", place.name, "read", place.name+".call"))
			require.Equal(t, []string{place.name + " read: ok", "type KeyTypeList"}, noted(t, replica, 2))
		}
		s.RestartFromAOF()
		for _, place := range places {
			require.Equal(t, "replicated", s.MustDo("GET", place.name+".replicate"))
		}
	})
}

// first is a result without its error.
func first(v any, _ error) any { return v }

// TestUnloadWithoutClient: what runs without a client ends with the module, after a load
// that failed too. A timer of its own keeps a module loaded: that is the server's rule.
//
// Drives: CreateTimer, EventLoopAddOneShot, EventLoopAdd, EventLoopDel.
func TestUnloadWithoutClient(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		since70(t, s)
		before := pipesOf(t, s)
		for range 5 {
			require.Error(t, load(s, eventModule(t, mode, "all", "fail")))
			require.Equal(t, before, pipesOf(t, s), "nothing is left in the event loop")
			require.NoError(t, load(s, eventModule(t, mode, "all")))
			all := ""
			for _, place := range places {
				require.Eventually(t, func() bool {
					all += fmt.Sprint(s.MustDo("e.results"))
					return strings.Contains(all, "fired: "+place.name)
				}, patience, time.Millisecond, place.name)
			}
			// Of the tickers one is always about to run.
			require.Eventually(t, func() bool {
				_, err := s.Do("MODULE", "UNLOAD", "eventmod")
				if err != nil {
					require.ErrorContains(t, err, "timer")
				}
				return err == nil
			}, patience, time.Millisecond)
			require.Equal(t, "PONG", s.MustDo("PING"))
			require.Equal(t, before, pipesOf(t, s), "nothing is left in the event loop")
		}
		require.NoError(t, load(s, eventModule(t, mode)))
		time.Sleep(20 * time.Millisecond)
		require.Empty(t, s.MustDo("e.results"), "of the loads before nothing is left")
		require.NotContains(t, s.Log(), "panic")
	})
}

// pipesOf counts the server's ends of pipes.
func pipesOf(t *testing.T, s *rmtest.Server) (n int) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd/", s.PID())
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range list {
		if link, err := os.Readlink(dir + entry.Name()); err == nil && strings.HasPrefix(link, "pipe:") {
			n++
		}
	}
	return n
}

// TestUnloadWithTimer: the server refuses to unload a module with a timer of its own,
// until that is stopped.
//
// Drives: CreateTimer, StopTimer, GetTimerInfo.
func TestUnloadWithTimer(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{eventModule(t, mode)}})
		since70(t, s)
		for range 2 {
			require.Zero(t, s.MustDo("e.hour"))
			_, err := s.Do("MODULE", "UNLOAD", "eventmod")
			require.ErrorContains(t, err, "timer that is not fired")
			require.Greater(t, s.MustDo("e.hour"), int64(3_500_000))
			require.Equal(t, "OK", s.MustDo("MODULE", "UNLOAD", "eventmod"))
			require.NoError(t, load(s, eventModule(t, mode)))
		}
	})
}
