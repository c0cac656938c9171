// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"runtime"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// The server's configuration, with the configs of all modules in it, by functions that
// came with Redis 8.2. Elsewhere there is the command CONFIG:
//
//	reply, err := ctx.Call("CONFIG", 0, rm.Text("GET"), rm.Text("maxmemory"))

// ConfigType is the type of an option of the server's configuration.
type ConfigType int32

// The types of options.
const (
	// ConfigTypeString is a text, or one of the options that are none of the other types.
	ConfigTypeString ConfigType = redismodule.CONFIG_TYPE_STRING
	// ConfigTypeEnum is one word of several, or several.
	ConfigTypeEnum ConfigType = redismodule.CONFIG_TYPE_ENUM
	// ConfigTypeNumeric is an integer.
	ConfigTypeNumeric ConfigType = redismodule.CONFIG_TYPE_NUMERIC
	// ConfigTypeBool is yes or no.
	ConfigTypeBool ConfigType = redismodule.CONFIG_TYPE_BOOL
)

// ErrConfigType means that an option of the server's configuration is of another type.
const ErrConfigType = Error("ERR the option is of another type")

// ErrNoConfig means that the server's configuration has no such option.
const ErrNoConfig = Error("ERR there is no such option in the configuration")

// ConfigGetType returns the type of an option; ok is false when there is none of that name.
//
// C: RedisModule_ConfigGetType, since Redis 8.2.
func (ctx Context) ConfigGetType(name string) (t ConfigType, ok bool, err error) {
	ctx.alive()
	if !has(featureConfigGetType) {
		return 0, false, lacks(featureConfigGetType)
	}
	if unsafeconv.HasNUL(name) {
		return 0, false, nil
	}
	z := unsafeconv.NewZ(name)
	var got int32
	if redismodule.ConfigGetType(z.Ptr(), &got) != redismodule.OK {
		return 0, false, nil
	}
	return ConfigType(got), true, nil
}

// configOf looks an option up before a function that wants a type is called: there are
// servers that end themselves when it is of another, or missing.
func (ctx Context) configOf(name string, f feature, want ConfigType) (ok bool, err error) {
	if !has(f) {
		return false, lacks(f)
	}
	t, ok, err := ctx.ConfigGetType(name)
	if ok && t != want {
		return false, ErrConfigType
	}
	return ok, err
}

// ConfigGet returns the value of an option of any type as CONFIG GET shows it. It must be
// freed. ok is false when there is no such option.
//
// C: RedisModule_ConfigGet, since Redis 8.2.
func (ctx Context) ConfigGet(name string) (value RString, ok bool, err error) {
	if !has(featureConfigGet) {
		return RString{}, false, lacks(featureConfigGet)
	}
	if _, ok, err := ctx.ConfigGetType(name); !ok {
		return RString{}, false, err
	}
	return ctx.configText(name, redismodule.ConfigGet)
}

// ConfigGetEnum returns the word, or words, of an option of the type [ConfigTypeEnum]. It
// must be freed. ok is false when there is no such option, and the error is ErrConfigType
// when it is of another type.
//
// C: RedisModule_ConfigGetEnum, since Redis 8.2.
func (ctx Context) ConfigGetEnum(name string) (value RString, ok bool, err error) {
	if ok, err := ctx.configOf(name, featureConfigGetEnum, ConfigTypeEnum); !ok {
		return RString{}, false, err
	}
	return ctx.configText(name, redismodule.ConfigGetEnum)
}

func (ctx Context) configText(name string, get func(redismodule.Ctx, *byte, *redismodule.String) int32) (value RString, ok bool, err error) {
	z := unsafeconv.NewZ(name)
	var got redismodule.String
	if get(ctx.raw(), z.Ptr(), &got) != redismodule.OK || got == 0 {
		return RString{}, false, nil
	}
	return fromKey(ctx.raw(), got), true, nil
}

// ConfigGetBool returns the value of an option of the type [ConfigTypeBool]. ok is false
// when there is no such option, and the error is ErrConfigType when it is of another type.
//
// C: RedisModule_ConfigGetBool, since Redis 8.2.
func (ctx Context) ConfigGetBool(name string) (value, ok bool, err error) {
	if ok, err := ctx.configOf(name, featureConfigGetBool, ConfigTypeBool); !ok {
		return false, false, err
	}
	z := unsafeconv.NewZ(name)
	var got int32
	ok = redismodule.ConfigGetBool(ctx.raw(), z.Ptr(), &got) == redismodule.OK
	return ok && got != 0, ok, nil
}

// ConfigGetNumeric returns the value of an option of the type [ConfigTypeNumeric]. ok is
// false when there is no such option, and the error is ErrConfigType when it is of another
// type.
//
// C: RedisModule_ConfigGetNumeric, since Redis 8.2.
func (ctx Context) ConfigGetNumeric(name string) (value int64, ok bool, err error) {
	if ok, err := ctx.configOf(name, featureConfigGetNumeric, ConfigTypeNumeric); !ok {
		return 0, false, err
	}
	z := unsafeconv.NewZ(name)
	ok = redismodule.ConfigGetNumeric(ctx.raw(), z.Ptr(), &value) == redismodule.OK
	return value, ok, nil
}

