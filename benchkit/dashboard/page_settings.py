"""What a person set on the page, in a small file of the user's config folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchkit.errors import UsageError
from benchkit.files import PRIVATE_FILE, atomic_write, make_private_folder


@dataclass(frozen=True)
class PageSettings:
    """Each has its default until somebody sets it."""

    models: tuple[str, ...] = ()  # folders of GGUF files
    defaults: Mapping[str, Any] = field(default_factory=dict)  # of what a launch can choose
    ntfy_url: str = ""
    webhook_url: str = ""
    weights: str = ""  # of the parts of a comparison's overall


def config_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(base) if base else Path.home() / ".config") / "bench_runner" / "dashboard.json"
    except RuntimeError as error:  # a user without a home
        raise UsageError(f"no folder for settings ({error}): name a place with XDG_CONFIG_HOME") from None


def read_settings(file: Path) -> PageSettings:
    """What is of another kind, such as a newer version's, has its default."""
    try:
        record = json.loads(file.read_bytes())
    except FileNotFoundError:
        return PageSettings()
    except (ValueError, OSError, RecursionError) as error:
        raise UsageError(f"settings {file} cannot be read ({error}): mend or remove that file") from None
    known = record if isinstance(record, dict) else {}
    folders, defaults = known.get("models"), known.get("defaults")
    return PageSettings(
        models=tuple(map(str, folders)) if isinstance(folders, list) else (),
        defaults=defaults if isinstance(defaults, dict) else {},
        ntfy_url=_text(known.get("ntfy_url")),
        webhook_url=_text(known.get("webhook_url")),
        weights=_text(known.get("weights")),
    )


def write_settings(file: Path, settings: PageSettings) -> None:
    try:
        make_private_folder(file.parent)
        atomic_write(file, json.dumps(asdict(settings), indent=1) + "\n", new_mode=PRIVATE_FILE)
    except OSError as error:
        raise UsageError(f"settings {file} cannot be written: {error.strerror}") from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
