"""Which scripts get the key of the server that was started for them, and who may read what a run leaves."""

from __future__ import annotations

import stat
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from benchkit.running.display import PlainDisplay
from benchkit.running.plan import plan_run, sends_key
from benchkit.running.runner import execute
from benchkit.settings import RunSettings
from tests.running.runner.plans import scored
from tests.support import F16

ASKS = """
import os, urllib.error, urllib.request
def status(key):
    address = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    body = b'{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1}'
    request = urllib.request.Request(address, body, {"Authorization": f"Bearer {key}"})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code
key = os.environ["OPENAI_API_KEY"]
print("score", 50.0 * (status(key) == 200) + (status("no key") == 401))
print(f"the key is {key}.")
"""


@pytest.mark.parametrize(("server_key", "score"), [(None, 50.0), ("never", 50.0), ("always", 51.0)])
def test_a_script_of_the_users_own(tmp_path: Path, server_key: str | None, score: float) -> None:
    """It reads OPENAI_API_KEY or not, so the server asks for a key only where --server-key says so."""
    plan = scored(tmp_path, "mine")
    (tmp_path / "bench.py").write_text(ASKS)
    plan = replace(plan, settings=replace(plan.settings, server="xllamacpp", server_key=server_key))
    shown = BytesIO()
    run = execute(plan, PlainDisplay(shown, StringIO()))
    assert run.results.score == score, run.error
    said = shown.getvalue().decode()
    assert ("the key is ***." in said) is (server_key == "always")


@pytest.mark.parametrize("excepted", [None, "intranet"])
def test_a_script_asks_a_local_server_past_the_users_proxy(
    excepted: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other people's harnesses take a proxy from the environment, and none reaches this machine's model."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    if excepted:
        monkeypatch.setenv("no_proxy", excepted)
    told = "import os\nprint('kept', os.environ['no_proxy'], os.environ['NO_PROXY'])\n"
    plan = scored(tmp_path, "mine")
    (tmp_path / "bench.py").write_text(told + ASKS)
    shown = BytesIO()
    run = execute(
        replace(plan, settings=replace(plan.settings, server="xllamacpp")), PlainDisplay(shown, StringIO())
    )
    assert run.results.score == 50.0, run.error
    hosts = ",".join([*([excepted] if excepted else []), "127.0.0.1", "localhost", "::1"])
    assert f"kept {hosts} {hosts}" in shown.getvalue().decode()


@pytest.mark.parametrize(
    ("benchmark", "script", "sends"),
    [("demo", None, True), ("mine", "echo", False), ("mine", "run_eval.py", True)],
)
def test_which_benchmarks_send_the_key(benchmark: str, script: str | None, sends: bool) -> None:
    """Our own scripts do; of a command of the user's own nobody knows."""
    settings = RunSettings(benchmark=benchmark, model=F16, script=script, parser="human_eval")
    assert sends_key(plan_run(settings)) is sends
    assert sends_key(plan_run(replace(settings, server_key="always")))
    assert not sends_key(plan_run(replace(settings, server_key="never")))


def test_runs_and_history_are_private(tmp_path: Path) -> None:
    """What we make is for the user alone; what was there keeps its permissions."""
    plan = scored(tmp_path, "mine")
    plan = replace(plan, settings=replace(plan.settings, server="xllamacpp"))
    execute(plan, PlainDisplay(BytesIO(), StringIO()))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (plan.folder.parent, plan.folder)]
    history = tmp_path / "history.json"
    assert modes == [0o700, 0o700]
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    history.chmod(0o644)
    plan.folder.parent.chmod(0o755)
    again = replace(plan_run(plan.settings), benchmark=plan.benchmark)
    execute(again, PlainDisplay(BytesIO(), StringIO()))
    assert stat.S_IMODE(history.stat().st_mode) == 0o644
    assert stat.S_IMODE(plan.folder.parent.stat().st_mode) == 0o755
