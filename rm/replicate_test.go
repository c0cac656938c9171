// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// withReplica runs a test against a server that writes an AOF and has a replica, which
// has the module too.
func withReplica(t *testing.T, test func(t *testing.T, s, replica *rmtest.Server)) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{TCP: true, Modules: []rmtest.Module{dataModule(t, mode)}, Config: []string{
			"appendonly yes", "appendfsync always", "repl-diskless-sync-delay 0", "repl-diskless-sync yes",
		}})
		test(t, s, s.Replica())
	})
}

// aof returns what the server's append-only files hold.
func aof(t *testing.T, s *rmtest.Server) string {
	t.Helper()
	var all bytes.Buffer
	require.NoError(t, filepath.WalkDir(s.Dir(), func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".aof") {
			var text []byte
			if text, err = os.ReadFile(path); err == nil {
				all.Write(text)
			}
		}
		return err
	}))
	return all.String()
}

// aofCommands returns the commands that an AOF holds after a mark, without SELECT.
func aofCommands(t *testing.T, s *rmtest.Server, mark string) []string {
	t.Helper()
	_, text, ok := strings.Cut(aof(t, s), bulk(mark))
	require.True(t, ok, "the mark is in the AOF")
	var commands []string
	for text != "" {
		if text[0] == '#' { // a time
			_, text, _ = strings.Cut(text, "\r\n")
			continue
		}
		var argc int
		_, err := fmt.Sscanf(text, "*%d\r\n", &argc)
		require.NoError(t, err, text)
		_, text, _ = strings.Cut(text, "\r\n")
		var words []string
		for range argc {
			var n int
			_, err := fmt.Sscanf(text, "$%d\r\n", &n)
			require.NoError(t, err)
			_, text, _ = strings.Cut(text, "\r\n")
			words, text = append(words, text[:n]), text[n+2:]
		}
		if command := strings.Join(words, " "); !strings.HasPrefix(strings.ToUpper(command), "SELECT ") {
			commands = append(commands, command)
		}
	}
	return commands
}

// settled waits until the replica has everything.
func settled(t *testing.T, s, replica *rmtest.Server, value string) {
	t.Helper()
	s.MustDo("SET", "mark", value)
	require.Eventually(t, func() bool { return replica.MustDo("GET", "mark") == value }, patience, time.Millisecond)
}

// TestReplicate sends commands to a replica and the AOF, by calls and by Replicate, and
// looks at their order and their transactions.
// Drives: Call, Replicate.
func TestReplicate(t *testing.T) {
	withReplica(t, func(t *testing.T, s, replica *rmtest.Server) {
		push := func(letters string) []string {
			var commands []string
			for _, c := range letters {
				commands = append(commands, "RPUSH steps "+string(c))
			}
			return commands
		}
		multi := func(commands ...string) []string {
			return append(append([]string{"MULTI"}, commands...), "EXEC")
		}
		for i, c := range []struct {
			command, here, there string // the list at the server and at the replica
			aof                  []string
		}{
			{"d.repl.call.silent", "c", "", nil},
			{"d.repl.call", "C", "C", push("C")},
			{"d.repl.send", "", "P", push("P")},
			{"d.repl.send.prepared", "", "Q", push("Q")},
			{"d.repl.call.then.send", "C", "CP", multi(push("CP")...)},
			{"d.repl.send.then.call", "C", "PC", multi(push("PC")...)},
			{"d.repl.mixed", "CcC", "CPCQP", multi(push("CPCQP")...)},
			{"d.repl.destinations", "aCr", "aCAP", multi(push("CrPR")...)},
			{"d.repl.send.no.aof", "", "A", nil},
			{"d.repl.send.no.replicas", "", "", push("R")},
			{"d.repl.send.neither", "", "", nil},
			{"d.repl.send.long", "", strings.Repeat("L", 30), []string{"RPUSH steps" + strings.Repeat(" L", 30)}},
		} {
			mark := fmt.Sprintf("mark-%d", i)
			s.MustDo("DEL", "steps")
			replica.MustDo("CONFIG", "SET", "replica-read-only", "no")
			settled(t, s, replica, mark)
			replica.MustDo("DEL", "steps")
			s.MustDo(c.command)
			settled(t, s, replica, mark+" end")
			require.Equal(t, c.here, joined(s, "steps"), "%s here", c.command)
			require.Equal(t, c.there, joined(replica, "steps"), "%s at the replica", c.command)
			got := aofCommands(t, s, mark)
			require.Equal(t, "SET mark "+mark+" end", got[len(got)-1])
			got, want := got[:len(got)-1], append([]string{}, c.aof...)
			if !is70(s) {
				// Older servers make a transaction of a single command too.
				got, want = withoutMulti(got), withoutMulti(want)
			}
			require.Equal(t, want, got, "%s in the AOF", c.command)
		}
		replica.MustDo("DEL", "steps")
		s.MustDo("d.repl.send.kinds")
		settled(t, s, replica, "kinds")
		require.Equal(t, "-5value", joined(replica, "steps"))
	})
}

func withoutMulti(commands []string) []string {
	return slices.DeleteFunc(commands, func(c string) bool { return c == "MULTI" || c == "EXEC" })
}

// joined returns the elements of a list, one after the other.
func joined(s *rmtest.Server, key string) string {
	var b strings.Builder
	for _, e := range s.MustDo("LRANGE", key, 0, -1).([]any) {
		fmt.Fprint(&b, e)
	}
	return b.String()
}

