"""Where a server differs from what was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from benchkit.records import ServerFacts, ServerRequest
from benchkit.serving.servers.choice import unused_gpu
from benchkit.serving.servers.hardware import gpus
from benchkit.serving.servers.kinds import load


def not_as_asked(request: ServerRequest, facts: ServerFacts) -> list[str]:
    """The differences in words; what is not known counts as none."""
    different = [*_layers_differ(request, facts)]
    context, slots = facts.context_per_slot, facts.slots
    if request.context and context is not None and context < request.context:
        different.append(
            f"{request.context} tokens of context for each slot were asked for, {context} are there"
        )
    if slots is not None and slots < request.parallel:
        different.append(f"{request.parallel} requests at once were asked for, the server answers {slots}")
    return different


def lacks_a_gpu(request: ServerRequest, facts: ServerFacts) -> bool:
    """Layers on the GPU were asked for by name, and this machine has no GPU."""
    return request.gpu_layers not in ("auto", 0) and facts.layers_offloaded == 0 and not gpus()


def _layers_differ(request: ServerRequest, facts: ServerFacts) -> Iterator[str]:
    asked, got, total = request.gpu_layers, facts.layers_offloaded, facts.layers_total
    if got is None or asked == 0:
        return
    present = gpus()
    if got == 0 and present:
        yield unused_gpu(present[0], load(facts.kind).engine(request.llama_server))
    elif got == 0 and asked != "auto":
        yield f"{asked} GPU layers were asked for, and the server runs on the CPU: there is no GPU here"
    elif asked != "auto" and total is not None:
        wanted = total if asked == "all" else min(asked, total)
        if got < wanted:
            yield f"{asked} GPU layers were asked for, {got} of {total} are on the GPU"
