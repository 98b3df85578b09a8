"""The models that a launch can choose, and whether they fit what is free now."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from benchkit.dashboard.api.answers import TheSite
from benchkit.dashboard.api.choices import setting_misfits
from benchkit.dashboard.api.launching import model_folders, settings_of
from benchkit.dashboard.found_models import FoundModel, found_models
from benchkit.dashboard.page_settings import PageSettings
from benchkit.running.batch.estimate import expected_memory
from benchkit.running.batch.expand import Entry
from benchkit.running.batch.settings import settings_from
from benchkit.serving.telemetry.room import Room, free_room
from benchkit.settings import RunSettings

router = APIRouter()
USUAL = "human_eval"  # the benchmark whose answers' budget decides on the context


class ModelAnswer(BaseModel):
    """A GGUF file in the folders of the settings; what is not known is null."""

    id: str
    name: str
    quantization: str | None
    size_bytes: int | None
    vram_mb: float | None
    ram_mb: float | None
    fits: str  # what of it does not fit; empty where all does
    refused: str  # why it cannot be launched; empty where it can


class ModelsAnswer(BaseModel):
    models: list[ModelAnswer]


@router.get("/models")
def list_models(site: TheSite) -> ModelsAnswer:
    """The models that can be launched, with the memory each needs by the page's settings."""
    settings, room = _settings(settings_of(site)), free_room()
    return ModelsAnswer(models=[_told(model, settings, room) for model in found_models(model_folders(site))])


def _settings(given: PageSettings) -> RunSettings:
    """As a launch begins with; a value that an edited file has wrong is its default."""
    wrong = setting_misfits(given.defaults)
    values = {name: value for name, value in given.defaults.items() if name not in wrong}
    return RunSettings(**{"benchmark": USUAL, **settings_from(values)})


def _told(model: FoundModel, settings: RunSettings, room: Room) -> ModelAnswer:
    file = model.file
    vram_mb, ram_mb, fits = expected_memory(Entry("", settings, None if model.refused else file), room)
    return ModelAnswer(
        id=model.id,
        name=model.name,
        quantization=file.quantization if file else None,
        size_bytes=file.size_bytes if file else None,
        vram_mb=vram_mb,
        ram_mb=ram_mb,
        fits=fits,
        refused=model.refused,
    )
