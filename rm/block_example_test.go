// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"errors"
	"net/http"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// A command whose work is done on a goroutine: the server serves others meanwhile.
func ExampleGo() {
	fetch := func(ctx rm.Context, args rm.Args) error {
		url := args.At(1).Clone() // the arguments are over when the handler returns
		return rm.Go(ctx, func(job rm.Job) (rm.Reply, error) {
			// The job is a context.Context that ends when the client leaves.
			request, err := http.NewRequestWithContext(job, http.MethodGet, url, nil)
			if err != nil {
				return rm.Reply{}, err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return rm.Reply{}, err
			}
			defer response.Body.Close()
			// What touches the server runs on its thread.
			err = job.Do(func(ctx rm.Context) error {
				reply, err := ctx.Call("INCR", rm.CallReplicate, rm.Text("fetched"))
				reply.Free()
				return err
			})
			if err != nil {
				return rm.Reply{}, err
			}
			r := rm.NewReply()
			r.Text(response.Status)
			return r, nil
		})
	}
	_ = fetch
}

// A client hears that its write has succeeded when that is stored elsewhere, too.
func ExampleNotifyContext_BlockClient() {
	store := func(key string) { time.Sleep(time.Second) }
	load := func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.SubscribeToKeyspaceEvents(rm.NotifyString, func(c rm.NotifyContext, e rm.KeyspaceEvent) {
			key := e.Key().Clone()
			// In a transaction, a script, on other servers than Valkey nobody waits: then the error is
			// ErrCannotBlock or ErrUnsupported, and UnblockClient does nothing.
			client, err := c.BlockClient(rm.HoldOptions{Timeout: 5 * time.Second})
			if err != nil {
				c.Log(rm.LevelDebug, err.Error())
			}
			go func() {
				defer client.UnblockClient()
				store(key)
			}()
		})
		return err
	}
	_ = load
}

// A command with a time-out.
func ExampleBlockedClient_Go() {
	slow := func(ctx rm.Context, _ rm.Args) error {
		b, err := ctx.BlockClient(rm.BlockOptions{
			Timeout:   2 * time.Second,
			OnTimeout: func(rm.Context, rm.Args) error { return errors.New("it takes too long") },
		})
		if err != nil {
			return err // in a transaction or a script: rm.ErrCannotBlock
		}
		return b.Go(ctx, func(job rm.Job) (rm.Reply, error) {
			select {
			case <-job.Done():
				return rm.Reply{}, job.Err() // nobody waits for it any more
			case <-time.After(time.Second):
			}
			r := rm.NewReply()
			r.OK()
			return r, nil
		})
	}
	_ = slow
}

// Clients that wait until another command answers them: the first answer of each counts.
func ExampleContext_BlockClient() {
	var waiting []rm.BlockedClient // of the server's thread
	wait := func(ctx rm.Context, _ rm.Args) error {
		b, err := ctx.BlockClient(rm.BlockOptions{Timeout: time.Minute})
		if err == nil {
			waiting = append(waiting, b)
		}
		return err
	}
	tell := func(ctx rm.Context, args rm.Args) error {
		told := int64(0)
		for _, b := range waiting {
			r := rm.NewReply()
			r.Str(args.At(1))
			if b.ReplyWith(r) { // false: it has gone, or waited long enough
				told++
			}
		}
		waiting = nil
		return ctx.ReplyWithLongLong(told)
	}
	_, _ = wait, tell
}

// A command that pops from a list, and waits for an element if there is none.
func ExampleContext_BlockClientOnKeys() {
	pop := func(ctx rm.Context, name rm.RStr) (bool, error) {
		key := ctx.OpenWriteKey(name)
		defer key.Close()
		s, ok, err := key.ListPop(rm.ListTail)
		if err != nil || !ok {
			return false, err
		}
		defer s.Free()
		if err := ctx.Replicate("RPOP", 0, rm.Str(name)); err != nil {
			return false, err
		}
		return true, ctx.ReplyWithString(s.Str())
	}
	handler := func(ctx rm.Context, args rm.Args) error {
		if done, err := pop(ctx, args.At(1)); done || err != nil {
			return err
		}
		_, err := ctx.BlockClientOnKeys(rm.BlockOptions{
			Timeout: time.Minute,
			Reply: func(ctx rm.Context, _ rm.Args) error {
				name, _ := ctx.BlockedClientReadyKey()
				done, err := pop(ctx, name)
				if err == nil && !done {
					return rm.ErrKeepWaiting // somebody else was faster
				}
				return err
			},
		}, args.At(1))
		return err
	}
	_ = handler
}

// Private data of a type of one's own, given where the client is answered.
func ExamplePrivateData() {
	type result struct{ rows, errors int64 }
	handler := func(ctx rm.Context, _ rm.Args) error {
		b, err := ctx.BlockClient(rm.BlockOptions{
			Reply: func(ctx rm.Context, _ rm.Args) error {
				r, ok := rm.PrivateData[*result](ctx)
				if !ok {
					return errors.New("no result")
				}
				return ctx.ReplyWithLongLongs([]int64{r.rows, r.errors})
			},
		})
		if err != nil {
			return err
		}
		go func() { b.UnblockClient(&result{rows: 3}) }()
		return nil
	}
	_ = handler
}
