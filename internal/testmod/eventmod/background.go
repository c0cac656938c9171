// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var _ = add(rm.Command{Name: "e.go", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: inBackground})

// inBackground is e.go: the answer comes from a goroutine.
func inBackground(ctx rm.Context, _ rm.Args) error {
	return rm.Go(ctx, func(rm.Job) (rm.Reply, error) {
		r := rm.NewReply()
		r.OK()
		return r, nil
	})
}
