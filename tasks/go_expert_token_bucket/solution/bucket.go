// Package tokenbucket limits rates with token buckets.
package tokenbucket

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

var (
	ErrConfig   = errors.New("tokenbucket: bad configuration")
	ErrNegative = errors.New("tokenbucket: negative number of tokens")
	ErrTooMany  = errors.New("tokenbucket: more tokens than the burst")
)

// Clock is where the time comes from.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Config describes a bucket.
type Config struct {
	Rate  float64 // tokens a second
	Burst int     // the most that the bucket holds
	Clock Clock   // nil: the real time
}

type realClock struct{}

func (realClock) Now() time.Time                         { return time.Now() }
func (realClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Bucket is a token bucket.
type Bucket struct {
	mu     sync.Mutex
	clock  Clock
	rate   float64
	burst  float64
	tokens float64
	last   time.Time
}

// Reservation is a number of tokens taken in advance.
type Reservation struct {
	bucket *Bucket
	n      float64
	delay  time.Duration
	ready  time.Time
	over   bool
}

func checkRate(rate float64) error {
	if !(rate > 0) || math.IsInf(rate, 0) {
		return fmt.Errorf("%w: rate %v", ErrConfig, rate)
	}
	return nil
}

func New(config Config) (*Bucket, error) {
	if err := checkRate(config.Rate); err != nil {
		return nil, err
	}
	if config.Burst < 1 {
		return nil, fmt.Errorf("%w: burst %d", ErrConfig, config.Burst)
	}
	clock := config.Clock
	if clock == nil {
		clock = realClock{}
	}
	burst := float64(config.Burst)
	return &Bucket{clock: clock, rate: config.Rate, burst: burst, tokens: burst, last: clock.Now()}, nil
}

// refill brings the content up to date; the lock is held.
func (b *Bucket) refill() time.Time {
	now := b.clock.Now()
	if now.After(b.last) {
		b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.rate)
		b.last = now
	}
	return b.last
}

func (b *Bucket) Tokens() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	return b.tokens
}

func (b *Bucket) Allow(n int) bool {
	if n < 0 || float64(n) > b.burst {
		return false
	}
	if n == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	if b.tokens < float64(n) {
		return false
	}
	b.tokens -= float64(n)
	return true
}

func (b *Bucket) Reserve(n int) (*Reservation, error) {
	if n < 0 {
		return nil, ErrNegative
	}
	if float64(n) > b.burst {
		return nil, ErrTooMany
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.refill()
	b.tokens -= float64(n)
	r := &Reservation{bucket: b, n: float64(n), ready: now}
	if b.tokens < 0 && n > 0 {
		r.delay = time.Duration(math.Ceil(-b.tokens / b.rate * float64(time.Second)))
		r.ready = now.Add(r.delay)
	}
	return r, nil
}

func (b *Bucket) Wait(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := b.Reserve(n)
	if err != nil {
		return err
	}
	if r.delay == 0 {
		return nil
	}
	select {
	case <-b.clock.After(r.delay):
		return nil
	case <-ctx.Done():
		r.Cancel()
		return ctx.Err()
	}
}

func (b *Bucket) SetRate(rate float64) error {
	if err := checkRate(rate); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	b.rate = rate
	return nil
}

func (r *Reservation) Delay() time.Duration { return r.delay }

func (r *Reservation) Cancel() bool {
	b := r.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.refill()
	if r.over || !r.ready.After(now) {
		return false
	}
	r.over = true
	b.tokens = min(b.burst, b.tokens+r.n)
	return true
}

type entry struct {
	key    string
	bucket *Bucket
}

// Keyed is a set of buckets, one for each key.
type Keyed struct {
	mu     sync.Mutex
	config Config
	most   int
	byKey  map[string]*list.Element
	recent *list.List // the latest used first
}

func NewKeyed(config Config, maxKeys int) (*Keyed, error) {
	if _, err := New(config); err != nil {
		return nil, err
	}
	if maxKeys < 1 {
		return nil, fmt.Errorf("%w: at most %d keys", ErrConfig, maxKeys)
	}
	return &Keyed{config: config, most: maxKeys, byKey: map[string]*list.Element{}, recent: list.New()}, nil
}

func (k *Keyed) Allow(key string, n int) bool {
	if n < 0 || n > k.config.Burst {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	found, ok := k.byKey[key]
	if !ok {
		if k.recent.Len() >= k.most && !k.makeRoom() {
			return false
		}
		bucket, err := New(k.config)
		if err != nil {
			return false
		}
		found = k.recent.PushFront(entry{key, bucket})
		k.byKey[key] = found
	}
	k.recent.MoveToFront(found)
	return found.Value.(entry).bucket.Allow(n)
}

func (k *Keyed) makeRoom() bool {
	for at := k.recent.Back(); at != nil; at = at.Prev() {
		held := at.Value.(entry)
		if held.bucket.Tokens() >= float64(k.config.Burst) {
			delete(k.byKey, held.key)
			k.recent.Remove(at)
			return true
		}
	}
	return false
}

func (k *Keyed) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.recent.Len()
}
