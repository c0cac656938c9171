// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// CommandInfo is the documentation of a command, which COMMAND DOCS and COMMAND INFO
// show, and where its keys are if a [KeyRange] cannot tell. What is left out is not
// shown. Servers before 7.0 have none of it: there it is checked, and not used.
//
//	Info: rm.CommandInfo{
//		Summary:    "Copies a member from one set to others.",
//		Complexity: "O(N), N is the number of sets",
//		Since:      "1.2.0",
//		KeySpecs: []rm.KeySpec{
//			{Flags: rm.KeyFlagRO | rm.KeyFlagAccess, Begin: rm.BeginIndex{Pos: 1}},
//			{Flags: rm.KeyFlagRW | rm.KeyFlagInsert, Begin: rm.BeginIndex{Pos: 3}, Find: rm.FindRange{LastKey: -1}},
//		},
//		Args: []rm.CommandArg{
//			{Name: "source", Type: rm.ArgTypeKey},
//			{Name: "member"},
//			{Name: "destination", Type: rm.ArgTypeKey, KeySpec: 1, Flags: rm.ArgFlagMultiple},
//		},
//	},
//
// The server copies all of it when the command is created.
//
// C: RedisModuleCommandInfo, since Redis 7.0.
type CommandInfo struct {
	// Summary says in one sentence what the command does.
	Summary string
	// Complexity says in words what it costs: "O(1)".
	Complexity string
	// Since is the release of the module that brought the command: "1.2.0".
	Since string
	// History are its changes since.
	History []CommandHistory
	// Tips are for clients and proxies, words without a space: "nondeterministic_output",
	// "request_policy:all_shards".
	Tips []string
	// KeySpecs say which arguments are keys, and what is done with them. They take the
	// place of Command.Keys, which servers before 7.0 still go by; left out, it is made of
	// the first of the KeySpecs if that is the only one and has BeginIndex and a range.
	// Where there are several, and those that the arguments have room for do not fit, the
	// server finds no key at all, and ACLs let the command pass: the handler must refuse such
	// arguments.
	KeySpecs []KeySpec
	// Args are the arguments, as a client may show them.
	Args []CommandArg
}

// CommandHistory is one change of a command.
//
// C: RedisModuleCommandHistoryEntry, since Redis 7.0.
type CommandHistory struct {
	Since   string // the release of the module: "1.3.0"
	Changes string // what changed
}

// ArgType is what an argument of a command is.
//
// C: RedisModuleCommandArgType, since Redis 7.0.
type ArgType int32

// The types of arguments.
const (
	ArgTypeString    ArgType = redismodule.ARG_TYPE_STRING     // a string
	ArgTypeInteger   ArgType = redismodule.ARG_TYPE_INTEGER    // an integer
	ArgTypeDouble    ArgType = redismodule.ARG_TYPE_DOUBLE     // a floating-point number
	ArgTypeKey       ArgType = redismodule.ARG_TYPE_KEY        // a key, see CommandArg.KeySpec
	ArgTypePattern   ArgType = redismodule.ARG_TYPE_PATTERN    // a pattern like that of KEYS
	ArgTypeUnixTime  ArgType = redismodule.ARG_TYPE_UNIX_TIME  // seconds since 1970
	ArgTypePureToken ArgType = redismodule.ARG_TYPE_PURE_TOKEN // the Token alone
	ArgTypeOneOf     ArgType = redismodule.ARG_TYPE_ONEOF      // one of Args
	ArgTypeBlock     ArgType = redismodule.ARG_TYPE_BLOCK      // all of Args
)

// ArgFlags say how often an argument may be there.
type ArgFlags int32

// The flags of arguments.
const (
	ArgFlagOptional      ArgFlags = redismodule.CMD_ARG_OPTIONAL       // it may be left out
	ArgFlagMultiple      ArgFlags = redismodule.CMD_ARG_MULTIPLE       // it may be repeated
	ArgFlagMultipleToken ArgFlags = redismodule.CMD_ARG_MULTIPLE_TOKEN // repeated with its Token each time

	argFlagsAll = ArgFlagOptional | ArgFlagMultiple | ArgFlagMultipleToken
)

