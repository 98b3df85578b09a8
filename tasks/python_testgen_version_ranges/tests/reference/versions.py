"""Versions, their order, and ranges of them."""

import re
from collections.abc import Iterable

NUMBER = "(0|[1-9][0-9]*)"
IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z][0-9A-Za-z]*)"
VERSION = re.compile(rf"{NUMBER}\.{NUMBER}\.{NUMBER}(?:-({IDENTIFIER}(?:\.{IDENTIFIER})*))?")
CONDITION = re.compile(r"(=|<=|<|>=|>|~|\^)(.*)")


def parse_version(text: str) -> tuple[int, int, int, tuple[str, ...]]:
    match = VERSION.fullmatch(text)
    if not match:
        raise ValueError(f"no version: {text!r}")
    mark = match[4]
    identifiers = tuple(mark.split(".")) if mark else ()
    return int(match[1]), int(match[2]), int(match[3]), identifiers


def identifier_key(identifier: str) -> tuple[int, int, str]:
    if identifier.isdigit():
        return (0, int(identifier), "")
    return (1, 0, identifier)


def sort_key(text: str) -> tuple:
    major, minor, patch, identifiers = parse_version(text)
    released = not identifiers
    keys = tuple(identifier_key(identifier) for identifier in identifiers)
    return (major, minor, patch, released, keys)


def compare(first: str, second: str) -> int:
    left, right = sort_key(first), sort_key(second)
    return (left > right) - (left < right)


def kept_numbers(base: tuple) -> int:
    for place in range(3):
        if base[place] != 0:
            return place + 1
    return 3


def holds(version: str, operator: str, base: str) -> bool:
    order = compare(version, base)
    if operator == "=":
        return order == 0
    if operator == "<":
        return order < 0
    if operator == "<=":
        return order <= 0
    if operator == ">":
        return order > 0
    if operator == ">=":
        return order >= 0
    numbers, wanted = parse_version(version), parse_version(base)
    kept = 2 if operator == "~" else kept_numbers(wanted)
    return order >= 0 and numbers[:kept] == wanted[:kept]


def parse_range(wanted: str) -> list[tuple[str, str]]:
    conditions = []
    for word in wanted.split():
        match = CONDITION.fullmatch(word)
        if not match:
            raise ValueError(f"no condition: {word!r}")
        parse_version(match[2])
        conditions.append((match[1], match[2]))
    if not conditions:
        raise ValueError("an empty range")
    return conditions


def satisfies(version: str, wanted: str) -> bool:
    conditions = parse_range(wanted)
    parsed = parse_version(version)
    if not all(holds(version, operator, base) for operator, base in conditions):
        return False
    if not parsed[3]:
        return True
    named = [parse_version(base) for _, base in conditions]
    return any(base[:3] == parsed[:3] and base[3] for base in named)


def newest(versions: Iterable[str], wanted: str) -> str | None:
    fitting = [version for version in versions if satisfies(version, wanted)]
    return max(fitting, key=sort_key, default=None)
