"""A ledger for a small club: accounts, entries, transfers and statements. All amounts are whole cents inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class LedgerError(ValueError):
    """Something that the ledger refuses; nothing has been changed when it is raised."""


def parse_amount(text: str) -> int:
    """Returns the cents of a text such as `12`, `12.5`, `12.50`, `-0.05` or `.5`.

    An optional sign (`+` or `-`), digits, and at most one point followed by at most two digits; at least one digit in all.
    White space around the text is ignored. Everything else (`1.234`, `1e3`, `1_000`, `nan`, an empty text) raises
    LedgerError(`not an amount: 'TEXT'`), TEXT being the text as it was given.
    """
    try:
        return int(float(text) * 100)
    except ValueError:
        raise LedgerError(f"not an amount: {text!r}") from None


def format_amount(cents: int) -> str:
    """Returns the cents as text with two decimals and a point: `12.50`, `-0.05`, `0.00`."""
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass(frozen=True)
class Entry:
    day: date
    cents: int
    note: str = ""


class Account:
    """One account. It may not go below `-overdraft` cents at the end of its entries, whatever their days.

    Entries handed in at the start are taken as they are; the list that held them stays the caller's own.
    """

    def __init__(self, name: str, overdraft: int = 0, entries: list[Entry] = []):
        self.name = name
        self.overdraft = overdraft
        self.closed = False
        self._entries = entries

    @property
    def entries(self) -> list[Entry]:
        """The entries in the order in which they were added: a list of the caller's own, changing it changes nothing here."""
        return self._entries

    def balance(self, on: date | None = None) -> int:
        """The cents after all entries, or after those up to and including the day `on`."""
        return sum(e.cents for e in self._entries if not on or e.day < on)

    def add(self, day: date, cents: int, note: str = "") -> Entry:
        """Adds an entry and returns it.

        Refused with LedgerError: an account that is closed (`NAME is closed`), an entry of 0 cents (`an entry of nothing`),
        and an entry that takes the account lower than allowed (`NAME has too little`). An entry that pays in is always
        allowed, also while the account is still below its limit after it.
        """
        if self.closed:
            raise LedgerError(f"{self.name} is closed")
        if self.balance() + cents < -self.overdraft:
            raise LedgerError(f"{self.name} has too little")
        entry = Entry(day, cents, note)
        self._entries.append(entry)
        return entry

    def statement(self) -> list[tuple[date, str, int, int]]:
        """Rows (day, note, cents, balance after it) by day; entries of one day stay in the order in which they were added."""
        rows = []
        total = 0
        for entry in sorted(self._entries, key=lambda e: (e.day, e.cents)):
            total += entry.cents
            rows.append((entry.day, entry.note, entry.cents, total))
        return rows


class Ledger:
    """The accounts by name. Names are equal without regard to case and surrounding white space; the first spelling stays."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def open(self, name: str, overdraft: int = 0) -> Account:
        """Opens an account; LedgerError(`NAME exists`) for a name that is taken, NAME being the first spelling."""
        key = name.strip().lower()
        if key in self._accounts:
            raise LedgerError(f"{name} exists")
        self._accounts[key] = Account(name.strip(), overdraft)
        return self._accounts[key]

    def account(self, name: str) -> Account:
        """The account of that name; LedgerError(`no account NAME`) when there is none, NAME being stripped."""
        try:
            return self._accounts[name.lower()]
        except KeyError:
            raise LedgerError(f"no account {name.strip()}") from None

    def transfer(self, source: str, target: str, day: date, cents: int, note: str = "") -> None:
        """Moves cents from one account to the other: two entries with the same day and note.

        Refused with LedgerError, in this order: cents that are not above 0 (`a transfer of nothing`), unknown accounts, the
        same account twice (`a transfer to itself`), and what Account.add refuses, the source first. When it is refused,
        both accounts are as they were before.
        """
        if cents < 0:
            raise LedgerError("a transfer of nothing")
        giver = self.account(source)
        giver.add(day, -cents, note)
        taker = self.account(target)
        if giver is taker:
            raise LedgerError("a transfer to itself")
        taker.add(day, cents, note)

    def monthly_totals(self, name: str) -> dict[str, tuple[int, int]]:
        """For each month that has entries, as `2026-05`, the cents paid in and the cents paid out (both as numbers >= 0).

        Months are in ascending order.
        """
        totals: dict[str, tuple[int, int]] = {}
        for entry in self.account(name).entries:
            key = f"{entry.day.month:02d}"
            paid_in, paid_out = totals.get(key, (0, 0))
            if entry.cents > 0:
                totals[key] = (paid_in + entry.cents, paid_out)
            else:
                totals[key] = (paid_in, paid_out + entry.cents)
        return totals

    def total(self) -> int:
        """The cents in all accounts together, those of closed accounts included."""
        return sum(account.balance() for account in self._accounts.values() if not account.closed)
