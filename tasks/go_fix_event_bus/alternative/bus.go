package eventbus

import (
	"container/list"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
)

var ErrClosed = errors.New("eventbus: closed")
var ErrTopic = errors.New("eventbus: bad topic")

type Event struct {
	Topic string
	Data  any
	Seq   uint64
}

type listener struct {
	words    []string
	priority int
	handler  func(Event)
	once     bool
	dead     atomic.Bool
}

// Bus keeps listeners in a linked list, in the order in which they are called.
type Bus struct {
	lock      sync.RWMutex
	listeners *list.List
	count     uint64
	ring      []Event
	size      int
	closed    bool
}

func New(history int) *Bus {
	return &Bus{listeners: list.New(), ring: make([]Event, max(history, 0)), size: max(history, 0)}
}

func (b *Bus) Subscribe(pattern string, priority int, handler func(Event)) (cancel func()) {
	return b.listen(&listener{words: strings.Split(pattern, "."), priority: priority, handler: handler})
}

func (b *Bus) Once(pattern string, priority int, handler func(Event)) (cancel func()) {
	return b.listen(&listener{words: strings.Split(pattern, "."), priority: priority, handler: handler, once: true})
}

func (b *Bus) listen(l *listener) func() {
	b.lock.Lock()
	defer b.lock.Unlock()
	var place *list.Element
	for at := b.listeners.Back(); at != nil; at = at.Prev() {
		if at.Value.(*listener).priority >= l.priority {
			place = b.listeners.InsertAfter(l, at)
			break
		}
	}
	if place == nil {
		b.listeners.PushFront(l)
	}
	return func() { l.dead.Store(true) }
}

func (b *Bus) Publish(topic string, data any) (called int, err error) {
	words := strings.Split(topic, ".")
	for _, word := range words {
		if word == "" {
			err = ErrTopic
		}
	}
	b.lock.Lock()
	if b.closed {
		err = ErrClosed
	}
	if err != nil {
		b.lock.Unlock()
		return 0, err
	}
	event := Event{Topic: topic, Data: data, Seq: b.count + 1}
	if b.size > 0 {
		b.ring[b.count%uint64(b.size)] = event
	}
	b.count++
	var targets []*listener
	for at := b.listeners.Front(); at != nil; {
		next := at.Next()
		if l := at.Value.(*listener); l.dead.Load() {
			b.listeners.Remove(at)
		} else if l.wants(words) {
			targets = append(targets, l)
		}
		at = next
	}
	b.lock.Unlock()
	return deliver(targets, event), nil
}

// deliver goes on with the rest when a handler panics: deferred calls run even then.
func deliver(targets []*listener, event Event) (called int) {
	for i, l := range targets {
		if l.once {
			if !l.dead.CompareAndSwap(false, true) {
				continue
			}
		} else if l.dead.Load() {
			continue
		}
		called++
		finished := false
		func() {
			defer func() {
				if finished {
					return
				}
				first := recover()
				func() {
					defer func() { recover() }()
					deliver(targets[i+1:], event)
				}()
				panic(first)
			}()
			l.handler(event)
			finished = true
		}()
	}
	return called
}

func (l *listener) wants(words []string) bool {
	for i, want := range l.words {
		switch {
		case i >= len(words):
			return false
		case want == "**" && i == len(l.words)-1:
			return true
		case want != "*" && want != words[i]:
			return false
		}
	}
	return len(words) == len(l.words)
}

func (b *Bus) History() []Event {
	b.lock.RLock()
	defer b.lock.RUnlock()
	events := []Event{}
	for n := b.count - min(b.count, uint64(b.size)); n < b.count; n++ {
		events = append(events, b.ring[n%uint64(b.size)])
	}
	return events
}

func (b *Bus) Close() {
	b.lock.Lock()
	b.closed = true
	b.lock.Unlock()
}
