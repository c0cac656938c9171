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
	// ErrUnsupported means that the running server lacks the function. What is returned
	// is an [*UnsupportedError], which errors.Is tells to be this.
	ErrUnsupported = Error("ERR this server does not support the operation")
	// ErrNotInteger means that a value is not a 64-bit signed integer.
	ErrNotInteger = Error("ERR value is not an integer or out of range")
	// ErrNotFloat means that a value is not a floating-point number.
	ErrNotFloat = Error("ERR value is not a valid float")
	// ErrNoReply means that the server could not even start a call.
	ErrNoReply = Error("ERR the server refused the call")
	// ErrRange means that an index or a length is outside of what exists.
	ErrRange = Error("ERR index out of range")
	// ErrFlags means that flags do not exist, or exclude each other.
	ErrFlags = Error("ERR the flags do not exist or exclude each other")
	// ErrExpireTime means that a time to live is not positive, or a moment is before 1970.
	ErrExpireTime = Error("ERR invalid expire time")
	// ErrNoDB means that there is no database of the number.
	ErrNoDB = Error("ERR DB index is out of range")
	// ErrNoKey means that there is no such key.
	ErrNoKey = Error("ERR no such key")
	// ErrKeyClosed means that a key is used after it was closed, or after the
	// callback that opened it has returned.
	ErrKeyClosed = Error("ERR the key is closed")
	// ErrKeyExpired means that an open key has expired, and that the server may
	// have deleted it under the open key; see [ReadKey].
	ErrKeyExpired = Error("ERR the open key has expired")
	// ErrKeyLent means that a key belongs to the server, which closes it.
	ErrKeyLent = Error("ERR the key is lent by the server and is not to be closed")
	// ErrRefused means that the server refused an operation without a reason.
	ErrRefused = Error("ERR the server refused the operation")
	// ErrNULByte means that a text for the server has a NUL byte in it, where
	// the server would see its end.
	ErrNULByte = Error("ERR text contains a NUL byte")
	// ErrNoCommandName means that a command is to be called whose name is empty.
	ErrNoCommandName = Error("ERR the name of the command is empty")
	// ErrSharedString means that a string is to be changed that has more than one owner.
	ErrSharedString = Error("ERR the string has other owners")
	// ErrReplyFreed means that a recorded reply is used after Free, or that it
	// was not made by NewReply.
	ErrReplyFreed = Error("ERR the recorded reply is freed")
	// ErrNoString means that a string is needed and the zero RStr was given.
	ErrNoString = Error("ERR a string is missing")
	// ErrEvictionPolicy means that the server's eviction policy keeps no idle
	// times, or no frequencies, of keys.
	ErrEvictionPolicy = Error("ERR the eviction policy does not keep this of keys")
	// ErrCursorFreed means that a scan cursor is used after it was freed.
	ErrCursorFreed = Error("ERR the scan cursor is freed")
	// ErrCursorBusy means that a scan cursor is used inside of its own scan, or
	// for keys and for elements without a restart between them.
	ErrCursorBusy = Error("ERR the scan cursor is in use by another scan")
	// ErrDictFreed means that a dictionary is used after it was freed.
	ErrDictFreed = Error("ERR the dictionary is freed")
	// ErrDictBusy means that a dictionary is used by the function that MoveDict calls while it moves it.
	ErrDictBusy = Error("ERR the dictionary is being moved")
	// ErrIteratorStopped means that an iterator of a dictionary is used after it
	// was stopped.
	ErrIteratorStopped = Error("ERR the iterator is stopped")
	// ErrNoMemory means that the server could not allocate.
	ErrNoMemory = Error("OOM the server cannot allocate that much memory")
	// ErrNaN means that a score is not a number, or would become so.
	ErrNaN = Error("ERR the score is not a number")
	// ErrLexBound means that an end of a range of elements is not "-", "+" or an
	// element with "[" or "(" in front.
	ErrLexBound = Error("ERR min or max is not a valid end of a range of elements")
	// ErrNotStreamID means that a value is not the ID of a stream entry.
	ErrNotStreamID = Error("ERR value is not a stream ID")
	// ErrStreamIDOrder means that the ID of a new stream entry is not greater than
	// all IDs that the stream has had.
	ErrStreamIDOrder = Error("ERR the stream ID is not greater than the last one of the stream")
	// ErrNoFields means that a stream entry is to have no field, or that the last
	// field has no value.
	ErrNoFields = Error("ERR a stream entry needs pairs of a field and a value, at least one")
	// ErrUnloaded means that the module is unloaded, or was meanwhile.
	ErrUnloaded = Error("ERR the module is unloaded")
	// ErrRESP2Client means that a reply in RESP3 is to be sent to a client that speaks
	// RESP2.
	ErrRESP2Client = Error("ERR the client speaks RESP2, and the reply is RESP3")
	// ErrPromise means that a reply is to be sent that is still to come.
	ErrPromise = Error("ERR the reply is still to come")
	// ErrNoFork means that Go cannot run in a forked child in the mode in which the
	// library runs.
	ErrNoFork = Error("ERR Go cannot run in a forked child here")
	// ErrOpenMode means that an open mode is for reading only.
	ErrOpenMode = Error("ERR the open mode is for reading only")
	// ErrLRUUnit means that the server takes idle times in another unit than it gives
	// them.
	ErrLRUUnit = Error("ERR this server gets the unit of idle times wrong")
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
		s = blank(s, lineEnds)
	}
	if !hasCode(s) {
		s = "ERR " + s
	}
	return s
}

// lineEnds are the characters that end a line, for the protocol or for C.
const lineEnds = "\r\n\x00"

// blank puts spaces in the place of some characters of ASCII. Texts need not be UTF-8: all other bytes stay.
func blank(s, which string) string {
	b := []byte(s)
	for i, c := range b {
		if strings.IndexByte(which, c) >= 0 {
			b[i] = ' '
		}
	}
	return string(b)
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
