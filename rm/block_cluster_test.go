// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// blockCluster is a cluster where clients are blocked on its first node, and a key of that node.
type blockCluster struct {
	s, other *rmtest.Server
	ids      []string
	key      string
	slot     int64
}

// withBlockingCluster runs a test where clients of a cluster can be blocked, and looks afterwards for what they have left.
func withBlockingCluster(t *testing.T, test func(t *testing.T, c blockCluster), config ...string) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		nodes := rmtest.StartCluster(t, 2, rmtest.Options{Modules: []rmtest.Module{dataModule(t, mode)}, Config: config})
		c := blockCluster{s: nodes[0], other: nodes[1]}
		for _, s := range nodes {
			c.ids = append(c.ids, s.MustDo("CLUSTER", "MYID").(string))
		}
		c.key, c.slot = slotOf(t, c.s, func(slot int64) bool { return slot < 8192 })
		before := make([]int64, len(nodes))
		for i, s := range nodes {
			before[i] = s.MustDo("d.block.state").([]any)[0].(int64)
		}
		test(t, c)
		for i, s := range nodes {
			noBlocked(t, s, before[i])
		}
	})
}

// slotOf finds a key with such a slot.
func slotOf(t *testing.T, s *rmtest.Server, fits func(slot int64) bool) (string, int64) {
	t.Helper()
	for i := range 100 {
		key := fmt.Sprintf("{k%d}", i)
		if slot := s.MustDo("CLUSTER", "KEYSLOT", key).(int64); fits(slot) {
			return key, slot
		}
	}
	t.Fatal("no key")
	return "", 0
}

// move moves the slot to node i.
func (c blockCluster) move(i int) {
	c.s.MustDo("CLUSTER", "SETSLOT", c.slot, "NODE", c.ids[i])
	c.other.MustDo("CLUSTER", "SETSLOT", c.slot, "NODE", c.ids[i])
}

func (c blockCluster) moved() string {
	return fmt.Sprintf("-MOVED %d 127.0.0.1:%d\r\n", c.slot, c.other.Port())
}

// TestBlockReshard: the slot of a key moves to another node. Who waits for the key is told where it is, and its functions
// and its goroutine that it is gone; others go on waiting.
//
// Drives: BlockClientOnKeys, SetDisconnectCallback.
func TestBlockReshard(t *testing.T) {
	withBlockingCluster(t, func(t *testing.T, c blockCluster) {
		s := c.s
		onKey, working, plain, goes := dial(t, s, 2), dial(t, s, 2), dial(t, s, 2), dial(t, s, 2)
		working.waits(s, "d.pop", c.key, "0", "go")
		ends(t, s, "go at "+c.key+" begins")
		onKey.waits(s, "d.pop", c.key, "0")
		plain.waits(s, "d.block", "n", "-")
		goes.waits(s, "d.go", "0", "wait", "x")
		ends(t, s, "go x begins")

		c.other.MustDo("CLUSTER", "SETSLOT", c.slot, "IMPORTING", c.ids[0])
		s.MustDo("CLUSTER", "SETSLOT", c.slot, "MIGRATING", c.ids[1])
		require.Equal(t, "+PONG\r\n", dial(t, s, 2).do("PING"))
		require.Equal(t, "4", s.InfoField("clients", "blocked_clients"), "it has not moved yet")

		// Who waits where the slot is to come, and it does not.
		early := dial(t, c.other, 2)
		require.Equal(t, "+OK\r\n", early.do("ASKING"))
		early.waits(c.other, "d.pop", c.key, "0")
		c.other.MustDo("CLUSTER", "SETSLOT", c.slot, "STABLE")
		require.Equal(t, fmt.Sprintf("-MOVED %d 127.0.0.1:%d\r\n", c.slot, s.Port()), early.read())
		ends(t, c.other, c.key+" is gone: false", c.key+": data of "+c.key+" BlockDisconnected true")

		c.move(1)
		require.Equal(t, c.moved(), onKey.read())
		require.Equal(t, c.moved(), working.read())
		ends(t, s, c.key+" is gone: false", c.key+": data of "+c.key+" BlockDisconnected true",
			c.key+" is gone: false", c.key+": data of "+c.key+" BlockDisconnected true", "go at "+c.key+": ERR the client is gone")
		require.Equal(t, "false", s.MustDo("d.block.answer", c.key, "reply", "too late"))
		require.Equal(t, "2", s.InfoField("clients", "blocked_clients"))
		require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
		require.Equal(t, bulk("x"), plain.read())

		// It is served where it is now, and again where it was.
		onKey = dial(t, c.other, 2)
		onKey.waits(c.other, "d.pop", c.key, "0")
		c.other.MustDo("RPUSH", c.key, "there")
		require.Equal(t, bulk("there"), onKey.read())
		c.move(0)
		onKey = dial(t, s, 2)
		onKey.waits(s, "d.pop", c.key, "0")
		s.MustDo("RPUSH", c.key, "here")
		require.Equal(t, bulk("here"), onKey.read())
		require.NoError(t, goes.conn.Close())
		ends(t, s, c.key+": data of "+c.key+" BlockAnswered false", "n: data of n BlockAnswered false", "go x: context canceled, ERR the client is gone, context canceled")
		ends(t, c.other, c.key+": data of "+c.key+" BlockAnswered false")
	})
}

