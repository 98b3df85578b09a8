package versionorder

import (
	"fmt"
	"strconv"
	"strings"
)

// key turns a version into parts that compare by bytes.
func key(text string) (numbers, label string, ok bool) {
	body, tail, labelled := strings.Cut(strings.TrimPrefix(text, "v"), "-")
	parts := strings.Split(body, ".")
	if len(parts) > 4 || labelled && tail == "" {
		return "", "", false
	}
	for _, part := range parts {
		for _, c := range []byte(part) {
			if c < '0' || c > '9' {
				return "", "", false
			}
		}
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return "", "", false
		}
		numbers += fmt.Sprintf("%010d", n)
	}
	numbers += strings.Repeat("0000000000", 4-len(parts))
	if !labelled {
		return numbers, "~", true
	}
	for _, part := range strings.Split(tail, ".") {
		letters := false
		for _, c := range []byte(part) {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
				letters = true
			case c < '0' || c > '9':
				return "", "", false
			}
		}
		if letters {
			label += " z" + strings.ToLower(part)
		} else {
			label += " n" + fmt.Sprintf("%020s", strings.TrimLeft(part, "0"))
		}
	}
	return numbers, label, true
}

func Compare(a, b string) (int, error) {
	var keys [2]string
	for i, text := range []string{a, b} {
		numbers, label, ok := key(text)
		if !ok {
			return 0, fmt.Errorf(`"%s" cannot be compared`, text)
		}
		keys[i] = numbers + label
	}
	return strings.Compare(keys[0], keys[1]), nil
}

func Latest(versions []string) (string, error) {
	var final, labelled []string
	for _, text := range versions {
		_, label, ok := key(text)
		if !ok {
			return "", fmt.Errorf(`"%s" is no version`, text)
		}
		if label == "~" {
			final = append(final, text)
		} else {
			labelled = append(labelled, text)
		}
	}
	if final == nil {
		final = labelled
	}
	if final == nil {
		return "", fmt.Errorf("nothing to choose from")
	}
	best := final[0]
	for _, text := range final[1:] {
		if order, _ := Compare(best, text); order < 0 {
			best = text
		}
	}
	return best, nil
}
