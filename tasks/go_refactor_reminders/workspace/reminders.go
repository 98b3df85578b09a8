// Package reminders reminds customers of unpaid invoices.
package reminders

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"time"
)

type invoice struct {
	cents int
	due   time.Time
}

type account struct {
	open   []invoice
	credit int
	level  int
}

var accounts = map[string]*account{}

var reminderFee = 250

// AddInvoice books an invoice that is due on a day such as "2024-05-31".
func AddInvoice(customer string, cents int, due string) error {
	if customer == "" {
		return errors.New("no customer")
	}
	if cents <= 0 {
		return fmt.Errorf("bad amount: %d", cents)
	}
	day, err := time.Parse("2006-01-02", due)
	if err != nil {
		return fmt.Errorf("bad date: %q", due)
	}
	a := accounts[customer]
	if a == nil {
		a = &account{}
		accounts[customer] = a
	}
	a.open = append(a.open, invoice{cents, day})
	sort.SliceStable(a.open, func(i, j int) bool { return a.open[i].due.Before(a.open[j].due) })
	settle(a)
	return nil
}

// settle uses up the credit, the invoice that is due first comes first.
func settle(a *account) {
	for len(a.open) > 0 && a.credit > 0 {
		part := a.open[0].cents
		if part > a.credit {
			part = a.credit
		}
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
func Pay(customer string, cents int) (int, error) {
	a := accounts[customer]
	if a == nil {
		return 0, fmt.Errorf("unknown customer: %q", customer)
	}
	if cents <= 0 {
		return 0, fmt.Errorf("bad amount: %d", cents)
	}
	a.credit += cents
	settle(a)
	return a.credit, nil
}

// Remind sends reminders to all whose invoices are overdue, and says to how many.
func Remind() int {
	sent := 0
	today, _ := time.Parse("2006-01-02", time.Now().Format("2006-01-02"))
	for customer, a := range accounts {
		overdue, days := 0, 0
		for _, inv := range a.open {
			if inv.due.Before(today) {
				overdue += inv.cents
				late := int(today.Sub(inv.due).Hours() / 24)
				if late > days {
					days = late
				}
			}
		}
		if overdue == 0 {
			continue
		}
		// the second reminder needs 14 days, the third 28; there is no fourth
		if a.level >= 3 || days < a.level*14 {
			continue
		}
		a.level++
		fee := 0
		if a.level > 1 {
			fee = reminderFee * (a.level - 1)
			a.open = append(a.open, invoice{fee, today})
		}
		subject := "Reminder"
		if a.level == 2 {
			subject = "Second reminder"
		} else if a.level == 3 {
			subject = "Last reminder"
		}
		fmt.Fprintf(os.Stdout, "To: %s\n", customer)
		fmt.Fprintf(os.Stdout, "Subject: %s\n", subject)
		fmt.Fprintf(os.Stdout, "Overdue for %d days: %d.%02d\nFee: %d.%02d\n",
			days, overdue/100, overdue%100, fee/100, fee%100)
		sent++
	}
	return sent
}
