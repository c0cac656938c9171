// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Package built builds the modules of the benchmarks for tests.
package built

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/launch"
)

// NeedServer skips a test where there is no server or no C compiler. Where RM_REQUIRE_SERVER is 1
// that is a fault.
func NeedServer(t *testing.T) {
	t.Helper()
	missing := ""
	if len(launch.Find("")) == 0 {
		missing = launch.ErrNoServer.Error()
	} else if _, err := exec.LookPath("gcc"); err != nil {
		missing = err.Error()
	}
	if missing == "" {
		return
	}
	if os.Getenv("RM_REQUIRE_SERVER") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// Modules builds the C twin and the Go module, for a package in a folder beside theirs. See
// NeedServer.
func Modules(t *testing.T) (c, goModule string) {
	t.Helper()
	NeedServer(t)
	dir := t.TempDir()
	c, goModule = filepath.Join(dir, "twin.so"), filepath.Join(dir, "go.so")
	out, err := exec.Command("gcc", "-O2", "-fPIC", "-shared", "-o", c, "../native/twin.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", goModule, "../module")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err = build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.Chmod(goModule, 0o755))
	return c, goModule
}
