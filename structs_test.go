// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package redismodule

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// goStructs is every struct shared with the server, by the C name without prefix
// and version.
var goStructs = map[string]any{
	"RedisModuleEvent":                                Event{},
	"RedisModuleStreamID":                             StreamID{},
	"RedisModuleTypeMethods":                          TypeMethods{},
	"RedisModuleCommandInfo":                          CommandInfo{},
	"RedisModuleCommandInfoVersion":                   CommandInfoVersion{},
	"RedisModuleCommandHistoryEntry":                  CommandHistoryEntry{},
	"RedisModuleCommandArg":                           CommandArg{},
	"RedisModuleCommandKeySpec":                       CommandKeySpec{},
	"RedisModuleClientInfo":                           ClientInfo{},
	"RedisModuleReplicationInfo":                      ReplicationInfo{},
	"RedisModuleFlushInfo":                            FlushInfo{},
	"RedisModuleModuleChange":                         ModuleChange{},
	"RedisModuleCronLoop":                             CronLoop{},
	"RedisModuleLoadingProgress":                      LoadingProgress{},
	"RedisModuleSwapDbInfo":                           SwapDbInfo{},
	"RedisModuleConfigChange":                         ConfigChange{},
	"RedisModuleKeyInfo":                              KeyInfo{},
	"RedisModuleSlotRange":                            SlotRange{},
	"RedisModuleSlotRangeArray":                       SlotRangeArray{},
	"RedisModuleClusterSlotMigrationInfo":             ClusterSlotMigrationInfo{},
	"RedisModuleClusterSlotMigrationTrimInfo":         ClusterSlotMigrationTrimInfo{},
	"RedisModuleClusterTopologyChangeInfo":            ClusterTopologyChangeInfo{},
	"RedisModuleKeyMetaClassConfig":                   KeyMetaClassConfig{},
	"ValkeyModuleAuthenticationInfo":                  AuthenticationInfo{},
	"ValkeyModuleSlotRange":                           ValkeySlotRange{},
	"ValkeyModuleAtomicSlotMigrationInfo":             AtomicSlotMigrationInfo{},
	"ValkeyModuleCommandResultInfo":                   CommandResultInfo{},
	"ValkeyModuleScriptingEngineMethods":              ScriptingEngineMethods{},
	"ValkeyModuleScriptingEngineCompiledFunction":     ScriptingEngineCompiledFunction{},
	"ValkeyModuleScriptingEngineMemoryInfo":           ScriptingEngineMemoryInfo{},
	"ValkeyModuleScriptingEngineCallableLazyEnvReset": ScriptingEngineCallableLazyEnvReset{},
	"ValkeyModuleScriptingEngineDebuggerCommandParam": ScriptingEngineDebuggerCommandParam{},
	"ValkeyModuleScriptingEngineDebuggerCommand":      ScriptingEngineDebuggerCommand{},
	"ValkeyModuleReplyHandlers":                       ReplyHandlers{},
}

// cStruct is one layout table of api/structs.md.
type cStruct struct {
	size   int // -1 when the text gives none
	fields []cField
}

type cField struct {
	offset      uintptr
	name, ctype string
}

var (
	headingLine = regexp.MustCompile(`^####? .*?((?:Redis|Valkey)Module\w+)$`)
	sizeText    = regexp.MustCompile(`\bSize (\d+)\b`)
	fieldLine   = regexp.MustCompile("^\\| (\\d+) \\| (\\w+)[^|]*\\| `([^`]+)` \\|")
	unionLine   = regexp.MustCompile("^\\| (\\d+) \\| (\\w+\\.[\\w.]+) \\| `([^`]+)` \\|")
	charArray   = regexp.MustCompile(`^char \[(\d+)\]$`)
)

