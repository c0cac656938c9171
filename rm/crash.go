// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"os"
	"path/filepath"
	"strings"
)

// settleCrash sees to what is left of a crash. A panic on a goroutine of the
// module's own ends the process, as in any Go program, and so do errors that the Go
// runtime calls fatal. What it says then goes to standard error, which a server in the
// background does not have: so a server's log file becomes its standard error. And the
// memory test at the end of the server's crash
// report would run into Go's threads, which the server does not know to stop.
func settleCrash(ctx Context, keepMemcheck bool) {
	if file := ctx.config("logfile"); file != "" {
		if !filepath.IsAbs(file) {
			file = filepath.Join(ctx.config("dir"), file)
		}
		if f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0); err == nil {
			if err := takeStderr(f); err != nil {
				ctx.Warning("traces of uncaught panics do not reach the log: " + err.Error())
			}
			_ = f.Close() // its copies stay
		}
	}
	if !keepMemcheck && strings.EqualFold(ctx.config("crash-memcheck-enabled"), "yes") {
		reply, err := ctx.Call("CONFIG", 0, Text("SET"), Text("crash-memcheck-enabled"), Text("no"))
		reply.Free()
		if err == nil {
			ctx.Notice("crash-memcheck-enabled is set to no: the memory test would cut crash reports off (rm-memcheck=keep leaves it)")
		}
	}
}

// config reads a parameter of the server's configuration, "" when there is none.
func (ctx Context) config(name string) string {
	reply, err := ctx.Call("CONFIG", 0, Text("GET"), Text(name))
	if err != nil {
		reply.Free()
		return ""
	}
	defer reply.Free()
	return string(reply.Element(1).Bytes())
}
