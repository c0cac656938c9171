// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package fuzz

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A model of a server with internal/testmod/everymod: plain maps and slices. It says what each command
// replies, and what there is afterwards.
type model struct {
	dbs      [16]map[string]*stored
	db       int
	dict     map[string]int64
	news     []string // what the subscriber is to get
	inside   int      // calls, transactions: nothing blocks
	protocol int      // of the client

	number int64
	flag   bool
	mode   int64
	text   string

	heard  []string // what the module's listeners have heard
	jobs   bool     // events of keys get a job
	work   []job    // what is done when the command is over
	denied []denied

	able able
}

type stored struct {
	kind    string
	str     []byte
	list    []string
	hash    map[string]string // a set has empty values
	ends    map[string]int64  // fields of a hash
	zset    map[string]float64
	entries []entry
	last    streamID
	doc     []string
	record  record
	at      int64 // when it expires, 0 for never
}

type entry struct {
	id     streamID
	fields []string
}

type streamID struct{ ms, seq uint64 }

func (a streamID) compare(b streamID) int {
	return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.seq, b.seq))
}

func (a streamID) String() string { return fmt.Sprintf("%d-%d", a.ms, a.seq) }

func (a streamID) next() streamID {
	if a.seq++; a.seq == 0 {
		a.ms++
	}
	return a
}

func (a streamID) prev() streamID {
	if a.seq == 0 {
		a.ms--
	}
	a.seq--
	return a
}

var lastID = streamID{math.MaxUint64, math.MaxUint64}

// record is a value of the type in C memory.
type record struct {
	number int64
	ratio  float64
	name   string
	times  []int64
	tags   []string
	id     string
}

const (
	wrongType   = failure("WRONGTYPE Operation against a key holding the wrong kind of value")
	notInteger  = failure("ERR value is not an integer or out of range")
	notFloat    = failure("ERR value is not a valid float")
	outOfRange  = failure("ERR index out of range")
	noKey       = failure("ERR no such key")
	badFlags    = failure("ERR the flags do not exist or exclude each other")
	badExpire   = failure("ERR invalid expire time")
	noOperation = failure("ERR no such operation")
	isNaN       = failure("ERR the score is not a number")
	badLex      = failure("ERR min or max is not a valid end of a range of elements")
	noStreamID  = failure("ERR value is not a stream ID")
	idOrder     = failure("ERR the stream ID is not greater than the last one of the stream")
	noFields    = failure("ERR a stream entry needs pairs of a field and a value, at least one")
	noValue     = failure("ERR the last key of the pairs has no value")
	noSpec      = failure("ERR no such reply")
	ok          = status("OK")
	anyError    = failure("*")
	moment      = 33000000000000
)

func newModel() *model {
	m := &model{dict: map[string]int64{}, number: 7, flag: true, mode: 2}
	for i := range m.dbs {
		m.dbs[i] = map[string]*stored{}
	}
	return m
}

var integers = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// integer reads a number as the server does.
func integer(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && integers.MatchString(s)
}

