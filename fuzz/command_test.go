// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
)

// flagWords are the flags, and how the server's documentation of RedisModule_CreateCommand spells them.
var flagWords = map[rm.CommandFlags]string{
	rm.CmdWrite: "write", rm.CmdReadOnly: "readonly", rm.CmdAdmin: "admin", rm.CmdDenyOOM: "deny-oom", rm.CmdDenyScript: "deny-script",
	rm.CmdAllowLoading: "allow-loading", rm.CmdPubSub: "pubsub", rm.CmdRandom: "random", rm.CmdAllowStale: "allow-stale",
	rm.CmdNoMonitor: "no-monitor", rm.CmdNoSlowlog: "no-slowlog", rm.CmdFast: "fast", rm.CmdGetKeysAPI: "getkeys-api",
	rm.CmdNoCluster: "no-cluster", rm.CmdNoAuth: "no-auth", rm.CmdMayReplicate: "may-replicate", rm.CmdNoMandatoryKeys: "no-mandatory-keys",
	rm.CmdBlocking: "blocking", rm.CmdAllowBusy: "allow-busy", rm.CmdGetChannelsAPI: "getchannels-api", rm.CmdInternal: "internal",
	rm.CmdTouchesArbitraryKeys: "touches-arbitrary-keys", rm.CmdNoCommandLog: "no-commandlog", rm.CmdAllDBs: "all-dbs",
}

// lackedBy are the flags that servers do not know: Redis 5.0, 6.2, 7.0, 8.0 and 8.4, Valkey 8.1 and 9.1, and one that knows them all.
var lackedBy = func() (list [8]rm.CommandFlags) {
	const valkey, redis80, redis84 = rm.CmdNoCommandLog | rm.CmdAllDBs, rm.CmdInternal, rm.CmdTouchesArbitraryKeys
	const since70 = rm.CmdNoMandatoryKeys | rm.CmdBlocking | rm.CmdAllowBusy | rm.CmdGetChannelsAPI
	list = [8]rm.CommandFlags{2: valkey | redis80 | redis84, 3: valkey | redis84, 4: valkey, 5: redis80 | redis84 | rm.CmdAllDBs, 6: redis80 | redis84}
	list[1] = list[2] | since70
	list[0] = list[1] | rm.CmdNoSlowlog | rm.CmdNoAuth | rm.CmdMayReplicate
	return list
}()