// CommandArg documents an argument of a command, or several that belong together. It
// is for the eyes of clients: the server checks nothing by it.
//
// C: RedisModuleCommandArg, since Redis 7.0.
type CommandArg struct {
	// Name of the argument. It must be given.
	Name string
	// Type of the argument; a string if left out.
	Type ArgType
	// KeySpec is the index in CommandInfo.KeySpecs of an argument that is a key. Where
	// there are no KeySpecs it is left out.
	KeySpec int
	// Token is the word before the argument, or, of an ArgTypePureToken, the word that it is.
	Token string
	// Summary says what it is for.
	Summary string
	// Since is the release of the module that brought it, DeprecatedSince the one since
	// which it should not be used.
	Since, DeprecatedSince string
	// DisplayText is what clients show for it instead of Name. Redis 7.0 has none.
	DisplayText string
	// Flags say how often it may be there: once if left out.
	Flags ArgFlags
	// Args are the arguments in an ArgTypeOneOf or ArgTypeBlock.
	Args []CommandArg
}

// maxArgDepth bounds the tree of arguments, which the server walks by recursion.
const maxArgDepth = 32

// infoFault is what is wrong with a CommandInfo: the field, and why.
type infoFault struct{ field, reason string }

func infoWrong(field, format string, a ...any) *infoFault {
	return &infoFault{field, fmt.Sprintf(format, a...)}
}

// hasKeys tells whether the KeySpecs name keys.
func (i *CommandInfo) hasKeys() bool {
	return slices.ContainsFunc(i.KeySpecs, func(s KeySpec) bool { return s.Flags&KeyFlagNotKey == 0 })
}

// keyNumSteps tells whether a FindKeyNum goes in steps.
func (i *CommandInfo) keyNumSteps() bool {
	return slices.ContainsFunc(i.KeySpecs, func(s KeySpec) bool {
		f, ok := s.Find.(FindKeyNum)
		return ok && f.Step > 1
	})
}

// check finds what the server would refuse, or take and then crash. words is how many
// arguments are the name.
func (i *CommandInfo) check(arity, words int) *infoFault {
	for _, text := range [...]struct{ field, text string }{{"Summary", i.Summary}, {"Complexity", i.Complexity}, {"Since", i.Since}} {
		if unsafeconv.HasNUL(text.text) {
			return infoWrong("Info."+text.field, "contains a NUL")
		}
	}
	for n, h := range i.History {
		field := fmt.Sprintf("Info.History[%d]", n)
		switch {
		case h.Since == "" || h.Changes == "":
			return infoWrong(field, "Since and Changes must be given")
		case unsafeconv.HasNUL(h.Since + h.Changes):
			return infoWrong(field, "contains a NUL")
		}
	}
	for n, tip := range i.Tips {
		if tip == "" || strings.ContainsFunc(tip, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return infoWrong(fmt.Sprintf("Info.Tips[%d]", n), "is empty, or contains a space or a control character")
		}
	}
	for n := range i.KeySpecs {
		if f := i.KeySpecs[n].check(fmt.Sprintf("Info.KeySpecs[%d]", n), arity, words, len(i.KeySpecs) > 1); f != nil {
			return f
		}
	}
	return i.checkArgs("Info.Args", i.Args, 1)
}

