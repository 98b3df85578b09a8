// Package webhook receives signed events.
package webhook

import (
	"encoding/json"
	"net/http"
	"time"
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

// New gives the receiver.
func New(config Config) http.Handler {
	panic("not implemented")
}