func flagsOf(flags rm.CommandFlags) (words []string) {
	for flag, word := range flagWords {
		if flags&flag != 0 {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return words
}

var hostCategories = strings.Fields("keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow blocking dangerous connection transaction scripting")

// lower is what servers compare names by: bytes, of which only letters of ASCII have another case.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// commandRules are the rules of a declaration. They are read a second time here, by the documentation of rm.Command and of the
// server; broken has the fields that break one, with what is refused before the server has a part of the command, and
// what makes the load fail as it is found later.
type commandRules struct{ broken, late map[string]bool }

func (r *commandRules) name(name string) {
	if name == "" || strings.ContainsAny(name, "|@\x7f") || slices.ContainsFunc([]byte(name), func(c byte) bool { return c <= 0x20 }) {
		r.broken["Name"] = true
	}
}

// flags returns all flags that the server is to be told of.
func (r *commandRules) flags(c *rm.Command, lacks rm.CommandFlags, late bool) rm.CommandFlags {
	all := c.Flags
	if c.GetKeys != nil {
		all |= rm.CmdGetKeysAPI
	}
	if c.GetChannels != nil {
		all |= rm.CmdGetChannelsAPI
	}
	for bit := range 32 {
		if _, ok := flagWords[1<<bit]; !ok && all&(1<<bit) != 0 {
			r.broken["Flags"] = true
		}
	}
	switch {
	case all&lacks == 0:
	case late:
		r.late["Flags"] = true
	default:
		r.broken["Flags"] = true
	}
	return all
}

// leaf has the rules of what has a handler; names are its own and that of the container.
func (r *commandRules) leaf(c *rm.Command, names int) {
	if c.Handler == nil {
		r.broken["Handler"] = true
	}
	if c.Flags&rm.CmdWrite != 0 && c.Flags&rm.CmdReadOnly != 0 {
		r.broken["Flags"] = true
	}
	if c.Replicate != 0 && (c.Replicate != rm.ReplicateVerbatim || c.Flags&rm.CmdWrite == 0 && c.Flags&rm.CmdMayReplicate == 0) {
		r.broken["Replicate"] = true
	}
	exact, least := c.Arity > 0, c.Arity
	if !exact {
		least = -c.Arity
	}
	if least < names || least > 1<<30 {
		r.broken["Arity"] = true
	}
	if c.Flags&rm.CmdGetKeysAPI != 0 && c.GetKeys == nil {
		r.broken["GetKeys"] = true
	}
	if c.Flags&rm.CmdGetChannelsAPI != 0 && c.GetChannels == nil {
		r.broken["GetChannels"] = true
	}
	k := c.Keys
	switch {
	case k == rm.NoKeys:
		if c.GetKeys != nil {
			r.broken["Keys"] = true
		}
	case k == rm.KeyRange{}:
		if c.GetKeys == nil {
			r.broken["Keys"] = true
		}
	case k.First < names || k.Step < 1 || k.First >= 1<<31 || k.Step >= 1<<31 || k.Last >= 1<<31 || k.Last < -1<<31:
		r.broken["Keys"] = true
	default:
		if k.Last >= 0 && k.Last < k.First {
			r.broken["Keys"] = true
		}
		if !exact {
			break
		}
		last := k.Last
		if last < 0 {
			last += c.Arity // -1 is the last argument
		}
		if k.First > c.Arity-1 || last > c.Arity-1 || last < k.First {
			r.broken["Arity"] = true
		}
	}
}

// container has the rules of a command with subcommands.
func (r *commandRules) container(c *rm.Command) {
	for field, given := range map[string]bool{
		"Handler": c.Handler != nil, "Subcommands": c.GetKeys != nil || c.GetChannels != nil || c.Flags&(rm.CmdGetKeysAPI|rm.CmdGetChannelsAPI) != 0,
		"Replicate": c.Replicate != 0, "Arity": c.Arity != 0, "Keys": c.Keys != rm.KeyRange{} && c.Keys != rm.NoKeys,
	} {
		if given {
			r.broken[field] = true
		}
	}
	seen := map[string]bool{}
	for _, sub := range c.Subcommands {
		if seen[lower(sub.Name)] {
			r.broken["Subcommands"] = true
		}
		seen[lower(sub.Name)] = true
	}
}

func (r *commandRules) categories(c *rm.Command) {
	for _, name := range c.Categories {
		if !slices.Contains(hostCategories, lower(name)) {
			r.late["Categories"] = true
		}
	}
}

// What a FuzzCommand's bits declare besides, and the kind of server in the three above.
const (
	withVerbatim = 1 << iota
	withGetKeys
	withGetChannels
	withoutHandler
	withOddReplication
	asSubcommand
	withFullContainer // that has what none has: an arity, a handler
	withKeysOfContainer
	withServer
)

// FuzzCommand declares commands, alone and as subcommands. What a second reading of the rules accepts is accepted, reaches the server
// as it was declared and works so; what it refuses is refused with an error that names the field, and is not there.
func FuzzCommand(f *testing.F) {
	hosted(f)
	backAgain(f)
	const all = 7 * withServer // the server that knows all flags
	add := func(name string, flags rm.CommandFlags, arity, first, last, step int, more uint16, categories, sibling string) {
		f.Add(name, uint32(flags), arity, first, last, step, more, categories, sibling)
	}
	for bit := range 32 { // each flag, where it is known and where it may not be; and with each of the two that exclude one another
		flag, more := rm.CommandFlags(1)<<bit, uint16(all)
		if flag == rm.CmdGetKeysAPI {
			more |= withGetKeys
		}
		if flag == rm.CmdGetChannelsAPI {
			more |= withGetChannels
		}
		add("f.new", flag, -2, 1, -1, 1, more, "", "x")
		add("f.new", flag|rm.CmdWrite, 4, 1, 2, 1, more|withVerbatim, "", "x")
		add("new", flag|rm.CmdReadOnly, -3, 2, -1, 2, more|asSubcommand, "", "x")
		for _, server := range []uint16{uint16(bit % 7), 2} {
			add("f.new", flag, 3, -1, -1, -1, more&^all|server*withServer|uint16(bit%2)*asSubcommand, "", "x")
		}
	}
	for more := range uint16(256) {
		if more&1 != 0 {
			add("f.more", rm.CmdWrite, -3, 2, 2, 1, more|all, "", "other")
		} else {
			add("f.more", rm.CmdMayReplicate, 3, 0, 0, 0, more/2|all, "write", "other")
		}
	}
	for i, name := range []string{"", " ", "a b", "a\x00b", "a\r", "\x7f", "a|b", "@a", "f.run", "F.NESTED", "\x1f", "!", "\u212a", "\xff", "\x80", "ü", "f.ne\u017fted", "a\n", "x", "X"} {
		add(name, 0, 1, -1, -1, -1, all, "", "x")
		add(name, rm.CommandFlags(i), 2, -1, -1, -1, all|asSubcommand, "", "x")
		add(name, 0, 2, -1, -1, -1, all|asSubcommand, "", []string{"k", "\xfe", name}[i%3])
	}
	for _, arity := range []int{0, 1, -1, 2, -2, 3, 5, 1 << 30, 1<<30 + 1, -1 << 30, -1<<30 - 1, -1 << 63} {
		for _, keys := range [][3]int{{1, 1, 1}, {-1, -1, -1}, {2, -1, 1}, {2, -2, 2}, {2, 0, 1}} {
			add("f.new", rm.CmdReadOnly, arity, keys[0], keys[1], keys[2], all, "", "x")
			add("new", 0, arity, keys[0], keys[1], keys[2], all|asSubcommand, "", "x")
		}
	}
	for _, keys := range [][3]int{{0, 0, 0}, {1, 2, 1}, {2, 1, 1}, {1, 0, 1}, {0, 1, 1}, {0, 0, 1}, {0, 1, 0}, {1, 1, 0}, {1, 1, -1}, {-1, 1, 1}, {-1, -1, 1}, {-2, -1, -1}, {1, -1, 1}, {1, -3, 1}, {1, -4, 1}, {1, -5, 1}, {4, 4, 1}, {5, 5, 1},
		{1, 4, 3}, {1, 5, 1}, {1<<31 - 1, 1<<31 - 1, 1}, {1 << 31, 1 << 31, 1}, {1, 1 << 32, 1}, {1, 1<<32 + 1, 1}, {1, -1 << 31, 1}, {1, -1<<31 - 1, 1}, {1, 1, 1<<31 - 1}, {1, 1, 1<<32 + 1}, {1<<32 + 1, 1<<32 + 1, 1}} {
		add("f.new", rm.CmdReadOnly, 5, keys[0], keys[1], keys[2], all, "", "x")
		add("f.new", rm.CmdReadOnly, -3, keys[0], keys[1], keys[2], all, "", "x")
		add("new", rm.CmdReadOnly, 5, keys[0], keys[1], keys[2], all|asSubcommand, "", "x")
		add("f.new", rm.CmdFast, -3, keys[0], keys[1], keys[2], all|withGetKeys, "", "x")
	}
	for _, categories := range []string{"read", "read,FAST", "nothing", "read,", ",", "read fast", "fast,a\x00", " ", "hash,ha"} {
		add("f.new", 0, 1, -1, -1, -1, all, categories, "x")
		add("new", 0, 2, -1, -1, -1, all|asSubcommand, categories, "x")
	}
	f.Fuzz(func(t *testing.T, name string, flags uint32, arity, first, last, step int, more uint16, categories, sibling string) {
		if len(name)+len(sibling) > 200 {
			t.Skip("the host's names are no longer")
		}
		c := &rm.Command{Name: name, Flags: rm.CommandFlags(flags), Arity: arity, Keys: rm.KeyRange{First: first, Last: last, Step: step}}
		if categories != "" {
			c.Categories = strings.Split(categories, ",")
		}
		if more&withVerbatim != 0 {
			c.Replicate = rm.ReplicateVerbatim
		}
		if more&withOddReplication != 0 {
			c.Replicate = 7
		}
		if more&withGetKeys != 0 {
			c.GetKeys = func(rm.KeysRequest, rm.Args) {}
		}
		if more&withGetChannels != 0 {
			c.GetChannels = func(rm.ChannelsRequest, rm.Args) {}
		}
		if more&withoutHandler == 0 {
			c.Handler = func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() }
		}
		lacks := lackedBy[more/withServer%8]
		ctest.HostUnknownFlags(strings.Join(flagsOf(lacks), " "))
		defer ctest.HostUnknownFlags("")

		rules := commandRules{map[string]bool{}, map[string]bool{}}
		full, words, args, top := name, 1, []string{name}, c
		if more&asSubcommand != 0 {
			top = &rm.Command{Name: "f.box", Flags: c.Flags & rm.CmdAdmin}
			if more&withFullContainer != 0 {
				top.Arity, top.Handler = -2, c.Handler
			}
			if more&withKeysOfContainer != 0 {
				top.Keys = rm.NoKeys
			}
			top.Subcommands = []rm.Command{*c, {Name: sibling, Keys: rm.NoKeys, Arity: -2, Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithNull() }}}
			full, words, args = "f.box|"+name, 2, []string{"f.box", name}
			rules.container(top)
			rules.name(sibling)
			rules.name(name)
		} else if rules.name(name); lower(name) == "f.run" || lower(name) == "f.nested" {
			rules.broken["Name"] = true
		}
		rules.leaf(c, words)
		all := rules.flags(c, lacks, words == 2)
		rules.categories(c)

		declared, declaredErr = top, nil
		// What COMMAND INFO says when the server refuses a command.
		if lower(name) == "f.run" || lower(name) == "f.nested" {
			ctest.HostAnswer([]byte("*1\r\n*1\r\n+f.run\r\n"), 0)
		} else {
			ctest.HostAnswer([]byte("*1\r\n*-1\r\n"), 0)
		}
		defer ctest.HostAnswer(nil, 0)
		didLoad := reload(t)
		fields := rules.broken
		if len(fields) == 0 {
			fields = rules.late
		}
		if wants := len(rules.broken) > 0 || len(rules.late) == 0; didLoad != wants {
			t.Fatalf("%+v: loaded %t, want %t: %v, %s", top, didLoad, wants, declaredErr, ctest.HostLog())
		}
		if len(fields) == 0 && declaredErr != nil {
			t.Fatalf("%+v is refused: %v", top, declaredErr)
		}
		if !didLoad {
			if !strings.Contains(ctest.HostLog(), declaredErr.Error()) && !strings.Contains(declaredErr.Error(), "\x00") {
				t.Errorf("%v, and the log says %q", declaredErr, ctest.HostLog())
			}
			settled(t, "")
		} else {
			settled(t, ofModule)
		}
		if len(fields) > 0 {
			refusedBy(t, declaredErr, fields, full, top, sibling)
			if _, _, _, there := ctest.HostCommandInfo(full); there && didLoad && !rules.broken["Name"] {
				t.Errorf("%+v is refused, and the server has it", top)
			}
			return
		}
		reached(t, c, full, all)
		for n := words; n <= 5; n++ {
			args := append(slices.Clone(args), slices.Repeat([]string{"x"}, n-words)...)
			out, _, _ := ctest.HostCommand(2, args...)
			fits := n == arity || arity < 0 && n >= -arity
			if fits != (string(out) == "+OK\r\n") {
				t.Errorf("arity %d, %d arguments: %q", arity, n, out)
			}
		}
		if words == 2 {
			if out, _, _ := ctest.HostCommand(2, "f.box", sibling); string(out) != "$-1\r\n" {
				t.Errorf("the other subcommand: %q", out)
			}
		}
		settled(t, ofModule)
	})
}