func (i *CommandInfo) checkArgs(field string, list []CommandArg, depth int) *infoFault {
	if depth > maxArgDepth {
		return infoWrong("Info.Args", "is deeper than %d levels", maxArgDepth)
	}
	for n := range list {
		a, field := &list[n], fmt.Sprintf("%s[%d]", field, n)
		nested := a.Type == ArgTypeOneOf || a.Type == ArgTypeBlock
		switch {
		case a.Name == "":
			return infoWrong(field, "Name is empty")
		case unsafeconv.HasNUL(a.Name + a.Token + a.Summary + a.Since + a.DeprecatedSince + a.DisplayText):
			return infoWrong(field, "contains a NUL")
		case a.Type < 0 || a.Type > ArgTypeBlock:
			return infoWrong(field, "the type %v is not known", a.Type)
		case a.Flags&^argFlagsAll != 0:
			return infoWrong(field, "unknown flag in %v", a.Flags)
		case a.Type == ArgTypePureToken && a.Token == "":
			return infoWrong(field, "an ArgTypePureToken without a Token")
		case a.Flags&ArgFlagMultipleToken != 0 && a.Token == "":
			return infoWrong(field, "ArgFlagMultipleToken without a Token")
		case a.Type != ArgTypeKey && a.KeySpec != 0:
			return infoWrong(field, "KeySpec is for an ArgTypeKey")
		case a.KeySpec < 0 || a.KeySpec != 0 && a.KeySpec >= len(i.KeySpecs):
			return infoWrong(field, "there is no KeySpecs[%d]", a.KeySpec)
		case nested && len(a.Args) == 0:
			return infoWrong(field, "Args is empty, and the type is %v", a.Type)
		case !nested && len(a.Args) != 0:
			return infoWrong(field, "Args is for an ArgTypeOneOf or ArgTypeBlock")
		}
		if f := i.checkArgs(field+".Args", a.Args, depth+1); f != nil {
			return f
		}
	}
	return nil
}

// infoMemory is what a CommandInfo for C points to, by numbers that the collector does
// not see.
type infoMemory struct{ kept []unsafe.Pointer }

// text returns a C string, or 0 for "".
func (m *infoMemory) text(s string) uintptr {
	if s == "" {
		return 0
	}
	return m.keep(unsafe.Pointer(unsafeconv.NewZ(s).Ptr()))
}

// keep returns an address for C.
func (m *infoMemory) keep(p unsafe.Pointer) uintptr {
	// SAFETY(U96): the server may read Go memory by a number; holds because Escape puts it on the
	// heap, which does not move, and m keeps it; until set returns, when the server has copied all.
	m.kept = append(m.kept, p)
	redismodule.Escape(p)
	return uintptr(p)
}

// set tells the server the arity, 0 for none, and what the CommandInfo has.
func (i *CommandInfo) set(command redismodule.Command, arity int) bool {
	m := new(infoMemory)
	version := redismodule.NewCommandInfoVersion()
	info := redismodule.CommandInfo{
		Version:    m.keep(unsafe.Pointer(&version)),
		Summary:    m.text(i.Summary),
		Complexity: m.text(i.Complexity),
		Since:      m.text(i.Since),
		Tips:       m.text(strings.Join(i.Tips, " ")),
		Arity:      int32(arity),
		Args:       m.args(i.Args),
	}
	if len(i.History) > 0 {
		list := make([]redismodule.CommandHistoryEntry, len(i.History)+1) // the last one is the end
		for n, h := range i.History {
			list[n] = redismodule.CommandHistoryEntry{Since: m.text(h.Since), Changes: m.text(h.Changes)}
		}
		info.History = m.keep(unsafe.Pointer(&list[0]))
	}
	if len(i.KeySpecs) > 0 {
		list := make([]redismodule.CommandKeySpec, len(i.KeySpecs)+1)
		for n := range i.KeySpecs {
			i.KeySpecs[n].fill(&list[n], m)
		}
		info.KeySpecs = m.keep(unsafe.Pointer(&list[0]))
	}
	ok := redismodule.SetCommandInfo(command, &info) == redismodule.OK
	keepAlive(m) // the server has copied it
	return ok
}

func (m *infoMemory) args(args []CommandArg) uintptr {
	if len(args) == 0 {
		return 0
	}
	list := make([]redismodule.CommandArg, len(args)+1)
	for n := range args {
		a := &args[n]
		spec := int32(-1)
		if a.Type == ArgTypeKey { // with Keys alone the server has one key spec, which it makes of them
			spec = int32(a.KeySpec)
		}
		list[n] = redismodule.CommandArg{
			Name:            m.text(a.Name),
			Type:            int32(a.Type),
			KeySpecIndex:    spec,
			Token:           m.text(a.Token),
			Summary:         m.text(a.Summary),
			Since:           m.text(a.Since),
			Flags:           int32(a.Flags),
			DeprecatedSince: m.text(a.DeprecatedSince),
			SubArgs:         m.args(a.Args),
			DisplayText:     m.text(a.DisplayText),
		}
	}
	return m.keep(unsafe.Pointer(&list[0]))
}
