// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"

	"github.com/iredismodule/redismodule/internal/load"
)

const module = "github.com/iredismodule/redismodule/internal/safety/modules/safety"

// server is a running server with the modules s and beta.
type server struct {
	*load.Server
	beta string
}

func startServer(ctx context.Context, dir string) (*server, error) {
	so, err := load.Build(ctx, dir, "s", module)
	if err != nil {
		return nil, err
	}
	s := &server{}
	if s.beta, err = load.Build(ctx, dir, "beta", module); err != nil {
		return nil, err
	}
	s.Server, err = load.Start(dir, "loadmodule "+so, "loadmodule "+s.beta+" datatype=no")
	return s, err
}
