// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command helloblock shows clients that wait while the server serves others: for a goroutine
// that computes, and for one that walks through all keys.
package main

import (
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{
		Name: "helloblock", Version: 1,
		OnLoad: func(ctx rm.Context, args rm.Args) error {
			server = ctx.DetachedThreadSafeContext()
			return nil
		},
		Commands: []rm.Command{
			{Name: "hello.block", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 3, Handler: block},
			{Name: "hello.keys", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: keys},
		},
	})
}

func main() {}

// server is what goroutines that serve no client come to the server by.
var server *rm.ThreadSafeContext

// block answers after some seconds, but waits no longer than a time-out in milliseconds:
// hello.block SECONDS TIMEOUT.
func block(ctx rm.Context, args rm.Args) error {
	seconds, err := args.At(1).Float64()
	if err != nil {
		return err
	}
	timeout, err := args.At(2).Int64()
	if err != nil || timeout < 0 {
		return rm.Error("ERR invalid timeout")
	}
	client, err := ctx.BlockClient(rm.BlockOptions{
		Timeout: time.Duration(timeout) * time.Millisecond,
		OnTimeout: func(ctx rm.Context, args rm.Args) error {
			return ctx.ReplyWithSimpleString("Request timedout")
		},
		OnDisconnect: func(rm.BlockedClient) { rm.Log(rm.LevelNotice, "a blocked client has left") },
	})
	if err != nil {
		return err // in a transaction or a script nobody can wait
	}
	return client.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		select {
		case <-time.After(time.Duration(seconds * float64(time.Second))):
		case <-job.Done():
			return rm.Reply{}, job.Err() // nobody waits any more
		}
		reply := rm.NewReply()
		reply.Double(seconds)
		return reply, nil
	})
}

// keys is KEYS * in steps: each step of the scan is a turn on the server's thread, and other
// clients are served in between. A key may be missed or come twice if it moves meanwhile.
func keys(ctx rm.Context, args rm.Args) error {
	return rm.Go(ctx, func(job rm.Job) (rm.Reply, error) {
		cursor, err := rm.NewScanCursor()
		if err != nil {
			return rm.Reply{}, err
		}
		defer func() { _ = server.Post(func(rm.Context) { cursor.Free() }) }()
		reply := rm.NewReply()
		reply.BeginArray(rm.PostponedLen)
		for more := true; more; {
			err := job.Do(func(ctx rm.Context) (err error) {
				more, err = ctx.Scan(cursor, func(name rm.RStr, _ rm.ReadKey) { reply.Str(name) })
				return err
			})
			if err != nil {
				reply.Free()
				return rm.Reply{}, err
			}
		}
		reply.End()
		return reply, nil
	})
}
