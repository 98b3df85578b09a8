"""The pip commands that messages name."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest

from benchkit.pip_commands import install_extra, pip_install
from tests.support import ROOT


def test_a_command_is_one_for_the_python_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be typed as it stands, also where the path has a blank and a requirement has brackets."""
    monkeypatch.setattr(sys, "executable", "/home/my self/.venv/bin/python")
    assert pip_install("a[b]") == "'/home/my self/.venv/bin/python' -m pip install 'a[b]'"


def test_an_extra_has_its_pinned_versions_in_a_clone_and_its_requirements_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wheel brings no lock files, and no index has a package of our name."""
    assert install_extra("postgres").endswith("/locks/postgres.lock")
    monkeypatch.setattr("benchkit.pip_commands.ROOT", tmp_path)
    wanted = ["click>=8", 'dspy<4,>=3; extra == "judge"', 'psycopg[binary]>=3.2; extra == "postgres"']
    monkeypatch.setattr(metadata, "requires", lambda _name: wanted)
    assert install_extra("postgres") == pip_install("psycopg[binary]>=3.2")


def test_all_extras_fit_into_one_environment() -> None:
    """Lock files that pin a package to different versions would undo one another's install."""
    pinned = defaultdict(set)
    for lock in (ROOT / "requirements.lock", *(ROOT / "locks").glob("*.lock")):
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE):
            pinned[name].add(version)
    assert {name: versions for name, versions in pinned.items() if len(versions) > 1} == {}
