// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"math"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// clusterReceivers are who receives the messages of each type.
var clusterReceivers [math.MaxUint8]handle[clusterReceiver]

// clusterReceiver is who receives the messages of a type.
type clusterReceiver struct {
	cell[clusterReceiver]
	f func(ctx Context, sender ClusterNodeID, msg []byte)
}

var allClusterReceivers = table[clusterReceiver]{cellOf: func(r *clusterReceiver) *cell[clusterReceiver] { return &r.cell }, perLoad: true}

// clusterMessages is the callback of all types. The server gives it a context with the
// module that was loaded when a type was registered first, and forgets neither that nor
// the function when a module is unloaded; asked to forget a receiver it frees it and goes
// on to use it (Redis 5.0 to 8). So the function is one that stays, nothing is ever taken
// back, and the context is another one.
var clusterMessages = kind{name: "the receiver of cluster messages", context: ownContext, run: clusterMessageReceived, end: clusterMessageEnded}

// clusterContext is the context of a load that has receivers.
type clusterContext struct {
	cell[clusterContext]
	c redismodule.Ctx
}

var clusterContexts = table[clusterContext]{cellOf: func(c *clusterContext) *cell[clusterContext] { return &c.cell }, perLoad: true}

// stop frees the context: the load is over.
func (c *clusterContext) stop(Context) {
	redismodule.FreeThreadSafeContext(c.c)
	clusterContexts.drop(&c.cell)
}

// ClusterReceiver receives messages of a type from other nodes.
type ClusterReceiver struct{ h handle[clusterReceiver] }

// RegisterClusterMessageReceiver has f called with each message of a type that a module
// on another node sends to this one ([Context.SendClusterMessage]). sender is that node;
// msg is the server's, and valid until f returns. f takes the place of a receiver of that
// type from before. It ends with [ClusterReceiver.Stop] or with the module.
//
// A server gives messages to the module of the sender's name, but knows only names of nine
// letters, digits, "-" and "_": all modules with other names are one to it, and of several
// on one node that receive a type it is the last that gets its messages.
//
// f runs without a client, in database 0. The error is [ErrNoCluster] when the server does
// not run in cluster mode, [ErrClusterMessageType] for the type 255.
//
// C: RedisModule_RegisterClusterMessageReceiver, since Redis 5.0.
func (ctx Context) RegisterClusterMessageReceiver(typ uint8, f func(ctx Context, sender ClusterNodeID, msg []byte)) (ClusterReceiver, error) {
	ctx.alive()
	switch {
	case f == nil:
		return ClusterReceiver{}, ErrNoFunction
	case int(typ) >= len(clusterReceivers):
		return ClusterReceiver{}, ErrClusterMessageType
	case !clusterEnabled():
		return ClusterReceiver{}, ErrNoCluster
	}
	if !clusterContexts.any() {
		clusterContexts.take().c = newLockContext(ctx.c)
	}
	if old := clusterReceivers[typ].live(); old != nil {
		allClusterReceivers.drop(&old.cell)
	}
	r := allClusterReceivers.take()
	r.f = f
	clusterReceivers[typ] = r.handle()
	redismodule.RegisterClusterMessageReceiver(ctx.c, typ, core.Lasting(clusterMessageArrived, clusterMessageFailed))
	return ClusterReceiver{r.handle()}, nil
}

// Stop ends the receiver. It does nothing when another one has taken its place.
//
// C: RedisModule_RegisterClusterMessageReceiver, since Redis 5.0.
func (r ClusterReceiver) Stop(ctx Context) {
	ctx.alive()
	if e := r.h.live(); e != nil {
		allClusterReceivers.drop(&e.cell)
	}
}

// clusterMessageArrived is the server's callback: (ctx, sender's ID, type, message,
// length). The context is not used.
func clusterMessageArrived(_, a1, a2, a3, a4, a5 uintptr, more unsafe.Pointer) uintptr {
	typ := uint8(a2)
	if !clusterContexts.any() || int(typ) >= len(clusterReceivers) || clusterReceivers[typ].live() == nil {
		return 0
	}
	return clusterMessages.call(uintptr(clusterContexts.last().of.c), a1, a2, a3, a4, a5, more)
}

// clusterMessageFailed answers for a receiver that did not return.
func clusterMessageFailed(_, a1 uintptr, f redismodule.Failure) uintptr {
	return clusterMessages.callFailed(uintptr(clusterContexts.last().of.c), a1, f)
}

func clusterMessageReceived(a0, a1, a2, a3, a4, _ uintptr, _ unsafe.Pointer) uintptr {
	ctx := underWay(redismodule.Ctx(a0))
	var sender ClusterNodeID
	// SAFETY(U81): the sender's ID has 40 bytes, and the message as many as the server
	// says, in the upper half of which there is garbage; until the callback returns.
	copy(sender[:], unsafeconv.SliceAt[byte](a1, len(sender)))
	clusterReceivers[uint8(a2)].live().f(ctx, sender, ctx.o.show(unsafeconv.SliceAt[byte](a3, int(uint32(a4)))))
	return 0
}

func clusterMessageEnded(a0, _ uintptr) {
	redismodule.SelectDb(redismodule.Ctx(a0), 0) // the context is the next message's, too
}

// SendClusterMessage sends a message to the modules of this one's name on another node, or
// on all others when target is zero; see [Context.RegisterClusterMessageReceiver]. It does not
// wait: whether the message arrives is not told. The error is [ErrNoCluster] when the server
// does not run in cluster mode, [ErrNoClusterNode] for a node that is not known or not
// connected, and for this one, [ErrClusterMessageType] for the type 255, [ErrRange] for a
// message of 4 GB.
//
// C: RedisModule_SendClusterMessage, since Redis 5.0.
func (ctx Context) SendClusterMessage(target ClusterNodeID, typ uint8, msg []byte) error {
	ctx.alive()
	switch {
	case int(typ) >= len(clusterReceivers):
		return ErrClusterMessageType
	case len(msg) > math.MaxUint32-4096:
		return ErrRange
	case !clusterEnabled():
		return ErrNoCluster
	}
	var at *byte
	if !target.IsZero() {
		clusterTarget = target.zeroEnded()
		at = &clusterTarget[0]
	}
	if redismodule.SendClusterMessage(ctx.raw(), at, typ, unsafeconv.DataBytes(msg), uint32(len(msg))) != redismodule.OK {
		return ErrNoClusterNode
	}
	return nil
}

// clusterTarget is an ID that C reads, in memory that does not move. Whoever sends holds
// the server's lock.
var clusterTarget zeroEnded
