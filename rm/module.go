// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/iredismodule/redismodule"
	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/edge"
	"github.com/iredismodule/redismodule/unsafeconv"
)

// Module is what a library offers to the server.
//
// C: RedisModule_SetModuleAttribs, since Redis 4.0; RedisModule_IsModuleNameBusy, since Redis 4.0.3.
type Module struct {
	// Name of the module, as MODULE LIST shows it.
	Name string
	// Version of the module.
	Version int
	// Categories are the module's own ACL categories, which rules of users can name and
	// commands can belong to ([Command].Categories). They are added before the commands; see
	// [Context.AddACLCategory].
	Categories []string
	// Commands are registered at load.
	Commands []Command
	// Params are the load arguments that the module takes; others make the load fail. When
	// it has none, OnLoad gets all arguments, and without an OnLoad any argument makes the load fail.
	Params []Param
	// Configs are options in the server's configuration. They are registered and have their
	// values before OnLoad runs. See [Config].
	Configs []Config
	// Info, which may be nil, adds the module's sections and fields to INFO. It runs when a client
	// asks for INFO of the module, of all modules, or of everything; never for a crash
	// report, where Go must not run. See [Info].
	Info func(i Info)
	// NoGoInfo leaves out of INFO the section with figures of this package and of Go's
	// runtime, NAME_go. The load argument rm-info=off does so, too.
	NoGoInfo bool
	// OnLoad runs at load, after the registration of the commands, with the load
	// arguments if there are no Params. An error makes the load fail. When the module is in the server's configuration it is
	// loaded before the data: OnLoad finds no keys, and cannot make any ([ErrStarting]); [Context.OnLoading] tells when the data are there.
	OnLoad func(ctx Context, args Args) error
	// OnUnload runs when the module is about to be unloaded. An error refuses it. It may end the
	// module's goroutines and wait for them, since [ThreadSafeContext.Do] gives ErrUnloaded meanwhile; not
	// for what answers blocked clients, which keep the module loaded.
	OnUnload func(ctx Context) error
}

var (
	registered    Module
	registrations int
)

// Register says what the library is. It must be called once, from an init
// function (or a variable's initialiser); what is wrong with the module is
// reported in the server's log when it is loaded.
func Register(m Module) {
	registered = m
	registrations++
}

func init() { edge.OnLoad = onLoad }

