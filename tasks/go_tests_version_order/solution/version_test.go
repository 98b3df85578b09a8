package versionorder_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/versionorder"
)

func TestOrder(t *testing.T) {
	sign := map[string]int{"<": -1, "=": 0, ">": 1}
	for _, line := range []string{
		"1 < 2", "1.9 < 1.10", "2 > 1.99.99", "1.2 = 1.2.0.0", "v1.2 = 1.2", "01.002 = 1.2", "1.2.3.4 < 1.2.3.5",
		"1-a < 1", "1-a > 0.9", "1-Alpha = 1-aLPHA", "1-ALPHA < 1-beta", "1-rc.2 < 1-rc.10", "1-rc < 1-rc.1",
		"1-1 < 1-a", "1-9 < 1-10", "1-rc.1 < 1-rc.a", "1.0.0-x = v1-x", "1-a < 1-B", "4294967295 > 4294967294",
	} {
		f := strings.Fields(line)
		if got, err := versionorder.Compare(f[0], f[2]); got != sign[f[1]] || err != nil {
			t.Errorf("%s: %d, %v", line, got, err)
		}
		if got, err := versionorder.Compare(f[2], f[0]); got != -sign[f[1]] || err != nil {
			t.Errorf("%s the other way round: %d, %v", line, got, err)
		}
	}
}

func TestNoVersions(t *testing.T) {
	for _, text := range []string{"", " 1", "1 ", "a", "V1", "1.", ".1", "1..2", "1.2.3.4.5", "1-", "1-a_b", "-a", "1.x", "4294967296", "+1"} {
		for _, pair := range [][2]string{{text, "1"}, {"1", text}, {text, "also none"}} {
			got, err := versionorder.Compare(pair[0], pair[1])
			if got != 0 || err == nil {
				t.Fatalf("%q: %d, %v", pair, got, err)
			}
			if !strings.Contains(err.Error(), `"`+text+`"`) {
				t.Errorf("%q: %v", pair, err)
			}
		}
	}
}

func TestLatest(t *testing.T) {
	for want, list := range map[string][]string{
		"1.10":   {"1.9", "1.10", "1.2"},
		"v2":     {"1", "v2", "2.0", "2.0.0"},
		"1.0":    {"3-rc", "1.0", "2-rc", "0.9"},
		"2-rc.2": {"1-x", "2-rc.2", "2-rc.1"},
		"5":      {"5"},
	} {
		before := slices.Clone(list)
		if got, err := versionorder.Latest(list); got != want || err != nil {
			t.Errorf("%q: %q, %v", list, got, err)
		}
		if !slices.Equal(list, before) {
			t.Errorf("changed to %q", list)
		}
	}
	for _, list := range [][]string{nil, {}, {"1", "x"}, {"x"}, {"2", "", "1"}} {
		if got, err := versionorder.Latest(list); got != "" || err == nil {
			t.Errorf("%q: %q, %v", list, got, err)
		}
	}
}
