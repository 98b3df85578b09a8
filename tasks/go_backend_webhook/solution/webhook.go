// Package webhook receives signed events.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	largestBody = 10_000
	tolerance   = 300 * time.Second
)

// Event is what the provider tells.
type Event struct {
	ID, Kind string
	Payload  json.RawMessage
}

// Config says how to receive events.
type Config struct {
	Secret []byte
	Now    func() time.Time
	Handle func(Event) error
	Keep   int // how many ids of processed events are remembered
}

type receiver struct {
	Config
	mu    sync.Mutex
	busy  map[string]bool
	known map[string]bool
	order []string
}

// New gives the receiver.
func New(config Config) http.Handler {
	return &receiver{Config: config, busy: map[string]bool{}, known: map[string]bool{}}
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
	}
	status, word := c.receive(r)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, word)
}

func (c *receiver) receive(r *http.Request) (int, string) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, "method"
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, largestBody+1))
	if err != nil || len(body) > largestBody {
		return http.StatusRequestEntityTooLarge, "size"
	}
	sent, ok := c.verify(r.Header.Get("X-Signature"), body)
	if !ok {
		return http.StatusUnauthorized, "signature"
	}
	if age := c.Now().Sub(sent); age > tolerance || age < -tolerance {
		return http.StatusUnauthorized, "time"
	}
	event, ok := parse(body)
	if !ok {
		return http.StatusUnprocessableEntity, "event"
	}
	if status, word := c.claim(event.ID); status != 0 {
		return status, word
	}
	err = c.handle(event)
	c.release(event.ID, err == nil)
	if err != nil {
		return http.StatusInternalServerError, "failed"
	}
	return http.StatusOK, "processed"
}

func (c *receiver) verify(header string, body []byte) (time.Time, bool) {
	var at string
	var signatures [][]byte
	for _, field := range strings.Split(header, ",") {
		key, value, found := strings.Cut(field, "=")
		switch {
		case !found, key == "t" && at != "":
			return time.Time{}, false
		case key == "t":
			at = value
			if at == "" || strings.Trim(at, "0123456789") != "" {
				return time.Time{}, false
			}
		case key == "v1":
			if raw, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, raw)
			}
		}
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	mac := hmac.New(sha256.New, c.Secret)
	fmt.Fprintf(mac, "%s.%s", at, body)
	right := mac.Sum(nil)
	for _, signature := range signatures {
		if hmac.Equal(signature, right) {
			return time.Unix(seconds, 0), true
		}
	}
	return time.Time{}, false
}

func parse(body []byte) (Event, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return Event{}, false
	}
	var e Event
	if json.Unmarshal(fields["id"], &e.ID) != nil || json.Unmarshal(fields["kind"], &e.Kind) != nil {
		return Event{}, false
	}
	payload, ok := fields["payload"]
	e.Payload = payload
	return e, ok && e.ID != "" && e.Kind != ""
}

func (c *receiver) claim(id string) (int, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.known[id]:
		return http.StatusOK, "duplicate"
	case c.busy[id]:
		return http.StatusConflict, "busy"
	}
	c.busy[id] = true
	return 0, ""
}

func (c *receiver) release(id string, processed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, id)
	if !processed || c.Keep <= 0 {
		return
	}
	c.known[id] = true
	c.order = append(c.order, id)
	if len(c.order) > c.Keep {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
}

func (c *receiver) handle(event Event) (err error) {
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("panic: %v", why)
		}
	}()
	return c.Handle(event)
}
