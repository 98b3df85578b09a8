"""While a model runs, the next one's file is read into the page cache: its load then takes no disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from benchkit.records import ModelFile
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.options import Prefetch
from benchkit.running.live import Snapshot
from benchkit.running.live.form import RUNNING
from benchkit.serving.gguf.page_cache import is_on_network
from benchkit.serving.gguf.reading_ahead import memory_is_free

RESERVE_BYTES = 1 << 30  # beside the model that runs: for all that asks, judges and serves
GLANCE_S = 0.25
PROGRAM = (sys.executable, "-m", "benchkit.serving.gguf.reading_ahead")


@contextmanager
def reading_ahead(
    now: Entry, following: Entry | None, how: Prefetch, at_work: Callable[[], Snapshot]
) -> Iterator[None]:
    """Read the following entry's file while the runs of this one are under way, and not while it loads."""
    model = _worth_reading(now, following, how)
    if model is None:
        yield
        return
    over = Event()
    reserve = RESERVE_BYTES + (now.model.size_bytes if now.model else 0)
    reader = Thread(target=_read, args=(model, reserve, over, at_work), daemon=True)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()


def _worth_reading(now: Entry, following: Entry | None, how: Prefetch) -> ModelFile | None:
    if how is Prefetch.NEVER or following is None or following.model is None:
        return None
    if now.model is not None and now.model.path == following.model.path:
        return None
    if how is not Prefetch.ALWAYS and is_on_network(following.model.path):
        return None
    return following.model


def _read(model: ModelFile, reserve: int, over: Event, at_work: Callable[[], Snapshot]) -> None:
    """The reader is ended with the runs: from then on the next server reads the file itself."""
    while at_work().state != RUNNING:  # a server that loads has the disk for itself
        if over.wait(GLANCE_S):
            return
    if not memory_is_free(model.size_bytes + reserve):
        return
    command = [*PROGRAM, str(model.path), str(reserve)]
    quiet = subprocess.DEVNULL
    try:
        child = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError:  # no room for one more process: the next server reads the file itself
        return
    with child:
        while child.poll() is None and not over.wait(GLANCE_S):
            pass
        child.kill()
