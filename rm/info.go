// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Info is what [Module].Info adds sections and fields to. It is valid until that function
// returns, on the goroutine that runs it. The server puts the module's name and an
// underscore in front of the names of sections and of fields.
//
// Names have no space, colon, equals sign or comma, and no control character, or the
// error is ErrInfoName. In the sections that a client has not asked for fields are left
// out without an error.
//
// C: RedisModule_RegisterInfoFunc, since Redis 6.0.
type Info struct {
	o origin
	h handle[infoCall]
}

// Errors of Info.
const (
	// ErrInfoOver means that an Info is used after its function has returned.
	ErrInfoOver = Error("ERR the function for INFO has returned")
	// ErrInfoName means that a name of INFO is empty, or has characters that its text
	// cannot have.
	ErrInfoName = Error("ERR a name of INFO is empty or has a character that it cannot have")
	// ErrInfoSection means that a field of INFO is to be added before a section.
	ErrInfoSection = Error("ERR a field of INFO needs a section")
	// ErrInfoDict means that there is no dictionary to end.
	ErrInfoDict = Error("ERR there is no dictionary of INFO to end")
)

// infoCall is a call of the server's for INFO.
type infoCall struct {
	cell[infoCall]
	ctx                     redismodule.InfoCtx
	o                       origin
	section, wanted, inDict bool
}

var infoCalls = table[infoCall]{cellOf: func(c *infoCall) *cell[infoCall] { return &c.cell }, perLoad: true}

var infoAsked = *(&kind{name: "Info", run: infoCalled, end: infoEnd}).midway()

// settleInfo tells the server that there is something for INFO.
func (ctx Context) settleInfo(m *Module, setting string) error {
	state.goInfo = setting == "on" || setting == "" && !m.NoGoInfo
	if m.Info == nil && !state.goInfo || !has(featureRegisterInfoFunc) {
		return nil
	}
	fn, err := infoAsked.fn()
	if err != nil {
		return err
	}
	redismodule.RegisterInfoFunc(ctx.raw(), fn)
	return nil
}

// infoCalled is the server's callback: (info, for_crash_report). C has left out those for
// crash reports.
func infoCalled(a0, _, _, _, _, _ uintptr, _ unsafe.Pointer) uintptr {
	c := infoCalls.take()
	c.ctx, c.section, c.wanted, c.inDict = redismodule.InfoCtx(a0), false, false, false
	c.o = newOrigin("function for INFO")
	i := Info{c.o, c.handle()}
	if state.goInfo {
		i.addGo()
	}
	if registered.Info != nil {
		c.section, c.wanted = false, false
		registered.Info(i)
	}
	return 0
}

func infoEnd(a0, _ uintptr) {
	for cell := infoCalls.last(); cell != nil; cell = infoCalls.before(cell) {
		if c := cell.of; c.ctx == redismodule.InfoCtx(a0) {
			c.o.end()
			infoCalls.drop(cell)
			return
		}
	}
}

// live returns the call, nil when it has returned.
func (i Info) live() *infoCall {
	if debugging {
		i.o.checkHere("the Info")
	}
	return i.h.live()
}

// infoName tells whether a name can be one.
func infoName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(":=,#", r) }) < 0
}

// AddSection begins a section. The name "" is for the one that is called as the module.
// wanted is false when the client has not asked for it: then its fields need not be
// found out.
//
// C: RedisModule_InfoAddSection, since Redis 6.0.
func (i Info) AddSection(name string) (wanted bool, err error) {
	c := i.live()
	switch {
	case c == nil:
		return false, ErrInfoOver
	case name != "" && !infoName(name):
		return false, ErrInfoName
	}
	z := unsafeconv.NewZ(name)
	c.wanted = redismodule.InfoAddSection(c.ctx, z.Ptr()) == redismodule.OK
	c.section, c.inDict = true, false
	return c.wanted, nil
}

// field is what all fields begin with. c is nil when there is nothing to do.
func (i Info) field(name string) (c *infoCall, z unsafeconv.ZStr, err error) {
	return i.named(name, infoName(name))
}

