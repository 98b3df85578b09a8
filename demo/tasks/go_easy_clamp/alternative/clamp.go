package clamp

import "fmt"

func Clamp(value, low, high int) (int, error) {
	switch {
	case low > high:
		return 0, fmt.Errorf("%d > %d", low, high)
	case value < low:
		return low, nil
	case value > high:
		return high, nil
	}
	return value, nil
}

func Total(values []int) int {
	if len(values) == 0 {
		return 0
	}
	return values[0] + Total(values[1:])
}
