"""Matches a user's regular expression in bounded time: this file is also the program that does it.

A pattern like `(a+)+b` may take practically for ever and holds Python's global lock all the while, which
would stop every thread of the runner. It is matched in a process of its own, which the system ends: by its
processor time, so that a pattern is not to blame where the machine is busy or stands still.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import deque

FLAGS = re.MULTILINE
SECONDS = 10.0


def last_match(pattern: str, text: str, seconds: float = SECONDS) -> dict[str, str] | None:
    """The named groups of the last match, those that are empty left out; None without a match."""
    from parsers.harness import Untrue  # the program below has no need of it

    command = [sys.executable, "-I", "-S", __file__]
    asked = json.dumps([pattern, text, seconds])
    try:
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        if error.returncode == -signal.SIGPROF:
            advice = "write it so that no part of the text can be matched in more than one way"
            raise Untrue(f"it takes more than {seconds:g} s to match: {advice}") from None
        reason = error.stderr.strip().splitlines()[-1:] or [f"exit code {error.returncode}"]
        raise Untrue(f"it cannot be matched: {reason[0]}") from None
    groups: dict[str, str] | None = json.loads(done.stdout)
    return groups


def _groups(pattern: str, text: str, seconds: float) -> dict[str, str] | None:
    signal.setitimer(signal.ITIMER_PROF, seconds)  # nobody handles its signal, which ends us
    last = deque(re.finditer(pattern, text, FLAGS), maxlen=1)
    return {name: part for name, part in last[0].groupdict().items() if part} if last else None


if __name__ == "__main__":
    print(json.dumps(_groups(*json.load(sys.stdin))))
