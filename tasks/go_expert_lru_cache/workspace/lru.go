// Package lrucache keeps what was used latest.
package lrucache

import (
	"errors"
	"time"
)

var (
	ErrOptions  = errors.New("lrucache: bad options")
	ErrPanicked = errors.New("lrucache: the load panicked")
)

// Reason says why an entry left.
type Reason int

const (
	Expired Reason = iota
	Capacity
	Replaced
	Deleted
)

// Options of a cache.
type Options[K comparable, V any] struct {
	MaxWeight int64
	TTL       time.Duration
	Weigh     func(K, V) int64
	Now       func() time.Time
	OnEvict   func(K, V, Reason)
}

// Cache is a cache.
type Cache[K comparable, V any] struct{}

func New[K comparable, V any](options Options[K, V]) (*Cache[K, V], error) { panic("not implemented") }

func (c *Cache[K, V]) Get(key K) (V, bool) { panic("not implemented") }

func (c *Cache[K, V]) Peek(key K) (V, bool) { panic("not implemented") }

func (c *Cache[K, V]) Set(key K, value V) bool { panic("not implemented") }

func (c *Cache[K, V]) SetFor(key K, value V, ttl time.Duration) bool { panic("not implemented") }

func (c *Cache[K, V]) Delete(key K) bool { panic("not implemented") }

func (c *Cache[K, V]) Keys() []K { panic("not implemented") }

func (c *Cache[K, V]) Len() int { panic("not implemented") }

func (c *Cache[K, V]) Weight() int64 { panic("not implemented") }

func (c *Cache[K, V]) GetOrLoad(key K, load func(K) (V, error)) (V, error) { panic("not implemented") }
