// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest"
)

const clustermod = "github.com/iredismodule/redismodule/internal/testmod/clustermod"

func clusterModule(tb testing.TB, mode string) rmtest.Module {
	tb.Helper()
	return rmtest.Module{Path: rmtest.Build(tb, clustermod), Args: []string{"rm-mode=" + mode}}
}

// withCluster runs a test against a cluster of three nodes with the module.
func withCluster(t *testing.T, test func(t *testing.T, nodes []*rmtest.Server, ids []string)) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		nodes := rmtest.StartCluster(t, 3, rmtest.Options{Modules: []rmtest.Module{clusterModule(t, mode)}})
		ids := make([]string, len(nodes))
		for i, s := range nodes {
			ids[i] = s.MustDo("CLUSTER", "MYID").(string)
		}
		test(t, nodes, ids)
	})
}

// TestClusterNodes asks every node of a cluster for all nodes.
//
// Drives: GetClusterNodesList, FreeClusterNodesList, GetMyClusterID, GetClusterSize,
// GetClusterNodeInfo, GetClusterNodeInfoForClient, SetClusterFlags, GetInternalSecret.
func TestClusterNodes(t *testing.T) {
	withCluster(t, func(t *testing.T, nodes []*rmtest.Server, ids []string) {
		sorted := slices.Sorted(slices.Values(ids))
		for i, s := range nodes {
			require.Equal(t, ids[i]+" true 3", s.MustDo("c.me"))
			var got []string
			for _, id := range s.MustDo("c.nodes").([]any) {
				got = append(got, id.(string))
			}
			slices.Sort(got)
			require.Equal(t, sorted, got)
			for j, other := range nodes {
				flags := "ClusterNodeMaster"
				if i == j {
					flags = "ClusterNodeMyself|ClusterNodeMaster"
				}
				want := fmt.Sprintf(`%s %s 127.0.0.1:%d ""`, ids[j], flags, other.Port())
				info := s.MustDo("c.info", ids[j])
				if i == j { // it has been told its address, or not
					info = strings.ReplaceAll(info.(string), " :", " 127.0.0.1:")
				}
				require.Equal(t, want, info)
			}
			require.Equal(t, "none", s.MustDo("c.info", strings.Repeat("0", 40)))
			require.Equal(t, "none", s.MustDo("c.info", "too short"))
			require.EqualValues(t, 1, s.MustDo("c.fail", "break"))
			for _, how := range []string{"panic", "goexit"} {
				_, err := s.Do("c.fail", how)
				require.ErrorContains(t, err, "c.fail: ")
			}
			require.Less(t, s.MustDo("c.costs"), int64(20))
		}
		s := nodes[0]
		other := nodes[1]
		if got, err := s.Do("c.for", 0, ids[1]); err == nil {
			require.Equal(t, fmt.Sprintf(`%s ClusterNodeMaster 127.0.0.1:%d ""`, ids[1], other.Port()), got)
			require.Equal(t, "none", s.MustDo("c.for", 1<<40, ids[1]))
			require.Equal(t, "none", s.MustDo("c.for", 0, strings.Repeat("0", 40)))
		} else {
			require.EqualError(t, err, lacking("GetClusterNodeInfoForClient"))
		}
		if got, err := s.Do("c.secret"); err == nil {
			require.Equal(t, "40 true", got)
		} else {
			require.EqualError(t, err, lacking("GetInternalSecret"))
		}
		_, err := s.Do("GET", "a")
		require.ErrorContains(t, err, "MOVED")
		require.Equal(t, "ClusterNoRedirection", s.MustDo("c.flags", 4))
		_, err = s.Do("SET", "a", "b")
		require.NoError(t, err, "it serves all slots")
		require.Equal(t, "ClusterNoFailover|ClusterNoRedirection|0x1", s.MustDo("c.flags", 7))

		// A replica.
		r := rmtest.Start(t, rmtest.Options{TCP: true, Config: []string{"cluster-enabled yes", fmt.Sprintf("cluster-port %d", busPort(t))}})
		id := r.MustDo("CLUSTER", "MYID").(string)
		r.MustDo("CLUSTER", "MEET", "127.0.0.1", other.Port(), configured(t, other, "cluster-port"))
		eventually(t, func() bool { _, err := r.Do("CLUSTER", "REPLICATE", ids[1]); return err == nil })
		eventually(t, func() bool {
			return s.MustDo("c.info", id) == fmt.Sprintf(`%s ClusterNodeReplica 127.0.0.1:%d "%s"`, id, r.Port(), ids[1])
		})
		require.Equal(t, ids[0]+" true 4", s.MustDo("c.me"))
	})
}

// configured is the value of an option.
func configured(t *testing.T, s *rmtest.Server, option string) string {
	t.Helper()
	v, err := s.Client().ConfigGet(t.Context(), option).Result()
	require.NoError(t, err)
	return v[option]
}

// busPort is a port that is free.
func busPort(t *testing.T) int {
	t.Helper()
	s := rmtest.Start(t, rmtest.Options{TCP: true})
	defer s.Stop()
	return s.Port()
}

