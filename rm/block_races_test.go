// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/resp"
	"github.com/iredismodule/redismodule/rmtest"
)

// raceSeconds is how long races go on: RM_RACE_SECONDS, and else short.
func raceSeconds(t *testing.T) time.Duration {
	t.Helper()
	if s := os.Getenv("RM_RACE_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		return time.Duration(n) * time.Second
	}
	return 2500 * time.Millisecond
}

// raceRun is what goes on beside the clients of races.
type raceRun struct {
	s               *rmtest.Server
	seed            uint64
	key             func(n int) string
	beside          func(r *raceRun, i int) // again and again, about each millisecond
	forced          bool                    // the server ends the waiting of clients by itself, with an error
	closes          bool                    // and their connections
	kinds           []string                // of commands
	stop, pauses    atomic.Bool             // pauses: writes may be paused
	replies, closed atomic.Int64
	errors          atomic.Int64 // replies by which the server has ended the waiting
	until           func() bool  // what the test wants to have seen is there: a busy machine gets more time for it; may be nil
	unblocking      atomic.Int64 // commands CLIENT UNBLOCK that are on their way
}

func newRaceRun(t *testing.T, s *rmtest.Server, beside func(r *raceRun, i int)) *raceRun {
	t.Helper()
	r := &raceRun{s: s, seed: uint64(time.Now().UnixNano()), key: raceKey, beside: beside, kinds: []string{"plain", "odd", "keys", "rival"}}
	t.Logf("seed %d", r.seed)
	return r
}

// try is for what goes on beside races, and may be refused.
func (r *raceRun) try(args ...any) { _, _ = r.s.Do(args...) }

// keys makes a key ready, and deletes it.
func (r *raceRun) keys(i int) {
	key := r.key(i % 5)
	r.try("RPUSH", key, "x")
	r.try("d.signal", key)
	r.try("DEL", key)
}

// paused runs f while no racer unblocks clients: Redis 7.0 ends itself at a CLIENT UNBLOCK of a client that it holds back.
func (r *raceRun) paused(f func()) {
	r.pauses.Store(true)
	defer r.pauses.Store(false)
	for r.unblocking.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	f()
	r.try("CLIENT", "UNPAUSE")
}

// rival loads a module in C that has clients blocked on the same keys, and a thread that takes the server's lock all the time. The
// result looks at its account.
func (r *raceRun) rival(t *testing.T) (ends func()) {
	t.Helper()
	s := r.s
	s.MustDo("MODULE", "LOAD", rmtest.BuildC(t, "testdata/rival.c", "-Wall", "-Wextra", "-Werror"))
	start := []any{"rival.start"}
	for i := range 5 {
		start = append(start, r.key(i))
	}
	s.MustDo(start...)
	return func() {
		t.Helper()
		var account []any
		require.Eventually(t, func() bool {
			account = s.MustDo("rival.account").([]any)
			return account[0] == account[1] && account[4] == int64(0)
		}, patience, 10*time.Millisecond, "all that the module in C has blocked are freed")
		t.Logf("in C: blocked and freed %v, %v replies, %v times the lock", account[0], account[2], account[3])
		require.NotZero(t, account[3], "times the lock")
		require.Eventually(t, func() bool { _, err := s.Do("MODULE", "UNLOAD", "rival"); return err == nil }, patience, 10*time.Millisecond)
	}
}

// holding has the replies to some commands held back, where the server can do that. The result looks at the account.
func (r *raceRun) holding(t *testing.T) (ends func()) {
	t.Helper()
	if !holds(r.s) {
		return func() {}
	}
	r.kinds = append(r.kinds, "held")
	r.s.MustDo("d.hold.races")
	return func() {
		t.Helper()
		r.s.MustDo("d.hold.stop")
		var account []any
		require.Eventually(t, func() bool {
			account = r.s.MustDo("d.hold.account").([]any)
			return account[0] == account[1]
		}, patience, 10*time.Millisecond, "all that were held are freed")
		t.Logf("held %v, freed %v, unblocked %v, timed out %v, gone %v", account[0], account[1], account[2], account[3], account[4])
		require.EqualValues(t, 0, account[5], "what must not be")
		require.NotZero(t, account[0])
	}
}

