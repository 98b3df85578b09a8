package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/webhook"
)

const noon = 1_700_000_000

type rig struct {
	t       *testing.T
	handler http.Handler
	mu      sync.Mutex
	events  []webhook.Event
	outcome func(webhook.Event) error
}

func start(t *testing.T, keep int) *rig {
	r := &rig{t: t, outcome: func(webhook.Event) error { return nil }}
	r.handler = webhook.New(webhook.Config{
		Secret: []byte("a secret"),
		Now:    func() time.Time { return time.Unix(noon, 0) },
		Keep:   keep,
		Handle: func(e webhook.Event) error {
			r.mu.Lock()
			r.events = append(r.events, e)
			r.mu.Unlock()
			return r.outcome(e)
		},
	})
	return r
}

func signature(secret, at, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "." + body))
	return hex.EncodeToString(mac.Sum(nil))
}

func signed(at, body string) string {
	return "t=" + at + ",v1=" + signature("a secret", at, body)
}

func (r *rig) post(header, body string) string {
	request := httptest.NewRequest("POST", "/hooks", strings.NewReader(body))
	if header != "" {
		request.Header.Set("X-Signature", header)
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request)
	return fmt.Sprint(w.Code, " ", w.Body.String())
}

func (r *rig) send(body string) string { return r.post(signed(fmt.Sprint(noon), body), body) }

func (r *rig) id(id string) string { return r.send(`{"id":"` + id + `","kind":"paid","payload":1}`) }

func (r *rig) same(what, got, want string) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (r *rig) calls(want int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) != want {
		r.t.Errorf("%d calls, want %d", len(r.events), want)
	}
}

func TestProcesses(t *testing.T) {
	r := start(t, 5)
	r.same("event", r.send(`{"more": 1, "payload": {"a" : [1, 2]}, "kind": "paid", "id": "e1"}`), "200 processed")
	r.calls(1)
	if e := r.events[0]; e.ID != "e1" || e.Kind != "paid" || string(e.Payload) != `{"a" : [1, 2]}` {
		t.Errorf("%+v with %s", e, e.Payload)
	}
	r.same("null", r.send(`{"id":"e2","kind":"k","payload":null}`), "200 processed")
	if string(r.events[1].Payload) != "null" {
		t.Errorf("payload %s", r.events[1].Payload)
	}
}

func TestMethodsAndSize(t *testing.T) {
	r := start(t, 5)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequest("PUT", "/", strings.NewReader(strings.Repeat("x", 20000))))
	if w.Code != 405 || w.Body.String() != "method" || w.Header().Get("Allow") != "POST" {
		t.Error(w.Code, w.Body, w.Header())
	}
	start := `{"id":"e","kind":"k","payload":"`
	body := start + strings.Repeat("x", 10000-len(start)-2) + `"}`
	r.same("largest", r.send(body), "200 processed")
	r.same("larger", r.send(body+" "), "413 size")
	r.same("large without signature", r.post("", body+" "), "413 size")
}

func TestSignaturesThatAreWrong(t *testing.T) {
	r := start(t, 5)
	at, body := fmt.Sprint(noon), `{"id":"e","kind":"k","payload":1}`
	right := signature("a secret", at, body)
	for _, header := range []string{
		"", "t=" + at, "v1=" + right, "t=" + at + ",v1=", "t=" + at + ",v1=xyz", "t=" + at + ",v1=" + right[:62],
		"t=" + at + ",v1=" + signature("other", at, body), "t=" + at + ",v1=" + signature("a secret", at, body+" "),
		"t=" + at + ",t=" + at + ",v1=" + right, "t=" + at + ",v1=" + right + ",odd", "t=0" + at + ",v1=" + right,
		"t=" + at + ",V1=" + right, signed("+"+at, body), signed("", body), signed("1.5", body), "v0=" + right + ",t=" + at,
		"t=" + at + ",,v1=" + right,
	} {
		r.same(header, r.post(header, body), "401 signature")
	}
	r.calls(0)
}

func TestFormsOfTheHeader(t *testing.T) {
	r := start(t, 0)
	at, body := fmt.Sprint(noon), `{"id":"e","kind":"k","payload":1}`
	right := signature("a secret", at, body)
	for _, header := range []string{
		"v1=" + right + ",t=" + at, "t=" + at + ",v1=no,v1=" + strings.Repeat("0", 64) + ",v1=" + right, "t=" + at + ",v1=" + right + ",v1=" + strings.Repeat("0", 64),
		"x=1,t=" + at + ",v0=,v1=" + strings.ToUpper(right), signed("0"+at, body),
	} {
		r.same(header, r.post(header, body), "200 processed")
	}
}

