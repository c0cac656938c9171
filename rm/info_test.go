// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// moduleInfo returns what INFO shows of the module.
func moduleInfo(s *rmtest.Server, sections ...any) string {
	return strings.ReplaceAll(s.MustDo(append([]any{"INFO"}, sections...)...).(string), "\r\n", "\n")
}

// TestInfo: sections, fields of all types and dictionaries, as clients see them.
//
// Drives: RegisterInfoFunc, InfoAddSection, InfoBeginDictField, InfoEndDictField,
// InfoAddFieldString, InfoAddFieldCString, InfoAddFieldDouble, InfoAddFieldLongLong,
// InfoAddFieldULongLong, GetServerInfo, ServerInfoGetFieldC, FreeServerInfo.
func TestInfo(t *testing.T) {
	withConfigs(t, func(t *testing.T, s *rmtest.Server, m rmtest.Module) {
		want := "# configmod_types\nconfigmod_string:of the  server, whole\nconfigmod_text:a: b   #c, d\xc8\nconfigmod_long:" + strings.Repeat("0", 299) + "7\n" +
			"configmod_min:-9223372036854775808\nconfigmod_max:18446744073709551615\nconfigmod_double:2.5\nconfigmod_inf:-inf\n" +
			"configmod_dict:s=of the  server  whole,t=x y,n=-1,u=1,d=0.5\nconfigmod_em_pty:\nconfigmod_open:n=2\n"
		require.Equal(t, want, numbers(moduleInfo(s, "configmod_types")))
		for _, section := range []string{"everything", "modules", "configmod"} {
			got := moduleInfo(s, section)
			require.Contains(t, numbers(got), want, section)
			require.Contains(t, got, "configmod_early:ERR a field of INFO needs a section", section)
			require.Contains(t, got, "# configmod_go\n", section)
			require.Regexp(t, `configmod_fault0:.*has a character`, got, section)
			require.Regexp(t, `configmod_fault2:.*has a character`, got, section)
			require.Contains(t, got, "configmod_fault3:ERR a string is missing", section)
			require.Contains(t, got, "configmod_end:ERR there is no dictionary", section)
		}
		require.NotContains(t, moduleInfo(s, "server"), "configmod")
		require.NotContains(t, moduleInfo(s, "configmod_go"), "configmod_runs")

		goes := moduleInfo(s, "configmod_go")
		mode := strings.TrimPrefix(m.Args[0], "rm-mode=")
		require.Contains(t, goes, "# configmod_go\nconfigmod_mode:"+mode+"\n")
		for _, field := range []string{"go_version:go1", "gomaxprocs:[1-9]", "loads:", "callbacks:[1-9]", "queue_length:0\n", "queue_jobs:", "queue_wait_usec:", "queue_wait_worst_usec:", "entries_resident:", "entries_by_cgo:", "threads:[1-9]", "p_given_away:", "goroutines:[1-9]",
			"heap_bytes:[1-9]", "heap_goal_bytes:[1-9]", "memory_bytes:[1-9]", "memory_released_bytes:", "gc_cycles:",
			`gc_pause_usec:count=\d+,p50=[\d.e-]+,p99=[\d.e-]+,max=[\d.e-]+\n`, `wait_for_p_usec:count=[1-9]\d*,p50=`} {
			require.Regexp(t, "configmod_"+field, goes)
		}

		// Each command is an entry on the mode's own path.
		entries := func(path string) int {
			n, err := strconv.Atoi(regexp.MustCompile("configmod_entries_" + path + `:(\d+)`).FindStringSubmatch(moduleInfo(s, "configmod_go"))[1])
			require.NoError(t, err)
			return n
		}
		path, other := "resident", "by_cgo"
		if mode == "portable" {
			path, other = other, path
		}
		before, beside := entries(path), entries(other)
		for range 100 {
			s.MustDo("cm.values")
		}
		require.GreaterOrEqual(t, entries(path), before+100)
		require.Less(t, entries(other), beside+100)

		require.Regexp(t, `^go1`, s.MustDo("cm.nested", "configmod", "configmod_go_version"), "in a command of its own")
		require.Equal(t, "-1", regexp.MustCompile(`n=(-1)`).FindStringSubmatch(s.MustDo("cm.nested", "everything", "configmod_dict").(string))[1])
		require.Equal(t, "ERR the function for INFO has returned, ERR the function for INFO has returned, ERR the function for INFO has returned", s.MustDo("cm.kept"))

		for _, failure := range []string{"panic", "goexit"} {
			s.MustDo("cm.info", failure)
			got := moduleInfo(s, "everything")
			require.Contains(t, got, "configmod_runs:")
			require.NotContains(t, got, "configmod_double")
			require.Contains(t, got, "redis_version:")
		}
		require.Contains(t, s.Log(), "Info: panic: no more figures")
		require.Contains(t, s.Log(), "Info: the handler called runtime.Goexit")
		s.MustDo("cm.info", "")
		require.Equal(t, want, numbers(moduleInfo(s, "configmod_types")))
		require.Equal(t, "ERR the function for INFO has returned", strings.Split(s.MustDo("cm.kept").(string), ", ")[0])

		s.MustDo("MODULE", "UNLOAD", "configmod")
		require.NotContains(t, moduleInfo(s, "everything"), "configmod")
		require.NoError(t, load(s, m))
		require.Contains(t, moduleInfo(s, "configmod"), "configmod_loads:")
	}, "CONFIGMOD=")
}

var zeros = regexp.MustCompile(`(\.\d*?)0+\b`)

// numbers takes out how many zeros a server puts behind the point.
func numbers(text string) string { return zeros.ReplaceAllString(text, "$1") }

// TestInfoOff: the section of the package can be left out.
func TestInfoOff(t *testing.T) {
	rmtest.EachMode(t, func(t *testing.T, mode string) {
		s := rmtest.Start(t, rmtest.Options{})
		since70(t, s)
		require.NoError(t, load(s, configmod(t, mode, "rm-info=off")))
		require.NotContains(t, moduleInfo(s, "everything"), "configmod_go")
		require.Contains(t, moduleInfo(s, "everything"), "configmod_runs")
		s.MustDo("MODULE", "UNLOAD", "configmod")
		require.Error(t, load(s, configmod(t, mode, "rm-info=perhaps")))
		require.NoError(t, load(s, configmod(t, mode, "rm-info=on")))
		require.Contains(t, moduleInfo(s, "everything"), "configmod_go")
	})
}

// TestInfoInCrash: a crash report, after a fault and after an assertion, is written to its
// end, and Go is not asked for it.
func TestInfoInCrash(t *testing.T) {
	for _, how := range [][]any{{"DEBUG", "SEGFAULT"}, {"DEBUG", "ASSERT"}} {
		rmtest.EachMode(t, func(t *testing.T, mode string) {
			s := rmtest.Start(t, rmtest.Options{Modules: []rmtest.Module{configmod(t, mode)}, Config: []string{"enable-debug-command yes"}})
			since70(t, s)
			require.Contains(t, moduleInfo(s, "everything"), "configmod_runs:1\n")
			_, err := s.Do(how...)
			require.Error(t, err)
			require.NotNil(t, s.WaitExit(patience))
			if how[1] == "SEGFAULT" { // newer servers leave it out after an assertion of DEBUG's
				require.Contains(t, s.Log(), "INFO OUTPUT")
			}
			require.Contains(t, s.Log(), "BUG REPORT END")
			require.NotContains(t, s.Log(), "configmod_runs")
		})
	}
}
