// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strings"

	"github.com/iredismodule/redismodule/rm"
)

// A language whose scripts are texts, with {} for the first argument: EVAL "#!greet\nHello {}" 0 Ann.
func ExampleContext_RegisterScriptingEngine() {
	rm.Register(rm.Module{Name: "greet", Version: 1, OnLoad: func(ctx rm.Context, _ rm.Args) error {
		_, err := ctx.RegisterScriptingEngine(rm.ScriptingEngine{
			Name: "greet",
			Compile: func(code rm.ScriptCode) ([]rm.EngineFunction, error) {
				text := strings.TrimSpace(string(code.Code))
				return []rm.EngineFunction{{Run: func(ctx rm.Context, call *rm.ScriptCall) error {
					if call.Args.Len() == 0 {
						return rm.ErrWrongArity
					}
					return ctx.ReplyWithText(strings.ReplaceAll(text, "{}", call.Args.At(0).String()))
				}}}, nil
			},
		})
		return err
	}})
}
