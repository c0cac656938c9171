// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rmtest

import (
	"fmt"
	"strings"
)

// quote writes s as one argument of a line in a server's configuration file.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// config returns the text of the configuration file. Lines of the test come after ours,
// so they win.
func (s *Server) config() string {
	lines := []string{
		fmt.Sprintf("port %d", s.port),
		"bind 127.0.0.1",
		"unixsocket " + quote(s.socket),
		"unixsocketperm 700",
		`save ""`,
		"dir " + quote(s.dir),
		"logfile " + quote(s.logPath),
	}
	if s.version.hasModuleCommandSwitch() {
		lines = append(lines,
			"enable-module-command yes",
			"enable-debug-command yes",
			"shutdown-on-sigterm nosave",
		)
	}
	for _, m := range s.opts.Modules {
		line := "loadmodule " + quote(m.Path)
		for _, a := range m.Args {
			line += " " + quote(a)
		}
		lines = append(lines, line)
	}
	lines = append(lines, s.opts.Config...)
	return strings.Join(lines, "\n") + "\n"
}