// refusedBy reports an error that is not of a command, or not of one of the fields that break a rule.
func refusedBy(t *testing.T, err error, fields map[string]bool, full string, top *rm.Command, sibling string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%+v is accepted, and breaks the rules of %v", top, slices.Sorted(maps.Keys(fields)))
	}
	var rest string
	for _, of := range []string{full, top.Name, top.Name + "|" + sibling} {
		if after, ok := strings.CutPrefix(err.Error(), fmt.Sprintf("command %q: ", of)); ok {
			rest = after
		}
	}
	field, reason, ok := strings.Cut(rest, ": ")
	if !ok || !fields[field] || reason == "" || errors.Is(err, rm.ErrUnsupported) {
		t.Fatalf("%+v: the error %q does not name one of the fields %v", top, err, slices.Sorted(maps.Keys(fields)))
	}
}

// reached reports what the server was told of a command other than it was declared.
func reached(t *testing.T, c *rm.Command, full string, all rm.CommandFlags) {
	t.Helper()
	got, keys, told, there := ctest.HostCommandInfo(full)
	k := c.Keys
	if k == rm.NoKeys {
		k = rm.KeyRange{}
	}
	if !there || keys != [3]int{k.First, k.Last, k.Step} || told != c.Arity {
		t.Errorf("%+v: the server has it: %t, with the keys %v, the arity %d", c, there, keys, told)
	}
	words := strings.Fields(got)
	slices.Sort(words)
	if want := flagsOf(all); !slices.Equal(words, want) {
		t.Errorf("%+v: the flags %q, want %q", c, words, want)
	}
	if got, want := ctest.HostCommandCategories(full), strings.Join(c.Categories, " "); got != want {
		t.Errorf("%+v: the categories %q, want %q", c, got, want)
	}
	// Keys of a command that reads are not such that may be written: it needs a spec of its own.
	var specs []rm.KeySpec
	if c.Flags&rm.CmdReadOnly != 0 && k.First > 0 && c.GetKeys == nil {
		last := k.Last
		if last >= 0 {
			last = k.Last - k.First
		}
		specs = []rm.KeySpec{{Flags: rm.KeyFlagRO | rm.KeyFlagAccess, Begin: rm.BeginIndex{Pos: k.First}, Find: rm.FindRange{LastKey: last, Step: k.Step}}}
	}
	if got, want := ctest.HostCommandDocs(full), "<><><><>"+specsOf(specs)+"[]"; got != want {
		t.Errorf("%+v: its documentation is %q, want %q", c, got, want)
	}
}
