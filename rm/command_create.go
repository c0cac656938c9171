// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// fullName is what the server calls a command, or a subcommand of a container.
func fullName(container, name string) string {
	if container == "" {
		return name
	}
	return container + "|" + name
}

// lowerName is what servers compare names by: bytes, of which only the letters of ASCII have another case.
func lowerName(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// checkContainer is check for a command that has subcommands.
func (c *Command) checkContainer(bad func(field, format string, a ...any) error) error {
	switch {
	case c.Handler != nil:
		return bad("Handler", "is given, and so are Subcommands: servers call one of these alone, never the container")
	case c.Flags >= commandFlagsEnd:
		return bad("Flags", "unknown flag in %v", c.Flags)
	case c.Flags&(CmdGetKeysAPI|CmdGetChannelsAPI) != 0 || c.GetKeys != nil || c.GetChannels != nil:
		return bad("Subcommands", "GetKeys and GetChannels are those of the subcommands")
	case c.Replicate != 0:
		return bad("Replicate", "is given, and so are Subcommands: it is they that replicate")
	case c.Arity != 0:
		return bad("Arity", "is given, and so are Subcommands: a container takes one of these, and has no arity of its own")
	case c.Keys != KeyRange{} && c.Keys != NoKeys:
		return bad("Keys", "is given, and so are Subcommands: it is they that have keys")
	case len(c.Info.KeySpecs) != 0 || len(c.Info.Args) != 0:
		return bad("Info", "KeySpecs and Args are those of the subcommands")
	}
	if f := c.Info.check(-2, 1); f != nil {
		return bad(f.field, "%s", f.reason)
	}
	seen := map[string]bool{}
	for i := range c.Subcommands {
		sub := &c.Subcommands[i]
		if err := sub.checkIn(c.Name); err != nil {
			return err
		}
		key := lowerName(sub.Name)
		if seen[key] {
			return bad("Subcommands", "%q is there twice", sub.Name)
		}
		seen[key] = true
	}
	return nil
}

// createContainer registers a command with its subcommands.
func (ctx Context) createContainer(c *Command) error {
	bad := func(field, reason string) error {
		return &fieldError{fmt.Sprintf("command %q", c.Name), field, reason}
	}
	if !has(featureCreateSubcommand) {
		return fmt.Errorf("command %q: Subcommands: %w", c.Name, lacks(featureCreateSubcommand))
	}
	name, flags := unsafeconv.NewZ(c.Name), unsafeconv.NewZ(c.Flags.words())
	if redismodule.CreateCommand(ctx.raw(), name.Ptr(), 0, flags.Ptr(), 0, 0, 0) != redismodule.OK {
		return ctx.refused(c, c.Name)
	}
	container := redismodule.GetCommand(ctx.raw(), name.Ptr())
	if container == 0 {
		return half(bad("Name", "the server does not find it after its registration"))
	}
	// From here on a client that calls the container before it has a subcommand would
	// crash the server: the load must not succeed without them.
	for i := range c.Subcommands {
		sub := &c.Subcommands[i]
		full := fullName(c.Name, sub.Name)
		if err := ctx.register(sub, full, func(_ *byte, fn redismodule.CFunc, flags *byte, k KeyRange) int32 {
			return redismodule.CreateSubcommand(container, unsafeconv.NewZ(sub.Name).Ptr(), fn, flags, int32(k.First), int32(k.Last), int32(k.Step))
		}); err != nil {
			return half(err)
		}
		if err := ctx.setInfo(sub, full); err != nil {
			return err
		}
	}
	return ctx.setInfo(c, c.Name)
}

// half notes that the server has a part of a command, with which a load must not
// succeed.
func half(err error) error {
	if state.halfCommand == nil {
		state.halfCommand = err
	}
	return err
}

// register gives a command its C function, and has create tell the server.
func (ctx Context) register(c *Command, full string, create func(name *byte, fn redismodule.CFunc, flags *byte, k KeyRange) int32) error {
	k, words := c.Keys, c.Flags
	if c.Info.keyNumSteps() && has(featureSetCommandInfo) && !has(featureKeyNumStep) {
		return fmt.Errorf("command %q: Info.KeySpecs: %w", full, lacks(featureKeyNumStep))
	}
	switch {
	case k == NoKeys:
		k = KeyRange{}
	case k == KeyRange{} && c.Info.hasKeys() && !has(featureSetCommandInfo):
		derived, ok := rangeOf(c.Info.KeySpecs)
		if !ok && c.GetKeys == nil {
			return &fieldError{fmt.Sprintf("command %q", full), "Keys", "is left out, and this server does not know Info.KeySpecs (since " + releases("7.0", "7.2") + ")"}
		}
		k = derived
	}
	if c.GetKeys != nil {
		words |= CmdGetKeysAPI
	}
	if c.GetChannels != nil {
		words |= CmdGetChannelsAPI
	}
	if len(c.Categories) > 0 && !has(featureSetCommandACLCategories) {
		return fmt.Errorf("command %q: Categories: %w", full, lacks(featureSetCommandACLCategories))
	}
	run := *c // the callback's own copy, on the heap for as long as it lives
	run.Name = full
	fn, err := core.NewCommand(run.withPositions(run.callback()), run.failed)
	if err != nil {
		return &fieldError{fmt.Sprintf("command %q", full), "Handler", err.Error()}
	}
	name, flags := unsafeconv.NewZ(full), unsafeconv.NewZ(words.words())
	if create(name.Ptr(), fn, flags.Ptr(), k) != redismodule.OK {
		redismodule.FreeCallback(fn)
		return ctx.refused(c, full)
	}
	return nil
}

// refused says why the server has not taken a command.
func (ctx Context) refused(c *Command, full string) error {
	if ctx.commandExists(full) {
		return &fieldError{fmt.Sprintf("command %q", full), "Name", "the server has a command of this name already"}
	}
	return &fieldError{fmt.Sprintf("command %q", full), "Flags", fmt.Sprintf("the server does not know all of %v", c.Flags)}
}

// setInfo tells the server the ACL categories, and servers that can be told the arity, so that COMMAND INFO is right and a
// wrong number of arguments is refused without a call of ours; and what Info has.
func (ctx Context) setInfo(c *Command, full string) error {
	if err := ctx.setCategories(full, c.Categories); err != nil {
		return half(err)
	}
	if !has(featureSetCommandInfo) {
		return nil
	}
	bad := func(field, reason string) error {
		return half(&fieldError{fmt.Sprintf("command %q", full), field, reason})
	}
	name := unsafeconv.NewZ(full)
	command := redismodule.GetCommand(ctx.raw(), name.Ptr())
	if command == 0 {
		return bad("Name", "the server does not find it after its registration")
	}
	info := c.Info
	if spec, ok := c.readSpec(); ok {
		info.KeySpecs = []KeySpec{spec}
	}
	if !info.set(command, c.Arity) { // 0 leaves a container what the server gives it
		return bad("Info", "the server refuses it, and its log says why")
	}
	return nil
}
