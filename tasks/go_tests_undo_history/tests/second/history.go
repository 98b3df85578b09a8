package undohistory

import "slices"

// History is one list of states with a mark at the present one; a group works on a draft.
type History[S any] struct {
	states []S
	at     int
	limit  int
	draft  []S
	groups int
}

func New[S any](first S, limit int) *History[S] {
	_ = make([]struct{}, limit)
	return &History[S]{states: []S{first}, limit: limit}
}

func (h *History[S]) Present() S {
	if len(h.draft) > 0 {
		return h.draft[len(h.draft)-1]
	}
	return h.states[h.at]
}

func (h *History[S]) Do(s S) {
	if h.groups > 0 {
		h.draft = append(h.draft, s)
		return
	}
	h.states = append(slices.Clone(h.states[:h.at+1]), s)
	h.states = h.states[max(0, len(h.states)-h.limit-1):]
	h.at = len(h.states) - 1
}

func (h *History[S]) move(by int) bool {
	if to := h.at + by; h.groups == 0 && to >= 0 && to < len(h.states) {
		h.at = to
		return true
	}
	return false
}

func (h *History[S]) Undo() bool { return h.move(-1) }

func (h *History[S]) Redo() bool { return h.move(1) }

func (h *History[S]) CanUndo() int {
	if h.groups > 0 {
		return 0
	}
	return h.at
}

func (h *History[S]) CanRedo() int {
	if h.groups > 0 {
		return 0
	}
	return len(h.states) - 1 - h.at
}

func (h *History[S]) Begin() { h.groups++ }

func (h *History[S]) End() {
	if h.groups--; h.groups < 0 {
		h.groups = 0
		panic("End without Begin")
	}
	if h.groups == 0 && len(h.draft) > 0 {
		final := h.Present()
		h.draft = nil
		h.Do(final)
	}
}

func (h *History[S]) Cancel() {
	if h.groups == 0 {
		panic("Cancel without Begin")
	}
	h.groups, h.draft = 0, nil
}
