// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import "testing"

// EachMode runs a test as two subtests, one for each mode in which a module can run:
// "resident", and "portable", as on platforms for which there is no assembly. A module
// gets the mode by the load argument "rm-mode=" + mode; how it answers must not depend on it.
func EachMode(t *testing.T, test func(t *testing.T, mode string)) {
	t.Helper()
	for _, mode := range []string{"resident", "portable"} {
		t.Run("mode="+mode, func(t *testing.T) { test(t, mode) })
	}
}
