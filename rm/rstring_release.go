// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !rm_debug

package rm

import "github.com/iredismodule/redismodule"

// The debug build keeps account of owned strings; this one does not.

// owned makes an RString of a reference that the module has got: to a new string,
// or to one that is known as of.
func owned(s, of redismodule.String) RString { return RString{RStr{s}} }

func freeString(s redismodule.String) { redismodule.FreeString(0, s) }

func disowned(redismodule.String) {}

// alive panics, in the debug build, if the string is freed.
func (s RStr) alive() {}
