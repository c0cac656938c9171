// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package lint

import "maps"

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
