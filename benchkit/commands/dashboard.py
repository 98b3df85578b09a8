"""bench_runner.py dashboard: the page in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from benchkit.commands.options import history_option, runs_dir_option

RESULTS_PATH = "results_path"


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8484, show_default=True, help="0 takes any free one."
)
@click.option("--open/--no-open", "opens", default=True, help="Open it in the browser.")
@click.option(
    "--models",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of GGUF files; repeatable.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Another than this machine's own needs --token-file.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Holds the token; default: a new one at each start.",
)
@history_option
@runs_dir_option
def command(
    port: int,
    opens: bool,
    models: tuple[Path, ...],
    host: str,
    token_file: Path | None,
    history: str,
    runs_dir: Path,
) -> None:
    """Launch, watch, rank and look into every answer, in the browser."""
    from benchkit.dashboard.access import Access, check_host, is_loopback, new_token, read_token
    from benchkit.dashboard.app import make_app
    from benchkit.dashboard.page_settings import config_file
    from benchkit.dashboard.server import listen, serve
    from benchkit.dashboard.site import Site
    from benchkit.telling.history.index.history import open_indexed
    from benchkit.terminal import say

    history = history_of_environment() or history
    check_host(host, token_file, port)
    token = new_token() if token_file is None else read_token(token_file)
    listening = listen(host, port)
    access = Access(host, listening.getsockname()[1], token)
    site = Site(open_indexed(history), history, runs_dir, models, access, config_file())
    app = make_app(site)
    click.echo(access.address)
    if not is_loopback(host):
        say("other machines can reach this page; what it shows, and the token, cross the network unencrypted")
    if where := over_ssh(access.port):
        say(where)
    elif opens and has_screen():
        click.launch(access.address)
    serve(app, listening)


def history_of_environment() -> str | None:
    """Where nobody named a history, that of .env: a table of ours is opened to be read alone."""
    source = click.get_current_context().get_parameter_source("history")
    named = os.environ.get(RESULTS_PATH, "").strip()
    if not named or source is not click.core.ParameterSource.DEFAULT:
        return None
    return f"csv://{named}" if named.lower().endswith(".csv") else named


def over_ssh(port: int) -> str:
    """What to do where the browser is on another machine; empty where it is on this one."""
    connection = os.environ.get("SSH_CONNECTION", "").split()
    if len(connection) != 4:
        return ""
    here = connection[2]
    tunnel = f"ssh -L {port}:localhost:{port} {here}"
    return f"you came over SSH: on your own machine run {tunnel}, then open the address there"


def has_screen() -> bool:
    """Whether a browser could show itself; one for terminals would only be in the way."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
