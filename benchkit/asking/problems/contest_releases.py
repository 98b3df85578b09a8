"""LiveCodeBench's official files, and which of them each release is made of."""

from __future__ import annotations

from collections.abc import Sequence

from benchkit.asking.problems.base import Release

REVISION = "0fe84c3912ea0c4d4a78037083943e8f0c4dd505"
URL = "https://huggingface.co/datasets/livecodebench/code_generation_lite/resolve/{revision}/{file}"

# One file for each version, v1 first; the hashes are those of the repository's large-file pointers.
FILES: tuple[tuple[str, str], ...] = (
    ("test.jsonl", "2bd02b38beb48e8c46b5b9987095d999ff38cd8efc255ea5d58974317c48f63f"),
    ("test2.jsonl", "095df7c5daf15f882c51a9deb84085cff1e073495a5dbcf95015a564d485f3a3"),
    ("test3.jsonl", "28ed26cc83363ce3f1fe2d5fad9f8393077beb1907b167a31bd3b32f80801b79"),
    ("test4.jsonl", "d711138ddaebfcf5f8ec6a4283ee677298c0f5c5d374a235af92aaf0584510da"),
    ("test5.jsonl", "7f77571c2a6df0c2a72a3277650309f67e01e0008e18117e624633df53f81214"),
    ("test6.jsonl", "bb4c364f71921c4495a6ad15abe1a927350b720009f4933e2e71f8af0f6fd1f5"),
)


def _names() -> dict[str, tuple[int, int]]:
    """Each official name and the versions it goes from and to: v5, release_v5 (v1 to v5), v4_v5."""
    last = len(FILES)
    names = {f"v{number}": (number, number) for number in range(1, last + 1)}
    names |= {f"release_v{number}": (1, number) for number in range(1, last + 1)}
    names["release_latest"] = (1, last)
    spans = [(first, end) for first in range(1, last + 1) for end in range(first + 1, last + 1)]
    return names | {f"v{first}_v{end}": (first, end) for first, end in spans}


NAMES = _names()


def releases(name: str) -> tuple[Release, ...]:
    """The files of an official release."""
    first, last = NAMES[name]
    return tuple(_release(number) for number in range(first, last + 1))


def _release(number: int) -> Release:
    file, sha256 = FILES[number - 1]
    return Release(f"v{number}", f"livecodebench/{file}", sha256, URL.format(revision=REVISION, file=file))


def known_name(hashes: Sequence[str]) -> str | None:
    """The release that these files are, whatever they are called."""
    pinned = [sha256 for _, sha256 in FILES]
    for name, (first, last) in NAMES.items():
        if list(hashes) == pinned[first - 1 : last]:
            return name
    return None
