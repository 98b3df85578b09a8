"""Versions, their order, and ranges of them. See the description; this is only the interface."""

from collections.abc import Iterable


def parse_version(text: str) -> tuple[int, int, int, tuple[str, ...]]:
    raise NotImplementedError


def compare(first: str, second: str) -> int:
    raise NotImplementedError


def satisfies(version: str, wanted: str) -> bool:
    raise NotImplementedError


def newest(versions: Iterable[str], wanted: str) -> str | None:
    raise NotImplementedError
