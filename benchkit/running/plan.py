"""A run as asked for becomes a planned one: checked, its benchmark, script and parser known."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from benchkit.benchmarks import BENCHMARKS, PROGRAMS, Benchmark
from benchkit.contract import PART_FLAG
from benchkit.errors import UnknownName, UsageError
from benchkit.prices import Price, find_price, may_cost
from benchkit.providers.keys import key_of
from benchkit.providers.names import find_remote_model, provider_at, remote_model
from benchkit.providers.table import LOCAL, PROVIDERS, find_provider
from benchkit.records import ENDPOINT, RaceNow
from benchkit.running.command_line import Script, find_script, shell_script
from benchkit.settings import RunSettings, model_name


@dataclass(frozen=True)
class SoFar:
    """What is known of a run while its script asks."""

    verdicts: Mapping[str, Sequence[str]]  # problem -> those of its samples that are judged
    questions: int  # all that it is to ask
    judged_now: int  # of them, without those that an earlier start asked
    loading_s: float  # until the script began to ask: the starts of server and script
    asking_s: float  # since then


@dataclass(frozen=True)
class Part:
    """What is asked for now, of a run that goes on from the answers in its folder."""

    seed: int = 0
    first: int | None = None  # None: all that is left
    race: RaceNow | None = None
    is_enough: Callable[[SoFar], bool] | None = None  # asked after each verdict: whether to begin no more

    @property
    def flags(self) -> tuple[str, ...]:
        return () if self.first is None else (PART_FLAG, f"{self.seed}:{self.first}")


@dataclass(frozen=True)
class PlannedRun:
    """A run that makes sense: benchmark, script and parser are known."""

    id: str
    settings: RunSettings
    benchmark: Benchmark
    script: Script
    name: str
    folder: Path = field(default_factory=Path)
    part: Part | None = None  # None: the whole run at once

    @property
    def label(self) -> str:
        return f"{self.benchmark.name} on {self.name}"


def plan_run(settings: RunSettings, run_id: str | None = None) -> PlannedRun:
    """Settle what the settings leave open; raises UsageError before anything is started."""
    settings = with_provider(settings)
    _check_where_the_model_is(settings)
    _check_price(settings)
    benchmark = find_benchmark(settings)
    script = _script(settings, benchmark)
    _check_limit(settings, script)
    chosen = run_id or new_run_id()
    return PlannedRun(
        id=chosen,
        settings=settings,
        benchmark=benchmark,
        script=script,
        name=settings.name or model_name(settings),
        folder=(settings.runs_dir / chosen).resolve(),
    )


def _script(settings: RunSettings, benchmark: Benchmark) -> Script:
    """The command, installed and told what it cannot do without."""
    if not benchmark.served and settings.model is None:
        raise UsageError(f"{benchmark.name} loads the model itself: add --model FILE.gguf")
    if settings.shell and not settings.script:
        raise UsageError("--shell needs the text that the shell runs: add --script 'COMMAND …'")
    if settings.shell:
        return shell_script(str(settings.script))
    script = find_script(settings.script or benchmark.script, benchmark.args, PROGRAMS)
    if settings.script is None:
        script = replace(script, settings=benchmark.settings)
        if benchmark.asks_for and not settings.script_args:
            raise UsageError(f"{benchmark.name} has to know what to ask: add {benchmark.asks_for}")
    return script


def with_provider(settings: RunSettings) -> RunSettings:
    """With what follows from a provider: of the prefix in the model's name, or as a plan names it."""
    text = str(settings.model or "")
    # A path has lost the slash at its end.
    named = find_remote_model(f"{text}/" if text in PROVIDERS else text)
    if named is not None:
        settings = replace(
            settings,
            model=None,
            provider=named.provider.name,
            provider_model=named.model,
            base_url=settings.base_url or named.base_url,
        )
    if settings.provider is None:
        return settings
    _refuse_another_server(settings, f"provider {settings.provider}")
    model = settings.provider_model or settings.name
    if not model:
        raise UsageError(f"provider {settings.provider}: the model's name is missing")
    remote = remote_model(settings.provider, model, settings.base_url, settings.key_variable)
    if remote.provider is LOCAL:
        return replace(settings, name=model, base_url=remote.base_url, server=ENDPOINT)
    key_of(remote)  # says what is missing before anything is started
    name = remote.name if settings.provider_model is None else settings.name or remote.name
    return replace(settings, provider_model=model, name=name, base_url=remote.base_url, server=ENDPOINT)


def _refuse_another_server(settings: RunSettings, named_by: str) -> None:
    if settings.server not in ("auto", ENDPOINT):
        raise UsageError(f"--server {settings.server} starts a server, {named_by} names one: leave one out")


def sends_key(plan: PlannedRun) -> bool:
    """Whether what the run starts will send the key of OPENAI_API_KEY: our scripts and known harnesses do."""
    if plan.settings.server_key is not None:
        return plan.settings.server_key == "always"
    return plan.script.ours or plan.script.label in PROGRAMS


def new_run_id() -> str:
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _check_where_the_model_is(settings: RunSettings) -> None:
    if settings.base_url:
        _refuse_another_server(settings, "--base-url")
    if settings.model is None and not (settings.base_url or settings.server == ENDPOINT):
        advice = "add --model FILE.gguf, or --base-url URL --name NAME for a running endpoint"
        raise UsageError(f"no model named: {advice}")


def sends_bill(settings: RunSettings) -> bool:
    """Whether somebody else serves the model, and may want money for it."""
    provider = find_provider(settings.provider) if settings.provider else None
    return settings.base_url is not None and may_cost(settings.price, provider, settings.base_url)


def _check_price(settings: RunSettings) -> None:
    """A sum can be kept within only by who knows the price; a model of this machine sends no bill."""
    if settings.max_cost is None or not sends_bill(settings):
        return
    name = settings.name or ""
    if price_of(settings) is None:
        raise UsageError(f"--max-cost needs the price of {name}, which nobody knows: add --price IN,OUT")


def _check_limit(settings: RunSettings, script: Script) -> None:
    if settings.max_cost is not None and sends_bill(settings) and script.settings_left_out({"max_cost": ""}):
        raise UsageError(
            f"--max-cost: {script.label} cannot be told to stop before it: leave one of the two out, or give "
            "its command a {max_cost}"
        )


def price_of(settings: RunSettings) -> Price | None:
    """What an endpoint's model costs; None where nobody knows, and for a file that is served here."""
    base_url = settings.base_url
    provider = provider_at(settings.provider, base_url) if base_url else None
    return find_price(settings.price, provider, base_url, settings.provider_model or settings.name or "")


def find_benchmark(settings: RunSettings) -> Benchmark:
    """The benchmark of that name, or a new one where --script and --parser say what it is."""
    known = BENCHMARKS.get(settings.benchmark)
    parser = settings.parser or _implied_parser(settings)
    if known is not None:
        # Another script than the benchmark's own does not take the own script's arguments.
        own = settings.script is None or Path(settings.script).name == known.script
        return replace(known, parser=parser or known.parser, args=known.args if own else ())
    if settings.script and parser:
        return Benchmark(settings.benchmark, settings.script, parser)
    error = UnknownName("benchmark", settings.benchmark, BENCHMARKS)
    raise UsageError(f"{error}; for one of your own give --script and --parser")


def _implied_parser(settings: RunSettings) -> str | None:
    if settings.score_pattern:
        return "regex"
    return "json" if settings.score_path else None
