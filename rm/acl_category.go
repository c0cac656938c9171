// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

const (
	// ErrCategoryName means that the server does not take the name of a category: it may
	// have letters, digits, '-' and '_'.
	ErrCategoryName = Error("ERR the name of an ACL category has characters other than letters, digits, '-' and '_', or none")
	// ErrCategoryExists means that there is a category of that name: a server's, or one
	// that a module has added.
	ErrCategoryExists = Error("ERR there is an ACL category of this name already")
	// ErrCategoryRoom means that the server has no room for another category.
	ErrCategoryRoom = Error("ERR there are too many ACL categories")
)

// AddACLCategory adds a category of the module's own to those of ACLs (ACL CAT), for
// [Command].Categories; it stays until the server ends, also when the module is unloaded. [Module].Categories adds them before the
// commands. The error is [ErrCategoryName], [ErrCategoryExists], or
// [ErrCategoryRoom]; outside of OnLoad it is another one.
//
// C: RedisModule_AddACLCategory, since Redis 7.4, Valkey 8.0.
func (ctx Context) AddACLCategory(name string) error {
	switch {
	case !has(featureAddACLCategory):
		return lacks(featureAddACLCategory)
	case !creating:
		return ErrCategoryLate
	case name == "" || unsafeconv.HasNUL(name):
		return ErrCategoryName
	}
	z := unsafeconv.NewZ(name)
	rc, errno := redismodule.AddACLCategory(ctx.raw(), z.Ptr()), syscall.Errno(0)
	if rc != redismodule.OK {
		errno = redismodule.Errno()
	}
	keepAlive(&z)
	if errno == syscall.EBUSY && ownCategories[name] && !slices.Contains(state.categories, name) {
		rc = redismodule.OK
	}
	switch {
	case rc == redismodule.OK:
		ownCategories[name] = true
		state.categories = append(state.categories, name)
		return nil
	case errno == syscall.EINVAL:
		return ErrCategoryName
	case errno == syscall.EBUSY:
		return ErrCategoryExists
	case errno == syscall.ENOMEM:
		return ErrCategoryRoom
	}
	return ErrRefused
}

// ownCategories are those that the library has added in this process: servers keep them when
// the module is unloaded, and do not take them again when it is loaded anew.
var ownCategories = map[string]bool{}

// addCategories adds those of the module.
func (m *Module) addCategories(ctx Context) error {
	for _, name := range m.Categories {
		if err := ctx.AddACLCategory(name); err != nil {
			return fmt.Errorf("module: Categories: %q: %w", name, err)
		}
	}
	return nil
}

// setCategories puts a command that is registered into its categories.
func (ctx Context) setCategories(name string, categories []string) error {
	if len(categories) == 0 {
		return nil
	}
	bad := func(reason string) error {
		return &fieldError{fmt.Sprintf("command %q", name), "Categories", reason}
	}
	if !has(featureSetCommandACLCategories) {
		return bad(lacks(featureSetCommandACLCategories).Error())
	}
	for _, c := range categories {
		if c == "" || strings.ContainsAny(c, " \x00") {
			return bad(fmt.Sprintf("%q is no category", c))
		}
	}
	z, words := unsafeconv.NewZ(name), unsafeconv.NewZ(strings.Join(categories, " "))
	cmd := redismodule.GetCommand(ctx.raw(), z.Ptr())
	rc := redismodule.SetCommandACLCategories(cmd, words.Ptr())
	keepAlive(&z)
	keepAlive(&words)
	if rc != redismodule.OK {
		return bad(fmt.Sprintf("the server does not know all of %q", categories))
	}
	return nil
}

// ErrCategoryLate refuses a category that comes too late.
const ErrCategoryLate = Error("ERR ACL categories can be added while the module loads only: in Module.Categories or OnLoad")
