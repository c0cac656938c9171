// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && linux && (amd64 || arm64) && !rm_noasm

package fuzz

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/iredismodule/redismodule/internal/ctest"
	"github.com/iredismodule/redismodule/rm"
)

// reload loads the module again, with arguments, and tells whether it has loaded.
func reload(t testing.TB, args ...string) bool {
	t.Helper()
	if loaded && !ctest.HostUnload() {
		t.Fatalf("it does not unload: %s", ctest.HostLog())
	}
	loaded = ctest.HostLoad(loadArgs(args...)...)
	return loaded
}

var loaded = true

// backAgain loads it as other targets want it.
func backAgain(f *testing.F) {
	f.Cleanup(func() {
		if declared = nil; !reload(f) {
			f.Errorf("it does not load again: %s", ctest.HostLog())
		}
	})
}

// given is the state after a load, by the documentation of rm.Param.
type given struct {
	size  int64
	label string
	fast  bool
	items []string
}

// readArgs reads arguments; ok is false if the load must fail.
func readArgs(args []string) (g given, ok bool) {
	g = given{size: 7, label: "none", fast: true}
	for len(args) > 0 {
		name, v, inline := strings.Cut(args[0], "=")
		lower := strings.ToLower(name)
		// EqualFold has more that is equal: s and the long s, k and the Kelvin sign.
		lower = strings.NewReplacer("\u017f", "s", "\u212a", "k").Replace(lower)
		args = args[1:]
		if !slices.Contains([]string{"size", "label", "fast", "item"}, lower) {
			return g, false
		}
		if !inline {
			if len(args) == 0 {
				return g, false
			}
			v, args = args[0], args[1:]
		}
		switch lower {
		case "size":
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < -5 || n > 1000 {
				return g, false
			}
			g.size = n
		case "label":
			g.label = v
		case "fast":
			switch strings.ToLower(v) {
			case "yes", "true", "on", "1":
				g.fast = true
			case "no", "false", "off", "0":
				g.fast = false
			default:
				return g, false
			}
		case "item":
			if v == "" || v == "panic" {
				return g, false
			}
			g.items = append(g.items, v)
		}
	}
	return g, true
}

// FuzzLoadArguments loads the module again and again, with any arguments: those of Params arrive,
// others and wrong values make the load fail, and the next one begins with the defaults.
func FuzzLoadArguments(f *testing.F) {
	hosted(f)
	backAgain(f)
	for _, s := range []string{"", "size=12", "SIZE\n-5", "size", "size=1000", "size=1001", "size=-6", "size=9223372036854775808", "label=\nfast=no\nitem=a\nitem\nb", "item=panic", "other\nfast=maybe", "a=b\n\nfast\nOFF", "=x", "item=",
		"label=a=b", "label==", "label", "item=a=b", "size=0x10", "size=1_0", "size=+1", "size= 1", "size=007", "size=", "fast= yes", "fast=YES ", "fast=t", "fast=on", "fast=", "size=1\nsize=2\nsize=3\nSize=4", "item=a\nitem=b\nITEM\nc\nitem=d",
		"fast=no\nlabel=x\nsize=1\nitem=a\nsize=x", "label =x", " size=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		var args []string
		if list != "" {
			args = strings.Split(list, "\n")
		}
		if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(strings.ToLower(a), "rm-") }) {
			t.Skip("a setting of the binding's own")
		}
		want, ok := readArgs(args)
		defaults, _ := readArgs(nil)
		defer func() { // whatever was there before
			if !reload(t) {
				t.Errorf("behind %q it does not load: %s", args, ctest.HostLog())
			} else if now := (given{paramSize, paramLabel, paramFast, paramList}); fmt.Sprintf("%#v", now) != fmt.Sprintf("%#v", defaults) {
				t.Errorf("behind %q: %#v, want %#v", args, now, defaults)
			}
		}()
		if got := reload(t, args...); got != ok {
			t.Fatalf("%q: loaded %t, want %t: %s", args, got, ok, ctest.HostLog())
		}
		if !ok {
			settled(t, "")
			return
		}
		settled(t, ofModule)
		got := given{paramSize, paramLabel, paramFast, paramList}
		if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Fatalf("%q: %#v, want %#v", args, got, want)
		}
	})
}

// FuzzCommand declares commands. What is accepted works by its declaration; what is refused says
// why, and leaves the module as it was.
func FuzzCommand(f *testing.F) {
	hosted(f)
	backAgain(f)
	f.Add("f.new", uint32(rm.CmdReadOnly), -2, 1, -1, 1, uint8(0))
	f.Add("f.new", uint32(rm.CmdWrite), 3, 1, 2, 1, uint8(1))
	f.Add("f.new", uint32(0), 1, -1, -1, -1, uint8(0))
	f.Add("a b", uint32(0), 1, -1, -1, -1, uint8(0))
	f.Add("f.run", uint32(0), 1, -1, -1, -1, uint8(0))
	f.Add("f.keys", uint32(rm.CmdGetKeysAPI), -1, 0, 0, 0, uint8(6))
	f.Fuzz(func(t *testing.T, name string, flags uint32, arity, first, last, step int, more uint8) {
		c := rm.Command{
			Name: name, Flags: rm.CommandFlags(flags), Arity: arity, Keys: rm.KeyRange{First: first, Last: last, Step: step},
			Handler: func(ctx rm.Context, _ rm.Args) error { return ctx.ReplyWithOK() },
		}
		if more&1 != 0 {
			c.Replicate = rm.ReplicateVerbatim
		}
		if more&2 != 0 {
			c.GetKeys = func(rm.KeysRequest, rm.Args) {}
		}
		if more&4 != 0 {
			c.GetChannels = func(rm.ChannelsRequest, rm.Args) {}
		}
		declared, declaredErr = &c, nil
		if !reload(t) {
			t.Fatalf("it does not load: %s", ctest.HostLog())
		}
		settled(t, ofModule)
		_, keys, told, there := ctest.HostCommandInfo(name)
		if isNew := name != "f.run" && name != "f.nested"; isNew && !strings.Contains(name, "\x00") && there != (declaredErr == nil) && !strings.EqualFold(name, "f.run") && !strings.EqualFold(name, "f.nested") {
			t.Fatalf("%+v: the server has it: %t, the error: %v", c, there, declaredErr)
		}
		if declaredErr != nil {
			if !strings.Contains(declaredErr.Error(), fmt.Sprintf("command %q", name)) {
				t.Errorf("the error does not say of what: %v", declaredErr)
			}
			return
		}
		if c.Keys == rm.NoKeys {
			c.Keys = rm.KeyRange{}
		}
		if keys != [3]int{c.Keys.First, c.Keys.Last, c.Keys.Step} || told != arity {
			t.Errorf("%+v: the server has the keys %v, the arity %d", c, keys, told)
		}
		for n := 1; n <= 5; n++ {
			args := append([]string{name}, slices.Repeat([]string{"x"}, n-1)...)
			out, _, _ := ctest.HostCommand(2, args...)
			fits := n == arity || arity < 0 && n >= -arity
			if fits != (string(out) == "+OK\r\n") {
				t.Errorf("arity %d, %d arguments: %q", arity, n, out)
			}
		}
		settled(t, ofModule)
	})
}