// TestReplicateVerbatim replicates the command itself.
// Drives: ReplicateVerbatim.
func TestReplicateVerbatim(t *testing.T) {
	withReplica(t, func(t *testing.T, s, replica *rmtest.Server) {
		settled(t, s, replica, "begin")
		s.MustDo("d.repl.verbatim", "a", "b\x00", "")
		settled(t, s, replica, "end")
		require.Equal(t, []string{"d.repl.verbatim a b\x00 ", "SET mark end"}, aofCommands(t, s, "begin"))
		require.Equal(t, "ab\x00", joined(replica, "verbatim"))
	})
}

// TestReplicateElsewhere replicates from a timer and from a goroutine.
// Drives: Replicate, Call.
func TestReplicateElsewhere(t *testing.T) {
	withReplica(t, func(t *testing.T, s, replica *rmtest.Server) {
		for i, c := range []struct{ command, there string }{
			{"d.repl.timer", "CPCQP"}, {"d.repl.thread", "CPCQP"}, {"d.repl.timer.call", "C"}, {"d.repl.thread.call", "C"},
		} {
			mark := fmt.Sprintf("mark-%d", i)
			s.MustDo("DEL", "steps")
			settled(t, s, replica, mark)
			s.MustDo(c.command)
			require.Eventually(t, func() bool { return joined(replica, "steps") == c.there }, patience, time.Millisecond, c.command)
			settled(t, s, replica, mark+" end")
			got := strings.Join(aofCommands(t, s, mark), ",")
			for _, l := range c.there {
				require.Contains(t, got, "RPUSH steps "+string(l), c.command)
			}
			if is70(s) {
				pushes := "RPUSH steps C"
				if c.there != "C" {
					pushes = "MULTI,RPUSH steps C,RPUSH steps P,RPUSH steps C,RPUSH steps Q,RPUSH steps P,EXEC"
				}
				require.Equal(t, pushes+",SET mark "+mark+" end", got, c.command)
			}
		}
	})
}

// TestReplicateNoAllocations runs replication where nobody listens.
// Drives: Replicate.
func TestReplicateNoAllocations(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		noAllocs(t, s, []string{"d.repl.hot", "k"})
	})
}

// TestAvoidReplicaTraffic: writes are paused.
// Drives: AvoidReplicaTraffic.
func TestAvoidReplicaTraffic(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		require.Equal(t, int64(0), s.MustDo("d.repl.avoid"))
		if !is70(s) {
			return // CLIENT PAUSE stops every command there
		}
		s.MustDo("CLIENT", "PAUSE", "100000", "WRITE")
		require.Equal(t, int64(1), s.MustDo("d.repl.avoid"))
		s.MustDo("CLIENT", "UNPAUSE")
		require.Equal(t, int64(0), s.MustDo("d.repl.avoid"))
	})
}

// TestReplicateByDescription has a command that is replicated without its handler
// doing so.
//
// Drives: ReplicateVerbatim.
func TestReplicateByDescription(t *testing.T) {
	withReplica(t, func(t *testing.T, s, replica *rmtest.Server) {
		require.Equal(t, "OK", s.MustDo("d.auto.ok", "one"))
		for _, how := range []string{"fail", "panic"} {
			_, err := s.Do("d.auto."+how, how)
			require.Error(t, err)
		}
		require.Equal(t, "OK", s.MustDo("d.auto.ok", "two"))
		require.Equal(t, []any{"one", "fail", "panic", "two"}, s.MustDo("LRANGE", "auto", 0, -1))
		require.Eventually(t, func() bool { return fmt.Sprint(replica.MustDo("LRANGE", "auto", 0, -1)) == "[one two]" }, patience, 5*time.Millisecond,
			"what has failed is not replicated")
		// A handler that has changed a key and fails is told of, once.
		for _, how := range []string{"fail", "panic", "refused", "inner"} {
			for range 3 {
				_, err := s.Do("d.auto.key."+how, "k", "v")
				require.Error(t, err)
			}
			told := 1
			if how == "refused" || how == "inner" {
				told = 0
			}
			require.Equal(t, told, strings.Count(s.Log(), "command d.auto.key."+how+" has changed keys and then failed: it is not replicated"), how)
			s.MustDo("DEL", "k")
		}
		text := aof(t, s)
		require.Equal(t, 2, strings.Count(text, "d.auto."))
		require.NotContains(t, text, "RPUSH")
	})
}

// TestDebugReplication: the debug build tells of commands that write and replicate
// nothing, however they end, and of no others.
func TestDebugReplication(t *testing.T) {
	path := rmtest.Build(t, datamod, rmtest.Tags("rm_debug"))
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{WantMisuse: true, Modules: []rmtest.Module{{Path: path, Args: []string{"rm-mode=" + mode}}}})
		for _, how := range []string{"nothing", "call", "prepared", "replicate", "verbatim", "silent", "fail", "panic", "refused", "early"} {
			s.MustDo("DEL", "k")
			_, err := s.Do("d.write."+how, "k")
			require.Equal(t, strings.Contains("fail panic refused early", how), err != nil, "%s: %v", how, err)
			told := 0
			if how == "silent" || how == "fail" || how == "panic" {
				told = 1
			}
			require.Equal(t, told, strings.Count(s.Log(), "rm_debug: command d.write."+how+" has written to keys and replicated nothing"), how)
		}
		require.NotContains(t, s.Log(), "CmdReadOnly")
		_, err := s.Do("d.write.readonly", "k")
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(s.Log(), "rm_debug: command d.write.readonly has written to keys though its flags say CmdReadOnly"))
		require.NotContains(t, s.Log(), "rm_debug: command d.write.readonly has written to keys and")
	})
}
