"""Keys and tokens never reach a log or a record: they become ***."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchkit.files import atomic_write

MASK = "***"
SHORTEST = 6  # what is shorter is no key, and would be found in the midst of ordinary words
PLACEHOLDERS = frozenset({"not-needed", "no-key-required", "sk-no-key-required", "lm-studio", "ollama"})

_KIND = r"(?:api[_-]?key|access[_-]?key|token|secret|password)"
_VARIABLE = re.compile(rf"(?:^|_){_KIND}$", re.IGNORECASE)
_FLAG = re.compile(rf"--?(?:[\w-]*[_-])?{_KIND}$", re.IGNORECASE)  # --api-key, --hf-token; not --max-tokens
_INSIDE = re.compile(
    rf"(?:(?<![A-Za-z0-9])(?:[\w-]*[_-])?{_KIND}[\"']?\s*[=:]\s*[\"']?|bearer\s+|://[^/@\s:]*:(?=[^/@\s]+@))"
    r"([^\s,;&\"'@]+)",
    re.IGNORECASE,
)


class Mask:
    """Knows the secrets of this machine's environment and of a command's words."""

    def __init__(self, words: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        of_variables = (value for name, value in given.items() if _VARIABLE.search(name))
        long = {value for value in (*of_variables, *_secrets_in(list(words))) if _is_secret(value)}
        forms = {form for secret in long for form in (secret, quote(secret, ""), json.dumps(secret)[1:-1])}
        self.secrets = sorted(forms, key=len, reverse=True)
        any_of_them = b"|".join(re.escape(secret.encode()) for secret in self.secrets)
        self.pattern = re.compile(any_of_them or rb"(?!)")

    def text(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def words(self, words: Sequence[str]) -> list[str]:
        """A command's words; what follows a flag like --api-key is masked however short it is."""
        hidden = set(_places(words))
        return [MASK if place in hidden else self._word(word) for place, word in enumerate(words)]

    def _word(self, word: str) -> str:
        return self.text(_INSIDE.sub(lambda match: match[0][: -len(match[1])] + MASK, word))

    def command(self, text: str) -> str:
        """A command line as it was typed; put together anew only where something is hidden."""
        words = shell_words(text)
        masked = self.words(words)
        return text if masked == words else shlex.join(masked)

    def data(self, value: Any) -> Any:
        """The same for whatever a record holds."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {name: self.data(one) for name, one in value.items()}
            case list() | tuple():
                return [self.data(one) for one in value]
            case _:
                return value

    def file(self, path: Path) -> None:
        """A log that another program wrote and has finished."""
        data = path.read_bytes() if self.secrets and path.is_file() else b""
        masked = self.pattern.sub(MASK.encode(), data)
        if masked != data:
            atomic_write(path, masked)


class Stream:
    """Masks what comes in pieces; an end that may be the beginning of a secret waits for the next piece."""

    def __init__(self, mask: Mask) -> None:
        self._secrets = [secret.encode() for secret in mask.secrets]
        self._pattern = mask.pattern
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        data = self._held + chunk
        whole = len(data) - max((_overlap(data, secret) for secret in self._secrets), default=0)
        for match in self._pattern.finditer(data):
            if match.end() > whole:  # one that may be the beginning of a longer one
                whole = min(whole, match.start())
        self._held = data[whole:]
        return self._masked(data[:whole])

    def rest(self) -> bytes:
        held, self._held = self._held, b""
        return self._masked(held)

    def _masked(self, data: bytes) -> bytes:
        return self._pattern.sub(MASK.encode(), data)


def _overlap(data: bytes, secret: bytes) -> int:
    """How many of the data's last bytes are the beginning of the secret."""
    longest = min(len(data), len(secret) - 1)
    return next((size for size in range(longest, 0, -1) if secret.startswith(data[-size:])), 0)


def _is_secret(value: str) -> bool:
    return len(value) >= SHORTEST and value not in PLACEHOLDERS and value[0] not in "${"


def _secrets_in(words: Sequence[str]) -> Iterator[str]:
    yield from (words[place] for place in _places(words))
    for word in words:
        yield from _INSIDE.findall(word)


def _places(words: Sequence[str]) -> Iterator[int]:
    """Where the values of secret flags stand."""
    for place, word in enumerate(words[1:], 1):
        if _FLAG.fullmatch(words[place - 1]) and not word.startswith(("$", "{", "--")):
            yield place


def shell_words(text: str) -> list[str]:
    """The words of a text for a shell, as far as they can be told apart."""
    try:
        return shlex.split(text)
    except ValueError:  # a text for a shell may follow other rules
        return text.split()