// TestBlockHiddenKeys: in a cluster a client waits for no key but in the slot of its command's keys. Valkey 9.1 would end when it
// looks after its clients.
//
// Drives: BlockClientOnKeys.
func TestBlockHiddenKeys(t *testing.T) {
	const refused = "-ERR in a cluster the keys to wait for must be in the slot of the command's keys\r\n"
	const cannotBlock = "-ERR the client cannot be blocked here: in a transaction, a script, or another place that must not wait; or its command has replied, or blocked it, before\r\n"
	withBlockingCluster(t, func(t *testing.T, c blockCluster) {
		s := c.s
		beside, _ := slotOf(t, s, func(slot int64) bool { return slot < 8192 && slot != c.slot })
		foreign, _ := slotOf(t, s, func(slot int64) bool { return slot >= 8192 })
		w := dial(t, s, 2)
		for _, a := range [][]string{
			{"d.pop.hidden", c.key}, {"d.pop.hidden", foreign}, {"d.pop.beside", c.key, beside}, {"d.pop.beside", c.key, foreign},
			{"d.pop.beside", c.key, c.key + "x", beside}, {"d.block.nested", "d.pop.hidden", c.key},
		} {
			require.Contains(t, []string{refused, cannotBlock}, w.do(a...), "%q", a)
		}
		w.waits(s, "d.pop.beside", c.key, c.key+"x")
		time.Sleep(1200 * time.Millisecond) // the server looks after each of its clients at least once in a second
		s.MustDo("RPUSH", c.key+"x", "y")
		require.Equal(t, bulk("woken"), w.read())
	})
}

