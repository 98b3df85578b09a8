package wordcount

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// tally reads rune by rune and feeds both kinds of output.
type tally struct {
	lines, words, chars, bytes int
	inWord                     bool
	word                       strings.Builder
	apostrophe                 bool
	seen                       map[string]int
}

func (t *tally) add(r rune, size int) {
	t.bytes += size
	t.chars++
	if r == '\n' {
		t.lines++
	}
	if space := unicode.IsSpace(r); space {
		t.inWord = false
	} else if !t.inWord {
		t.inWord = true
		t.words++
	}
	switch {
	case unicode.In(r, unicode.L, unicode.Nd):
		if t.apostrophe {
			t.word.WriteRune('\'')
		}
		t.apostrophe = false
		t.word.WriteRune(r)
	case r == '\'' && t.word.Len() > 0 && !t.apostrophe:
		t.apostrophe = true
	default:
		t.flush()
	}
}

func (t *tally) flush() {
	if t.word.Len() > 0 {
		t.seen[strings.ToLower(t.word.String())]++
	}
	t.word.Reset()
	t.apostrophe = false
}

func (t *tally) all(in io.Reader) error {
	reader := bufio.NewReader(in)
	for {
		r, size, err := reader.ReadRune()
		if errors.Is(err, io.EOF) {
			t.flush()
			return nil
		}
		if err != nil {
			return err
		}
		t.add(r, size)
	}
}

func Run(args []string, files fs.FS, stdin io.Reader, stdout, stderr io.Writer) int {
	var names []string
	var show [4]bool
	top := 0
	fail := func(what string) int {
		fmt.Fprintf(stderr, "usage: wordcount [-lwmc | -top N] [FILE...]: %s\n", what)
		return 2
	}
	rest := args
	for len(rest) > 0 {
		arg := rest[0]
		rest = rest[1:]
		if arg == "--" {
			names, rest = append(names, rest...), nil
		} else if arg == "-" || arg == "" || arg[0] != '-' {
			names = append(names, arg)
		} else if arg == "-top" {
			if len(rest) == 0 {
				return fail(arg)
			}
			n, err := strconv.ParseInt(rest[0], 10, 32)
			if err != nil || n <= 0 {
				return fail(rest[0])
			}
			top, rest = int(n), rest[1:]
		} else {
			for _, letter := range []byte(arg[1:]) {
				place := strings.IndexByte("lwmc", letter)
				if place == -1 {
					return fail(arg)
				}
				show[place] = true
			}
		}
	}
	if show == [4]bool{} {
		show[0], show[1], show[3] = true, true, true
	} else if top > 0 {
		return fail("-top alone")
	}
	code := 0
	several := len(names) > 1
	if len(names) == 0 {
		return report([]string{""}, []io.Reader{stdin}, nil, show, top, false, stdout, stderr)
	}
	var readers []io.Reader
	var failed []error
	for _, name := range names {
		if name == "-" {
			readers, failed = append(readers, stdin), append(failed, nil)
			continue
		}
		file, err := files.Open(name)
		if err == nil {
			defer file.Close()
		}
		readers, failed = append(readers, file), append(failed, err)
	}
	if worst := report(names, readers, failed, show, top, several, stdout, stderr); worst > code {
		code = worst
	}
	return code
}

func report(names []string, readers []io.Reader, failed []error, show [4]bool, top int, several bool, stdout, stderr io.Writer) int {
	code := 0
	seen := map[string]int{}
	var table [][]int
	var labels []string
	sums := make([]int, 4)
	for i, name := range names {
		t := &tally{seen: map[string]int{}}
		var err error
		if failed != nil {
			err = failed[i]
		}
		if err == nil {
			err = t.all(readers[i])
		}
		if err != nil {
			fmt.Fprintln(stderr, name+":", err)
			code = 1
			continue
		}
		for word, n := range t.seen {
			seen[word] += n
		}
		row := []int{t.lines, t.words, t.chars, t.bytes}
		for j := range row {
			sums[j] += row[j]
		}
		table, labels = append(table, row), append(labels, name)
	}
	if top > 0 {
		var words []string
		for word := range seen {
			words = append(words, word)
		}
		slices.SortFunc(words, func(a, b string) int {
			return cmp.Or(cmp.Compare(seen[b], seen[a]), strings.Compare(a, b))
		})
		for i, word := range words {
			if i < top {
				fmt.Fprintf(stdout, "%*d %s\n", len(fmt.Sprint(seen[words[0]])), seen[word], word)
			}
		}
		return code
	}
	if several && len(table) > 0 {
		table, labels = append(table, sums), append(labels, "total")
	}
	width := 1
	for _, row := range table {
		for j := range row {
			if show[j] {
				width = max(width, len(fmt.Sprint(row[j])))
			}
		}
	}
	for i, row := range table {
		line := ""
		for j := range row {
			if show[j] {
				line += fmt.Sprintf("%*d ", width, row[j])
			}
		}
		fmt.Fprintln(stdout, strings.TrimRight(line+labels[i], " "))
	}
	return code
}
