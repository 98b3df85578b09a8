"""Serves the calls of one loaded program until the judge hangs up.

All of this is at the program's mercy, and that is fine: whatever is written to REPLIES is no more than a
claim about what the program's function returned, and the judge alone knows what it should have been.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchkit.judging.sandbox.jail.sharing import SharedValues, exception_names
from benchkit.judging.sandbox.wire import codec, frames

MODULE = "solution"
_MOST_TEXT = 400


def serve(source: str | bytes) -> None:
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module
    server = _Server(module.__dict__)
    server.load(source)
    while True:
        kind, *details = frames.read_request(frames.REQUESTS)
        server.handlers[kind](*details)


class _Server:
    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.targets: dict[str, Callable[..., Any]] = {}
        self.large: dict[int, bytes] = {}
        self.calls = 0
        self.shared = SharedValues()
        self.handlers: dict[str, Callable[..., None]] = {
            "call": self.call,
            "fetch": self.fetch,
            "share": self.share,
            "inside": self.run_inside,
        }

    def load(self, source: str | bytes) -> None:
        began = perf_counter()
        try:
            exec(compile(source, f"{MODULE}.py", "exec", dont_inherit=True), self.names)
        except BaseException as error:
            self.raised(began, error)
        else:
            frames.write_reply(frames.REPLIES, frames.LOADED, perf_counter() - began, b"")

    def call(self, entry_point: str, inputs: list[tuple[Any, ...]], named: dict[str, Any]) -> None:
        """One reply a call, written at once, so that a crash loses none."""
        for arguments in inputs:
            began = perf_counter()
            try:
                function = self.targets.get(entry_point) or self.find(entry_point)
                value = function(*arguments, **named)
            except BaseException as error:
                self.raised(began, error)
            else:
                self.returned(perf_counter() - began, value)
            self.calls += 1

    def find(self, entry_point: str) -> Callable[..., Any]:
        """`name`, or `Class().method` on one object for all calls."""
        head, _, method = entry_point.partition("().")
        if head not in self.names:
            raise NameError(f"name {head!r} is not defined")
        function = getattr(self.names[head](), method) if method else self.names[head]
        self.targets[entry_point] = function
        return function  # type: ignore[no-any-return]

    def returned(self, seconds: float, value: Any) -> None:
        try:
            encoded = codec.encode(value)
        except BaseException as error:
            text = str(error) if type(error) is codec.NotPlain else type(value).__name__
            frames.write_reply(frames.REPLIES, frames.OPAQUE, seconds, _text(text))
            return
        if len(encoded) <= frames.LARGE:
            frames.write_reply(frames.REPLIES, frames.VALUE, seconds, encoded)
            return
        self.large[self.calls] = encoded
        body = codec.digest_of(encoded) + frames.LENGTH.pack(len(encoded))
        frames.write_reply(frames.REPLIES, frames.DIGEST, seconds, body)

    def fetch(self, call: int) -> None:
        frames.write_reply(frames.REPLIES, frames.VALUE, 0.0, self.large[call])

    def raised(self, began: float, error: BaseException) -> None:
        kind, base, _ = exception_names(error)
        body = b"\0".join(_text(part) for part in (kind, base, _words(error)))
        frames.write_reply(frames.REPLIES, frames.RAISED, perf_counter() - began, body)

    def share(
        self,
        target: str | tuple[int, str],
        arguments: list[tuple[Any, int | None]],
        named: dict[str, tuple[Any, int | None]],
        forgotten: list[int],
        result: int,
        most: int,
    ) -> None:
        """A call of a test at arm's length: of a function by its name, or of a kept object by its place."""
        shared = self.shared
        shared.drop_values(forgotten)
        given = [shared.receive(*argument) for argument in arguments]
        given_named = {name: shared.receive(*argument) for name, argument in named.items()}
        began = perf_counter()
        reply: tuple[Any, ...]
        try:
            function = self.find(target) if isinstance(target, str) else shared.find(*target)
            value = function(*given, **given_named)
        except BaseException as error:
            seconds = perf_counter() - began
            reply = ("raised", *exception_names(error), _words(error), *shared.raised(error))
        else:
            seconds = perf_counter() - began
            reply = ("returned", *shared.returned(value, result))
        frames.write_reply(frames.REPLIES, frames.SHARED, seconds, shared.encoded(reply, most))

    def run_inside(self, support: str, test: str, entry_point: str, token: bytes) -> None:
        """A test that the judge cannot hold at arm's length runs here; its end is proven by the token.

        As in plain Python it shares the code's names; of the prompt's it gets what the code does not define.
        """
        began = perf_counter()
        names = self.names
        try:
            candidate = self.find(entry_point)
            further: dict[str, Any] = {"__name__": MODULE}
            exec(compile(support, "support.py", "exec", dont_inherit=True), further)
            for name, value in further.items():
                names.setdefault(name, value)
            own = names.get("check")
            exec(compile(test, "test.py", "exec", dont_inherit=True), names)
            if names.get("check") is not own:
                names["check"](candidate)
        except BaseException as error:
            self.raised(began, error)
        else:
            frames.write_reply(frames.REPLIES, frames.ENDED, perf_counter() - began, token)


def _text(text: str) -> bytes:
    return text[:_MOST_TEXT].replace("\0", "\\0").encode("utf-8", "backslashreplace")


def _words(error: BaseException) -> str:
    try:
        return str(error)[:_MOST_TEXT]
    except BaseException:  # its __str__ is the program's as well
        return ""
