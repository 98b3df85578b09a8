package main

import (
	"fmt"
	"strings"

	"example.com/pageranges"
)

// A book of sixty thousand pages, chosen in many small parts and written out again.
func heavy() string {
	const last = 60000
	var results []string
	for round := 1; round <= 12; round++ {
		var parts []string
		for i := 0; i < 8000; i++ {
			first := 1 + (i*7919+round)%(last-10)
			if i%3 == 0 {
				parts = append(parts, fmt.Sprintf(" %d ", first))
			} else {
				parts = append(parts, fmt.Sprintf("%d-%d", first, first+i%7))
			}
		}
		pages, err := pageranges.Parse(strings.Join(parts, ","), last)
		if err != nil {
			return err.Error()
		}
		text := pageranges.Format(pages)
		results = append(results, fmt.Sprint(len(pages), len(text), text[:40]))
	}
	return strings.Join(results, ";")
}
