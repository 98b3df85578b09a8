"""A batch from its start to the summary: display, notifications and the loop put together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from benchkit.running.batch.display import open_batch_display
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.inhibit import no_sleep
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.loop import run_entries
from benchkit.running.batch.notify import Notifier, open_channels
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.state import EntryState
from benchkit.running.batch.summary import headline, summary, write_summary
from benchkit.telling.tables.width import terminal_width


def run_batch(entries: Sequence[Entry], options: BatchOptions) -> Ledger:
    """Run the entries, show how far they are, print and send the summary."""
    ledger = Ledger(entries)
    display = open_batch_display(ledger.states)
    notifier = Notifier(open_channels(options.notify_command), display.line)

    def on_failure(state: EntryState) -> None:
        if options.notify_failures:
            notifier.send(f"failed: {state.label}", f"{state.label}: {state.error}")

    with no_sleep() as awake, display:
        if not awake:
            display.line("nothing here holds off sleep: see to it that this machine stays awake")
        run_entries(ledger, options, display, on_failure)
    _print_summary(ledger, options.history)
    notifier.send(headline(ledger), summary(ledger, None))
    notifier.close()
    return ledger


def _print_summary(ledger: Ledger, history: str | Path) -> None:
    _print(summary(ledger, terminal_width(), for_people=True), sys.stdout)
    try:
        _print(f"\nwritten to {write_summary(ledger, history)}", sys.stderr)
    except OSError as error:
        _print(f"\nthe summary could not be written beside {history}: {error.strerror}", sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    """To a terminal that may be gone by now: then the summary's file and the notification remain."""
    try:
        print(text, file=stream, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # nor does the end of the process fail
