// Package notes is an HTTP service that keeps notes in memory.
package notes

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const largestBody = 64 << 10

type note struct {
	ID      int      `json:"id"`
	Title   string   `json:"title"`
	Body    string   `json:"body"`
	Tags    []string `json:"tags"`
	Version int      `json:"version"`
	Updated string   `json:"updated"`
}

func (n note) etag() string { return `"` + strconv.Itoa(n.Version) + `"` }

type content struct {
	Title string    `json:"title"`
	Body  string    `json:"body"`
	Tags  []*string `json:"tags"`
}

type failure struct {
	status int
	words  string
}

func (f failure) Error() string { return f.words }

var (
	noSuchNote = failure{http.StatusNotFound, "no such note"}
	tooLarge   = failure{http.StatusRequestEntityTooLarge, "the body is too large"}
	notMatched = failure{http.StatusPreconditionFailed, "the note has another version"}
)

func bad(words string) error { return failure{http.StatusBadRequest, words} }

type service struct {
	mu    sync.Mutex
	now   func() time.Time
	notes map[int]note
	last  int
}

// NewHandler gives an empty service; now tells the time of changes.
func NewHandler(now func() time.Time) http.Handler {
	return &service{now: now, notes: map[int]note{}}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	path := r.URL.Path
	id, isNote := strings.CutPrefix(path, "/notes/")
	switch {
	case path == "/notes":
		err = s.collection(w, r)
	case isNote && id != "" && !strings.Contains(id, "/"):
		err = s.one(w, r, id)
	default:
		err = failure{http.StatusNotFound, "no such path"}
	}
	var f failure
	if errors.As(err, &f) {
		reply(w, f.status, map[string]string{"error": f.words})
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func replyNote(w http.ResponseWriter, status int, n note) {
	w.Header().Set("ETag", n.etag())
	reply(w, status, n)
}

func notAllowed(w http.ResponseWriter, methods string) error {
	w.Header().Set("Allow", methods)
	return failure{http.StatusMethodNotAllowed, "not with this method"}
}

func (s *service) collection(w http.ResponseWriter, r *http.Request) error {
	switch r.Method {
	case http.MethodGet:
		return s.list(w, r.URL.Query())
	case http.MethodPost:
	default:
		return notAllowed(w, "GET, POST")
	}
	raw, err := readBody(r)
	if err != nil {
		return err
	}
	n, err := parse(raw)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.last++
	n.ID, n.Version, n.Updated = s.last, 1, s.time()
	s.notes[n.ID] = n
	s.mu.Unlock()
	w.Header().Set("Location", "/notes/"+strconv.Itoa(n.ID))
	replyNote(w, http.StatusCreated, n)
	return nil
}

func (s *service) time() string { return s.now().UTC().Format(time.RFC3339) }

func (s *service) list(w http.ResponseWriter, query url.Values) error {
	limit, err := number(query, "limit", 20, 1, 100)
	if err != nil {
		return err
	}
	after, err := number(query, "after", 0, 0, int(^uint(0)>>1))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []note{}
	for _, n := range s.notes {
		if n.ID > after && hasAll(n, query["tag"]) {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b note) int { return a.ID - b.ID })
	var next *int
	if len(found) > limit {
		found = found[:limit]
		next = &found[limit-1].ID
	}
	reply(w, http.StatusOK, map[string]any{"notes": found, "next": next})
	return nil
}

func hasAll(n note, tags []string) bool {
	for _, tag := range tags {
		if !slices.Contains(n.Tags, strings.ToLower(tag)) {
			return false
		}
	}
	return true
}

func number(query url.Values, name string, otherwise, least, most int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	value, err := strconv.Atoi(query.Get(name))
	if err != nil || value < least || value > most {
		return 0, bad(name + " is not a number that is allowed")
	}
	return value, nil
}

func (s *service) one(w http.ResponseWriter, r *http.Request, text string) error {
	if !slices.Contains([]string{http.MethodDelete, http.MethodGet, http.MethodPut}, r.Method) {
		return notAllowed(w, "DELETE, GET, PUT")
	}
	id, err := strconv.Atoi(text)
	if err != nil {
		return noSuchNote
	}
	var raw []byte
	var tooLong error
	if r.Method == http.MethodPut {
		raw, tooLong = readBody(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.notes[id]
	if !ok {
		return noSuchNote
	}
	ifMatch := r.Header.Values("If-Match")
	switch r.Method {
	case http.MethodGet:
		if fits(r.Header.Values("If-None-Match"), n) {
			w.Header().Set("ETag", n.etag())
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		replyNote(w, http.StatusOK, n)
	case http.MethodDelete:
		if len(ifMatch) > 0 && !fits(ifMatch, n) {
			return notMatched
		}
		delete(s.notes, id)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPut:
		if len(ifMatch) == 0 {
			return failure{http.StatusPreconditionRequired, "If-Match is missing"}
		}
		if !fits(ifMatch, n) {
			return notMatched
		}
		if tooLong != nil {
			return tooLong
		}
		changed, err := parse(raw)
		if err != nil {
			return err
		}
		changed.ID, changed.Version, changed.Updated = id, n.Version+1, s.time()
		s.notes[id] = changed
		replyNote(w, http.StatusOK, changed)
	}
	return nil
}

func fits(headers []string, n note) bool {
	for _, header := range headers {
		for _, tag := range strings.Split(header, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || tag == n.etag() {
				return true
			}
		}
	}
	return false
}

func readBody(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, largestBody+1))
	if err != nil {
		return nil, bad("the body cannot be read")
	}
	if len(raw) > largestBody {
		return nil, tooLarge
	}
	return raw, nil
}

func parse(raw []byte) (note, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return note{}, bad("the body is no JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var c content
	if err := decoder.Decode(&c); err != nil {
		return note{}, bad("the body: " + err.Error())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return note{}, bad("something follows the JSON object")
	}
	title := strings.TrimSpace(c.Title)
	if title == "" || utf8.RuneCountInString(title) > 100 {
		return note{}, bad("title must have 1 to 100 characters")
	}
	tags := []string{}
	for _, tag := range c.Tags {
		if tag == nil || *tag == "" {
			return note{}, bad("a tag is empty")
		}
		tags = append(tags, strings.ToLower(*tag))
	}
	slices.Sort(tags)
	return note{Title: title, Body: c.Body, Tags: slices.Compact(tags)}, nil
}
