// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// KEYS is turned into a command that no module has, so that the client gets an error, and
// every DEL becomes an UNLINK.
func ExampleContext_RegisterCommandFilter() {
	onLoad := func(ctx rm.Context, _ rm.Args) error {
		unlink, refused := rm.NewRStringText("UNLINK"), rm.NewRStringText("KEYS-is-turned-off")
		_, err := ctx.RegisterCommandFilter(rm.FilterNoSelf, func(c rm.FilteredCommand) {
			switch name := c.At(0).String(); {
			case strings.EqualFold(name, "DEL"):
				s := unlink.Retain() // Replace takes it over
				_ = c.Replace(0, &s)
			case strings.EqualFold(name, "KEYS"):
				s := refused.Retain()
				_ = c.Replace(0, &s)
			}
		})
		return err // nothing is to be kept: the filter ends with the module
	}
	rm.Register(rm.Module{Name: "tidy", Version: 1, OnLoad: onLoad})
}
