// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package safety_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/internal/launch"
	"github.com/iredismodule/redismodule/internal/load"
)

// TestClosedStreams: a server that is started without standard streams opens files of
// its own there (its epoll, its pipes). A module leaves them alone.
func TestClosedStreams(t *testing.T) {
	for name, closed := range map[string]string{"all": "<&- >&- 2>&-", "error": "2>&-"} {
		t.Run("closed="+name, func(t *testing.T) {
			m := module(t, "resident", "datatype=no", "events=no")
			dir := t.TempDir()
			socket := filepath.Join(dir, "s")
			line := "exec " + strings.Join(launch.Find(""), " ") + " --port 0 --unixsocket " + socket + " --save '' --dir " + dir +
				" --logfile " + filepath.Join(dir, "log") + " --enable-module-command yes " + closed
			cmd := exec.Command("sh", "-c", line)
			require.NoError(t, cmd.Start())
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}()
			var c *load.Conn
			eventually(t, patience, "the server", func() (ok bool) {
				var err error
				c, err = load.Dial(context.Background(), socket)
				return err == nil
			})
			defer c.Close()
			_, err := c.Do(loadArgs(m)...)
			require.NoError(t, err)
			for range 10 {
				require.NoError(t, c.Want("PONG", "PING"))
				_, err := c.Do("s.nil")
				require.ErrorContains(t, err, "nil pointer dereference")
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
}
