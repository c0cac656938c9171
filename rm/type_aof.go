// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/iredismodule/redismodule"
)

// AOF takes the commands that make a value anew, while the AOF is rewritten.
type AOF struct{ anIO }

var spareAOFs spare[AOF]

// EmitAOF writes a command: one of the module's or of the server's own. The error, which
// stays, is that the server does not know the command ([ErrUnknownCommand], with its name), that an argument is missing (ErrNoString), or that writing has failed
// (ErrIO); it makes the rewriting fail.
//
// C: RedisModule_EmitAOF, since Redis 4.0.
func (a *AOF) EmitAOF(command string, args ...Arg) error {
	if !a.usable() {
		return a.err
	}
	if a.err = commandNameFits(command); a.err != nil {
		return a.err
	}
	f := newCallFrame()
	f.name = append(append(f.name, command...), 0)
	words, err := f.build(args)
	if err == nil {
		redismodule.EmitAOF(a.io, &f.name[0], &f.format[0], words...)
		runtime.KeepAlive(f)
	}
	f.release()
	if a.err = err; err == nil && redismodule.IsIOError(a.io) != 0 {
		// Servers say so in no other way, but for a line in the log.
		if a.err = ErrIO; redismodule.Errno() == syscall.EINVAL {
			a.err = fmt.Errorf("%w: %q", ErrUnknownCommand, command)
		}
	}
	return a.err
}

// rewrite is the server's callback: (io, key, value).
func (t *Type[T]) rewrite(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	a := spareAOFs.take()
	a.begin(&t.dataType, a0, "Rewrite of a data type")
	defer a.end()
	var err error = ErrValueLost
	key := RStr{a.o, redismodule.String(a1)}
	if v := t.values.get(a2); v != nil {
		if t.spec.Rewrite != nil {
			err = detached(t.spec.Rewrite(a, key, v))
		} else {
			err = t.emitRestore(a, key, v)
		}
	}
	if err == nil {
		err = a.err
	}
	if err != nil {
		a.failed("Rewrite", err)
		spoil(a.io)
	}
	spareAOFs.giveBack(a)
	return 0
}
