package notes

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type record map[string]any

type shelf struct {
	guard sync.RWMutex
	rows  []record // by id, nil where it was deleted
	clock func() time.Time
}

// NewHandler dispatches by hand on the parts of the path and keeps notes as JSON-like maps.
func NewHandler(now func() time.Time) http.Handler {
	s := &shelf{clock: now}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := s.serve(w.Header(), r)
		if body != nil {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		if body != nil {
			text, _ := json.Marshal(body)
			w.Write(text)
		}
	})
}

func wrong(status int, format string, args ...any) (int, any) {
	return status, record{"error": fmt.Sprintf(format, args...)}
}

func (s *shelf) serve(header http.Header, r *http.Request) (int, any) {
	parts := strings.Split(r.URL.Path, "/")
	if len(parts) < 2 || parts[1] != "notes" || len(parts) > 3 || len(parts) == 3 && parts[2] == "" {
		return wrong(404, "nothing at %s", r.URL.Path)
	}
	if len(parts) == 2 {
		switch r.Method {
		case "GET":
			return s.page(r)
		case "POST":
			return s.create(header, r)
		}
		header.Set("Allow", "GET, POST")
		return wrong(405, "%s is not allowed", r.Method)
	}
	id, err := strconv.Atoi(parts[2])
	switch r.Method {
	case "GET", "PUT", "DELETE":
	default:
		header.Set("Allow", "DELETE, GET, PUT")
		return wrong(405, "%s is not allowed", r.Method)
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 65537))
	s.guard.Lock()
	defer s.guard.Unlock()
	if err != nil || id < 1 || id > len(s.rows) || s.rows[id-1] == nil {
		return wrong(404, "no note %s", parts[2])
	}
	row := s.rows[id-1]
	tag := fmt.Sprintf("%q", fmt.Sprint(row["version"]))
	match, has := named(r.Header, "If-Match", tag)
	switch {
	case r.Method == "GET":
		header.Set("ETag", tag)
		if same, _ := named(r.Header, "If-None-Match", tag); same {
			return 304, nil
		}
		return 200, row
	case r.Method == "PUT" && !has:
		return wrong(428, "If-Match is needed")
	case has && !match:
		return wrong(412, "it is at version %s", tag)
	case r.Method == "DELETE":
		s.rows[id-1] = nil
		return 204, nil
	}
	fresh, status, problem := build(body)
	if problem != "" {
		return wrong(status, "%s", problem)
	}
	s.stamp(fresh, id, row["version"].(int)+1, header)
	s.rows[id-1] = fresh
	return 200, fresh
}

func named(header http.Header, key, tag string) (match, has bool) {
	values, has := header[key]
	for _, one := range strings.Split(strings.Join(values, ","), ",") {
		one = strings.Trim(one, " \t")
		match = match || one == tag || one == "*"
	}
	return match && has, has
}

func (s *shelf) stamp(row record, id, version int, header http.Header) {
	row["id"], row["version"] = id, version
	row["updated"] = s.clock().In(time.UTC).Format(time.RFC3339)
	header.Set("ETag", `"`+fmt.Sprint(version)+`"`)
}

func (s *shelf) create(header http.Header, r *http.Request) (int, any) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 65537))
	row, status, problem := build(body)
	if problem != "" {
		return wrong(status, "%s", problem)
	}
	s.guard.Lock()
	defer s.guard.Unlock()
	s.rows = append(s.rows, row)
	s.stamp(row, len(s.rows), 1, header)
	header.Set("Location", fmt.Sprintf("/notes/%d", len(s.rows)))
	return 201, row
}

func (s *shelf) page(r *http.Request) (int, any) {
	query := r.URL.Query()
	limit, after := 20, 0
	for name, into := range map[string]*int{"limit": &limit, "after": &after} {
		if values, ok := query[name]; ok {
			n, err := strconv.Atoi(values[0])
			if err != nil || n < 0 || name == "limit" && (n == 0 || n > 100) {
				return wrong(400, "bad %s", name)
			}
			*into = n
		}
	}
	s.guard.RLock()
	defer s.guard.RUnlock()
	listed := []record{}
	for i := after; i < len(s.rows); i++ {
		row := s.rows[i]
		if row == nil || !tagged(row, query["tag"]) {
			continue
		}
		if len(listed) == limit {
			return 200, record{"notes": listed, "next": listed[limit-1]["id"]}
		}
		listed = append(listed, row)
	}
	return 200, record{"notes": listed, "next": nil}
}

func tagged(row record, wanted []string) bool {
	have := "\x00" + strings.Join(row["tags"].([]string), "\x00") + "\x00"
	for _, tag := range wanted {
		if !strings.Contains(have, "\x00"+strings.ToLower(tag)+"\x00") {
			return false
		}
	}
	return true
}

func build(body []byte) (record, int, string) {
	if len(body) > 65536 {
		return nil, 413, "too long"
	}
	var given map[string]any
	if err := json.Unmarshal(body, &given); err != nil || given == nil {
		return nil, 400, "a JSON object is needed"
	}
	row := record{"title": "", "body": "", "tags": []string{}}
	for key, value := range given {
		if _, known := row[key]; !known {
			return nil, 400, "unknown key " + key
		}
		if value == nil {
			continue
		}
		text, isText := value.(string)
		list, isList := value.([]any)
		switch {
		case key != "tags" && isText:
			row[key] = text
		case key == "tags" && isList:
			set := map[string]bool{}
			for _, each := range list {
				tag, ok := each.(string)
				if !ok || tag == "" {
					return nil, 400, "bad tag"
				}
				set[strings.ToLower(tag)] = true
			}
			tags := []string{}
			for tag := range set {
				tags = append(tags, tag)
			}
			sort.Strings(tags)
			row["tags"] = tags
		default:
			return nil, 400, "wrong type of " + key
		}
	}
	title := strings.TrimSpace(row["title"].(string))
	if n := len([]rune(title)); n == 0 || n > 100 {
		return nil, 400, "bad title"
	}
	row["title"] = title
	return row, 0, ""
}
