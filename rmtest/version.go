// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iredismodule/redismodule/internal/launch"
)

// version is what a server binary says of itself.
type version struct {
	kind                string
	major, minor, patch int
}

// hasModuleCommandSwitch reports whether the server knows enable-module-command and
// enable-debug-command, and reads shutdown-on-sigterm.
func (v version) hasModuleCommandSwitch() bool {
	return v.kind == "valkey" || v.major >= 7
}

var versionLine = regexp.MustCompile(`(?i)(redis|valkey) server v=(\d+)\.(\d+)\.(\d+)`)

// parseVersion reads the line that a server prints for --version.
func parseVersion(line string) (version, error) {
	m := versionLine.FindStringSubmatch(line)
	if m == nil {
		return version{}, fmt.Errorf("no version in %q", line)
	}
	v := version{kind: strings.ToLower(m[1])}
	for i, p := range []*int{&v.major, &v.minor, &v.patch} {
		n, err := strconv.Atoi(m[2+i])
		if err != nil {
			return version{}, err
		}
		*p = n
	}
	return v, nil
}

// versions remembers the answers, since an emulated server takes a while to give one.
var versions sync.Map

// serverVersion asks the server binary for its version.
func serverVersion(command []string) (version, error) {
	key := strings.Join(command, "\x00")
	if v, ok := versions.Load(key); ok {
		return v.(version), nil
	}
	args := append(command[1:len(command):len(command)], "--version")
	out, err := exec.Command(command[0], args...).CombinedOutput()
	if err != nil {
		return version{}, fmt.Errorf("%s --version: %w\n%s", strings.Join(command, " "), err, out)
	}
	v, err := parseVersion(string(out))
	if err == nil {
		versions.Store(key, v)
	}
	return v, err
}

// requireServer returns the server's command and version, or ends the test.
func requireServer(tb testing.TB, name string) ([]string, version) {
	tb.Helper()
	command := launch.Find(name)
	if len(command) == 0 {
		if os.Getenv("RM_REQUIRE_SERVER") == "1" {
			tb.Fatalf("rmtest: %v, but RM_REQUIRE_SERVER is 1", launch.ErrNoServer)
		}
		tb.Skipf("rmtest: %v", launch.ErrNoServer)
	}
	v, err := serverVersion(command)
	if err != nil {
		tb.Fatalf("rmtest: %v", err)
	}
	return command, v
}

// slow multiplies a time-out as RM_TEST_SLOW says.
func slow(d time.Duration) time.Duration {
	if f, err := strconv.ParseFloat(os.Getenv("RM_TEST_SLOW"), 64); err == nil && f > 1 {
		return time.Duration(float64(d) * f)
	}
	return d
}
