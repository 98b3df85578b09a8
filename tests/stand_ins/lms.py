"""LM Studio's `lms` and its REST API, as far as a benchmark needs them, with faults on demand.

Written after https://lmstudio.ai/docs/cli, https://lmstudio.ai/docs/developer/rest (v1 and v0) and the source
of `lms` at https://github.com/lmstudio-ai/lms (src/subcommands): `--exact` compares with a model's *path*, a
taken identifier gets a number behind it, JSON goes to stdout, failures end with exit code 1.

The HTTP server is lms_rest.py. LMS_HOME is the folder of both: `models/` holds the files, `loaded.json` what
is in memory. LMS_FAULTS is a list of what shall go wrong, with commas between: see FAULTS.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FAULTS = {
    "fuzzy": "loads the last model of the list, whatever was asked for",
    "second": "gives the instance another identifier, with :2 behind it",
    "small context": "takes less context than asked for, and says nothing",
    "keeps": "says that it unloaded, and did not",
    "forgets": "says that it loaded, and did not",
    "never loads": "a load that goes on for ever",
    "never answers": "a chat completion that never comes",
    "guardrails": "refuses to load for want of memory",
    "unknown architecture": "refuses to load what its llama.cpp does not know",
    "hidden": "does not list what was imported",
    "on the CPU": "its runtime cannot use a GPU",
    "before 0.4": "knows the REST API v0 only",
    "garbled": "prints something that is no JSON",
}
HOME = Path(os.environ.get("LMS_HOME", "."))
REFUSALS = {
    "guardrails": "Model loading was stopped due to insufficient system resources.",
    "unknown architecture": "error loading model: unknown model architecture: 'brandnew'",
}


def faulty(name: str) -> bool:
    assert name in FAULTS, name
    return name in os.environ.get("LMS_FAULTS", "").split(",")


@contextmanager
def memory() -> Iterator[list[dict[str, Any]]]:
    """What is loaded, to be read and changed by one at a time."""
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = HOME / "loaded.json"
        found = json.loads(path.read_text()) if path.exists() else []
        yield found
        path.write_text(json.dumps(found))


def downloaded() -> list[dict[str, Any]]:
    root = HOME / "models"
    found = []
    for path in sorted(root.glob("*/*/*.gguf")):
        place = path.relative_to(root)
        if faulty("hidden") and path.is_symlink():
            continue
        found.append(
            {
                "type": "llm",
                "modelKey": path.stem.lower(),
                "format": "gguf",
                "displayName": path.stem,
                "publisher": place.parts[0],
                "path": place.as_posix(),
                "sizeBytes": path.stat().st_size,
                "architecture": "llama",
                "vision": False,
                "trainedForToolUse": False,
                "maxContextLength": 8192,
            }
        )
    return found


def load(options: argparse.Namespace) -> None:
    models = downloaded()
    exact = [model for model in models if model["path"] == options.model]
    similar = [model for model in models if options.model.lower() in model["path"].lower()]
    found = models[-1:] if faulty("fuzzy") else exact if options.exact else similar
    if not found:
        sys.exit(f"Error: Model not found\n\n  No model found with path being exactly {options.model!r}.")
    for name, text in REFUSALS.items():
        if faulty(name):
            sys.exit(f"Error: Failed to load model\n\n  {text}")
    while faulty("never loads"):
        time.sleep(1)
    if not faulty("forgets"):
        put_into_memory(found[0], options)
    print(f'Model loaded successfully in 0.10s.\n(1 MiB)\nTo use the model, use "{options.identifier}".')


def put_into_memory(model: dict[str, Any], options: argparse.Namespace) -> None:
    with memory() as loaded:
        name = options.identifier or model["modelKey"]
        if faulty("second") or any(one["identifier"] == name for one in loaded):
            name += ":2"
        context = min(options.context_length or 4096, 1024 if faulty("small context") else 1 << 20)
        instance = {"identifier": name, "contextLength": context, "parallel": options.parallel or 4}
        loaded.append({**model, **instance, "status": "idle", "queued": 0, "gpu": options.gpu})


def unload(options: argparse.Namespace) -> None:
    with memory() as loaded:
        kept = [one for one in loaded if not options.all and one["identifier"] != options.identifier]
        if len(kept) == len(loaded):
            sys.exit(f"Error: Model not found: {options.identifier}")
        if not faulty("keeps"):
            loaded[:] = kept
    print(f'Model "{options.identifier}" unloaded.')


def import_file(options: argparse.Namespace) -> None:
    target = HOME / "models" / options.user_repo / Path(options.file).name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        sys.exit(f"Target file already exists: {target}")
    if not options.symbolic_link:
        sys.exit("this stand-in knows --symbolic-link only")
    target.symlink_to(options.file)
    print(f"Symbolic link created at {target}", file=sys.stderr if options.quiet else sys.stdout)


def say(found: Any) -> None:
    print("?!" if faulty("garbled") else json.dumps(found))


def server(options: argparse.Namespace) -> None:
    note = HOME / "server.json"
    known = json.loads(note.read_text()) if note.exists() else {}
    if options.action == "status":
        say({"running": is_running(known), "port": known.get("port")})
    elif options.action == "start" and not is_running(known):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            pid = os.fork()
            if not pid:
                become_server(listening.fileno())
        note.write_text(json.dumps({"port": port, "pid": pid}))
        print(f"Success! Server is now running on port {port}")
    elif options.action == "stop":
        os.kill(known["pid"], signal.SIGTERM)
        print(f"Stopped the server on port {known['port']}.")


def become_server(listening: int) -> None:
    """A daemon of its own, which outlives the command."""
    os.setsid()
    os.set_inheritable(listening, True)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    program = str(Path(__file__).with_name("lms_rest.py"))
    os.execv(sys.executable, [sys.executable, "-S", program, str(listening), str(HOME)])


def is_running(known: dict[str, Any]) -> bool:
    with socket.socket() as probe:
        return "port" in known and probe.connect_ex(("127.0.0.1", known["port"])) == 0


def main() -> None:
    parser = argparse.ArgumentParser("lms")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("ls", "ps", "version"):
        commands.add_parser(name).add_argument("--json", action="store_true")
    loading = commands.add_parser("load")
    loading.add_argument("model")
    loading.add_argument("--gpu")
    loading.add_argument("--context-length", type=int)
    loading.add_argument("--parallel", type=int)
    loading.add_argument("--identifier")
    loading.add_argument("--exact", action="store_true")
    loading.add_argument("-y", "--yes", action="store_true")
    unloading = commands.add_parser("unload")
    unloading.add_argument("identifier", nargs="?")
    unloading.add_argument("--all", action="store_true")
    importing = commands.add_parser("import")
    importing.add_argument("file")
    importing.add_argument("--user-repo", required=True)
    importing.add_argument("-y", "--yes", action="store_true")
    importing.add_argument("-l", "--symbolic-link", action="store_true")
    importing.add_argument("--quiet", action="store_true")
    serving = commands.add_parser("server")
    serving.add_argument("action", choices=("start", "status", "stop"))
    serving.add_argument("--json", action="store_true")
    act(parser.parse_args())


def act(options: argparse.Namespace) -> None:
    if options.command == "ps":
        with memory() as loaded:
            say(loaded)
    elif options.command == "ls":
        say(downloaded())
    elif options.command == "version":
        print(json.dumps({"version": "0123456789abcdef"}))
    else:
        {"load": load, "unload": unload, "import": import_file, "server": server}[options.command](options)


if __name__ == "__main__":
    main()