func eventually(t *testing.T, f func() bool) {
	t.Helper()
	require.Eventually(t, f, 30*time.Second, 10*time.Millisecond)
}

// TestClusterMessages sends messages from node to node: to one, to all, to nobody; to
// receivers that fail, stop, call and answer.
//
// Drives: SendClusterMessage, RegisterClusterMessageReceiver.
func TestClusterMessages(t *testing.T) {
	withCluster(t, func(t *testing.T, nodes []*rmtest.Server, ids []string) {
		a, b := nodes[0], nodes[1]
		for _, s := range nodes {
			require.Equal(t, "OK", s.MustDo("c.listen", 7, "old"))
			require.Equal(t, "OK", s.MustDo("c.listen", 7, "new"))
			require.Equal(t, "OK", s.MustDo("c.listen", 8, "eight"))
		}
		var got []any
		receive := func(s *rmtest.Server, n int) []any {
			got = nil
			eventually(t, func() bool { got = append(got, s.MustDo("c.got").([]any)...); return len(got) >= n })
			return got
		}
		msg := func(prefix, from, text string) string { return fmt.Sprintf("%s %s %q", prefix, from, text) }
		require.Equal(t, "OK", a.MustDo("c.send", ids[1], 7, "a\x00b"))
		require.Equal(t, []any{msg("new", ids[0], "a\x00b")}, receive(b, 1))
		require.Equal(t, "OK", a.MustDo("c.send", "", 8, ""))
		for _, s := range nodes[1:] {
			require.Equal(t, []any{msg("eight", ids[0], "")}, receive(s, 1))
		}
		require.Empty(t, a.MustDo("c.got"))
		big := strings.Repeat("x", 1<<20)
		a.MustDo("c.send", ids[1], 7, big)
		require.Equal(t, []any{msg("new", ids[0], big[:20])}, receive(b, 1))
		for _, how := range []string{"panic", "goexit", "call", "reply", "unload"} {
			a.MustDo("c.send", ids[1], 7, how)
			want := []any{msg("new", ids[0], how)}
			switch how {
			case "call":
				want = append(want, "PONG<nil> 0")
			case "unload":
				want = append(want, rm.ErrUnloadHere.Error())
			}
			require.Equal(t, want, receive(b, len(want)))
		}
		require.Equal(t, []any{msg("new", ids[1], "replied")}, receive(a, 1))
		require.Contains(t, b.Log(), "the receiver of cluster messages: panic: as it was told")
		require.Contains(t, b.Log(), "the receiver of cluster messages: the handler called runtime.Goexit")
		a.MustDo("c.send", ids[1], 7, "stop")
		receive(b, 1)
		a.MustDo("c.send", ids[1], 7, "nobody")
		a.MustDo("c.send", ids[1], 9, "nobody")
		a.MustDo("c.send", ids[1], 8, "last")
		require.Equal(t, []any{msg("eight", ids[0], "last")}, receive(b, 1))
		b.MustDo("c.stop", 8)
		require.Equal(t, "OK", b.MustDo("c.listen", 7, "again"))

		for _, c := range []struct {
			target string
			typ    int
			want   string
		}{
			{strings.Repeat("0", 40), 7, "ERR Unknown node"},
			{ids[0], 7, "ERR Unknown node"},
			{ids[1], 255, "ERR cluster messages have the types 0 to 254"},
		} {
			_, err := a.Do("c.send", c.target, c.typ, "x")
			require.EqualError(t, err, c.want)
		}
		_, err := a.Do("c.listen", 255, "x")
		require.EqualError(t, err, "ERR cluster messages have the types 0 to 254")

		// Unloaded, loaded again: what the server still has of the first load does no harm.
		b.MustDo("MODULE", "UNLOAD", "clustermd")
		before := messagesReceived(t, b)
		for range 10 {
			a.MustDo("c.send", ids[1], 7, "call")
			a.MustDo("c.send", ids[1], 8, "call")
		}
		eventually(t, func() bool { return messagesReceived(t, b) == before+20 })
		mode := "resident"
		if strings.Contains(t.Name(), "portable") {
			mode = "portable"
		}
		for range 3 {
			require.NoError(t, load(b, clusterModule(t, mode)))
			a.MustDo("c.send", ids[1], 7, "call")
			require.Equal(t, "OK", b.MustDo("c.listen", 8, "loaded"))
			a.MustDo("c.send", ids[1], 7, "call")
			a.MustDo("c.send", ids[1], 8, "call")
			require.Equal(t, []any{msg("loaded", ids[0], "call"), "PONG<nil> 0"}, receive(b, 2))
			b.MustDo("MODULE", "UNLOAD", "clustermd")
		}
	})
}

// messagesReceived is how many messages of modules a node has got.
func messagesReceived(t *testing.T, s *rmtest.Server) (n int) {
	t.Helper()
	info := s.MustDo("CLUSTER", "INFO").(string)
	if _, rest, ok := strings.Cut(info, "cluster_stats_messages_module_received:"); ok {
		_, err := fmt.Sscan(rest, &n)
		require.NoError(t, err)
	}
	return n
}
