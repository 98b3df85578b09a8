package wordcount_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"example.com/wordcount"
)

var disk = fstest.MapFS{
	"a.txt":     {Data: []byte("one two\nthree\n")},
	"b.txt":     {Data: []byte("no newline at the end")},
	"empty":     {Data: nil},
	"uni.txt":   {Data: []byte("größe\u00a0日本\u2003x\n")},
	"broken":    {Data: []byte("a\xff\xfe b\xe6\x97\n")},
	"-l":        {Data: []byte("dash\n")},
	"poem":      {Data: []byte("The cat, the CAT's hat; 'tis a hat' don''t 2nd THE\n")},
	"sub/c.txt": {Data: []byte(strings.Repeat("word\n", 1200))},
}

type outcome struct {
	code     int
	out, err string
}

func run(input string, args ...string) outcome {
	var out, err bytes.Buffer
	code := wordcount.Run(args, disk, strings.NewReader(input), &out, &err)
	return outcome{code, out.String(), err.String()}
}

func prints(t *testing.T, want string, got outcome) {
	t.Helper()
	if got.code != 0 || got.out != want || got.err != "" {
		t.Errorf("code %d\n%q\nwant\n%q\nstderr %q", got.code, got.out, want, got.err)
	}
}

func usage(t *testing.T, named string, got outcome) {
	t.Helper()
	if got.code != 2 || got.out != "" || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, named) {
		t.Errorf("code %d, stdout %q, stderr %q; it should name %q", got.code, got.out, got.err, named)
	}
}

func TestDefaultCounts(t *testing.T) {
	prints(t, " 2  3 14 a.txt\n", run("", "a.txt"))
	prints(t, "0 0 0 empty\n", run("", "empty"))
}

func TestALastLineWithoutNewline(t *testing.T) {
	prints(t, "0 b.txt\n", run("", "-l", "b.txt"))
}

func TestStandardInput(t *testing.T) {
	prints(t, "1 2 4\n", run("a b\n"))
	prints(t, "1 2 4 -\n", run("a b\n", "-"))
	prints(t, "4 -\n0 -\n4 total\n", run("a b\n", "-c", "-", "-"))
}

func TestChoicesInFixedOrder(t *testing.T) {
	prints(t, " 2 14 a.txt\n", run("", "-c", "-l", "a.txt"))
	prints(t, " 2  3 14 14 a.txt\n", run("", "-mcwl", "-w", "a.txt"))
}

func TestCharactersAndUnicodeSpace(t *testing.T) {
	prints(t, " 1  3 11 20 uni.txt\n", run("", "-lwmc", "uni.txt"))
	prints(t, "8 8 broken\n", run("", "-mc", "broken"))
}

func TestTotals(t *testing.T) {
	prints(t, "   2    3   14 a.txt\n1200 1200 6000 sub/c.txt\n1202 1203 6014 total\n", run("", "a.txt", "sub/c.txt"))
	prints(t, "2 a.txt\n2 a.txt\n4 total\n", run("", "-l", "--", "a.txt", "a.txt"))
}

func TestWidthIsOfWhatIsPrinted(t *testing.T) {
	prints(t, "2 a.txt\n0 empty\n2 total\n", run("", "-l", "a.txt", "empty"))
	prints(t, "1200 sub/c.txt\n", run("", "-l", "sub/c.txt"))
}

func TestOptionsAnywhereAndTheirEnd(t *testing.T) {
	prints(t, "2 a.txt\n", run("", "a.txt", "-l"))
	prints(t, "1 -l\n", run("", "-l", "--", "-l"))
	prints(t, "2 -\n", run("x y", "-w", "--", "-"))
}

func TestUsageErrors(t *testing.T) {
	usage(t, "-x", run("", "-x", "a.txt"))
	usage(t, "-lx", run("", "a.txt", "-lx"))
	usage(t, "--lines", run("", "--lines"))
	usage(t, "-top", run("", "a.txt", "-top"))
	usage(t, "many", run("", "-top", "many", "a.txt"))
	usage(t, "0", run("", "-top", "0"))
	usage(t, "-topl", run("", "-topl", "3"))
	usage(t, "-top", run("", "-l", "-top", "3"))
}

func TestFilesThatAreNotThere(t *testing.T) {
	got := run("", "-l", "a.txt", "missing.txt", "sub/c.txt")
	if got.code != 1 || got.out != "   2 a.txt\n1200 sub/c.txt\n1202 total\n" {
		t.Errorf("code %d, %q", got.code, got.out)
	}
	if !strings.Contains(got.err, "missing.txt") {
		t.Errorf("stderr %q", got.err)
	}
	got = run("", "gone", "away")
	if got.code != 1 || got.out != "" || !strings.Contains(got.err, "gone") || !strings.Contains(got.err, "away") {
		t.Errorf("%+v", got)
	}
	got = run("", "-c", "gone", "a.txt")
	if got.code != 1 || got.out != "14 a.txt\n14 total\n" {
		t.Errorf("%+v", got)
	}
}

func TestInputThatBreaks(t *testing.T) {
	var out, errs bytes.Buffer
	broken := iotest.ErrReader(errors.New("the pipe broke"))
	code := wordcount.Run([]string{"-", "a.txt"}, disk, broken, &out, &errs)
	if code != 1 || out.String() != " 2  3 14 a.txt\n 2  3 14 total\n" || errs.Len() == 0 {
		t.Errorf("code %d, %q, %q", code, out.String(), errs.String())
	}
}

func TestTopWords(t *testing.T) {
	prints(t, "3 the\n2 hat\n1 2nd\n1 a\n1 cat\n1 cat's\n", run("", "-top", "6", "poem"))
	prints(t, "1 don\n1 t\n1 tis\n", outcome{out: tail(run("", "-top", "99", "poem").out, 3)})
}

func tail(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[len(lines)-1-n:], "")
}

func TestTopOverSeveralInputs(t *testing.T) {
	prints(t, "1201 word\n   3 x\n", run("x word-x_x", "-top", "5", "-", "sub/c.txt"))
	prints(t, "1 at\n1 end\n1 newline\n1 no\n1 one\n", run("", "-top", "5", "b.txt", "a.txt"))
	prints(t, "", run("... ''", "-top", "5"))
}

func TestTopWithMissingFile(t *testing.T) {
	got := run("Ünder ünder", "-top", "3", "nowhere", "-")
	if got.code != 1 || got.out != "2 ünder\n" || !strings.Contains(got.err, "nowhere") {
		t.Errorf("%+v", got)
	}
}
