#!/usr/bin/python3
"""Stands in for `docker` and `podman`: their documented `run` and `rm`, the process really started, on this
machine.

Documentation: https://docs.docker.com/reference/cli/docker/container/run/ and
https://docs.podman.io/en/latest/markdown/podman-run.1.html. Volumes and tmpfs mounts become a folder whose
path takes the place of /bench in the command; the user is really changed. CONTAINER_FAULT=no-image answers
as an engine does that lacks the image.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WITH_VALUE = {
    "--pull": ("never",),
    "--network": ("none",),
    "--ipc": ("private",),
    "--cap-drop": ("ALL",),
    "--security-opt": ("no-new-privileges", "label=disable"),
}
FREE = (
    "--name", "--pids-limit", "--memory", "--memory-swap", "--user", "--userns", "--tmpfs", "--volume",
    "--workdir", "--env", "--entrypoint",
)  # fmt: skip
ALONE = ("--rm", "--read-only")


def main() -> int:
    command, *arguments = sys.argv[1:]
    if command == "rm":
        return 0
    if command != "run":
        print(f"unknown command: {command}", file=sys.stderr)
        return 125
    given: dict[str, list[str]] = {}
    while arguments and arguments[0].startswith("--"):
        flag = arguments.pop(0)
        if flag in ALONE:
            continue
        value = arguments.pop(0)
        if flag not in FREE and value not in WITH_VALUE.get(flag, ()):
            print(f"unknown flag: {flag} {value}", file=sys.stderr)
            return 125
        given.setdefault(flag, []).append(value)
    image, *rest = arguments
    if os.environ.get("CONTAINER_FAULT") == "no-image":
        print(f"docker: Error response from daemon: No such image: {image}", file=sys.stderr)
        return 125
    return _run(given, rest)


def _run(given: dict[str, list[str]], rest: list[str]) -> int:
    uid, gid = map(int, given["--user"][0].split(":"))
    root = Path(tempfile.mkdtemp(prefix="stand-in-container-"))
    root.chmod(0o755)
    for volume in given["--volume"]:
        source, target, mode = volume.split(":")
        assert mode == "ro"
        (root / Path(target).name).symlink_to(source)
    private = root / Path(given["--tmpfs"][0].partition(":")[0]).name
    private.mkdir(mode=0o700)
    os.chown(private, uid, gid)
    words = [given["--entrypoint"][0], *(re.sub("/bench(?=[/'])", str(root), word) for word in rest)]
    user, group = (uid, gid) if os.getuid() == 0 else (None, None)
    try:
        return subprocess.run(
            words, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, cwd="/",
            user=user, group=group, extra_groups=None if user is None else [],
        ).returncode  # fmt: skip
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
