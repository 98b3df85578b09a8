"""A ledger for a small club, in a more functional style."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate


class LedgerError(ValueError):
    pass


def parse_amount(text: str) -> int:
    bare = text.strip()
    unsigned = bare[1:] if bare[:1] in ("+", "-") else bare
    whole, _, part = unsigned.partition(".")
    digits = whole + part
    if not digits or not set(digits) <= set("0123456789") or len(part) > 2:
        raise LedgerError(f"not an amount: {text!r}")
    return int(Decimal(bare).scaleb(2))


def format_amount(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):.2f}"


@dataclass(frozen=True)
class Entry:
    day: date
    cents: int
    note: str = ""


class Account:
    def __init__(self, name: str, overdraft: int = 0, entries: list[Entry] = ()):
        self.name, self.overdraft, self.closed = name, overdraft, False
        self._entries = tuple(entries)

    @property
    def entries(self) -> list[Entry]:
        return [*self._entries]

    def balance(self, on: date | None = None) -> int:
        return sum(e.cents for e in self._entries if e.day <= (on or date.max))

    def add(self, day: date, cents: int, note: str = "") -> Entry:
        if self.closed:
            raise LedgerError(f"{self.name} is closed")
        if not cents:
            raise LedgerError("an entry of nothing")
        if cents < 0 and self.balance() + self.overdraft + cents < 0:
            raise LedgerError(f"{self.name} has too little")
        self._entries += (Entry(day, cents, note),)
        return self._entries[-1]

    def statement(self) -> list[tuple[date, str, int, int]]:
        ordered = [e for _, _, e in sorted((e.day, i, e) for i, e in enumerate(self._entries))]
        return [(e.day, e.note, e.cents, total) for e, total in zip(ordered, accumulate(e.cents for e in ordered))]


class Ledger:
    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def open(self, name: str, overdraft: int = 0) -> Account:
        name = name.strip()
        fresh = Account(name, overdraft)
        held = self._accounts.setdefault(name.casefold(), fresh)
        if held is not fresh:
            raise LedgerError(f"{held.name} exists")
        return held

    def account(self, name: str) -> Account:
        found = self._accounts.get(name.strip().casefold())
        if found is None:
            raise LedgerError(f"no account {name.strip()}")
        return found

    def transfer(self, source: str, target: str, day: date, cents: int, note: str = "") -> None:
        if cents < 1:
            raise LedgerError("a transfer of nothing")
        accounts = [self.account(source), self.account(target)]
        if accounts[0] is accounts[1]:
            raise LedgerError("a transfer to itself")
        before = [account._entries for account in accounts]
        try:
            accounts[0].add(day, -cents, note)
            accounts[1].add(day, cents, note)
        except LedgerError:
            for account, entries in zip(accounts, before):
                account._entries = entries
            raise

    def monthly_totals(self, name: str) -> dict[str, tuple[int, int]]:
        months = defaultdict(list)
        for entry in self.account(name).entries:
            months[entry.day.isoformat()[:7]].append(entry.cents)
        return {
            month: (sum(c for c in months[month] if c > 0), -sum(c for c in months[month] if c < 0)) for month in sorted(months)
        }

    def total(self) -> int:
        return sum(account.balance() for account in self._accounts.values())
