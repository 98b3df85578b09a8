"""One run by what a person typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchkit.errors import UsageError
from benchkit.records import Run

if TYPE_CHECKING:
    from benchkit.telling.history.base import Store


def find_run(store: Store, wanted: str) -> Run:
    """The run of that id, or whose id begins so."""
    ids = dict.fromkeys(head.id for head in store.heads())
    if wanted in ids:
        return store.get(wanted)
    fitting = [name for name in ids if wanted and name.startswith(wanted)]
    if len(fitting) == 1:
        return store.get(fitting[0])
    if fitting:
        raise UsageError(f"{wanted!r} begins {len(fitting)} runs: {_some(fitting)}; give more of the id")
    from difflib import get_close_matches  # takes a while to load

    near = get_close_matches(wanted, ids, n=3, cutoff=0.5)
    hint = f"the nearest are {_some(near)}" if near else f"the last are {_some(list(ids)[-3:])}"
    raise UsageError(f"no run {wanted!r} in {store.place}: {hint if ids else 'it holds no runs yet'}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
