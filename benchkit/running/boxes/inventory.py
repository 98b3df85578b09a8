"""What a box has: its GPUs, engines, toolchains, and its model files by what they hold."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from benchkit import __version__
from benchkit.errors import BenchError, MissingDependency, UsageError
from benchkit.languages import LANGUAGES
from benchkit.records import ModelFile
from benchkit.running.batch.models import find_models
from benchkit.running.boxes.judging import judging_offer
from benchkit.serving.gguf import sha256_of
from benchkit.serving.servers import installed
from benchkit.serving.telemetry import machine_facts
from benchkit.serving.telemetry.readers import open_reader


@dataclass(frozen=True)
class Inventory:
    """Taken once, when the box joins."""

    name: str
    machine: Mapping[str, Any]
    gpus: tuple[str, ...]
    engines: Mapping[str, str | None]  # kind -> version, None where it is not installed
    toolchains: Mapping[str, str]
    models: Mapping[str, ModelFile] = field(default_factory=dict)  # by sha256
    allows_commands: bool = False
    judging: Mapping[str, Any] = field(default_factory=dict)  # how it judges for others, or why not

    @property
    def slots(self) -> int:
        """So many groups at a time."""
        return max(1, len(self.gpus))

    def facts(self) -> dict[str, Any]:
        """As the box tells it."""
        return {
            "name": self.name,
            "version": __version__,
            "python": platform.python_version(),
            "machine": dict(self.machine),
            "gpus": list(self.gpus),
            "slots": self.slots,
            "engines": dict(self.engines),
            "toolchains": dict(self.toolchains),
            "allows_commands": self.allows_commands,
            "judging": dict(self.judging),
            "models": [
                {"sha256": sha256, "name": model.path.name, "size_bytes": model.size_bytes}
                for sha256, model in self.models.items()
            ],
        }


def take_inventory(
    name: str, places: Iterable[str], report: Callable[[str], None], *, allows_commands: bool
) -> Inventory:
    """Look at everything; the files at these paths, globs and folders are hashed, each once in its life."""
    with closing(open_reader()) as reader:
        gpus = tuple(device.name for device in reader.devices)
    return Inventory(
        name=name,
        machine=machine_facts(),
        gpus=gpus,
        engines={engine.kind: engine.version for engine in installed()},
        toolchains=_toolchains(report),
        models=_models(places, report),
        allows_commands=allows_commands,
        judging=judging_offer(),
    )


def _toolchains(report: Callable[[str], None]) -> dict[str, str]:
    versions = {}
    for name, language in LANGUAGES.items():
        try:
            versions[name] = language.find_toolchain().version
        except MissingDependency:
            continue
        except BenchError as error:
            report(f"left out: {name}: {error}")
    return versions


def _models(places: Iterable[str], report: Callable[[str], None]) -> dict[str, ModelFile]:
    models: dict[str, ModelFile] = {}
    for place in places:
        files = find_models(place)
        if not files.files:
            raise UsageError(f"--models {place}: no GGUF file is there")
        for path in files.files:
            model = files.facts.get(path)
            if model is None:
                report(f"{path} cannot be read: left out")
                continue
            report(f"hashing {path.name} ({model.size_bytes / 1e9:,.1f} GB), unless that was done before")
            models[sha256_of(model)] = model
    return models
