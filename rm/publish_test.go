// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rmtest"
)

// TestPublish sends messages to subscribers of both protocols, and counts them.
// Drives: PublishMessage, PublishMessageShard.
func TestPublish(t *testing.T) {
	withData(t, func(t *testing.T, s *rmtest.Server) {
		w := dial(t, s, 2)
		big := strings.Repeat("m", 1<<20)
		for _, c := range []struct{ subscribe, publish, message string }{
			{"SUBSCRIBE", "d.publish", "message"}, {"SSUBSCRIBE", "d.publish.shard", "smessage"},
		} {
			if c.subscribe == "SSUBSCRIBE" && !serverHas(t, s, "PublishMessageShard") {
				require.Equal(t, "-"+lacking("PublishMessageShard")+"\r\n", w.alone(c.publish, "ch", "x"))
				continue
			}
			require.Equal(t, ":0\r\n", w.alone(c.publish, "ch\x00", "x"), "nobody listens")
			two, three := dial(t, s, 2), dial(t, s, 3)
			two.do(c.subscribe, "ch\x00")
			require.Equal(t, ":1\r\n", w.alone(c.publish, "ch\x00", "first"))
			three.do(c.subscribe, "ch\x00")
			for _, message := range []string{"", "x", "binary\x00\r\n", big} {
				require.Equal(t, ":2\r\n", w.alone(c.publish, "ch\x00", message))
			}
			require.Equal(t, ":0\r\n", w.alone(c.publish, "other", "x"))
			got := func(w *wire, kind byte, message string) {
				t.Helper()
				require.True(t, w.read() == fmt.Sprintf("%c3\r\n", kind)+bulk(c.message)+bulk("ch\x00")+bulk(message), "%.20q", message)
			}
			got(two, '*', "first")
			for _, message := range []string{"", "x", "binary\x00\r\n", big} {
				got(two, '*', message)
				got(three, '>', message)
			}
			require.NoError(t, two.conn.Close())
			require.NoError(t, three.conn.Close())
		}
		// A pattern counts too.
		p := dial(t, s, 2)
		p.do("PSUBSCRIBE", "c*")
		require.Equal(t, ":1\r\n", w.alone("d.publish", "ch", "x"))
		require.Equal(t, "*4\r\n"+bulk("pmessage")+bulk("c*")+bulk("ch")+bulk("x"), p.read())
	})
}
