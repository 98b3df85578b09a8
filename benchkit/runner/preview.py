"""--dry-run: the server's command, the script's command and the model's facts; nothing is started."""

from __future__ import annotations

import shlex
from dataclasses import asdict

from benchkit.gguf import read_model_file
from benchkit.plan import PlannedRun
from benchkit.runner.check import values
from benchkit.runner.host import server_request
from benchkit.runner.stages import find_parser
from benchkit.servers import preview_command


def preview(plan: PlannedRun) -> str:
    find_parser(plan)
    model = read_model_file(plan.settings.model) if plan.settings.model else None
    request = server_request(plan, model)
    script = plan.script.command(values(plan), plan.settings.script_args)
    facts = {name: value for name, value in asdict(model).items() if value is not None} if model else {}
    lines = [f"run      {plan.label}", f"model    {plan.settings.model or plan.settings.base_url}"]
    lines += [f"         {name}: {value}" for name, value in facts.items() if name not in ("path", "parts")]
    lines += [f"server   {preview_command(request)}", f"script   {shlex.join(script)}"]
    lines += [
        f"parser   {plan.benchmark.parser}",
        f"history  {plan.settings.history}",
        f"folder   {plan.folder}",
    ]
    return "\n".join(lines)
