// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"math/bits"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// KeySpec says where keys of a command are, in two steps: where to begin, and which
// arguments from there on are keys.
//
// A server reads the arguments by it before the command runs, and some read beyond the
// last one, and crash, when a spec wants more than there are. So a spec is refused when the
// module is loaded unless each number of arguments that the command takes has room for it.
//
// C: RedisModuleCommandKeySpec, since Redis 7.0.
type KeySpec struct {
	// Flags say what is done with the keys: exactly one of KeyFlagRO, KeyFlagRW,
	// KeyFlagOW and KeyFlagRM, and what is done with the user's data. With KeyFlagNotKey the
	// arguments are no keys for ACLs, but a cluster sends the command to their node.
	Flags KeyFlags
	// Notes are shown by COMMAND INFO.
	Notes string
	// Begin is where to begin: BeginIndex, BeginKeyword or BeginUnknown.
	Begin KeySpecBegin
	// Find says which arguments are keys: FindRange, FindKeyNum or FindUnknown. Left
	// out, it is the one where the search begins.
	Find KeySpecFind
}

// KeySpecBegin is where a [KeySpec] begins: [BeginIndex], [BeginKeyword] or
// [BeginUnknown].
type KeySpecBegin interface {
	checkBegin(least, words int) string
	fillBegin(s *redismodule.CommandKeySpec, m *infoMemory)
}

// BeginIndex begins at argument Pos; 0 is the command's name. In a subcommand 0 is
// the name of its container and 1 its own.
type BeginIndex struct{ Pos int }

// BeginKeyword begins behind the first argument that is the Keyword, in whatever case.
// Where it is not found there are no keys of this spec.
type BeginKeyword struct {
	Keyword string
	// StartFrom is the argument with which the search for it begins: from the front for
	// 1 and more; from the end, -1 is the last argument, and then servers look at that one
	// argument alone.
	StartFrom int
}

// BeginUnknown says that there are keys, and that no spec can tell where. ACLs and
// clusters do not see them, unless there is a [Command].GetKeys.
type BeginUnknown struct{}

// KeySpecFind says which arguments are keys, from where a [KeySpec] begins:
// [FindRange], [FindKeyNum] or [FindUnknown].
type KeySpecFind interface {
	checkFind(least, arity int, begin KeySpecBegin, several bool) string
	fillFind(s *redismodule.CommandKeySpec)
}

// FindRange finds keys up to LastKey, each Step arguments.
type FindRange struct {
	// LastKey is the last key, counted from where the search begins: 0 is that one alone.
	// Negative ones count from the end: -1 is the last argument.
	LastKey int
	// Step is the distance from one key to the next, 1 if left out.
	Step int
	// Limit, with LastKey -1, leaves only a part of the arguments: 2 the first half, 3 the
	// first third. 0 and 1 leave all.
	Limit int
}

// FindKeyNum finds as many keys as an argument says. Where that is no number, or the
// keys are not there, servers find no key of the command at all; some are that way with 0,
// too.
type FindKeyNum struct {
	// KeyNumIdx is the argument that says how many keys there are, counted from where
	// the search begins.
	KeyNumIdx int
	// FirstKey is the first key, counted the same way; 1, behind the number, if left out
	// with KeyNumIdx 0.
	FirstKey int
	// Step is the distance from one key to the next, 1 if left out. Servers before Valkey 9.1
	// leave keys out with another one, so that ACLs let pass what they should not: there a
	// command that wants it is refused by an error that matches ErrUnsupported. A [Command].GetKeys
	// can count so everywhere.
	Step int
}

// FindUnknown says that there are keys, and that no spec can tell which. See
// [BeginUnknown].
type FindUnknown struct{}

// The flags of keys of which a KeySpec has exactly one, and all.
const (
	keyFlagsWhole = KeyFlagRO | KeyFlagRW | KeyFlagOW | KeyFlagRM
	keyFlagsData  = KeyFlagUpdate | KeyFlagInsert | KeyFlagDelete
	keyFlagsAll   = keyFlagsWhole | keyFlagsData | KeyFlagAccess | KeyFlagNotKey | KeyFlagIncomplete | KeyFlagVariable
)

// maxPos bounds positions and steps, so that no sum of them overflows.
const maxPos = 1 << 24

