package reminders_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/reminders"
)

type post struct {
	sent []string
	fail map[string]error
	ask  func(to string)
}

func (p *post) Send(to, subject, text string) error {
	if p.ask != nil {
		p.ask(to)
	}
	if err := p.fail[to]; err != nil {
		return err
	}
	p.sent = append(p.sent, to+"|"+subject+"|"+text)
	return nil
}

type office struct {
	*reminders.Book
	*post
	t   *testing.T
	day time.Time
}

func open(t *testing.T) *office {
	o := &office{t: t, post: &post{fail: map[string]error{}}}
	o.Book = reminders.NewBook(func() time.Time { return o.day }, o.post)
	o.on("2024-06-01")
	return o
}

func (o *office) on(day string) {
	date, err := time.Parse("2006-01-02", day)
	if err != nil {
		o.t.Fatal(err)
	}
	o.day = date.Add(15 * time.Hour)
}

func (o *office) add(customer string, cents int, due string) {
	o.t.Helper()
	if err := o.AddInvoice(customer, cents, due); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) pay(customer string, cents, left int) {
	o.t.Helper()
	if got, err := o.Pay(customer, cents); err != nil || got != left {
		o.t.Fatalf("%d left, %v; want %d", got, err, left)
	}
}

func (o *office) owes(customer string, want int) {
	o.t.Helper()
	if got := o.Owed(customer); got != want {
		o.t.Fatalf("%s owes %d, want %d", customer, got, want)
	}
}

func (o *office) reminds(want ...string) {
	o.t.Helper()
	n, err := o.Remind()
	if err != nil || n != len(want) || !slices.Equal(o.sent, want) {
		o.t.Fatalf("%d sent, %v: %q; want %q", n, err, o.sent, want)
	}
	o.sent = nil
}

