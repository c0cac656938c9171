// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "strconv"

// What the generated methods of zenums.go share.
//go:generate go run ../internal/enumgen

// flagText is a constant of a type of flags, with its name.
type flagText struct {
	bits uint64
	name string
}

// enumText is the text of a value that has no constant.
func enumText(kind string, v int64) string { return kind + "(" + strconv.FormatInt(v, 10) + ")" }

// flagsText names flags. What has more bits stands first in the table. One constant
// allocates nothing.
func flagsText(v uint64, table []flagText) string {
	for i := range table {
		if table[i].bits == v {
			return table[i].name
		}
	}
	var text []byte
	for i := range table {
		if f := &table[i]; v&f.bits == f.bits {
			text = append(append(text, '|'), f.name...)
			v &^= f.bits
		}
	}
	if v != 0 {
		text = strconv.AppendUint(append(text, "|0x"...), v, 16)
	}
	return string(text[1:])
}
