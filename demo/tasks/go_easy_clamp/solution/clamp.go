package clamp

import "errors"

func Clamp(value, low, high int) (int, error) {
	if low > high {
		return 0, errors.New("low is above high")
	}
	return max(low, min(value, high)), nil
}

func Total(values []int) int {
	sum := 0
	for _, each := range values {
		sum += each
	}
	return sum
}
