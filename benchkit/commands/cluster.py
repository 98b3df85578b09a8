"""bench_runner.py cluster: several boxes that work off one plan."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from benchkit.commands.options import runs_dir_option
from benchkit.errors import ClusterError, UsageError
from benchkit.link.wire import DEFAULT_PORT
from benchkit.terminal import how_many

systemd_option = click.option("--systemd", is_flag=True, help="Print a unit for it, and start nothing.")


@click.group(context_settings={"max_content_width": 110})
def command() -> None:
    """Several boxes, one plan: a head knows them, each runs what it has the model and the room for.

    First `init`, then `head` on one box and `join` on each; then batch PLAN --cluster ADDRESS.
    """


@command.command("init")
@click.argument("names", nargs=-1, metavar="[BOX]…")
@click.option("--name", help="What this box is called; default: its host name.")
def init(names: tuple[str, ...], name: str | None) -> None:
    """Make the cluster's certificates: one for this box, one for each further BOX."""
    import os

    from benchkit.link.certificates import cluster_folder, make_certificates
    from benchkit.rerun import quoted

    own = os.uname().nodename.partition(".")[0] if name is None else name
    made = make_certificates(own, names)
    folder = cluster_folder()
    print(f"{'a new cluster' if made.new_authority else 'the cluster'} in {folder}; this box is {made.own}")
    for one in made.folders:
        print(f"\nfor {one.name}, whose key is for nobody else; from here:")
        place = ".config/bench_runner/cluster"
        unpack = f"umask 077; mkdir -p {place} && tar -x -C {place}"
        print(f"  tar -c -C {quoted((str(one), '.'))} | {quoted(('ssh', one.name, unpack))}")


@command.command("head")
@click.option("--host", default="0.0.0.0", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True)
@systemd_option
def head(host: str, port: int, systemd: bool) -> None:
    """Know the boxes that are there. It runs nothing itself: `join` this box as well if it is to."""
    if systemd:
        from benchkit.running.boxes.units import unit

        print(unit("head", ("--host", host, "--port", str(port))), end="")
        return
    import asyncio

    from benchkit.link.certificates import own_credentials
    from benchkit.link.wire import prepare

    prepare()
    credentials = own_credentials()
    from benchkit.running.boxes.head import run_head

    asyncio.run(run_head(host, port, credentials, lambda: _say(f"the head listens at {host}, port {port}")))


@command.command("join")
@click.argument("address")
@click.option(
    "--models", multiple=True, metavar="PATH", help="The model files of this box: files, globs, folders."
)
@click.option("--allow-commands", is_flag=True, help="Also run scripts and programs that a plan names.")
@runs_dir_option
@systemd_option
def join(address: str, models: tuple[str, ...], allow_commands: bool, runs_dir: Path, systemd: bool) -> None:
    """Be a box of the cluster whose head is at ADDRESS, until `cluster leave` or Ctrl-C."""
    if systemd:
        _print_unit(address, models, allow_commands, runs_dir)
        return
    import asyncio

    from benchkit.link.certificates import own_credentials
    from benchkit.link.probing import probe
    from benchkit.link.wire import head_address, prepare
    from benchkit.running.boxes.inventory import take_inventory
    from benchkit.running.boxes.membership import membership

    host, port = head_address(address)
    prepare()
    credentials = own_credentials()
    from benchkit.running.boxes.box import run_box
    from benchkit.running.boxes.groups import Groups, make_groups_folder

    make_groups_folder(runs_dir)
    with membership(credentials.name):
        try:
            probe(host, port, credentials)
        except ClusterError as error:
            if not error.may_pass:
                raise
            _say(f"{error}; waiting for it")
        inventory = take_inventory(credentials.name, models or (".",), _say, allows_commands=allow_commands)
        _say(f"{credentials.name}: {how_many(len(inventory.models), 'model')}, {inventory.slots} at a time")
        asyncio.run(run_box(host, port, credentials, Groups(inventory, runs_dir), _say))


def _print_unit(address: str, models: tuple[str, ...], allow_commands: bool, runs_dir: Path) -> None:
    from benchkit.running.boxes.units import unit

    words = [address, *(word for place in models for word in ("--models", str(Path(place).absolute())))]
    words += ["--allow-commands"] if allow_commands else []
    print(unit("join", (*words, "--runs-dir", str(runs_dir.absolute()))), end="")


@command.command("status")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="The boxes as a list.")
def status(address: str, as_json: bool) -> None:
    """Which boxes are there, what each has, and what it does."""
    from benchkit.link.calls import Calls, Operation
    from benchkit.running.executors.answers import read_facts
    from benchkit.terminal import print_json_list

    with Calls(address) as calls:
        asked = [(box, calls.asked(box, Operation.FACTS, read=read_facts)) for box in calls.boxes()]
        rows: list[dict[str, Any]] = []
        for box, answer in asked:
            try:
                rows.append(answer.result())
            except ClusterError as error:
                rows.append({"name": box.name, "error": str(error)})
    if as_json:
        print_json_list(rows)
        return
    if not rows:
        print(f"no box has joined {address} yet: bench_runner.py cluster join {address} on each")
    for one in rows:
        print(_in_words(one))


def _in_words(box: dict[str, Any]) -> str:
    if "error" in box:
        return f"{box['name']}: {box['error']}"
    machine = box["machine"]
    engines = [f"{kind} {version}" for kind, version in box["engines"].items() if version]
    gpus = ", ".join(box["gpus"]) or "no GPU"
    gpus += f" with {machine['vram_mb'] / 1024:.1f} GiB" if machine.get("vram_mb") else ""
    lines = [
        f"{box['name']}: {'at work: ' + ', '.join(box['at_work']) if box['at_work'] else 'idle'}",
        f"  machine     {gpus} · {machine.get('cpu')} · {machine.get('os')}",
        f"  engines     {', '.join(engines) or 'none'}",
        f"  toolchains  {', '.join(f'{name} {version}' for name, version in box['toolchains'].items())}",
        f"  judging     {_judging_in_words(box.get('judging') or {})}",
        f"  models      {', '.join(model['name'] for model in box['models']) or 'none'}",
    ]
    return "\n".join(lines)


def _judging_in_words(offer: dict[str, Any]) -> str:
    if "workers" not in offer:
        return f"no: {offer.get('refusal', 'its version knows nothing of it')}"
    return f"{offer['workers']} at once · {offer['level']} · Python {offer['python']}"


@command.command("leave")
def leave() -> None:
    """End this box's part: its runs are put away, and go on elsewhere or once it has joined again."""
    from benchkit.link.certificates import own_credentials
    from benchkit.running.boxes.membership import end_membership

    name = own_credentials().name
    if not end_membership(name):
        raise UsageError(f"{name} has joined no cluster on this machine")
    print(f"{name} has left")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
