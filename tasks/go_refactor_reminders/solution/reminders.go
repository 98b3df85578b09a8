// Package reminders reminds customers of unpaid invoices.
package reminders

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"
)

const (
	reminderFee = 250
	dayForm     = "2006-01-02"
)

// Mailer sends a mail.
type Mailer interface {
	Send(to, subject, text string) error
}

type invoice struct {
	cents int
	due   time.Time
}

type account struct {
	open   []invoice
	credit int
	level  int
}

// Book holds the invoices of one company.
type Book struct {
	remind   sync.Mutex // one round of reminders at a time
	mu       sync.Mutex
	now      func() time.Time
	mailer   Mailer
	accounts map[string]*account
}

// NewBook gives an empty book.
func NewBook(now func() time.Time, mailer Mailer) *Book {
	return &Book{now: now, mailer: mailer, accounts: map[string]*account{}}
}

// AddInvoice books an invoice that is due on a day such as "2024-05-31".
func (b *Book) AddInvoice(customer string, cents int, due string) error {
	if customer == "" {
		return errors.New("no customer")
	}
	if cents <= 0 {
		return fmt.Errorf("bad amount: %d", cents)
	}
	day, err := time.Parse(dayForm, due)
	if err != nil {
		return fmt.Errorf("bad date: %q", due)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[customer]
	if a == nil {
		a = &account{}
		b.accounts[customer] = a
	}
	a.open = append(a.open, invoice{cents, day})
	sort.SliceStable(a.open, func(i, j int) bool { return a.open[i].due.Before(a.open[j].due) })
	a.settle()
	return nil
}

// settle uses up the credit, the invoice that is due first comes first.
func (a *account) settle() {
	for len(a.open) > 0 && a.credit > 0 {
		part := min(a.open[0].cents, a.credit)
		a.open[0].cents -= part
		a.credit -= part
		if a.open[0].cents == 0 {
			a.open = a.open[1:]
		}
	}
	if len(a.open) == 0 {
		a.level = 0
	}
}

// Pay books a payment and tells how much of it is left over as credit.
func (b *Book) Pay(customer string, cents int) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[customer]
	if a == nil {
		return 0, fmt.Errorf("unknown customer: %q", customer)
	}
	if cents <= 0 {
		return 0, fmt.Errorf("bad amount: %d", cents)
	}
	a.credit += cents
	a.settle()
	return a.credit, nil
}

// Owed is what a customer owes now.
func (b *Book) Owed(customer string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[customer]
	if a == nil {
		return 0
	}
	owed := -a.credit
	for _, inv := range a.open {
		owed += inv.cents
	}
	return owed
}

// Remind sends reminders to all whose invoices are overdue, and says to how many.
func (b *Book) Remind() (int, error) {
	b.remind.Lock()
	defer b.remind.Unlock()
	today, err := time.Parse(dayForm, b.now().Format(dayForm))
	if err != nil {
		return 0, err
	}
	sent := 0
	var failures []error
	for _, customer := range b.customers() {
		done, err := b.remindOne(customer, today)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", customer, err))
		} else if done {
			sent++
		}
	}
	return sent, errors.Join(failures...)
}

func (b *Book) customers() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := make([]string, 0, len(b.accounts))
	for name := range b.accounts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (b *Book) remindOne(customer string, today time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[customer]
	overdue, days := a.overdue(today)
	if overdue == 0 || a.level >= 3 || days < a.level*14 {
		return false, nil
	}
	fee := reminderFee * a.level
	subject := []string{"Reminder", "Second reminder", "Last reminder"}[a.level]
	text := fmt.Sprintf("Overdue for %d days: %d.%02d\nFee: %d.%02d", days, overdue/100, overdue%100, fee/100, fee%100)
	b.mu.Unlock()
	err := b.mailer.Send(customer, subject, text)
	b.mu.Lock()
	if err != nil {
		return false, err
	}
	a.level++
	if fee > 0 {
		a.open = append(a.open, invoice{fee, today})
		a.settle()
	}
	return true, nil
}

func (a *account) overdue(today time.Time) (cents, days int) {
	for _, inv := range a.open {
		if inv.due.Before(today) {
			cents += inv.cents
			days = max(days, int(today.Sub(inv.due).Hours()/24))
		}
	}
	return cents, days
}
