// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/iredismodule/redismodule/internal/resp"
)

// op is one operation that every implementation offers.
type op struct {
	name  string   // value of op= in the output
	group string   // name of a set of ops for -ops
	cmd   string   // command name without prefix
	args  []string // after the command name
	size  size
	seed  func() [][]string // commands that make the data set; nil for none
	// under is a command of the implementation's, which takes "on" and "off": cmd is measured
	// while that is on. It is the server's own when its name is in capitals.
	under string
	on    string // instead of "on"
	off   string // instead of "off"

	dumpOf string // the name of a data type, but for its last letter: the third argument is a dump of a value of it

	forms map[string]form // of implementations that are no modules
	of    string          // what grows
	n     int             // how much of it
	most  map[string]int  // the largest n of implementations that have a limit
}

// form is how an operation is done without a module.
type form struct {
	requests [][]byte // one after the other
	loose    bool     // the replies differ, but not in length
}

// size says how many commands a measurement of an op has.
type size int

const (
	small size = iota // -n
	big               // -narray
	huge              // a hundredth of -narray
	vast              // a thousandth of -narray
)

// count returns the commands of a measurement, and how many go into a batch.
func (cfg config) count(s size) (n, batch int) {
	switch s {
	case big:
		// So that the replies on their way stay within the CPU's caches.
		return cfg.nArray, max(1, cfg.batch/8)
	case huge:
		return max(cfg.slices, cfg.nArray/100), max(1, cfg.batch/64)
	case vast:
		return max(cfg.slices, cfg.nArray/1000), 1
	}
	return cfg.n, cfg.batch
}

const (
	benchKey   = "bench:key"
	benchValue = "0123456789abcdef"

	groupBase = "base"
	groupData = "data"
	groupAll  = "all" // those above and those of limiter

	groupLimiter = "limiter"
	groupScale   = "scale"

	groups = groupBase + ", " + groupData + ", " + groupLimiter + ", " + groupAll + " (these), " + groupTypes + " and " + groupScale
)

// The sizes of the data set.
const (
	fields      = 10    // of a command with several fields
	hashLen     = 50    // fields of the hash
	zsetLen     = 100   // members that zrange reads
	streamLen   = 10    // entries that xread reads
	listLen     = 1000  // elements that walk reads
	scanKeys    = 10000 // keys of the database that scan reads
	scanDB      = "9"
	dictPresent = "name:617" // one of the names in the modules' dictionary
)

