"""A provider's list of models, and a name that is not in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from benchkit.providers.preset import Provider

NAMES_SHOWN = 8


def models_of(document: Any) -> list[dict[str, Any]] | None:
    """The entries of a list of models; None where the document is no such list."""
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return None
    return [one for one in entries if isinstance(one, dict) and isinstance(one.get("id"), str)]


def find_listed(
    name: str, entries: Iterable[Mapping[str, Any]], provider: Provider
) -> Mapping[str, Any] | None:
    """The entry of a model; for a variant that is not listed (`model:nitro`) that of the model itself."""
    by_id = {str(entry["id"]).removeprefix(provider.listed_prefix): entry for entry in entries}
    name = name.removeprefix(provider.listed_prefix)
    variant_of = by_id.get(name.partition(":")[0]) if provider.has_variants else None
    return by_id.get(name) or variant_of


def not_listed(name: str, entries: Iterable[Mapping[str, Any]], provider: Provider) -> str:
    """What is there instead, the nearest names first."""
    ids = sorted(str(entry["id"]).removeprefix(provider.listed_prefix) for entry in entries)
    near = get_close_matches(name, ids, n=NAMES_SHOWN, cutoff=0.3) or ids[:NAMES_SHOWN]
    more = f" and {len(ids) - len(near)} more" if len(ids) > len(near) else ""
    return f"no model {name}: it has {', '.join(near) or 'none'}{more}"
