"""--parallel auto: how many requests at once a model is worth on this box, measured once and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchkit.errors import BenchError, ServerError
from benchkit.files import atomic_write, cache_folder
from benchkit.records import ModelFile, ServerRequest
from benchkit.running.plan import PlannedRun
from benchkit.serving.gguf import ModelFacts, layers_that_fit, memory_needed, read_model_facts, sha256_of
from benchkit.serving.servers import choose, serve
from benchkit.serving.servers.kinds import load
from benchkit.serving.speed.measuring import Meter
from benchkit.serving.speed.prompts import learn_wording
from benchkit.serving.speed.slots import STEPS, choose_slots
from benchkit.serving.speed.streaming import Target
from benchkit.serving.telemetry import machine_facts
from benchkit.serving.telemetry.room import Room, free_room
from benchkit.settings import SLOTS

PROMPT_TOKENS, TOKENS = 300, 64  # as a problem of the usual sets, and a part of its answer
SHORT_LIMIT = 20  # problems: a run of so few is over before a measurement would have paid
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
    if _is_short(plan):
        return Slots(SLOTS, "the run is shorter than measuring would be")
    request = replace(request, kind=kind)
    remembered = cache_folder() / "slots" / f"{_key(request, model)}.json"
    known = _recall(remembered)
    if known is None:
        try:
            known = _measured(request, model, report)
        except ServerError as error:  # the run itself may well be served
            report(f"slots could not be measured: {error}")
            return Slots(SLOTS, f"measuring failed: {error}")
        with suppress(OSError):  # then it is measured again the next time
            remembered.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(remembered, json.dumps(asdict(known)))
        report(f"{known.slots} slots: {known.because}")
    return known


def _is_short(plan: PlannedRun) -> bool:
    words = plan.settings.script_args
    limits = [words[place + 1] for place, word in enumerate(words[:-1]) if word == "--limit"]
    few = bool(limits) and limits[-1].isdecimal() and int(limits[-1]) <= SHORT_LIMIT
    return few or plan.benchmark.name == "demo"


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


def _recall(path: Any) -> Slots | None:
    try:
        saved = json.loads(path.read_bytes())
        curve = tuple((int(slots), float(speed)) for slots, speed in saved["curve"])
        return Slots(int(saved["slots"]), f"{saved['because']}, on an earlier day", curve)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _measured(request: ServerRequest, model: ModelFile, report: Callable[[str], None]) -> Slots:
    most = _most_that_fit(request, model)
    report(f"measuring how many requests at once are worth it, up to {most}")
    log = request.log.with_name(f"server-slots{request.log.suffix}")
    with serve(replace(request, parallel=most, log=log), report) as server:
        target = Target(server.facts.base_url, server.facts.model, server.api_key)
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
