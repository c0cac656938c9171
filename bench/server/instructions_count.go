// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/bench/internal/callgrind"
	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/resp"
)

// What is sent at once. The server reads 16 KiB in a turn of its event loop, and
// writes 64 KiB; a batch stays below both, so that it is one turn, whoever is slow.
const (
	mostRequest = 16 << 10
	mostReply   = 60 << 10
)

// commands is how many commands are counted, by the size of the op, in whole batches.
var commands = [...]int{small: 4000, big: 400, huge: 12}

// leastBatches is into how many batches they are cut at least.
const leastBatches = 4

// warmBatches are sent before the count begins: pools are filled, stacks have grown.
const warmBatches = 2

// counted is what an operation cost one implementation.
type counted struct {
	commands int
	reply    []byte
	profile  *callgrind.Profile
	leave    func(callgrind.Function) bool
}

func (c counted) perCommand() float64 {
	return float64(c.profile.Total(c.leave)) / float64(c.commands)
}

// countedServer is a server that runs under callgrind.
type countedServer struct {
	*server
	leave func(callgrind.Function) bool
}

// comparisons are functions of steady.c that do work of the server's. The others are
// left out.
var comparisons = []string{"memcmp", "strcasecmp"}

// profileName is the start of the names of the profiles in the server's folder.
const profileName = "callgrind.out"

// countedConfig is added to the configuration. The periodic work comes once a second
// of the server's slowed clock, and the figures of slow commands are not kept.
var countedConfig = []string{
	"hz 1",
	"dynamic-hz no",
	"activerehashing no",
	"jemalloc-bg-thread no",
	"latency-tracking no",
	"slowlog-log-slower-than -1",
	"set-proc-title no",
}

func startCounted(cfg instructionsConfig, module string) (*countedServer, error) {
	s, err := startIn(2*time.Minute, func(dir string) launch.Options {
		return launch.Options{
			Config: append(configLines([]impl{{path: module}}), countedConfig...),
			Command: append([]string{
				"valgrind", "--tool=callgrind", "--separate-threads=yes", "--callgrind-out-file=" + filepath.Join(dir, profileName),
				// Where the periodic work comes all the same, it is not counted.
				"--toggle-collect=serverCron", "--collect-atstart=yes",
			}, strings.Fields(cfg.server)...),
			Env: []string{
				"LD_PRELOAD=" + cfg.steady,
				"GODEBUG=asyncpreemptoff=1", // callgrind ends at its signals
				"MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1,background_thread:false", // else it looks at the clock
			},
		}
	})
	if err != nil {
		return nil, err
	}
	counted := &countedServer{server: s, leave: func(f callgrind.Function) bool {
		return f.Object == cfg.steady && !slices.Contains(comparisons, f.Name)
	}}
	if err := counted.seed(cfg.ops, cfg.prefix); err != nil {
		counted.stop()
		return nil, err
	}
	// Until its first dump callgrind counts ten instructions more for each call from the
	// server into a library.
	if _, err := counted.count(cfg.ops[0], cfg.prefix); err != nil {
		counted.stop()
		return nil, err
	}
	return counted, nil
}