// run has 12 clients race, beside a crowd that waits all the time, and looks at the account.
func (r *raceRun) run(t *testing.T) {
	t.Helper()
	s := r.s
	defer r.rival(t)()
	defer r.holding(t)()
	s.MustDo("d.race.garbage", 1)
	var crowd, racers, beside sync.WaitGroup
	over, failed := make(chan bool), make(chan error, 1000)
	for range 300 {
		crowd.Add(1)
		go func() {
			defer crowd.Done()
			r := &racer{raceRun: r}
			if err := r.stay(over); err != nil {
				failed <- fmt.Errorf("the crowd: %w", err)
			}
		}()
	}
	for i := range 12 {
		racers.Add(1)
		go func() {
			defer racers.Done()
			r := &racer{raceRun: r, rnd: rand.New(rand.NewPCG(r.seed, uint64(i)))}
			defer r.leave()
			for !r.stop.Load() {
				if err := r.round(); err != nil {
					failed <- fmt.Errorf("client %d: %w", i, err)
					return
				}
			}
		}()
	}
	beside.Add(1)
	go func() {
		defer beside.Done()
		for i := 0; !r.stop.Load(); i++ {
			r.beside(r, i)
			time.Sleep(time.Millisecond)
		}
	}()
	select {
	case err := <-failed:
		t.Error(err)
	case <-time.After(raceSeconds(t)):
		for begun := time.Now(); r.until != nil && !r.until() && time.Since(begun) < patience; {
			time.Sleep(10 * time.Millisecond)
		}
	}
	r.stop.Store(true)
	racers.Wait()
	beside.Wait()
	close(over)
	crowd.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	s.MustDo("CLIENT", "UNPAUSE")
	s.MustDo("d.race.garbage", 0)
	var account []any
	require.Eventually(t, func() bool {
		account = s.MustDo("d.race.account").([]any)
		return account[0] == account[1]
	}, patience, 10*time.Millisecond, "all that were blocked are freed")
	t.Logf("blocked %v, freed %v, answered %v, timed out %v, gone %v; %d replies, %d by the server, %d left", account[0], account[1], account[2],
		account[3], account[4], r.replies.Load(), r.errors.Load(), r.closed.Load())
	require.EqualValues(t, 0, account[5], "what must not be")
	require.Greater(t, account[0], int64(20)) // Redis 8 takes milliseconds to wake a client with io-threads, and more on a busy machine
	require.NotZero(t, account[2], "answers that won")
}

// raceConfig has no io-threads where Redis 8 looks after them in each round: that takes it a second on a machine with few cores.
func raceConfig(t *testing.T) []string {
	t.Helper()
	s := rmtest.Start(t, rmtest.Options{})
	defer s.Stop()
	if kind, _, _, _ := s.Version(); kind == "valkey" {
		return []string{"hz 100", "io-threads 3"}
	}
	return []string{"hz 100"}
}

// TestBlockRaces: thousands of clients are blocked, and answered by goroutines, by keys, by time, or
// they leave, are killed and unblocked, all at the same moment; while clients are paused, and where none can be blocked:
// in transactions and scripts; beside a module in C that does the same and takes the server's lock all the time, and clients whose replies are held back. Each that stays gets one reply for
// each command, each is freed once, and nothing is left.
// Drives: BlockClient, BlockClientOnKeys, UnblockClient, AbortBlock, SetDisconnectCallback.
func TestBlockRaces(t *testing.T) {
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		newRaceRun(t, s, func(r *raceRun, i int) {
			r.keys(i)
			switch i % 100 {
			case 70, 80:
				r.paused(func() {
					for range 3 {
						r.try("CLIENT", "PAUSE", 3, []string{"WRITE", "ALL"}[i%20/10])
						r.keys(i)
					}
				})
			case 90:
				if _, err := s.Do("MODULE", "UNLOAD", "datamod"); err == nil {
					t.Error("a module with blocked clients was unloaded")
				}
			}
		}).run(t)
	}, "hz 100", "io-threads 3")
}

