"""What the table holds of one provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchkit.providers.usage import OPENAI_USAGE, UsagePlaces


@dataclass(frozen=True)
class Provider:
    """One provider: plain facts of its public documentation."""

    name: str  # before the first slash of a model's name
    title: str
    base_url: str  # up to, and without, the slash before `chat/completions`
    key_variable: str
    documentation: str  # the page that the facts are from
    needs_key: bool = True
    key_prefixes: tuple[str, ...] = ()  # what its keys begin with; they tell a key of another provider
    url_variable: str = ""  # the environment variable with another address; "": <NAME>_BASE_URL
    is_local: bool = False  # runs on a machine of the person's own: nobody sends a bill
    dialect: str = "openai"
    renamed: Mapping[str, str] = field(default_factory=dict)  # parameters that it calls otherwise
    refuses: frozenset[str] = frozenset()  # parameters that no model of it takes: never sent
    reasoning_models: str = ""  # a pattern of the names whose models think and so take fewer parameters
    reasoning_refuses: frozenset[str] = frozenset()  # … and what those refuse
    usage: UsagePlaces = OPENAI_USAGE
    reset_headers: tuple[str, ...] = ()  # when a limit that is used up is there again
    lists_models: bool = True
    listed_prefix: str = ""  # what stands before the names in that list
    has_variants: bool = False  # model:variant is asked for, and is in no list
    takes_any_name: bool = False  # whatever is asked for, it is the one model that is there

    @property
    def url_from(self) -> str:
        """The environment variable that may hold another address."""
        return self.url_variable or f"{self.name.upper().replace('-', '_')}_BASE_URL"

    def refused_by(self, model: str) -> frozenset[str]:
        """Parameters that a request to this model leaves out."""
        thinks = self.reasoning_models and re.match(self.reasoning_models, model)
        return self.refuses | (self.reasoning_refuses if thinks else frozenset())
