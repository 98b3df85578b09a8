package main

import (
	"fmt"
	"time"

	"example.com/lrucache"
)

// Thirty thousand writes and reads of a cache of two hundred entries, by a clock that is handed in.
func heavy() string {
	now := time.Unix(1_700_000_000, 0)
	left := [4]int{}
	cache, err := lrucache.New(lrucache.Options[int, int]{
		MaxWeight: 600,
		TTL:       time.Minute,
		Weigh:     func(key, _ int) int64 { return int64(1 + key%5) },
		Now:       func() time.Time { return now },
		OnEvict:   func(_, _ int, reason lrucache.Reason) { left[reason]++ },
	})
	if err != nil {
		return err.Error()
	}
	hits, sum := 0, 0
	for i := 0; i < 30_000; i++ {
		cache.Set((i*7919)%1000, i)
		if value, ok := cache.Get((i * 104_729) % 1000); ok {
			hits++
			sum += value % 1000
		}
		if i%100 == 0 {
			now = now.Add(time.Second)
		}
	}
	return fmt.Sprint(hits, sum, left, cache.Len(), cache.Weight())
}