// TestBlockRacesOfRoles: the same while the server becomes a replica and a master again, which ends the waiting of all
// clients; while it hands over to a replica, or tries to; and while it is about to shut down, and does not.
//
// Drives: BlockClient, BlockClientOnKeys, UnblockClient, AbortBlock, SetDisconnectCallback.
func TestBlockRacesOfRoles(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		o := rmtest.Options{TCP: true, Modules: []rmtest.Module{dataModule(t, mode)}, Config: append([]string{"repl-diskless-sync-delay 0"}, raceConfig(t)...)}
		s := rmtest.Start(t, o)
		since70(t, s)
		replica := rmtest.Start(t, o)
		linked := func() bool {
			return s.InfoField("replication", "role") == "master" && replica.InfoField("replication", "master_link_status") == "up" &&
				strings.Contains(s.InfoField("replication", "slave0"), "state=online")
		}
		link := func() bool {
			for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
				if linked() {
					return true
				}
			}
			return false
		}
		replica.MustDo("REPLICAOF", "127.0.0.1", s.Port())
		require.True(t, link())
		before := s.MustDo("d.block.state").([]any)[0].(int64)
		stopped := func(f func()) {
			require.NoError(t, syscall.Kill(replica.PID(), syscall.SIGSTOP))
			defer func() { require.NoError(t, syscall.Kill(replica.PID(), syscall.SIGCONT)) }()
			r := s.MustDo("RPUSH", "behind", "x") // which the replica cannot have
			require.NotNil(t, r)
			f()
		}
		var handed, shut atomic.Int64
		run := newRaceRun(t, s, func(r *raceRun, i int) {
			r.keys(i)
			switch i % 80 {
			case 35, 45, 55:
				r.try("REPLICAOF", "127.0.0.1", 1)
				r.try("REPLICAOF", "NO", "ONE")
			case 25: // it hands over, and takes over again
				if !link() {
					t.Error("the replica has no link")
					return
				}
				r.paused(func() {
					if _, err := s.Do("FAILOVER"); err != nil {
						t.Error(err)
						return
					}
					for begun := time.Now(); s.InfoField("replication", "master_failover_state") != "no-failover" && time.Since(begun) < patience; {
						time.Sleep(time.Millisecond)
					}
				})
				handed.Add(1)
				r.try("REPLICAOF", "NO", "ONE")
				_, _ = replica.Do("REPLICAOF", "127.0.0.1", s.Port())
			case 5:
				if !link() {
					t.Error("the replica has no link")
					return
				}
				r.paused(func() {
					stopped(func() {
						r.try("FAILOVER") // which waits for the replica, and writes wait
						time.Sleep(20 * time.Millisecond)
						r.try("FAILOVER", "ABORT")
						w := &racer{raceRun: r}
						if err := w.dial(); err != nil {
							t.Error(err)
							return
						}
						defer w.leave()
						_, _ = w.conn.Write(command("SHUTDOWN", "NOSAVE"))
						for begun := time.Now(); time.Since(begun) < patience; time.Sleep(time.Millisecond) {
							if _, err := s.Do("SHUTDOWN", "ABORT"); err == nil {
								shut.Add(1)
								break
							}
						}
					})
				})
			}
		})
		run.forced, run.closes = true, true
		run.until = func() bool { return run.errors.Load() != 0 && handed.Load() != 0 && shut.Load() != 0 }
		run.run(t)
		t.Logf("%d times handed over, %d shutdowns aborted", handed.Load(), shut.Load())
		require.NotZero(t, run.errors.Load())
		require.NotZero(t, handed.Load())
		require.NotZero(t, shut.Load())
		noBlocked(t, s, before)
	})
}

// TestBlockRacesOfSlots: the same in a cluster, while the slot of the keys moves to another node and back, and while the cluster
// is down.
//
// Drives: BlockClient, BlockClientOnKeys, UnblockClient, AbortBlock, SetDisconnectCallback.
func TestBlockRacesOfSlots(t *testing.T) {
	withBlockingCluster(t, func(t *testing.T, c blockCluster) {
		run := newRaceRun(t, c.s, func(r *raceRun, i int) {
			r.keys(i)
			switch i % 20 {
			case 5:
				r.try("CLUSTER", "SETSLOT", c.slot, "NODE", c.ids[1])
			case 10:
				r.try("CLUSTER", "SETSLOT", c.slot, "NODE", c.ids[0])
			case 15:
				r.try("CLUSTER", "DELSLOTS", 8000)
			case 19:
				r.try("CLUSTER", "ADDSLOTS", 8000)
			}
		})
		run.key = func(n int) string { return c.key + raceKey(n) }
		run.forced = true
		run.until = func() bool { return run.errors.Load() != 0 }
		run.run(t)
		require.NotZero(t, run.errors.Load())
		c.move(0)
	}, raceConfig(t)...)
}

func raceKey(n int) string { return "race." + "kkkkk"[:1+n] }

// racer is one client of the races.
type racer struct {
	*raceRun
	rnd  *rand.Rand
	conn net.Conn
	r    *bufio.Reader
	id   string
}

func (r *racer) leave() {
	if r.conn != nil {
		_ = r.conn.Close()
		r.conn = nil
	}
}

func (r *racer) reply() (string, error) {
	_ = r.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	b, err := resp.AppendRaw(nil, r.r)
	return string(b), err
}

func (r *racer) dial() error {
	conn, err := net.Dial("unix", r.s.Addr())
	if err != nil {
		return err
	}
	r.conn, r.r = conn, bufio.NewReader(conn)
	if _, err := conn.Write(command("CLIENT", "ID")); err != nil {
		return err
	}
	id, err := r.reply()
	if err == nil {
		r.id = id[1 : len(id)-2]
	}
	return err
}

