// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// ServerInfo is what INFO shows at the moment at which it was made, to be read field by field. It belongs to the
// module, which must free it, and may be kept beyond the callback that made it. It is two words and can be copied. It is
// used with the server's lock.
type ServerInfo struct{ h handle[serverInfo] }

type serverInfo struct {
	cell[serverInfo]
	data redismodule.ServerInfoData
}

var serverInfos = table[serverInfo]{cellOf: func(s *serverInfo) *cell[serverInfo] { return &s.cell }, perLoad: true}

// ErrInfoFreed means that a ServerInfo is used after it was freed.
const ErrInfoFreed = Error("ERR the server information is freed")

// ServerInfo reads a section of INFO, the default sections for "", or what INFO takes else: "all",
// "everything", "modules", the name of a module. Of a section that is not there it has
// no fields. It must be freed.
//
// C: RedisModule_GetServerInfo, since Redis 6.0.
func (ctx Context) ServerInfo(section string) (ServerInfo, error) {
	ctx.alive()
	switch {
	case !has(featureGetServerInfo):
		return ServerInfo{}, lacks(featureGetServerInfo)
	case unsafeconv.HasNUL(section):
		return ServerInfo{}, ErrNULByte
	}
	var p *byte
	z := unsafeconv.NewZ(section)
	if section != "" {
		p = z.Ptr()
	}
	data := redismodule.GetServerInfo(0, p) // without a context: its automatic memory frees nothing of it
	s := serverInfos.take()
	s.data = data
	return ServerInfo{s.handle()}, nil
}

// Free gives it back. Freeing it again does nothing; the debug build tells of it.
//
// C: RedisModule_FreeServerInfo, since Redis 6.0.
func (i ServerInfo) Free() {
	if s := i.h.live(); s != nil {
		s.stop(Context{})
	} else if i.h.c != nil {
		_ = misuse(ErrInfoFreed)
	}
}

// stop frees what the module has left.
func (s *serverInfo) stop(Context) {
	redismodule.FreeServerInfo(0, s.data)
	serverInfos.drop(&s.cell)
}

// field is what reading a field begins with.
func (i ServerInfo) field(name string, buf *unsafeconv.CBuf) (redismodule.ServerInfoData, *byte, error) {
	s := i.h.live()
	switch {
	case s == nil:
		return 0, nil, misuse(ErrInfoFreed)
	case unsafeconv.HasNUL(name):
		return 0, nil, ErrNULByte
	}
	return s.data, buf.String(name), nil
}

// Field returns a field as a string, which must be freed; ok is false when it is missing.
//
// C: RedisModule_ServerInfoGetField, since Redis 6.0.
func (i ServerInfo) Field(name string) (value RString, ok bool, err error) {
	var buf unsafeconv.CBuf
	data, p, err := i.field(name, &buf)
	if err != nil {
		return RString{}, false, err
	}
	value = owned(redismodule.ServerInfoGetField(0, data, p))
	return value, !value.IsZero(), nil
}

// Text returns a copy of a field; ok is false when it is missing.
//
// C: RedisModule_ServerInfoGetFieldC, since Redis 6.0.
func (i ServerInfo) Text(name string) (value string, ok bool, err error) {
	var buf unsafeconv.CBuf
	data, p, err := i.field(name, &buf)
	if err != nil {
		return "", false, err
	}
	c := redismodule.ServerInfoGetFieldC(data, p)
	if c == nil {
		return "", false, nil
	}
	return strings.Clone(unsafeconv.CString(c)), true, nil
}

// Int64 returns a field that is an integer; ok is false when it is missing, and the
// error is ErrNotInteger when it is something else.
//
// C: RedisModule_ServerInfoGetFieldSigned, since Redis 6.0.
func (i ServerInfo) Int64(name string) (value int64, ok bool, err error) {
	var buf unsafeconv.CBuf
	data, p, err := i.field(name, &buf)
	if err != nil {
		return 0, false, err
	}
	var bad int32
	value = redismodule.ServerInfoGetFieldSigned(data, p, &bad)
	ok, err = infoRead(data, p, bad, ErrNotInteger)
	return value, ok, err
}

// Uint64 returns a field that is an unsigned integer; ok is false when it is missing, and
// the error is ErrNotInteger when it is something else.
//
// C: RedisModule_ServerInfoGetFieldUnsigned, since Redis 6.0.
func (i ServerInfo) Uint64(name string) (value uint64, ok bool, err error) {
	var buf unsafeconv.CBuf
	data, p, err := i.field(name, &buf)
	if err != nil {
		return 0, false, err
	}
	var bad int32
	value = redismodule.ServerInfoGetFieldUnsigned(data, p, &bad)
	ok, err = infoRead(data, p, bad, ErrNotInteger)
	return value, ok, err
}

// Float64 returns a field that is a number; ok is false when it is missing, and the error
// is ErrNotFloat when it is something else. A percent sign makes it something else.
//
// C: RedisModule_ServerInfoGetFieldDouble, since Redis 6.0.
func (i ServerInfo) Float64(name string) (value float64, ok bool, err error) {
	var buf unsafeconv.CBuf
	data, p, err := i.field(name, &buf)
	if err != nil {
		return 0, false, err
	}
	var bad int32
	value = redismodule.ServerInfoGetFieldDouble(data, p, &bad)
	ok, err = infoRead(data, p, bad, ErrNotFloat)
	return value, ok, err
}

// infoRead tells a field that is missing from one that is something else: the server
// answers both in one way.
func infoRead(data redismodule.ServerInfoData, p *byte, bad int32, other error) (ok bool, err error) {
	switch {
	case bad == redismodule.OK:
		return true, nil
	case redismodule.ServerInfoGetFieldC(data, p) == nil:
		return false, nil
	}
	return false, other
}
