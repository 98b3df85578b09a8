package eventbus_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/eventbus"
)

// soon fails the test instead of hanging with it.
func soon(t *testing.T, work func()) {
	t.Helper()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		work()
	}()
	select {
	case why := <-done:
		if why != nil {
			t.Fatalf("panic: %v", why)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("hangs")
	}
}

type log struct {
	mu   sync.Mutex
	said []string
}

func (l *log) note(name string) func(eventbus.Event) {
	return func(e eventbus.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.said = append(l.said, name)
	}
}

func (l *log) is(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.said, want) {
		t.Fatalf("called %q, want %q", l.said, want)
	}
	l.said = nil
}

func seqs(b *eventbus.Bus) string {
	text := ""
	for _, e := range b.History() {
		text += fmt.Sprintf("%d %s %v;", e.Seq, e.Topic, e.Data)
	}
	return text
}

func TestOrder(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	want := []string{"top"}
	for i := 0; i < 40; i++ {
		name := fmt.Sprint("n", i)
		b.Subscribe("a", 5, l.note(name))
		want = append(want, name)
	}
	b.Subscribe("a", -1, l.note("low"))
	b.Subscribe("a", 9, l.note("top"))
	n, err := b.Publish("a", nil)
	if n != 42 || err != nil {
		t.Fatal(n, err)
	}
	l.is(t, append(want, "low")...)
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, topic string
		want           int
	}{
		{"a.b", "a.b", 1}, {"a.b", "a.B", 0}, {"a", "a.b", 0}, {"a.b", "a", 0},
		{"*", "a", 1}, {"*", "a.b", 0}, {"a.*", "a.b", 1}, {"a.*", "a", 0}, {"a.*", "a.b.c", 0}, {"*.b", "x.b", 1},
		{"**", "a.b.c", 1}, {"a.**", "a.b", 1}, {"a.**", "a.b.c", 1}, {"a.**", "a", 0}, {"*.**", "a", 0},
		{"a.*.c", "a.b.c", 1}, {"a.**", "b.c", 0}, {"**.c", "a.c", 0},
	} {
		b := eventbus.New(0)
		b.Subscribe(c.pattern, 0, func(eventbus.Event) {})
		if n, _ := b.Publish(c.topic, nil); n != c.want {
			t.Errorf("%s on %s: %d", c.pattern, c.topic, n)
		}
	}
}

func TestRefusedEventsLeaveNoTrace(t *testing.T) {
	b := eventbus.New(5)
	for _, topic := range []string{"", ".", "a.", ".a", "a..b"} {
		if _, err := b.Publish(topic, nil); !errors.Is(err, eventbus.ErrTopic) {
			t.Errorf("%q: %v", topic, err)
		}
	}
	b.Publish("a", 1)
	b.Close()
	b.Close()
	if n, err := b.Publish("a", 2); n != 0 || !errors.Is(err, eventbus.ErrClosed) {
		t.Error(n, err)
	}
	if got := seqs(b); got != "1 a 1;" {
		t.Errorf("history %q", got)
	}
}

func TestCancelIsForOneSubscription(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	b.Subscribe("a", 0, l.note("first"))
	cancel := b.Subscribe("a", 7, l.note("second"))
	b.Subscribe("a", 3, l.note("third"))
	cancel()
	cancel()
	b.Publish("a", nil)
	l.is(t, "third", "first")
}

func TestHandlerThatCancelsItself(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	var cancel func()
	soon(t, func() {
		b.Subscribe("a", 0, l.note("1"))
		cancel = b.Subscribe("a", 0, func(e eventbus.Event) { cancel(); l.note("2")(e) })
		b.Subscribe("a", 0, l.note("3"))
		b.Subscribe("a", 0, l.note("4"))
		b.Publish("a", nil)
		b.Publish("a", nil)
	})
	l.is(t, "1", "2", "3", "4", "1", "3", "4")
}

func TestHandlerThatCancelsALaterOne(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	soon(t, func() {
		var cancel func()
		b.Subscribe("a", 1, func(eventbus.Event) { cancel() })
		cancel = b.Subscribe("a", 0, l.note("cancelled"))
		b.Subscribe("a", 0, l.note("stays"))
		if n, _ := b.Publish("a", nil); n != 2 {
			t.Errorf("%d called", n)
		}
	})
	l.is(t, "stays")
}

func TestHandlerThatSubscribesAndPublishes(t *testing.T) {
	b, l := eventbus.New(9), &log{}
	soon(t, func() {
		b.Subscribe("a", 0, func(e eventbus.Event) {
			b.Subscribe("a", 9, l.note("new"))
			if len(b.History()) != 1 {
				t.Error("the event is in the history before its handlers run")
			}
			b.Publish("b", nil)
		})
		b.Subscribe("b", 0, l.note("b"))
		b.Publish("a", nil)
	})
	l.is(t, "b")
	if len(b.History()) != 2 || b.History()[1].Seq != 2 {
		t.Error(b.History())
	}
}

func TestOnceIsOnce(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	soon(t, func() {
		b.Once("a", 5, func(e eventbus.Event) {
			l.note("once")(e)
			b.Publish("a", nil)
		})
		b.Subscribe("a", 0, l.note("always"))
		b.Once("a", 0, l.note("other"))
		b.Publish("a", nil)
	})
	l.is(t, "once", "always", "other", "always")
	var calls atomic.Int32
	b.Once("busy", 0, func(eventbus.Event) { calls.Add(1) })
	var all sync.WaitGroup
	for i := 0; i < 30; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			b.Publish("busy", nil)
		}()
	}
	all.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestHistory(t *testing.T) {
	b := eventbus.New(3)
	for i := 1; i <= 5; i++ {
		b.Publish("t", i*10)
	}
	first := b.History()
	if len(first) != 3 || first[0].Data != 30 || first[1].Data != 40 || first[2].Data != 50 || first[0].Seq != 3 {
		t.Fatal(first)
	}
	first[1].Data = "spoilt"
	b.Publish("t", 60)
	second := b.History()
	if second[0].Data != 40 || second[2].Data != 60 || first[0].Data != 30 || first[2].Data != 50 {
		t.Fatal(first, second)
	}
}

func TestNoHistory(t *testing.T) {
	soon(t, func() {
		for _, n := range []int{0, -4} {
			b := eventbus.New(n)
			b.Publish("a", 1)
			b.Publish("a", 2)
			if len(b.History()) != 0 {
				t.Error(b.History())
			}
		}
	})
}

func TestPanicsGoOnAfterAllHandlers(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	b.Subscribe("a", 9, func(eventbus.Event) { panic("first") })
	b.Subscribe("a", 8, l.note("then"))
	b.Subscribe("a", 7, func(eventbus.Event) { panic("second") })
	b.Subscribe("a", 6, l.note("last"))
	var value any
	soon(t, func() {
		defer func() { value = recover() }()
		b.Publish("a", nil)
	})
	if value != "first" {
		t.Errorf("panic value %v", value)
	}
	l.is(t, "then", "last")
	soon(t, func() {
		if n, err := b.Publish("other", nil); n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}

func TestCloseLetsARunningPublishFinish(t *testing.T) {
	b, l := eventbus.New(0), &log{}
	soon(t, func() {
		b.Subscribe("a", 1, func(eventbus.Event) { b.Close() })
		b.Subscribe("a", 0, l.note("still"))
		b.Publish("a", nil)
	})
	l.is(t, "still")
}
