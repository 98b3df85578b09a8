import datetime
import unittest

import ledger
from ledger import Account, Ledger, LedgerError

date = datetime.date
MAY_30, MAY_31, JUNE_1 = date(2026, 5, 30), date(2026, 5, 31), date(2026, 6, 1)


class AmountTest(unittest.TestCase):
    def test_cents_are_exact(self):
        cases = {"19.99": 1999, "0.29": 29, "1.1": 110, "12": 1200, ".5": 50, "-0.05": -5, "+3.": 300, " 8.20 ": 820,
                 "90071992547409.93": 9007199254740993}
        for text, cents in cases.items():
            with self.subTest(text=text):
                self.assertEqual(ledger.parse_amount(text), cents)

    def test_malformed_amounts(self):
        for text in ("", " ", ".", "-", "1.234", "1e3", "1_000", "nan", "inf", "1,50", "--1", "1.2.3", "1 2", "- 1"):
            with self.subTest(text=text), self.assertRaises(LedgerError) as caught:
                ledger.parse_amount(text)
            self.assertEqual(str(caught.exception), f"not an amount: {text!r}")

    def test_format(self):
        for cents, text in {0: "0.00", 5: "0.05", -5: "-0.05", 1250: "12.50", -1250: "-12.50", -100: "-1.00"}.items():
            self.assertEqual(ledger.format_amount(cents), text)


class AccountTest(unittest.TestCase):
    def test_accounts_share_nothing(self):
        first, second = Account("a"), Account("b")
        first.add(MAY_30, 100)
        self.assertEqual(second.balance(), 0)
        given = [ledger.Entry(MAY_30, 5)]
        third = Account("c", 0, given)
        third.add(MAY_31, 7)
        self.assertEqual(len(given), 1)
        self.assertEqual(third.balance(), 12)

    def test_entries_are_the_callers_own(self):
        account = Account("a")
        account.add(MAY_30, 100)
        account.entries.clear()
        self.assertEqual(account.balance(), 100)

    def test_balance_of_a_day_includes_it(self):
        account = Account("a")
        account.add(MAY_31, 100)
        account.add(JUNE_1, 10)
        account.add(MAY_30, 1)
        self.assertEqual([account.balance(day) for day in (MAY_30, MAY_31, JUNE_1)], [1, 101, 111])
        self.assertEqual(account.balance(), 111)

    def test_refused_entries(self):
        account = Account("till", overdraft=50)
        account.add(MAY_30, -50)
        with self.assertRaisesRegex(LedgerError, "^till has too little$"):
            account.add(MAY_30, -1)
        with self.assertRaisesRegex(LedgerError, "^an entry of nothing$"):
            account.add(MAY_30, 0)
        account.closed = True
        with self.assertRaisesRegex(LedgerError, "^till is closed$"):
            account.add(MAY_30, 10)
        self.assertEqual(len(account.entries), 1)

    def test_paying_in_below_the_limit_is_allowed(self):
        account = Account("till", entries=[ledger.Entry(MAY_30, -300)])
        account.add(MAY_31, 100)
        self.assertEqual(account.balance(), -200)

    def test_statement_keeps_the_order_of_a_day(self):
        account = Account("a")
        account.add(JUNE_1, 30, "late")
        account.add(MAY_31, 50, "first")
        account.add(MAY_31, -20, "second")
        self.assertEqual(account.statement(), [(MAY_31, "first", 50, 50), (MAY_31, "second", -20, 30), (JUNE_1, "late", 30, 60)])


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.anna, self.ben = self.ledger.open("Anna"), self.ledger.open(" Ben ")
        self.anna.add(MAY_30, 1000, "start")

    def test_names(self):
        self.assertIs(self.ledger.account("  bEN "), self.ben)
        self.assertEqual(self.ben.name, "Ben")
        with self.assertRaisesRegex(LedgerError, "^Anna exists$"):
            self.ledger.open(" ANNA")
        with self.assertRaisesRegex(LedgerError, "^no account Eve$"):
            self.ledger.account(" Eve ")

    def test_transfer(self):
        self.ledger.transfer("anna", "ben", MAY_31, 400, "cake")
        self.assertEqual((self.anna.balance(), self.ben.balance()), (600, 400))
        self.assertEqual(self.ben.entries, [ledger.Entry(MAY_31, 400, "cake")])
        self.assertEqual(self.anna.entries[-1], ledger.Entry(MAY_31, -400, "cake"))

    def test_refused_transfers_change_nothing(self):
        def refused(message, *arguments):
            with self.subTest(message=message), self.assertRaisesRegex(LedgerError, f"^{message}$"):
                self.ledger.transfer(*arguments)
            self.assertEqual((len(self.anna.entries), len(self.ben.entries)), (1, 0))

        refused("a transfer of nothing", "anna", "ben", MAY_31, 0)
        refused("a transfer of nothing", "anna", "nobody", MAY_31, -5)
        refused("no account nobody", "anna", "nobody", MAY_31, 5)
        refused("a transfer to itself", "anna", "ANNA", MAY_31, 5)
        refused("Anna has too little", "anna", "ben", MAY_31, 1001)
        self.ben.closed = True
        refused("Anna has too little", "anna", "ben", MAY_31, 1001)
        refused("Ben is closed", "anna", "ben", MAY_31, 5)

    def test_monthly_totals(self):
        self.anna.add(date(2026, 5, 2), -300)
        self.anna.add(date(2025, 5, 2), 50)
        self.anna.add(date(2025, 12, 2), -20)
        self.anna.add(date(2026, 5, 3), 7)
        totals = self.ledger.monthly_totals("anna")
        self.assertEqual(list(totals.items()), [("2025-05", (50, 0)), ("2025-12", (0, 20)), ("2026-05", (1007, 300))])

    def test_total_includes_closed_accounts(self):
        self.ben.add(MAY_31, 5)
        self.anna.closed = True
        self.assertEqual(self.ledger.total(), 1005)
