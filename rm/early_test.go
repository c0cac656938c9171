// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

const (
	stillLoading = "ERR the module is still being loaded: no value of its data types can be made, and no data be loaded"
	starting     = "ERR the server is starting: its data are not loaded yet, and cannot be changed"
)

// TestDataAtStart: a module in the configuration is loaded before the server has its data and its threads. What would crash it then,
// or mix with the data, is refused; the rest goes on.
func TestDataAtStart(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		acts := []struct{ act, want string }{
			{"SADD large a b", starting},
			{"@set k", starting},
			{"@delete k", starting},
			{"@reset", starting},
			{"FLUSHALL ASYNC", starting},
			{"UNLINK k", starting},
			{"BGREWRITEAOF", starting},
			{"SAVE", starting},
			{"BGSAVE", starting},
			{"SCRIPT FLUSH ASYNC", starting},
			{"FUNCTION FLUSH ASYNC", starting},
			{"CONFIG SET hz 10 appendonly yes", starting},
			{"DEBUG POPULATE 10", starting},
			{"DEBUG RELOAD", stillLoading},
			{"@load dump.rdb", stillLoading},
			{"EVAL x 0", starting},
			{"CONFIG SET maxmemory 0", "<nil>"},
			{"PUBLISH a b", "<nil>"},
			{"GET k", "<nil>"},
		}
		var lines []string
		for _, a := range acts {
			lines = append(lines, a.act)
		}
		m := badmod(t, mode, nil)
		s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}, Env: []string{"BADMOD=acts", "BADMOD_ACTS=" + strings.Join(lines, "\n")}})
		check := func(act, want string) {
			t.Helper()
			words := strings.Fields(act)
			line := "badmod: " + strings.Join(words[:min(4, len(words))], " ") + ": "
			if strings.Contains(s.Log(), line+"ERR this server does not support") || !is70(s) && strings.Contains(s.Log(), line+"ERR the server refused the call") {
				return // an older server lacks it, or the command
			}
			require.Contains(t, s.Log(), line+want)
		}
		for _, a := range acts {
			check(a.act, a.want)
		}
		s.MustDo("SET", "k", "v")
		s.MustDo("SAVE")
		s.Restart()
		require.Equal(t, "v", s.MustDo("GET", "k"))

		// Later there are threads and data; these stay what they are.
		s = rmtest.Start(t, rmtest.Options{Env: []string{"BADMOD=acts", "BADMOD_ACTS=DEBUG RELOAD\n@load dump.rdb\n@set k\nSADD large a b\nSAVE\nUNLINK large"}})
		s.MustDo("SET", "old", "v")
		s.MustDo("SAVE")
		require.NoError(t, load(s, m))
		for _, a := range []string{"DEBUG RELOAD", "@load dump.rdb"} {
			check(a, stillLoading)
		}
		for _, a := range []string{"@set k", "SADD large a b", "SAVE", "UNLINK large"} {
			check(a, "<nil>")
		}
		require.Equal(t, int64(2), s.MustDo("DBSIZE"))
	})
}

// TestValuesInOnLoad: no value can be made before the module is loaded. One that outlived a load that failed would be in every file that
// is saved, and nobody could load that.
func TestValuesInOnLoad(t *testing.T) {
	for _, module := range []string{typemod, structmod} {
		t.Run(filepath.Base(module), func(t *testing.T) {
			rmtest.EachMode(t, func(t *testing.T, mode string) {
				m := rmtest.Module{Path: rmtest.Build(t, module), Args: []string{"rm-mode=" + mode}}
				s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{m}})
				s.MustDo("t.set", "one", 1, "a")
				dump, _ := s.MustDo("DUMP", "one").(string)
				s.Stop()

				s = rmtest.Start(t, rmtest.Options{})
				early := m
				early.Args = append(early.Args[:1:1], "early", hex.EncodeToString([]byte(dump)))
				for range 2 {
					require.Error(t, load(s, early))
				}
				require.Equal(t, 2, strings.Count(s.Log(), "early: "+stillLoading+", "+stillLoading+", ERR Bad data format"), "%s", s.Log())
				require.Equal(t, int64(0), s.MustDo("DBSIZE"))
				require.NoError(t, load(s, m))
				s.MustDo("RESTORE", "one", 0, dump)
				before := s.MustDo("DEBUG", "DIGEST")
				s.MustDo("DEBUG", "RELOAD")
				require.Equal(t, before, s.MustDo("DEBUG", "DIGEST"))
				_, err := os.Stat(filepath.Join(s.Dir(), "dump.rdb"))
				require.NoError(t, err)
			})
		})
	}
}