// TestBlockClusterDown: a slot is nobody's, so the cluster is down, and the server ends the waiting of all clients: since Valkey 9.1 of
// those that wait for keys.
//
// Drives: BlockClient, BlockClientOnKeys, SetDisconnectCallback.
func TestBlockClusterDown(t *testing.T) {
	withBlockingCluster(t, func(t *testing.T, c blockCluster) {
		s := c.s
		onKey, plain, goes, timed := dial(t, s, 2), dial(t, s, 2), dial(t, s, 2), dial(t, s, 2)
		down, up := func() { s.MustDo("CLUSTER", "DELSLOTS", 8000) }, func() {
			s.MustDo("CLUSTER", "ADDSLOTS", 8000)
			require.Eventually(t, func() bool { return strings.Contains(s.MustDo("CLUSTER", "INFO").(string), "cluster_state:ok") }, patience, time.Millisecond)
		}
		gone := "context canceled, ERR the client is gone, context canceled"
		for range 2 {
			onKey.waits(s, "d.pop", c.key, "0")
			down()
			require.Contains(t, onKey.read(), "-CLUSTERDOWN ")
			ends(t, s, c.key+" is gone: false", c.key+": data of "+c.key+" BlockDisconnected true")
			require.Contains(t, onKey.do("d.pop", c.key, "0"), "-CLUSTERDOWN ")
			up()
			plain.waits(s, "d.block", "n", "-")
			goes.waits(s, "d.go", "0", "wait", "x")
			timed.waits(s, "d.go", "90000", "wait", "y")
			ends(t, s, "go x begins", "go y begins")
			down()
			if kind, major, minor, _ := s.Version(); kind == "valkey" && (major > 8 || major == 8 && minor >= 1) {
				// They wait on, and are answered.
				time.Sleep(1200 * time.Millisecond)
				require.Equal(t, "3", s.InfoField("clients", "blocked_clients"))
				require.Equal(t, "true", s.MustDo("d.block.answer", "n", "reply", "x"))
				require.Equal(t, bulk("x"), plain.read())
				require.NoError(t, goes.conn.Close())
				require.NoError(t, timed.conn.Close())
				goes, timed = dial(t, s, 2), dial(t, s, 2)
				ends(t, s, "n: data of n BlockAnswered false", "go x: "+gone, "go y: "+gone)
				up()
				continue
			}
			for _, w := range []*wire{plain, goes, timed} {
				require.Contains(t, w.read(), "-CLUSTERDOWN ")
			}
			ends(t, s, "n is gone: false", "n: data of n BlockDisconnected true", "go x: "+gone, "go y: "+gone)
			require.Equal(t, "false", s.MustDo("d.block.answer", "n", "reply", "too late"))
			// Commands without keys are served still, and blocked, until the server looks after its clients.
			plain.send(command("d.block", "m", "-"))
			goes.send(command("d.go", "0", "wait", "z"))
			require.Contains(t, plain.read(), "-CLUSTERDOWN ")
			require.Contains(t, goes.read(), "-CLUSTERDOWN ")
			var got []string
			require.Eventually(t, func() bool {
				for _, line := range s.MustDo("d.block.ends").([]any) {
					got = append(got, line.(string))
				}
				all := strings.Join(got, "\n")
				// A goroutine may find its client gone before it has begun.
				return strings.Contains(all, "m: data of m BlockDisconnected true") &&
					(!strings.Contains(all, "go z begins") || strings.Contains(all, "go z: "+gone))
			}, patience, time.Millisecond)
			up()
			for _, w := range []*wire{onKey, plain, goes, timed} {
				require.Equal(t, "+PONG\r\n", w.do("PING"))
			}
		}
	})
}

// TestBlockAtomicMigration: a slot moves with all that is in it, in one step (Valkey 9.0). Who waits for its key is told
// where it is.
//
// Drives: BlockClientOnKeys, SetDisconnectCallback.
func TestBlockAtomicMigration(t *testing.T) {
	withBlockingCluster(t, func(t *testing.T, c blockCluster) {
		s := c.s
		if _, err := s.Do("CLUSTER", "GETSLOTMIGRATIONS"); err != nil {
			t.Skip("the server has no atomic migration of slots")
		}
		s.MustDo("RPUSH", c.key+"full", "x", "y")
		onKey, goes := dial(t, s, 2), dial(t, s, 2)
		onKey.waits(s, "d.pop", c.key, "0")
		goes.waits(s, "d.go", "0", "sleep and write", "n") // writes, perhaps while the server has paused writes
		s.MustDo("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", c.slot, c.slot, "NODE", c.ids[1])
		require.Equal(t, c.moved(), onKey.read())
		require.NotEmpty(t, goes.read())
		require.Equal(t, "+PONG\r\n", goes.do("PING"))
		ends(t, s, c.key+" is gone: false", c.key+": data of "+c.key+" BlockDisconnected true")
		onKey = dial(t, c.other, 2)
		require.Equal(t, bulk("x"), onKey.do("d.pop", c.key+"full", "0"))
		onKey.waits(c.other, "d.pop", c.key, "0")
		c.other.MustDo("RPUSH", c.key, "there")
		require.Equal(t, bulk("there"), onKey.read())
		c.other.MustDo("d.block.ends")
	})
}
