// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ReplyErr is an error reply as a Go error. One that a call returned is valid until
// the callback that made the call has returned, and until the client has got it if
// the handler returned it; Clone makes one to keep. errors.Is finds it equal to an
// Error with the same text, or with the code as its whole text.
type ReplyErr struct{ e *callError }

// callError is the text of an error reply. Those of calls are reused when their
// callback has ended.
type callError struct {
	cell[callError]
	text []byte
	ctx  redismodule.Ctx
	over bool // its callback has ended; noted with the tag rm_debug only
}

// Err returns the error that an error reply is, nil for other types. It can be
// kept; the error that a call itself returns costs less.
func (r CallReply) Err() error {
	if r.Type() != ReplyError {
		return nil
	}
	return ReplyErr{&callError{text: append([]byte(nil), r.Bytes()...)}}
}

// view returns the text as long as it is valid.
func (e ReplyErr) view() string {
	if e.e == nil {
		return ""
	}
	if debugging && e.e.over {
		_ = misuse(Error("the error of a call is used after its callback: Clone it"))
	}
	return unsafeconv.String(e.e.text)
}

// Error returns a copy of the error's text, code first.
func (e ReplyErr) Error() string { return strings.Clone(e.view()) }

// Code returns the error's code, its first word: "WRONGTYPE". It is "" when the
// text has none. The usual codes cost no allocation.
func (e ReplyErr) Code() string { return knownCode(codeOf(e.view())) }

// Clone returns the same error with a text of its own, which can be kept.
func (e ReplyErr) Clone() Error { return Error(strings.Clone(e.view())) }

// Is tells errors.Is whether the target has the same text or is the code alone.
func (e ReplyErr) Is(target error) bool {
	t, ok := target.(Error)
	if !ok {
		return false
	}
	text := e.view()
	return text == string(t) || codeOf(text) == string(t) && t != ""
}

// Code returns the error's code, its first word, "" when it has none.
func (e Error) Code() string { return codeOf(string(e)) }

// codeOf cuts the code off an error's text.
func codeOf(text string) string {
	code, _, _ := strings.Cut(text, " ")
	for i := range len(code) {
		if c := code[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9' || i == 0) {
			return ""
		}
	}
	return code
}

// knownCode returns a constant instead of a view, or a copy.
func knownCode(code string) string {
	switch code {
	case "ERR":
		return "ERR"
	case "WRONGTYPE":
		return "WRONGTYPE"
	case "NOPERM":
		return "NOPERM"
	case "OOM":
		return "OOM"
	case "NOSCRIPT":
		return "NOSCRIPT"
	case "READONLY":
		return "READONLY"
	case "MOVED":
		return "MOVED"
	case "ASK":
		return "ASK"
	case "CROSSSLOT":
		return "CROSSSLOT"
	case "CLUSTERDOWN":
		return "CLUSTERDOWN"
	case "TRYAGAIN":
		return "TRYAGAIN"
	case "BUSYGROUP":
		return "BUSYGROUP"
	case "NOGROUP":
		return "NOGROUP"
	case "BUSY":
		return "BUSY"
	case "BUSYKEY":
		return "BUSYKEY"
	case "NOAUTH":
		return "NOAUTH"
	case "MISCONF":
		return "MISCONF"
	case "NOREPLICAS":
		return "NOREPLICAS"
	case "MASTERDOWN":
		return "MASTERDOWN"
	case "LOADING":
		return "LOADING"
	case "EXECABORT":
		return "EXECABORT"
	case "UNBLOCKED":
		return "UNBLOCKED"
	}
	return strings.Clone(code)
}

// IsCode tells whether err, or an error that it wraps, is an error of the server
// (a ReplyErr or an Error) with this code: IsCode(err, "NOSCRIPT"). It allocates
// nothing.
func IsCode(err error, code string) bool {
	for err != nil {
		switch e := err.(type) {
		case ReplyErr:
			return codeOf(e.view()) == code
		case Error:
			return codeOf(string(e)) == code
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, w := range e.Unwrap() {
				if IsCode(w, code) {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}

// detached returns err with a text of its own if it is an error reply: for an error
// that leaves the callback.
func detached(err error) error {
	if e, ok := err.(ReplyErr); ok {
		return e.Clone()
	}
	return err
}

// failed makes an error of an error reply of a call and frees the reply, so that a
// handler can return the error and be done.
func (ctx Context) failed(r CallReply) error {
	if r.Type() != ReplyError { // it begins with an attribute
		return nil
	}
	e := state.left.newError(ctx.raw())
	e.text = append(e.text, r.Bytes()...)
	r.Free()
	return ReplyErr{e}
}
