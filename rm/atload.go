// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

// atLoad is what packages beside the module's own want done at load.
var atLoad []func(ctx Context) error

// AtLoad has f run whenever the module is loaded, when its commands are registered and
// before [Module].OnLoad. It is for packages that add something, such as commands, to
// any module that imports them. It must be called in an init function. An error makes
// the load fail.
func AtLoad(f func(ctx Context) error) { atLoad = append(atLoad, f) }

// runAtLoad runs them, in the order in which they came.
func runAtLoad(ctx Context) error {
	for _, f := range atLoad {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}
