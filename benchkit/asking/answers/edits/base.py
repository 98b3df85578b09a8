"""What an answer asks to change, and the files it is applied to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Malformed(Exception):
    """An answer that cannot be applied; its text is the reason, one line."""


@dataclass(frozen=True)
class Workspace:
    """The files that an answer is written for."""

    files: Mapping[str, bytes]
    editable: tuple[str, ...]
    labels: tuple[str, ...] = ()  # of fences with code in the task's language


@dataclass
class Draft:
    """The files while an answer is applied to them: text with LF line ends, and how each was stored."""

    workspace: Workspace
    texts: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def read(self, name: str) -> str | None:
        """The file's text as it is now; None where there is no such file. Malformed for a binary one."""
        if name in self.deleted:
            return None
        if name not in self.texts and name in self.workspace.files:
            content = self.workspace.files[name]
            if b"\0" in content:
                raise Malformed(f"{name} is a binary file")
            return decoded(content).replace("\r\n", "\n")
        return self.texts.get(name)

    def write(self, name: str, text: str) -> None:
        self.deleted.discard(name)
        self.texts[name] = text

    def delete(self, name: str) -> None:
        self.texts.pop(name, None)
        self.deleted.add(name)

    def stored(self, name: str) -> bytes:
        """The new content with the line ends that the file had."""
        text = self.texts[name]
        if b"\r\n" in self.workspace.files.get(name, b""):
            text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        return text.encode("utf-8", "surrogateescape")


class Change(Protocol):
    """One thing that an answer asks for."""

    # The file it names; None where it leaves that open.
    @property
    def path(self) -> str | None: ...

    # Do it; raises Malformed where it cannot be done, and then the whole answer counts for nothing.
    def apply(self, draft: Draft) -> None: ...


def decoded(content: bytes) -> str:
    """Bytes that are no UTF-8 come back as they were."""
    return content.decode("utf-8", "surrogateescape")