// readLayouts parses the layout tables.
func readLayouts(t *testing.T) map[string]*cStruct {
	t.Helper()
	text, err := os.ReadFile("api/structs.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*cStruct{}
	var current *cStruct
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "#") {
			current = nil
			if m := headingLine.FindStringSubmatch(line); m != nil {
				current = &cStruct{size: -1}
				all[strings.TrimSuffix(m[1], "V1")] = current
			}
			continue
		}
		if current == nil {
			continue
		}
		if m := sizeText.FindStringSubmatch(line); m != nil && len(current.fields) == 0 {
			current.size, _ = strconv.Atoi(m[1])
		}
		m := unionLine.FindStringSubmatch(line)
		if m == nil {
			m = fieldLine.FindStringSubmatch(line)
		}
		if m != nil {
			offset, _ := strconv.Atoi(m[1])
			current.fields = append(current.fields, cField{uintptr(offset), m[2], m[3]})
		}
	}
	for name, s := range all {
		if len(s.fields) == 0 {
			delete(all, name)
		}
	}
	return all
}

// goFieldName finds the Go field of a C one: equal but for case and underscores.
func goFieldName(typ reflect.Type, c string) (reflect.StructField, bool) {
	want := strings.ToLower(strings.ReplaceAll(c, "_", ""))
	return typ.FieldByNameFunc(func(s string) bool { return strings.ToLower(s) == want })
}

// fits tells whether a Go type has the size, signedness and sort of a C type.
func fits(typ reflect.Type, c string) bool {
	c = strings.TrimPrefix(c, "const ")
	if m := charArray.FindStringSubmatch(c); m != nil {
		n, _ := strconv.Atoi(m[1])
		return typ.Kind() == reflect.Array && typ.Len() == n && typ.Elem().Kind() == reflect.Uint8
	}
	kinds := map[string]reflect.Kind{
		"uint64_t": reflect.Uint64, "uint32_t": reflect.Uint32, "uint16_t": reflect.Uint16, "int32_t": reflect.Int32,
		"int": reflect.Int32, "long long": reflect.Int64, "size_t": reflect.Uintptr,
		"RedisModuleCommandArgType":         reflect.Int32,
		"RedisModuleKeySpecBeginSearchType": reflect.Int32,
		"RedisModuleKeySpecFindKeysType":    reflect.Int32,
		"ValkeyModuleAuthenticationResult":  reflect.Int32,
	}
	if k, ok := kinds[c]; ok {
		return typ.Kind() == k
	}
	function := regexp.MustCompile(`\(\*\)\(|Module\w+(Func2?|Callback)$`).MatchString(c)
	if function {
		return typ == reflect.TypeFor[CFunc]()
	}
	return strings.HasSuffix(c, "*") && (typ.Kind() == reflect.Uintptr || typ.Kind() == reflect.Pointer)
}

func TestStructLayout(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("api/structs.md has the layouts of 64-bit platforms only")
	}
	layouts := readLayouts(t)
	for name := range layouts {
		if goStructs[name] == nil {
			t.Errorf("%s has no Go struct", name)
		}
	}
	for name, v := range goStructs {
		t.Run(name, func(t *testing.T) {
			layout := layouts[name]
			if layout == nil {
				t.Fatal("not in api/structs.md")
			}
			typ := reflect.TypeOf(v)
			if layout.size < 0 {
				// The text says: pointers only.
				layout.size = 8 * len(layout.fields)
			}
			if got := int(typ.Size()); got != layout.size {
				t.Errorf("size %d, want %d", got, layout.size)
			}
			unions := 0
			switch name {
			case "RedisModuleCommandKeySpec":
				layout.fields, unions = keySpecFields(t, layout.fields), 2
			case "RedisModuleSlotRangeArray":
				layout.fields = slotRangeFields(t, layout.fields)
			}
			for _, c := range layout.fields {
				f, ok := goFieldName(typ, c.name)
				switch {
				case !ok:
					t.Errorf("no field for %s", c.name)
				case f.Offset != c.offset:
					t.Errorf("%s is at %d, want %d", f.Name, f.Offset, c.offset)
				case !fits(f.Type, c.ctype):
					t.Errorf("%s is a %s, which does not fit %s", f.Name, f.Type, c.ctype)
				}
			}
			if got, want := typ.NumField()-1, len(layout.fields)+unions; got != want {
				t.Errorf("%d fields beside HostLayout, want %d", got, want)
			}
		})
	}
}

