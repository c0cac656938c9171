// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const clientTimeout = 30 * time.Second

// Client returns a client that speaks RESP3. It belongs to the server, is the same for
// every call, and is closed when the test ends.
func (s *Server) Client() *redis.Client { return s.client(3) }

// Client2 is [Server.Client] for RESP2.
func (s *Server) Client2() *redis.Client { return s.client(2) }

func (s *Server) client(protocol int) *redis.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[protocol]
	if c == nil {
		c = s.newClient(protocol, slow(clientTimeout))
		s.clients[protocol] = c
	}
	return c
}

// newClient returns a client whose time-outs are these.
func (s *Server) newClient(protocol int, timeout time.Duration) *redis.Client {
	return redis.NewClient(&redis.Options{
		Network:      "unix",
		Addr:         s.socket,
		Protocol:     protocol,
		DialTimeout:  timeout,
		ReadTimeout:  timeout,
		WriteTimeout: timeout,
		// A command that ran twice, or a crash hidden by a second try, would
		// mislead a test.
		MaxRetries: -1,
		// Nothing is sent that the test did not ask for.
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// Do sends one command over [Server.Client]. An error reply is an error. The reply's Go
// type follows from its type in RESP3, the protocol that this client speaks:
//
//	integer                     int64
//	bulk, simple, verbatim      string
//	double                      float64
//	boolean                     bool
//	big number                  *big.Int
//	array, set                  []any
//	map                         map[any]any
//	null                        nil, without an error
//
// So require.Equal wants int64(3), not 3. [Server.Client2] gets what RESP2 has: strings
// for doubles, integers for booleans, arrays for sets and maps.
func (s *Server) Do(args ...any) (any, error) {
	v, err := s.Client().Do(context.Background(), args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return v, err
}

// MustDo is [Server.Do] and fails the test on an error.
func (s *Server) MustDo(args ...any) any {
	s.tb.Helper()
	v, err := s.Do(args...)
	if err != nil {
		s.tb.Fatalf("rmtest: %v: %v", args, err)
	}
	return v
}

// RawConn returns a new connection, for tests of the protocol itself. It is closed when
// the test ends.
func (s *Server) RawConn() net.Conn {
	s.tb.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		s.tb.Fatalf("rmtest: %v", err)
	}
	if err := conn.SetDeadline(time.Now().Add(slow(clientTimeout))); err != nil {
		s.tb.Fatalf("rmtest: %v", err)
	}
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
	return conn
}

// InfoField returns one field of the server's INFO, or "" if there is none.
func (s *Server) InfoField(section, field string) string {
	s.tb.Helper()
	text, err := s.Client().Info(context.Background(), section).Result()
	if err != nil {
		s.tb.Fatalf("rmtest: INFO %s: %v", section, err)
	}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok && name == field {
			return value
		}
	}
	return ""
}

// closeClients closes all clients and connections; one that the test has closed
// itself, or that broke, is no fault.
func (s *Server) closeClients() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		_ = c.Close()
	}
	for _, c := range s.conns {
		_ = c.Close()
	}
	clear(s.clients)
	s.conns = nil
}
