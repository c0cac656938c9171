// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package rm_test

import "github.com/iredismodule/redismodule/rm"

// A data type whose values are sorted lists of texts. Persistence, replication and DEBUG
// DIGEST work with these few functions.
func ExampleNewType() {
	type history struct{ lines []string }
	var histories *rm.Type[history]

	onLoad := func(ctx rm.Context, args rm.Args) (err error) {
		histories, err = rm.NewType(ctx, rm.TypeSpec[history]{
			Name: "histories", Version: 1,
			Save: func(w *rm.Saver, h *history) error {
				w.SaveUnsigned(uint64(len(h.lines)))
				for _, line := range h.lines {
					w.SaveText(line)
				}
				return nil
			},
			Load: func(r *rm.Loader, version int) (*history, error) {
				h := new(history)
				for range r.LoadLength(1 << 20) {
					h.lines = append(h.lines, r.LoadText())
					if r.Err() != nil {
						break
					}
				}
				return h, r.Err()
			},
			Copy: func(k rm.KeyInfo, h *history) (*history, error) {
				return &history{append([]string(nil), h.lines...)}, nil
			},
			Digest: func(d *rm.Digest, h *history) {
				for _, line := range h.lines {
					d.AddText(line)
				}
				d.EndSequence()
			},
			FreeEffort: func(k rm.KeyInfo, h *history) int { return len(h.lines) },
		})
		return err
	}

	add := func(ctx rm.Context, args rm.Args) error {
		k := ctx.OpenWriteKey(args.At(1))
		defer k.Close()
		h, ok, err := histories.Get(k.ReadKey())
		if err != nil {
			return err
		}
		if !ok {
			h = new(history)
			if err := histories.Set(k, h); err != nil {
				return err
			}
		}
		h.lines = append(h.lines, args.At(2).Clone()) // in place, as long as the key is open
		return ctx.ReplyWithLongLong(int64(len(h.lines)))
	}

	_ = rm.Module{Name: "histories", Version: 1, OnLoad: onLoad, Commands: []rm.Command{
		{Name: "history.add", Flags: rm.CmdWrite, Keys: rm.OneKey, Arity: 3, Replicate: rm.ReplicateVerbatim, Handler: add},
	}}
}
