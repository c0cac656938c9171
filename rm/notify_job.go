// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// notifyJob is a function that runs when the command is over in whose middle it was asked
// for.
type notifyJob struct {
	cell[notifyJob]
	f    func(ctx Context)
	fKey func(ctx Context, key RStr)
}

var notifyJobs = table[notifyJob]{cellOf: func(j *notifyJob) *cell[notifyJob] { return &j.cell }, perLoad: true}

// Their callbacks. Jobs for a key are freed by one of their own, whatever becomes of them.
var (
	jobRuns     = kind{name: "a post-notification job", context: ownContext, run: jobRun}
	keyJobRuns  = kind{name: "a post-notification job", context: ownContext, run: keyJobRun}
	keyJobFreed = kind{name: "the end of a post-notification job", run: keyJobFree}
)

// ErrNoJob is the error of a job that the server does not take.
const ErrNoJob = Error("ERR the server takes no post-notification job: it loads its data, or is a replica that is read-only")

// AddPostNotificationJob has f run when the command is over in whose middle the event has
// come, and before its effects go to the replicas and the AOF: what f writes and
// replicates goes with them. f is a callback of its own, in the event's database. A job may
// cause events and these add jobs, without end: that is for the module to see to. While
// clients' writes are paused what f writes fails with [ErrWritesPaused].
//
// It is an error while the server loads its data, and on a replica that is read-only for
// its clients: what the master's job has written comes from there. ErrUnsupported before
// Redis 7.2; [NotifyContext.EventLoopAddOneShot] is there since Redis 7.0.
//
// C: RedisModule_AddPostNotificationJob, since Redis 7.2.
func (c NotifyContext) AddPostNotificationJob(f func(ctx Context)) error {
	return c.ctx.AddPostNotificationJob(f)
}

// AddPostNotificationJob is [NotifyContext.AddPostNotificationJob] for listeners to server
// events, which come in the middle of a command, too.
//
// C: RedisModule_AddPostNotificationJob, since Redis 7.2.
func (ctx Context) AddPostNotificationJob(f func(ctx Context)) error {
	ctx.alive()
	switch {
	case f == nil:
		return ErrNoFunction
	case !has(featureAddPostNotificationJob):
		return lacks(featureAddPostNotificationJob)
	}
	fn, err := jobRuns.fn()
	if err != nil {
		return err
	}
	j := notifyJobs.take()
	j.f = f
	if redismodule.AddPostNotificationJob(ctx.raw(), fn, j.word(), 0) != redismodule.OK {
		j.over()
		return ErrNoJob
	}
	return nil
}

// AddPostNotificationJobForKey is [NotifyContext.AddPostNotificationJob] for a function
// that gets a key's name, which is the server's. ErrUnsupported before Redis 8.10.
//
// C: RedisModule_AddPostNotificationJobForKey, since Redis 8.10.
func (c NotifyContext) AddPostNotificationJobForKey(key RStr, f func(ctx Context, key RStr)) error {
	switch {
	case f == nil:
		return ErrNoFunction
	case key.IsZero():
		return misuse(ErrNoString)
	case !has(featureAddPostNotificationJobForKey):
		return lacks(featureAddPostNotificationJobForKey)
	}
	fn, err := keyJobRuns.fn()
	if err != nil {
		return err
	}
	freed, err := keyJobFreed.fn()
	if err != nil {
		return err
	}
	j := notifyJobs.take()
	j.fKey = f
	word := j.word()
	if redismodule.AddPostNotificationJobForKey(c.ctx.raw(), fn, key.raw(), word, freed) != redismodule.OK {
		if j := notifyJobs.at(word); j != nil { // it was not freed
			j.over()
		}
		return ErrNoJob
	}
	return nil
}

func (j *notifyJob) over() {
	j.f, j.fKey = nil, nil
	notifyJobs.drop(&j.cell)
}

// jobRun is the server's callback: (ctx, data).
func jobRun(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if j := notifyJobs.at(a1); j != nil {
		f := j.f
		j.over()
		f(underWay(redismodule.Ctx(a0)))
	}
	return 0
}

// keyJobRun is the server's callback: (ctx, key, data).
func keyJobRun(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if j := notifyJobs.at(a2); j != nil && j.fKey != nil {
		f, ctx := j.fKey, underWay(redismodule.Ctx(a0))
		j.fKey = nil
		f(ctx, RStr{ctx.o, redismodule.String(a1)})
	}
	return 0
}

// keyJobFree is the server's callback: (data).
func keyJobFree(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	if j := notifyJobs.at(a0); j != nil {
		j.over()
	}
	return 0
}

// EventLoopAddOneShot is [Context.EventLoopAddOneShot]: f runs later than a job, at the end
// of the event loop's turn, and replicates by itself.
//
// C: RedisModule_EventLoopAddOneShot, since Redis 7.0.
func (c NotifyContext) EventLoopAddOneShot(f func(ctx Context)) error {
	return c.ctx.EventLoopAddOneShot(f)
}
