// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestScriptInScript has commands that call scripts, called by a script: the server
// would end itself.
//
// Drives: Call, GetContextFlags.
func TestScriptInScript(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		for range 2 {
			require.Equal(t, ":1\r\n", w.alone("d.call", "EVAL", "return 1", "0"), "without a script around it")
			require.Equal(t, ":2\r\n", w.alone("d.call.texts", "eval", "return 2", "0"))
			const refused = "-ERR a script is running: no other one, and no SCRIPT, FUNCTION or DEBUG, can be called, and no RDB file loaded\r\n"
			for _, inner := range []string{"'d.call','EVAL','return 1','0'", "'d.call.texts','Eval','return 1','0'", "'d.call','evalsha','0','0'",
				"'d.call','SCRIPT','FLUSH'", "'d.call','Function','FLUSH'", "'d.call.texts','debug','RELOAD'"} {
				require.Equal(t, refused, w.alone("EVAL", "return redis.pcall("+inner+")", "0"), inner)
			}
			require.Equal(t, bulk("x"), w.alone("EVAL", "return redis.call('d.call','ECHO','x')", "0"), "others may be called")
		}
	})
}
