"""run_eval.py against a real server with the demo model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.records import ServerRequest
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import serve
from parsers import get_parser
from tests.loaded_interpreter import run_script
from tests.support import F16, ROOT, XLLAMACPP_ON_ONE_THREAD

PROBLEMS = ROOT / "demo" / "problems.jsonl"


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """xllamacpp in a process of its own, with two slots."""
    log = tmp_path_factory.mktemp("server") / "log"
    model = read_model_file(F16)
    request = ServerRequest(
        "xllamacpp", "demo", log, model, gpu_layers=0, context=2048, parallel=2, start_timeout_s=60,
        extra_args=XLLAMACPP_ON_ONE_THREAD,
    )  # fmt: skip
    with serve(request, lambda _: None) as server:
        yield server.facts.base_url


def run(base_url: str, folder: Path, *arguments: str) -> str:
    done = run_script(
        "run_eval.py", "--base-url", base_url, "--output-dir", folder, *arguments, "--problems-file", PROBLEMS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_model_is_asked_and_judged(base_url: str, tmp_path: Path) -> None:
    """It solves most of the problems it learnt; the parser reads what was printed as it reads the files."""
    printed = run(base_url, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["total_passed"] >= 15
    assert summary["parallel"] == 2
    assert summary["completion_tokens"] > 500
    assert summary["tokens_per_second"] > 0
    assert 0 < summary["time_to_first_token_s"] < 30
    assert summary["prompt_tokens_per_second"] > 0
    parser = get_parser("human_eval")
    from_text, from_files = parser.parse(printed, None), parser.parse("", tmp_path)
    assert from_text.score == from_files.score == summary["score"]
    assert from_text.failed_tasks == from_files.failed_tasks


def test_a_second_command_and_a_rejudging_agree(base_url: str, tmp_path: Path) -> None:
    """Nothing is asked again, and stored answers are judged as they were; a tiny budget truncates."""
    first = run(base_url, tmp_path, "--limit", "6", "--max-tokens", "60").splitlines()
    answers = (tmp_path / "answers.jsonl").read_bytes()
    second = run(base_url, tmp_path, "--limit", "6", "--max-tokens", "60").splitlines()
    rejudged = run(base_url, tmp_path / "again", "--limit", "6", "--rejudge", str(tmp_path)).splitlines()
    assert (tmp_path / "answers.jsonl").read_bytes() == answers
    assert first[:2] == second[:2] == rejudged[:2]
    verdicts = (tmp_path / "verdicts.jsonl").read_text()
    assert '"verdict": "truncated"' in verdicts


def test_a_raw_completion_is_answered(base_url: str, tmp_path: Path) -> None:
    """The server's /completions is asked in its own form; each answer has its tokens and its times."""
    run(base_url, tmp_path, "--mode", "completion", "--limit", "2", "--max-tokens", "40")
    rows = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert {row["mode"] for row in rows} == {"completion"}
    assert all(row["completion_tokens"] and row["server"]["predicted_per_second"] > 0 for row in rows)


def test_a_prompt_beyond_the_real_context_is_truncated(base_url: str, tmp_path: Path) -> None:
    """The real server's own refusal of a long prompt is understood."""
    row = json.loads(PROBLEMS.read_text().splitlines()[0])
    row["prompt"] = "# long\n" * 1200 + row["prompt"]
    problems = tmp_path / "long.jsonl"
    problems.write_text(json.dumps(row) + "\n")
    out = tmp_path / "out"
    done = run_script("run_eval.py", "--base-url", base_url, "--problems-file", problems, "--output-dir", out)
    assert done.returncode == 0, done.stderr
    verdict = json.loads((tmp_path / "out" / "verdicts.jsonl").read_text())
    assert (verdict["verdict"], verdict["finish_reason"]) == ("truncated", "length")
    assert "context" in verdict["note"]
