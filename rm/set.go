// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// SetKey works on the set of a key. The module API has no functions for sets, so
// its methods call commands (SADD and so on). Therefore it holds no open key, needs
// no Close, and must not be used while the same key is open: a call that changes or
// removes a value leaves the handle of an open key with memory that is gone.
//
// Methods that write replicate the command that they call, so that a handler does
// not have to; WithoutReplication gives a SetKey that does not, for handlers that
// replicate themselves ([Context.Call] with CallReplicate, or the command as it
// came).
//
// A SetKey is valid as long as its context and its name, and can be copied.
//
// All methods return ErrWrongType for a key of another type, ErrNoString where the
// name or a member is the zero RStr, and otherwise, as text, what the server says
// against the call (out of memory, read-only replica).
type SetKey struct {
	ctx   Context
	name  RStr
	quiet bool
}

// SetKey returns the set of a key. The key may be missing, which is the empty set.
func (ctx Context) SetKey(name RStr) SetKey { return SetKey{ctx: ctx, name: name} }

// WithoutReplication returns the same set with methods that do not replicate.
func (s SetKey) WithoutReplication() SetKey {
	s.quiet = true
	return s
}

// setWrite is a command that writes, with replication and without.
type setWrite struct{ replicated, quiet *Call }

func newSetWrite(command string) setWrite {
	return setWrite{NewCall(command, CallReplicate), NewCall(command, 0)}
}

var (
	setAdd      = newSetWrite("SADD")
	setRemove   = newSetWrite("SREM")
	setPop      = newSetWrite("SPOP")
	setContains = NewCall("SISMEMBER", 0)
	setLen      = NewCall("SCARD", 0)
	setMembers  = NewCall("SMEMBERS", 0)
	setRandom   = NewCall("SRANDMEMBER", 0)
)

func (s SetKey) pick(w *setWrite) *Call {
	if s.quiet {
		return w.quiet
	}
	return w.replicated
}

// Add adds members and returns how many were new. A missing key becomes a set. The
// members go in one command, however many they are.
//
// C: RedisModule_Call of SADD, since Redis 4.0.
func (s SetKey) Add(members ...RStr) (added int, err error) {
	return s.many(s.pick(&setAdd), members)
}

// Remove removes members and returns how many were there. The key goes with its
// last member.
//
// C: RedisModule_Call of SREM, since Redis 4.0.
func (s SetKey) Remove(members ...RStr) (removed int, err error) {
	return s.many(s.pick(&setRemove), members)
}

// Contains tells whether a member is in the set.
//
// C: RedisModule_Call of SISMEMBER, since Redis 4.0.
func (s SetKey) Contains(member RStr) (bool, error) {
	if s.name.s == 0 || member.s == 0 {
		return false, ErrNoString
	}
	reply, err := setContains.Do(s.ctx, s.name, member)
	n, err := setInteger(reply, err)
	return n != 0, err
}

// Len returns how many members the set has.
//
// C: RedisModule_Call of SCARD, since Redis 4.0.
func (s SetKey) Len() (int, error) {
	if s.name.s == 0 {
		return 0, ErrNoString
	}
	return setInteger(setLen.Do(s.ctx, s.name))
}

// Pop removes a random member and returns it; it must be freed. ok is false when the set
// is empty. What is replicated is the removal of that member.
//
// C: RedisModule_Call of SPOP, since Redis 4.0.
func (s SetKey) Pop() (member RString, ok bool, err error) { return s.one(s.pick(&setPop)) }

// Random returns a random member; it must be freed. ok is false when the set is empty.
//
// C: RedisModule_Call of SRANDMEMBER, since Redis 4.0.
func (s SetKey) Random() (member RString, ok bool, err error) { return s.one(setRandom) }

// many runs a command on the name and members, which returns a number.
func (s SetKey) many(c *Call, members []RStr) (int, error) {
	if s.name.s == 0 {
		return 0, ErrNoString
	}
	if len(members) == 0 {
		_, err := s.Len() // a wrong type is an error also of nothing
		return 0, err
	}
	// The members are copied, since what a call is given by its argument list would escape,
	// and literals with it.
	if len(members) < maxWordArgs {
		var all [maxWordArgs]RStr
		all[0] = s.name
		return setInteger(c.Do(s.ctx, all[:1+copy(all[1:], members)]...))
	}
	list := append(spareMembers[:0], members...)
	spareMembers = nil // the call may come back here
	n, err := setInteger(c.DoArgs(s.ctx, Str(s.name), Strs(Args{list})))
	if cap(list) <= maxLeftStrings {
		clear(list)
		spareMembers = list
	}
	return n, err
}

// spareMembers is memory to reuse, guarded by the server's lock.
var spareMembers []RStr

// one runs a command on the name, which returns a member or null.
func (s SetKey) one(c *Call) (member RString, ok bool, err error) {
	if s.name.s == 0 {
		return RString{}, false, ErrNoString
	}
	reply, err := c.Do(s.ctx, s.name)
	if err != nil {
		return RString{}, false, setError(err)
	}
	if ok = reply.Type() == ReplyString; ok {
		member = NewRString(reply.Bytes())
	}
	reply.Free()
	return member, ok, nil
}

// setInteger reads a reply that is a number, and frees it.
func setInteger(reply CallReply, err error) (int, error) {
	if err != nil {
		return 0, setError(err)
	}
	n := reply.Integer()
	reply.Free()
	return int(n), nil
}

// setError turns the error that everybody knows into its constant.
func setError(err error) error {
	if IsCode(err, "WRONGTYPE") {
		return ErrWrongType
	}
	return err
}

// SetMembers is a walk over the members of a set, made by [SetKey.Members] and
// ranged over with its methods, any number of times. It allocates nothing in Go.
type SetMembers struct {
	set SetKey
	err error
}

// Members describes a walk over all members, in no order.
//
//	members, err := set.Members()
//	...
//	for member := range members.All {
//
//	if err := members.Err(); err != nil {
//
// Each loop asks for the members once, when it begins, and sees the set as it was
// then: the body may change it, or remove the key. The server has a copy of them
// all in memory meanwhile; for a set of many megabytes scan the key instead.
//
// C: RedisModule_Call of SCARD and SMEMBERS, since Redis 4.0.
func (s SetKey) Members() (SetMembers, error) {
	_, err := s.Len()
	return SetMembers{set: s}, err
}

// All yields the members as strings, each of which is freed when the loop's body
// ends: use Clone or Retain for what is to stay. Without need for a string, Bytes is
// cheaper.
func (m *SetMembers) All(yield func(member RStr) bool) {
	m.walk(func(view []byte) bool {
		member := NewRString(view)
		defer member.Free()
		return yield(member.rstr)
	})
}

// Bytes yields the members as views of the server's reply, valid until the loop's
// body ends.
func (m *SetMembers) Bytes(yield func(member []byte) bool) { m.walk(yield) }

// Err returns why the last loop could not ask for the members; nil when it could.
func (m *SetMembers) Err() error { return m.err }

func (m *SetMembers) walk(yield func([]byte) bool) {
	if m.set.name.s == 0 {
		return
	}
	reply, err := setMembers.Do(m.set.ctx, m.set.name)
	// The reply is freed however the body ends.
	defer reply.Free()
	if m.err = setError(err); err != nil || reply.Type() != ReplyArray {
		return
	}
	raw := reply.Raw()
	for i := range redismodule.CallReplyLength(raw) {
		var n uintptr
		p := redismodule.CallReplyStringPtr(redismodule.CallReplyArrayElement(raw, i), &n)
		if !yield(unsafeconv.BytesAt(p, n)) {
			return
		}
	}
}
