// Package tokenbucket limits rates with token buckets.
package tokenbucket

import (
	"context"
	"errors"
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

// Bucket is a token bucket.
type Bucket struct{}

// Reservation is a number of tokens taken in advance.
type Reservation struct{}

// Keyed is a set of buckets, one for each key.
type Keyed struct{}

func New(config Config) (*Bucket, error) { panic("not implemented") }

func (b *Bucket) Tokens() float64 { panic("not implemented") }

func (b *Bucket) Allow(n int) bool { panic("not implemented") }

func (b *Bucket) Reserve(n int) (*Reservation, error) { panic("not implemented") }

func (b *Bucket) Wait(ctx context.Context, n int) error { panic("not implemented") }

func (b *Bucket) SetRate(rate float64) error { panic("not implemented") }

func (r *Reservation) Delay() time.Duration { panic("not implemented") }

func (r *Reservation) Cancel() bool { panic("not implemented") }

func NewKeyed(config Config, maxKeys int) (*Keyed, error) { panic("not implemented") }

func (k *Keyed) Allow(key string, n int) bool { panic("not implemented") }

func (k *Keyed) Len() int { panic("not implemented") }
