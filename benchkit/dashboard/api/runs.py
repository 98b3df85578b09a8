"""One run: stop it while it is at work, note something of it, delete it."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from benchkit.dashboard.api.answers import Refused, TheSite, run_named
from benchkit.dashboard.api.launching import StopAnswer, stopping
from benchkit.dashboard.at_work import run_at_work
from benchkit.dashboard.launches import interrupt
from benchkit.telling.history.notes import Note

router = APIRouter(prefix="/runs/{run_id:path}")


class NoteBody(BaseModel):
    """All of a run's note: what is not named goes."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=10_000)
    tags: list[str] = Field([], max_length=50)


class Deleted(BaseModel):
    deleted: str


@router.post("/stop")
def stop(run_id: str) -> StopAnswer:
    """Stop a run in progress, and its batch with it: in order the first time, at once the second."""
    live = run_at_work(run_id)
    if live is None or not interrupt(live.announcement.owner):
        raise Refused(409, f"run {run_id!r} is not at work on this machine")
    return StopAnswer(stopping=stopping(run_id))


@router.put("/note")
def note(run_id: str, body: NoteBody, site: TheSite) -> NoteBody:
    """Set a run's note and tags."""
    tags = list(dict.fromkeys(tag.strip() for tag in body.tags))
    if odd := next((tag for tag in tags if not tag or len(tag.split()) != 1 or not tag.isprintable()), None):
        raise Refused(400, f"{odd!r} is no tag: one word each", {"tags": f"{odd!r} is no tag: one word each"})
    if "" in tags:
        raise Refused(400, "a tag is a word", {"tags": "a tag is a word"})
    run = run_named(site, run_id)
    without = set(site.history.notes().get(run.id, Note()).tags) - set(tags)
    kept = site.history.annotate(run.id, body.text, tags, without)
    return NoteBody(text=kept.text, tags=list(kept.tags))


@router.delete("")
def delete(run_id: str, site: TheSite, confirm: str = "") -> Deleted:
    """Take a run out of the history. Without `confirm=yes` the answer is 409, with the question to ask."""
    run = run_named(site, run_id)
    if confirm != "yes":
        score = "no score" if run.results.score is None else f"score {run.results.score:.2f}"
        files = f" Its files stay in {run.artifacts}." if run.artifacts else ""
        raise Refused(
            409, f"Delete run {run.id}: {run.model} on {run.benchmark}, {run.timestamp}, {score}?{files}"
        )
    site.history.delete(run.id)
    return Deleted(deleted=run.id)
