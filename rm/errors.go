// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import "strings"

// Error is an error reply as a constant: const ErrBusy = rm.Error("BUSY try
// again"). The first word is the error code in the protocol. Returning one from
// a handler allocates nothing.
type Error string

// Error returns the text that the client gets.
func (e Error) Error() string { return string(e) }

// Errors that a handler can return and that the methods of this package return.
const (
	// ErrWrongArity replies with the server's own text on a wrong number of
	// arguments, which names the command.
	ErrWrongArity = Error("ERR wrong number of arguments")
	// ErrWrongType is the server's text for an operation on a key of another
	// type.
	ErrWrongType = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
	// ErrUnsupported means that the running server lacks the function.
	ErrUnsupported = Error("ERR this server does not support the operation")
	// ErrNotInteger means that a value is not a 64-bit signed integer.
	ErrNotInteger = Error("ERR value is not an integer or out of range")
	// ErrNotFloat means that a value is not a floating-point number.
	ErrNotFloat = Error("ERR value is not a valid float")
	// ErrNoReply means that the server could not even start a call.
	ErrNoReply = Error("ERR the server refused the call")
	// ErrRange means that an index or a length is outside of what exists.
	ErrRange = Error("ERR index out of range")
	// ErrNoKey means that there is no such key.
	ErrNoKey = Error("ERR no such key")
	// ErrKeyClosed means that a key is used after it was closed, or after the
	// callback that opened it has returned.
	ErrKeyClosed = Error("ERR the key is closed")
	// ErrKeyLent means that a key belongs to the server, which closes it.
	ErrKeyLent = Error("ERR the key is lent by the server and is not to be closed")
	// ErrRefused means that the server refused an operation without a reason.
	ErrRefused = Error("ERR the server refused the operation")
	// ErrNULByte means that a text for the server has a NUL byte in it, where
	// the server would see its end.
	ErrNULByte = Error("ERR text contains a NUL byte")
	// ErrNoString means that a zero RStr is given where a string is needed.
	ErrNoString = Error("ERR an argument is no string")
	// ErrReplyType means that a call's reply is of a type that does not convert.
	ErrReplyType = Error("ERR the reply is of another type")
)

// replyText turns an error into the text of an error reply: one line, with an
// error code in front.
func replyText(err error) string {
	switch e := err.(type) {
	case Error:
		if oneLine(string(e)) {
			return string(e)
		}
	case ReplyErr: // without a copy
		if text := e.view(); oneLine(text) {
			return text
		}
	}
	s := err.Error()
	if !oneLine(s) {
		s = strings.Map(func(r rune) rune {
			if r == '\r' || r == '\n' || r == 0 {
				return ' '
			}
			return r
		}, s)
	}
	if !hasCode(s) {
		s = "ERR " + s
	}
	return s
}

func oneLine(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' || s[i] == 0 {
			return false
		}
	}
	return len(s) > 0
}

// hasCode tells whether a text begins with an error code: a word of upper-case
// letters.
func hasCode(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
		case c == ' ':
			return i > 1
		default:
			return false
		}
	}
	return false
}
