// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Module block_keyspace_notification is what the unit block_keyspace_notification of the suite loads: the client of a command waits
// for its reply until what the events ask for is done, a second later.
package main

import (
	"strings"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

func init() {
	rm.Register(rm.Module{Name: "testblockingkeyspacenotif", Version: 1, OnLoad: load, Commands: []rm.Command{
		{Name: "b_keyspace.events", Keys: rm.NoKeys, Arity: 1, Handler: events},
		{Name: "b_keyspace.clear", Keys: rm.NoKeys, Arity: 1, Handler: clearEvents},
	}})
}

// event is one for which the work is done.
type event struct{ name, key string }

var (
	mu   sync.Mutex
	done []event
)

const types = rm.NotifyLoaded | rm.NotifyGeneric | rm.NotifyExpired | rm.NotifyModule | rm.NotifyKeyMiss | rm.NotifyString | rm.NotifyHash

func load(ctx rm.Context, _ rm.Args) error {
	done = nil
	_, err := ctx.SubscribeToKeyspaceEvents(types, func(c rm.NotifyContext, e rm.KeyspaceEvent) {
		happened := event{strings.Clone(e.Event()), e.Key().Clone()}
		client, err := c.BlockClient(rm.HoldOptions{})
		if err != nil {
			c.Log(rm.LevelNotice, "nobody waits for the event "+happened.name+" on "+happened.key+": "+err.Error())
		}
		go func() {
			time.Sleep(time.Second)
			mu.Lock()
			done = append(done, happened)
			mu.Unlock()
			client.UnblockClient()
		}()
	})
	return err
}

// events is b_keyspace.events: the events whose work is done.
func events(ctx rm.Context, _ rm.Args) error {
	mu.Lock()
	list := done
	mu.Unlock()
	r := rm.NewReply()
	defer r.Free()
	r.BeginArray(len(list))
	for _, e := range list {
		r.Texts([]string{"event", e.name, "key", e.key})
	}
	return r.ReplyTo(ctx)
}

func clearEvents(ctx rm.Context, _ rm.Args) error {
	mu.Lock()
	done = nil
	mu.Unlock()
	return ctx.ReplyWithOK()
}

func main() {}
