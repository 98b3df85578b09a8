package notes_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/notes"
)

type server struct {
	http.Handler
	t   *testing.T
	now time.Time
}

func start(t *testing.T) *server {
	s := &server{t: t, now: time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200))}
	s.Handler = notes.NewHandler(func() time.Time { return s.now })
	return s
}

func (s *server) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *server) status(want int, w *httptest.ResponseRecorder) map[string]any {
	s.t.Helper()
	if w.Code != want {
		s.t.Fatalf("status %d, want %d; body %s", w.Code, want, w.Body)
	}
	if want == 204 || want == 304 {
		if w.Body.Len() != 0 {
			s.t.Fatalf("a body with %d: %s", want, w.Body)
		}
		return nil
	}
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		s.t.Fatalf("content type %q", kind)
	}
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		s.t.Fatalf("%v: %s", err, w.Body)
	}
	if words, _ := body["error"].(string); want >= 400 && words == "" {
		s.t.Fatalf("no words in %s", w.Body)
	}
	return body
}

func (s *server) header(w *httptest.ResponseRecorder, key, want string) {
	s.t.Helper()
	if got := w.Header().Get(key); got != want {
		s.t.Fatalf("%s is %q, want %q", key, got, want)
	}
}

func (s *server) add(titles ...string) {
	s.t.Helper()
	for _, title := range titles {
		s.status(201, s.ask("POST", "/notes", fmt.Sprintf(`{"title": %q}`, title)))
	}
}

func TestCreateAndRead(t *testing.T) {
	s := start(t)
	w := s.ask("POST", "/notes", `{"title": " Milk ", "body": " two ", "tags": ["Shop", "a", "shop"]}`)
	want := map[string]any{
		"id": 1.0, "title": "Milk", "body": " two ", "tags": []any{"a", "shop"}, "version": 1.0,
		"updated": "2024-05-01T10:00:00Z",
	}
	if got := s.status(201, w); !reflect.DeepEqual(got, want) {
		t.Fatal(got)
	}
	s.header(w, "Location", "/notes/1")
	s.header(w, "ETag", `"1"`)
	w = s.ask("GET", "/notes/1", "")
	if got := s.status(200, w); !reflect.DeepEqual(got, want) {
		t.Fatal(got)
	}
	s.header(w, "ETag", `"1"`)
}

func TestDefaults(t *testing.T) {
	s := start(t)
	for _, body := range []string{`{"title": "x"}`, `{"title": "x", "body": null, "tags": null}`, ` {"title":"x","tags":[]} `} {
		got := s.status(201, s.ask("POST", "/notes", body))
		if got["body"] != "" || !reflect.DeepEqual(got["tags"], []any{}) {
			t.Fatal(got)
		}
	}
}

func TestBodiesThatAreNotAllowed(t *testing.T) {
	s := start(t)
	for _, body := range []string{
		"", "null", "[]", `"title"`, "{", `{}`, `{"title": ""}`, `{"title": " \n "}`, `{"title": null}`, `{"title": 5}`,
		`{"title": "x", "colour": "red"}`, `{"title": "x", "body": 1}`, `{"title": "x", "tags": "a"}`,
		`{"title": "x", "tags": [""]}`, `{"title": "x", "tags": [1]}`, `{"title": "x"} {"title": "y"}`, `{"title": "x"} z`,
		`{"title": "` + strings.Repeat("é", 101) + `"}`,
	} {
		s.status(400, s.ask("POST", "/notes", body))
	}
	got := s.status(201, s.ask("POST", "/notes", `{"title": " `+strings.Repeat("é", 100)+` "}`))
	if got["id"] != 1.0 {
		t.Fatal("refused notes take no id")
	}
}

func TestLargeBodies(t *testing.T) {
	s := start(t)
	frame := len(`{"title":"x","body":""}`)
	fill := func(n int) string { return `{"title":"x","body":"` + strings.Repeat("y", n-frame) + `"}` }
	s.status(201, s.ask("POST", "/notes", fill(65536)))
	s.status(413, s.ask("POST", "/notes", fill(65537)))
	s.status(413, s.ask("POST", "/notes", strings.Repeat(" ", 70000)))
	s.status(413, s.ask("PUT", "/notes/1", fill(65537), "If-Match", "*"))
}

func TestReplace(t *testing.T) {
	s := start(t)
	s.status(201, s.ask("POST", "/notes", `{"title": "old", "body": "text", "tags": ["t"]}`))
	s.now = s.now.Add(90 * time.Minute)
	w := s.ask("PUT", "/notes/1", `{"title": "new"}`, "If-Match", `"1"`)
	got := s.status(200, w)
	want := map[string]any{
		"id": 1.0, "title": "new", "body": "", "tags": []any{}, "version": 2.0, "updated": "2024-05-01T11:30:00Z",
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatal(got)
	}
	s.header(w, "ETag", `"2"`)
	if again := s.status(200, s.ask("GET", "/notes/1", "")); !reflect.DeepEqual(again, want) {
		t.Fatal(again)
	}
}

