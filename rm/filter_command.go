// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "github.com/iredismodule/redismodule"

// FilteredCommand is a command in a command filter ([Context.RegisterCommandFilter]). It
// is valid until the filter returns, and only on the goroutine that runs it. Afterwards
// it has no arguments, and what changes it answers [ErrFilterEnded].
type FilteredCommand struct {
	o   origin
	r   *filterRun
	seq uint64
}

const (
	// ErrFilterFlags means that a command filter is to be registered with flags that there
	// are not.
	ErrFilterFlags = Error("ERR the flags of the command filter are not known")
	// ErrFilterEnded means that a command is to be changed whose filter has returned.
	ErrFilterEnded = Error("ERR the command filter has returned")
	// ErrFilterScript means that an argument is to be inserted into a command that a script
	// calls, on a server that would end by it: Valkey since 9.1.
	ErrFilterScript = Error("ERR the server has no room for another argument in a command that a script calls")
)

// filterChange is one change of the arguments, with what it takes to undo it.
type filterChange struct {
	what filterOp
	at   int32
	old  redismodule.String // the argument that was there, for Replace and Delete
}

type filterOp uint8

const (
	filterReplace filterOp = iota
	filterInsert
	filterDelete
)

// maxFilterChanges is how many changes keep their memory for the next command.
const maxFilterChanges = 1024

// live returns what stands for the command, nil when the filter has returned.
func (c FilteredCommand) live() *filterRun {
	if debugging {
		c.o.checkHere("the command")
	}
	if c.r == nil || c.r.seq != c.seq {
		return nil
	}
	return c.r
}

// Len returns how many arguments the command has, its name included.
//
// C: RedisModule_CommandFilterArgsCount, since Redis 5.0.5.
func (c FilteredCommand) Len() int {
	r := c.live()
	if r == nil {
		return 0
	}
	return int(redismodule.CommandFilterArgsCount(r.c))
}

// At returns argument i; 0 is the command's name. It is the zero RStr when i is out of
// range. The string is valid until the filter returns, also when the argument is replaced or
// deleted meanwhile; [RStr.Retain] keeps it.
//
// C: RedisModule_CommandFilterArgGet, since Redis 5.0.5.
func (c FilteredCommand) At(i int) RStr {
	r := c.live()
	if r == nil || i != int(int32(i)) {
		return RStr{}
	}
	return RStr{c.o, redismodule.CommandFilterArgGet(r.c, int32(i))}
}

// All yields the arguments with their numbers. The body may change the command:
//
//	for i, arg := range c.All {
func (c FilteredCommand) All(yield func(i int, arg RStr) bool) {
	for i := 0; i < c.Len(); i++ {
		if !yield(i, c.At(i)) {
			return
		}
	}
}

// ClientID returns the number of the client that sent the command, 0 on servers before
// Redis 7.2. What a script or a module calls comes from a client of the server's own.
//
// C: RedisModule_CommandFilterGetClientId, since Redis 7.2.
func (c FilteredCommand) ClientID() uint64 {
	r := c.live()
	if r == nil || !has(featureCommandFilterGetClientID) {
		return 0
	}
	return redismodule.CommandFilterGetClientId(r.c)
}

// Replace puts s in the place of argument i. The server takes the string over: s becomes
// zero, and is freed when there is an error. That is [ErrRange] when i is out of range,
// [ErrNoString] for the zero RString, [ErrFilterEnded] when the filter has returned.
//
// C: RedisModule_CommandFilterArgReplace, since Redis 5.0.5.
func (c FilteredCommand) Replace(i int, s *RString) error {
	return c.put(filterReplace, i, s)
}

// Insert inserts s as argument i; those from i on move up. i may be Len. The server takes
// the string over, as with [FilteredCommand.Replace], and the errors are the same.
//
// Valkey, since 9.1, ends by it when a command that a script calls gets longer than it came: the
// error is [ErrFilterScript] there, also for what a command that a script has called calls.
//
// C: RedisModule_CommandFilterArgInsert, since Redis 5.0.5.
func (c FilteredCommand) Insert(i int, s *RString) error {
	return c.put(filterInsert, i, s)
}

