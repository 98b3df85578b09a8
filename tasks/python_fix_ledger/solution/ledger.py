"""A ledger for a small club: accounts, entries, transfers and statements. All amounts are whole cents inside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

AMOUNT = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]{0,2}))?")


class LedgerError(ValueError):
    """Something that the ledger refuses; nothing has been changed when it is raised."""


def parse_amount(text: str) -> int:
    """Returns the cents of a text such as `12`, `12.5`, `12.50`, `-0.05` or `.5`."""
    match = AMOUNT.fullmatch(text.strip())
    if not match or not (match[2] or match[3]):
        raise LedgerError(f"not an amount: {text!r}")
    cents = int(match[2] or 0) * 100 + int((match[3] or "").ljust(2, "0"))
    return -cents if match[1] == "-" else cents


def format_amount(cents: int) -> str:
    """Returns the cents as text with two decimals and a point: `12.50`, `-0.05`, `0.00`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


@dataclass(frozen=True)
class Entry:
    day: date
    cents: int
    note: str = ""


class Account:
    """One account. It may not go below `-overdraft` cents at the end of its entries, whatever their days."""

    def __init__(self, name: str, overdraft: int = 0, entries: list[Entry] | None = None):
        self.name = name
        self.overdraft = overdraft
        self.closed = False
        self._entries = list(entries or [])

    @property
    def entries(self) -> list[Entry]:
        """The entries in the order in which they were added."""
        return list(self._entries)

    def balance(self, on: date | None = None) -> int:
        """The cents after all entries, or after those up to and including the day `on`."""
        return sum(e.cents for e in self._entries if on is None or e.day <= on)

    def check(self, cents: int) -> None:
        """Raises LedgerError for an entry that is not allowed."""
        if self.closed:
            raise LedgerError(f"{self.name} is closed")
        if cents == 0:
            raise LedgerError("an entry of nothing")
        if cents < 0 and self.balance() + cents < -self.overdraft:
            raise LedgerError(f"{self.name} has too little")

    def add(self, day: date, cents: int, note: str = "") -> Entry:
        """Adds an entry and returns it, or raises LedgerError."""
        self.check(cents)
        entry = Entry(day, cents, note)
        self._entries.append(entry)
        return entry

    def statement(self) -> list[tuple[date, str, int, int]]:
        """Rows (day, note, cents, balance after it) by day; entries of one day stay in the order in which they were added."""
        rows = []
        total = 0
        for entry in sorted(self._entries, key=lambda e: e.day):
            total += entry.cents
            rows.append((entry.day, entry.note, entry.cents, total))
        return rows


class Ledger:
    """The accounts by name. Names are equal without regard to case and surrounding white space; the first spelling stays."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def open(self, name: str, overdraft: int = 0) -> Account:
        """Opens an account; LedgerError(`NAME exists`) for a name that is taken."""
        key = name.strip().casefold()
        if key in self._accounts:
            raise LedgerError(f"{self._accounts[key].name} exists")
        self._accounts[key] = Account(name.strip(), overdraft)
        return self._accounts[key]

    def account(self, name: str) -> Account:
        """The account of that name; LedgerError(`no account NAME`) when there is none."""
        try:
            return self._accounts[name.strip().casefold()]
        except KeyError:
            raise LedgerError(f"no account {name.strip()}") from None

    def transfer(self, source: str, target: str, day: date, cents: int, note: str = "") -> None:
        """Moves cents from one account to the other: two entries with the same day and note."""
        if cents <= 0:
            raise LedgerError("a transfer of nothing")
        giver, taker = self.account(source), self.account(target)
        if giver is taker:
            raise LedgerError("a transfer to itself")
        giver.check(-cents)
        taker.check(cents)
        giver.add(day, -cents, note)
        taker.add(day, cents, note)

    def monthly_totals(self, name: str) -> dict[str, tuple[int, int]]:
        """For each month that has entries, as `2026-05`, the cents paid in and the cents paid out."""
        totals: dict[str, tuple[int, int]] = {}
        for entry in self.account(name).entries:
            key = f"{entry.day:%Y-%m}"
            paid_in, paid_out = totals.get(key, (0, 0))
            if entry.cents > 0:
                totals[key] = (paid_in + entry.cents, paid_out)
            else:
                totals[key] = (paid_in, paid_out - entry.cents)
        return dict(sorted(totals.items()))

    def total(self) -> int:
        """The cents in all accounts together, those of closed accounts included."""
        return sum(account.balance() for account in self._accounts.values())
