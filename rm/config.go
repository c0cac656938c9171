// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Config is a module config: an option of the module's in the server's configuration, which
// has the module's name and a dot in front of its own. It is a [BoolConfig], an
// [Int64Config], a [Uint64Config], a [TextConfig], an [EnumConfig], or several of them in a
// [ConfigGroup]. Clients read and change it with CONFIG GET and CONFIG SET; CONFIG REWRITE
// saves it. Its value at a load comes from the configuration file, from MODULE LOADEX, or is
// its default: nothing is left of an earlier load.
//
// The server calls for values and sets them on its own thread. A Value can be read and
// stored on any goroutine.
type Config interface {
	// options adds what the server is to be told of, and returns the function that a
	// CONFIG SET ends with.
	options(to []*option) ([]*option, func(ctx Context) error)
}

// ConfigFlags say what the server does with a module config.
type ConfigFlags uint32

// The flags of module configs.
const (
	// ConfigDefault is no flag: clients can change it, everybody may see it.
	ConfigDefault ConfigFlags = redismodule.CONFIG_DEFAULT
	// ConfigImmutable can be set at load only.
	ConfigImmutable ConfigFlags = redismodule.CONFIG_IMMUTABLE
	// ConfigSensitive keeps the value out of the log and of CONFIG SET in MONITOR and SLOWLOG.
	ConfigSensitive ConfigFlags = redismodule.CONFIG_SENSITIVE
	// ConfigHidden is shown by CONFIG GET only when it is asked for by its whole name.
	ConfigHidden ConfigFlags = redismodule.CONFIG_HIDDEN
	// ConfigProtected can be changed only where enable-protected-configs allows it.
	ConfigProtected ConfigFlags = redismodule.CONFIG_PROTECTED
	// ConfigDenyLoading cannot be changed while the server loads its data.
	ConfigDenyLoading ConfigFlags = redismodule.CONFIG_DENY_LOADING
	// ConfigMemory takes numbers as memory: 64kb, 1gb.
	ConfigMemory ConfigFlags = redismodule.CONFIG_MEMORY
	// ConfigBitflags takes several words of an EnumConfig, and joins their bits.
	ConfigBitflags ConfigFlags = redismodule.CONFIG_BITFLAGS
	// ConfigUnprefixed has no module's name in front of its own, and may have an alias
	// after a bar: "name|alias". Redis has it since 8.0, Valkey does not.
	ConfigUnprefixed ConfigFlags = redismodule.CONFIG_UNPREFIXED
)

// ConfigGroup is configs that are applied together: when one CONFIG SET changes several of
// them, Apply runs once, after all of them are set.
type ConfigGroup struct {
	// Configs are its members. They have no Apply of their own, and are no groups.
	Configs []Config
	// Apply is called when members are set by CONFIG SET. An error refuses the change: the
	// server sets the old values again, and calls Apply once more for these. It is not called at load.
	Apply func(ctx Context) error
}

func (g ConfigGroup) options(to []*option) ([]*option, func(ctx Context) error) {
	for i, c := range g.Configs {
		n := len(to)
		var apply func(ctx Context) error
		why := ""
		if c == nil {
			why = "is nil"
		} else if to, apply = c.options(to); len(to) != n+1 {
			why = "is a group"
		} else if apply != nil {
			why = "has an Apply of its own"
		}
		if why != "" {
			to = append(to[:n], &option{fault: fmt.Errorf("config group: Configs[%d]: %s", i, why)})
		}
	}
	return to, g.Apply
}

// configNameChars are the characters that the server takes for names.
const configNameChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// The errors of configs that come at the wrong time.
const (
	// ErrConfigLate means that a config comes after the load.
	ErrConfigLate = Error("ERR configs can be registered and loaded while the module loads only: in Module.Configs or OnLoad")
	// ErrConfigLoaded means that a config comes after the configs were given their values.
	ErrConfigLoaded = Error("ERR the configs are loaded already: register all of them before")
	// ErrNoConfigs means that there is no config to give a value to.
	ErrNoConfigs = Error("ERR there is no config to load")
)

// RegisterConfig registers a module config. It is for what is not known before the load;
// else there is [Module].Configs, which is loaded before OnLoad runs. A module that registers
// here has none there. Values are the defaults until [Context.LoadConfigs], or until OnLoad
// has returned. The error says what is wrong with the config, or is ErrUnsupported before
// Redis 7.0, and for a [Uint64Config] on all servers but Valkey since 9.1.
//
// C: RedisModule_RegisterBoolConfig, RedisModule_RegisterNumericConfig,
// RedisModule_RegisterStringConfig, RedisModule_RegisterEnumConfig, since Redis 7.0;
// ValkeyModule_RegisterUnsignedNumericConfig, since Valkey 9.1.
func (ctx Context) RegisterConfig(c Config) error {
	switch {
	case !creating:
		return ErrConfigLate
	case state.configs.loaded:
		return ErrConfigLoaded
	case c == nil:
		return &fieldError{"module", "Configs", "has a config that is nil"}
	case !has(featureRegisterBoolConfig):
		return lacks(featureRegisterBoolConfig)
	}
	options, apply := c.options(nil)
	for _, o := range options {
		if err := o.check(); err != nil {
			return err
		}
		name := strings.ToLower(o.own())
		if slices.Contains(state.configs.names, name) {
			return o.bad("Name", "is registered twice")
		}
		state.configs.names = append(state.configs.names, name)
	}
	g := optionGroups.take()
	g.list, g.apply = options, apply
	for _, o := range options {
		if err := ctx.registerOption(o, g); err != nil {
			return err
		}
		state.configs.any = true
	}
	return nil
}

