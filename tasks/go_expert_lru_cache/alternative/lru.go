package lrucache

import (
	"errors"
	"slices"
	"sync"
	"time"
)

var (
	ErrOptions  = errors.New("lrucache: bad options")
	ErrPanicked = errors.New("lrucache: the load panicked")
)

type Reason int

const (
	Expired Reason = iota
	Capacity
	Replaced
	Deleted
)

type Options[K comparable, V any] struct {
	MaxWeight int64
	TTL       time.Duration
	Weigh     func(K, V) int64
	Now       func() time.Time
	OnEvict   func(K, V, Reason)
}

// item is a place in a ring, whose root stands between the latest and the oldest.
type item[K comparable, V any] struct {
	prev, next *item[K, V]
	key        K
	value      V
	weight     int64
	deadline   *time.Time
	number     int
}

type call[V any] struct {
	sync.WaitGroup
	value   V
	err     error
	current bool
}

type Cache[K comparable, V any] struct {
	lock   sync.Mutex
	opt    Options[K, V]
	items  map[K]*item[K, V]
	root   item[K, V]
	total  int64
	number int
	calls  map[K]*call[V]
}

func New[K comparable, V any](options Options[K, V]) (*Cache[K, V], error) {
	if options.MaxWeight <= 0 || options.TTL < 0 {
		return nil, errors.Join(ErrOptions)
	}
	c := &Cache[K, V]{opt: options, items: make(map[K]*item[K, V]), calls: make(map[K]*call[V])}
	c.root.prev, c.root.next = &c.root, &c.root
	return c, nil
}

func (c *Cache[K, V]) now() time.Time {
	if c.opt.Now == nil {
		return time.Now()
	}
	return c.opt.Now()
}

func (c *Cache[K, V]) weigh(key K, value V) int64 {
	if c.opt.Weigh == nil {
		return 1
	}
	return c.opt.Weigh(key, value)
}

type events []func()

// do runs a piece of work under the lock, and what it wants to tell after it.
func (c *Cache[K, V]) do(work func(now time.Time, tell *events)) {
	now := c.now()
	var told events
	c.lock.Lock()
	c.sweep(now, &told)
	work(now, &told)
	c.lock.Unlock()
	for _, tell := range told {
		tell()
	}
}

func (c *Cache[K, V]) sweep(now time.Time, tell *events) {
	var old []*item[K, V]
	for _, it := range c.items {
		if it.deadline != nil && now.Compare(*it.deadline) >= 0 {
			old = append(old, it)
		}
	}
	slices.SortFunc(old, func(a, b *item[K, V]) int {
		if order := a.deadline.Compare(*b.deadline); order != 0 {
			return order
		}
		return a.number - b.number
	})
	for _, it := range old {
		c.drop(it, Expired, tell)
	}
}

func (c *Cache[K, V]) unlink(it *item[K, V]) {
	it.prev.next, it.next.prev = it.next, it.prev
}

func (c *Cache[K, V]) first(it *item[K, V]) {
	it.prev, it.next = &c.root, c.root.next
	it.prev.next, it.next.prev = it, it
}

func (c *Cache[K, V]) drop(it *item[K, V], why Reason, tell *events) {
	c.unlink(it)
	delete(c.items, it.key)
	c.total -= it.weight
	if c.opt.OnEvict != nil {
		*tell = append(*tell, func() { c.opt.OnEvict(it.key, it.value, why) })
	}
}

func (c *Cache[K, V]) put(key K, value V, weight int64, ttl time.Duration, now time.Time, tell *events) bool {
	if weight < 0 || weight > c.opt.MaxWeight {
		return false
	}
	if old := c.items[key]; old != nil {
		c.drop(old, Replaced, tell)
	}
	if ttl < 0 {
		return true
	}
	c.number++
	it := &item[K, V]{key: key, value: value, weight: weight, number: c.number}
	if ttl > 0 {
		deadline := now.Add(ttl)
		it.deadline = &deadline
	}
	for c.total+weight > c.opt.MaxWeight {
		c.drop(c.root.prev, Capacity, tell)
	}
	c.items[key] = it
	c.first(it)
	c.total += weight
	return true
}

func (c *Cache[K, V]) find(key K, use bool) (value V, ok bool) {
	c.do(func(time.Time, *events) {
		it := c.items[key]
		if it == nil {
			return
		}
		value, ok = it.value, true
		if use {
			c.unlink(it)
			c.first(it)
		}
	})
	return value, ok
}

func (c *Cache[K, V]) Get(key K) (V, bool) { return c.find(key, true) }

func (c *Cache[K, V]) Peek(key K) (V, bool) { return c.find(key, false) }

func (c *Cache[K, V]) Set(key K, value V) bool { return c.SetFor(key, value, c.opt.TTL) }

func (c *Cache[K, V]) SetFor(key K, value V, ttl time.Duration) (stored bool) {
	weight := c.weigh(key, value)
	c.do(func(now time.Time, tell *events) {
		delete(c.calls, key)
		stored = c.put(key, value, weight, ttl, now, tell)
	})
	return stored
}

func (c *Cache[K, V]) Delete(key K) (was bool) {
	c.do(func(_ time.Time, tell *events) {
		delete(c.calls, key)
		it := c.items[key]
		if was = it != nil; was {
			c.drop(it, Deleted, tell)
		}
	})
	return was
}

func (c *Cache[K, V]) Keys() (keys []K) {
	c.do(func(time.Time, *events) {
		for it := c.root.next; it != &c.root; it = it.next {
			keys = append(keys, it.key)
		}
	})
	return keys
}

func (c *Cache[K, V]) Len() (n int) {
	c.do(func(time.Time, *events) { n = len(c.items) })
	return n
}

func (c *Cache[K, V]) Weight() (w int64) {
	c.do(func(time.Time, *events) { w = c.total })
	return w
}

func (c *Cache[K, V]) GetOrLoad(key K, load func(K) (V, error)) (V, error) {
	var value V
	var hit, mine bool
	var running *call[V]
	c.do(func(time.Time, *events) {
		if it := c.items[key]; it != nil {
			c.unlink(it)
			c.first(it)
			value, hit = it.value, true
			return
		}
		if running = c.calls[key]; running == nil {
			running, mine = &call[V]{}, true
			running.Add(1)
			c.calls[key] = running
		}
	})
	if hit {
		return value, nil
	}
	if mine {
		c.run(key, running, load)
	}
	running.Wait()
	return running.value, running.err
}

func (c *Cache[K, V]) run(key K, mine *call[V], load func(K) (V, error)) {
	defer mine.Done()
	mine.err = ErrPanicked
	defer func() {
		wanted := false
		c.do(func(time.Time, *events) { wanted = c.calls[key] == mine && mine.err == nil })
		var weight int64
		if wanted {
			weight = c.weigh(key, mine.value)
		}
		c.do(func(now time.Time, tell *events) {
			if c.calls[key] != mine {
				return
			}
			delete(c.calls, key)
			if wanted {
				c.put(key, mine.value, weight, c.opt.TTL, now, tell)
			}
		})
	}()
	mine.value, mine.err = load(key)
}
