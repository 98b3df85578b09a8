"""Pages and components: HTML, CSS and JavaScript, run on Node with a DOM library."""

from __future__ import annotations

from dataclasses import replace

from benchkit.errors import MissingDependency
from benchkit.languages.building import Toolchain
from benchkit.languages.finding import own_folders
from benchkit.languages.javascript import JavaScript, packages_folder

DOM = "jsdom"


class Html(JavaScript):
    """As JavaScript, with the DOM library beside it."""

    name = "html"
    title = "HTML"
    labels: tuple[str, ...] = ("html", "htm", "css", "svg")
    suffix = ".html"
    comment = ""

    def calling_program(self, _source: str, _entry_point: str) -> None:
        return None

    def find_toolchain(self) -> Toolchain:
        toolchain = super().find_toolchain()
        folder = packages_folder()
        if not (folder / DOM).is_dir():
            raise MissingDependency(DOM, "make toolchains brings it")
        return replace(toolchain, folders=(*toolchain.folders, *own_folders(folder)))
