// Package versionorder puts versions in order.
package versionorder

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var form = regexp.MustCompile(`^v?([0-9]+(?:\.[0-9]+){0,3})(?:-([a-zA-Z0-9.]+))?$`)

type version struct {
	numbers [4]uint64
	label   []string
}

func parse(text string) (version, error) {
	found := form.FindStringSubmatch(text)
	if found == nil {
		return version{}, fmt.Errorf("no version: \"%s\"", text)
	}
	var v version
	for i, digits := range strings.Split(found[1], ".") {
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return version{}, fmt.Errorf("no version: \"%s\"", text)
		}
		v.numbers[i] = n
	}
	if found[2] != "" {
		v.label = strings.Split(strings.ToLower(found[2]), ".")
	}
	return v, nil
}

// Compare returns -1, 0 or 1 as a is older than, equal to or newer than b.
func Compare(a, b string) (int, error) {
	left, err := parse(a)
	if err != nil {
		return 0, err
	}
	right, err := parse(b)
	if err != nil {
		return 0, err
	}
	for i := range left.numbers {
		if order := cmp.Compare(left.numbers[i], right.numbers[i]); order != 0 {
			return order, nil
		}
	}
	return compareLabels(left.label, right.label), nil
}

func compareLabels(a, b []string) int {
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(len(b), len(a))
	}
	for i := 0; i < min(len(a), len(b)); i++ {
		if order := comparePart(a[i], b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

func comparePart(a, b string) int {
	aDigits, bDigits := isNumber(a), isNumber(b)
	switch {
	case aDigits && bDigits:
		x, _ := strconv.ParseUint(a, 10, 64)
		y, _ := strconv.ParseUint(b, 10, 64)
		return cmp.Compare(x, y)
	case aDigits:
		return -1
	case bDigits:
		return 1
	}
	return strings.Compare(a, b)
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// Latest returns the newest of the versions.
func Latest(versions []string) (string, error) {
	if len(versions) == 0 {
		return "", errors.New("no versions")
	}
	best, bestLabelled := "", false
	for i, text := range versions {
		v, err := parse(text)
		if err != nil {
			return "", err
		}
		labelled := len(v.label) > 0
		if i == 0 {
			best, bestLabelled = text, labelled
			continue
		}
		if labelled != bestLabelled {
			if bestLabelled {
				best, bestLabelled = text, false
			}
			continue
		}
		order, _ := Compare(text, best)
		if order > 0 {
			best = text
		}
	}
	return best, nil
}
