// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFuzzSeeds: each folder of seeds has its fuzz target in the package. Nobody runs the others.
func TestFuzzSeeds(t *testing.T) {
	seen := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case d.Name() == ".git" || d.Name() == ".servers" || d.Name() == "out":
			return fs.SkipDir
		case filepath.Base(filepath.Dir(path)) != "fuzz" || filepath.Base(filepath.Dir(filepath.Dir(path))) != "testdata":
			return nil
		}
		seen++
		pkg := filepath.Dir(filepath.Dir(filepath.Dir(path)))
		files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
		require.NoError(t, err)
		found := false
		for _, f := range files {
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			found = found || strings.Contains(string(text), "func "+d.Name()+"(f *testing.F)")
		}
		require.True(t, found, "%s: there is no fuzz target of that name in %s", path, pkg)
		return nil
	}))
	require.NotZero(t, seen)
}
