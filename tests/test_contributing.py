"""The guide for contributors names tests that there are."""

from __future__ import annotations

import re

from tests.support import ROOT

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_the_tests_that_the_guide_names_exist() -> None:
    """Each kind of change has a test that shows which files it touches."""
    named = _TEST.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert len(named) >= 6
    missing = [(file, name) for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert not missing
