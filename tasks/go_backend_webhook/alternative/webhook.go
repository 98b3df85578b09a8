package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

type Event struct {
	ID, Kind string
	Payload  json.RawMessage
}

type Config struct {
	Secret []byte
	Now    func() time.Time
	Handle func(Event) error
	Keep   int
}

type answer struct {
	code int
	word string
}

var (
	header = regexp.MustCompile(`^[^=,]*=[^,]*(,[^=,]*=[^,]*)*$`)
	stamp  = regexp.MustCompile(`(?:^|,)t=([^,]*)`)
	sign   = regexp.MustCompile(`(?:^|,)v1=([^,]*)`)
	digits = regexp.MustCompile(`^[0-9]+$`)
)

// New keeps the state of each id in one map, and the processed ids in a ring.
func New(config Config) http.Handler {
	var states sync.Map // id -> "busy" or "duplicate"
	var lock sync.Mutex
	ring, next := make([]string, max(config.Keep, 0)), 0
	keep := func(id string) {
		if len(ring) == 0 {
			states.Delete(id)
			return
		}
		lock.Lock()
		defer lock.Unlock()
		if old := ring[next]; old != "" {
			states.Delete(old)
		}
		ring[next] = id
		next = (next + 1) % len(ring)
		states.Store(id, answer{200, "duplicate"})
	}
	receive := func(w http.ResponseWriter, r *http.Request) answer {
		if r.Method != "POST" {
			w.Header().Add("Allow", "POST")
			return answer{405, "method"}
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, 10000)); err != nil {
			return answer{413, "size"}
		}
		if refused := authentic(config, r.Header.Get("X-Signature"), body.Bytes()); refused.code != 0 {
			return refused
		}
		event, err := decode(body.Bytes())
		if err != nil {
			return answer{422, "event"}
		}
		if state, there := states.LoadOrStore(event.ID, answer{409, "busy"}); there {
			return state.(answer)
		}
		ok := false
		func() {
			defer func() { recover() }()
			ok = config.Handle(event) == nil
		}()
		if !ok {
			states.Delete(event.ID)
			return answer{500, "failed"}
		}
		keep(event.ID)
		return answer{200, "processed"}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := receive(w, r)
		w.WriteHeader(a.code)
		w.Write([]byte(a.word))
	})
}

func authentic(config Config, value string, body []byte) answer {
	times := stamp.FindAllStringSubmatch(value, -1)
	if !header.MatchString(value) || len(times) != 1 || !digits.MatchString(times[0][1]) {
		return answer{401, "signature"}
	}
	text := times[0][1]
	mac := hmac.New(sha256.New, config.Secret)
	mac.Write(append([]byte(text+"."), body...))
	want := []byte(hexOf(mac.Sum(nil)))
	right := 0
	for _, found := range sign.FindAllStringSubmatch(value, -1) {
		right |= subtle.ConstantTimeCompare([]byte(strings.ToLower(found[1])), want)
	}
	if right == 0 {
		return answer{401, "signature"}
	}
	seconds, err := strconv.ParseUint(text, 10, 62)
	now := config.Now()
	if at := time.Unix(int64(seconds), 0); err != nil || at.Before(now.Add(-300*time.Second)) || at.After(now.Add(5*time.Minute)) {
		return answer{401, "time"}
	}
	return answer{}
}

func hexOf(raw []byte) string {
	const alphabet = "0123456789abcdef"
	var out strings.Builder
	for _, b := range raw {
		out.WriteByte(alphabet[b>>4])
		out.WriteByte(alphabet[b&15])
	}
	return out.String()
}

func decode(body []byte) (Event, error) {
	var given struct {
		ID      *string         `json:"id"`
		Kind    *string         `json:"kind"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(body, &given); err != nil {
		return Event{}, err
	}
	if given.ID == nil || given.Kind == nil || *given.ID == "" || *given.Kind == "" || given.Payload == nil {
		return Event{}, errors.New("incomplete")
	}
	return Event{*given.ID, *given.Kind, given.Payload}, nil
}