func TestTolerance(t *testing.T) {
	r := start(t, 0)
	body := `{"id":"e","kind":"k","payload":1}`
	for seconds, want := range map[int]string{
		noon - 300: "200 processed", noon - 301: "401 time", noon + 300: "200 processed", noon + 301: "401 time", 0: "401 time",
	} {
		r.same(fmt.Sprint(seconds-noon), r.post(signed(fmt.Sprint(seconds), body), body), want)
	}
	r.same("the time is checked before the event", r.post(signed("5", "no JSON"), "no JSON"), "401 time")
	r.same("and after the signature", r.post("t=5,v1=00", body), "401 signature")
}

func TestBodiesThatAreNoEvents(t *testing.T) {
	r := start(t, 5)
	for _, body := range []string{
		"", "[]", "null", "{", `{"id":"a","kind":"k"}`, `{"id":"","kind":"k","payload":1}`, `{"id":"a","kind":"","payload":1}`,
		`{"id":7,"kind":"k","payload":1}`, `{"kind":"k","payload":1}`, `{"id":"a","payload":1}`, `{"id":null,"kind":"k","payload":1}`,
		`{"id":"a","kind":"k","payload":1} x`,
	} {
		r.same(body, r.send(body), "422 event")
	}
	r.calls(0)
}

func TestDuplicates(t *testing.T) {
	r := start(t, 5)
	r.same("first", r.id("a"), "200 processed")
	r.same("again", r.id("a"), "200 duplicate")
	r.same("other", r.id("b"), "200 processed")
	r.same("first once more", r.id("a"), "200 duplicate")
	r.calls(2)
}

func TestFailuresAreTriedAgain(t *testing.T) {
	r := start(t, 5)
	r.outcome = func(webhook.Event) error { return errors.New("no database") }
	r.same("error", r.id("a"), "500 failed")
	r.outcome = func(webhook.Event) error { panic("a fault") }
	r.same("panic", r.id("a"), "500 failed")
	r.outcome = func(webhook.Event) error { return nil }
	r.same("works", r.id("a"), "200 processed")
	r.calls(3)
}

func TestOnlyTheLatestAreRemembered(t *testing.T) {
	r := start(t, 2)
	for _, id := range []string{"a", "b"} {
		r.same(id, r.id(id), "200 processed")
	}
	r.same("a is remembered, and not anew", r.id("a"), "200 duplicate")
	r.same("c", r.id("c"), "200 processed")
	r.same("b", r.id("b"), "200 duplicate")
	r.same("a is forgotten", r.id("a"), "200 processed")
	r.same("c stays", r.id("c"), "200 duplicate")
	r.same("b is forgotten", r.id("b"), "200 processed")
}

func TestNothingRemembered(t *testing.T) {
	for _, keep := range []int{0, -1} {
		r := start(t, keep)
		r.same("first", r.id("a"), "200 processed")
		r.same("second", r.id("a"), "200 processed")
	}
}

func TestBusy(t *testing.T) {
	r := start(t, 5)
	entered, leave := make(chan string, 4), make(chan error)
	r.outcome = func(e webhook.Event) error {
		if strings.HasPrefix(e.ID, "slow") {
			entered <- e.ID
			return <-leave
		}
		return nil
	}
	done := make(chan string, 1)
	run := func() {
		go func() { done <- r.id("slow") }()
		select {
		case <-entered:
		case <-time.After(10 * time.Second):
			t.Fatal("not handled")
		}
	}
	run()
	answers := make(chan string, 2)
	go func() { answers <- r.id("slow"); answers <- r.id("quick") }()
	for _, want := range []string{"409 busy", "200 processed"} {
		select {
		case got := <-answers:
			r.same("meanwhile", got, want)
		case <-time.After(10 * time.Second):
			t.Fatal("waits for another event")
		}
	}
	leave <- errors.New("not yet")
	r.same("the slow one", <-done, "500 failed")
	run()
	leave <- nil
	r.same("the slow one again", <-done, "200 processed")
	r.same("afterwards", r.id("slow"), "200 duplicate")
}
