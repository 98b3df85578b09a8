// Package undohistory lets people take back what they did.
package undohistory

// History holds the states of a document.
type History[S any] struct{}

// New begins a history in which at most limit steps can be undone.
func New[S any](first S, limit int) *History[S] { panic("not implemented") }

func (h *History[S]) Present() S { panic("not implemented") }

func (h *History[S]) Do(s S) { panic("not implemented") }

func (h *History[S]) Undo() bool { panic("not implemented") }

func (h *History[S]) Redo() bool { panic("not implemented") }

func (h *History[S]) CanUndo() int { panic("not implemented") }

func (h *History[S]) CanRedo() int { panic("not implemented") }

func (h *History[S]) Begin() { panic("not implemented") }

func (h *History[S]) End() { panic("not implemented") }

func (h *History[S]) Cancel() { panic("not implemented") }
