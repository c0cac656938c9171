// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

//go:build !rm_debug

package rm

// grip and grips are nothing without the tag rm_debug; block_grip_debug.go has them. They do not stand last in their
// structs, where they would take a word.
type (
	grip  struct{}
	grips struct{}
)

func (grips) grip() grip { return grip{} }
func (*blocked) watch()  {}
func (grips) waits()     {}
func (grips) ends()      {}
