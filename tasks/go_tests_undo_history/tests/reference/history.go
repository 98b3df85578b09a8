// Package undohistory lets people take back what they did.
package undohistory

// History holds the states of a document.
type History[S any] struct {
	past    []S
	present S
	future  []S // the next one is last
	limit   int
	depth   int
	start   S
	done    bool
}

// New begins a history in which at most limit steps can be undone.
func New[S any](first S, limit int) *History[S] {
	if limit < 0 {
		panic("undohistory: negative limit")
	}
	return &History[S]{present: first, limit: limit}
}

func (h *History[S]) Present() S { return h.present }

func (h *History[S]) Do(s S) {
	if h.depth > 0 {
		h.present, h.done = s, true
		return
	}
	h.step(h.present)
	h.present = s
}

func (h *History[S]) step(from S) {
	h.past = append(h.past, from)
	if len(h.past) > h.limit {
		h.past = h.past[1:]
	}
	h.future = nil
}

func (h *History[S]) Undo() bool {
	if h.CanUndo() == 0 {
		return false
	}
	last := len(h.past) - 1
	h.future = append(h.future, h.present)
	h.present, h.past = h.past[last], h.past[:last]
	return true
}

func (h *History[S]) Redo() bool {
	if h.CanRedo() == 0 {
		return false
	}
	last := len(h.future) - 1
	h.past = append(h.past, h.present)
	h.present, h.future = h.future[last], h.future[:last]
	return true
}

func (h *History[S]) CanUndo() int {
	if h.depth > 0 {
		return 0
	}
	return len(h.past)
}

func (h *History[S]) CanRedo() int {
	if h.depth > 0 {
		return 0
	}
	return len(h.future)
}

func (h *History[S]) Begin() {
	if h.depth == 0 {
		h.start, h.done = h.present, false
	}
	h.depth++
}

func (h *History[S]) End() {
	if h.depth == 0 {
		panic("undohistory: no group is open")
	}
	h.depth--
	if h.depth == 0 && h.done {
		h.step(h.start)
	}
}

func (h *History[S]) Cancel() {
	if h.depth == 0 {
		panic("undohistory: no group is open")
	}
	h.depth, h.present = 0, h.start
}
