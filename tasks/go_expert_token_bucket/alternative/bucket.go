// Package tokenbucket limits rates with token buckets.
package tokenbucket

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

var (
	ErrConfig   = errors.New("tokenbucket: bad configuration")
	ErrNegative = errors.New("tokenbucket: negative number of tokens")
	ErrTooMany  = errors.New("tokenbucket: more tokens than the burst")
)

type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type Config struct {
	Rate  float64
	Burst int
	Clock Clock
}

type system struct{}

func (system) Now() time.Time { return time.Now() }

func (system) After(d time.Duration) <-chan time.Time { return time.NewTimer(d).C }

// Bucket is kept as the point on its own time line (seconds since its start) at which it would have been empty.
type Bucket struct {
	lock    sync.Mutex
	clock   Clock
	start   time.Time
	present float64 // the latest time seen, in seconds since start
	emptyAt float64
	period  float64 // seconds a token
	burst   int
}

type Reservation struct {
	once   sync.Mutex
	owner  *Bucket
	count  int
	delay  time.Duration
	until  float64
	closed bool
}

func good(rate float64) bool { return rate > 0 && rate <= math.MaxFloat64 }

func New(config Config) (*Bucket, error) {
	if !good(config.Rate) || config.Burst < 1 {
		return nil, errors.Join(ErrConfig, errors.New("rate and burst must be positive"))
	}
	if config.Clock == nil {
		config.Clock = system{}
	}
	b := &Bucket{clock: config.Clock, start: config.Clock.Now(), period: 1 / config.Rate, burst: config.Burst}
	b.emptyAt = -float64(b.burst) * b.period
	return b, nil
}

func (b *Bucket) locked(do func()) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.present = math.Max(b.present, b.clock.Now().Sub(b.start).Seconds())
	b.clip()
	do()
}

func (b *Bucket) clip() {
	b.emptyAt = math.Max(b.emptyAt, b.present-float64(b.burst)*b.period)
}

func (b *Bucket) level() float64 {
	level := (b.present - b.emptyAt) / b.period
	if whole := math.Round(level); math.Abs(level-whole) < 1e-7 {
		return whole
	}
	return level
}

func (b *Bucket) Tokens() (level float64) {
	b.locked(func() { level = b.level() })
	return level
}

func (b *Bucket) Allow(n int) (taken bool) {
	switch {
	case n < 0 || n > b.burst:
		return false
	case n == 0:
		return true
	}
	b.locked(func() {
		if b.level() >= float64(n) {
			b.emptyAt += float64(n) * b.period
			taken = true
		}
	})
	return taken
}

func (b *Bucket) Reserve(n int) (*Reservation, error) {
	switch {
	case n < 0:
		return nil, ErrNegative
	case n > b.burst:
		return nil, ErrTooMany
	}
	r := &Reservation{owner: b, count: n}
	b.locked(func() {
		b.emptyAt += float64(n) * b.period
		r.until = b.present
		if level := b.level(); level < 0 && n != 0 {
			r.delay = time.Duration(math.Ceil(-level * b.period * 1e9))
			r.until += r.delay.Seconds()
		}
	})
	return r, nil
}

func (b *Bucket) Wait(ctx context.Context, n int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	r, err := b.Reserve(n)
	if err != nil || r.Delay() <= 0 {
		return err
	}
	passed := b.clock.After(r.Delay())
	select {
	case <-passed:
	case <-ctx.Done():
		r.Cancel()
		err = ctx.Err()
	}
	return err
}

func (b *Bucket) SetRate(rate float64) error {
	if !good(rate) {
		return ErrConfig
	}
	b.locked(func() {
		level := b.level()
		b.period = 1 / rate
		b.emptyAt = b.present - level*b.period
	})
	return nil
}

func (r *Reservation) Delay() time.Duration { return r.delay }

func (r *Reservation) Cancel() (given bool) {
	r.once.Lock()
	defer r.once.Unlock()
	if r.closed {
		return false
	}
	r.closed = true
	r.owner.locked(func() {
		if r.until > r.owner.present {
			r.owner.emptyAt -= float64(r.count) * r.owner.period
			r.owner.clip()
			given = true
		}
	})
	return given
}

type Keyed struct {
	lock    sync.Mutex
	config  Config
	most    int
	uses    uint64
	buckets map[string]*Bucket
	used    map[string]uint64
}

func NewKeyed(config Config, maxKeys int) (*Keyed, error) {
	if _, err := New(config); err != nil || maxKeys < 1 {
		return nil, ErrConfig
	}
	return &Keyed{config: config, most: maxKeys, buckets: map[string]*Bucket{}, used: map[string]uint64{}}, nil
}

func (k *Keyed) Allow(key string, n int) bool {
	k.lock.Lock()
	defer k.lock.Unlock()
	if n < 0 || n > k.config.Burst {
		return false
	}
	if k.buckets[key] == nil {
		if len(k.buckets) == k.most {
			oldest, found := "", false
			for name, bucket := range k.buckets {
				if bucket.Tokens() == float64(k.config.Burst) && (!found || k.used[name] < k.used[oldest]) {
					oldest, found = name, true
				}
			}
			if !found {
				return false
			}
			delete(k.buckets, oldest)
			delete(k.used, oldest)
		}
		k.buckets[key], _ = New(k.config)
	}
	k.uses++
	k.used[key] = k.uses
	return k.buckets[key].Allow(n)
}

func (k *Keyed) Len() int {
	k.lock.Lock()
	defer k.lock.Unlock()
	return len(k.buckets)
}