// registerOption tells the server of an option.
func (ctx Context) registerOption(o *option, g *optionGroup) error {
	get, set := &configGets, &configSets
	if o.kind == textOption {
		get, set = &configTextGets, &configTextSets
	}
	var fns [3]redismodule.CFunc
	for i, k := range [...]*kind{get, set, &configApplies} {
		if k == &configApplies && g.apply == nil {
			continue
		}
		fn, err := k.fn()
		if err != nil {
			return o.bad("Name", err.Error())
		}
		fns[i] = fn
	}
	o.reset()
	c, name, word, flags := ctx.raw(), unsafeconv.NewZ(o.name), g.word(), uint32(o.flags)
	var status int32
	switch o.kind {
	case boolOption:
		status = redismodule.RegisterBoolConfig(c, name.Ptr(), int32(o.first), flags, fns[0], fns[1], fns[2], word)
	case intOption:
		status = redismodule.RegisterNumericConfig(c, name.Ptr(), o.first, flags, o.min, o.max, fns[0], fns[1], fns[2], word)
	case uintOption:
		status = redismodule.RegisterUnsignedNumericConfig(c, name.Ptr(), uint64(o.first), flags|redismodule.CONFIG_UNSIGNED, uint64(o.min), uint64(o.max), fns[0], fns[1], fns[2], word)
	case enumOption:
		names, values := make([]*byte, len(o.words)), make([]int32, len(o.words))
		for i, w := range o.words {
			z := unsafeconv.NewZ(w.name)
			names[i], values[i] = z.Ptr(), w.value
		}
		status = redismodule.RegisterEnumConfig(c, name.Ptr(), int32(o.first), flags, &names[0], &values[0], int32(len(values)), fns[0], fns[1], fns[2], word)
	case textOption:
		first := unsafeconv.NewZ(o.firstText)
		status = redismodule.RegisterStringConfig(c, name.Ptr(), first.Ptr(), flags, fns[0], fns[1], fns[2], word)
	}
	if status != redismodule.OK {
		return o.bad("Name", "the server refuses the config: its name is taken, or it does not know the flags; see the line above")
	}
	return nil
}

// LoadConfigs gives all configs that are registered their values: those of the configuration
// file and of MODULE LOADEX, and the defaults of the others. The package calls it itself, for
// [Module].Configs before OnLoad and for those that OnLoad registers after it; OnLoad may
// call it to have the values earlier. An error, which should make the load fail, says which value is refused, and why.
//
// C: RedisModule_LoadConfigs, since Redis 7.0.
func (ctx Context) LoadConfigs() error {
	switch {
	case !creating:
		return ErrConfigLate
	case state.configs.loaded:
		return ErrConfigLoaded
	case !has(featureLoadConfigs):
		return lacks(featureLoadConfigs)
	case !state.configs.any:
		return ErrNoConfigs
	}
	state.configs.loaded = true
	return ctx.loadConfigs(redismodule.LoadConfigs)
}

// LoadDefaultConfigs gives all configs that are registered their defaults, by their Set
// functions, before [Context.LoadConfigs]: what OnLoad sets between the two, from load
// arguments, say, stands unless the configuration has the option too.
// ErrUnsupported on other servers than Redis since 8.0.
//
// C: RedisModule_LoadDefaultConfigs, since Redis 8.0.
func (ctx Context) LoadDefaultConfigs() error {
	switch {
	case !creating:
		return ErrConfigLate
	case state.configs.loaded:
		return ErrConfigLoaded
	case !has(featureLoadDefaultConfigs):
		return lacks(featureLoadDefaultConfigs)
	case !state.configs.any:
		return ErrNoConfigs
	}
	return ctx.loadConfigs(redismodule.LoadDefaultConfigs)
}

func (ctx Context) loadConfigs(load func(redismodule.Ctx) int32) error {
	state.configs.why = ""
	if load(ctx.raw()) == redismodule.OK {
		return nil
	}
	if state.configs.why != "" {
		return errors.New(state.configs.why)
	}
	return errors.New("configs: the server refuses a value; see the line above")
}