func outOfRange(numbers ...int) bool {
	for _, n := range numbers {
		if n > maxPos || n < -maxPos {
			return true
		}
	}
	return false
}

// check finds what is wrong with a spec of a command. several tells that it is not the
// only one.
func (s *KeySpec) check(field string, arity, words int, several bool) *infoFault {
	least := max(arity, -arity)
	find := s.Find
	if find == nil {
		find = FindRange{}
	}
	switch {
	case s.Flags&^keyFlagsAll != 0:
		return infoWrong(field, "unknown flag in %v", s.Flags)
	case bits.OnesCount32(uint32(s.Flags&keyFlagsWhole)) != 1:
		return infoWrong(field, "Flags must have exactly one of KeyFlagRO, KeyFlagRW, KeyFlagOW and KeyFlagRM")
	case bits.OnesCount32(uint32(s.Flags&keyFlagsData)) > 1:
		return infoWrong(field, "KeyFlagUpdate, KeyFlagInsert and KeyFlagDelete exclude each other")
	case unsafeconv.HasNUL(s.Notes):
		return infoWrong(field, "Notes contains a NUL")
	case s.Begin == nil:
		return infoWrong(field, "Begin is nil; it is a BeginIndex, BeginKeyword or BeginUnknown")
	}
	if why := s.Begin.checkBegin(least, words); why != "" {
		return infoWrong(field, "%s", why)
	}
	if why := find.checkFind(least, arity, s.Begin, several); why != "" {
		return infoWrong(field, "%s", why)
	}
	return nil
}

// fill makes a spec for C.
func (s *KeySpec) fill(to *redismodule.CommandKeySpec, m *infoMemory) {
	to.Notes, to.Flags = m.text(s.Notes), uint64(s.Flags)
	s.Begin.fillBegin(to, m)
	if s.Find != nil {
		s.Find.fillFind(to)
	} // else KSPEC_FK_OMITTED
}

func (b BeginIndex) checkBegin(_, words int) string {
	if b.Pos < words || b.Pos > maxPos {
		return fmt.Sprintf("BeginIndex: Pos is out of range: the first argument behind the name is %d", words)
	}
	return ""
}

func (b BeginIndex) fillBegin(s *redismodule.CommandKeySpec, _ *infoMemory) {
	s.BeginSearchType = redismodule.KSPEC_BS_INDEX
	*s.BeginSearch.Index() = int32(b.Pos)
}

func (b BeginKeyword) checkBegin(least, words int) string {
	switch {
	case b.Keyword == "" || unsafeconv.HasNUL(b.Keyword):
		return "BeginKeyword: Keyword is empty or contains a NUL"
	case b.StartFrom >= 0 && b.StartFrom < words || outOfRange(b.StartFrom):
		return fmt.Sprintf("BeginKeyword: StartFrom is out of range: %d is the first argument behind the name, -1 the last", words)
	case least+b.StartFrom < words:
		return "BeginKeyword: StartFrom is before the first argument when there are as few as the arity permits"
	}
	return ""
}

func (b BeginKeyword) fillBegin(s *redismodule.CommandKeySpec, m *infoMemory) {
	s.BeginSearchType = redismodule.KSPEC_BS_KEYWORD
	s.BeginSearch.Keyword, s.BeginSearch.StartFrom = m.text(b.Keyword), int32(b.StartFrom)
}

func (BeginUnknown) checkBegin(int, int) string { return "" }

func (BeginUnknown) fillBegin(s *redismodule.CommandKeySpec, _ *infoMemory) {
	s.BeginSearchType = redismodule.KSPEC_BS_UNKNOWN
}

// stepOf is a step with its default.
func stepOf(n int) int {
	if n == 0 {
		return 1
	}
	return n
}

func (f FindRange) checkFind(least, arity int, begin KeySpecBegin, several bool) string {
	switch {
	case f.Step < 0 || f.Limit < 0 || outOfRange(f.LastKey, f.Step, f.Limit):
		return "FindRange: LastKey, Step or Limit is out of range"
	case f.Limit != 0 && f.LastKey != -1: // the server asserts it
		return "FindRange: Limit is for LastKey -1"
	}
	index, ok := begin.(BeginIndex)
	if !ok {
		return ""
	}
	last := index.Pos + f.LastKey
	switch {
	case f.LastKey < 0 && f.Limit <= 1:
		last = least + f.LastKey
	case f.LastKey < 0:
		last = index.Pos + (least-index.Pos)/f.Limit - 1
	}
	// One spec alone may find nothing, if then there is no key: with too few arguments for
	// one of several the server drops the keys of all.
	optional := arity < 0 && !several && (f.LastKey <= 0)
	if !optional && (last < index.Pos || last >= least) {
		return "the arity leaves no room for its keys: as few arguments as it permits do not reach them"
	}
	return ""
}

