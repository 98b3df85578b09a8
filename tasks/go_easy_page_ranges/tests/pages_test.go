package pageranges_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/pageranges"
)

func gives(t *testing.T, text string, last int, want ...int) {
	t.Helper()
	got, err := pageranges.Parse(text, last)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q of %d: %v, %v; want %v", text, last, got, err, want)
	}
}

func refuses(t *testing.T, text string, last int, part string) {
	t.Helper()
	got, err := pageranges.Parse(text, last)
	if err == nil || got != nil {
		t.Errorf("%q of %d: %v, %v; want an error", text, last, got, err)
	} else if !strings.Contains(err.Error(), `"`+part+`"`) {
		t.Errorf("%q: %q does not name %q", text, err, part)
	}
}

func TestPagesAndRanges(t *testing.T) {
	gives(t, "7", 9, 7)
	gives(t, "1-3,7", 9, 1, 2, 3, 7)
	gives(t, "4-4", 9, 4)
	gives(t, "9", 9, 9)
}

func TestOrderAndRepeatsDoNotMatter(t *testing.T) {
	gives(t, "7,2-4,3,1-2", 9, 1, 2, 3, 4, 7)
	gives(t, "5-2", 9, 2, 3, 4, 5)
}

func TestOpenRanges(t *testing.T) {
	gives(t, "6-", 8, 6, 7, 8)
	gives(t, "-2", 8, 1, 2)
	gives(t, "-2,8-", 8, 1, 2, 8)
}

func TestWhiteSpace(t *testing.T) {
	gives(t, " 1 - 3 ,\t5 ", 9, 1, 2, 3, 5)
	gives(t, "\n8 -", 9, 8, 9)
	gives(t, "- 2", 9, 1, 2)
}

func TestNothingMeansAll(t *testing.T) {
	gives(t, "", 3, 1, 2, 3)
	gives(t, " \t ", 2, 1, 2)
}

func TestEmptyParts(t *testing.T) {
	refuses(t, "1,,2", 9, "")
	refuses(t, "1,2,", 9, "")
	refuses(t, ",", 9, "")
	refuses(t, "3, - ", 9, "-")
}

func TestWhatIsNoNumber(t *testing.T) {
	refuses(t, "1, two ,x", 9, "two")
	refuses(t, "+3", 9, "+3")
	refuses(t, "1-2-3", 9, "1-2-3")
	refuses(t, "--3", 9, "--3")
	refuses(t, "3.0", 9, "3.0")
	refuses(t, "1 2", 99, "1 2")
	refuses(t, "٣", 9, "٣")
	gives(t, "007", 9, 7)
}

func TestPagesOutsideTheDocument(t *testing.T) {
	refuses(t, "0", 9, "0")
	refuses(t, "0-3", 9, "0-3")
	refuses(t, "2-10", 9, "2-10")
	refuses(t, "10-", 9, "10-")
	refuses(t, "-0", 9, "-0")
	refuses(t, "1, 123456789012345678901234567890 ", 9, "123456789012345678901234567890")
}

func TestFormat(t *testing.T) {
	for want, pages := range map[string][]int{
		"": nil, "4": {4}, "4,5": {5, 4}, "4-6": {6, 4, 5}, "1,3,5": {1, 3, 5},
		"1-3,7,8,10-12": {12, 11, 10, 8, 7, 1, 2, 3, 3, 1},
		"9-11":          {9, 10, 10, 11},
	} {
		if got := pageranges.Format(pages); got != want {
			t.Errorf("%v: %q, want %q", pages, got, want)
		}
	}
}

func TestFormatLeavesItsSliceAlone(t *testing.T) {
	pages := []int{3, 1, 2, 2}
	pageranges.Format(pages)
	if !slices.Equal(pages, []int{3, 1, 2, 2}) {
		t.Errorf("changed to %v", pages)
	}
}
