"""docs/providers.md tells what the table of providers says, and its plan is one."""

from __future__ import annotations

import re

import pytest
import yaml

from benchkit.providers import PROVIDERS
from benchkit.running.batch.expand import expand
from benchkit.running.batch.planfile import make_plan
from benchkit.settings import RunSettings
from tests.support import ROOT

PAGE = (ROOT / "docs" / "providers.md").read_text()


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_page_has_a_row_for_each_provider(name: str) -> None:
    """With its address, its variable, the parameters that it calls otherwise or does not take."""
    row = PROVIDERS[name]
    (line,) = re.findall(rf"^\| `{name}/` .*$", PAGE, re.MULTILINE)
    words = [row.key_variable, row.base_url.partition("://")[2]]
    words += [
        *row.renamed,
        *row.renamed.values(),
        *(row.refuses - {"stream_options"}),
        *row.reasoning_refuses,
    ]
    assert [word for word in words if word not in line] == []
    assert ("cost" in line) is bool(row.usage.cost)
    assert line.endswith("| |") is not bool(row.reset_headers)


def test_the_pages_plan_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "a-key")
    (plan,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    entries = expand(make_plan(yaml.safe_load(plan), "providers.md"), RunSettings()).entries
    names = {entry.settings.name for entry in entries}
    assert names == {"openrouter/google/gemini-pro", "openai/gpt-4", "my-fine-tuned-model"}
