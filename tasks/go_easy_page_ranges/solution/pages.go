// Package pageranges reads and writes choices of pages.
package pageranges

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse gives the pages that text chooses in a document of pages 1 to last.
func Parse(text string, last int) ([]int, error) {
	if strings.TrimSpace(text) == "" {
		text = "1-"
		if last < 1 {
			return []int{}, nil
		}
	}
	chosen := map[int]bool{}
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		low, high, ok := bounds(part, last)
		if !ok {
			return nil, fmt.Errorf("no pages of this document: \"%s\"", part)
		}
		for page := low; page <= high; page++ {
			chosen[page] = true
		}
	}
	pages := []int{}
	for page := range chosen {
		pages = append(pages, page)
	}
	slices.Sort(pages)
	return pages, nil
}

func bounds(part string, last int) (low, high int, ok bool) {
	left, right, isRange := strings.Cut(part, "-")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	if !isRange {
		low, ok = number(left, last)
		return low, low, ok
	}
	if left == "" && right == "" {
		return 0, 0, false
	}
	low, high = 1, last
	if left != "" {
		if low, ok = number(left, last); !ok {
			return 0, 0, false
		}
	}
	if right != "" {
		if high, ok = number(right, last); !ok {
			return 0, 0, false
		}
	}
	return min(low, high), max(low, high), true
}

func number(text string, last int) (int, bool) {
	for _, letter := range text {
		if letter < '0' || letter > '9' {
			return 0, false
		}
	}
	value, err := strconv.Atoi(text)
	return value, err == nil && value >= 1 && value <= last
}

// Format writes pages as short text that Parse reads.
func Format(pages []int) string {
	sorted := slices.Clone(pages)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	var parts []string
	for start := 0; start < len(sorted); {
		end := start
		for end+1 < len(sorted) && sorted[end+1] == sorted[end]+1 {
			end++
		}
		if end-start >= 2 {
			parts = append(parts, fmt.Sprintf("%d-%d", sorted[start], sorted[end]))
		} else {
			for _, page := range sorted[start : end+1] {
				parts = append(parts, strconv.Itoa(page))
			}
		}
		start = end + 1
	}
	return strings.Join(parts, ",")
}
