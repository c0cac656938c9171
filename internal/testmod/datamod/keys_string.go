// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import "github.com/iredismodule/redismodule/rm"

var copied []byte

// stringOp runs what is for string keys.
func (r *keyRunner) stringOp(op string) bool {
	switch op {
	case "bytes":
		r.bytes(r.k.StringBytes())
	case "copy": // behind "copy:"
		var ok bool
		var err error
		copied, ok, err = r.k.StringAppendTo(append(copied[:0], "copy:"...))
		r.bytes(copied, ok, err)
	case "dma":
		r.bytes(r.w.StringDMA())
	case "fill": // BYTE: writes it everywhere
		b, ok, err := r.w.StringDMA()
		c := r.next().Bytes()[0]
		for i := range b {
			b[i] = c
		}
		r.numberOf(int64(len(b)), ok, err)
	case "set":
		r.reply(r.w.StringSet(r.next()))
	case "setown": // a string of the module's, which is freed at once
		s := rm.NewRString(r.next().Bytes())
		r.reply(r.w.StringSet(s.Str()))
		s.Free()
	case "setname":
		r.reply(r.w.StringSet(r.k.Name()))
	case "truncate":
		r.reply(r.w.StringTruncate(r.nextInt()))
	case "append":
		r.reply(r.w.StringAppend(r.next().Bytes()))
	case "appendself": // FROM TO
		b, _, _ := r.w.StringDMA()
		from, to := r.nextInt(), r.nextInt()
		r.reply(r.w.StringAppend(b[from:to]))
	case "appendread": // FROM TO
		b, _, _ := r.k.StringBytes()
		from, to := r.nextInt(), r.nextInt()
		r.reply(r.w.StringAppend(b[from:to]))
	default:
		return false
	}
	return true
}
