"""Versions by hand: no regular expressions, a class with an order, and ranges as intervals."""

from dataclasses import dataclass
from functools import total_ordering

LETTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
DIGITS = set("0123456789")


def _is_number(text):
    return bool(text) and set(text) <= DIGITS and (text == "0" or text[0] != "0")


def _is_identifier(text):
    if text and set(text) <= DIGITS:
        return _is_number(text)
    return bool(text) and set(text) <= DIGITS | LETTERS


@total_ordering
@dataclass(frozen=True)
class Version:
    numbers: tuple
    mark: tuple

    @classmethod
    def read(cls, text):
        front, hyphen, back = text.partition("-")
        numbers, mark = front.split("."), back.split(".") if hyphen else []
        if len(numbers) != 3 or not all(map(_is_number, numbers)) or not all(map(_is_identifier, mark)):
            raise ValueError("not a version")
        return cls(tuple(map(int, numbers)), tuple(mark))

    def __lt__(self, other):
        if self.numbers != other.numbers:
            return self.numbers < other.numbers
        if not self.mark or not other.mark:
            return bool(self.mark) and not other.mark
        for mine, theirs in zip(self.mark, other.mark):
            if mine != theirs:
                digits = set(mine) <= DIGITS, set(theirs) <= DIGITS
                if digits == (True, True):
                    return int(mine) < int(theirs)
                return mine < theirs if digits == (False, False) else digits[0]
        return len(self.mark) < len(other.mark)


def parse_version(text):
    version = Version.read(text)
    return (*version.numbers, version.mark)


def compare(first, second):
    a, b = Version.read(first), Version.read(second)
    return 0 if a == b else -1 if a < b else 1


def _same_until(base, count):
    return lambda v: not v < base and v.numbers[:count] == base.numbers[:count]


def _condition(word):
    for operator in (">=", "<=", "=", "<", ">", "~", "^"):
        if word.startswith(operator):
            base = Version.read(word[len(operator):])
            break
    else:
        raise ValueError("not a condition")
    leading_zeros = next((i for i, n in enumerate(base.numbers) if n), 2)
    tests = {
        ">=": lambda v: v >= base, "<=": lambda v: v <= base, "=": lambda v: v == base, "<": lambda v: v < base,
        ">": lambda v: v > base, "~": _same_until(base, 2), "^": _same_until(base, leading_zeros + 1),
    }
    return base, tests[operator]


def satisfies(version, wanted):
    conditions = [_condition(word) for word in wanted.split()]
    if not conditions:
        raise ValueError("nothing wanted")
    candidate = Version.read(version)
    if candidate.mark and not any(base.mark and base.numbers == candidate.numbers for base, _ in conditions):
        return False
    return all(test(candidate) for _, test in conditions)


def newest(versions, wanted):
    best = None
    for text in versions:
        if satisfies(text, wanted) and (best is None or compare(text, best) > 0):
            best = text
    return best