// seed makes the data set, and ends the rehashing of its tables that the periodic work
// would have ended: each lookup moves a bucket.
func (s *countedServer) seed(ops []op, prefix string) error {
	if err := seedOps(s.server, ops, prefix); err != nil {
		return err
	}
	for _, db := range []string{scanDB, "0"} {
		if _, err := s.do("SELECT", db); err != nil {
			return err
		}
		lookup, reply := resp.AppendCommand(nil, "EXISTS", "bench:none"), []byte(":0\r\n")
		const batch = 200
		for range 2 * scanKeys / batch {
			if err := s.batch(bytes.Repeat(lookup, batch), reply, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

// commandCount returns how many commands the server has, as it says it.
func (s *countedServer) commandCount() (string, error) {
	reply, err := s.do("COMMAND", "COUNT")
	return strings.TrimSpace(strings.TrimPrefix(string(reply), ":")), err
}

// stop ends the server. A signal would be heard in its periodic work only, which is far away.
func (s *countedServer) stop() {
	if s.conn.SetDeadline(time.Now().Add(time.Second)) == nil {
		// It answers by the end of the connection.
		_, _ = s.conn.Write(resp.AppendCommand(nil, "SHUTDOWN", "NOSAVE"))
	}
	s.Exited(s.patience)
	s.server.stop()
}

// batch sends a request of n commands at once and waits for the replies, which must be
// the same.
func (s *countedServer) batch(request, reply []byte, n int) error {
	if err := s.conn.SetDeadline(time.Now().Add(s.patience)); err != nil {
		return err
	}
	if _, err := s.conn.Write(request); err != nil {
		return err
	}
	c := newCounter(reply, len(s.buf), false)
	for c.replies() < n {
		m, err := s.conn.Read(s.buf)
		if err != nil {
			return fmt.Errorf("after %d of %d replies: %w", c.replies(), n, err)
		}
		if err := c.add(s.buf[:m]); err != nil {
			return err
		}
	}
	if want := int64(n) * int64(len(reply)); c.bytes != want {
		return fmt.Errorf("%d bytes of replies, want %d", c.bytes, want)
	}
	return nil
}

// batchesOf returns how many batches of how many commands are sent to count about n.
func batchesOf(n, request, reply int) (batches, size int) {
	size = max(1, min(mostRequest/request, mostReply/reply, n/leastBatches))
	return (n + size - 1) / size, size
}

// count counts one operation.
func (s *countedServer) count(o op, prefix string) (counted, error) {
	fail := func(err error) (counted, error) {
		return counted{}, fmt.Errorf("op %s: %w%s", o.name, err, s.LogTail())
	}
	if err := o.turn(s.server, prefix, "on"); err != nil {
		return fail(err)
	}
	request := o.request(prefix)
	reply, err := s.roundTrip(request)
	if err != nil {
		return fail(err)
	}
	if reply[0] == '-' {
		return fail(fmt.Errorf("%s%s answers %q", prefix, o.cmd, bytes.TrimSpace(reply)))
	}
	reply = bytes.Clone(reply)
	batches, size := batchesOf(commands[o.size], len(request), len(reply))
	block := bytes.Repeat(request, size)
	send := func(n int) error {
		for range n {
			if err := s.batch(block, reply, size); err != nil {
				return err
			}
		}
		return nil
	}
	if err := send(warmBatches); err != nil {
		return fail(err)
	}
	if err := s.control("-z"); err != nil {
		return fail(err)
	}
	if err := send(batches); err != nil {
		return fail(err)
	}
	profile, err := s.dump(o.name)
	if err != nil {
		return fail(err)
	}
	if err := o.turn(s.server, prefix, "off"); err != nil {
		return fail(err)
	}
	return counted{commands: batches * size, reply: reply, profile: profile, leave: s.leave}, nil
}

// control has callgrind do something, and returns when it has.
func (s *countedServer) control(args ...string) error {
	cmd := exec.Command("callgrind_control", append(args, strconv.Itoa(s.PID()))...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("callgrind_control: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// dump returns the profile of the server's main thread since the last zero.
func (s *countedServer) dump(label string) (*callgrind.Profile, error) {
	if err := s.control("-d", label); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(s.dir, profileName+".*"))
	if err != nil {
		return nil, err
	}
	var found *callgrind.Profile
	for _, file := range files {
		p, err := readProfile(file)
		if err != nil {
			return nil, err
		}
		if p.Thread == 1 && strings.HasSuffix(p.Trigger, label) {
			found = p
		}
		if err := os.Remove(file); err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, errors.New("callgrind has not written a profile of the main thread")
	}
	return found, nil
}

func readProfile(file string) (*callgrind.Profile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := callgrind.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return p, nil
}
