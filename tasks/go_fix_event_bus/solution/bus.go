// Package eventbus passes events on to the handlers that subscribed to their topics.
//
// All methods may be called by many goroutines at once, and by handlers.
package eventbus

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"
)

// ErrClosed is returned by Publish after Close.
var ErrClosed = errors.New("eventbus: closed")

// ErrTopic is returned by Publish for a topic that is no valid topic.
var ErrTopic = errors.New("eventbus: bad topic")

// Event is what handlers get.
type Event struct {
	Topic string
	Data  any
	Seq   uint64 // 1 for the first event of a bus, then counting up without gaps
}

type subscription struct {
	pattern  string
	priority int
	handler  func(Event)
	once     bool
	over     bool // cancelled or used up; guarded by the bus
}

// Bus passes events on.
type Bus struct {
	mu      sync.Mutex
	subs    []*subscription // replaced, never changed
	seq     uint64
	history []Event
	most    int
	closed  bool
}

// New gives a bus that remembers the latest `history` events; 0 or less: none.
func New(history int) *Bus {
	return &Bus{most: history}
}

// Subscribe lets handler be called for each event whose topic matches pattern.
func (b *Bus) Subscribe(pattern string, priority int, handler func(Event)) (cancel func()) {
	return b.add(pattern, priority, handler, false)
}

// Once is Subscribe for a single event.
func (b *Bus) Once(pattern string, priority int, handler func(Event)) (cancel func()) {
	return b.add(pattern, priority, handler, true)
}

func (b *Bus) add(pattern string, priority int, handler func(Event), once bool) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := &subscription{pattern: pattern, priority: priority, handler: handler, once: once}
	at := sort.Search(len(b.subs), func(i int) bool { return b.subs[i].priority < priority })
	b.subs = slices.Insert(slices.Clone(b.subs), at, sub)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.drop(sub)
	}
}

func (b *Bus) drop(sub *subscription) {
	sub.over = true
	b.subs = slices.DeleteFunc(slices.Clone(b.subs), func(other *subscription) bool { return other == sub })
}

// Publish calls all handlers whose patterns match.
func (b *Bus) Publish(topic string, data any) (int, error) {
	event, subs, err := b.begin(topic, data)
	if err != nil {
		return 0, err
	}
	called := 0
	var panicked bool
	var value any
	for _, sub := range subs {
		if !matches(sub.pattern, topic) || !b.claim(sub) {
			continue
		}
		called++
		failed, why := call(sub.handler, event)
		if failed && !panicked {
			panicked, value = true, why
		}
	}
	if panicked {
		panic(value)
	}
	return called, nil
}

func (b *Bus) begin(topic string, data any) (Event, []*subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return Event{}, nil, ErrClosed
	}
	if slices.Contains(strings.Split(topic, "."), "") {
		return Event{}, nil, ErrTopic
	}
	b.seq++
	event := Event{topic, data, b.seq}
	if b.most > 0 {
		b.history = append(b.history, event)
		b.history = b.history[max(0, len(b.history)-b.most):]
	}
	return event, b.subs, nil
}

// claim says whether a handler may still be called, and uses up one that is called once.
func (b *Bus) claim(sub *subscription) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sub.over {
		return false
	}
	if sub.once {
		b.drop(sub)
	}
	return true
}

func call(handler func(Event), event Event) (failed bool, why any) {
	failed = true
	defer func() {
		if failed {
			why = recover()
		}
	}()
	handler(event)
	return false, nil
}

// History gives the events that are remembered, oldest first. The slice is the caller's.
func (b *Bus) History() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.history)
}

// Close ends the bus.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.subs = nil
}

func matches(pattern, topic string) bool {
	wanted, words := strings.Split(pattern, "."), strings.Split(topic, ".")
	last := len(wanted) - 1
	if wanted[last] == "**" {
		if len(words) <= last {
			return false
		}
		wanted, words = wanted[:last], words[:last]
	}
	if len(wanted) != len(words) {
		return false
	}
	for i, want := range wanted {
		if want != "*" && want != words[i] {
			return false
		}
	}
	return true
}
