// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/iredismodule/redismodule/rm"
)

// Keys whose time is over while they are open, and while a loop goes over them.

func init() {
	// expirewalk KIND ROUNDS: how many rounds saw the key go, and how many saw it stay.
	ways["expirewalk"] = func(t *rm.ThreadSafeContext, args []string) (string, error) {
		v, ok := values[args[0]]
		if !ok {
			return "", fmt.Errorf("no values of the kind %q", args[0])
		}
		var rounds, went int
		if _, err := fmt.Sscan(args[1], &rounds); err != nil {
			return "", err
		}
		for i := range rounds {
			err := t.Do(func(ctx rm.Context) error {
				gone, err := expiresInWalk(ctx, v, i)
				if gone {
					went++
				}
				return err
			})
			if err != nil {
				return "", fmt.Errorf("%s, round %d: %w", args[0], i, err)
			}
		}
		return fmt.Sprintf("went=%d stayed=%d", went, rounds-went), nil
	}
}

// elements is how many a value has: more than a loop reads at once. Each text is long,
// so that the value is not stored in one piece.
const elements = 300

func element(i int) string { return fmt.Sprintf("element %d %s", i, strings.Repeat("e", 80)) }

// value is how a kind of value is filled, walked over and used otherwise.
type value struct {
	fill func(i int) []string
	walk func(k rm.ReadKey, yield func(s rm.RStr) bool) error
	use  func(k rm.WriteKey, s rm.RStr) error
}

var values = map[string]value{
	"list": {
		func(i int) []string { return []string{"RPUSH", "expires", element(i)} },
		func(k rm.ReadKey, yield func(s rm.RStr) bool) error {
			r, err := k.List(0, -1)
			for _, s := range r.All {
				if !yield(s) {
					break
				}
			}
			return err
		},
		func(k rm.WriteKey, s rm.RStr) error { return k.ListPush(rm.ListTail, s) },
	},
	"hash": {
		func(i int) []string { return []string{"HSET", "expires", element(i), element(i)} },
		func(k rm.ReadKey, yield func(s rm.RStr) bool) error {
			r, err := k.Elements(nil)
			for field := range r.All {
				if !yield(field) {
					break
				}
			}
			return err
		},
		func(k rm.WriteKey, s rm.RStr) error { _, err := k.HashSet(s, s, 0); return err },
	},
	"zset": {
		func(i int) []string { return []string{"ZADD", "expires", fmt.Sprint(i), element(i)} },
		func(k rm.ReadKey, yield func(s rm.RStr) bool) error {
			r, err := k.ZSetByScore(rm.ScoreRange{Min: 0, Max: 1e9})
			for s := range r.All {
				if !yield(s) {
					break
				}
			}
			return err
		},
		func(k rm.WriteKey, s rm.RStr) error { _, err := k.ZSetAdd(1, s, 0); return err },
	},
	"stream": {
		func(i int) []string { return []string{"XADD", "expires", fmt.Sprintf("1-%d", i+1), "f", element(i)} },
		func(k rm.ReadKey, yield func(s rm.RStr) bool) error {
			r, err := k.Stream(rm.StreamID{}, rm.StreamID{Ms: 1 << 40})
			for _, entry := range r.All {
				if _, s := entry.Field(0); !yield(s) {
					break
				}
			}
			return err
		},
		func(k rm.WriteKey, s rm.RStr) error {
			_, err := k.StreamAdd(rm.StreamID{Ms: 1 << 41}, s, s)
			return err
		},
	},
}

func quietly(ctx rm.Context, args ...string) error {
	reply, err := run(ctx, 0, args)
	reply.Free()
	return err
}

// lookUps look a key up by its name.
var lookUps = []func(ctx rm.Context, name rm.RStr){
	func(ctx rm.Context, name rm.RStr) { ctx.KeyExists(name) },
	func(ctx rm.Context, name rm.RStr) { _ = quietly(ctx, "EXISTS", name.String()) },
	func(ctx rm.Context, name rm.RStr) { ctx.OpenReadKey(name).Close() },
	func(ctx rm.Context, name rm.RStr) {
		keys, err := ctx.Keys(nil)
		if err != nil {
			return
		}
		for n := range keys.All {
			ctx.KeyExists(n)
		}
	},
	func(ctx rm.Context, name rm.RStr) {}, // nobody looks: the server still has it
}

// expiresInWalk opens a key that has a few milliseconds to live, and lets them pass
// inside of a loop over its value. Nothing that is read may be anything but what was
// put in, and the key is either there with all of it or gone with an error.
func expiresInWalk(ctx rm.Context, v value, round int) (gone bool, err error) {
	for _, key := range []string{"expires", "kept"} {
		if err := quietly(ctx, "DEL", key); err != nil {
			return false, err
		}
	}
	for i := range elements {
		if err := quietly(ctx, v.fill(i)...); err != nil {
			return false, err
		}
	}
	if err := quietly(ctx, "PEXPIRE", "expires", "4"); err != nil {
		return false, err
	}
	end := time.Now().Add(6 * time.Millisecond)
	name, one := rm.NewRStringText("expires"), rm.NewRStringText("one more")
	defer name.Free()
	defer one.Free()
	key := ctx.OpenWriteKey(name.Str())
	if !key.Exists() {
		key.Close()
		return true, nil // a slow machine
	}
	other := ctx.OpenReadKey(name.Str()) // a second one, for the end of the callback to close
	seen := 0
	var wrong error
	err = v.walk(key.ReadKey(), func(s rm.RStr) bool {
		text := s.String()
		if !strings.HasPrefix(text, "element ") || !strings.HasSuffix(text, strings.Repeat("e", 80)) {
			wrong = fmt.Errorf("step %d shows %.40q", seen, text)
			return false
		}
		if seen == 3 {
			for time.Now().Before(end) {
			}
			lookUps[round%len(lookUps)](ctx, name.Str())
			for i := range 40 { // what was freed is used again
				_ = quietly(ctx, "RPUSH", "kept", strings.Repeat("o", 16+8*i))
			}
		}
		seen++
		return true
	})
	if wrong != nil || err != nil {
		return false, errors.Join(wrong, err)
	}
	err = v.use(key, one.Str())
	_, _, ttlErr := other.TTL()
	switch {
	case errors.Is(err, rm.ErrKeyExpired):
		if ttlErr != rm.ErrKeyExpired || key.Exists() || key.Len() != 0 || key.Raw() != 0 || seen == elements {
			return true, fmt.Errorf("the time is over, but: TTL %v, exists %v, length %d, %d elements seen",
				ttlErr, key.Exists(), key.Len(), seen)
		}
		gone = true
	case err != nil:
		return false, err
	case ttlErr != nil || seen != elements || key.Len() != elements+1:
		return false, fmt.Errorf("the key is there, but: TTL %v, %d elements seen, length %d", ttlErr, seen, key.Len())
	}
	key.Close()
	return gone, nil
}
