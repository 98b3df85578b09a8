// Package eventbus passes events on to the handlers that subscribed to their topics.
//
// All methods may be called by many goroutines at once, and by handlers.
package eventbus

import (
	"errors"
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
	id       int
	pattern  string
	priority int
	handler  func(Event)
	once     bool
}

// Bus passes events on.
type Bus struct {
	mu      sync.Mutex
	subs    []*subscription
	nextID  int
	seq     uint64
	history []Event
	next    int
	closed  bool
}

// New gives a bus that remembers the latest `history` events; 0 or less: none.
func New(history int) *Bus {
	return &Bus{history: make([]Event, 0, history)}
}

// Subscribe lets handler be called for each event whose topic matches pattern, from the next Publish on (a Publish
// that is already running does not call it). The result cancels the subscription: no Publish that begins after it
// calls the handler, and a Publish that is running does not call it either if it has not come to it yet. Cancelling
// again does nothing.
//
// Topics are words joined by dots, such as "order.paid"; no word is empty. In a pattern the word "*" stands for
// exactly one word, and a last word "**" for one or more. Everything else must be equal, letter case included.
func (b *Bus) Subscribe(pattern string, priority int, handler func(Event)) (cancel func()) {
	return b.add(pattern, priority, handler, false)
}

// Once is Subscribe for a single event: the handler is called for one event at most, whatever it does itself and
// however many goroutines publish.
func (b *Bus) Once(pattern string, priority int, handler func(Event)) (cancel func()) {
	return b.add(pattern, priority, handler, true)
}

func (b *Bus) add(pattern string, priority int, handler func(Event), once bool) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := &subscription{b.nextID, pattern, priority, handler, once}
	b.nextID++
	b.subs = append(b.subs, sub)
	sort.Slice(b.subs, func(i, j int) bool { return b.subs[i].priority > b.subs[j].priority })
	index := len(b.subs) - 1
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if index < len(b.subs) {
			b.subs = append(b.subs[:index], b.subs[index+1:]...)
		}
	}
}

// Publish calls all handlers whose patterns match, in the publishing goroutine: higher priority first, those of equal
// priority in the order in which they subscribed. It returns how many handlers were called, those that panicked
// included. A handler that panics does not keep the others from being called; the first panic's value goes on to the
// caller of Publish as a panic, after all handlers were called. The event is in the history before the first handler
// is called. Events that are refused with ErrClosed or ErrTopic have no number and are not in the history.
func (b *Bus) Publish(topic string, data any) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	event := Event{topic, data, b.seq}
	if b.closed {
		return 0, ErrClosed
	}
	if topic == "" {
		return 0, ErrTopic
	}
	called := 0
	for i, sub := range b.subs {
		if matches(sub.pattern, topic) {
			sub.handler(event)
			called++
			if sub.once {
				b.subs = append(b.subs[:i], b.subs[i+1:]...)
			}
		}
	}
	b.remember(event)
	return called, nil
}

func (b *Bus) remember(event Event) {
	if len(b.history) < cap(b.history) {
		b.history = append(b.history, event)
		return
	}
	b.history[b.next] = event
	b.next = (b.next + 1) % len(b.history)
}

// History gives the events that are remembered, oldest first. The slice is the caller's.
func (b *Bus) History() []Event {
	return b.history
}

// Close ends the bus: Publish returns ErrClosed from then on. A Publish that is running still calls all its handlers.
// Closing again does nothing.
func (b *Bus) Close() {
	b.mu.Lock()
	b.closed = true
	b.subs = nil
	b.mu.Unlock()
}

func matches(pattern, topic string) bool {
	words := strings.Split(topic, ".")
	for i, want := range strings.Split(pattern, ".") {
		if want == "**" {
			return true
		}
		if i >= len(words) || want != "*" && !strings.EqualFold(want, words[i]) {
			return false
		}
	}
	return true
}
