"""A model's name with its provider before it: `openrouter/google/gemini-pro`, `vllm/NAME@http://host:8000/v1`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path

from benchkit.addresses import host_of, with_version
from benchkit.errors import UnknownName, UsageError
from benchkit.providers.preset import Provider
from benchkit.providers.table import LOCAL, PROVIDERS, find_provider

_WITH_ADDRESS = re.compile(r"(.*)@([a-z]+(?=:/)|https?):/*(.*)")  # a path loses slashes
SIMILAR = 0.75  # a prefix that is so much like a provider's is a typing error, and no folder


@dataclass(frozen=True)
class RemoteModel:
    """A model at a provider."""

    provider: Provider
    model: str  # as the provider calls it
    base_url: str
    key_variable: str

    @property
    def name(self) -> str:
        """What it is called in the history: of no other provider, and of no file."""
        return f"{self.provider.name}/{self.model}"


def find_remote_model(text: str, environment: Mapping[str, str] = os.environ) -> RemoteModel | None:
    """The provider's model that a text names; None where it is a path or names none of the providers."""
    prefix, slash, rest = text.partition("/")
    if not slash or not prefix or _means_files(text, prefix):
        return None
    if prefix not in PROVIDERS:
        from difflib import get_close_matches  # takes a while to load

        if not text.endswith(".gguf") and get_close_matches(prefix, PROVIDERS, n=1, cutoff=SIMILAR):
            raise UnknownName("provider", prefix, PROVIDERS)
        return None
    match = _WITH_ADDRESS.fullmatch(rest)
    model, url = (match[1], f"{match[2]}://{match[3]}") if match else (rest, None)
    if not model:
        raise UsageError(f"{text} names no model: write {prefix}/NAME, as {PROVIDERS[prefix].title} calls it")
    return remote_model(prefix, model, url, environment=environment)


def _means_files(text: str, prefix: str) -> bool:
    """A path that is there, a pattern, or a file that is missing in a folder that is there."""
    try:
        missing = text.endswith(".gguf") and Path(prefix).is_dir()
        return missing or has_magic(text) or Path(text).exists()
    except (OSError, ValueError):  # no file has such a name
        return False


def remote_model(
    provider: str,
    model: str,
    url: str | None = None,
    key_variable: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> RemoteModel:
    """A model at a provider, at its usual address or at another."""
    row = find_provider(provider)
    source, address = "the address", url
    if address is None:
        source, address = f"${row.url_from}", environment.get(row.url_from) or row.base_url
    if not address:
        raise UsageError(f"provider {provider} has no address of its own: add its endpoint")
    base_url = with_version(address)
    if base_url is None:
        raise UsageError(f"{source} {address!r} is no address: it looks like {row.base_url or _EXAMPLE}")
    return RemoteModel(row, model, base_url, key_variable or row.key_variable)


_EXAMPLE = "http://localhost:8000/v1"


def provider_of_url(base_url: str) -> Provider:
    """The provider at an address, by its host; the row of unknown ones where it is none of the known."""
    host = host_of(base_url)
    known = {host_of(row.base_url): row for row in PROVIDERS.values() if not row.is_local}
    return known.get(host, LOCAL) if host else LOCAL


def provider_at(name: str | None, base_url: str) -> Provider:
    """The provider that is named, else that of the address."""
    return find_provider(name) if name else provider_of_url(base_url)