func (i Info) named(name string, good bool) (c *infoCall, z unsafeconv.ZStr, err error) {
	c = i.live()
	switch {
	case c == nil:
		return nil, z, ErrInfoOver
	case !good:
		return nil, z, ErrInfoName
	case !c.section:
		return nil, z, ErrInfoSection
	case !c.wanted:
		return nil, z, nil
	}
	return c, unsafeconv.NewZ(name), nil
}

func infoStatus(status int32) error {
	if status != redismodule.OK {
		return ErrRefused
	}
	return nil
}

// BeginDictField begins a field that is a dictionary: the fields up to
// [Info.EndDictField], or to the next section or dictionary, are its pairs, name=value with commas between them.
// In its own name the server puts underscores in the place of characters that would end it.
//
// C: RedisModule_InfoBeginDictField, since Redis 6.0.
func (i Info) BeginDictField(name string) error {
	c, z, err := i.named(name, name != "" && !unsafeconv.HasNUL(name))
	if c == nil {
		return err
	}
	c.inDict = true
	return infoStatus(redismodule.InfoBeginDictField(c.ctx, z.Ptr()))
}

// EndDictField ends the dictionary. ErrInfoDict when there is none.
//
// C: RedisModule_InfoEndDictField, since Redis 6.0.
func (i Info) EndDictField() error {
	c := i.live()
	switch {
	case c == nil:
		return ErrInfoOver
	case !c.wanted:
		return nil
	case !c.inDict:
		return ErrInfoDict
	}
	c.inDict = false
	return infoStatus(redismodule.InfoEndDictField(c.ctx))
}

// AddFieldString adds a field with a string of the server's. Line breaks in it, and commas
// in a dictionary, become spaces: they would end the field.
//
// C: RedisModule_InfoAddFieldString, since Redis 6.0.
func (i Info) AddFieldString(name string, value RStr) error {
	if value.s == 0 {
		return ErrNoString
	}
	c, z, err := i.field(name)
	if c == nil {
		return err
	}
	raw := value.raw()
	if b := value.Bytes(); bytes.ContainsAny(b, c.ends()) {
		s := NewRStringText(c.flat(string(b)))
		defer s.Free()
		raw = s.raw()
	}
	return infoStatus(redismodule.InfoAddFieldString(c.ctx, z.Ptr(), raw))
}

// AddFieldCString adds a field with a text. Line breaks and NUL bytes in it, and commas in a
// dictionary, become spaces.
//
// C: RedisModule_InfoAddFieldCString, since Redis 6.0.
func (i Info) AddFieldCString(name, value string) error {
	c, z, err := i.field(name)
	if c == nil {
		return err
	}
	v := unsafeconv.NewZ(c.flat(value))
	return infoStatus(redismodule.InfoAddFieldCString(c.ctx, z.Ptr(), v.Ptr()))
}

// ends is the characters that end a field's value.
func (c *infoCall) ends() string {
	if c.inDict {
		return lineEnds + ","
	}
	return lineEnds
}

func (c *infoCall) flat(value string) string {
	if !strings.ContainsAny(value, c.ends()) {
		return value
	}
	return blank(value, c.ends())
}

// AddFieldDouble adds a field with a floating-point number, which is shown with 17 digits at
// most.
//
// C: RedisModule_InfoAddFieldDouble, since Redis 6.0.
func (i Info) AddFieldDouble(name string, value float64) error {
	c, z, err := i.field(name)
	if c == nil {
		return err
	}
	return infoStatus(redismodule.InfoAddFieldDouble(c.ctx, z.Ptr(), value))
}

// AddFieldLongLong adds a field with an integer.
//
// C: RedisModule_InfoAddFieldLongLong, since Redis 6.0.
func (i Info) AddFieldLongLong(name string, value int64) error {
	c, z, err := i.field(name)
	if c == nil {
		return err
	}
	return infoStatus(redismodule.InfoAddFieldLongLong(c.ctx, z.Ptr(), value))
}

// AddFieldULongLong adds a field with an unsigned integer.
//
// C: RedisModule_InfoAddFieldULongLong, since Redis 6.0.
func (i Info) AddFieldULongLong(name string, value uint64) error {
	c, z, err := i.field(name)
	if c == nil {
		return err
	}
	return infoStatus(redismodule.InfoAddFieldULongLong(c.ctx, z.Ptr(), value))
}
