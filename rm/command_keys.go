// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"syscall"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// Errors of GetCommandKeys, and of [AOF.EmitAOF].
const (
	// ErrUnknownCommand means that the server has no command of the name.
	ErrUnknownCommand = Error("ERR unknown command")
	// ErrCommandArity means that a command does not take so many arguments.
	ErrCommandArity = Error("ERR the command does not take so many arguments")
)

// CommandKey is a key among the arguments of a command.
type CommandKey struct {
	Pos   int      // its index; 0 is the command's name
	Flags KeyFlags // what the command does with it
}

// GetCommandKeys appends the indexes of those arguments of a command that are keys to
// dst; command.At(0) is the command's name. The command is not run, nor is it asked whether it
// may be. A command of a module that finds its keys itself is asked for them, one of this
// module, too.
//
// ErrUnknownCommand when there is no such command, ErrCommandArity when it does not
// take so many arguments. A command without keys, and one whose arguments are such that the
// server finds none, is no error.
//
// C: RedisModule_GetCommandKeys, since Redis 6.0.9.
func (ctx Context) GetCommandKeys(dst []int, command Args) ([]int, error) {
	if !has(featureGetCommandKeys) {
		return dst, lacks(featureGetCommandKeys)
	}
	err := ctx.commandKeys(command, false, func(pos int, _ KeyFlags) { dst = append(dst, pos) })
	return dst, err
}

// GetCommandKeysWithFlags is GetCommandKeys, and says what the command does with each
// key. Redis 7.0 gives no flags (0) of keys that it finds by a key spec, as those of most commands.
//
// C: RedisModule_GetCommandKeysWithFlags, since Redis 7.0.
func (ctx Context) GetCommandKeysWithFlags(dst []CommandKey, command Args) ([]CommandKey, error) {
	if !has(featureGetCommandKeysWithFlags) {
		return dst, lacks(featureGetCommandKeysWithFlags)
	}
	err := ctx.commandKeys(command, true, func(pos int, flags KeyFlags) { dst = append(dst, CommandKey{pos, flags}) })
	return dst, err
}

// commandKeys asks the server, and yields what it finds.
func (ctx Context) commandKeys(command Args, withFlags bool, yield func(pos int, flags KeyFlags)) error {
	if command.Len() == 0 {
		return ErrNoCommandName
	}
	f := newCallFrame()
	defer f.release()
	for _, s := range command.All {
		f.args = append(f.args, Str(s))
		if err := f.add(&f.args[len(f.args)-1]); err != nil {
			return err
		}
	}
	f.found = foundKeys{}
	var at *int32
	if withFlags {
		at = redismodule.GetCommandKeysWithFlags(ctx.raw(), &f.vector[0], int32(len(f.vector)), &f.found.n, &f.found.flags)
	} else {
		at = redismodule.GetCommandKeys(ctx.raw(), &f.vector[0], int32(len(f.vector)), &f.found.n)
	}
	errno, n, flags := redismodule.Errno(), f.found.n, f.found.flags
	defer freeInts(at)
	defer freeInts(flags)
	switch {
	case at == nil && errno == syscall.ENOENT:
		return ErrUnknownCommand
	case at == nil && errno == syscall.EINVAL:
		return ErrCommandArity
	case at == nil:
		return nil
	}
	// SAFETY(U63): the server has made room for n numbers; holds because it says so; until
	// they are freed.
	number := func(list *int32, i int) int32 { return *(*int32)(unsafe.Add(unsafe.Pointer(list), 4*i)) }
	for i := range int(n) {
		use := KeyFlags(0)
		if flags != nil {
			use = KeyFlags(number(flags, i))
		}
		yield(int(number(at, i)), use)
	}
	return nil
}
