"""The form that launches a run: what there is to choose from. What is chosen is checked by the API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from benchkit.dashboard.api.choices import LAUNCHED
from benchkit.dashboard.api.launching import model_folders, settings_of
from benchkit.dashboard.found_models import FoundModel, found_models
from benchkit.dashboard.pages.rendering import render, site_of
from benchkit.serving.servers.kinds import kind_names

router = APIRouter()
BEGINS_WITH = {
    "temperature": 0,
    "max_tokens": 1000,
    "parallel": 4,
    "context": "",
    "price_kwh": "",
    "gpu_layers": "auto",
    "server": "auto",
}
"""What the form says until the settings say otherwise: a score that another run can be held against."""


@router.get("/launch")
def launch(request: Request) -> HTMLResponse:
    site = site_of(request)
    folders = model_folders(site)
    models = found_models(folders)
    asked = request.query_params.getlist("model")
    return render(
        request,
        "launch.html",
        models=models,
        defaults={**BEGINS_WITH, **settings_of(site).defaults},
        folders=folders,
        wanted=request.query_params.getlist("benchmark"),
        chosen=_chosen(models, asked),
        benchmarks=list(LAUNCHED.values()),
        servers=[name for name in kind_names() if name != "endpoint"],
    )


def _chosen(models: list[FoundModel], asked: list[str]) -> set[str]:
    """Those that a link named; of one model there is no choice."""
    if len(models) == 1:
        return {models[0].id}
    return {model.id for model in models if model.name in asked}