// keySpecFields checks the arms of the unions of RedisModuleCommandKeySpec and
// returns the fields outside them.
func keySpecFields(t *testing.T, fields []cField) []cField {
	t.Helper()
	var k CommandKeySpec
	start := uintptr(unsafe.Pointer(&k))
	arms := map[string]uintptr{
		"bs":                   uintptr(unsafe.Pointer(&k.BeginSearch)),
		"bs.index.pos":         uintptr(unsafe.Pointer(k.BeginSearch.Index())),
		"bs.keyword.keyword":   uintptr(unsafe.Pointer(&k.BeginSearch.Keyword)),
		"bs.keyword.startfrom": uintptr(unsafe.Pointer(&k.BeginSearch.StartFrom)),
		"fk":                   uintptr(unsafe.Pointer(&k.FindKeys)),
		"fk.range.lastkey":     uintptr(unsafe.Pointer(&k.FindKeys.LastKey)),
		"fk.range.keystep":     uintptr(unsafe.Pointer(&k.FindKeys.KeyStep)),
		"fk.range.limit":       uintptr(unsafe.Pointer(&k.FindKeys.Limit)),
		"fk.keynum.keynumidx":  uintptr(unsafe.Pointer(&k.FindKeys.KeyNum().KeyNumIdx)),
		"fk.keynum.firstkey":   uintptr(unsafe.Pointer(&k.FindKeys.KeyNum().FirstKey)),
		"fk.keynum.keystep":    uintptr(unsafe.Pointer(&k.FindKeys.KeyNum().KeyStep)),
	}
	var rest []cField
	seen := 0
	for _, f := range fields {
		address, isArm := arms[f.name]
		if !isArm {
			rest = append(rest, f)
			continue
		}
		seen++
		if got := address - start; got != f.offset {
			t.Errorf("%s is at %d, want %d", f.name, got, f.offset)
		}
	}
	if seen != len(arms) {
		t.Errorf("%d rows for the unions, want %d", seen, len(arms))
	}
	return rest
}

// slotRangeFields takes the flexible array, which Go has as a method, out.
func slotRangeFields(t *testing.T, fields []cField) []cField {
	t.Helper()
	var a struct {
		SlotRangeArray
		room [2]SlotRange
	}
	a.NumRanges = 2
	a.room = [2]SlotRange{{Start: 1, End: 2}, {Start: 3, End: 4}}
	last := fields[len(fields)-1]
	if last.name != "ranges" {
		t.Fatalf("last field is %s, want ranges", last.name)
	}
	got := a.Ranges()
	if len(got) != 2 || got[0] != a.room[0] || got[1] != a.room[1] {
		t.Errorf("Ranges: %v, want %v", got, a.room)
	}
	if off := uintptr(unsafe.Pointer(&got[0])) - uintptr(unsafe.Pointer(&a)); off != last.offset {
		t.Errorf("ranges are at %d, want %d", off, last.offset)
	}
	return fields[:len(fields)-1]
}

func TestCommandInfoVersion(t *testing.T) {
	want := CommandInfoVersion{Version: 1, SizeofHistoryEntry: 16, SizeofKeySpec: 56, SizeofArg: 72}
	if got := NewCommandInfoVersion(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestStructArraysEmpty(t *testing.T) {
	if got := (*SlotRangeArray)(nil).Ranges(); got != nil {
		t.Errorf("ranges of a NULL array: %v", got)
	}
	if got := (&SlotRangeArray{}).Ranges(); got != nil {
		t.Errorf("ranges of an empty array: %v", got)
	}
	if got := (&AtomicSlotMigrationInfo{NumSlotRanges: 1}).Ranges(); got != nil {
		t.Errorf("ranges at NULL: %v", got)
	}
	if got := (&CommandResultInfo{Argc: 1}).Args(); got != nil {
		t.Errorf("arguments at NULL: %v", got)
	}
}

func TestStructArrays(t *testing.T) {
	ranges := []ValkeySlotRange{{Start: 1, End: 2}, {Start: 5, End: 16383}}
	info := AtomicSlotMigrationInfo{SlotRanges: &ranges[0], NumSlotRanges: 2}
	if got := info.Ranges(); len(got) != 2 || got[1] != ranges[1] {
		t.Errorf("got %v, want %v", got, ranges)
	}
	argv := []String{7, 8, 9}
	result := CommandResultInfo{Argv: &argv[0], Argc: 3}
	if got := result.Args(); len(got) != 3 || got[2] != 9 {
		t.Errorf("got %v, want %v", got, argv)
	}
}