func TestIfMatch(t *testing.T) {
	s := start(t)
	s.add("a")
	body := `{"title": "b"}`
	s.status(428, s.ask("PUT", "/notes/1", body))
	s.status(412, s.ask("PUT", "/notes/1", body, "If-Match", `"2"`))
	s.status(412, s.ask("PUT", "/notes/1", body, "If-Match", `1`))
	s.status(412, s.ask("PUT", "/notes/1", "no JSON", "If-Match", `"7"`))
	s.status(400, s.ask("PUT", "/notes/1", "no JSON", "If-Match", `"1"`))
	if got := s.status(200, s.ask("GET", "/notes/1", "")); got["title"] != "a" || got["version"] != 1.0 {
		t.Fatal(got)
	}
	s.status(200, s.ask("PUT", "/notes/1", body, "If-Match", `"9", "1"`))
	s.status(412, s.ask("PUT", "/notes/1", body, "If-Match", `"1"`))
	if got := s.status(200, s.ask("PUT", "/notes/1", body, "If-Match", "*")); got["version"] != 3.0 {
		t.Fatal(got)
	}
}

func TestDelete(t *testing.T) {
	s := start(t)
	s.add("a", "b")
	s.status(412, s.ask("DELETE", "/notes/2", "", "If-Match", `"5"`))
	s.status(204, s.ask("DELETE", "/notes/2", "", "If-Match", `"1"`))
	s.status(204, s.ask("DELETE", "/notes/1", ""))
	s.status(404, s.ask("DELETE", "/notes/1", ""))
	s.status(404, s.ask("GET", "/notes/2", ""))
	if got := s.status(201, s.ask("POST", "/notes", `{"title": "c"}`)); got["id"] != 3.0 {
		t.Fatal("an id was used again")
	}
}

func TestIfNoneMatch(t *testing.T) {
	s := start(t)
	s.add("a")
	for _, tags := range []string{`"1"`, `"0" , "1"`, "*"} {
		w := s.ask("GET", "/notes/1", "", "If-None-Match", tags)
		s.status(304, w)
		s.header(w, "ETag", `"1"`)
	}
	s.status(200, s.ask("GET", "/notes/1", "", "If-None-Match", `"2"`))
	s.status(404, s.ask("GET", "/notes/2", "", "If-None-Match", "*"))
}

func (s *server) listed(query string, next any, ids ...float64) {
	s.t.Helper()
	body := s.status(200, s.ask("GET", "/notes"+query, ""))
	list, ok := body["notes"].([]any)
	if !ok {
		s.t.Fatalf("%s: no list in %v", query, body)
	}
	got := []float64{}
	for _, each := range list {
		got = append(got, each.(map[string]any)["id"].(float64))
	}
	value, has := body["next"]
	if !has || value != next || fmt.Sprint(got) != fmt.Sprint(ids) {
		s.t.Fatalf("%s: %v, next %v; want %v, %v", query, got, value, ids, next)
	}
}

func TestListInPages(t *testing.T) {
	s := start(t)
	s.listed("", nil)
	for i := 0; i < 25; i++ {
		s.add("x")
	}
	s.status(204, s.ask("DELETE", "/notes/3", ""))
	s.listed("?limit=3", 4.0, 1, 2, 4)
	s.listed("?limit=3&after=22", nil, 23, 24, 25)
	s.listed("?limit=2&after=22", 24.0, 23, 24)
	s.listed("?after=25", nil)
	s.listed("?after=17&limit=100", nil, 18, 19, 20, 21, 22, 23, 24, 25)
	s.listed("", 21.0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
}

func TestListByTags(t *testing.T) {
	s := start(t)
	for _, tags := range []string{`["a"]`, `["a","b"]`, `["B"]`, `["ab"]`, `["c","b","a"]`} {
		s.status(201, s.ask("POST", "/notes", `{"title": "x", "tags": `+tags+`}`))
	}
	s.listed("?tag=a", nil, 1, 2, 5)
	s.listed("?tag=A&tag=b", nil, 2, 5)
	s.listed("?tag=b&limit=2", 3.0, 2, 3)
	s.listed("?tag=b&limit=2&after=3", nil, 5)
	s.listed("?tag=nothing", nil)
}

func TestBadParameters(t *testing.T) {
	s := start(t)
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "limit=", "limit=-1", "after=-1", "after=x", "limit=2.5"} {
		s.status(400, s.ask("GET", "/notes?"+query, ""))
	}
}

func TestUnknownPathsAndNotes(t *testing.T) {
	s := start(t)
	s.add("a")
	for _, path := range []string{"/", "/notes/", "/note", "/notes/1/", "/notes/1/x", "/notes/0", "/notes/x", "/notes/-1", "/notes/2"} {
		s.status(404, s.ask("GET", path, ""))
	}
	s.status(404, s.ask("PUT", "/notes/2", "no JSON"))
	s.status(404, s.ask("PUT", "/notes/2", strings.Repeat("x", 70000)))
}

func TestMethods(t *testing.T) {
	s := start(t)
	s.add("a")
	w := s.ask("DELETE", "/notes", "")
	s.status(405, w)
	s.header(w, "Allow", "GET, POST")
	w = s.ask("PATCH", "/notes/1", "")
	s.status(405, w)
	s.header(w, "Allow", "DELETE, GET, PUT")
}

func TestManyClients(t *testing.T) {
	s := start(t)
	s.add("counter")
	var all sync.WaitGroup
	var won sync.Map
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			s.ask("POST", "/notes", `{"title": "x"}`)
			s.ask("GET", "/notes", "")
			if s.ask("PUT", "/notes/1", `{"title": "y"}`, "If-Match", `"1"`).Code == 200 {
				won.Store(i, true)
			}
		}(i)
	}
	all.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Fatalf("%d clients changed version 1", n)
	}
	s.listed("?after=19", nil, 20, 21)
}