// stay waits until the races are over, for an answer that never comes: again, when the server has ended the waiting.
func (r *racer) stay(over chan bool) error {
	for {
		if err := r.dial(); err != nil {
			return err
		}
		conn := r.conn
		ended := make(chan error, 1)
		go func() {
			for {
				if _, err := conn.Write(command("d.block", "crowd", "bare")); err != nil {
					ended <- nil
					return
				}
				_ = conn.SetReadDeadline(time.Time{})
				reply, err := resp.AppendRaw(nil, r.r)
				if err == nil && (!r.forced || !byServer(string(reply)) && !strings.HasPrefix(string(reply), "-READONLY")) {
					err = fmt.Errorf("the reply %q", reply)
				}
				if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) {
					ended <- nil
					return
				}
				if err != nil {
					ended <- err
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		select {
		case <-over:
			r.leave()
			<-ended
			return nil
		case err := <-ended:
			r.leave()
			if err != nil || !r.closes {
				return errors.Join(err, errors.New("it has ended"))
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// byServer tells whether the server has ended the waiting by itself.
func byServer(reply string) bool {
	for _, code := range []string{"-UNBLOCKED force", "-MOVED ", "-CLUSTERDOWN "} {
		if strings.HasPrefix(reply, code) {
			return true
		}
	}
	return false
}

// unblock sends CLIENT UNBLOCK for the client, unless writes may be paused.
func (r *racer) unblock(how string) error {
	r.unblocking.Add(1)
	defer r.unblocking.Add(-1)
	if r.pauses.Load() { // whoever pauses looks at unblocking then
		return nil
	}
	_, err := r.s.Do("CLIENT", "UNBLOCK", r.id, how)
	return err
}

// round is one command.
func (r *racer) round() error {
	if r.conn == nil {
		if err := r.dial(); err != nil {
			return err
		}
	}
	kind := r.kinds[r.rnd.IntN(len(r.kinds))]
	key, seed := r.key(r.rnd.IntN(5)), strconv.FormatInt(r.rnd.Int64(), 10)
	words := []string{"d.race", key, seed, kind}
	switch kind {
	case "rival":
		words = []string{"rival.block", key, seed}
	case "held":
		words = [][]string{{"SET", key + ".held", seed}, {"RPUSH", key + ".list.held", seed}, {"LPOP", key + ".list.held"}}[r.rnd.IntN(3)]
	}
	send, where := command(words...), r.rnd.IntN(20)
	switch where {
	case 0:
		send = slices.Concat(command("MULTI"), send, command("EXEC"))
	case 1:
		send = command(append([]string{"EVAL", "return redis.pcall(unpack(ARGV))", "1", key}, words...)...)
	}
	if _, err := r.conn.Write(append(send, command("PING")...)); err != nil {
		if r.closes { // by the server
			r.leave()
			return nil
		}
		return err
	}
	what, wait := r.rnd.IntN(12), time.Duration(r.rnd.IntN(2500))*time.Microsecond
	switch what {
	case 0:
		time.Sleep(wait)
		r.leave()
		r.closed.Add(1)
		return nil
	case 1:
		time.Sleep(wait)
		if _, err := r.s.Do("CLIENT", "KILL", "ID", r.id); err == nil {
			_, _ = io.Copy(io.Discard, r.r)
			r.leave()
			r.closed.Add(1)
			return nil
		}
	case 2, 3:
		if r.pauses.Load() || what == 3 && kind != "plain" {
			// The servers send the error, too, to a client that a key has served, and to one for
			// which AbortBlock was called, if that is in the same turn of the event loop.
			break
		}
		time.Sleep(wait)
		if err := r.unblock([]string{"TIMEOUT", "ERROR"}[what-2]); err != nil {
			return err
		}
	}
	want := 1
	if where == 0 {
		want = 3
	}
	var got []string
	for {
		reply, err := r.reply()
		if err != nil {
			ended := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
			if r.closes && ended && (len(got) == 0 || strings.HasPrefix(got[len(got)-1], "-UNBLOCKED force")) {
				r.leave()
				r.errors.Add(1)
				return nil
			}
			return fmt.Errorf("%s, %s, %d: behind %q: %w", send, time.Now().Format("04:05.000"), what, got, err)
		}
		if reply == "+PONG\r\n" {
			break
		}
		got = append(got, reply)
	}
	// By the same fault of the servers, a client that has its reply may get that error, too.
	if n := len(got) - 1; n == want && r.forced && kind != "plain" && byServer(got[n]) {
		got = got[:n]
	}
	if len(got) != want {
		return fmt.Errorf("%s, %s, %d: the replies are %q", send, time.Now().Format("04:05.000"), what, got)
	}
	if byServer(got[0]) {
		r.errors.Add(1)
	}
	r.replies.Add(1)
	return nil
}
