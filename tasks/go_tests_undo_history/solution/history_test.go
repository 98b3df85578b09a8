package undohistory_test

import (
	"testing"

	"example.com/undohistory"
)

type doc struct {
	*undohistory.History[string]
	t *testing.T
}

func begin(t *testing.T, limit int) doc { return doc{undohistory.New("0", limit), t} }

func (d doc) do(states ...string) doc {
	for _, s := range states {
		d.Do(s)
	}
	return d
}

func (d doc) is(state string, undo, redo int) {
	d.t.Helper()
	if d.Present() != state || d.CanUndo() != undo || d.CanRedo() != redo {
		d.t.Fatalf("%s, %d, %d; want %s, %d, %d", d.Present(), d.CanUndo(), d.CanRedo(), state, undo, redo)
	}
}

func (d doc) says(got, want bool) {
	d.t.Helper()
	if got != want {
		d.t.Fatalf("%v", got)
	}
}

func panics(t *testing.T, what string, work func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s does not panic", what)
		}
	}()
	work()
}

func TestUndoAndRedo(t *testing.T) {
	d := begin(t, 10)
	d.is("0", 0, 0)
	d.says(d.Undo(), false)
	d.says(d.Redo(), false)
	d.do("1", "2", "2")
	d.is("2", 3, 0)
	d.says(d.Undo(), true)
	d.says(d.Undo(), true)
	d.is("1", 1, 2)
	d.says(d.Redo(), true)
	d.is("2", 2, 1)
	d.do("x")
	d.is("x", 3, 0)
	d.says(d.Redo(), false)
	d.is("x", 3, 0)
}

func TestLimit(t *testing.T) {
	d := begin(t, 2).do("1", "2", "3")
	d.is("3", 2, 0)
	d.Undo()
	d.is("2", 1, 1)
	d.Undo()
	d.is("1", 0, 2)
	d.says(d.Undo(), false)
	d.is("1", 0, 2)
	begin(t, 0).do("1").is("1", 0, 0)
	panics(t, "a negative limit", func() { begin(t, -1) })
}

func TestGroups(t *testing.T) {
	d := begin(t, 2).do("1")
	d.Begin()
	d.do("2")
	d.is("2", 0, 0)
	d.Begin()
	d.do("3", "4")
	d.End()
	d.says(d.Undo(), false)
	d.is("4", 0, 0)
	d.End()
	d.is("4", 2, 0)
	d.says(d.Undo(), true)
	d.is("1", 1, 1)
	d.Begin()
	d.says(d.Redo(), false)
	d.says(d.Undo(), false)
	d.is("1", 0, 0)
	d.End()
	d.is("1", 1, 1)
	d.says(d.Redo(), true)
	d.is("4", 2, 0)
}

func TestCancel(t *testing.T) {
	d := begin(t, 9).do("1", "2")
	d.Undo()
	d.Begin()
	d.do("3")
	d.Begin()
	d.do("4")
	d.Cancel()
	d.is("1", 1, 1)
	d.says(d.Redo(), true)
	d.is("2", 2, 0)
	panics(t, "Cancel without a group", d.Cancel)
	panics(t, "End without a group", d.End)
	d.is("2", 2, 0)
}
