"""What is going on now: the runs in progress, and what waits behind them."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.contract import ExitCode
from benchkit.dashboard.launches import Launch, launches
from benchkit.dashboard.pages.live_runs import watched_runs
from benchkit.dashboard.pages.races import keys_of, races_of
from benchkit.dashboard.pages.rendering import error_page, render, site_of
from benchkit.errors import UsageError
from benchkit.records import Status
from benchkit.running.batch.display import counts
from benchkit.running.batch.overview import look_at

router = APIRouter()
LATELY_S = 3600


@router.get("/now")
def now(request: Request) -> HTMLResponse:
    place = site_of(request).place
    try:
        overview, watched = look_at(place), watched_runs(place)
    except UsageError as error:
        return error_page(request, f"what runs now cannot be seen: {error}", 503)
    running = {state.key for state in overview.states if state.state == "running"}
    begun = {state.key for state in overview.states if state.state != "waiting"}
    started = launches()
    races = races_of(overview)
    racing = keys_of(races)
    states = overview.states[: len(overview.states) - overview.single_runs]  # of the batch
    return render(
        request,
        "now.html",
        watched=watched,
        beginning=[one for one in started if one.alive and not running & set(one.keys)],
        gone_wrong=[one for one in started if _went_wrong(one, begun)],
        boxes=overview.boxes,
        races=races,
        waiting=[
            state
            for state in states
            if not state.over and state.state != "running" and state.key not in racing
        ],
        failed=[state for state in states if state.state in (Status.FAILED, Status.INTERRUPTED)],
        done=[state for state in states if state.state == Status.OK],
        counted=counts(states) if states else "",
        alive=overview.batch_pid is not None,
    )


def _went_wrong(launch: Launch, begun: set[str]) -> bool:
    """Lately, and before it could make runs that say so themselves."""
    if launch.exit in (None, ExitCode.OK, ExitCode.INTERRUPTED) or time.time() - launch.since > LATELY_S:
        return False
    return launch.exit == ExitCode.USAGE or not begun & {*launch.keys}
