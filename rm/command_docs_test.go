// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// pairs is a reply of names and values as a map.
func pairs(t *testing.T, v any) map[string]any {
	t.Helper()
	switch v := v.(type) {
	case map[any]any:
		m := map[string]any{}
		for k, e := range v {
			m[k.(string)] = e
		}
		return m
	case map[string]any:
		return v
	case []any:
		m := map[string]any{}
		for i := 0; i+1 < len(v); i += 2 {
			m[v[i].(string)] = v[i+1]
		}
		return m
	}
	require.Failf(t, "no pairs", "%T", v)
	return nil
}

// TestCommandDocs: COMMAND DOCS shows what a CommandInfo says, and nothing of what it
// leaves out.
//
// Drives: GetCommand, SetCommandInfo.
func TestCommandDocs(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{commandmod(t, mode)}})
		require.Equal(t, "OK", s.MustDo("c.doc", "1", "2", "3", "4", "5"))
		since70(t, s)
		docs := pairs(t, pairs(t, s.MustDo("COMMAND", "DOCS", "c.doc"))["c.doc"])
		require.Equal(t, "Does what it is told.", docs["summary"])
		require.Equal(t, "O(1) when told nothing", docs["complexity"])
		require.Equal(t, "1.2.3", docs["since"])
		require.Equal(t, "module", docs["group"])
		require.Equal(t, []any{[]any{"1.3.0", "Added the `KEYS` words."}, []any{"1.4.0", "It may be told twice."}}, docs["history"])
		one := pairs(t, pairs(t, s.MustDo("COMMAND", "DOCS", "c.onekey"))["c.onekey"])["arguments"].([]any)
		require.Equal(t, int64(0), pairs(t, one[0])["key_spec_index"], "Keys alone is a key spec, too")
		args := docs["arguments"].([]any)
		require.Len(t, args, 5)
		arg := func(list []any, i int) map[string]any {
			m := pairs(t, list[i])
			if kind, major, minor, _ := s.Version(); kind == "redis" && major == 7 && minor == 0 {
				delete(m, "display_text") // Redis 7.0 has none
			} else if m["display_text"] == m["name"] {
				delete(m, "display_text") // what it shows if there is none
			}
			return m
		}
		require.Equal(t, map[string]any{"name": "source", "type": "key", "key_spec_index": int64(0)}, arg(args, 0))
		target := arg(args, 1)
		if target["display_text"] != nil {
			require.Equal(t, "to", target["display_text"])
			delete(target, "display_text")
		}
		require.Equal(t, map[string]any{
			"name": "target", "type": "key", "key_spec_index": int64(1), "summary": "where to", "since": "1.2.4", "deprecated_since": "1.5.0", "flags": []any{"multiple"},
		}, target)
		require.Equal(t, map[string]any{"name": "node", "type": "string"}, arg(args, 2))
		how := arg(args, 3)
		require.Equal(t, "oneof", how["type"])
		require.Equal(t, []any{"optional"}, how["flags"])
		inner := how["arguments"].([]any)
		require.Len(t, inner, 2)
		require.Equal(t, map[string]any{"name": "fast", "type": "pure-token", "token": "FAST"}, arg(inner, 0))
		until := arg(inner, 1)
		require.Equal(t, "block", until["type"])
		require.Equal(t, "UNTIL", until["token"])
		leaves := until["arguments"].([]any)
		require.Equal(t, map[string]any{"name": "time", "type": "unix-time"}, arg(leaves, 0))
		require.Equal(t, map[string]any{"name": "share", "type": "double", "flags": []any{"optional"}}, arg(leaves, 1))
		require.Equal(t, map[string]any{"name": "pattern", "type": "pattern", "token": "LIKE", "flags": []any{"multiple", "multiple_token"}}, arg(leaves, 2))
		require.Equal(t, map[string]any{"name": "count", "type": "integer", "token": "KEYS", "flags": []any{"optional"}}, arg(args, 4))

		plain := pairs(t, pairs(t, s.MustDo("COMMAND", "DOCS", "c.plain"))["c.plain"])
		for _, field := range []string{"summary", "complexity", "since", "history", "arguments"} {
			require.NotContains(t, plain, field)
		}
	})
}

// TestCommandKeySpecs: COMMAND INFO shows the key specs, and COMMAND GETKEYS goes by
// them.
//
// Drives: SetCommandInfo.
func TestCommandKeySpecs(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{commandmod(t, mode)}})
		require.Equal(t, []any{"a", "b"}, s.MustDo("COMMAND", "GETKEYS", "c.plain", "a", "x", "b", "y"), "by the range that is made of the spec, before 7.0")
		since70(t, s)
		require.Equal(t, commandInfo{"c.plain", -2, []string{"module", "readonly"}, 1, -1, 2}, infoOf(t, s, "c.plain"))
		require.Equal(t, commandInfo{"c.doc", -6, []string{"module", "movablekeys", "write"}, 1, 4, 1}, infoOf(t, s, "c.doc"))
		info := s.MustDo("COMMAND", "INFO", "c.doc").([]any)[0].([]any)
		require.Equal(t, []any{"nondeterministic_output", "request_policy:all_shards"}, info[7])
		specs := info[8].([]any)
		require.Len(t, specs, 6)
		index := func(n int64) map[string]any {
			return map[string]any{"type": "index", "spec": map[string]any{"index": n}}
		}
		keyword := func(k string, from int64) map[string]any {
			return map[string]any{"type": "keyword", "spec": map[string]any{"keyword": k, "startfrom": from}}
		}
		unknown := map[string]any{"type": "unknown", "spec": map[string]any{}}
		keyRange := func(last int64) map[string]any {
			return map[string]any{"type": "range", "spec": map[string]any{"lastkey": last, "keystep": int64(1), "limit": int64(0)}}
		}
		one := map[string]any{"type": "range", "spec": map[string]any{"lastkey": int64(0), "keystep": int64(1), "limit": int64(0)}}
		for i, want := range []struct {
			notes       any
			flags       []any
			begin, find map[string]any
		}{
			{"what it is made of", []any{"RO", "access"}, index(1), one},
			{nil, []any{"RW", "update"}, index(2), keyRange(1)},
			{nil, []any{"OW", "insert"}, keyword("STORE", 4), keyRange(0)},
			{nil, []any{"RM", "delete", "variable_flags"}, keyword("KEYS", 4), map[string]any{"type": "keynum", "spec": map[string]any{"keynumidx": int64(0), "firstkey": int64(1), "keystep": int64(1)}}},
			{nil, []any{"RO", "not_key"}, index(4), one},
			{nil, []any{"RO", "incomplete"}, unknown, unknown},
		} {
			spec := pairs(t, specs[i])
			require.Equal(t, want.notes, spec["notes"], i)
			require.ElementsMatch(t, want.flags, spec["flags"], i)
			for name, part := range map[string]map[string]any{"begin_search": want.begin, "find_keys": want.find} {
				got := pairs(t, spec[name])
				got["spec"] = pairs(t, got["spec"])
				require.Equal(t, part, got, "%d %s", i, name)
			}
		}
	})
}
