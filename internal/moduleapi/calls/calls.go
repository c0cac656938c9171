// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package calls has what several modules for the suite do with calls.
package calls

import (
	"github.com/iredismodule/redismodule/rm"
)

// letters are the flags by the letters that the suite has for them.
var letters = map[byte]rm.CallFlags{
	'!': rm.CallReplicate,
	'A': rm.CallNoAOF,
	'R': rm.CallNoReplicas,
	'3': rm.CallRESP3,
	'0': rm.CallRESPAuto,
	'C': rm.CallAsUser,
	'S': rm.CallScriptMode,
	'W': rm.CallNoWrites,
	'M': rm.CallRespectOOM,
	'D': rm.CallDryRun,
	'K': rm.CallAllowBlock,
}

// Flags reads call flags from their letters.
func Flags(s rm.RStr) (flags rm.CallFlags, err error) {
	for _, letter := range s.Bytes() {
		flag, ok := letters[letter]
		if !ok {
			return 0, rm.Error("ERR unknown call flag")
		}
		flags |= flag
	}
	return flags, nil
}

// Forward calls a command, given with its name, and replies with its reply.
func Forward(ctx rm.Context, flags rm.CallFlags, command rm.Args) error {
	reply, err := ctx.Call(command.At(0).String(), flags, rm.Strs(command.From(1)))
	if err != nil {
		return err
	}
	defer reply.Free()
	if reply.IsZero() {
		return rm.Error("ERR NULL reply returned")
	}
	return ctx.ReplyWithCallReply(reply)
}

// With returns a handler that calls its arguments with these flags.
func With(flags rm.CallFlags) rm.Handler {
	return func(ctx rm.Context, args rm.Args) error { return Forward(ctx, flags, args.From(1)) }
}

// Flagged is a handler whose first argument is flags; the others are called with them.
func Flagged(ctx rm.Context, args rm.Args) error {
	flags, err := Flags(args.At(1))
	if err != nil {
		return err
	}
	return Forward(ctx, flags, args.From(2))
}
