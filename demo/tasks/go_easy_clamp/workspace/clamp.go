package clamp

func Clamp(value, low, high int) (int, error) { panic("not implemented") }

func Total(values []int) int { panic("not implemented") }
