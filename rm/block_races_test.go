// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
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

// TestBlockRaces: thousands of clients are blocked, and answered by goroutines, by keys, by time, or
// they leave, are killed and unblocked, all at the same moment. Each that stays gets one reply for
// each command, each is freed once, and nothing is left.
// Drives: BlockClient, BlockClientOnKeys, UnblockClient, AbortBlock, SetDisconnectCallback.
func TestBlockRaces(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	config := []string{"hz 100", "io-threads 3"}
	withBlocking(t, func(t *testing.T, s *rmtest.Server) {
		s.MustDo("d.race.garbage", 1)
		var stop, pauses atomic.Bool
		var replies, closed atomic.Int64
		var racers, beside sync.WaitGroup
		failed := make(chan error, 100)
		for i := range 12 {
			racers.Add(1)
			go func() {
				defer racers.Done()
				r := &racer{s: s, rnd: rand.New(rand.NewPCG(seed, uint64(i))), replies: &replies, closed: &closed, pauses: &pauses}
				defer r.leave()
				for !stop.Load() {
					if err := r.round(); err != nil {
						failed <- fmt.Errorf("client %d: %w", i, err)
						return
					}
				}
			}()
		}
		// Keys that become ready, and writes that are paused.
		beside.Add(1)
		go func() {
			defer beside.Done()
			c := s.Client()
			for i := 0; !stop.Load(); i++ {
				key := raceKey(i % 5)
				_ = c.Do(t.Context(), "RPUSH", key, "x").Err()
				_ = c.Do(t.Context(), "d.signal", key).Err()
				_ = c.Do(t.Context(), "DEL", key).Err()
				// Redis 7.0 ends itself at a CLIENT UNBLOCK of a client that it holds back.
				if pauses.Store(i%400 >= 300); i%400 > 320 && i%20 == 0 {
					_ = c.Do(t.Context(), "CLIENT", "PAUSE", 3, "WRITE").Err()
				}
				time.Sleep(time.Millisecond)
			}
		}()
		select {
		case err := <-failed:
			t.Error(err)
		case <-time.After(raceSeconds(t)):
		}
		stop.Store(true)
		racers.Wait()
		beside.Wait()
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
		t.Logf("blocked %v, freed %v, answered %v, timed out %v, gone %v; %d replies, %d left", account[0], account[1], account[2], account[3], account[4], replies.Load(), closed.Load())
		require.EqualValues(t, 0, account[5], "what must not be")
		require.Greater(t, account[0], int64(50)) // Redis 8 takes milliseconds to wake a client with io-threads
		require.NotZero(t, account[2], "answers that won")
	}, config...)
}

func raceKey(n int) string { return "race." + "kkkkk"[:1+n] }

// racer is one client of the races.
type racer struct {
	s               *rmtest.Server
	rnd             *rand.Rand
	conn            net.Conn
	r               *bufio.Reader
	id              string
	replies, closed *atomic.Int64
	pauses          *atomic.Bool // writes may be paused
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

// round is one command.
func (r *racer) round() error {
	if r.conn == nil {
		conn, err := net.Dial("unix", r.s.Addr())
		if err != nil {
			return err
		}
		r.conn, r.r = conn, bufio.NewReader(conn)
		if _, err := conn.Write(command("CLIENT", "ID")); err != nil {
			return err
		}
		id, err := r.reply()
		if err != nil {
			return err
		}
		r.id = id[1 : len(id)-2]
	}
	kind := []string{"plain", "odd", "keys"}[r.rnd.IntN(3)]
	send := append(command("d.race", raceKey(r.rnd.IntN(5)), strconv.FormatInt(r.rnd.Int64(), 10), kind), command("PING")...)
	if _, err := r.conn.Write(send); err != nil {
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
		if _, err := r.s.Do("CLIENT", "UNBLOCK", r.id, []string{"TIMEOUT", "ERROR"}[what-2]); err != nil {
			return err
		}
	}
	reply, err := r.reply()
	if err != nil {
		return fmt.Errorf("the reply: %w", err)
	}
	pong, err := r.reply()
	if err != nil {
		return fmt.Errorf("%s, %s, %d: behind %q: %w", send, time.Now().Format("04:05.000"), what, reply, err)
	}
	if pong != "+PONG\r\n" {
		return fmt.Errorf("%s, %s, %d: behind %q is %q", send, time.Now().Format("04:05.000"), what, reply, pong)
	}
	r.replies.Add(1)
	return nil
}
