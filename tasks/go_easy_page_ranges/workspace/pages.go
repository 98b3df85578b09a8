// Package pageranges reads and writes choices of pages.
package pageranges

// Parse gives the pages that text chooses in a document of pages 1 to last.
func Parse(text string, last int) ([]int, error) {
	panic("not implemented")
}

// Format writes pages as short text that Parse reads.
func Format(pages []int) string {
	panic("not implemented")
}
