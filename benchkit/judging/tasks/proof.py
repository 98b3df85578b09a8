"""Parses a test program's report, which begins with the token and lists every test to the end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

LONGEST = 1 << 20
COVERAGE = "coverage\t"


@dataclass(frozen=True)
class ProofToken:
    """One test program's secret, and the name of the file that it reports in."""

    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    report: str = field(default_factory=lambda: f"report-{secrets.token_hex(8)}")

    @property
    def stdin(self) -> bytes:
        return f"{self.secret} {self.report}\n".encode()


@dataclass(frozen=True)
class Check:
    """One test, as the program reported it."""

    status: str  # ok, failed, skipped
    name: str
    message: str = ""


@dataclass(frozen=True)
class Proof:
    """All tests of a program, which ran to its end."""

    checks: tuple[Check, ...] = ()
    coverage: float | None = None  # as the program reported it: for people, never for a verdict

    def __add__(self, other: Proof) -> Proof:
        coverage = self.coverage if other.coverage is None else other.coverage
        return Proof((*self.checks, *other.checks), coverage)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.status == "failed")

    @property
    def skipped(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.status == "skipped")

    @property
    def passed(self) -> int:
        return sum(check.status == "ok" for check in self.checks)


def read_proof(report: bytes | None, token: ProofToken) -> Proof | None:
    """The report's tests; None where it is missing, has a wrong token or is incomplete."""
    if report is None or len(report) > LONGEST:
        return None
    head, *lines = report.decode("utf-8", "replace").split("\n")
    if not secrets.compare_digest(head.encode(), token.secret.encode()):
        return None
    if len(lines) < 2 or lines[0] != "started" or not lines[-1].startswith("ended\t"):
        return None
    body = lines[1:-1]
    checks = tuple(_check(line) for line in body if not line.startswith(COVERAGE))
    shares = (share for line in body if (share := _coverage(line)) is not None)
    return Proof(checks, next(shares, None))


def _coverage(line: str) -> float | None:
    """The share in a line such as `coverage\t12\t15`; None in any other."""
    counts = line.removeprefix(COVERAGE).split("\t")
    if not line.startswith(COVERAGE) or len(counts) != 2 or not all(each.isdecimal() for each in counts):
        return None
    covered, total = (int(each[:12]) for each in counts)
    return min(1.0, covered / total) if total else None


def _check(line: str) -> Check:
    status, _, rest = line.partition("\t")
    name, _, message = rest.partition("\t")
    return Check(status if status in ("ok", "skipped") else "failed", name, message)
