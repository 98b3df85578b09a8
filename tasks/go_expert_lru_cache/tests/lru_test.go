package lrucache_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lru "example.com/lrucache"
)

type rig struct {
	*lru.Cache[string, int]
	t     *testing.T
	mu    sync.Mutex
	now   time.Time
	told  []string
	weigh int
}

// newRig makes a cache that weighs an entry by its value.
func newRig(t *testing.T, most int64, ttl time.Duration) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Unix(5000, 0)}
	var err error
	r.Cache, err = lru.New(lru.Options[string, int]{
		MaxWeight: most,
		TTL:       ttl,
		Weigh: func(_ string, v int) int64 {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.weigh++
			return int64(v)
		},
		Now: func() time.Time {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.now
		},
		OnEvict: func(k string, v int, why lru.Reason) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.told = append(r.told, fmt.Sprint(k, v, map[lru.Reason]string{
				lru.Expired: "expired", lru.Capacity: "capacity", lru.Replaced: "replaced", lru.Deleted: "deleted",
			}[why]))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) heard(want ...string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.told, want) {
		r.t.Fatalf("told %q, want %q", r.told, want)
	}
	r.told = nil
}

func (r *rig) keys(want ...string) {
	r.t.Helper()
	if got := r.Keys(); !slices.Equal(got, want) {
		r.t.Fatalf("keys %q, want %q", got, want)
	}
	if r.Len() != len(want) {
		r.t.Fatalf("length %d, want %d", r.Len(), len(want))
	}
}

func (r *rig) has(key string, want int) {
	r.t.Helper()
	if got, ok := r.Peek(key); !ok || got != want {
		r.t.Fatalf("%s: %d, %v; want %d", key, got, ok, want)
	}
}

func await[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: nothing came", what)
		panic("unreachable")
	}
}

type result struct {
	value int
	err   error
}

