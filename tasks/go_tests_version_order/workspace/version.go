// Package versionorder puts versions in order.
package versionorder

// Compare returns -1, 0 or 1 as a is older than, equal to or newer than b.
func Compare(a, b string) (int, error) {
	panic("not implemented")
}

// Latest returns the newest of the versions.
func Latest(versions []string) (string, error) {
	panic("not implemented")
}