// ConfigSet sets an option of any type to what CONFIG SET would take, and applies it. The
// error is the server's reason, or [ErrNoConfig].
//
// C: RedisModule_ConfigSet, since Redis 8.2.
func (ctx Context) ConfigSet(name string, value RStr) error {
	return ctx.configSetText(name, value, featureConfigSet, redismodule.ConfigSet)
}

// ConfigSetEnum sets an option of the type [ConfigTypeEnum] to a word, or to several with
// spaces between them. The error is the server's reason, [ErrNoConfig] or [ErrConfigType].
//
// C: RedisModule_ConfigSetEnum, since Redis 8.2.
func (ctx Context) ConfigSetEnum(name string, value RStr) error {
	if ok, err := ctx.configOf(name, featureConfigSetEnum, ConfigTypeEnum); err != nil {
		return err
	} else if !ok {
		return ErrNoConfig
	}
	return ctx.configSetText(name, value, featureConfigSetEnum, redismodule.ConfigSetEnum)
}

func (ctx Context) configSetText(name string, value RStr, f feature, set func(redismodule.Ctx, *byte, redismodule.String, *redismodule.String) int32) error {
	if !has(f) {
		return lacks(f)
	}
	if value.s == 0 {
		return ErrNoString
	}
	return ctx.configSet(name, func(z *byte, why *redismodule.String) int32 {
		return set(ctx.raw(), z, value.raw(), why)
	})
}

// ConfigSetBool sets an option of the type [ConfigTypeBool]. The error is the server's
// reason, [ErrNoConfig] or [ErrConfigType].
//
// C: RedisModule_ConfigSetBool, since Redis 8.2.
func (ctx Context) ConfigSetBool(name string, value bool) error {
	if ok, err := ctx.configOf(name, featureConfigSetBool, ConfigTypeBool); err != nil {
		return err
	} else if !ok {
		return ErrNoConfig
	}
	n := int32(0)
	if value {
		n = 1
	}
	return ctx.configSet(name, func(z *byte, why *redismodule.String) int32 {
		return redismodule.ConfigSetBool(ctx.raw(), z, n, why)
	})
}

// ConfigSetNumeric sets an option of the type [ConfigTypeNumeric]. The error is the server's
// reason, [ErrNoConfig] or [ErrConfigType].
//
// C: RedisModule_ConfigSetNumeric, since Redis 8.2.
func (ctx Context) ConfigSetNumeric(name string, value int64) error {
	if ok, err := ctx.configOf(name, featureConfigSetNumeric, ConfigTypeNumeric); err != nil {
		return err
	} else if !ok {
		return ErrNoConfig
	}
	return ctx.configSet(name, func(z *byte, why *redismodule.String) int32 {
		return redismodule.ConfigSetNumeric(ctx.raw(), z, value, why)
	})
}

// configSet sets an option that is there, and makes an error of the server's reason, which
// it frees.
func (ctx Context) configSet(name string, set func(name *byte, why *redismodule.String) int32) error {
	if strings.EqualFold(name, "appendonly") && starting() { // its threads are not there yet
		return ErrStarting
	}
	if _, ok, err := ctx.ConfigGetType(name); err != nil {
		return err
	} else if !ok {
		return ErrNoConfig
	}
	z := unsafeconv.NewZ(name)
	why := new(redismodule.String)
	status := set(z.Ptr(), why)
	if *why != 0 {
		s := fromKey(ctx.raw(), *why)
		defer s.Free()
		if status != redismodule.OK {
			return Error("ERR " + s.Clone())
		}
	}
	if status != redismodule.OK {
		return ErrRefused
	}
	return nil
}

// ConfigNames returns the names of the options that match a pattern, as KEYS has them; ""
// stands for all. They are copies.
//
// C: RedisModule_ConfigIteratorCreate, RedisModule_ConfigIteratorNext,
// RedisModule_ConfigIteratorRelease, since Redis 8.2.
func (ctx Context) ConfigNames(pattern string) ([]string, error) {
	if !has(featureConfigIteratorCreate) {
		return nil, lacks(featureConfigIteratorCreate)
	}
	if unsafeconv.HasNUL(pattern) {
		return nil, ErrNULByte
	}
	var p *byte
	z := unsafeconv.NewZ(pattern)
	if pattern != "" {
		p = z.Ptr()
	}
	it := redismodule.ConfigIteratorCreate(ctx.raw(), p)
	runtime.KeepAlive(z)
	if it == 0 {
		return nil, ErrRefused
	}
	defer redismodule.ConfigIteratorRelease(ctx.raw(), it)
	var names []string
	for {
		name := redismodule.ConfigIteratorNext(it)
		if name == nil {
			return names, nil
		}
		names = append(names, strings.Clone(unsafeconv.CString(name)))
	}
}
