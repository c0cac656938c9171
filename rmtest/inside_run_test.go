// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// insider runs the tests of testdata/insider, which fail in all ways, and returns what
// go test prints.
func insider(t *testing.T, mode, protocol string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"test", "-count=1", "-v"}, args...)...)
	cmd.Dir = "testdata/insider"
	cmd.Env = append(os.Environ(), "INSIDER_MODE="+mode, "INSIDER_PROTOCOL="+protocol)
	out, err := cmd.CombinedOutput()
	if len(args) == 0 {
		require.Error(t, err)
	}
	return string(out)
}

// said returns what the output has of one test and its parts.
func said(out, test string) string {
	var b strings.Builder
	for _, section := range strings.Split(out, "=== RUN   TestInside/")[1:] {
		if name, _, _ := strings.Cut(strings.Fields(section)[0], "/"); name == test {
			b.WriteString(section)
		}
	}
	return b.String()
}

func TestInside(t *testing.T) {
	probe := rmtest.Start(t, rmtest.Options{})
	kind, major, _, _ := probe.Version()
	probe.Stop()
	for protocol, mode := range map[string]string{"2": "portable", "3": "resident"} {
		t.Run("mode="+mode, func(t *testing.T) {
			out := insider(t, mode, protocol)
			got := map[string]string{}
			for _, m := range regexp.MustCompile(`--- ([A-Z]+): TestInside/(\S+)`).FindAllStringSubmatch(out, -1) {
				got[m[2]] = m[1]
			}
			require.Equal(t, map[string]string{
				"InsidePass": "PASS", "InsideAssert": "FAIL", "InsideHelper": "FAIL", "InsidePanic": "FAIL", "InsideGoexit": "FAIL", "InsideSkip": "SKIP",
				"InsideParts": "FAIL", "InsideParts/good": "PASS", "InsideParts/skipped": "SKIP", "InsideParts/bad": "FAIL", "InsideParts/bad/deep": "FAIL",
				"InsideParts/ends_the_whole": "FAIL", "InsideGoroutine": "FAIL", "InsideReply": "PASS", "InsideLater": "FAIL", "InsideProtocol": "PASS",
				"InsideHang": "FAIL", "InsideSleep": "FAIL", "InsideDie": "FAIL", "InsideLast": "PASS",
			}, got, out)
			require.NotContains(t, out, "never said")
			require.Regexp(t, `main_test.go:\d+: inside_test.go:\d+: a line of InsidePass\n`, said(out, "InsidePass"))

			text := said(out, "InsideAssert")
			require.Regexp(t, `Error Trace:\s+\S*/testdata/insider/inside_test.go:\d+\n\s+Error:\s+Not equal: (?s:.*)inside_test.go:\d+: goes on(?s:.*)cleaned up last(?s:.*)cleaned up first`, text)
			require.Equal(t, lineOf(t, "helper(t)\n\tif"), regexp.MustCompile(`inside_test.go:(\d+): called by the line`).FindStringSubmatch(said(out, "InsideHelper"))[1])
			require.Regexp(t, `inside_test.go:`+lineOf(t, "fmt.Fprint(os.Stderr, none")+`: panic: runtime error: invalid memory address(?s:.*)main.InsidePanic`, said(out, "InsidePanic"))
			require.Regexp(t, `inside_test.go:`+lineOf(t, "func InsideGoexit")+`: the test called runtime.Goexit`, said(out, "InsideGoexit"))
			require.Regexp(t, `inside_test.go:\d+: not today`, said(out, "InsideSkip"))
			require.Contains(t, said(out, "InsideParts"), "deep down")
			text = said(out, "InsideGoroutine")
			require.Contains(t, text, "on a goroutine")
			require.Contains(t, text, "the test goes on")
			if kind == "valkey" || major >= 7 {
				require.Contains(t, said(out, "InsideProtocol"), fmt.Sprint("RESP3: ", protocol == "3"))
			}
			require.Regexp(t, `(?s)first command.*second command.*in the third.*cleaned up`, said(out, "InsideLater"))
			require.Regexp(t, `has not ended after \S+: (?s:.*)the test's first\s+goroutine (?s:.*)main.busy\(\)`, said(out, "InsideHang"))
			require.Regexp(t, `has not ended after \S+: (?s:.*)the test's first\s+goroutine \d+ \[sleep`, said(out, "InsideSleep"))
			require.Regexp(t, `the server died: (?s:.*)nobody recovers this`, said(out, "InsideDie"))
		})
	}
}

// TestInsideChosen runs one test by its name.
func TestInsideChosen(t *testing.T) {
	needServer(t)
	out := insider(t, "resident", "3", "-run", "^TestInside$/^InsidePass$")
	require.Contains(t, out, "--- PASS: TestInside/InsidePass")
	require.NotContains(t, out, "InsideAssert")
	require.Contains(t, out, "\nok ")
}

// lineOf returns the number of the line where text begins in the file of the tests.
func lineOf(t *testing.T, text string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/insider/inside_test.go")
	require.NoError(t, err)
	before, _, found := strings.Cut(string(b), text)
	require.True(t, found)
	return fmt.Sprint(strings.Count(before, "\n") + 1)
}
