package main

import (
	"fmt"
	"io"
	"strings"
	"testing/fstest"

	"example.com/wordcount"
)

// Three megabytes of words, counted, and the most frequent ones of them.
func heavy() string {
	var text strings.Builder
	for i := 0; text.Len() < 3_000_000; i++ {
		fmt.Fprintf(&text, "word%d don't Straße %d", (i*i)%977, i%13)
		if i%9 == 0 {
			text.WriteByte('\n')
		} else {
			text.WriteByte(' ')
		}
	}
	files := fstest.MapFS{"a.txt": {Data: []byte(text.String())}}
	var counts, top strings.Builder
	first := wordcount.Run([]string{"-lwmc", "a.txt"}, files, strings.NewReader(""), &counts, io.Discard)
	second := wordcount.Run([]string{"-top", "5", "a.txt"}, files, strings.NewReader(""), &top, io.Discard)
	return fmt.Sprintf("%d %q %d %q", first, counts.String(), second, top.String())
}
