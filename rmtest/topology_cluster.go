// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// clusterSlots is how many slots a cluster has.
const clusterSlots = 16384

// StartCluster starts a cluster of n masters on 127.0.0.1, among which the slots are spread
// evenly, in their order, and waits until every one of them knows all. The nodes have the
// same binary, modules and lines of configuration; opts.Dir must be empty. They are stopped
// when the test ends. A [Server.Client] speaks to its node alone: for a key of another
// node's slot the answer is the error MOVED. Servers before Redis 7.0 are skipped.
func StartCluster(tb testing.TB, n int, opts Options) []*Server {
	tb.Helper()
	if opts.Dir != "" {
		tb.Fatal("rmtest: the nodes of a cluster cannot share Options.Dir")
	}
	if _, v := requireServer(tb, opts.Server); !v.hasModuleCommandSwitch() {
		tb.Skip("rmtest: a cluster needs Redis 7.0, which has the option cluster-port")
	}
	opts.TCP = true
	nodes, buses := make([]*Server, n), make([]int, n)
	for i := range nodes {
		buses[i] = freePort(tb)
		o := opts
		o.Config = append(slices.Clone(opts.Config), "cluster-enabled yes", fmt.Sprintf("cluster-port %d", buses[i]))
		nodes[i] = Start(tb, o)
	}
	for i, s := range nodes {
		s.MustDo("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		s.MustDo("CLUSTER", "ADDSLOTSRANGE", i*clusterSlots/n, (i+1)*clusterSlots/n-1)
	}
	for i, s := range nodes[1:] {
		nodes[0].MustDo("CLUSTER", "MEET", "127.0.0.1", s.port, buses[i+1])
	}
	for _, s := range nodes {
		s.await("the cluster", func() bool {
			info, _ := s.MustDo("CLUSTER", "INFO").(string)
			list, _ := s.MustDo("CLUSTER", "NODES").(string)
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r\n", n)) &&
				!strings.Contains(list, "handshake") && strings.Count(list, " connected ") == n
		})
	}
	return nodes
}