func allOps() []op {
	hash, list := "bench:hash", "bench:list"
	ops := []op{
		{name: "noop", group: groupBase, cmd: "noop"},
		{name: "echo", group: groupBase, cmd: "echo", args: []string{benchValue}},
		{name: "get", group: groupBase, cmd: "get", args: []string{benchKey}, seed: seedString},
		{name: "array100", group: groupBase, cmd: "array", size: big},
		{name: "call", group: groupBase, cmd: "call", args: []string{benchKey}, seed: seedString},

		{name: "ok", cmd: "ok"},
		{name: "set", cmd: "set", args: []string{"bench:set", benchValue}},
		{name: "incr", cmd: "incr", args: []string{"bench:counter"}, seed: func() [][]string {
			return [][]string{{"SET", "bench:counter", "1000000"}}
		}},
		{name: "hget", cmd: "hget", args: []string{hash, "field:7"}, seed: seedHash},
		{name: "hget10", cmd: "hget10", args: append([]string{hash}, fieldNames(fields)...), seed: seedHash},
		{name: "hset", cmd: "hset", args: []string{hash, "field:7", benchValue}, seed: seedHash},
		{name: "hset10", cmd: "hset10", args: append([]string{hash}, fieldPairs(fields)...), seed: seedHash},
		{name: "pushpop", cmd: "pushpop", args: []string{"bench:queue", benchValue}, seed: func() [][]string {
			return [][]string{{"DEL", "bench:queue"}, append([]string{"RPUSH", "bench:queue"}, slices.Repeat([]string{benchValue}, 10)...)}
		}},
		{name: "lwalk100", cmd: "lwalk", args: []string{"bench:list100"}, size: big, seed: func() [][]string {
			return [][]string{{"DEL", "bench:list100"}, append([]string{"RPUSH", "bench:list100"}, numbered("element:", 100)...)}
		}},
		{name: "zadd", cmd: "zadd", args: []string{"bench:scores", "member:7"}, seed: func() [][]string { return seedZSet("bench:scores", 1000) }},
		{name: "zrange100", cmd: "zrange", args: []string{"bench:zset"}, size: big, seed: func() [][]string { return seedZSet("bench:zset", zsetLen) }},
		{name: "zrangein100", cmd: "zrangein", args: []string{"bench:zset"}, size: big, seed: func() [][]string { return seedZSet("bench:zset", zsetLen) }},
		{name: "scan10000", cmd: "scan", args: []string{scanDB}, size: huge, seed: seedScan},
		{name: "scanbytes10000", cmd: "scanbytes", args: []string{scanDB}, size: huge, seed: seedScan},
		{name: "scanin10000", cmd: "scanin", args: []string{scanDB}, size: huge, seed: seedScan},
		{name: "xadd", cmd: "xadd", args: []string{"bench:log", "field", benchValue}, seed: func() [][]string {
			return [][]string{{"DEL", "bench:log"}}
		}},
		{name: "xread10", cmd: "xread", args: []string{"bench:stream"}, seed: seedStream},
		{name: "xreadbytes10", cmd: "xreadbytes", args: []string{"bench:stream"}, seed: seedStream},
		{name: "dictget", cmd: "dictget", args: []string{dictPresent}},
		{name: "call0", cmd: "call0"},
		{name: "call3", cmd: "call3", args: []string{benchKey, "0", "-1"}, seed: seedString},
		{name: "callstr", cmd: "callstr", args: []string{benchValue}},
		{name: "calltext", cmd: "calltext"},
		{name: "callbytes", cmd: "callbytes"},
		{name: "callint", cmd: "callint"},
		{name: "callvector10", cmd: "callvector", args: slices.Repeat([]string{benchKey}, 10), seed: seedString},
		{name: "callmixed", cmd: "callmixed", args: []string{benchKey}, seed: seedString},
		{name: "doargs", cmd: "doargs", args: []string{benchKey}, seed: seedString},
		{name: "walk1000", cmd: "walk", args: []string{list, "0", "-1"}, size: huge, seed: func() [][]string {
			return [][]string{{"DEL", list}, append([]string{"RPUSH", list}, numbered("element:", listLen)...)}
		}},
		{name: "walkbytes1000", cmd: "walkbytes", args: []string{list, "0", "-1"}, size: huge, seed: func() [][]string {
			return [][]string{{"DEL", list}, append([]string{"RPUSH", list}, numbered("element:", listLen)...)}
		}},
		{name: "reply1", cmd: "reply", args: []string{"1"}},
		{name: "reply10", cmd: "reply", args: []string{"10"}},
		{name: "reply1000", cmd: "reply", args: []string{"1000"}, size: big},
		{name: "build1", cmd: "build", args: []string{"1"}},
		{name: "build10", cmd: "build", args: []string{"10"}},
		{name: "build1000", cmd: "build", args: []string{"1000"}, size: big},
		{name: "ints1000", cmd: "ints", size: big},
		{name: "floats1000", cmd: "floats", size: big},
		{name: "texts1000", cmd: "texts", size: big},
		{name: "textmap500", cmd: "textmap", size: big},
		{name: "strings100", cmd: "strings", args: slices.Repeat([]string{benchValue}, 100), size: big},
		{name: "buildints1000", cmd: "buildints", size: big},
		{name: "buildtexts1000", cmd: "buildtexts", size: big},
		{name: "filter", cmd: "ECHO", args: []string{benchValue}, under: "filter"},
		{name: "notify100", cmd: "notify", args: []string{benchKey}, size: big},
		{name: "timer", cmd: "timer"},
		limiterOp(),
	}
	for i := range ops {
		if ops[i].group == "" {
			ops[i].group = groupData
		}
	}
	return ops
}

