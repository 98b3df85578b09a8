"""The application that is mounted at /api, and its errors as JSON."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from benchkit.dashboard.api import exchange, files, launching, models, preferences, runs
from benchkit.dashboard.api.answers import Problem, Refused
from benchkit.dashboard.bugs import tell_bug
from benchkit.dashboard.site import Site
from benchkit.errors import BenchError, HistoryError, UsageError

ROUTERS = (launching.router, models.router, runs.router, files.router, exchange.router, preferences.router)
REFUSALS = {400: "It cannot be done as it was asked for.", 404: "There is no such thing.", 409: "Not now."}


def make_api(site: Site | None) -> FastAPI:
    """Everything below /api; without a site only its description can be had."""
    responses: dict[int | str, dict[str, object]] = {
        status: {"model": Problem, "description": text} for status, text in REFUSALS.items()
    }
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, responses=responses)
    api.state.site = site
    for router in ROUTERS:
        api.include_router(router)
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(BenchError, _failed)
    api.add_exception_handler(OSError, _failed)
    api.add_exception_handler(RequestValidationError, _misfit)
    api.add_exception_handler(HTTPException, _unknown)
    api.add_exception_handler(Exception, _bug)
    return api


def _problem(status: int, text: str, fields: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": text, "fields": fields or {}}, status)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _problem(error.status, str(error), error.fields)


async def _failed(_request: Request, error: Exception) -> Response:
    """What the command would have said; that a file or the history is at fault is no wrong request."""
    if isinstance(error, OSError):
        return _problem(409, f"{error.filename or 'this machine'}: {error.strerror or error}")
    wrong = isinstance(error, UsageError) or not isinstance(error, HistoryError)
    return _problem(400 if wrong else 409, str(error))


async def _misfit(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = {".".join(map(str, one["loc"][1:])): str(one["msg"]) for one in error.errors()}
    text = "; ".join(f"{name}: {said}" if name else said for name, said in fields.items())
    return _problem(400, text or "the body is no JSON", fields)


async def _unknown(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(error.status_code, f"{error.detail}: docs/api.md has what there is")


async def _bug(request: Request, _error: Exception) -> Response:
    return _problem(500, tell_bug(f"{request.method} {request.url.path}"))
