// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"fmt"

	"github.com/iredismodule/redismodule/internal/launch"
)

// config returns the lines of the configuration file that are this server's own. Lines of
// the test come after ours, so they win.
func (s *Server) config() []string {
	lines := []string{
		fmt.Sprintf("port %d", s.port), "bind 127.0.0.1",
		"repl-diskless-sync-delay 0", // a replica gets the data at once
	}
	if s.version.hasModuleCommandSwitch() {
		lines = append(lines,
			"enable-module-command yes",
			"enable-debug-command yes",
			"shutdown-on-sigterm nosave",
		)
	}
	for _, m := range s.opts.Modules {
		lines = append(lines, launch.LoadModule(m.Path, m.Args...))
	}
	return append(lines, s.opts.Config...)
}
