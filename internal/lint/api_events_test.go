// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The constants of timers and events.
func init() {
	maps.Copy(prefixes, map[string][]string{
		"AtomicSlotMigrationSub": {"AtomicSlotMigration"},
		"ClientChangeSub":        {"ClientChange"},
		"CommandOutcome":         {"Command"},
		"ConfigChangeSub":        {"Config"},
		"EventLoopMask":          {"EventLoop"},
		"EventLoopPoint":         {"EventLoop"},
		"FlushDBSub":             {"FlushDB"},
		"ForkChild":              {"ForkChild"},
		"KeyRemovalSub":          {"KeyRemoval"},
		"Loading":                {"Loading"},
		"LoadingProgressSub":     {"LoadingProgress"},
		"MasterLinkChange":       {"MasterLink"},
		"ModuleChangeSub":        {"ModuleChange"},
		"NotifyDelivery":         {"NotifyDeliver"},
		"NotifyFlags":            {"Notify"},
		"Persistence":            {"Persistence"},
		"ReplAsyncLoad":          {"ReplAsyncLoad"},
		"ReplBackup":             {"ReplBackup"},
		"ReplicaChange":          {"Replica"},
		"ReplicationRole":        {"ReplicationRole"},
		"SlotMigrationSub":       {"SlotMigration"},
		"SlotTrimSub":            {"SlotTrim"},
		"TopologyFlags":          {"Topology"},
	})
}

// TestEventNames: listeners are named after the server's events.
func TestEventNames(t *testing.T) {
	// The server has one for each outcome.
	events, listeners := map[string]bool{"CommandResult": true}, 0
	raw, on := regexp.MustCompile(`(?m)^\tEvent(\w+)\s+(?:\w+\s+)?=`), regexp.MustCompile(`(?m)^func \(ctx Context\) On([A-Z]\w*)\(`)
	sources(t, func(path, text string) {
		if strings.HasSuffix(path, "/zapi_types.go") || strings.HasSuffix(path, "/zapi_constants.go") {
			for _, m := range raw.FindAllStringSubmatch(text, -1) {
				events[m[1]] = true
			}
		}
	})
	require.Contains(t, events, "ReplicaChange")
	sources(t, func(path, text string) {
		if !strings.Contains(path, "/rm/") || strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, m := range on.FindAllStringSubmatch(text, -1) {
			listeners++
			require.Contains(t, events, m[1], "%s: On%s", path, m[1])
		}
	})
	require.Greater(t, listeners, 15)
}
