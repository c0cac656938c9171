// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"

	"github.com/iredismodule/redismodule"
)

// ErrReplicate means that the server does not know the command that is to be replicated.
const ErrReplicate = Error("ERR the server does not know the command to replicate")

// replicateFlags are those that say where a command goes; CallReplicate is implied.
const replicateFlags = CallReplicate | CallNoAOF | CallNoReplicas

// Replicate sends a command to the replicas and the AOF, or with CallNoAOF or
// CallNoReplicas to the other alone, without running it here. It goes when the
// callback has returned, after what the callback replicated before, be it by this
// method or by calls with CallReplicate, in the same order; if there are several
// commands they are wrapped in MULTI and EXEC. The callback may be a command, a timer or an
// event, or a function that runs under [ThreadSafeContext.Do], whose commands go when it ends.
//
// C: RedisModule_Replicate, since Redis 4.0.
func (ctx Context) Replicate(command string, flags CallFlags, args ...Arg) error {
	if err := commandNameFits(command); err != nil {
		return err
	}
	if flags&^replicateFlags != 0 {
		return ErrFlags
	}
	f := newCallFrame()
	f.name = append(append(f.name, command...), 0)
	f.format = flags.put(f.format)
	err := f.replicate(ctx, &f.name[0], args)
	f.release()
	return err
}

func (f *callFrame) replicate(ctx Context, name *byte, args []Arg) error {
	words, err := f.build(args)
	if err == nil {
		err = ctx.mayReplicate()
	}
	if err != nil {
		return err
	}
	if debugging {
		ctx.replicated()
	}
	rc := redismodule.Replicate(ctx.raw(), name, &f.format[0], words...)
	runtime.KeepAlive(f)
	if rc != redismodule.OK {
		return ErrReplicate
	}
	return nil
}

// Replicate is [Context.Replicate] for a prepared call: of its flags, CallNoAOF and
// CallNoReplicas count.
//
// C: RedisModule_Replicate, since Redis 4.0.
func (c *Call) Replicate(ctx Context, args ...Arg) error {
	if !c.ready.Load() {
		if err := c.prepare(); err != nil {
			return err
		}
	}
	f := newCallFrame()
	f.format = (c.flags & replicateFlags).put(f.format)
	err := f.replicate(ctx, c.name.Ptr(), args)
	f.release()
	return err
}

// ReplicateVerbatim sends the command that runs to the replicas and the AOF as the
// client gave it. It is for handlers of commands; elsewhere there is no command to
// send, and the error is [ErrNoCommand].
//
// C: RedisModule_ReplicateVerbatim, since Redis 4.0.
func (ctx Context) ReplicateVerbatim() error {
	if !ctx.inCommand() {
		return ErrNoCommand
	}
	if err := ctx.mayReplicate(); err != nil {
		return err
	}
	if debugging {
		ctx.replicated()
	}
	redismodule.ReplicateVerbatim(ctx.raw())
	return nil
}

// AvoidReplicaTraffic tells whether the server is about to hand over to a replica
// (clients' writes are paused), so that a module that replicates on its own, from a
// timer say, should wait. It is false on servers before Redis 6.0.
//
// C: RedisModule_AvoidReplicaTraffic, since Redis 6.0.
func AvoidReplicaTraffic() bool {
	return has(featureAvoidReplicaTraffic) && redismodule.AvoidReplicaTraffic() != 0
}