func (f FindRange) fillFind(s *redismodule.CommandKeySpec) {
	s.FindKeysType = redismodule.KSPEC_FK_RANGE
	s.FindKeys.LastKey, s.FindKeys.KeyStep, s.FindKeys.Limit = int32(f.LastKey), int32(stepOf(f.Step)), int32(f.Limit)
}

// first is FirstKey with its default.
func (f FindKeyNum) first() int {
	if f == (FindKeyNum{Step: f.Step}) {
		return 1
	}
	return f.FirstKey
}

func (f FindKeyNum) checkFind(least, _ int, begin KeySpecBegin, _ bool) string {
	switch {
	case f.KeyNumIdx < 0 || f.Step < 0 || outOfRange(f.KeyNumIdx, f.FirstKey, f.Step):
		return "FindKeyNum: KeyNumIdx, FirstKey or Step is out of range"
	case f.first() <= f.KeyNumIdx:
		return "FindKeyNum: FirstKey is not behind KeyNumIdx"
	}
	room := true
	switch b := begin.(type) {
	case BeginIndex:
		room = b.Pos+f.KeyNumIdx < least
	case BeginKeyword:
		// From the front, servers do not look at the last argument, so there is one behind
		// the keyword; from the end they look at the one argument.
		room = b.StartFrom > 0 && f.KeyNumIdx == 0 || f.KeyNumIdx < -b.StartFrom-1
	}
	if !room {
		return "FindKeyNum: there may be no argument KeyNumIdx when there are as few as the arity permits, and servers crash then"
	}
	return ""
}

func (f FindKeyNum) fillFind(s *redismodule.CommandKeySpec) {
	s.FindKeysType = redismodule.KSPEC_FK_KEYNUM
	*s.FindKeys.KeyNum() = redismodule.KeySpecKeyNum{KeyNumIdx: int32(f.KeyNumIdx), FirstKey: int32(f.first()), KeyStep: int32(stepOf(f.Step))}
}

func (FindUnknown) checkFind(int, int, KeySpecBegin, bool) string { return "" }

func (FindUnknown) fillFind(s *redismodule.CommandKeySpec) {
	s.FindKeysType = redismodule.KSPEC_FK_UNKNOWN
}

// readSpec is the spec of the Keys of a command that only reads. Without it servers take the
// keys of a module's command for such that are read and written, and refuse it to users who
// may only read them. It finds the keys that the range finds, so it needs no check of its own.
func (c *Command) readSpec() (KeySpec, bool) {
	k := c.Keys
	if c.Flags&CmdReadOnly == 0 || c.Flags&CmdWrite != 0 || k.First <= 0 || c.GetKeys != nil || len(c.Info.KeySpecs) > 0 {
		return KeySpec{}, false
	}
	last := k.Last
	if last >= 0 {
		last -= k.First
	}
	return KeySpec{Flags: KeyFlagRO | KeyFlagAccess, Begin: BeginIndex{k.First}, Find: FindRange{LastKey: last, Step: k.Step}}, true
}

// rangeOf is the KeyRange that says the same as KeySpecs, for servers without them. False
// means that there is none.
func rangeOf(specs []KeySpec) (KeyRange, bool) {
	if len(specs) != 1 || specs[0].Flags&(KeyFlagNotKey|KeyFlagIncomplete) != 0 {
		return KeyRange{}, false
	}
	begin, ok := specs[0].Begin.(BeginIndex)
	find, isRange := specs[0].Find.(FindRange)
	if !ok || !isRange && specs[0].Find != nil || find.Limit > 1 {
		return KeyRange{}, false
	}
	if find.LastKey >= 0 {
		find.LastKey += begin.Pos
	}
	return KeyRange{begin.Pos, find.LastKey, stepOf(find.Step)}, true
}
