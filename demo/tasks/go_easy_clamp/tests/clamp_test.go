package clamp

import "testing"

func TestBelow(t *testing.T) {
	if got, err := Clamp(1, 2, 5); got != 2 || err != nil {
		t.Fatal(got, err)
	}
}

func TestAbove(t *testing.T) {
	if got, err := Clamp(9, 2, 5); got != 5 || err != nil {
		t.Fatal(got, err)
	}
}

func TestWithin(t *testing.T) {
	if got, err := Clamp(3, 2, 5); got != 3 || err != nil {
		t.Fatal(got, err)
	}
}

func TestAtBounds(t *testing.T) {
	if got, err := Clamp(5, 5, 5); got != 5 || err != nil {
		t.Fatal(got, err)
	}
}

func TestNegative(t *testing.T) {
	if got, err := Clamp(-9, -5, -2); got != -5 || err != nil {
		t.Fatal(got, err)
	}
}

func TestWrongWayRound(t *testing.T) {
	if _, err := Clamp(1, 3, 2); err == nil {
		t.Fatal("no error")
	}
}

func TestTotal(t *testing.T) {
	if got := Total([]int{1, 2, 3}); got != 6 {
		t.Fatal(got)
	}
}

func TestTotalOfNothing(t *testing.T) {
	if got := Total(nil); got != 0 {
		t.Fatal(got)
	}
}
