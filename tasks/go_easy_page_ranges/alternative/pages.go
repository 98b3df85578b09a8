package pageranges

import (
	"errors"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

var form = regexp.MustCompile(`^(?:([0-9]+)|([0-9]*)\s*-\s*([0-9]*))$`)

// Parse marks the pages in a table as long as the document.
func Parse(text string, last int) ([]int, error) {
	marked := make([]bool, max(last, 0)+1)
	if len(strings.TrimSpace(text)) > 0 {
		for _, raw := range strings.Split(text, ",") {
			part := strings.TrimSpace(raw)
			if !mark(marked, part) {
				return nil, errors.New(`cannot print "` + part + `"`)
			}
		}
	} else {
		for page := range marked {
			marked[page] = true
		}
	}
	var pages []int
	for page, is := range marked {
		if is && page > 0 {
			pages = append(pages, page)
		}
	}
	return pages, nil
}

func mark(marked []bool, part string) bool {
	found := form.FindStringSubmatch(part)
	if found == nil || part == "-" {
		return false
	}
	first, second := found[2], found[3]
	if found[1] != "" {
		first, second = found[1], found[1]
	}
	if first == "" {
		first = "1"
	}
	if second == "" {
		second = strconv.Itoa(len(marked) - 1)
	}
	a, errA := strconv.Atoi(first)
	b, errB := strconv.Atoi(second)
	if errA != nil || errB != nil {
		return false
	}
	if a > b {
		a, b = b, a
	}
	if a < 1 || b >= len(marked) {
		return false
	}
	for page := a; page <= b; page++ {
		marked[page] = true
	}
	return true
}

// Format walks over the sorted pages once.
func Format(pages []int) string {
	sorted := append([]int(nil), pages...)
	sort.Ints(sorted)
	var out strings.Builder
	run := []int{}
	flush := func() {
		if len(run) == 0 {
			return
		}
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		out.WriteString(strconv.Itoa(run[0]))
		if len(run) > 1 {
			out.WriteByte(map[bool]byte{true: ',', false: '-'}[len(run) == 2])
			out.WriteString(strconv.Itoa(run[len(run)-1]))
		}
		run = run[:0]
	}
	for _, page := range sorted {
		if n := len(run); n > 0 && run[n-1] == page {
			continue
		} else if n > 0 && run[n-1]+1 != page {
			flush()
		}
		run = append(run, page)
	}
	flush()
	return out.String()
}
