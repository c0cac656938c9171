// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/rm"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// callModel says naively what a call hands to C.
type callModel struct {
	letters string
	words   []uintptr
	vector  []redismodule.String
	made    []string
	bad     bool
}

func (m *callModel) make(content string) {
	m.vector = append(m.vector, redismodule.String(rm.FirstMade+len(m.made)))
	m.made = append(m.made, content)
}

// callOf makes arguments of a recipe: a byte chooses the kind, the next ones are
// content.
func callOf(recipe []byte) ([]rm.Arg, *callModel) {
	var args []rm.Arg
	m := &callModel{}
	take := func(n int) []byte {
		n = min(n, len(recipe))
		b := recipe[:n:n]
		recipe = recipe[n:]
		return b
	}
	str := func(b byte) rm.RStr { return rm.RawRStr(redismodule.String(uintptr(b) * 8)) } // 0 is none
	for len(recipe) > 0 {
		op := take(1)[0]
		size := int(op >> 3)
		switch op & 7 {
		case 0: // a string
			b := append(take(1), 1)[0]
			args = append(args, rm.Str(str(b)))
			m.letters, m.words, m.vector = m.letters+"s", append(m.words, uintptr(b)*8), append(m.vector, redismodule.String(b)*8)
			m.bad = m.bad || b == 0
		case 1:
			b := take(size)
			args = append(args, rm.Bytes(b))
			m.letters, m.words = m.letters+"b", append(m.words, uintptr(unsafe.Pointer(unsafeconv.DataBytes(b))), uintptr(len(b)))
			m.make(string(b))
		case 2:
			s := string(take(size))
			args = append(args, rm.Text(s))
			m.letters, m.words = m.letters+"b", append(m.words, uintptr(unsafe.Pointer(unsafeconv.Data(s))), uintptr(len(s)))
			m.make(s)
		case 3:
			z := unsafeconv.NewZ(strings.ReplaceAll(string(take(size)), "\x00", "0"))
			args = append(args, rm.ZText(z))
			m.letters, m.words = m.letters+"c", append(m.words, uintptr(unsafe.Pointer(z.Ptr())))
			m.make(z.String())
		case 4:
			n := int64(0)
			for _, b := range take(size & 15) {
				n = n*255 - int64(b)
			}
			args = append(args, rm.Int64(n))
			m.letters, m.words = m.letters+"l", append(m.words, uintptr(n))
			m.make(strconv.FormatInt(n, 10))
		case 5, 6: // strings
			var v []rm.RStr
			for _, b := range take(size) {
				v = append(v, str(b))
				m.vector = append(m.vector, redismodule.String(b)*8)
				m.bad = m.bad || b == 0
			}
			args = append(args, rm.Strs(rm.ArgsOf(v...)))
			if len(v) > 0 {
				m.letters, m.words = m.letters+"v", append(m.words, uintptr(unsafe.Pointer(&v[0])), uintptr(len(v)))
			}
		case 7:
			if size == 0 {
				args, m.bad = append(args, rm.Arg{}), true
			}
		}
	}
	return args, m
}

// FuzzCall compares what a call hands to C with a model.
func FuzzCall(f *testing.F) {
	f.Add(uint16(0), []byte{})
	f.Add(uint16(1), []byte("\x00\x01\x0aabc"))
	f.Fuzz(func(t *testing.T, flags uint16, recipe []byte) {
		flags &= 1<<13 - 1
		args, m := callOf(recipe)
		got, err := rm.BuildCall(rm.CallFlags(flags), args)
		if m.bad {
			require.ErrorIs(t, err, rm.ErrNoString)
			return
		}
		require.NoError(t, err)
		want := ""
		for i, l := range "!AR30CSWMEDKX" {
			if flags&(1<<i) != 0 {
				want += string(l)
			}
		}
		if len(m.words) <= redismodule.MaxWords-3 {
			require.Equal(t, want+m.letters+"\x00", got.Format)
			require.Equal(t, append([]uintptr{}, m.words...), append([]uintptr{}, got.Words...))
			require.Empty(t, got.Vector)
			require.Empty(t, got.Made)
			return
		}
		require.Equal(t, want+"v\x00", got.Format)
		require.Equal(t, []uintptr{0, uintptr(len(m.vector))}, got.Words)
		require.Equal(t, m.vector, got.Vector)
		require.Equal(t, m.made, got.Made)
	})
}

// TestParseInt reads integers as a reply's text has them.
func TestParseInt(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "7": 7, "-7": -7, "9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63, "0000000000000000012": 12,
	} {
		got, err := rm.ParseInt(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-", "--1", "+1", " 1", "1 ", "1.0", "x", "9223372036854775808", "-9223372036854775809", "9999999999999999999", "99999999999999999999", "1\x00"} {
		_, err := rm.ParseInt(text)
		require.Equal(t, rm.ErrNotInteger, err, text)
	}
}

// TestErrorCodes cuts codes off errors.
func TestErrorCodes(t *testing.T) {
	for text, want := range map[string]string{
		"ERR x": "ERR", "WRONGTYPE": "WRONGTYPE", "E2BIG x": "E2BIG", "": "", "err x": "", "Err": "", "2X y": "", "A\x00 b": "", "NOSCRIPT  x": "NOSCRIPT",
	} {
		require.Equal(t, want, rm.CodeOf(text), text)
		require.Equal(t, want, rm.Error(text).Code(), text)
	}
	require.False(t, rm.IsCode(nil, ""))
	require.False(t, rm.IsCode(unprintable{}, "ERR"))
	require.True(t, rm.IsCode(rm.ErrWrongType, "WRONGTYPE"))
	var none rm.ReplyErr
	require.Empty(t, none.Error()+none.Code()+string(none.Clone()))
}

// TestRESP2Len finds the end of replies.
func TestRESP2Len(t *testing.T) {
	for _, reply := range []string{
		"+OK\r\n", ":-12\r\n", "-ERR x\r\n", "$-1\r\n", "*-1\r\n", "$0\r\n\r\n", "$5\r\nab\r\nc\r\n", "*0\r\n", "*2\r\n*1\r\n*0\r\n$1\r\nx\r\n", "*3\r\n:1\r\n*-1\r\n+\r\n",
	} {
		require.Equal(t, len(reply), rm.RESP2Len([]byte(reply+"+more\r\n")), "%q", reply)
	}
}
