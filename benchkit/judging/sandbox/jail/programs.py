"""Runs a whole program on real descriptors: Python source in this very process, anything else by exec."""

from __future__ import annotations

import atexit
import contextlib
import io
import linecache
import os
import posix
import signal
import sys
import threading
import traceback
import types
from collections.abc import Sequence

from benchkit.judging.sandbox.wire import frames

SCRIPT = "main.py"


def run_source(source: str | bytes) -> int:
    """As `python main.py` would: __main__, its own standard streams, and its exit code."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, __file__=SCRIPT)
    sys.modules["__main__"] = module
    sys.argv[:] = [SCRIPT]
    code = _exit_code(source, module)
    if code == frames.UNCAUGHT:
        return code  # at once: an exit handler of the program's own could end it with another code
    return _finish(code, module)


def open_streams() -> None:
    """Streams on 0, 1 and 2, made in the zygote over pipes; a fork only puts its own descriptors there."""
    reads, writes = os.pipe()
    for fd, end in ((0, reads), (1, writes), (2, writes)):
        os.dup2(end, fd)
    os.close(reads)
    os.close(writes)
    for name, fd, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        raw = open(fd, mode + "b", closefd=False)  # noqa: SIM115 - the program's own stream
        errors = "backslashreplace" if fd == 2 else "surrogateescape"
        stream = io.TextIOWrapper(raw, "utf-8", errors, line_buffering=fd == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _exit_code(source: str | bytes, module: types.ModuleType) -> int:
    try:
        exec(compile(source, SCRIPT, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as end:
        return _code_of(end)
    except BaseException as error:
        _show(error, source)
        return frames.UNCAUGHT
    return 0


def _code_of(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    with contextlib.suppress(BaseException):
        print(end.code, file=sys.stderr)
    return 1


def _show(error: BaseException, source: str | bytes) -> None:
    """The traceback as Python prints it, without our own frames."""
    leave = os._exit
    for module in (os, posix):  # the exception's text and the streams may be the program's own
        vars(module)["_exit"] = lambda _: leave(frames.UNCAUGHT)
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    linecache.cache[SCRIPT] = (len(text), None, text.splitlines(keepends=True), SCRIPT)
    below = error.__traceback__
    while below is not None and below.tb_frame.f_code.co_filename != SCRIPT:
        below = below.tb_next
    with contextlib.suppress(BaseException):  # its excepthook is not asked: it could hide the exception
        traceback.print_exception(type(error), error, below)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def _finish(code: int, module: types.ModuleType) -> int:
    """What the interpreter does at its end: wait for threads, run exit handlers, drop what is left, flush."""
    for step in (threading._shutdown, atexit._run_exitfuncs):  # type: ignore[attr-defined]
        try:
            step()
        except BaseException:
            traceback.print_exc()
    module.__dict__.clear()  # a file of the program's own writes out what it holds when it goes
    for stream in (sys.stdout, sys.stderr, sys.__stdout__):
        try:
            if stream is not None:
                stream.flush()
        except BaseException:
            code = code or 120  # as Python itself exits where its output cannot be written
    return code


def run_command(argv: Sequence[str]) -> int:
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    try:
        os.execvp(argv[0], list(argv))
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    return 127