// check finds what is wrong with a module before the server sees it.
func (m *Module) check() error {
	bad := func(field, format string, a ...any) error {
		return &fieldError{"module", field, fmt.Sprintf(format, a...)}
	}
	switch {
	case m.Name == "":
		return bad("Name", "is empty")
	case strings.ContainsFunc(m.Name, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return bad("Name", "contains a space or a control character")
	case m.Version < 0 || m.Version > 1<<31-1:
		return bad("Version", "%d is out of range", m.Version)
	case len(m.Commands) == 0 && len(m.Configs) == 0 && m.Info == nil && m.OnLoad == nil:
		return bad("Commands", "it registers nothing: no command and no OnLoad")
	}
	seen := map[string]bool{}
	for i := range m.Commands {
		c := &m.Commands[i]
		if err := c.check(); err != nil {
			return err
		}
		key := lowerName(c.Name)
		if seen[key] {
			return &fieldError{fmt.Sprintf("command %q", c.Name), "Name", "is registered twice"}
		}
		seen[key] = true
	}
	return checkParams(m.Params)
}

// onLoad is RedisModule_OnLoad. It runs inside a cgo callback on the server's
// main thread.
func onLoad(c, argv uintptr, argc int, getAPI uintptr) (status int, park bool) {
	ctx := begun(redismodule.Ctx(c), "load")
	defer over(redismodule.Ctx(c))
	core.Load(getAPI)
	defer func() {
		// A panic must not reach the server; nothing is parked yet.
		if v := recover(); v != nil {
			ctx.Log(LevelWarning, registered.Name+": load failed: panic: "+panicText(v))
			logLines(ctx, stack())
			ctx.abandonLoad()
			status, park = 1, false
		}
	}()
	// From here on the server's thread starts no thread for Go; see NameThreads.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	creating, startOf.known, startOf.yes = true, false, false
	defer func() { creating = false }()
	if err := load(ctx, args(ctx.o, argv, argc)); err == errOrdinary {
		return edge.LoadOrdinary, false
	} else if err != nil {
		name := registered.Name
		if name == "" {
			name = "(module without a name)"
		}
		ctx.Log(LevelWarning, name+": load failed: "+err.Error())
		ctx.abandonLoad()
		return 1, false
	}
	mode, why := redismodule.CurrentMode()
	line := fmt.Sprintf("%s: mode=%s (%s %s/%s", registered.Name, mode, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if edge.BuildID != nil && edge.BuildID() != "" {
		line += ", build " + edge.BuildID()
	}
	line += ")"
	if why != "" {
		line += ": " + why
	}
	ctx.Log(LevelNotice, line)
	return 0, mode == redismodule.ModeResident
}

// errOrdinary tells that a load cannot run on the resident goroutine of an earlier one.
var errOrdinary = errors.New("another mode")

// The module's code that runs in a load.
var (
	argsHook = kind{name: "the load arguments"}
	loadHook = kind{name: "OnLoad"}
)

func load(ctx Context, args Args) error {
	switch registrations {
	case 0:
		return fmt.Errorf("module: rm.Register was not called")
	case 1:
	default:
		return fmt.Errorf("module: rm.Register was called %d times", registrations)
	}
	m := &registered
	if err := m.check(); err != nil {
		return err
	}
	set, args, err := readSettings(args)
	if err != nil {
		return err
	}
	if core.Resident() && set.portable != "" {
		return errOrdinary
	}
	var rest Args
	// They may be the module's own code.
	if err := argsHook.hook(ctx, func() (err error) {
		rest, err = parseParams(m.Params, args)
		return err
	}); err != nil {
		return err
	}
	if rest.Len() > 0 && (m.OnLoad == nil || len(m.Params) > 0) {
		return fmt.Errorf("load argument %q: the module does not take it", rest.At(0).Clone())
	}
	set.apply()
	if set.portable == "" && edge.ForgetMainThread != nil && !onProcessThread() {
		set.portable = "loaded on a thread that is not the server's"
		edge.ForgetMainThread()
	}
	core.NameThreads(m.Name)
	if !core.Begin(set.portable) {
		return errOrdinary
	}
	forgetLoad()
	isLive = true
	name := unsafeconv.NewZ(m.Name)
	if redismodule.IsModuleNameBusy(name.Ptr()) != 0 {
		return &fieldError{"module", "Name", "a module of this name is loaded already"}
	}
	redismodule.SetModuleAttribs(ctx.raw(), name.Ptr(), int32(m.Version), redismodule.APIVER_1)
	beginLogContext(ctx)
	state.knowStack()
	if err := m.addCategories(ctx); err != nil {
		return err
	}
	for _, c := range m.Commands {
		if err := ctx.CreateCommand(c); err != nil {
			return err
		}
	}
	if err := ctx.settleConfigs(m.Configs); err != nil {
		return err
	}
	if m.OnLoad != nil || len(atLoad) > 0 {
		if err := loadHook.hook(ctx, func() error { return m.runOnLoad(ctx, rest) }); err != nil {
			return err
		}
	}
	if state.halfCommand != nil {
		return state.halfCommand
	}
	if err := ctx.endConfigs(); err != nil {
		return err
	}
	if err := ctx.settleInfo(m, set.info); err != nil {
		return err
	}
	if err := settleUnload(); err != nil {
		return err
	}
	settleCrash(ctx, set.keepMemcheck)
	if err := core.Settle(ctx.raw()); err != nil {
		return err
	}
	types.open()
	if note := set.applyNice(); note != "" {
		ctx.Log(LevelWarning, m.Name+": "+note)
	}
	return nil
}

// runOnLoad runs what [AtLoad] was given, and the module's OnLoad.
func (m *Module) runOnLoad(ctx Context, rest Args) error {
	if err := runAtLoad(ctx); err != nil {
		return fmt.Errorf("AtLoad: %w", err) // asks the error for its text
	}
	if m.OnLoad == nil {
		return nil
	}
	if err := m.OnLoad(ctx, rest); err != nil {
		return fmt.Errorf("OnLoad: %w", err)
	}
	return nil
}
