package tokenbucket_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tb "example.com/tokenbucket"
)

type timer struct {
	at time.Time
	ch chan time.Time
}

// handClock stands still until it is moved; asked tells of each call of After.
type handClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
	asked  chan time.Duration
}

func newClock() *handClock {
	return &handClock{now: time.Unix(1_000_000, 0), asked: make(chan time.Duration, 100)}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	c.timers = append(c.timers, timer{c.now.Add(d), ch})
	c.asked <- d
	return ch
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	var left []timer
	for _, t := range c.timers {
		if t.at.After(c.now) {
			left = append(left, t)
		} else {
			t.ch <- c.now
		}
	}
	c.timers = left
}

func bucket(t *testing.T, rate float64, burst int) (*tb.Bucket, *handClock) {
	t.Helper()
	clock := newClock()
	b, err := tb.New(tb.Config{Rate: rate, Burst: burst, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return b, clock
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-5 {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func reserve(t *testing.T, b *tb.Bucket, n int) *tb.Reservation {
	t.Helper()
	r, err := b.Reserve(n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func within(t *testing.T, what string, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: still waiting", what)
		return nil
	}
}

func TestBadConfigurations(t *testing.T) {
	for _, config := range []tb.Config{
		{Rate: 0, Burst: 1}, {Rate: -1, Burst: 1}, {Rate: math.NaN(), Burst: 1},
		{Rate: math.Inf(1), Burst: 1}, {Rate: 1, Burst: 0},
	} {
		if _, err := tb.New(config); !errors.Is(err, tb.ErrConfig) {
			t.Errorf("%+v: %v", config, err)
		}
	}
	if _, err := tb.NewKeyed(tb.Config{Rate: 1, Burst: 1}, 0); !errors.Is(err, tb.ErrConfig) {
		t.Errorf("no keys: %v", err)
	}
	if _, err := tb.NewKeyed(tb.Config{Rate: 1}, 3); !errors.Is(err, tb.ErrConfig) {
		t.Errorf("keys without burst: %v", err)
	}
	b, err := tb.New(tb.Config{Rate: 1, Burst: 2})
	if err != nil || !b.Allow(2) {
		t.Errorf("without a clock: %v", err)
	}
}

func TestAllowTakesAllOrNothing(t *testing.T) {
	b, clock := bucket(t, 2, 5)
	if !b.Allow(3) || b.Allow(3) {
		t.Fatal("3 of 5, then no 3 of 2")
	}
	near(t, "rest", b.Tokens(), 2)
	clock.move(250 * time.Millisecond)
	near(t, "with a fraction", b.Tokens(), 2.5)
	clock.move(250 * time.Millisecond)
	if !b.Allow(3) {
		t.Fatal("3 are there after half a second")
	}
	clock.move(time.Hour)
	near(t, "full", b.Tokens(), 5)
}

func TestAllowOfOddNumbers(t *testing.T) {
	b, _ := bucket(t, 1, 4)
	reserve(t, b, 4)
	reserve(t, b, 2)
	if !b.Allow(0) || b.Allow(-1) || b.Allow(5) {
		t.Fatal("0 is always allowed, -1 and 5 of 4 never")
	}
	near(t, "untouched", b.Tokens(), -2)
}

func TestReservationsGoIntoDebt(t *testing.T) {
	b, clock := bucket(t, 4, 4)
	near(t, "first", reserve(t, b, 3).Delay().Seconds(), 0)
	second := reserve(t, b, 3)
	third := reserve(t, b, 4)
	near(t, "second", second.Delay().Seconds(), 0.5)
	near(t, "third", third.Delay().Seconds(), 1.5)
	clock.move(time.Second)
	near(t, "does not shrink", third.Delay().Seconds(), 1.5)
	if b.Allow(1) {
		t.Fatal("nothing is there in debt")
	}
	near(t, "zero tokens wait for nothing", reserve(t, b, 0).Delay().Seconds(), 0)
}

func TestReserveErrorsTakeNothing(t *testing.T) {
	b, _ := bucket(t, 1, 3)
	if _, err := b.Reserve(-1); !errors.Is(err, tb.ErrNegative) {
		t.Errorf("negative: %v", err)
	}
	if _, err := b.Reserve(4); !errors.Is(err, tb.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	near(t, "content", b.Tokens(), 3)
}

func TestCancelGivesBackOnce(t *testing.T) {
	b, clock := bucket(t, 1, 10)
	immediate := reserve(t, b, 10)
	r := reserve(t, b, 5)
	later := reserve(t, b, 2)
	clock.move(2 * time.Second)
	if !r.Cancel() || r.Cancel() {
		t.Fatal("once, not twice")
	}
	near(t, "content", b.Tokens(), 0)
	near(t, "the other's delay", later.Delay().Seconds(), 7)
	if immediate.Cancel() {
		t.Fatal("what had no delay is over at once")
	}
}

func TestCancelAfterTheDelayIsTooLate(t *testing.T) {
	b, clock := bucket(t, 2, 4)
	reserve(t, b, 4)
	r := reserve(t, b, 4)
	clock.move(2 * time.Second)
	if r.Cancel() {
		t.Fatal("its time is now, no more in the future")
	}
	near(t, "content", b.Tokens(), 0)
}

func TestCancelNeverFillsAboveTheBurst(t *testing.T) {
	b, clock := bucket(t, 1, 4)
	reserve(t, b, 4)
	r := reserve(t, b, 4)
	if err := b.SetRate(100); err != nil {
		t.Fatal(err)
	}
	clock.move(time.Second)
	if !r.Cancel() {
		t.Fatal("its four seconds are not over, whatever the rate is now")
	}
	near(t, "full and no more", b.Tokens(), 4)
}

func TestSetRateCountsTheOldRateUntilNow(t *testing.T) {
	b, clock := bucket(t, 1, 100)
	b.Allow(100)
	clock.move(10 * time.Second)
	for _, bad := range []float64{0, -2, math.NaN(), math.Inf(1)} {
		if err := b.SetRate(bad); !errors.Is(err, tb.ErrConfig) {
			t.Errorf("rate %v: %v", bad, err)
		}
	}
	if err := b.SetRate(5); err != nil {
		t.Fatal(err)
	}
	near(t, "at the change", b.Tokens(), 10)
	clock.move(2 * time.Second)
	near(t, "after it", b.Tokens(), 20)
}

func TestClockThatGoesBackwards(t *testing.T) {
	b, clock := bucket(t, 1, 10)
	b.Allow(6)
	clock.move(-30 * time.Second)
	near(t, "nothing lost", b.Tokens(), 4)
	clock.move(30 * time.Second)
	near(t, "nothing gained", b.Tokens(), 4)
	clock.move(2 * time.Second)
	near(t, "gains again", b.Tokens(), 6)
}

func TestWaitServesInOrder(t *testing.T) {
	b, clock := bucket(t, 1, 2)
	ctx := context.Background()
	if err := b.Wait(ctx, 2); err != nil || len(clock.asked) != 0 {
		t.Fatalf("%v; the clock was asked %d times", err, len(clock.asked))
	}
	var done [2]chan error
	for i := range done {
		done[i] = make(chan error, 1)
		go func(i int) { done[i] <- b.Wait(ctx, 2) }(i)
		select {
		case d := <-clock.asked:
			near(t, "delay", d.Seconds(), float64(2*i+2))
		case err := <-done[i]:
			t.Fatalf("did not wait: %v", err)
		case <-time.After(10 * time.Second):
			t.Fatal("a waiter holds up the next")
		}
	}
	clock.move(2 * time.Second)
	if err := within(t, "first", done[0]); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done[1]:
		t.Fatalf("the second came too early: %v", err)
	default:
	}
	clock.move(2 * time.Second)
	if err := within(t, "second", done[1]); err != nil {
		t.Fatal(err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	b, clock := bucket(t, 1, 3)
	ctx, cancel := context.WithCancel(context.Background())
	reserve(t, b, 3)
	done := make(chan error, 1)
	go func() { done <- b.Wait(ctx, 3) }()
	select {
	case <-clock.asked:
	case <-time.After(10 * time.Second):
		t.Fatal("the clock was not asked")
	}
	near(t, "in debt", b.Tokens(), -3)
	cancel()
	if err := within(t, "cancelled", done); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	near(t, "given back", b.Tokens(), 0)
	clock.move(3 * time.Second)
	if err := b.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("a context that is done: %v", err)
	}
	near(t, "nothing taken", b.Tokens(), 3)
	if err := b.Wait(context.Background(), 4); !errors.Is(err, tb.ErrTooMany) {
		t.Fatal(err)
	}
}

func TestManyGoroutinesShareOneBucket(t *testing.T) {
	b, _ := bucket(t, 1, 500)
	var taken atomic.Int64
	var all sync.WaitGroup
	for g := 0; g < 50; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 40; i++ {
				if b.Allow(1) {
					taken.Add(1)
				}
			}
		}()
	}
	all.Wait()
	if taken.Load() != 500 {
		t.Fatalf("%d taken of 500", taken.Load())
	}
}

func TestKeysMakeRoomOnlyWhenFull(t *testing.T) {
	clock := newClock()
	k, err := tb.NewKeyed(tb.Config{Rate: 1, Burst: 2, Clock: clock}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if k.Allow("odd", 3) || k.Allow("odd", -1) || k.Len() != 0 {
		t.Fatal("impossible numbers make no bucket")
	}
	if !k.Allow("a", 1) || !k.Allow("b", 2) || k.Allow("b", 1) {
		t.Fatal("each key has a bucket of its own")
	}
	if k.Allow("c", 1) || k.Len() != 2 {
		t.Fatal("no bucket is full, so there is no room")
	}
	clock.move(time.Second)
	if !k.Allow("c", 1) || k.Len() != 2 {
		t.Fatal("a is full again and makes room")
	}
	if !k.Allow("b", 1) || k.Allow("b", 1) {
		t.Fatal("b must have been kept with its one token")
	}
	clock.move(time.Minute)
	k.Allow("c", 0)
	k.Allow("b", 0)
	k.Allow("c", 3)
	if !k.Allow("d", 2) {
		t.Fatal("room for d")
	}
	if !k.Allow("b", 2) || k.Allow("b", 1) {
		t.Fatal("b is full, kept or new")
	}
	if k.Allow("c", 1) || k.Len() != 2 {
		t.Fatal("c made room for b; now b and d are not full")
	}
}