func TestOptions(t *testing.T) {
	for _, options := range []lru.Options[int, int]{{}, {MaxWeight: -3}, {MaxWeight: 3, TTL: -1}} {
		if _, err := lru.New(options); !errors.Is(err, lru.ErrOptions) {
			t.Errorf("%+v: %v", options, err)
		}
	}
	c, err := lru.New(lru.Options[int, string]{MaxWeight: 2, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 4; i++ {
		c.Set(i, "value")
	}
	if !slices.Equal(c.Keys(), []int{3, 2}) || c.Weight() != 2 {
		t.Errorf("each weighs 1: %v", c.Keys())
	}
}

func TestUsedLatestStays(t *testing.T) {
	r := newRig(t, 3, 0)
	for _, k := range []string{"a", "b", "c"} {
		r.Set(k, 1)
	}
	if v, ok := r.Get("a"); !ok || v != 1 {
		t.Fatal("a is there")
	}
	r.Peek("b")
	r.keys("a", "c", "b")
	r.Set("d", 1)
	r.keys("d", "a", "c")
	r.heard("b1capacity")
	if v, ok := r.Get("b"); ok || v != 0 {
		t.Fatal("b has left")
	}
}

func TestWeights(t *testing.T) {
	r := newRig(t, 10, 0)
	r.Set("a", 4)
	r.Set("b", 3)
	r.Set("zero", 0)
	r.Set("c", 3)
	r.keys("c", "zero", "b", "a")
	r.Set("d", 6)
	r.heard("a4capacity", "b3capacity")
	r.keys("d", "c", "zero")
	if r.Weight() != 9 {
		t.Fatalf("weight %d", r.Weight())
	}
}

func TestReplacing(t *testing.T) {
	r := newRig(t, 10, 0)
	r.Set("a", 4)
	r.Set("b", 5)
	r.Set("a", 4)
	r.heard("a4replaced")
	r.keys("a", "b")
	r.Set("b", 7)
	r.heard("b5replaced", "a4capacity")
	if r.Weight() != 7 {
		t.Fatalf("weight %d", r.Weight())
	}
}

func TestTooHeavyChangesNothing(t *testing.T) {
	r := newRig(t, 10, 0)
	r.Set("a", 2)
	r.Set("b", 2)
	if r.Set("a", 11) || r.Set("a", -1) || r.SetFor("new", 11, time.Second) {
		t.Fatal("cannot be stored")
	}
	r.keys("b", "a")
	r.has("a", 2)
	r.heard()
	if !r.Set("a", 10) {
		t.Fatal("exactly the limit can be stored")
	}
	r.heard("a2replaced", "b2capacity")
}

func TestExpiry(t *testing.T) {
	r := newRig(t, 100, 10*time.Second)
	r.Set("a", 1)
	r.pass(9 * time.Second)
	if _, ok := r.Get("a"); !ok {
		t.Fatal("not expired yet")
	}
	r.Set("b", 1)
	r.pass(time.Second)
	if _, ok := r.Get("a"); ok {
		t.Fatal("reading does not prolong, and ten seconds have passed")
	}
	r.heard("a1expired")
	r.keys("b")
	if r.Weight() != 1 {
		t.Fatalf("weight %d", r.Weight())
	}
	r.Set("b", 2)
	r.pass(9 * time.Second)
	r.has("b", 2)
}

func TestExpiredLeaveInOrderAndBeforeOthers(t *testing.T) {
	r := newRig(t, 5, 0)
	r.SetFor("late", 1, 3*time.Second)
	r.SetFor("x", 1, 2*time.Second)
	r.SetFor("y", 1, 2*time.Second)
	r.SetFor("soon", 1, time.Second)
	r.Set("stays", 1)
	r.Get("x")
	r.pass(3 * time.Second)
	r.Set("new", 4)
	r.heard("soon1expired", "x1expired", "y1expired", "late1expired")
	r.keys("new", "stays")
	r.pass(1000 * time.Hour)
	r.has("stays", 1)
}

func TestNegativeTimeStoresNothing(t *testing.T) {
	r := newRig(t, 5, 0)
	r.Set("a", 1)
	if !r.SetFor("a", 2, -1) || !r.SetFor("b", 2, -time.Hour) {
		t.Fatal("true is the answer")
	}
	r.keys()
	r.heard("a1replaced")
	if r.weigh != 3 {
		t.Fatalf("weighed %d times", r.weigh)
	}
}

func TestDelete(t *testing.T) {
	r := newRig(t, 5, time.Second)
	r.Set("a", 3)
	if !r.Delete("a") || r.Delete("a") || r.Weight() != 0 {
		t.Fatal("deleted once")
	}
	r.heard("a3deleted")
	r.Set("a", 3)
	r.pass(time.Second)
	if r.Delete("a") {
		t.Fatal("it had expired")
	}
	r.heard("a3expired")
}

func TestOnEvictMayUseTheCache(t *testing.T) {
	var c *lru.Cache[int, int]
	var seen []int
	c, _ = lru.New(lru.Options[int, int]{MaxWeight: 1, OnEvict: func(k, v int, why lru.Reason) {
		seen = append(seen, k, c.Len())
		if why == lru.Capacity && k == 1 {
			c.Delete(2)
		}
	}})
	done := make(chan bool, 1)
	go func() {
		c.Set(1, 0)
		c.Set(2, 0)
		done <- true
	}()
	await(t, "a callback that uses the cache", done)
	if !slices.Equal(seen, []int{1, 1, 2, 0}) {
		t.Fatalf("seen %v", seen)
	}
}

func TestLoads(t *testing.T) {
	r := newRig(t, 5, time.Minute)
	loads := 0
	load := func(key string) (int, error) {
		loads++
		r.Set("from "+key, 1)
		return len(key), nil
	}
	for i := 0; i < 3; i++ {
		if v, err := r.GetOrLoad("abc", load); v != 3 || err != nil {
			t.Fatal(v, err)
		}
	}
	r.keys("abc", "from abc")
	r.pass(time.Minute)
	r.GetOrLoad("abc", load)
	if v, err := r.GetOrLoad("too heavy", load); v != 9 || err != nil || loads != 3 {
		t.Fatal(v, err, loads)
	}
	if _, ok := r.Peek("too heavy"); ok {
		t.Fatal("too heavy to be stored")
	}
}

func TestLoadErrorsAreNotKept(t *testing.T) {
	r := newRig(t, 5, 0)
	bad := errors.New("no such thing")
	if _, err := r.GetOrLoad("a", func(string) (int, error) { return 2, bad }); err != bad {
		t.Fatal(err)
	}
	r.keys()
	if v, err := r.GetOrLoad("a", func(string) (int, error) { return 4, nil }); v != 4 || err != nil {
		t.Fatal(v, err)
	}
	if r.weigh != 1 {
		t.Fatalf("weighed %d times", r.weigh)
	}
}

// held starts a load that waits to be let go.
func (r *rig) held(key string, out chan<- result) (let chan<- result) {
	r.t.Helper()
	started, wait := make(chan bool, 1), make(chan result, 1)
	go func() {
		v, err := r.GetOrLoad(key, func(string) (int, error) {
			started <- true
			got := <-wait
			return got.value, got.err
		})
		out <- result{v, err}
	}()
	await(r.t, "the load's start", started)
	return wait
}

func TestOneLoadForAll(t *testing.T) {
	r := newRig(t, 50, 0)
	out := make(chan result, 30)
	let := r.held("a", out)
	other := make(chan result, 1)
	letOther := r.held("other", other)
	var extra atomic.Int32
	var begun sync.WaitGroup
	for i := 0; i < 20; i++ {
		begun.Add(1)
		go func() {
			begun.Done()
			v, err := r.GetOrLoad("a", func(string) (int, error) { extra.Add(1); return 7, nil })
			out <- result{v, err}
		}()
	}
	begun.Wait()
	letOther <- result{value: 5}
	if got := await(t, "another key", other); got.value != 5 {
		t.Fatal(got)
	}
	let <- result{value: 7}
	for i := 0; i < 21; i++ {
		if got := await(t, "the value for all", out); got.value != 7 || got.err != nil {
			t.Fatal(got)
		}
	}
	if extra.Load() != 0 {
		t.Fatalf("%d further loads", extra.Load())
	}
	r.has("a", 7)
}

func TestWritesDuringALoadWin(t *testing.T) {
	r := newRig(t, 50, 0)
	out := make(chan result, 10)
	let := r.held("a", out)
	r.Set("a", 1)
	let <- result{value: 2}
	if got := await(t, "written", out); got.value != 2 {
		t.Fatal(got)
	}
	r.has("a", 1)

	let = r.held("b", out)
	r.Delete("b")
	again := make(chan result, 1)
	letAgain := r.held("b", again)
	let <- result{value: 3}
	if got := await(t, "deleted", out); got.value != 3 {
		t.Fatal(got)
	}
	if _, ok := r.Peek("b"); ok {
		t.Fatal("deleted during the load")
	}
	letAgain <- result{value: 4}
	if got := await(t, "the second load", again); got.value != 4 {
		t.Fatal(got)
	}
	r.has("b", 4)

	let = r.held("c", out)
	r.Set("c", 51)
	let <- result{value: 6}
	await(t, "refused", out)
	if _, ok := r.Peek("c"); ok {
		t.Fatal("written during the load, though it was too heavy")
	}
	if r.weigh != 3 {
		t.Fatalf("weighed %d times: twice for Set, once for the load that was kept", r.weigh)
	}
}

func TestPanicOfALoad(t *testing.T) {
	r := newRig(t, 50, 0)
	started, let := make(chan bool, 1), make(chan bool)
	panicked := make(chan any, 1)
	go func() {
		defer func() { panicked <- recover() }()
		r.GetOrLoad("a", func(string) (int, error) {
			started <- true
			<-let
			panic("a fault of the load")
		})
	}()
	await(t, "the start", started)
	waiter := make(chan result, 1)
	entered := make(chan bool, 1)
	go func() {
		entered <- true
		v, err := r.GetOrLoad("a", func(string) (int, error) { return 9, nil })
		waiter <- result{v, err}
	}()
	await(t, "the waiter", entered)
	time.Sleep(200 * time.Millisecond)
	close(let)
	if got := await(t, "the panic", panicked); got != "a fault of the load" {
		t.Fatal(got)
	}
	got := await(t, "the waiter's result", waiter)
	if !errors.Is(got.err, lru.ErrPanicked) && !(got.value == 9 && got.err == nil) {
		t.Fatal(got)
	}
	r.Delete("a")
	if v, err := r.GetOrLoad("a", func(string) (int, error) { return 5, nil }); v != 5 || err != nil {
		t.Fatal(v, err)
	}
	bare := newRig(t, 50, 0)
	func() {
		defer func() { recover() }()
		bare.GetOrLoad("x", func(string) (int, error) { panic("again") })
	}()
	next := make(chan result, 1)
	go func() {
		v, err := bare.GetOrLoad("x", func(string) (int, error) { return 6, nil })
		next <- result{v, err}
	}()
	if got := await(t, "the load after a panic", next); got.value != 6 {
		t.Fatal(got)
	}
}

func TestManyGoroutines(t *testing.T) {
	r := newRig(t, 20, time.Second)
	var all sync.WaitGroup
	for g := 0; g < 16; g++ {
		all.Add(1)
		go func(g int) {
			defer all.Done()
			for i := 0; i < 200; i++ {
				key := fmt.Sprint((g * i) % 37)
				switch i % 4 {
				case 0:
					r.Set(key, i%5)
				case 1:
					r.Get(key)
				case 2:
					r.GetOrLoad(key, func(string) (int, error) { return 2, nil })
				case 3:
					r.Delete(key)
				}
			}
		}(g)
	}
	all.Wait()
	var sum int64
	for _, key := range r.Keys() {
		v, _ := r.Peek(key)
		sum += int64(v)
	}
	if sum != r.Weight() || sum > 20 {
		t.Fatalf("sum %d, weight %d", sum, r.Weight())
	}
}
