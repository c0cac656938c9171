// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// optionGroup is options that have one Apply, be it a single one. The server applies
// options once that have the same function and the same private data, so a group is what
// the private data stands for, and the option in it is found by its name.
type optionGroup struct {
	cell[optionGroup]
	list  []*option
	apply func(ctx Context) error
}

// optionGroups are those of the load. They are there from their registration to the end
// of the load.
var optionGroups = table[optionGroup]{cellOf: func(g *optionGroup) *cell[optionGroup] { return &g.cell }, perLoad: true}

// stop gives back the texts that were shown. The group stays: the server may still ask.
func (g *optionGroup) stop(Context) {
	for _, o := range g.list {
		o.shown.Free()
	}
}

// configState is what is kept of configs for a load.
type configState struct {
	any, loaded bool
	names       []string     // those that are registered, in lower case
	why         string       // why a value was refused last
	calls       []configCall // under way, the innermost last
}

// configCall is a call of the server's that may be refused.
type configCall struct {
	err  uintptr // where the server is told why
	name string  // of the option; "" for several
}

// The callbacks of configs. Those of numbers are the same for all types that the server
// has as numbers.
var (
	configGets     = kind{name: "Get of a config", run: configGet, failed: configGetFailed}
	configSets     = kind{name: "Check or Set of a config", run: configSet, failed: configFailed, end: configEnd}
	configTextGets = kind{name: "Get of a config", run: configTextGet, failed: configTextGetFailed}
	configTextSets = kind{name: "Check or Set of a config", run: configTextSet, failed: configFailed, end: configEnd}
	configApplies  = kind{name: applyName, run: configApply, failed: configFailed, end: configEnd}
)

const applyName = "Apply of configs"

// optionOf finds an option by the words of a callback: its name and its group.
func optionOf(name, group uintptr) *option {
	g := optionGroups.at(group)
	if g == nil {
		return nil
	}
	if len(g.list) == 1 {
		return g.list[0]
	}
	text := unsafeconv.CString(unsafeconv.Ptr[byte](name))
	for _, o := range g.list {
		if strings.EqualFold(text, o.own()) || strings.EqualFold(text, o.name) {
			return o
		}
	}
	return nil
}

// configGet is the server's callback: (name, privdata).
func configGet(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	o := optionOf(a0, a1)
	if o == nil {
		return 0
	}
	o.last = o.get()
	return uintptr(o.last)
}

// configGetFailed shows the value that was there before.
func configGetFailed(a0, a1 uintptr, _ redismodule.Failure) uintptr {
	if o := optionOf(a0, a1); o != nil {
		return uintptr(o.last)
	}
	return 0
}

// configTextGet is the server's callback: (name, privdata). The server copies the
// string's content at once, and leaves the string to us.
func configTextGet(a0, a1, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	o := optionOf(a0, a1)
	if o == nil {
		return 0
	}
	text := o.getText()
	if o.shown.IsZero() || unsafeconv.String(o.shown.Bytes()) != text {
		o.shown.Free()
		o.shown = NewRStringText(text)
	}
	return uintptr(o.shown.raw())
}

func configTextGetFailed(a0, a1 uintptr, _ redismodule.Failure) uintptr {
	if o := optionOf(a0, a1); o != nil && !o.shown.IsZero() {
		return uintptr(o.shown.raw())
	}
	return 0 // the server shows an empty text
}

// configSet is the server's callback: (name, value, privdata, err). Of an int the upper
// half of its word is garbage.
func configSet(a0, a1, a2, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	o := optionOf(a0, a2)
	if o == nil {
		return state.configs.gone(a3)
	}
	state.configs.begin(a3, o.name)
	value := int64(a1)
	if o.kind == boolOption || o.kind == enumOption {
		value = int64(int32(a1))
	}
	if err := o.set(value); err != nil {
		return state.configs.refuse(err.Error())
	}
	o.last = value
	return redismodule.OK
}

// configTextSet is the server's callback: (name, value, privdata, err). The string is the
// server's, and goes when the callback has returned.
func configTextSet(a0, a1, a2, a3, _, _ uintptr, _ unsafe.Pointer) uintptr {
	o := optionOf(a0, a2)
	if o == nil {
		return state.configs.gone(a3)
	}
	state.configs.begin(a3, o.name)
	if err := o.setText(RawRStr(redismodule.String(a1)).Clone()); err != nil {
		return state.configs.refuse(err.Error())
	}
	return redismodule.OK
}

// configApply is the server's callback: (ctx, privdata, err). The server's context has no
// client, without which half of the server's functions crash. So the module gets one that
// is made of it.
func configApply(a0, a1, a2, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	state.configs.begin(a2, "")
	g := optionGroups.at(a1)
	if g == nil || g.apply == nil {
		return redismodule.OK
	}
	c := redismodule.GetDetachedThreadSafeContext(redismodule.Ctx(a0))
	defer redismodule.FreeThreadSafeContext(c)
	ctx := enterOutside(c, applyName)
	defer endOutside(c)
	if err := g.apply(ctx); err != nil {
		return state.configs.refuse(err.Error())
	}
	return redismodule.OK
}

// configFailed refuses for a function that did not return.
func configFailed(_, _ uintptr, f redismodule.Failure) uintptr {
	return state.configs.refuse(describe(f))
}

func configEnd(_, _ uintptr) {
	if n := len(state.configs.calls); n > 0 {
		state.configs.calls = state.configs.calls[:n-1]
	}
}

// begin notes where a call tells why it refuses, and of what.
func (c *configState) begin(err uintptr, name string) {
	c.calls = append(c.calls, configCall{err, name})
}

// gone refuses for a module that is about to go.
func (c *configState) gone(err uintptr) uintptr {
	c.begin(err, "")
	return c.refuse("the module is about to go")
}

// refuse tells the server why, by a string that it frees.
func (c *configState) refuse(why string) uintptr {
	why = strings.ReplaceAll(flatLine(strings.TrimPrefix(why, "ERR ")), "\x00", " ")
	if why == "" {
		why = "the module refuses the value"
	}
	n := len(c.calls)
	if n == 0 {
		return redismodule.ERR
	}
	call := c.calls[n-1]
	if c.why = "configs: " + why; call.name != "" {
		c.why = "config " + call.name + ": " + why
	}
	if call.err != 0 {
		s := NewRStringText(why)
		// SAFETY(U90): the server's variable for the string can be written; holds because
		// the server reads it, and frees the string; until the callback returns.
		*unsafeconv.Ptr[redismodule.String](call.err) = s.disown()
	}
	return redismodule.ERR
}
