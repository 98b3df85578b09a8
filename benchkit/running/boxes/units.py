"""Systemd's units for a head and for a box: of a user, started with the machine, and again after an end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchkit.environment import ROOT
from benchkit.link.certificates import cluster_folder

UNIT = """\
# {file}
# Then: systemctl --user daemon-reload && systemctl --user enable --now {name}
# and, so that it runs while you are logged out: loginctl enable-linger
[Unit]
Description=bench_runner: {what}
# However often it ends: after a reboot the network may take a while, and a user's units cannot wait for it.
StartLimitIntervalSec=0

[Service]
ExecStart={command}
WorkingDirectory={folder}
Environment={path}
Restart=always
RestartSec=1
# A box that is stopped puts its runs away first: its process alone gets the signal.
KillMode=mixed
TimeoutStopSec=60

[Install]
WantedBy=default.target
"""


def unit(subcommand: str, words: Sequence[str]) -> str:
    """The file for this command on this machine, with where it belongs."""
    name = f"bench-runner-{subcommand}.service"
    program = (sys.executable, str(ROOT / "bench_runner.py"), "cluster", subcommand, *words)
    return UNIT.format(
        file=Path(cluster_folder()).parents[1] / "systemd" / "user" / name,
        name=name,
        what={"head": "the head of a cluster", "join": "a box of a cluster"}[subcommand],
        command=" ".join(map(_quoted, program)),
        folder=_escaped(str(Path.cwd())),
        path=_in_quotes(f"PATH={os.environ.get('PATH', os.defpath)}"),
    )


def _quoted(word: str) -> str:
    """As systemd reads a word of a command: in quotes, its own signs doubled."""
    return _in_quotes(word).replace("$", "$$")


def _in_quotes(text: str) -> str:
    return '"' + _escaped(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
