"""bench_runner.py dashboard: the page in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from benchkit.commands.options import history_option, runs_dir_option


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
@history_option
@runs_dir_option
def command(port: int, opens: bool, models: tuple[Path, ...], history: str, runs_dir: Path) -> None:
    """Launch, watch, rank and look into every answer, in the browser."""
    import secrets

    from benchkit.dashboard.app import make_app
    from benchkit.dashboard.guard import Access
    from benchkit.dashboard.server import listen, serve
    from benchkit.dashboard.site import Site
    from benchkit.files import cache_folder
    from benchkit.telling.history import open_store

    listening = listen("127.0.0.1", port)
    access = Access("127.0.0.1", listening.getsockname()[1], secrets.token_urlsafe(24))
    settings_file = cache_folder() / "dashboard.json"
    site = Site(open_store(history), history, runs_dir, models, access, settings_file)
    click.echo(access.address)
    if opens:
        click.launch(access.address)
    serve(make_app(site), listening)
