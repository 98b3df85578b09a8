package undohistory_test

import (
	"fmt"
	"math/rand"
	"testing"

	"example.com/undohistory"
)

// model is the slow and simple twin: it copies everything at each Begin.
type model struct {
	past, future []int
	now, limit   int
	saved        []model
	done         bool
}

func (m *model) do(n int) {
	if len(m.saved) > 0 {
		m.now, m.done = n, true
		return
	}
	m.past = append(append([]int{}, m.past...), m.now)
	if len(m.past) > m.limit {
		m.past = m.past[len(m.past)-m.limit:]
	}
	m.now, m.future = n, nil
}

func (m *model) shift(from, to *[]int) bool {
	if len(m.saved) > 0 || len(*from) == 0 {
		return false
	}
	*to = append(append([]int{}, *to...), m.now)
	m.now = (*from)[len(*from)-1]
	*from = (*from)[:len(*from)-1]
	return true
}

func (m *model) end() {
	outer := m.saved[0]
	if m.saved = m.saved[1:]; len(m.saved) > 0 {
		m.saved[0] = outer
		return
	}
	final, done := m.now, m.done
	*m = outer
	m.done = false
	if done {
		m.do(final)
	}
}

func TestAgainstTheModel(t *testing.T) {
	for seed := int64(0); seed < 300; seed++ {
		random := rand.New(rand.NewSource(seed))
		m := &model{limit: random.Intn(4)}
		h := undohistory.New(0, m.limit)
		trace := fmt.Sprint("limit ", m.limit)
		for step := 1; step < 40; step++ {
			switch choice := random.Intn(12); {
			case choice < 4:
				trace += fmt.Sprint(" do ", step)
				h.Do(step)
				m.do(step)
			case choice < 6:
				trace += " undo"
				if h.Undo() != m.shift(&m.past, &m.future) {
					t.Fatal(trace)
				}
			case choice < 8:
				trace += " redo"
				if h.Redo() != m.shift(&m.future, &m.past) {
					t.Fatal(trace)
				}
			case choice < 10:
				trace += " begin"
				h.Begin()
				copied := *m
				copied.saved = nil
				m.saved = append(m.saved, copied)
			case len(m.saved) > 0 && choice == 10:
				trace += " end"
				h.End()
				m.end()
			case len(m.saved) > 0:
				trace += " cancel"
				h.Cancel()
				*m = m.saved[0]
				m.done = false
			}
			undo, redo := len(m.past), len(m.future)
			if len(m.saved) > 0 {
				undo, redo = 0, 0
			}
			if h.Present() != m.now || h.CanUndo() != undo || h.CanRedo() != redo {
				t.Fatalf("%s: %d, %d, %d; want %d, %d, %d", trace, h.Present(), h.CanUndo(), h.CanRedo(), m.now, undo, redo)
			}
		}
	}
}
