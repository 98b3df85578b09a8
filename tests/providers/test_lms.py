"""A model of this machine's LM Studio has its memory for itself, through a stand-in of `lms`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from benchkit.providers.lms import alone_in_memory
from benchkit.providers.names import RemoteModel, remote_model
from tests.support import ROOT

MODEL = "liquid/lfm2.5-1.2b"
HELD = f"bench-runner-mine-{os.getpid()}"


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `lms` on PATH, with the person's model, ours, and one of another run of ours in memory."""
    program = tmp_path / "bin" / "lms"
    program.parent.mkdir()
    stand_in = ROOT / "tests" / "stand_ins" / "lms.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{stand_in}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LMS_HOME", str(tmp_path))
    instances: list[dict[str, Any]] = [
        {"identifier": "theirs", "modelKey": "somebody/large"},
        {"identifier": f"{MODEL}:2", "modelKey": MODEL},
        {"identifier": HELD, "modelKey": "mine"},
    ]
    (tmp_path / "loaded.json").write_text(json.dumps(instances))
    return tmp_path


def names(studio: Path) -> list[str]:
    return [one["identifier"] for one in json.loads((studio / "loaded.json").read_text())]


def at(url: str | None = None, provider: str = "lmstudio") -> RemoteModel:
    return remote_model(provider, MODEL, url, environment={})


def test_others_go_first_and_its_own_afterwards(studio: Path) -> None:
    """Each is said; what another run of ours is using stays."""
    said: list[str] = []
    with alone_in_memory(at(), said.append):
        assert names(studio) == [f"{MODEL}:2", HELD]
        assert said == [
            "unloaded theirs from LM Studio",
            f"{HELD} stays in LM Studio: another run of ours is using it",
        ]
    assert names(studio) == [HELD]
    assert said[2:] == [f"unloaded {MODEL}:2 from LM Studio"]


@pytest.mark.parametrize(
    "remote", [None, at("http://another-machine:1234/v1"), at("http://localhost:1234/v1", "vllm")]
)
def test_nothing_is_done_for_what_is_not_here(studio: Path, remote: RemoteModel | None) -> None:
    with alone_in_memory(remote, pytest.fail):
        pass
    assert len(names(studio)) == 3


def test_without_lms_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    said: list[str] = []
    with alone_in_memory(at(), said.append):
        assert said[0].startswith("`lms` is not found, so other models")
    assert len(said) == 1