var floats = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?(e[-+]?[0-9]+)?|inf)$`)

// scoreOf reads a number as the server does; "NaN" is the module's own word.
func scoreOf(s string) (float64, bool) {
	if s == "NaN" {
		return math.NaN(), true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && floats.MatchString(s)
}

var streamIDs = regexp.MustCompile(`^[0-9]+(-[0-9]+)?$`)

func idOf(s string) (id streamID, ok bool) {
	switch s {
	case "-":
		return id, true
	case "+":
		return lastID, true
	}
	ms, seq, _ := strings.Cut(s, "-")
	id.ms, _ = strconv.ParseUint(ms, 10, 64)
	id.seq, _ = strconv.ParseUint(seq, 10, 64)
	return id, streamIDs.MatchString(s)
}

// get is the value of a key. If it is missing or of another type than kind, err says so, or is nil for a missing one.
func (m *model) get(key, kind string) (v *stored, err any) {
	v = m.dbs[m.db][key]
	if v != nil && v.kind != kind {
		return nil, wrongType
	}
	return v, nil
}

// make is get, and makes what is missing.
func (m *model) make(key, kind string) (v *stored, err any) {
	v, err = m.get(key, kind)
	if v == nil && err == nil {
		v = newValue(kind)
		m.dbs[m.db][key] = v
	}
	return v, err
}

func newValue(kind string) *stored {
	return &stored{kind: kind, hash: map[string]string{}, ends: map[string]int64{}, zset: map[string]float64{}}
}

// put makes a new value, without a time to live.
func (m *model) put(key, kind string) *stored {
	v := newValue(kind)
	m.dbs[m.db][key] = v
	return v
}

// drop removes a key whose last element is gone.
func (m *model) settle(key string) {
	v := m.dbs[m.db][key]
	if v == nil {
		return
	}
	switch v.kind {
	case "list":
		if len(v.list) > 0 {
			return
		}
	case "hash", "set":
		if len(v.hash) > 0 {
			return
		}
	case "zset":
		if len(v.zset) > 0 {
			return
		}
	default:
		return
	}
	delete(m.dbs[m.db], key)
}

func (v *stored) length() int64 {
	switch {
	case v == nil:
		return 0
	case v.kind == "string":
		return int64(len(v.str))
	}
	return int64(len(v.list) + len(v.hash) + len(v.zset) + len(v.entries))
}

func whole(n int) int64 { return int64(n) }

// hasLetter tells whether a mode has a letter.
func hasLetter(mode string, c byte) bool { return strings.IndexByte(mode, c) >= 0 }

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}

// arity are the words behind an operation, at least so many when negative.
var arity = map[string]int{
	"e.str set": 1, "e.str get": 0, "e.str copy": 0, "e.str append": 1, "e.str double": 0, "e.str cut": 1, "e.str poke": 2,
	"e.list push": -1, "e.list pop": 2, "e.list get": 1, "e.list set": 2, "e.list insert": 2, "e.list delete": 1, "e.list range": 3, "e.list thin": 2,
	"e.hash set": -1, "e.hash get": -1, "e.hash exists": 1, "e.hash del": -1, "e.hash scan": 1,
	"e.zset add": 3, "e.zset incr": 3, "e.zset rem": 1, "e.zset score": 1, "e.zset range": 3, "e.zset lex": 3, "e.zset take": 3, "e.zset scan": 1,
	"e.stream add": -1, "e.stream auto": -1, "e.stream del": 1, "e.stream delrange": 2, "e.stream trim": 2, "e.stream trimid": 2, "e.stream range": 3,
	"e.set add": -1, "e.set remove": -1, "e.set contains": 1, "e.set len": 0, "e.set pop": 0, "e.set random": 0, "e.set members": 1, "e.set scan": 1,
	"e.key type": 0, "e.key look": 0, "e.key delete": 0, "e.key unlink": 0, "e.key again": 1, "e.key at": 1, "e.key ttl": 1, "e.key lives": 0,
	"e.key persist": 0, "e.key lru": 1, "e.key lfu": 1,
	"e.type set": -1, "e.type get": 0, "e.type replace": 1, "e.type again": 0, "e.type spoil": 1,
	"e.struct set": -1, "e.struct add": 2, "e.struct tag": 2, "e.struct get": 0, "e.struct again": 0,
	"e.dict add": 2, "e.dict replace": 2, "e.dict get": 1, "e.dict delete": 1, "e.dict len": 0, "e.dict free": 0, "e.dict range": 3, "e.dict walk": 3,
	"e.call do": -3, "e.reply value": -1, "e.reply recorded": -1, "e.reply postponed": -1, "e.reply direct": -1, "e.reply panic": -1,
	"e.db set": 3, "e.db size": 0, "e.db random": 0, "e.db keys": 1, "e.pop wait": 0,
	"e.block go": 1, "e.block fail": 1, "e.block exit": 1, "e.block die": 1, "e.block none": 1, "e.block do": 1, "e.block finish": 1, "e.block reply": 1,
	"e.block twice": 1, "e.block error": 1, "e.block unblock": 1, "e.block late": 1, "e.block abort": 1, "e.block refuse": 1, "e.block timer": 1, "e.block wait": 1,
	"e.rest publish": 2, "e.rest values": 0, "e.rest config": 0, "e.rest server": 1, "e.rest strings": 2, "e.acl ask": 2, "e.acl user": 1, "e.acl log": 3,
	"e.event send": 2, "e.event take": 0, "e.event jobs": 1, "e.hash ends": 1, "e.hash first": 0, "e.block fork": 1,
	"e.many strmap": -1, "e.many textmap": -1, "e.many bytesmap": -1, "e.many strs": -1, "e.many texts": -1, "e.many bytes": -1, "e.many ints": -1,
	"e.many reals": -1, "e.many keys": -2,
}

// keyless are the commands whose operation stands in front.
var keyless = map[string]bool{"e.dict": true, "e.call": true, "e.reply": true, "e.db": true, "e.block": true, "e.rest": true, "e.acl": true, "e.many": true, "e.via": true}

// apply runs a command and says what it replies.
func (m *model) apply(words []string) any {
	want := m.run(filtered(words))
	if m.inside == 0 {
		m.finish()
	}
	return want
}

func (m *model) run(words []string) any {
	name := strings.ToLower(words[0])
	if !strings.HasPrefix(name, "e.") {
		return m.builtin(name, words[1:])
	}
	wrong := failure("ERR wrong number of arguments for '" + name + "' command")
	key, rest := "", words[1:]
	if !keyless[name] && len(rest) > 0 {
		key, rest = rest[0], rest[1:]
	}
	if len(rest) == 0 {
		return wrong
	}
	if name == "e.via" {
		return whole(len(words))
	}
	op, args := rest[0], rest[1:]
	n, known := arity[name+" "+op]
	switch {
	case !known:
		return noOperation
	case n >= 0 && len(args) != n, n < 0 && len(args) < -n:
		return wrong
	}
	switch name {
	case "e.str":
		return m.stringOp(key, op, args)
	case "e.list":
		return m.listOp(key, op, args)
	case "e.hash":
		return m.hashOp(key, op, args)
	case "e.zset":
		return m.zsetOp(key, op, args)
	case "e.stream":
		return m.streamOp(key, op, args)
	case "e.set":
		return m.setOp(key, op, args)
	case "e.key":
		return m.keyOp(key, op, args)
	case "e.type":
		return m.typeOp(key, op, args)
	case "e.struct":
		return m.structOp(key, op, args)
	case "e.dict":
		return m.dictOp(op, args)
	case "e.call":
		return m.callOp(args)
	case "e.reply":
		return replyOp(op, args)
	case "e.db":
		return m.databaseOp(op, args)
	case "e.block":
		return m.blockOp(op, args)
	case "e.rest":
		return m.restOp(op, args)
	case "e.acl":
		if op == "log" {
			return m.logged(denied{args[0], args[1], args[2], 0})
		}
		return aclOp(op, args)
	case "e.event":
		return m.eventOp(key, op, args)
	case "e.many":
		return manyOp(op, args)
	}
	return m.popOp(key)
}

func (m *model) stringOp(key, op string, args []string) any {
	v, err := m.get(key, "string")
	switch op {
	case "set":
		m.put(key, "string").str = []byte(args[0])
		return whole(len(args[0]))
	case "cut":
		n, good := integer(args[0])
		switch {
		case !good:
			return notInteger
		case n < 0 || n > 512<<20:
			return outOfRange
		case err != nil:
			return err
		}
		if n > 0 && v == nil {
			v, _ = m.make(key, "string")
		}
		if v != nil {
			v.str = append(slices.Clone(v.str[:min(n, v.length())]), make([]byte, max(n-v.length(), 0))...)
		}
		return v.length()
	case "poke":
		i, good := integer(args[0])
		switch {
		case !good:
			return notInteger
		case err != nil:
			return err
		case v == nil:
			return nil
		case i < 0 || i >= v.length() || args[1] == "":
			return outOfRange
		}
		old := v.str[i]
		v.str[i] = args[1][0]
		return int64(old)
	}
	if err != nil {
		return err
	}
	switch op {
	case "get", "copy":
		if v == nil {
			return nil
		}
		return map[string]string{"copy": "="}[op] + string(v.str)
	case "append":
		if args[0] != "" {
			v, _ = m.make(key, "string")
			v.str = append(v.str, args[0]...)
		}
	case "double":
		if v != nil {
			v.str = bytes.Repeat(v.str, 2)
		}
	}
	return v.length()
}

func (m *model) listOp(key, op string, args []string) any {
	v, err := m.get(key, "list")
	defer m.settle(key)
	at := func(n int) (int, bool) { // an index of the list
		i, good := integer(args[n])
		if i < 0 {
			i += v.length()
		}
		return int(i), good
	}
	switch op {
	case "push":
		if len(args) == 1 {
			return m.dbs[m.db][key].length()
		}
		if args[0] != "head" && args[0] != "tail" {
			return outOfRange
		}
		if err != nil {
			return err
		}
		v, _ = m.make(key, "list")
		for _, e := range args[1:] {
			if args[0] == "head" {
				v.list = append([]string{e}, v.list...)
			} else {
				v.list = append(v.list, e)
			}
		}
		return v.length()
	case "pop":
		n, good := integer(args[1])
		switch {
		case !good:
			return notInteger
		case n <= 0:
			return []any{}
		case args[0] != "head" && args[0] != "tail":
			return outOfRange
		case err != nil:
			return err
		}
		got := []any{}
		for v != nil && n > 0 && len(v.list) > 0 {
			i := 0
			if args[0] == "tail" {
				i = len(v.list) - 1
			}
			got = append(got, v.list[i])
			v.list = slices.Delete(v.list, i, i+1)
			n--
		}
		return got
	case "get", "set", "delete":
		i, good := at(0)
		switch {
		case !good:
			return notInteger
		case err != nil:
			return err
		case v == nil && op == "get":
			return nil
		case v == nil:
			return noKey
		case i < 0 || i >= len(v.list):
			if op == "get" {
				return nil
			}
			return outOfRange
		}
		switch op {
		case "get":
			return v.list[i]
		case "set":
			v.list[i] = args[1]
		case "delete":
			v.list = slices.Delete(v.list, i, i+1)
		}
		return v.length()
	case "insert":
		i, good := integer(args[0])
		if i < 0 {
			i += v.length() + 1
		}
		switch {
		case !good:
			return notInteger
		case err != nil:
			return err
		case i < 0 || i > v.length():
			return outOfRange
		}
		v, _ = m.make(key, "list")
		v.list = slices.Insert(v.list, int(i), args[1])
		return v.length()
	}
	first, good1 := at(0)
	last, good2 := at(1)
	switch {
	case !good1 || !good2:
		return notInteger
	case err != nil:
		return err
	}
	first, last = max(first, 0), min(last, int(v.length())-1)
	got := []any{}
	if op == "range" {
		for i := first; i <= last; i++ {
			got = append(got, int64(i), v.list[i])
		}
		if hasLetter(args[2], 'b') {
			got = []any{}
			for i := last; i >= first; i-- {
				got = append(got, int64(i), v.list[i])
			}
		}
		return got
	}
	for i := last; i >= first; i-- {
		got = append(got, v.list[i])
		if i%2 == 0 {
			v.list = slices.Delete(v.list, i, i+1)
		} else {
			v.list[i] = args[0]
		}
	}
	return got
}

func (m *model) hashOp(key, op string, args []string) any {
	v, err := m.get(key, "hash")
	defer m.settle(key)
	switch op {
	case "set":
		nx, xx, all := hasLetter(args[0], 'n'), hasLetter(args[0], 'x'), hasLetter(args[0], 'c')
		list := args[1:]
		bad := hasLetter(args[0], '?') || nx && xx
		length := func() int64 { return m.dbs[m.db][key].length() }
		switch {
		case len(list)%2 != 0:
			return noValue
		case bad:
			return badFlags
		case xx && m.dbs[m.db][key] == nil, len(list) == 0:
			return []any{int64(0), length()}
		case err != nil:
			return err
		}
		v, _ = m.make(key, "hash")
		n := int64(0)
		for i := 0; i < len(list); i += 2 {
			_, there := v.hash[list[i]]
			if nx && there || xx && !there {
				continue
			}
			v.hash[list[i]] = list[i+1]
			delete(v.ends, list[i])
			if there || all {
				n++
			}
		}
		m.settle(key)
		return []any{n, length()}
	case "scan":
		return m.scanOp(key, args[0], hasLetter(args[0], 'd'))
	}
	switch {
	case op == "ends" || op == "first":
		if err != nil && m.able.fieldTime {
			return err
		}
		return m.endOf(v, args...)
	case err != nil:
		return err
	case v == nil:
		v = newValue("hash")
	}
	switch op {
	case "get":
		got := []any{}
		for _, f := range args {
			if s, there := v.hash[f]; there {
				got = append(got, s)
			} else {
				got = append(got, nil)
			}
		}
		if len(args) == 1 {
			return got[0]
		}
		return got
	case "exists":
		_, there := v.hash[args[0]]
		return there
	}
	n := int64(0)
	for _, f := range args {
		if _, there := v.hash[f]; there {
			delete(v.hash, f)
			delete(v.ends, f)
			n++
		}
	}
	return n
}

// scanOp is a scan of a hash, a set or a sorted set, which may delete what it sees of a hash.
func (m *model) scanOp(key, mode string, deletes bool) any {
	v := m.dbs[m.db][key]
	if v == nil {
		return mapping{}
	}
	var got mapping
	switch v.kind {
	case "hash":
		for f, s := range v.hash {
			got = append(got, f, s)
		}
		if deletes {
			delete(m.dbs[m.db], key)
		}
	case "set":
		for f := range v.hash {
			got = append(got, f, nil)
		}
	case "zset":
		for f, s := range v.zset {
			got = append(got, f, s)
		}
	default:
		return wrongType
	}
	if deletes && v.kind != "hash" {
		return wrongType
	}
	return bag{got}
}

// member is an element of a sorted set.
type member struct {
	name  string
	score float64
}

func (v *stored) members() (list []member) {
	if v == nil {
		return nil
	}
	for name, score := range v.zset {
		list = append(list, member{name, score})
	}
	slices.SortFunc(list, func(a, b member) int { return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.name, b.name)) })
	return list
}

func (m *model) zsetOp(key, op string, args []string) any {
	v, err := m.get(key, "zset")
	defer m.settle(key)
	switch op {
	case "add", "incr":
		xx, nx, gt, lt := hasLetter(args[0], 'x'), hasLetter(args[0], 'n'), hasLetter(args[0], 'g'), hasLetter(args[0], 'l')
		by, good := scoreOf(args[1])
		result := func(score float64, name string) any {
			if op == "add" {
				return name
			}
			return []any{score, name}
		}
		switch {
		case !good:
			return notFloat
		case math.IsNaN(by):
			return isNaN
		case hasLetter(args[0], '?') || nx && (xx || gt || lt) || gt && lt:
			return badFlags
		case xx && m.dbs[m.db][key] == nil:
			return result(0, "ZAddNop")
		case err != nil:
			return err
		}
		v, _ = m.make(key, "zset")
		old, there := v.zset[args[2]]
		score := by
		if op == "incr" && there {
			if score = old + by; math.IsNaN(score) && !nx {
				return isNaN
			}
		}
		switch {
		case there && (nx || gt && score <= old || lt && score >= old), !there && xx:
			return result(0, "ZAddNop")
		case there && score == old:
			return result(score, "ZAddSame")
		}
		v.zset[args[2]] = score
		if there {
			return result(score, "ZAddUpdated")
		}
		return result(score, "ZAddAdded")
	case "scan":
		return m.scanOp(key, args[0], false)
	case "range", "take":
		low, good1 := scoreOf(args[0])
		high, good2 := scoreOf(args[1])
		switch {
		case !good1 || !good2:
			return notFloat
		case err != nil:
			return err
		case math.IsNaN(low) || math.IsNaN(high):
			return isNaN
		}
		list := slices.DeleteFunc(v.members(), func(e member) bool {
			return e.score < low || e.score > high || hasLetter(args[2], '(') && e.score == low || hasLetter(args[2], ')') && e.score == high
		})
		if op == "take" {
			for _, e := range list {
				delete(v.zset, e.name)
			}
			return whole(len(list))
		}
		return shown(list, args[2])
	case "lex":
		if err != nil {
			return err
		}
		low, high := args[0], args[1]
		if hasLetter(args[2], '-') {
			low = "-"
		}
		if hasLetter(args[2], '+') {
			high = "+"
		}
		for _, end := range []string{low, high} {
			if end == "" || strings.IndexByte("[(-+", end[0]) < 0 || strings.IndexByte("-+", end[0]) >= 0 && len(end) > 1 {
				return badLex
			}
		}
		list := v.members()
		if slices.ContainsFunc(list, func(e member) bool { return e.score != list[0].score }) {
			return judge(func(n node) error {
				if n.kind != '*' || len(n.elems)%2 != 0 {
					return fmt.Errorf("%s is no range", n.show())
				}
				return nil
			})
		}
		list = slices.DeleteFunc(list, func(e member) bool { return !beyond(e.name, low, -1) || !beyond(e.name, high, 1) })
		return shown(list, args[2])
	}
	if err != nil {
		return err
	}
	if v == nil {
		v = newValue("zset")
	}
	score, there := v.zset[args[0]]
	if op == "score" {
		if !there {
			return nil
		}
		return score
	}
	delete(v.zset, args[0])
	return int64(map[bool]int{true: 1}[there])
}

// beyond tells whether an element is on the right side of an end of a range: below is -1 for the lower end.
func beyond(name, end string, side int) bool {
	switch end {
	case "-":
		return side < 0
	case "+":
		return side > 0
	}
	c := strings.Compare(name, end[1:]) * side
	return c < 0 || c == 0 && end[0] == '['
}

func shown(list []member, mode string) any {
	if hasLetter(mode, 'b') {
		slices.Reverse(list)
	}
	got := []any{}
	for _, e := range list {
		got = append(got, e.name, e.score)
	}
	return got
}

func (m *model) streamOp(key, op string, args []string) any {
	v, err := m.get(key, "stream")
	var from, to streamID
	add := func(id streamID, fields []string) any {
		v, _ = m.make(key, "stream")
		v.entries = append(v.entries, entry{id, fields})
		v.last = id
		return id.String()
	}
	good1, good2 := true, true
	switch op {
	case "add", "del", "delrange", "range":
		from, good1 = idOf(args[0])
		if op == "delrange" || op == "range" {
			to, good2 = idOf(args[1])
		}
	case "trimid":
		from, good1 = idOf(args[1])
	}
	if !good1 || !good2 {
		return noStreamID
	}
	remove := func(gone func(e entry) bool) int64 {
		before := v.length()
		v.entries = slices.DeleteFunc(v.entries, gone)
		return before - v.length()
	}
	switch op {
	case "add":
		fields := args[1:]
		switch {
		case from == streamID{} && err != nil:
			return err
		case from == streamID{}:
			return idOrder
		case len(fields) == 0 || len(fields)%2 != 0:
			return noFields
		case err != nil:
			return err
		case v != nil && from.compare(v.last) <= 0:
			return idOrder
		}
		return add(from, fields)
	case "auto":
		switch {
		case len(args)%2 != 0:
			return noFields
		case err != nil:
			return err
		case v != nil && v.last == lastID:
			return idOrder
		}
		return judge(func(n node) error {
			id, good := idOf(n.text)
			now := uint64(time.Now().UnixMilli())
			switch {
			case n.kind != '$' || !good, v != nil && id.compare(v.last) <= 0:
				return fmt.Errorf("%s is no ID behind %v", n.show(), v)
			case v != nil && v.last.ms > now && id != v.last.next():
				return fmt.Errorf("%s does not follow %v", n.show(), v.last)
			case (v == nil || v.last.ms < now-60000) && (id.ms > now || id.ms < now-60000):
				return fmt.Errorf("%s is not now", n.show())
			}
			add(id, args)
			return nil
		})
	case "delrange":
		if from.compare(to) > 0 {
			return int64(0)
		}
	case "trim":
		n, good := integer(args[1])
		switch {
		case !good:
			return notInteger
		case n < 0:
			return outOfRange
		case hasLetter(args[0], '?'):
			return badFlags
		case err != nil:
			return err
		case v == nil:
			return int64(0)
		}
		gone := max(v.length()-n, 0)
		v.entries = slices.Clone(v.entries[gone:])
		return gone
	case "trimid":
		if hasLetter(args[0], '?') {
			return badFlags
		}
	}
	if err != nil {
		return err
	}
	if v == nil {
		v = newValue("stream")
	}
	switch op {
	case "del":
		return remove(func(e entry) bool { return e.id == from })
	case "delrange":
		return remove(func(e entry) bool { return e.id.compare(from) >= 0 && e.id.compare(to) <= 0 })
	case "trimid":
		return remove(func(e entry) bool { return e.id.compare(from) < 0 })
	}
	mode := args[2]
	var list []entry
	if hasLetter(mode, 'x') {
		if from == lastID || to == (streamID{}) {
			return []any{}
		}
		from, to = from.next(), to.prev()
	}
	for _, e := range v.entries {
		if e.id.compare(from) >= 0 && e.id.compare(to) <= 0 {
			list = append(list, e)
		}
	}
	if hasLetter(mode, 'd') && !hasLetter(mode, 'i') {
		remove(func(e entry) bool { return e.id.compare(from) >= 0 && e.id.compare(to) <= 0 })
	}
	if hasLetter(mode, 'b') {
		slices.Reverse(list)
	}
	got := []any{}
	for _, e := range list {
		got = append(got, e.id.String())
		if hasLetter(mode, 'i') {
			got = append(got, whole(len(e.fields)/2))
			continue
		}
		fields := []any{}
		for _, f := range e.fields {
			fields = append(fields, f)
		}
		got = append(got, fields)
	}
	return got
}

func (m *model) setOp(key, op string, args []string) any {
	v, err := m.get(key, "set")
	defer m.settle(key)
	if op == "scan" {
		return m.scanOp(key, args[0], false)
	}
	if err != nil {
		return err
	}
	n := int64(0)
	switch op {
	case "add":
		for _, e := range args[1:] {
			v, _ = m.make(key, "set")
			if _, there := v.hash[e]; !there {
				v.hash[e] = ""
				n++
			}
		}
		return n
	case "len":
		return v.length()
	}
	if v == nil {
		v = newValue("set")
	}
	switch op {
	case "remove":
		for _, e := range args[1:] {
			if _, there := v.hash[e]; there {
				delete(v.hash, e)
				n++
			}
		}
		return n
	case "contains":
		_, there := v.hash[args[0]]
		return there
	case "members":
		got := unsorted{}
		for e := range v.hash {
			got = append(got, e)
		}
		if hasLetter(args[0], 'd') && !hasLetter(args[0], 'b') {
			clear(v.hash)
		}
		return got
	}
	if len(v.hash) == 0 {
		return nil
	}
	return judge(func(n node) error { // pop, random
		if _, there := v.hash[n.text]; n.kind != '$' || !there {
			return fmt.Errorf("%s is not in %v", n.show(), v.hash)
		}
		if op == "pop" {
			delete(v.hash, n.text)
			m.settle(key)
		}
		return nil
	})
}

var typeNames = map[string]string{
	"string": "KeyTypeString", "list": "KeyTypeList", "hash": "KeyTypeHash", "set": "KeyTypeSet", "zset": "KeyTypeZSet",
	"stream": "KeyTypeStream", "every-doc": "KeyTypeModule", "every-str": "KeyTypeModule",
}

func (m *model) keyOp(key, op string, args []string) any {
	v := m.dbs[m.db][key]
	n, good := int64(0), true
	if len(args) > 0 && op != "again" {
		n, good = integer(args[0])
	}
	if !good {
		return notInteger
	}
	switch op {
	case "type":
		if v == nil {
			return "KeyTypeEmpty"
		}
		return typeNames[v.kind]
	case "look":
		if v == nil {
			return []any{false, false, int64(0), int64(0), ""}
		}
		return []any{true, true, v.length(), whole(m.db), key}
	case "delete", "unlink":
		delete(m.dbs[m.db], key)
		return int64(map[bool]int{true: 1}[v != nil])
	case "again":
		m.put(key, "list").list = []string{args[0]}
		return int64(1)
	case "at":
		at := moment + n
		switch {
		case n < 0 || at < 0:
			return badExpire
		case v == nil:
			return noKey
		}
		old := v.at
		if v.at = at; old == 0 {
			return nil
		}
		return old
	case "ttl":
		d := time.Duration(n) * 24 * time.Hour
		switch {
		case d <= 0:
			return badExpire
		case v == nil:
			return noKey
		}
		want := time.Now().Add(d).UnixMilli()
		return judge(func(node node) error {
			at, good := integer(node.text)
			if node.kind != ':' || !good || at > want+60000 || at < want-60000 {
				return fmt.Errorf("%s is not %d", node.show(), want)
			}
			v.at = at
			return nil
		})
	case "lives":
		return v != nil && v.at != 0
	case "persist":
		if v == nil {
			return noKey
		}
		v.at = 0
		return int64(1)
	case "lru":
		idle := time.Duration(n) * time.Second
		switch {
		case v == nil:
			return noKey
		case idle < 0 || idle > (1<<24-2)*time.Second:
			return outOfRange
		case !m.able.lruUnit && idle >= time.Second:
			return failure("ERR this server gets the unit of idle times wrong")
		}
		want := int64(idle / time.Second)
		return judge(func(node node) error {
			got, good := integer(node.text)
			if node.kind != ':' || !good || got < want-2 || got > want+60 {
				return fmt.Errorf("%s is not %d", node.show(), want)
			}
			return nil
		})
	}
	switch { // lfu
	case v == nil:
		return noKey
	case n < 0 || n > 255:
		return outOfRange
	}
	return failure("ERR the eviction policy does not keep this of keys")
}

func (m *model) databaseOp(op string, args []string) any {
	switch op {
	case "set":
		n, good := integer(args[0])
		switch {
		case !good:
			return notInteger
		case n < 0 || n >= 16:
			return failure("ERR DB index is out of range")
		}
		old := m.db
		m.db = int(n)
		m.put(args[1], "string").str = []byte(args[2])
		m.db = old
		return []any{whole(old), whole(old), n}
	case "size":
		return whole(len(m.dbs[m.db]))
	case "keys":
		got := unsorted{}
		for key := range m.dbs[m.db] {
			got = append(got, key)
		}
		return judge(func(n node) error {
			if (n.kind == '~' || n.kind == '*') && sameTexts(once(texts(n.elems, 1)), textsOf(got, 1)) {
				return nil
			}
			return fmt.Errorf("%s are not %q", n.show(), got)
		})
	}
	if len(m.dbs[m.db]) == 0 {
		return nil
	}
	db := m.dbs[m.db]
	return judge(func(n node) error { // random
		if db[n.text] == nil || n.kind != '$' {
			return fmt.Errorf("%s is no key", n.show())
		}
		return nil
	})
}
