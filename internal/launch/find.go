// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package launch

import (
	"errors"
	"os"
	"os/exec"
	"strings"
)

// ErrNoServer says what there is to do where there is no server.
var ErrNoServer = errors.New("there is no server: neither RM_SERVER nor redis-server or valkey-server in PATH (Debian: apt-get install redis-server)")

// Find returns the command that starts a server: name, which is a path or words of a
// command line; without a name the one in the environment variable RM_SERVER, and without
// that redis-server or valkey-server in PATH. It is empty if there is none.
func Find(name string) []string {
	if name == "" {
		name = os.Getenv("RM_SERVER")
	}
	if name != "" {
		if _, err := os.Stat(name); err == nil {
			return []string{name} // a path, even if it has spaces
		}
		return strings.Fields(name)
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}
		}
	}
	return nil
}
