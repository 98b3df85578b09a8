"""The flags that all benchmark scripts share, gathered into one Settings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from benchkit.contract import CHECK_FLAG, PART_FLAG, Placeholder, Variable, flag_of
from benchkit.errors import UsageError
from benchkit.numbers import Finite, above_0


@dataclass(frozen=True)
class Sampling:
    """How the model is to choose its tokens."""

    temperature: float = 0.0
    max_tokens: int = 1000
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    extra_body: Mapping[str, Any] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """Part of the journal's key and of summary.json."""
        return {name: value for name, value in asdict(self).items() if value not in (None, (), {})}


@dataclass(frozen=True)
class RandomPart:
    """The first problems of a random order, which is the same for the same seed."""

    seed: int
    first: int
    of: int | None = None  # how many the whole order has

    def as_record(self) -> dict[str, Any]:
        """Its fields in summary.json."""
        return {"seed": self.seed, "asked": min(self.first, self.of or self.first), "of": self.of}


@dataclass(frozen=True)
class Settings:
    """The values of the flags that all scripts share."""

    base_url: str | None
    model: str | None
    output_dir: Path | None
    sampling: Sampling
    samples: int = 1
    parallel: int | None = None  # None: as many as the server has slots
    limit: int | None = None
    part: RandomPart | None = None
    retries: int = 6
    price: str | None = None
    max_cost: float | None = None
    reuse: Path | None = None
    stall_timeout: float = 300.0
    request_timeout: float = 3600.0
    check: bool = False
    dry_run: bool = False
    base_url_typed: bool = False  # and not only in the environment: then it counts before a model's prefix
    api_key: str | None = field(default=None, repr=False)

    def need_base_url(self) -> str:
        if not self.base_url:
            raise UsageError(
                "--base-url is missing: the server's address, such as http://127.0.0.1:8080/v1; "
                "or a --model with its provider before it, such as openrouter/google/gemini-pro"
            )
        return self.base_url

    def need_folder(self) -> Path:
        if self.output_dir is None:
            raise UsageError("--output-dir is missing: the folder for answers, verdicts and summary")
        return self.output_dir


class SlotsOrNumber(click.ParamType[int | None]):
    """`auto`, or how many requests at once."""

    name = "auto|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value is None or value == "auto":
            return None
        if not str(value).isdecimal() or int(value) < 1:
            self.fail(f"{value!r} is neither 'auto' nor a number from 1 up", param, ctx)
        return int(value)


class SeedAndCount(click.ParamType[RandomPart]):
    """`SEED:N`."""

    name = "SEED:N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RandomPart:
        if isinstance(value, RandomPart):
            return value
        seed, _, first = str(value).partition(":")
        if not (seed.isdecimal() and first.isdecimal() and int(first)):
            self.fail(f"{value!r} is no seed and number of problems, such as 7:20", param, ctx)
        return RandomPart(int(seed), int(first))


class OutputFolder(click.Path):
    """An empty one, as of a shell's variable that is not set, would be the folder where one stands."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty: name a folder", param, ctx)
        return super().convert(value, param, ctx)


class JsonObject(click.ParamType[dict[str, Any]]):
    """Further fields of the request's body."""

    name = "JSON"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        try:
            body = json.loads(value)
        except ValueError as error:
            self.fail(f"not JSON: {error}", param, ctx)
        if not isinstance(body, dict):
            self.fail("must be an object, such as '{\"top_k\": 20}'", param, ctx)
        return body


