// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// Every node tells the others what it has counted, and logs what they tell. The module's name
// has nine letters, so that the server keeps its messages apart from those of other modules.
func ExampleContext_RegisterClusterMessageReceiver() {
	const counted = 1 // the type of the messages
	onLoad := func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.RegisterClusterMessageReceiver(counted, func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
			ctx.Log(rm.LevelNotice, sender.String()+" has counted "+string(msg))
		})
		return err
	}
	tell := func(ctx rm.Context, args rm.Args) error {
		if err := ctx.SendClusterMessage(rm.ClusterNodeID{}, counted, args.At(1).Bytes()); err != nil {
			return err // to all nodes
		}
		return ctx.ReplyWithOK()
	}
	rm.Register(rm.Module{Name: "countmods", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "countmods.tell", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 2, Handler: tell},
	}})
}

// The masters of a cluster and where they are.
func ExampleContext_ClusterNodesList() {
	handler := func(ctx rm.Context, _ rm.Args) error {
		var masters []string
		for id := range ctx.ClusterNodesList {
			info, ok, err := ctx.ClusterNodeInfo(id)
			if err != nil {
				return err
			}
			if ok && info.Flags&rm.ClusterNodeMaster != 0 {
				masters = append(masters, info.IP())
			}
		}
		return ctx.ReplyWithTexts(masters)
	}
	rm.Register(rm.Module{Name: "masters", Version: 1, Commands: []rm.Command{
		{Name: "masters.list", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: handler},
	}})
}

// The slot of a key, on every server.
func ExampleClusterKeySlotC() {
	println(rm.ClusterKeySlotC([]byte("user:{1000}:name")) == rm.ClusterKeySlotC([]byte("1000")))
}
