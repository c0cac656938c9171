// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// notInTheAPI are names in servers that begin like those of functions: what modules export, and parts of messages.
var notInTheAPI = []string{"EventListeners", "OnLoad", "OnLoad_lua", "OnUnload", "OnUnload_lua", "ReplySet", "ReplyWith", "SetReply", "SetReplyArrayLen"}

// rows reads a table of facts.
func rows(t *testing.T, name string) (list [][]string) {
	b, err := os.ReadFile(filepath.Join(root, "api", name))
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		list = append(list, strings.Split(line, "\t"))
	}
	return list
}

// TestNamesOfServers: the servers at hand have no function that the tables do not know. They are those of the
// environment, the path, and what make servers has fetched.
func TestNamesOfServers(t *testing.T) {
	known := map[string]bool{}
	for _, r := range rows(t, "functions.tsv") {
		_, name, _ := strings.Cut(r[0], "Module_")
		known[name] = true
	}
	var servers []string
	for _, f := range strings.Fields(os.Getenv("RM_SERVER")) {
		if strings.HasSuffix(f, "-server") {
			servers = append(servers, f)
		}
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			servers = append(servers, path)
		}
		fetched, err := filepath.Glob(filepath.Join(root, ".servers", "*", "usr", "bin", name))
		require.NoError(t, err)
		servers = append(servers, fetched...)
	}
	if len(servers) == 0 {
		t.Skip("there is no server")
	}
	seen := regexp.MustCompile(`\b(?:Redis|Valkey)Module_(\w+)`)
	for _, path := range servers {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		n := 0
		for _, m := range seen.FindAllSubmatch(b, -1) {
			if name := string(m[1]); known[name] {
				n++
			} else if !slices.Contains(notInTheAPI, name) {
				t.Errorf("%s has %s, which api/functions.tsv does not know", path, m[0])
			}
		}
		require.Greater(t, n, 200, "%s does not look like a server", path)
	}
}

// TestDifferencesOfServers: what Redis and Valkey give one number and two meanings is what docs/ARCHITECTURE.md says.
func TestDifferencesOfServers(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs", "ARCHITECTURE.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(doc), "\n## Differences between servers\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	redis, valkey := map[string][]string{}, map[string][]string{}
	for _, r := range rows(t, "constants.tsv") {
		// Sub-events belong to their event; versions to their struct; event variables repeat the numbers.
		if slices.Contains([]string{"subevents", "struct versions", "event variables"}, r[2]) || strings.HasPrefix(r[0], "_") {
			continue
		}
		key := r[2] + " " + r[1]
		if r[3] == "-" {
			valkey[key] = append(valkey[key], r[0])
		} else if strings.Contains(r[4], "valkey=-") {
			redis[key] = append(redis[key], r[0])
		}
	}
	collisions := 0
	for key, ours := range redis {
		if len(valkey[key]) == 0 {
			continue
		}
		collisions++
		for _, name := range append(slices.Clone(ours), valkey[key]...) {
			name = name[strings.IndexByte(name, '_')+1:]
			require.Contains(t, section, "`"+name+"`", "%s is %s in one kind of servers and %s in the other", key, ours, valkey[key])
		}
	}
	require.GreaterOrEqual(t, collisions, 7)
}
