"""The key of a provider: from its own variable, and never one of another provider."""

from __future__ import annotations

import os
from collections.abc import Mapping

from benchkit.contract import Variable
from benchkit.errors import UsageError
from benchkit.providers.names import RemoteModel
from benchkit.providers.preset import Provider
from benchkit.providers.table import PROVIDERS

WHERE = "in the shell, or in the file .env"


def key_of(remote: RemoteModel, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key for this model's provider; None where it needs none and there is none."""
    row, variable = remote.provider, remote.key_variable
    key = environment.get(variable, "").strip()
    if not key:
        if row.needs_key:
            raise UsageError(f"{row.title} needs a key: set {variable}, {WHERE}")
        return None
    refuse_key_of_another(key, variable, row)
    return key


def key_for_address(row: Provider, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key for an address that was typed: the provider's own, or else the one that the contract names.

    That one may be OpenAI's: another known provider gets it only where it is certainly that provider's.
    """
    own, general = (environment.get(name, "").strip() for name in (row.key_variable, Variable.API_KEY))
    if own:
        refuse_key_of_another(own, row.key_variable, row)
        return own
    if general and row.name in PROVIDERS and owner_of(general) is not row:
        raise UsageError(
            f"{row.title} needs a key of its own: set {row.key_variable}, {WHERE}; "
            f"that of {Variable.API_KEY} is not sent there"
        )
    return general or None


def refuse_key_of_another(key: str, variable: str, row: Provider) -> None:
    """Keys of many providers tell whose they are."""
    if not key.isascii() or not key.isprintable():
        raise UsageError(f"{variable} holds characters that no key has: is it the right one?")
    owner = owner_of(key)
    if owner is not None and row.name in PROVIDERS and owner is not row:
        raise UsageError(
            f"{variable} holds a key of {owner.title}, and {row.title} is asked: it is not sent there; "
            f"set {row.key_variable}, {WHERE}"
        )


def owner_of(key: str) -> Provider | None:
    """The provider whose keys begin like this one; None where it does not tell."""
    return next((row for row in PROVIDERS.values() if key.startswith(row.key_prefixes)), None)