FLAGS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        flag_of(Placeholder.BASE_URL),
        envvar=Variable.BASE_URL,
        metavar="URL",
        help="The server's address, ends in /v1.",
    ),
    click.option(
        flag_of(Placeholder.MODEL),
        metavar="NAME",
        help="The model's name there [default: the only one it serves].",
    ),
    click.option(
        flag_of(Placeholder.OUTPUT_DIR),
        envvar=Variable.OUTPUT_DIR,
        type=OutputFolder(path_type=Path),
        metavar="DIR",
        help="Where answers, verdicts and summary go; an unfinished run there is continued.",
    ),
    click.option(
        flag_of(Placeholder.TEMPERATURE),
        type=Finite(0),
        help=f"[default: ${Variable.DEFAULT_TEMPERATURE}, else {Sampling.temperature}]",
    ),
    click.option("--top-p", type=above_0(to=1)),
    click.option("--seed", type=int, help="Sample n is asked with seed + n."),
    click.option(
        "--stop", multiple=True, metavar="TEXT", help="End an answer here; may be given repeatedly."
    ),
    click.option(
        "--extra-body",
        type=JsonObject(),
        default="{}",
        help="Further fields of each request, such as '{\"top_k\": 20}'.",
    ),
    click.option(
        "--samples-per-problem", "samples", type=click.IntRange(min=1), default=1, show_default=True
    ),
    click.option(
        flag_of(Placeholder.PARALLEL),
        type=SlotsOrNumber(),
        default="auto",
        show_default=True,
        help="Requests at once; auto asks the server for its slots.",
    ),
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N problems."),
    click.option(
        PART_FLAG,
        type=SeedAndCount(),
        help="Only the first N of these in a random order, the same for the same SEED.",
    ),
    click.option(
        "--price",
        metavar="IN,OUT[,CACHED]",
        help="Dollars for a million tokens, where the provider does not tell the cost.",
    ),
    click.option(
        "--reuse",
        envvar=Variable.REUSE,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Take answers from the runs in this folder where the whole request is equal.",
    ),
    click.option("--max-cost", type=above_0(), metavar="USD", help="Ask nothing more that could pass this."),
    click.option(
        "--retries", type=click.IntRange(min=0), default=6, show_default=True, help="Of one request."
    ),
    click.option(
        "--stall-timeout", type=above_0(), default=300.0, show_default=True, help="Seconds without any token."
    ),
    click.option(
        "--request-timeout",
        type=above_0(),
        default=3600.0,
        show_default=True,
        help="Seconds for a whole answer.",
    ),
    click.option(CHECK_FLAG, is_flag=True, help="Read problems, sandbox and flags, ask nothing."),
    click.option("--dry-run", is_flag=True, help="Print the exact prompts, ask nothing."),
)


def asking_flags(max_tokens: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a click command the shared flags; the function gets them as its first argument, `settings`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def command(**options: Any) -> Any:
            return function(settings=_settings(options), **options)

        budget = click.option(
            flag_of(Placeholder.MAX_TOKENS),
            type=click.IntRange(min=1),
            default=max_tokens,
            show_default=True,
            help="An answer's budget, passed on as it is.",
        )
        decorated = command
        for option in reversed((*FLAGS[:3], budget, *FLAGS[3:])):
            decorated = option(decorated)
        return decorated

    return decorate


def _default_temperature() -> float:
    given = os.environ.get(Variable.DEFAULT_TEMPERATURE, "").strip()
    try:
        return Finite(0).convert(given, None, None) if given else Sampling.temperature
    except click.BadParameter:
        raise UsageError(f"{Variable.DEFAULT_TEMPERATURE}={given}: it is not a number from 0") from None


def _settings(options: dict[str, Any]) -> Settings:
    """Take the shared flags out of all the options."""
    if options["temperature"] is None:
        options["temperature"] = _default_temperature()
    sampling = Sampling(**{one.name: options.pop(one.name) for one in fields(Sampling)})
    shared = {one.name: options.pop(one.name) for one in fields(Settings) if one.name in options}
    if not shared["model"] and not shared["base_url"]:  # at an address, none means the only one it serves
        shared["model"] = os.environ.get(Variable.DEFAULT_MODEL, "").strip() or None
    source = click.get_current_context().get_parameter_source("base_url")
    shared["base_url_typed"] = source is click.core.ParameterSource.COMMANDLINE
    return Settings(**shared, sampling=sampling, api_key=os.environ.get(Variable.API_KEY, "").strip() or None)
