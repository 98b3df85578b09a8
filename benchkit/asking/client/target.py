"""Where requests go: the provider, its address, the model's name there and the provider's API key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from benchkit.asking.script.flags import Settings
from benchkit.contract import NO_KEY, Variable
from benchkit.providers.keys import key_for_address, key_of
from benchkit.providers.names import RemoteModel, find_remote_model, provider_of_url
from benchkit.providers.preset import Provider
from benchkit.providers.table import find_provider


@dataclass(frozen=True)
class Target:
    """One model at one address."""

    provider: Provider
    base_url: str
    model: str | None  # None: the only one that it serves
    api_key: str | None = field(repr=False)


def find_target(settings: Settings) -> Target:
    """From the runner's environment variable, else the prefix of the model's name, else the address."""
    provider_name = os.environ.get(Variable.PROVIDER)
    if provider_name:  # then the key in the variable of the contract is this provider's
        key = None if settings.api_key == NO_KEY else settings.api_key
        return Target(find_provider(provider_name), settings.need_base_url(), settings.model, key)
    remote = remote_of(settings)
    if remote is not None:
        return Target(remote.provider, remote.base_url, remote.model, key_of(remote))
    base_url = settings.need_base_url()
    provider = provider_of_url(base_url)
    return Target(provider, base_url, settings.model, key_for_address(provider))


def remote_of(settings: Settings) -> RemoteModel | None:
    """The provider's model that the name's prefix refers to; None where an address was given explicitly."""
    if not settings.model or settings.base_url_typed or os.environ.get(Variable.PROVIDER):
        return None
    return find_remote_model(settings.model)
