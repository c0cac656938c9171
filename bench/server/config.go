// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// impl is one implementation of the benchmark commands.
type impl struct {
	name   string // value of impl= in the output
	prefix string // of its commands, "c."
	path   string // shared object; "" when another impl's module has the commands
	args   []string
}

type config struct {
	impls      []impl
	ops        []op
	n          int // commands per measurement of a small op
	nArray     int
	rounds     int
	slices     int
	batch      int
	inflight   int
	out        string
	server     string
	split      bool
	allocs     bool
	noPin      bool
	serverCPUs string
	clientCPUs string
}

// baseline is the implementation that the others are compared with.
const baseline = "c"

func parseFlags(args []string) (config, error) {
	var (
		cfg                    config
		impls                  []impl
		cPath, goPath, cgoPath string
		goArgs, cgoArgs, ops   string
	)
	fs := flag.NewFlagSet("server", flag.ContinueOnError)
	fs.StringVar(&cPath, "c", "", "shared object of the C twin (impl=c, prefix c.)")
	fs.StringVar(&goPath, "go", "", "shared object of the Go module (impl=go, prefix g.)")
	fs.StringVar(&goArgs, "goargs", "", "load arguments of the Go module, separated by spaces")
	fs.StringVar(&cgoPath, "cgo", "", "second build of the Go module in portable mode (impl=portable, prefix p.)")
	fs.StringVar(&cgoArgs, "cgoargs", "", "load arguments of the portable build, separated by spaces")
	fs.Func("impl", "name=prefix, or name=prefix=module.so[ arg...]; may be repeated, overrides the prefix of a default impl", func(s string) error {
		im, err := parseImpl(s)
		impls = append(impls, im)
		return err
	})
	fs.StringVar(&ops, "ops", groupBase, "operations to measure: names and the groups "+groups)
	fs.IntVar(&cfg.n, "n", 200_000, "commands per measurement")
	fs.IntVar(&cfg.nArray, "narray", 20_000, "commands per measurement of array100 and other ops of about 100 elements; a hundredth of it for those of more")
	fs.IntVar(&cfg.rounds, "rounds", 10, "measured rounds; one more is run first and thrown away")
	fs.IntVar(&cfg.slices, "slices", 20, "pieces that a measurement is cut into; the implementations take turns piece by piece")
	fs.IntVar(&cfg.batch, "batch", 512, "commands per write (an eighth of it for array100 and the like); with few the wake-ups of the server outweigh the commands")
	fs.IntVar(&cfg.inflight, "inflight", 4, "batches sent ahead of the replies")
	fs.StringVar(&cfg.out, "o", "", "file for the benchmark lines (default: standard output)")
	fs.StringVar(&cfg.server, "server", "", "server binary, or a command that becomes it (default: RM_SERVER, else redis-server)")
	fs.BoolVar(&cfg.split, "split", false, "one server per implementation, each with its own module only")
	fs.BoolVar(&cfg.allocs, "allocs", false, "also report Go allocations per command, for implementations that have <prefix>memstats")
	fs.BoolVar(&cfg.noPin, "nopin", false, "do not pin server and client to CPUs")
	fs.StringVar(&cfg.serverCPUs, "servercpus", "", "CPU list for the server (default: the first allowed one)")
	fs.StringVar(&cfg.clientCPUs, "clientcpus", "", "CPU list for the client (default: the last allowed one)")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	if fs.NArg() > 0 {
		return cfg, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if min(cfg.rounds, cfg.slices, cfg.batch, cfg.inflight) < 1 {
		return cfg, errors.New("-rounds, -slices, -batch and -inflight must be at least 1")
	}
	if min(cfg.n, cfg.nArray) < cfg.slices {
		return cfg, errors.New("-n and -narray must not be smaller than -slices")
	}
	defaults := []impl{
		{name: "c", prefix: "c.", path: cPath},
		{name: "go", prefix: "g.", path: goPath, args: strings.Fields(goArgs)},
		{name: "portable", prefix: "p.", path: cgoPath, args: strings.Fields(cgoArgs)},
	}
	var err error
	if cfg.impls, err = mergeImpls(defaults, impls); err != nil {
		return cfg, err
	}
	if cfg.split {
		for _, im := range cfg.impls {
			if im.path == "" {
				return cfg, fmt.Errorf("-split: impl %s has no module of its own", im.name)
			}
		}
	}
	if cfg.ops, err = selectOps(ops); err != nil {
		return cfg, err
	}
	if slices.ContainsFunc(cfg.ops, func(o op) bool { return o.group == groupTypes }) {
		return cfg, errors.New("the operations on data types are for counting instructions; bench/values measures them")
	}
	if !cfg.split {
		cfg.impls = append(cfg.impls, formsOf(cfg.ops)...)
	}
	if cfg.server == "" {
		cfg.server = defaultServer()
	}
	return cfg, nil
}

// defaultServer is the server when no flag names one.
func defaultServer() string {
	if s := os.Getenv("RM_SERVER"); s != "" {
		return s
	}
	return "redis-server"
}

// parseImpl reads "name=prefix" or "name=prefix=path arg...".
func parseImpl(s string) (impl, error) {
	name, rest, ok := strings.Cut(s, "=")
	prefix, load, hasLoad := strings.Cut(rest, "=")
	switch {
	case !ok || name == "" || prefix == "":
		return impl{}, fmt.Errorf("%q is not name=prefix", s)
	case strings.ContainsAny(name, "/- \t"):
		// These have a meaning in the benchmark format.
		return impl{}, fmt.Errorf("impl name %q must not contain spaces, '/' or '-'", name)
	}
	im := impl{name: name, prefix: prefix}
	if hasLoad {
		f := strings.Fields(load)
		if len(f) == 0 {
			return impl{}, fmt.Errorf("%q names no module", s)
		}
		im.path, im.args = f[0], f[1:]
	}
	return im, nil
}

// mergeImpls drops the defaults without a module and applies the -impl flags:
// a known name changes the default, a new one is added.
func mergeImpls(defaults, flags []impl) ([]impl, error) {
	all := slices.Clone(defaults)
	named := map[string]bool{}
	for _, f := range flags {
		if named[f.name] {
			return nil, fmt.Errorf("impl %s is given twice", f.name)
		}
		named[f.name] = true
		i := slices.IndexFunc(all, func(im impl) bool { return im.name == f.name })
		if i < 0 {
			all = append(all, f)
			continue
		}
		all[i].prefix = f.prefix
		if f.path != "" {
			all[i].path, all[i].args = f.path, f.args
		}
	}
	all = slices.DeleteFunc(all, func(im impl) bool { return im.path == "" && !named[im.name] })
	if len(all) == 0 {
		return nil, errors.New("nothing to measure: give a module with -c, -go, -cgo or -impl")
	}
	prefixes := map[string]string{}
	for _, im := range all {
		if other, dup := prefixes[im.prefix]; dup {
			return nil, fmt.Errorf("impls %s and %s have the same prefix %s", other, im.name, im.prefix)
		}
		prefixes[im.prefix] = im.name
	}
	if !slices.ContainsFunc(all, func(im impl) bool { return im.path != "" }) {
		return nil, errors.New("no implementation names a module to load")
	}
	return all, nil
}
