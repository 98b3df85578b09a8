package versionorder_test

import (
	"testing"

	"example.com/versionorder"
)

// ascending holds groups of equal versions, the oldest first.
var ascending = [][]string{
	{"0", "v0.0"}, {"1-0"}, {"1-2", "1.0-02"}, {"1-11"}, {"1-a"}, {"1-a.1", "v1-A.1"}, {"1-a.b"}, {"1-Z", "1.0.0.0-z"},
	{"1", "1.0", "v1.0.0", "01"}, {"1.0.0.1"}, {"1.0.0.2"}, {"1.9"}, {"1.10"}, {"2-rc"}, {"2"}, {"10"},
}

func TestEachWithEach(t *testing.T) {
	for i, left := range ascending {
		for j, right := range ascending {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			for _, a := range left {
				for _, b := range right {
					if got, err := versionorder.Compare(a, b); err != nil || got != want {
						t.Errorf("%s with %s: %d, %v", a, b, got, err)
					}
				}
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for _, bad := range []string{"", "x", "1.2.3.4.5", "1-", "1 2", "1..0"} {
		if _, err := versionorder.Compare(bad, "1"); err == nil {
			t.Errorf("%q was compared", bad)
		}
	}
}

func latest(t *testing.T, want string, list ...string) {
	t.Helper()
	if got, err := versionorder.Latest(list); err != nil || got != want {
		t.Errorf("%q: %q, %v", list, got, err)
	}
}

func TestLatest(t *testing.T) {
	latest(t, "1.10", "1.9", "1.10")
	latest(t, "1.0", "1.0", "1", "v1")
	latest(t, "1", "2-a", "1", "3-b")
	latest(t, "3-b", "2-a", "3-b", "3-a")
	if _, err := versionorder.Latest(nil); err == nil {
		t.Error("nothing has no latest")
	}
}