// settleConfigs registers and loads the configs of the module.
func (ctx Context) settleConfigs(list []Config) error {
	for _, c := range list {
		if err := ctx.RegisterConfig(c); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		return ctx.LoadConfigs()
	}
	return nil
}

// endConfigs loads those that OnLoad has registered.
func (ctx Context) endConfigs() error {
	if state.configs.any && !state.configs.loaded {
		return ctx.LoadConfigs()
	}
	return nil
}

// option is what the server is told of one config.
type option struct {
	name  string
	flags ConfigFlags
	kind  optionKind
	fault error // what is wrong with how it is given

	first     int64 // the default; a uint64 as its bits
	firstText string
	min, max  int64
	words     []optionWord

	get     func() int64
	set     func(int64) error
	getText func() string
	setText func(string) error
	store   func() // puts the default into the Value; nil if there is none

	// last is what is shown when get fails. The server copies the shown text, and leaves
	// the string to the module.
	last  int64
	shown RString
}

// optionWord is a word of an enum.
type optionWord struct {
	name  string
	value int32
}

type optionKind uint8

const (
	boolOption optionKind = iota
	intOption
	uintOption
	enumOption
	textOption
)

// own is the name without an alias.
func (o *option) own() string {
	name, _, _ := strings.Cut(o.name, "|")
	return name
}

// reset puts the default in place, before the server sets a value.
func (o *option) reset() {
	if o.last = o.first; o.store != nil {
		o.store()
	}
}

func (o *option) bad(field, reason string) error {
	return &fieldError{fmt.Sprintf("config %q", o.name), field, reason}
}

// allConfigFlags are those that all servers with configs have.
const allConfigFlags = ConfigImmutable | ConfigSensitive | ConfigHidden | ConfigProtected | ConfigDenyLoading | ConfigMemory | ConfigBitflags

// check finds what is wrong with a config before the server sees it.
func (o *option) check() error {
	if o.fault != nil {
		return o.fault
	}
	name := o.name
	if o.flags&ConfigUnprefixed != 0 {
		var alias string
		var whole bool
		if name, alias, whole = strings.Cut(name, "|"); whole && (alias == "" || strings.Trim(alias, configNameChars) != "") {
			return o.bad("Name", "the alias is empty, or has other characters than letters, digits, - and _")
		}
	}
	switch {
	case name == "" || strings.Trim(name, configNameChars) != "":
		return o.bad("Name", "is empty, or has other characters than letters, digits, - and _")
	case o.flags&^(allConfigFlags|ConfigUnprefixed) != 0:
		return o.bad("Flags", fmt.Sprintf("unknown flag in %#x", uint32(o.flags)))
	case o.flags&ConfigMemory != 0 && o.kind != intOption && o.kind != uintOption:
		return o.bad("Flags", "ConfigMemory is for numbers")
	case o.flags&ConfigBitflags != 0 && o.kind != enumOption:
		return o.bad("Flags", "ConfigBitflags is for an EnumConfig")
	case o.flags&ConfigUnprefixed != 0 && !has(featureConfigUnprefixed):
		return lacks(featureConfigUnprefixed)
	case o.kind == uintOption && !has(featureRegisterUnsignedNumericConfig):
		return fmt.Errorf("config %q: %w", o.name, lacks(featureRegisterUnsignedNumericConfig))
	case o.kind == intOption && o.min > o.max, o.kind == uintOption && uint64(o.min) > uint64(o.max):
		return o.bad("Max", "is less than Min")
	case o.kind == intOption && (o.first < o.min || o.first > o.max):
		return o.bad("Default", fmt.Sprintf("%d is not from %d to %d", o.first, o.min, o.max))
	case o.kind == uintOption && (uint64(o.first) < uint64(o.min) || uint64(o.first) > uint64(o.max)):
		return o.bad("Default", fmt.Sprintf("%d is not from %d to %d", uint64(o.first), uint64(o.min), uint64(o.max)))
	case o.kind == textOption && unsafeconv.HasNUL(o.firstText):
		return o.bad("Default", "has a NUL byte")
	case o.kind == enumOption:
		return o.checkWords()
	}
	return nil
}

func (o *option) checkWords() error {
	if len(o.words) == 0 {
		return o.bad("Words", "is empty")
	}
	var bits int64
	one := false
	for i, w := range o.words {
		if w.name == "" || strings.ContainsAny(w.name, " \t\r\n\x00") {
			return o.bad("Words", "has a word that is empty, or has a space or a control character")
		}
		for _, other := range o.words[:i] {
			if strings.EqualFold(w.name, other.name) {
				return o.bad("Words", fmt.Sprintf("has the word %q twice", w.name))
			}
		}
		one = one || int64(w.value) == o.first
		if int64(w.value)&^o.first == 0 {
			bits |= int64(w.value)
		}
	}
	if !one && (o.flags&ConfigBitflags == 0 || bits != o.first) {
		return o.bad("Default", fmt.Sprintf("%d is none of the Words", o.first))
	}
	return nil
}