func TestErrors(t *testing.T) {
	o := open(t)
	for want, err := range map[string]error{
		"no customer":            o.AddInvoice("", 0, "x"),
		"bad amount: 0":          o.AddInvoice("a", 0, "x"),
		"bad amount: -5":         o.AddInvoice("a", -5, "2024-01-01"),
		`bad date: "2024-02-30"`: o.AddInvoice("a", 1, "2024-02-30"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := o.Pay("a", 5); err == nil || err.Error() != `unknown customer: "a"` {
		t.Error(err)
	}
	o.add("a", 10, "2024-01-01")
	if _, err := o.Pay("a", 0); err == nil || err.Error() != "bad amount: 0" {
		t.Error(err)
	}
	o.owes("a", 10)
	o.owes("nobody", 0)
}

func TestPaymentsAndCredit(t *testing.T) {
	o := open(t)
	o.add("a", 1000, "2024-07-01")
	o.add("a", 500, "2024-05-01")
	o.pay("a", 600, 0)
	o.owes("a", 900)
	o.reminds()
	o.pay("a", 1000, 100)
	o.owes("a", -100)
	o.add("a", 80, "2024-05-01")
	o.owes("a", -20)
	o.reminds()
}

func TestFirstReminder(t *testing.T) {
	o := open(t)
	o.add("a", 12305, "2024-05-31")
	o.add("a", 100, "2024-06-01")
	o.add("b", 5, "2024-06-01")
	o.reminds("a|Reminder|Overdue for 1 days: 123.05\nFee: 0.00")
	o.owes("a", 12405)
}

func TestLaterReminders(t *testing.T) {
	o := open(t)
	o.add("a", 1000, "2024-05-01")
	o.reminds("a|Reminder|Overdue for 31 days: 10.00\nFee: 0.00")
	o.reminds("a|Second reminder|Overdue for 31 days: 10.00\nFee: 2.50")
	o.owes("a", 1250)
	o.on("2024-06-02")
	o.reminds("a|Last reminder|Overdue for 32 days: 12.50\nFee: 5.00")
	o.owes("a", 1750)
	o.on("2025-01-01")
	o.reminds()
}

func TestDaysBetweenReminders(t *testing.T) {
	o := open(t)
	o.add("a", 100, "2024-05-30")
	o.reminds("a|Reminder|Overdue for 2 days: 1.00\nFee: 0.00")
	o.on("2024-06-12")
	o.reminds()
	o.on("2024-06-13")
	o.reminds("a|Second reminder|Overdue for 14 days: 1.00\nFee: 2.50")
	o.on("2024-06-26")
	o.reminds()
	o.on("2024-06-27")
	o.reminds("a|Last reminder|Overdue for 28 days: 3.50\nFee: 5.00")
}

func TestLevelBeginsAnewWhenAllIsPaid(t *testing.T) {
	o := open(t)
	o.add("a", 100, "2024-05-01")
	o.reminds("a|Reminder|Overdue for 31 days: 1.00\nFee: 0.00")
	o.pay("a", 99, 0)
	o.reminds("a|Second reminder|Overdue for 31 days: 0.01\nFee: 2.50")
	o.pay("a", 251, 0)
	o.add("a", 300, "2024-05-31")
	o.reminds("a|Reminder|Overdue for 1 days: 3.00\nFee: 0.00")
}

func TestAlphabeticalOrder(t *testing.T) {
	o := open(t)
	var want []string
	for i := 99; i >= 10; i-- {
		o.add(fmt.Sprint("customer ", i), 100, "2024-05-31")
	}
	o.add("Zoe", 100, "2024-05-31")
	want = append(want, "Zoe|Reminder|Overdue for 1 days: 1.00\nFee: 0.00")
	for i := 10; i <= 99; i++ {
		want = append(want, fmt.Sprint("customer ", i, "|Reminder|Overdue for 1 days: 1.00\nFee: 0.00"))
	}
	o.reminds(want...)
}

func TestMailsThatFail(t *testing.T) {
	o := open(t)
	for _, name := range []string{"a", "b", "c"} {
		o.add(name, 100, "2024-05-01")
	}
	if n, err := o.Remind(); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	o.sent = nil
	full, gone := errors.New("mailbox full"), errors.New("address unknown")
	o.fail["a"], o.fail["c"] = full, gone
	n, err := o.Remind()
	if n != 1 || !errors.Is(err, full) || !errors.Is(err, gone) {
		t.Fatal(n, err)
	}
	o.owes("a", 100)
	o.owes("b", 350)
	o.fail, o.sent = map[string]error{}, nil
	delete(o.fail, "a")
	o.on("2024-05-20")
	o.reminds(
		"a|Second reminder|Overdue for 19 days: 1.00\nFee: 2.50",
		"c|Second reminder|Overdue for 19 days: 1.00\nFee: 2.50",
	)
}

func TestBooksAreIndependent(t *testing.T) {
	a, b := open(t), open(t)
	a.add("x", 100, "2024-05-01")
	b.on("2024-05-02")
	b.add("x", 200, "2024-05-01")
	a.owes("x", 100)
	a.reminds("x|Reminder|Overdue for 31 days: 1.00\nFee: 0.00")
	b.reminds("x|Reminder|Overdue for 1 days: 2.00\nFee: 0.00")
}

func TestTheDayIsThatOfTheClocksZone(t *testing.T) {
	o := open(t)
	o.add("a", 100, "2024-05-31")
	o.day = time.Date(2024, 5, 31, 23, 30, 0, 0, time.FixedZone("west", -5*3600))
	o.reminds()
	o.day = time.Date(2024, 6, 1, 0, 30, 0, 0, time.FixedZone("east", 5*3600))
	o.reminds("a|Reminder|Overdue for 1 days: 1.00\nFee: 0.00")
}

func TestManyGoroutinesAndAMailerThatAsks(t *testing.T) {
	o := open(t)
	o.add("a", 1, "2024-05-01")
	seen := 0
	o.ask = func(to string) { seen = o.Owed(to) }
	done := make(chan bool)
	go func() {
		o.Remind()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("a mailer that calls Owed hangs")
	}
	if seen != 1 {
		t.Fatalf("the mailer saw %d", seen)
	}
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for j := 0; j < 20; j++ {
				o.AddInvoice("shared", 10, "2024-07-01")
				o.AddInvoice(fmt.Sprint(i), 10, "2024-07-01")
				o.Pay("shared", 4)
				o.Owed("shared")
			}
		}(i)
	}
	all.Wait()
	o.owes("shared", 6000)
}
