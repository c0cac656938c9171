// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// Args are strings of the server in a row: the arguments of a command, its name
// included as number 0, seen without a copy: the server's own vector, valid until
// the handler returns.
//
// It is no slice, so that nothing a slice is good for (append, sort, clear, delete)
// can write into the vector, which the server reads and frees afterwards. AppendTo
// makes a slice to work with. [Strs] passes them to a call, and what takes ...RStr
// takes them too, since it only reads:
//
//	online.Add(args.From(2).Raw()...)
//
// An index out of range panics, as with a slice.
type Args struct{ v []RStr }

// ArgsOf sees other strings as Args, for [Strs] and for functions of a module that take
// Args. Nothing is copied, so what is passed as a slice (list...) must stay as it is
// for as long as the Args are used.
func ArgsOf(list ...RStr) Args { return Args{list} }

// At returns argument i; 0 is the command's name. Of a module's load arguments 0 is the first of them, and there may be none. It
// panics when there is no argument i, as a slice does: Len tells how many there are.
func (a Args) At(i int) RStr { return a.v[i] }

// Len returns how many there are, the command's name included.
func (a Args) Len() int { return len(a.v) }

// From returns the rest that begins with argument i. The rest that begins at Len is
// empty; beyond that it panics.
func (a Args) From(i int) Args { return Args{a.v[i:]} }

// All yields the arguments with their numbers:
//
//	for i, arg := range args.All {
func (a Args) All(yield func(i int, arg RStr) bool) {
	for i, s := range a.v {
		if !yield(i, s) {
			return
		}
	}
}

// AppendTo appends the strings to dst and returns the longer slice. The slice is a
// copy that can be changed; the strings in it are the same, and live no longer.
func (a Args) AppendTo(dst []RStr) []RStr { return append(dst, a.v...) }

// Raw returns the vector itself, to be passed on to what reads it: of a command's
// arguments the server's, which must not be written to, be it by append, sort or an
// assignment. What is changed in it makes the server free one string twice and
// another one never, or crash.
func (a Args) Raw() []RStr { return a.v }
