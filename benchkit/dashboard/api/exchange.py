"""A result file in, reports out."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from benchkit.dashboard.api.answers import Refused, TheSite
from benchkit.errors import BenchError
from benchkit.files import atomic_write, make_private_folder
from benchkit.telling.comparison.catalog import Catalog
from benchkit.telling.history.adding import add, holds_records
from benchkit.telling.history.recognizing import writer_of
from benchkit.telling.reports import get_format
from benchkit.telling.reports.material import Material

_ODD = re.compile(r"[^\w.\-]+", re.ASCII)
FORMATS = {
    "html": ("html", "text/html"),
    "markdown": ("md", "text/markdown"),
    "text": ("txt", "text/plain"),
    "csv": ("csv", "text/csv"),
    "jsonl": ("jsonl", "application/x-ndjson"),
    "pdf": ("pdf", "application/pdf"),
}
"""Format -> a file's ending and its kind."""

router = APIRouter()


class ImportBody(BaseModel):
    """A file as it was read in the browser."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    content: str
    parser: str | None = Field(None, description="Who wrote it; default: the one whose form it is.")
    benchmark: str | None = Field(None, max_length=200, description="Its name in the history.")
    model: str | None = Field(None, max_length=200, description="Who was measured.")


class Added(BaseModel):
    added: list[str]


@router.post("/import", status_code=201)
def import_file(body: ImportBody, site: TheSite) -> Added:
    """Take results made elsewhere into the history; the file is kept among the runs, as their origin."""
    data = body.content.encode("utf-8", "surrogatepass")
    folder = site.runs_dir / "imports"
    name = _ODD.sub("_", body.name)[-80:].lstrip(".") or "file"
    place = folder / f"{hashlib.sha256(data).hexdigest()[:12]}-{name}"
    try:
        was_there = place.exists()
        make_private_folder(folder)
        atomic_write(place, data)
    except OSError as error:
        raise Refused(
            409, f"{body.name} cannot be kept in {folder}: {error.strerror}; start with --runs-dir elsewhere"
        ) from None
    try:
        parser = body.parser if body.parser or holds_records(place) else writer_of(place)
        added = add(site.history, place, parser=parser or None, benchmark=body.benchmark, model=body.model)
    except BenchError as error:
        if not was_there:
            place.unlink(missing_ok=True)
        raise Refused(400, str(error).replace(str(place), body.name)) from None
    return Added(added=[run.id for run in added])


@router.get("/export", response_class=Response)
def export(
    site: TheSite,
    format: Literal["html", "markdown", "text", "csv", "jsonl", "pdf"] = "html",
    benchmark: str | None = None,
    attempts: bool = False,
) -> Response:
    """A report as a file to keep, as `bench_runner.py report` writes it."""
    if attempts and format not in ("csv", "jsonl"):
        raise Refused(400, "attempts are rows: take csv or jsonl", {"attempts": "for csv and jsonl alone"})
    material = Material(Catalog(site.history), benchmark=benchmark or None, attempts=attempts)
    content = get_format(format).render(material)
    ending, kind = FORMATS[format]
    disposition = {"Content-Disposition": f'attachment; filename="report.{ending}"'}
    return Response(content, headers=disposition, media_type=kind)