// selectOps reads a list of ops and groups of ops.
func selectOps(list string) ([]op, error) {
	all := slices.Concat(allOps(), typeOps(), scaleOps())
	var got []op
	for name := range strings.SplitSeq(list, ",") {
		found := false
		for _, o := range all {
			if name != o.name && name != o.group && (name != groupAll || o.group == groupScale || o.group == groupTypes) {
				continue
			}
			found = true
			if !slices.ContainsFunc(got, func(g op) bool { return g.name == o.name }) {
				got = append(got, o)
			}
		}
		if !found {
			return nil, fmt.Errorf("unknown op %q", name)
		}
	}
	return got, nil
}

// request returns the wire form of the operation for one implementation.
func (o op) request(prefix string) []byte {
	args := o.with(prefix)
	if strings.ToUpper(o.cmd) == o.cmd {
		prefix = "" // a command of the server's
	}
	return resp.AppendCommand(nil, append([]string{prefix + o.cmd}, args...)...)
}

// turn turns on or off what the op is measured under, if it is.
func (o op) turn(srv *server, prefix, how string) error {
	if o.under == "" {
		return nil
	}
	if how == "on" {
		how = cmp.Or(o.on, how)
	} else {
		how = cmp.Or(o.off, how)
	}
	reply, err := srv.roundTrip(resp.AppendCommand(nil, prefix+o.under, how))
	if err == nil && reply[0] == '-' {
		err = fmt.Errorf("%s%s answers %q", prefix, o.under, reply)
	}
	return err
}

// seedOps makes the data set of the ops; prefix is that of an implementation.
func seedOps(srv *server, ops []op, prefix string) error {
	for _, o := range ops {
		if o.seed == nil {
			continue
		}
		for _, words := range o.seed() {
			reply, err := srv.do(marked(words, prefix)...)
			if err == nil && reply[0] == '-' {
				err = fmt.Errorf("%s answers %q", words[0], reply)
			}
			if err != nil {
				return fmt.Errorf("data of op %s: %w", o.name, err)
			}
		}
	}
	return nil
}

func seedString() [][]string { return [][]string{{"SET", benchKey, benchValue}} }

func seedHash() [][]string {
	return [][]string{append([]string{"HSET", "bench:hash"}, fieldPairs(hashLen)...)}
}

func seedZSet(key string, n int) [][]string {
	zadd := []string{"ZADD", key}
	for i, member := range numbered("member:", n) {
		zadd = append(zadd, strconv.Itoa(i), member)
	}
	return [][]string{{"DEL", key}, zadd}
}

func seedStream() [][]string {
	all := [][]string{{"DEL", "bench:stream"}}
	for range streamLen {
		all = append(all, []string{"XADD", "bench:stream", "*", "field", benchValue})
	}
	return all
}

// seedScan fills a database of its own.
func seedScan() [][]string {
	all := [][]string{{"SELECT", scanDB}, {"FLUSHDB"}}
	for piece := range slices.Chunk(numbered("key:", scanKeys), 500) {
		mset := []string{"MSET"}
		for _, k := range piece {
			mset = append(mset, k, benchValue)
		}
		all = append(all, mset)
	}
	return append(all, []string{"SELECT", "0"})
}

// numbered returns n names with the prefix.
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

func fieldNames(n int) []string { return numbered("field:", n) }

func fieldPairs(n int) []string {
	var pairs []string
	for _, f := range fieldNames(n) {
		pairs = append(pairs, f, benchValue)
	}
	return pairs
}
