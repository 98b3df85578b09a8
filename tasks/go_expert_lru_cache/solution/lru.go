// Package lrucache keeps what was used latest.
package lrucache

import (
	"container/list"
	"errors"
	"fmt"
	"sort"
	"sync"
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

type entry[K comparable, V any] struct {
	key     K
	value   V
	weight  int64
	written uint64
	forever bool
	expires time.Time
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
	stale bool
}

type gone[K comparable, V any] struct {
	key    K
	value  V
	reason Reason
}

// Cache is a cache.
type Cache[K comparable, V any] struct {
	mu      sync.Mutex
	options Options[K, V]
	byKey   map[K]*list.Element
	order   *list.List // used latest first
	weight  int64
	writes  uint64
	flights map[K]*flight[V]
	left    []gone[K, V]
}

func New[K comparable, V any](options Options[K, V]) (*Cache[K, V], error) {
	if options.MaxWeight < 1 {
		return nil, fmt.Errorf("%w: weight %d", ErrOptions, options.MaxWeight)
	}
	if options.TTL < 0 {
		return nil, fmt.Errorf("%w: time to live %v", ErrOptions, options.TTL)
	}
	if options.Weigh == nil {
		options.Weigh = func(K, V) int64 { return 1 }
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.OnEvict == nil {
		options.OnEvict = func(K, V, Reason) {}
	}
	return &Cache[K, V]{
		options: options, byKey: map[K]*list.Element{}, order: list.New(), flights: map[K]*flight[V]{},
	}, nil
}

// enter locks and removes what has expired.
func (c *Cache[K, V]) enter() time.Time {
	now := c.options.Now()
	c.mu.Lock()
	var expired []*list.Element
	for at := c.order.Front(); at != nil; at = at.Next() {
		if e := at.Value.(*entry[K, V]); !e.forever && !now.Before(e.expires) {
			expired = append(expired, at)
		}
	}
	sort.Slice(expired, func(i, j int) bool {
		a, b := expired[i].Value.(*entry[K, V]), expired[j].Value.(*entry[K, V])
		if !a.expires.Equal(b.expires) {
			return a.expires.Before(b.expires)
		}
		return a.written < b.written
	})
	for _, at := range expired {
		c.remove(at, Expired)
	}
	return now
}

// leave unlocks and tells of all that was removed.
func (c *Cache[K, V]) leave() {
	left := c.left
	c.left = nil
	c.mu.Unlock()
	for _, each := range left {
		c.options.OnEvict(each.key, each.value, each.reason)
	}
}

func (c *Cache[K, V]) remove(at *list.Element, reason Reason) {
	e := at.Value.(*entry[K, V])
	c.order.Remove(at)
	delete(c.byKey, e.key)
	c.weight -= e.weight
	c.left = append(c.left, gone[K, V]{e.key, e.value, reason})
}

func (c *Cache[K, V]) get(key K) (V, bool) {
	at, ok := c.byKey[key]
	if !ok {
		var none V
		return none, false
	}
	c.order.MoveToFront(at)
	return at.Value.(*entry[K, V]).value, true
}

func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.enter()
	defer c.leave()
	return c.get(key)
}

func (c *Cache[K, V]) Peek(key K) (V, bool) {
	c.enter()
	defer c.leave()
	if at, ok := c.byKey[key]; ok {
		return at.Value.(*entry[K, V]).value, true
	}
	var none V
	return none, false
}

func (c *Cache[K, V]) Set(key K, value V) bool {
	return c.SetFor(key, value, c.options.TTL)
}

func (c *Cache[K, V]) SetFor(key K, value V, ttl time.Duration) bool {
	weight := c.options.Weigh(key, value)
	now := c.enter()
	defer c.leave()
	c.forget(key)
	return c.store(key, value, weight, ttl, now)
}

// forget lets a load that runs keep its value to itself.
func (c *Cache[K, V]) forget(key K) {
	if f, ok := c.flights[key]; ok {
		f.stale = true
		delete(c.flights, key)
	}
}

func (c *Cache[K, V]) store(key K, value V, weight int64, ttl time.Duration, now time.Time) bool {
	if weight < 0 || weight > c.options.MaxWeight {
		return false
	}
	if at, ok := c.byKey[key]; ok {
		c.remove(at, Replaced)
	}
	if ttl < 0 {
		return true
	}
	c.writes++
	e := &entry[K, V]{key: key, value: value, weight: weight, written: c.writes, forever: ttl == 0, expires: now.Add(ttl)}
	c.byKey[key] = c.order.PushFront(e)
	c.weight += weight
	for c.weight > c.options.MaxWeight {
		c.remove(c.order.Back(), Capacity)
	}
	return true
}

func (c *Cache[K, V]) Delete(key K) bool {
	c.enter()
	defer c.leave()
	c.forget(key)
	at, ok := c.byKey[key]
	if ok {
		c.remove(at, Deleted)
	}
	return ok
}

func (c *Cache[K, V]) Keys() []K {
	c.enter()
	defer c.leave()
	keys := make([]K, 0, c.order.Len())
	for at := c.order.Front(); at != nil; at = at.Next() {
		keys = append(keys, at.Value.(*entry[K, V]).key)
	}
	return keys
}

func (c *Cache[K, V]) Len() int {
	c.enter()
	defer c.leave()
	return c.order.Len()
}

func (c *Cache[K, V]) Weight() int64 {
	c.enter()
	defer c.leave()
	return c.weight
}

func (c *Cache[K, V]) GetOrLoad(key K, load func(K) (V, error)) (V, error) {
	c.enter()
	if value, ok := c.get(key); ok {
		c.leave()
		return value, nil
	}
	if f, ok := c.flights[key]; ok {
		c.leave()
		<-f.done
		return f.value, f.err
	}
	f := &flight[V]{done: make(chan struct{}), err: ErrPanicked}
	c.flights[key] = f
	c.leave()
	finished := false
	defer func() {
		if !finished {
			c.land(key, f)
		}
	}()
	value, err := load(key)
	f.value, f.err = value, err
	finished = true
	c.land(key, f)
	return value, err
}

func (c *Cache[K, V]) land(key K, f *flight[V]) {
	defer close(f.done)
	c.mu.Lock()
	stale := f.stale
	c.mu.Unlock()
	var weight int64
	if f.err == nil && !stale {
		weight = c.options.Weigh(key, f.value)
	}
	now := c.enter()
	defer c.leave()
	if !f.stale {
		delete(c.flights, key)
		if f.err == nil {
			c.store(key, f.value, weight, c.options.TTL, now)
		}
	}
}
