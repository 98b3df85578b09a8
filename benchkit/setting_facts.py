"""What is known of a setting: a line of the table in settings.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from benchkit.setting_kinds import Kind


class Place(Enum):
    """Where a plan may say a setting."""

    ANYWHERE = "defaults, matrix, a model or a benchmark"
    MODEL = "a model"
    BENCHMARK = "a benchmark"


class Recorded(Enum):
    """Whether a run's record holds a setting."""

    ALWAYS = "null where nobody set it"
    IF_SET = "left out where it has its default"
    ELSEWHERE = "under a name of its own, or not at all"


@dataclass(frozen=True)
class Setting:
    """What is known of one setting."""

    kind: Kind
    help: str = ""
    name: str = ""  # the field's
    default: Any = None
    flag: str = ""  # "": the field's name with dashes
    has_flag: bool = True
    required: bool = False
    place: Place = Place.ANYWHERE
    key: str = ""  # in a plan; "": the field's name
    recorded: Recorded = Recorded.ALWAYS
    recorded_as: str = ""  # in the record's config; "": the field's name
    of_server: bool = False  # runs that differ in it do not share a server
    measured: bool = True  # runs that differ in it are different runs of a plan
    compared_as: str = ""  # what it is called where it must be equal for runs to be compared
    for_script: bool = False  # the script is told, by a flag of that name, where somebody set it
    variable: str = ""  # of the environment, for runs of which nobody says it otherwise


def setting(default: Any, kind: Kind, help: str = "", **further: Any) -> Any:
    """A field of RunSettings that is a line of the table."""
    return field(default=default, metadata={"setting": Setting(kind, help, **further)})
