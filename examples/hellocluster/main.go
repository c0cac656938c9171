// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Command hellocluster shows messages between the nodes of a cluster: a ping to all, and the
// pong that each sends back.
package main

import (
	"strconv"

	"github.com/iredismodule/redismodule/rm"
)

// The types of the messages.
const (
	msgPing = 1
	msgPong = 2
)

func init() {
	rm.Register(rm.Module{
		Name: "clusterhi", Version: 1, // nine letters: the server keeps its messages apart
		OnLoad: onLoad,
		Commands: []rm.Command{
			{Name: "hellocluster.pingall", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: pingAll},
			{Name: "hellocluster.pongs", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: showPongs},
			{Name: "hellocluster.list", Flags: rm.CmdReadOnly, Keys: rm.NoKeys, Arity: 1, Handler: list},
		},
	})
}

func main() {}

// pongs counts the answers. Receivers run on the server's thread, as handlers do.
var pongs int64

func onLoad(ctx rm.Context, args rm.Args) error {
	_, err := ctx.RegisterClusterMessageReceiver(msgPing, func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
		ctx.Notice("ping from " + sender.String())
		if err := ctx.SendClusterMessage(sender, msgPong, msg); err != nil {
			ctx.Warning("hellocluster: " + err.Error())
		}
	})
	if err != nil {
		return err // rm.ErrNoCluster where the server is none
	}
	_, err = ctx.RegisterClusterMessageReceiver(msgPong, func(ctx rm.Context, sender rm.ClusterNodeID, msg []byte) {
		pongs++
		ctx.Notice("pong from " + sender.String() + ": " + string(msg))
	})
	return err
}

// pingAll sends a ping to all other nodes. The zero ID means all.
func pingAll(ctx rm.Context, args rm.Args) error {
	if err := ctx.SendClusterMessage(rm.ClusterNodeID{}, msgPing, []byte("Hey")); err != nil {
		return err
	}
	return ctx.ReplyWithOK()
}

func showPongs(ctx rm.Context, args rm.Args) error { return ctx.ReplyWithLongLong(pongs) }

// list replies with the nodes: their IDs and addresses.
func list(ctx rm.Context, args rm.Args) error {
	var nodes []string
	for id := range ctx.ClusterNodesList {
		info, ok, err := ctx.ClusterNodeInfo(id)
		if err != nil {
			return err
		}
		if ok { // it may be without an address still
			nodes = append(nodes, id.String(), info.IP()+":"+strconv.Itoa(info.Port))
		}
	}
	return ctx.ReplyWithTextMap(nodes)
}
