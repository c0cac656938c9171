// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
)

// Numbers reads a list of numbers above zero.
func Numbers(list string) (all []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no list of numbers", list)
		}
		all = append(all, n)
	}
	return all, nil
}

// Load sends one command again and again from several connections, each waiting for the reply,
// and returns how long each took.
func Load(s *Server, words []string, clients int, d time.Duration) (took []time.Duration, elapsed time.Duration, err error) {
	var wg sync.WaitGroup
	all := make([][]time.Duration, clients)
	errs := make([]error, clients)
	begin := time.Now()
	for i := range clients {
		wg.Go(func() { all[i], errs[i] = client(s, words, begin.Add(d)) })
	}
	wg.Wait()
	elapsed = time.Since(begin)
	for _, err := range errs {
		if err != nil {
			return nil, 0, err
		}
	}
	return slices.Concat(all...), elapsed, nil
}

func client(s *Server, words []string, end time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(end.Add(30 * time.Second)); err != nil {
		return nil, err
	}
	var took []time.Duration
	request := Encode(words...)
	reply := make([]byte, 64)
	for now := time.Now(); now.Before(end) || len(took) == 0; {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		n, err := conn.Read(reply)
		if err != nil {
			return nil, err
		}
		if reply[0] == '-' || reply[n-1] != '\n' {
			return nil, fmt.Errorf("reply %q", reply[:n])
		}
		after := time.Now()
		took = append(took, after.Sub(now))
		now = after
	}
	return took, nil
}

// Pipelines sends a command, 50 in one piece, again and again until the function that it
// returns is called.
func (s *Server) Pipelines(words ...string) (end func() error) {
	stop := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- func() error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				// One connection for many, as a client has it.
				if err := s.Pipeline(5000, 50, func(dst []byte, _ int) []byte { return resp.AppendCommand(dst, words...) }); err != nil {
					return err
				}
			}
		}()
	}()
	return func() error {
		close(stop)
		return <-ended
	}
}

// Pipeline sends n commands on one connection, which next appends to dst one by one, in pieces of so
// many, and reads the replies of each piece before it sends the one after the next. An error reply
// is an error.
func (s *Server) Pipeline(n, piece int, next func(dst []byte, i int) []byte) error {
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 1<<16)
	var buf bytes.Buffer
	unread := 0 // replies of the pieces before
	for sent := 0; sent < n || unread > 0; {
		buf.Reset()
		now := 0
		for ; now < piece && sent < n; now++ {
			buf.Write(next(buf.AvailableBuffer(), sent))
			sent++
		}
		if now > 0 {
			if _, err := conn.Write(buf.Bytes()); err != nil {
				return err
			}
		}
		for range unread {
			if err := simpleReply(r); err != nil {
				return err
			}
		}
		unread = now
	}
	return nil
}

// simpleReply reads a reply of one line.
func simpleReply(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if line[0] != '+' && line[0] != ':' {
		return fmt.Errorf("the reply is %q", line)
	}
	return nil
}
