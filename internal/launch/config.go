// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package launch

import (
	"fmt"
	"strings"
)

// Quote writes s as one argument of a line in a server's configuration file.
func Quote(s string) string {
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

// LoadModule is the line that loads a module.
func LoadModule(path string, args ...string) string {
	line := "loadmodule " + Quote(path)
	for _, a := range args {
		line += " " + Quote(a)
	}
	return line
}

// config is the text of the configuration file. The lines of o come last, so they win.
func (o *Options) config(log string) string {
	return strings.Join(append([]string{
		"port 0",
		"unixsocket " + Quote(o.Socket),
		"unixsocketperm 700",
		`save ""`,
		"appendonly no",
		"dir " + Quote(o.Dir),
		"logfile " + Quote(log),
	}, o.Config...), "\n") + "\n"
}
