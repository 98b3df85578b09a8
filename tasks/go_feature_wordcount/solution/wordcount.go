// Package wordcount counts lines, words, characters and bytes.
package wordcount

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const letters = "lwmc"

type request struct {
	chosen [len(letters)]bool
	top    int
	names  []string
}

type row struct {
	counts [len(letters)]int
	name   string
}

// Run is the command: arguments in, exit code out.
func Run(args []string, files fs.FS, stdin io.Reader, stdout, stderr io.Writer) int {
	wanted, err := parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "wordcount:", err)
		return 2
	}
	names := wanted.names
	if len(names) == 0 {
		names = []string{""}
	}
	code := 0
	var rows []row
	total := row{name: "total"}
	frequent := map[string]int{}
	for _, name := range names {
		text, err := read(name, files, stdin)
		if err != nil {
			fmt.Fprintf(stderr, "wordcount: %s: %v\n", name, err)
			code = 1
			continue
		}
		one := row{counts: count(text), name: name}
		for i, n := range one.counts {
			total.counts[i] += n
		}
		rows = append(rows, one)
		addWords(frequent, string(text))
	}
	if wanted.top > 0 {
		printTop(stdout, frequent, wanted.top)
		return code
	}
	if len(names) > 1 && len(rows) > 0 {
		rows = append(rows, total)
	}
	printRows(stdout, rows, wanted.chosen)
	return code
}

func parse(args []string) (request, error) {
	var r request
	any := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			r.names = append(r.names, args[i+1:]...)
			i = len(args)
		case arg == "-top":
			if i++; i == len(args) {
				return r, fmt.Errorf("-top needs a number")
			}
			n, err := strconv.Atoi(args[i])
			if err != nil || n < 1 {
				return r, fmt.Errorf("-top needs a number of 1 or more, not %s", args[i])
			}
			r.top = n
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			r.names = append(r.names, arg)
		default:
			for _, letter := range arg[1:] {
				at := strings.IndexRune(letters, letter)
				if at < 0 {
					return r, fmt.Errorf("unknown option %s", arg)
				}
				r.chosen[at], any = true, true
			}
		}
	}
	if any && r.top > 0 {
		return r, fmt.Errorf("-top goes with no other option")
	}
	if !any {
		r.chosen = [len(letters)]bool{true, true, false, true}
	}
	return r, nil
}

func read(name string, files fs.FS, stdin io.Reader) ([]byte, error) {
	if name == "" || name == "-" {
		return io.ReadAll(stdin)
	}
	return fs.ReadFile(files, name)
}

func count(text []byte) [len(letters)]int {
	return [...]int{
		bytes.Count(text, []byte("\n")), len(bytes.Fields(text)), utf8.RuneCount(text), len(text),
	}
}

func addWords(frequent map[string]int, text string) {
	runes := []rune(text)
	part := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	for i := 0; i < len(runes); i++ {
		if !part(i) {
			continue
		}
		start := i
		for part(i) || i < len(runes) && runes[i] == '\'' && part(i+1) {
			i++
		}
		frequent[strings.ToLower(string(runes[start:i]))]++
	}
}

func printTop(out io.Writer, frequent map[string]int, top int) {
	words := make([]string, 0, len(frequent))
	for word := range frequent {
		words = append(words, word)
	}
	sort.Slice(words, func(i, j int) bool {
		a, b := words[i], words[j]
		return frequent[a] > frequent[b] || frequent[a] == frequent[b] && a < b
	})
	words = words[:min(top, len(words))]
	for _, word := range words {
		fmt.Fprintf(out, "%*d %s\n", len(strconv.Itoa(frequent[words[0]])), frequent[word], word)
	}
}

func printRows(out io.Writer, rows []row, chosen [len(letters)]bool) {
	width := 0
	for _, r := range rows {
		for i, n := range r.counts {
			if chosen[i] {
				width = max(width, len(strconv.Itoa(n)))
			}
		}
	}
	for _, r := range rows {
		var parts []string
		for i, n := range r.counts {
			if chosen[i] {
				parts = append(parts, fmt.Sprintf("%*d", width, n))
			}
		}
		if r.name != "" {
			parts = append(parts, r.name)
		}
		fmt.Fprintln(out, strings.Join(parts, " "))
	}
}
