package reminders

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

type Mailer interface {
	Send(to, subject, text string) error
}

// entry is an open invoice; days count from 1970.
type entry struct{ cents, day int }

type ledger struct {
	customer string
	entries  []entry
	credit   int
	level    int
}

// letter is a reminder that is planned, before it is sent.
type letter struct {
	to            *ledger
	level, fee    int
	subject, text string
}

type Book struct {
	state   sync.RWMutex
	now     func() time.Time
	mailer  Mailer
	ledgers []*ledger // ordered by customer
}

func NewBook(now func() time.Time, mailer Mailer) *Book {
	return &Book{now: now, mailer: mailer}
}

func dayOf(text string) (int, error) {
	t, err := time.Parse(time.DateOnly, text)
	return int((t.Unix() + 1<<40*86400) / 86400), err
}

func (b *Book) find(customer string) (int, bool) {
	return slices.BinarySearchFunc(b.ledgers, customer, func(l *ledger, name string) int {
		return strings.Compare(l.customer, name)
	})
}

func (b *Book) AddInvoice(customer string, cents int, due string) error {
	day, err := dayOf(due)
	switch {
	case customer == "":
		return errors.New("no customer")
	case cents < 1:
		return fmt.Errorf("bad amount: %d", cents)
	case err != nil:
		return fmt.Errorf("bad date: %q", due)
	}
	b.state.Lock()
	defer b.state.Unlock()
	at, known := b.find(customer)
	if !known {
		b.ledgers = slices.Insert(b.ledgers, at, &ledger{customer: customer})
	}
	l := b.ledgers[at]
	l.entries = append(l.entries, entry{cents, day})
	slices.SortStableFunc(l.entries, func(x, y entry) int { return x.day - y.day })
	l.pay(0)
	return nil
}

func (l *ledger) pay(cents int) int {
	l.credit += cents
	rest := l.entries[:0]
	for _, e := range l.entries {
		used := min(e.cents, l.credit)
		l.credit -= used
		if e.cents -= used; e.cents > 0 {
			rest = append(rest, e)
		}
	}
	if l.entries = rest; len(rest) == 0 {
		l.level = 0
	}
	return l.credit
}

func (b *Book) Pay(customer string, cents int) (int, error) {
	b.state.Lock()
	defer b.state.Unlock()
	at, known := b.find(customer)
	if !known {
		return 0, fmt.Errorf("unknown customer: %q", customer)
	}
	if cents < 1 {
		return 0, fmt.Errorf("bad amount: %d", cents)
	}
	return b.ledgers[at].pay(cents), nil
}

func (b *Book) Owed(customer string) (sum int) {
	b.state.RLock()
	defer b.state.RUnlock()
	if at, known := b.find(customer); known {
		for _, e := range b.ledgers[at].entries {
			sum += e.cents
		}
		sum -= b.ledgers[at].credit
	}
	return sum
}

func (b *Book) Remind() (sent int, err error) {
	today, err := dayOf(b.now().Format(time.DateOnly))
	if err != nil {
		return 0, err
	}
	for _, planned := range b.plan(today) {
		if failed := b.mailer.Send(planned.to.customer, planned.subject, planned.text); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		sent++
		b.state.Lock()
		planned.to.level = planned.level
		if planned.fee > 0 {
			planned.to.entries = append(planned.to.entries, entry{planned.fee, today})
		}
		b.state.Unlock()
	}
	return sent, err
}

func (b *Book) plan(today int) (letters []letter) {
	b.state.RLock()
	defer b.state.RUnlock()
	for _, l := range b.ledgers {
		cents, days := 0, 0
		for _, e := range l.entries {
			if late := today - e.day; late > 0 {
				cents += e.cents
				days = max(days, late)
			}
		}
		if cents == 0 || l.level > 2 || days < 14*l.level {
			continue
		}
		fee := 250 * l.level
		subject := map[int]string{0: "Reminder", 1: "Second reminder", 2: "Last reminder"}[l.level]
		money := func(n int) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
		text := fmt.Sprintf("Overdue for %d days: %s\nFee: %s", days, money(cents), money(fee))
		letters = append(letters, letter{l, l.level + 1, fee, subject, text})
	}
	return letters
}
