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
	for _, s := range []string{"", "size=12", "SIZE\n-5", "size", "size=1000", "size=1001", "size=-6", "size=9223372036854775808", "label=\nfast=no\nitem=a\nitem\nb", "item=panic", "other\nfast=maybe", "a=b\n\nfast\nOFF", "=x", "item="} {
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
