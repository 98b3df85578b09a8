"""--dry-run: the server's command, the script's command and the model's facts; nothing is started."""

from __future__ import annotations

import shlex
from dataclasses import asdict

from benchkit.records import ModelFile
from benchkit.running.plan import PlannedRun
from benchkit.running.runner.check import values
from benchkit.running.runner.host import server_request
from benchkit.running.runner.stages import find_parser
from benchkit.running.runner.work import mask_of
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import preview_command


def preview(plan: PlannedRun) -> str:
    find_parser(plan)
    model = read_model_file(plan.settings.model) if plan.settings.model else None
    mask = mask_of(plan)
    script = plan.script.command(values(plan), plan.settings.script_args)
    facts = {name: value for name, value in asdict(model).items() if value is not None} if model else {}
    lines = [f"run      {plan.label}", f"model    {plan.settings.model or plan.settings.base_url}"]
    lines += [f"         {name}: {value}" for name, value in facts.items() if name not in ("path", "parts")]
    lines += [f"server   {mask.command(_server(plan, model))}", f"script   {shlex.join(mask.words(script))}"]
    lines += [
        f"parser   {plan.benchmark.parser}",
        f"history  {plan.settings.history}",
        f"folder   {plan.folder}",
    ]
    return "\n".join(lines)


def _server(plan: PlannedRun, model: ModelFile | None) -> str:
    if not plan.benchmark.served:
        return f"none: {plan.script.label} loads the model itself"
    return preview_command(server_request(plan, model))
