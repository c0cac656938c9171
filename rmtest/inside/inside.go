// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package inside

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/rmtest/internal/report"
)

// test is one test function.
type test struct {
	name string
	f    func(t *T, ctx rm.Context)
}

var (
	tests []test
	// last is the test that ran last, lastID the number of the run.
	last   *T
	lastID string
)

// Add adds a test to the module. It is for the code that rmtest.Inside generates, and
// must be called in an init function.
func Add(name string, f func(t *T, ctx rm.Context)) { tests = append(tests, test{name, f}) }

func init() {
	rm.AtLoad(func(ctx rm.Context) error {
		for _, c := range []rm.Command{
			{Name: report.List, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: list},
			{Name: report.Run, Flags: rm.CmdWrite, Keys: rm.NoKeys, Arity: 5, Handler: run},
			{Name: report.Fetch, Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: fetch},
		} {
			if err := ctx.CreateCommand(c); err != nil {
				return err
			}
		}
		return nil
	})
}

func list(ctx rm.Context, _ rm.Args) error {
	_ = ctx.ReplyWithArray(len(tests))
	for _, t := range tests {
		_ = ctx.ReplyWithText(t.name)
	}
	return nil
}

func run(ctx rm.Context, args rm.Args) error {
	id, name, file := args.At(1).Clone(), args.At(2).String(), args.At(4).Clone()
	limit, err := args.At(3).Int64()
	if err != nil {
		return err
	}
	t, f := begin(name)
	if f == nil {
		return rm.Error("ERR there is no such test")
	}
	last, lastID = t, ""
	watch := time.AfterFunc(time.Duration(limit)*time.Millisecond, func() {
		// Whole from the first moment on. If it cannot be written it is missing,
		// which rmtest tells.
		if os.WriteFile(file+".part", []byte(t.stacks()), 0o600) == nil {
			_ = os.Rename(file+".part", file)
		}
	})
	// The test may call runtime.Goexit, or have replied to the command in a way that
	// nobody understands: the result is fetched by another command.
	defer func() {
		watch.Stop()
		lastID = id
	}()
	t.command(func(t *T) { f(t, ctx) })
	return ctx.ReplyWithOK()
}

// begin returns a test and what of it is to run: the test of the name, or what is left
// of the last one.
func begin(name string) (*T, func(t *T, ctx rm.Context)) {
	if name == "" {
		if last == nil || len(last.later) == 0 {
			return nil, nil
		}
		f := last.later[0].f
		last.later = last.later[1:]
		return last, f
	}
	for _, test := range tests {
		if test.name == name {
			t := &T{mu: new(sync.Mutex)}
			t.result.Name = test.name
			return t, test.f
		}
	}
	return nil, nil
}

func fetch(ctx rm.Context, args rm.Args) error {
	if last == nil || args.At(1).String() != lastID {
		return ctx.ReplyWithNull()
	}
	last.mu.Lock()
	defer last.mu.Unlock()
	text, err := json.Marshal(&last.result)
	if err != nil {
		return err
	}
	return ctx.ReplyWithBytes(text)
}
