// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A Pattern is client traffic that goes on until ctx ends. An error means that the
// server did not answer as it must.
type Pattern func(ctx context.Context, socket string, r *rand.Rand) error

// until runs f on one connection again and again.
func until(ctx context.Context, socket string, f func(c *Conn) error) error {
	c, err := Dial(ctx, socket)
	if err == nil {
		defer c.Close()
		for err == nil && ctx.Err() == nil {
			err = f(c)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// pause waits, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Behind has a client wait for an element of a list and send a command in the same
// write, which the server then runs when the other client has pushed: behind its
// event "before sleep", without a turn of the event loop.
func Behind(key, command string) Pattern {
	return func(ctx context.Context, socket string, r *rand.Rand) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pushed := make(chan error, 1)
		go func() {
			pushed <- until(ctx, socket, func(c *Conn) error {
				_, err := c.Do("LPUSH", key, 1)
				pause(ctx, time.Duration(r.IntN(2000))*time.Microsecond)
				return err
			})
		}()
		err := until(ctx, socket, func(c *Conn) error {
			if err := c.Send("BLPOP " + key + " 0\r\n" + command + "\r\n"); err != nil {
				return err
			}
			for range 2 {
				if _, err := c.Read(); err != nil {
					return err
				}
			}
			return nil
		})
		cancel()
		if e := <-pushed; err == nil {
			err = e
		}
		return err
	}
}

// Script returns a script that keeps the server busy for about so long, as measured
// with a shorter one on this connection.
func Script(c *Conn, length time.Duration) (string, error) {
	const trial = 5_000_000
	text := func(n int64) string {
		return fmt.Sprintf("local n=0 for i=1,%d do n=n+i%%7 end return n", n)
	}
	begin := time.Now()
	if _, err := c.Do("EVAL", text(trial), 0); err != nil {
		return "", err
	}
	return text(trial * int64(length) / max(int64(time.Since(begin)), 1)), nil
}

// Pause holds all clients up for a moment and sends a command, which then waits.
func Pause(length time.Duration, command string) Pattern {
	return func(ctx context.Context, socket string, r *rand.Rand) error {
		return until(ctx, socket, func(c *Conn) error {
			if err := c.Want("OK", "CLIENT", "PAUSE", length.Milliseconds(), "ALL"); err != nil {
				return err
			}
			if err := c.Send(command + "\r\n"); err != nil {
				return err
			}
			_, err := c.Read()
			// The server sleeps behind the command.
			pause(ctx, time.Duration(r.IntN(5000))*time.Microsecond)
			return err
		})
	}
}

// Pipelines has n clients send the command many times in one write.
func Pipelines(n, times int, command string) Pattern {
	return func(ctx context.Context, socket string, r *rand.Rand) error {
		text := strings.Repeat(command+"\r\n", times)
		ends := make(chan error, n)
		for range n {
			go func() {
				ends <- until(ctx, socket, func(c *Conn) error {
					// Read while the server still reads, or both could wait.
					sent := make(chan error, 1)
					go func() { sent <- c.Send(text) }()
					for range times {
						if _, err := c.Read(); err != nil {
							return err
						}
					}
					return <-sent
				})
			}()
		}
		var err error
		for range n {
			if e := <-ends; err == nil {
				err = e
			}
		}
		return err
	}
}

// Quit has clients come, send the command and go, by QUIT or without a word.
func Quit(command string) Pattern {
	return func(ctx context.Context, socket string, r *rand.Rand) error {
		for ctx.Err() == nil {
			c, err := Dial(ctx, socket)
			if err == nil {
				err = c.Send(command + "\r\n")
				if err == nil && r.IntN(4) > 0 {
					err = c.Send("QUIT\r\n")
				}
				if err == nil {
					_, err = c.Read()
				}
				c.Close()
			}
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("a client that comes and goes: %w", err)
			}
		}
		return nil
	}
}
