"""--parallel auto: how many requests at once a model is worth on this box, measured once and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchkit.errors import BenchError, ServerError
from benchkit.files import atomic_write, cache_folder
from benchkit.json_values import whole
from benchkit.racing import FIRST_ROUND
from benchkit.records import ModelFile, RaceNow, Run, ServerRequest
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.length import expected_length, samples_asked, work_of
from benchkit.running.runner.rounds import read_rounds_so_far
from benchkit.serving.gguf import ModelFacts, layers_that_fit, memory_needed, read_model_facts, sha256_of
from benchkit.serving.servers import choose, serve
from benchkit.serving.servers.kinds import load
from benchkit.serving.speed.measuring import Meter
from benchkit.serving.speed.prompts import learn_wording
from benchkit.serving.speed.slots import MOST_S, STEPS, best_of, choose_slots
from benchkit.serving.speed.streaming import StreamingServer
from benchkit.serving.telemetry import machine_facts
from benchkit.serving.telemetry.room import Room, free_room
from benchkit.settings import SLOTS
from benchkit.telling.history import open_store
from benchkit.terminal import how_many

PROMPT_TOKENS, TOKENS = 300, 64  # as a problem of the usual sets, and a part of its answer
WORTH_MEASURING = 4  # times as long as measuring: in a shorter run hardly any number of slots wins that back
MOST_EXPECTED = 16  # slots at which measuring ends nearly everywhere
LEAST_WAVES = 5  # of a race's questions, so that a model can be stopped between them
STARTED_BY_US = ("llama-server", "xllamacpp", "llama-cpp-python")
_MB = 1 << 20


@dataclass(frozen=True)
class Slots:
    """The number, why it is this one, and tokens per second by requests at once where they were measured."""

    slots: int
    because: str
    curve: tuple[tuple[int, float], ...] = ()


def slots_for(plan: PlannedRun, request: ServerRequest, report: Callable[[str], None]) -> Slots:
    """What was remembered for this file, engine, context and box; else measured now."""
    kind, model = choose(request)[0] if request.kind == "auto" else request.kind, request.model
    if model is None or kind not in STARTED_BY_US:
        return Slots(SLOTS, "the server's slots are not ours to set")
    if (before := _in_earlier_rounds(plan)) is not None:
        return before
    request = replace(request, kind=kind)
    remembered = cache_folder() / "slots" / f"{_key(request, model)}.json"
    known = _recall(remembered)
    if known is None and (short := _too_short(plan)):
        report(f"{SLOTS} slots: {short}")
        return Slots(SLOTS, short)
    if known is None:
        try:
            known = _measured(request, model, report)
        except ServerError as error:  # the run itself may well be served
            report(f"slots could not be measured: {error}")
            return Slots(SLOTS, f"measuring failed: {error}")
        with suppress(OSError):  # then it is measured again the next time
            remembered.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(remembered, json.dumps(asdict(known)))
        report(f"{how_many(known.slots, 'slot')}: {known.because}")
    race = plan.part.race if plan.part is not None else None
    return known if race is None else _slots_for_a_race(plan, race, known)


def _slots_for_a_race(plan: PlannedRun, race: RaceNow, known: Slots) -> Slots:
    """What is under way when a model has lost is answered for nothing, and tells too late that it has."""
    length = expected_length(plan, ()) if race.problems is None else None  # it reads the problems' file
    questions = length.questions if length else (race.problems or 0) * samples_asked(plan)
    most = max(FIRST_ROUND, questions // LEAST_WAVES)
    if known.slots <= most:
        return known
    slots = best_of([step for step in known.curve if step[0] <= most])
    return replace(known, slots=slots, because=f"{known.because}; in a race {most} at most")


def _in_earlier_rounds(plan: PlannedRun) -> Slots | None:
    """A run goes on with as many as it began with."""
    run = read_rounds_so_far(plan.folder) if plan.part is not None else None
    return _parse(run.config.value("slots_chosen")) if run is not None else None


def _too_short(plan: PlannedRun) -> str:
    """Why measuring would not pay; empty where it may, or where nobody knows how long the run will be."""
    runs: Sequence[Run] = ()
    with suppress(BenchError):  # a store that does not answer now tells nothing
        runs = open_store(plan.settings.history).runs()
    length = expected_length(plan, runs)
    if length is None:
        return ""
    steps = [step for step in STEPS if step <= MOST_EXPECTED]
    measuring = work_of(sum(steps), TOKENS, PROMPT_TOKENS)
    asked = f"{how_many(length.questions, 'answer')} of some {length.tokens} tokens"
    if length.speed is None:
        if length.work >= WORTH_MEASURING * measuring:
            return ""
        return f"not measured: {asked} are too few for it, since it asks for up to {sum(steps)} of {TOKENS}"
    run_s, measuring_s = length.work / length.speed, min(MOST_S, measuring / length.speed)
    if run_s >= WORTH_MEASURING * measuring_s:
        return ""
    return f"not measured: {asked} take about {run_s:.0f} s, and measuring takes up to {measuring_s:.0f} s"


def _key(request: ServerRequest, model: ModelFile) -> str:
    machine = machine_facts()
    facts = {
        "model": sha256_of(model),
        "engine": [request.kind, load(request.kind).engine(request.llama_server).version],
        "context": request.context,
        "layers": request.gpu_layers,
        "server_args": request.extra_args,
        "box": [machine.get(name) for name in ("gpu", "cpu", "cores", "ram_mb")],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _recall(path: Path) -> Slots | None:
    try:
        known = _parse(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None
    return known and replace(known, because=f"{known.because}, on an earlier day")


def _parse(saved: Any) -> Slots | None:
    try:
        curve = tuple((int(slots), float(speed)) for slots, speed in saved["curve"])
        slots = whole(saved["slots"])
        if slots is None or not 1 <= slots <= max(STEPS):
            return None
        return Slots(slots, str(saved["because"]), curve)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _measured(request: ServerRequest, model: ModelFile, report: Callable[[str], None]) -> Slots:
    most = _most_that_fit(request, model)
    report(f"measuring how many requests at once are worth it, up to {most}")
    log = request.log.with_name(f"server-slots{request.log.suffix}")
    with serve(replace(request, parallel=most, log=log), report) as server:
        target = StreamingServer(server.facts.base_url, server.facts.model, server.api_key)
        meter = Meter(target, learn_wording(target), lambda: server.facts.pids)
        choice = choose_slots(meter, most, min(PROMPT_TOKENS, (request.context or 4096) // 2), TOKENS)
    curve = ", ".join(f"{slots}: {speed:,.0f}" for slots, speed in choice.curve)
    return Slots(choice.slots, f"measured tokens/s by requests at once: {curve}", choice.curve)


def _most_that_fit(request: ServerRequest, model: ModelFile) -> int:
    """The largest step that leaves as many layers on the GPU as one slot does."""
    room = free_room()
    try:
        facts = read_model_facts(model.path)
    except (BenchError, KeyError):
        return SLOTS
    context = request.context or 4096
    alone = _gpu_layers(request, room, facts, context, 1)
    fitting = [1]
    for slots in STEPS:
        layers = _gpu_layers(request, room, facts, context, slots)
        need = memory_needed(facts, context, slots, gpu_layers=layers)
        if layers == alone and need.ram <= room.ram_mb * _MB:
            fitting.append(slots)
    return max(fitting)


def _gpu_layers(request: ServerRequest, room: Room, facts: ModelFacts, context: int, slots: int) -> int:
    """So many of those that are asked for have room there."""
    if room.vram_mb is None or request.gpu_layers == 0:
        return 0
    most = layers_that_fit(int(room.vram_mb * _MB), facts, context, slots)
    return most if isinstance(request.gpu_layers, str) else min(most, request.gpu_layers)
