"""What brings toolchains says why it could not."""

from __future__ import annotations

import pytest

from benchkit.errors import BenchError
from benchkit.languages.bringing import _run

NPM_WITHOUT_NETWORK = """\
npm error code ENOTFOUND
npm error network request to https://registry.example failed, reason: getaddrinfo ENOTFOUND
npm error A complete log of this run can be found in: /home/me/.npm/_logs/debug-0.log
"""


def test_the_cause_is_told_and_not_where_npm_keeps_its_log() -> None:
    """npm's last line names its log, whatever went wrong; all that it said stands below."""
    with pytest.raises(
        BenchError, match=r"^npm could not fetch them: .* reason: getaddrinfo ENOTFOUND$"
    ) as told:
        _run("npm", "sh", "-c", f"printf '{NPM_WITHOUT_NETWORK}' >&2; exit 1")
    assert told.value.log == NPM_WITHOUT_NETWORK.strip()
