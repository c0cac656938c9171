// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/iredismodule/redismodule/internal/core"
	"github.com/iredismodule/redismodule/internal/edge"
)

// settings are the binding's own load arguments. Each can come from the
// environment as well; the argument wins. Modules never see them.
//
//	rm-mode           REDISMODULE_MODE           resident or portable: how the two
//	                                             languages meet (default resident,
//	                                             where the platform can)
//	rm-procs          REDISMODULE_PROCS          GOMAXPROCS (default the number of
//	                                             CPUs and 4 to spare; GOMAXPROCS in
//	                                             the environment wins over the
//	                                             default)
//	rm-nice           REDISMODULE_NICE           what is added to the priority of
//	                                             Go's threads, 0 to 19 (default 0: no
//	                                             system call is made for it; under a
//	                                             system call filter none is tried)
//	rm-child-timeout  REDISMODULE_CHILD_TIMEOUT  seconds after which a forked child
//	                                             that hangs in Go is ended (default
//	                                             30)
//	rm-info           REDISMODULE_INFO           on or off: the section of INFO with
//	                                             figures of the binding (default on,
//	                                             unless the module says NoGoInfo)
//	rm-memcheck       REDISMODULE_MEMCHECK       keep: leave the server's setting
//	                                             crash-memcheck-enabled alone
//	                                             (default off: the memory test of a
//	                                             crash report collides with Go's
//	                                             threads and cuts the report off)
type settings struct {
	info         string // on, off, or ""
	portable     string // why the portable path, or ""
	procs, nice  int
	childTimeout int
	keepMemcheck bool
}

// bindingPrefix begins the binding's own arguments.
const bindingPrefix = "rm-"

// startProcs is GOMAXPROCS as Go set it at its start, from the CPUs and the quota that
// the process has. Later it is what settings have made of it.
var startProcs = sync.OnceValue(func() int { return runtime.GOMAXPROCS(0) })

// spareProcs is how many Ps Go has beyond the CPUs by default: the server's
// thread needs one as soon as it wants to run Go, and Go's scheduler has no
// priorities. The kernel then shares the CPUs, and favours the server's thread.
const spareProcs = 4

// setting is one of the settings: its name after the prefix, and how its value
// is taken.
type setting struct {
	name string
	take func(s *settings, value, source string) error
}

func intSetting(name string, min, max int, store func(*settings, int)) setting {
	return setting{name, func(s *settings, v, source string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < min || n > max {
			return fmt.Errorf("%s: %q is not an integer from %d to %d", source, v, min, max)
		}
		store(s, n)
		return nil
	}}
}

func wordSetting(name string, take map[string]func(s *settings, source string)) setting {
	return setting{name, func(s *settings, v, source string) error {
		do, ok := take[v]
		if !ok {
			words := make([]string, 0, len(take))
			for w := range take {
				words = append(words, w)
			}
			slices.Sort(words)
			return fmt.Errorf("%s: %q is not one of: %s", source, v, strings.Join(words, ", "))
		}
		do(s, source)
		return nil
	}}
}

var allSettings = []setting{
	wordSetting("mode", map[string]func(*settings, string){
		"resident": func(s *settings, _ string) { s.portable = "" },
		"portable": func(s *settings, source string) { s.portable = "asked for by " + source },
	}),
	intSetting("procs", 1, 1<<14, func(s *settings, n int) { s.procs = n }),
	intSetting("nice", 0, 19, func(s *settings, n int) { s.nice = n }),
	intSetting("child-timeout", 1, 1<<20, func(s *settings, n int) { s.childTimeout = n }),
	wordSetting("info", map[string]func(*settings, string){
		"on":  func(s *settings, _ string) { s.info = "on" },
		"off": func(s *settings, _ string) { s.info = "off" },
	}),
	wordSetting("memcheck", map[string]func(*settings, string){
		"keep": func(s *settings, _ string) { s.keepMemcheck = true },
		"off":  func(s *settings, _ string) { s.keepMemcheck = false },
	}),
}

// readSettings takes the settings from the environment and out of args.
func readSettings(args Args) (s settings, rest Args, err error) {
	s = settings{childTimeout: 30}
	if os.Getenv("GOMAXPROCS") == "" {
		s.procs = startProcs() + spareProcs
	}
	for _, one := range allSettings {
		name := "REDISMODULE_" + strings.ToUpper(strings.ReplaceAll(one.name, "-", "_"))
		if v := os.Getenv(name); v != "" {
			if err := one.take(&s, v, "environment variable "+name); err != nil {
				return s, Args{}, err
			}
		}
	}
	var others []RStr
	for _, a := range args.All {
		name, value, whole := strings.Cut(a.Clone(), "=")
		name, own := strings.CutPrefix(strings.ToLower(name), bindingPrefix)
		if !own {
			others = append(others, a)
			continue
		}
		i := slices.IndexFunc(allSettings, func(one setting) bool { return one.name == name })
		if i < 0 {
			return s, Args{}, fmt.Errorf("load argument %q: there is no such argument", bindingPrefix+name)
		}
		if !whole {
			return s, Args{}, fmt.Errorf("load argument %[1]s%[2]s: it is written %[1]s%[2]s=VALUE", bindingPrefix, name)
		}
		if err := allSettings[i].take(&s, value, "load argument "+bindingPrefix+name); err != nil {
			return s, Args{}, err
		}
	}
	return s, ArgsOf(others...), nil
}

// apply puts into force what does not concern the mode.
func (s *settings) apply() {
	core.SetTurns(s.procs, 0)
	if edge.ChildTimeout != nil {
		edge.ChildTimeout(s.childTimeout)
	}
}

// applyNice sets the priority of Go's threads, at the end of a load, when most of them
// are there. It returns why not.
func (s *settings) applyNice() (note string) {
	if s.nice == 0 {
		return ""
	}
	if why := underFilter(); why != "" {
		return "the priority of Go's threads stays as it is: " + why
	}
	for range 2 { // one may have been started by one whose turn came later
		core.SetTurns(0, s.nice)
	}
	return ""
}
