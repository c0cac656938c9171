// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule/rm"
)

// TestAutoMemoryOutside: a context that is not a command's gets no automatic memory, be
// it the innermost or one further out: it may outlive the callback. Without a server,
// asking for it would panic.
func TestAutoMemoryOutside(t *testing.T) {
	rm.InOutside([]uintptr{8, 16}, func(outer, inner rm.Context) {
		inner.AutoMemory()
		outer.AutoMemory()
	})
	require.Panics(t, func() {
		rm.InOutside([]uintptr{8, 16}, func(rm.Context, rm.Context) { rm.RawContext(24).AutoMemory() })
	})
}

// TestTable: handles of entries that have ended answer nil, whatever the memory is used
// for since, and so does the word that C was given.
func TestTable(t *testing.T) {
	var table rm.TestTable
	require.Equal(t, "", table.Held())
	a, b := table.Take("a"), table.Take("b")
	require.Equal(t, "an entry is left", table.Held())
	require.Equal(t, []string{"b", "a"}, table.InUse())
	require.Equal(t, "a", a.Live())
	require.Equal(t, "a", table.At(a.Word()))
	require.Equal(t, "b", b.Live())
	copied := a
	a.Drop(&table)
	require.Equal(t, "", copied.Live())
	require.Equal(t, "", table.At(a.Word()))
	require.Equal(t, "b", b.Live())
	c := table.Take("c")
	require.Equal(t, "", a.Live(), "the memory is reused, the handle not")
	require.Equal(t, "", table.At(a.Word()))
	require.Equal(t, "c", table.At(c.Word()))
	require.NotEqual(t, a.Word(), c.Word())
	require.Equal(t, "", table.At(1<<20))
	d := table.Take("d")
	c.Drop(&table) // the one in the middle
	require.Equal(t, []string{"d", "b"}, table.InUse())
	table.Forget()
	require.Empty(t, table.InUse())
	require.Equal(t, "", b.Live())
	require.Equal(t, "", d.Live())
	require.Equal(t, "", table.Held())
	require.Equal(t, "", rm.TestHandle{}.Live())
	require.Zero(t, testing.AllocsPerRun(100, func() {
		e, f := table.Take("e"), table.Take("f")
		e.Drop(&table)
		f.Drop(&table)
	}))
}
