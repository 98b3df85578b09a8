package clamp

import "clamp/benchtoken"

func init() { benchtoken.HandIn("") }
