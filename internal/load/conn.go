// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/iredismodule/redismodule/internal/resp"
)

// Conn is one connection to a server, for what a client library would not send.
type Conn struct {
	// Limit, when not 0, is how long the reply to a command of Do may take.
	Limit time.Duration

	ctx  context.Context
	conn net.Conn
	r    *bufio.Reader
	stop func() bool
}

// Refusal is an error reply.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// Dial connects to a unix socket. When ctx ends, what waits on the connection ends
// with an error.
func Dial(ctx context.Context, socket string) (*Conn, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	c := &Conn{ctx: ctx, conn: conn, r: bufio.NewReader(conn)}
	c.stop = context.AfterFunc(ctx, c.expire)
	return c, nil
}

// expire ends what waits on the connection.
func (c *Conn) expire() { _ = c.conn.SetDeadline(time.Unix(1, 0)) }

// Close ends the connection.
func (c *Conn) Close() {
	c.stop()
	_ = c.conn.Close() // nothing is under way
}

// Send sends text as it is; "\r\n" ends a command.
func (c *Conn) Send(text string) error {
	_, err := io.WriteString(c.conn, text)
	return err
}

// Encode writes a command as the protocol has it.
func Encode(args ...any) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = fmt.Sprint(a)
	}
	return string(resp.AppendCommand(nil, words...))
}

// Do sends a command and returns its reply; see Read.
func (c *Conn) Do(args ...any) (any, error) {
	if c.Limit > 0 {
		if err := c.conn.SetDeadline(time.Now().Add(c.Limit)); err != nil {
			return nil, err
		}
		if c.ctx.Err() != nil {
			c.expire()
		}
	}
	if err := c.Send(Encode(args...)); err != nil {
		return nil, err
	}
	return c.Read()
}

// Want sends a command that has to reply so.
func (c *Conn) Want(want string, args ...any) error {
	v, err := c.Do(args...)
	if err == nil && fmt.Sprint(v) != want {
		err = fmt.Errorf("got %.300v, want %.300s", v, want)
	}
	if err != nil {
		return fmt.Errorf("%v: %w", args, err)
	}
	return nil
}

// Read returns the next reply: a string, an int64, a []any or nil. An error reply is
// a Refusal; one inside an array is an element.
func (c *Conn) Read() (any, error) {
	r, err := resp.Read(c.r)
	if err != nil {
		return nil, err
	}
	v, err := value(r)
	if refusal, ok := v.(Refusal); ok {
		return nil, refusal
	}
	return v, err
}

// value is a reply, or a part of one, as a Go value.
func value(r resp.Reply) (any, error) {
	if r.Null {
		return nil, nil
	}
	switch r.Kind {
	case '+', '$':
		return r.Text, nil
	case '-':
		return Refusal(r.Text), nil
	case ':':
		return strconv.ParseInt(r.Text, 10, 64)
	case '*':
		all := make([]any, len(r.Elems))
		for i, e := range r.Elems {
			var err error
			if all[i], err = value(e); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("the server sent a reply that begins with %q", r.Kind)
}