func (c FilteredCommand) put(what filterOp, i int, s *RString) error {
	r := c.live()
	if s.IsZero() {
		return ErrNoString
	}
	if err := r.reach(i, what == filterInsert); err != nil {
		s.Free()
		return err
	}
	if what == filterInsert && scriptArgsAreFixed() && r.grown() >= 0 &&
		redismodule.GetContextFlags(0)&redismodule.CTX_FLAGS_LUA != 0 {
		s.Free()
		return ErrFilterScript
	}
	change := filterChange{what: what, at: int32(i)}
	if what == filterInsert {
		redismodule.CommandFilterArgInsert(r.c, change.at, s.disown())
	} else {
		change.old = r.hold(change.at)
		redismodule.CommandFilterArgReplace(r.c, change.at, s.disown())
	}
	r.changes = append(r.changes, change)
	return nil
}

// Delete deletes argument i; those behind it move down. The error is [ErrRange] when i is
// out of range, or when nothing would be left, [ErrFilterEnded] when the filter has
// returned.
//
// C: RedisModule_CommandFilterArgDelete, since Redis 5.0.5.
func (c FilteredCommand) Delete(i int) error {
	r := c.live()
	if err := r.reach(i, false); err != nil {
		return err
	}
	if redismodule.CommandFilterArgsCount(r.c) == 1 {
		return ErrRange // the server reads the name of every command
	}
	r.changes = append(r.changes, filterChange{filterDelete, int32(i), r.hold(int32(i))})
	redismodule.CommandFilterArgDelete(r.c, int32(i))
	return nil
}

// reach tells why an argument cannot be changed. One may be inserted behind the last.
func (r *filterRun) reach(i int, insert bool) error {
	if r == nil {
		return ErrFilterEnded
	}
	n := int(redismodule.CommandFilterArgsCount(r.c))
	if insert {
		n++
	}
	if i < 0 || i >= n {
		return ErrRange
	}
	return nil
}

// grown is how many arguments the command has more than it came with to this filter.
func (r *filterRun) grown() (n int) {
	for i := range r.changes {
		switch r.changes[i].what {
		case filterInsert:
			n++
		case filterDelete:
			n--
		}
	}
	return n
}

// hold keeps an argument that the command is about to lose until the filter ends.
func (r *filterRun) hold(i int32) redismodule.String {
	s := redismodule.CommandFilterArgGet(r.c, i)
	redismodule.RetainString(0, s)
	return s
}

// undo takes back the changes.
func (r *filterRun) undo() {
	for n := len(r.changes) - 1; n >= 0; n-- {
		switch e := r.changes[n]; e.what {
		case filterReplace:
			redismodule.CommandFilterArgReplace(r.c, e.at, e.old)
		case filterInsert:
			redismodule.CommandFilterArgDelete(r.c, e.at)
		case filterDelete:
			redismodule.CommandFilterArgInsert(r.c, e.at, e.old)
		}
	}
	r.changes = r.changes[:0]
}

// guarded tells whether the changes make a command of a call that [Context.Call] may refuse.
func (r *filterRun) guarded() bool {
	name := RStr{s: redismodule.CommandFilterArgGet(r.c, 0)}.String()
	var args []Arg
	if redismodule.CommandFilterArgsCount(r.c) > 1 {
		args = []Arg{Str(RStr{s: redismodule.CommandFilterArgGet(r.c, 1)})}
	}
	switch {
	case makesReplica(name), unloads(name, args), disconnects(name) && endsClients(name, args) > endsUsers:
		return true
	case !runsScript(name):
		return false
	}
	for _, e := range r.changes { // the script's arguments may be changed
		if e.at == 0 {
			return true
		}
	}
	return false
}

// keep lets the changes stand, and frees what was held.
func (r *filterRun) keep() {
	for _, e := range r.changes {
		if e.old != 0 {
			redismodule.FreeString(0, e.old)
		}
	}
	if r.changes = r.changes[:0]; cap(r.changes) > maxFilterChanges {
		r.changes = nil
	}
}
