// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

func TestMain(m *testing.M) { os.Exit(rmtest.Main(m)) }

// TestFetchedServersStart starts every server in .servers with a C module.
func TestFetchedServersStart(t *testing.T) {
	top, err := projectRoot()
	require.NoError(t, err)
	dir := filepath.Join(top, ".servers")
	any := false
	for _, s := range servers() {
		versions, err := fetchedVersions(s.suite.root(dir))
		if err != nil {
			continue
		}
		any = true
		t.Run(s.name(), func(t *testing.T) {
			if s.suite.arch != runtime.GOARCH {
				cc := strings.TrimSuffix(cpus[s.suite.arch].triplet, "-") + "-gcc"
				if _, err := exec.LookPath(cc); err != nil {
					t.Skipf("no compiler for %s (%s)", s.suite.arch, cc)
				}
				t.Setenv("CC", cc)
				t.Setenv("RM_TEST_SLOW", "5")
			}
			command, err := s.command(dir, runtime.GOARCH)
			require.NoError(t, err)
			srv := rmtest.Start(t, rmtest.Options{
				Server:  strings.Join(command, " "),
				Modules: []rmtest.Module{{Path: rmtest.BuildC(t, "../../rmtest/testdata/tiny.c")}},
			})
			require.Equal(t, "tiny", srv.MustDo("tiny.ping"))
			kind, major, minor, patch := srv.Version()
			require.Equal(t, s.kind, kind)
			require.Equal(t, versions[s.kind], fmt.Sprintf("%d.%d.%d", major, minor, patch))
		})
	}
	if !any {
		t.Skip("no servers fetched: go run ./internal/servers fetch ...")
	}
}
