// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/proc"
)

// sample is one measurement.
type sample struct {
	n    int
	cpu  time.Duration // of the whole server process
	main time.Duration // of its main thread
	wall time.Duration
}

// plus joins two pieces of one measurement.
func (s sample) plus(t sample) sample {
	return sample{n: s.n + t.n, cpu: s.cpu + t.cpu, main: s.main + t.main, wall: s.wall + t.wall}
}

func (s sample) perOp() float64     { return float64(s.cpu.Nanoseconds()) / float64(s.n) }
func (s sample) mainPerOp() float64 { return float64(s.main.Nanoseconds()) / float64(s.n) }
func (s sample) rate() float64      { return float64(s.n) / s.wall.Seconds() }

// target is one operation of one implementation, ready to be sent.
type target struct {
	impl    impl
	op      op
	srv     *server
	n       int
	batch   int
	request []byte
	reply   []byte
	loose   bool // replies are of the same length, but not the same
}

// newTarget tries the command once and keeps its reply.
func newTarget(srv *server, cfg config, im impl, o op) (*target, error) {
	t := &target{impl: im, op: o, srv: srv, request: o.request(im.prefix)}
	t.n, t.batch = cfg.count(o.size)
	requests := [][]byte{t.request}
	if f, ok := o.forms[im.name]; ok {
		requests, t.loose = f.requests, f.loose
		t.request = slices.Concat(requests...)
	}
	for _, request := range requests {
		reply, err := srv.roundTrip(request)
		if err != nil {
			return nil, fmt.Errorf("%s%s: %w", im.prefix, o.cmd, err)
		}
		if reply[0] == '-' {
			return nil, fmt.Errorf("%s%s answers %q", im.prefix, o.cmd, bytes.TrimSpace(reply))
		}
		t.reply = append(t.reply, reply...)
	}
	return t, nil
}

// run sends n commands in batches, a few of them ahead of the replies, so that
// the server always finds the next one, and returns when all are answered.
func (t *target) run(n, inflight int) error {
	if err := t.srv.conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return err
	}
	var (
		c       = newCounter(t.reply, len(t.srv.buf), t.loose)
		block   = bytes.Repeat(t.request, min(t.batch, n))
		tickets = make(chan struct{}, inflight) // one for each unanswered batch
		done    = make(chan struct{})
		failed  = make(chan error, 1)
	)
	go func() {
		for sent := 0; sent < n; {
			select {
			case tickets <- struct{}{}:
			case <-done:
				failed <- nil
				return
			}
			k := min(t.batch, n-sent)
			if _, err := t.srv.conn.Write(block[:k*len(t.request)]); err != nil {
				failed <- err
				return
			}
			sent += k
		}
		failed <- nil
	}()
	err := readReplies(t.srv, c, n, t.batch, tickets)
	close(done)
	if err != nil {
		// Ends a writer that is blocked; the connection is of no more use.
		t.srv.conn.Close()
	}
	if werr := <-failed; err == nil {
		err = werr
	}
	if err != nil {
		return fmt.Errorf("%s%s: %w", t.impl.prefix, t.op.cmd, err)
	}
	return nil
}

func readReplies(srv *server, c *counter, n, batch int, tickets <-chan struct{}) error {
	for released := 0; c.replies() < n; {
		m, err := srv.conn.Read(srv.buf)
		if err != nil {
			return fmt.Errorf("after %d of %d replies: %w", c.replies(), n, err)
		}
		if err := c.add(srv.buf[:m]); err != nil {
			return err
		}
		for released < c.replies()/batch {
			<-tickets
			released++
		}
	}
	if want := int64(n) * int64(len(c.reply)); c.bytes != want {
		return fmt.Errorf("%d bytes of replies, want %d", c.bytes, want)
	}
	return nil
}

// measure runs the target once and returns what the server spent on it.
func (t *target) measure(n, inflight int) (got sample, err error) {
	if err := t.op.turn(t.srv, t.impl.prefix, "on"); err != nil {
		return sample{}, err
	}
	defer func() {
		if off := t.op.turn(t.srv, t.impl.prefix, "off"); err == nil {
			err = off
		}
	}()
	pid := t.srv.PID()
	before, err := proc.Settled(pid)
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	if err := t.run(n, inflight); err != nil {
		return sample{}, err
	}
	wall := time.Since(start)
	after, err := proc.Settled(pid)
	if err != nil {
		return sample{}, err
	}
	return sample{
		n:    n,
		cpu:  after.Since(before),
		main: time.Duration(after[pid] - before[pid]),
		wall: wall,
	}, nil
}

// memstats is what <prefix>memstats answers: figures of the Go runtime inside
// the server.
type memstats struct {
	mallocs, totalAlloc, heapAlloc, numGC, goroutines int64
}

// readMemstats returns false when the implementation has no such command.
func readMemstats(srv *server, prefix string) (memstats, bool, error) {
	reply, err := srv.do(prefix + "memstats")
	if err != nil {
		return memstats{}, false, err
	}
	if bytes.HasPrefix(reply, []byte("-ERR unknown command")) {
		return memstats{}, false, nil
	}
	v, err := replyInts(reply)
	if err != nil || len(v) != 5 {
		return memstats{}, false, fmt.Errorf("%smemstats: want 5 integers, got %.80q", prefix, reply)
	}
	return memstats{v[0], v[1], v[2], v[3], v[4]}, true, nil
}

// allocSample is what a number of commands allocated.
type allocSample struct {
	n          int
	mallocs    int64
	bytes      int64
	gcs        int64
	goroutines int64 // at the end
}

// measureAllocs returns false when the implementation is not a Go module. What
// the reading itself allocates is measured first and taken off.
func (t *target) measureAllocs(n, inflight int) (allocSample, bool, error) {
	var m [4]memstats
	for i := range m {
		if i == 3 {
			if err := t.run(n, inflight); err != nil {
				return allocSample{}, false, err
			}
		}
		var ok bool
		var err error
		if m[i], ok, err = readMemstats(t.srv, t.impl.prefix); err != nil || !ok {
			return allocSample{}, false, err
		}
	}
	return allocSample{
		n:          n,
		mallocs:    m[3].mallocs - m[2].mallocs - (m[2].mallocs - m[1].mallocs),
		bytes:      m[3].totalAlloc - m[2].totalAlloc - (m[2].totalAlloc - m[1].totalAlloc),
		gcs:        m[3].numGC - m[2].numGC,
		goroutines: m[3].goroutines,
	}, true, nil
}
