"""One run under way: what it is done with, and how it is announced to onlookers."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchkit.contract import Variable
from benchkit.errors import BenchError
from benchkit.masking import Mask, shell_words
from benchkit.running.display import Display
from benchkit.running.live import Announcement, Publisher
from benchkit.running.live.form import history_name
from benchkit.running.live.owner import this_process
from benchkit.running.plan import PlannedRun, sends_key
from benchkit.running.runner.host import ModelHost
from benchkit.running.runner.interrupts import Interrupts
from benchkit.running.runner.record import Findings
from benchkit.serving.servers.endpoint import find_key
from parsers.base import Parser

KEY_BYTES = 24


@dataclass(frozen=True)
class Work:
    """A planned run with everything that its stages need."""

    plan: PlannedRun
    parser: Parser
    findings: Findings
    host: ModelHost
    display: Display
    interrupts: Interrupts
    publisher: Publisher
    trouble: Callable[[], BenchError | None]
    mask: Mask


def announcement_of(plan: PlannedRun) -> Announcement:
    """The first line of its live file."""
    return Announcement(
        run_id=plan.id,
        benchmark=plan.benchmark.name,
        model=plan.name,
        folder=str(plan.folder),
        history=history_name(plan.settings.history),
        since=time.time(),
        owner=this_process(),
    )


def fresh_key(plans: Sequence[PlannedRun]) -> str | None:
    """A new key for the server that these runs share, if all that they start will send it."""
    return secrets.token_urlsafe(KEY_BYTES) if all(map(sends_key, plans)) else None


def mask_of(plan: PlannedRun, server_key: str | None = None) -> Mask:
    """Hides the secrets of the environment, of all that was typed for a run, and the server's own key."""
    settings = plan.settings
    words = shell_words(plan.script.words[0]) if plan.script.shell else plan.script.words
    typed = (*words, *settings.script_args, *settings.server_args, settings.base_url or "")
    return Mask(
        typed,
        {
            **os.environ,
            Variable.API_KEY: find_key() or "",
            "SERVER_API_KEY": server_key or "",
            "ENDPOINT_API_KEY": os.environ.get(settings.key_variable or "", ""),
        },
    )
