"""The page's settings: folders of models, defaults of a launch, addresses for notifications."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from benchkit.addresses import host_of
from benchkit.dashboard.api.answers import Refused, TheSite
from benchkit.dashboard.api.choices import MOST, Scalar, setting_misfits
from benchkit.dashboard.page_settings import PageSettings, read_settings, write_settings
from benchkit.errors import UsageError
from benchkit.weights import read_weights

router = APIRouter()


class SettingsBody(BaseModel):
    """All of the settings: what is left out has its default."""

    model_config = ConfigDict(extra="forbid")

    models: list[str] = Field([], max_length=MOST, description="Folders of GGUF files.")
    defaults: dict[str, Scalar] = Field({}, description="Values that a launch begins with.")
    ntfy_url: str = Field("", max_length=2000, description="Where ntfy sends notifications.")
    webhook_url: str = Field("", max_length=2000, description="What is told of a batch's end as JSON.")
    weights: str = Field("", max_length=200, description="`correctness=40,speed=20`: of the overall.")


@router.get("/settings")
def get_settings(site: TheSite) -> SettingsBody:
    """The page's settings."""
    return _body(read_settings(site.settings_file))


@router.put("/settings")
def put_settings(body: SettingsBody, site: TheSite) -> SettingsBody:
    """Set the page's settings."""
    if wrong := _misfits(body):
        raise Refused(400, "; ".join(f"{name}: {text}" for name, text in wrong.items()), wrong)
    folders = tuple(str(Path(folder).expanduser().absolute()) for folder in dict.fromkeys(body.models))
    texts = (text.strip() for text in (body.ntfy_url, body.webhook_url, body.weights))
    settings = PageSettings(folders, body.defaults, *texts)
    write_settings(site.settings_file, settings)
    return _body(settings)


def _misfits(body: SettingsBody) -> dict[str, str]:
    wrong = setting_misfits({name: value for name, value in body.defaults.items() if value is not None})
    for name in ("ntfy_url", "webhook_url"):
        address = getattr(body, name).strip()
        if address and not host_of(address):
            wrong[name] = f"{address!r} is no address like https://host/path"
    try:
        if body.weights.strip():
            read_weights(body.weights)
    except UsageError as error:
        wrong["weights"] = str(error)
    for folder in body.models:
        if not _is_folder(folder):
            wrong["models"] = f"{folder!r} is no folder on this machine"
    return wrong


def _is_folder(text: str) -> bool:
    try:
        return bool(text.strip()) and Path(text).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def _body(settings: PageSettings) -> SettingsBody:
    return SettingsBody(
        models=list(settings.models),
        defaults=dict(settings.defaults),
        ntfy_url=settings.ntfy_url,
        webhook_url=settings.webhook_url,
        weights=settings.weights,
    )
