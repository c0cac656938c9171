// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"

	"github.com/iredismodule/redismodule"
)

// compareItems tells, in the debug build, when Save writes more items for a value than the Load has read that made it:
// if as many were saved, the server finds some unread, and refuses the value without telling the module. Save does not write here.
func (t *Type[T]) compareItems(read int, v *T) {
	if t.uneven {
		return
	}
	w := &Saver{IO{o: newOrigin("Save of a data type"), t: &t.dataType, counting: true}}
	var err error
	failure := redismodule.Protect(func() { err = t.spec.Save(w, v) })
	whole := failure == nil && err == nil && w.err == nil
	if w.end(); !whole || w.items <= read {
		return
	}
	t.uneven = true
	Log(LevelWarning, fmt.Sprintf("data type %s: Load has read %d items, and Save writes %d for the value that it has made. "+
		"If as many were saved, the server refuses it, for what was left unread (Bad data format)", t.name, read, w.items))
}
