"""Every error a person can meet, as one tree.

BenchError                    exit code 1: what was asked for could not be done
├── UsageError                exit code 2: what was asked for makes no sense as it was typed
│   ├── UnknownName               no such benchmark, parser, server, dataset…: the known ones are listed
│   └── MissingDependency         an optional library or program is absent: the command that brings it
├── ModelFileError            the GGUF file itself: missing part, not GGUF, truncated…
├── ServerError               a model server did not start, died, hangs, or serves something else
│   ├── EngineMissing             the engine is not installed
│   ├── BadServerFlag             the engine refused an argument
│   ├── PortTaken                 somebody else listens on the port
│   ├── ModelRefused              the engine's own word that it cannot load this file
│   │   └── UnknownArchitecture       … because its build is older than the model
│   ├── OutOfVRAM                 the model, its cache or its buffers do not fit on the GPU
│   ├── OutOfRAM                  … or in memory: the server was killed
│   ├── StartTimeout              neither ready nor dead within the time given
│   ├── WrongModel                something answers, but it is not the model we asked for
│   ├── NotAsAsked                --strict: fewer layers, less context or another device than asked
│   ├── ServerDied                the process ended while it was in use
│   ├── ServerHangs               the process lives and no token comes
│   ├── ServerBusy                it refuses for now, and may answer in a moment
│   └── AccountEmpty              a provider wants money before it answers
├── ScriptError               the benchmark script crashed, timed out or said nothing
├── ParseError                its output holds no result that the parser knows
├── HistoryError              the history cannot be read or written
│   └── StoreUnavailable          a shared history cannot be reached, is full or takes nothing for now
├── ClusterError              a head or a box cannot be reached, or refuses what it was asked
├── NoDiskSpace               the disk is about to be full: a run was stopped before it was
├── ProblemsError             a problems file or a samples file cannot be used
├── EndpointError             the model's endpoint refused or cannot be reached (the client's side)
├── CostLimit                 --max-cost would be passed: nothing more is asked
└── SandboxError              no safe way to run the model's code on this machine
Interrupted                   exit code 130: the person pressed Ctrl-C

An error's text is one line that names the thing and the next step. `cause` is the short word kept in a
run's record, `log` the tail of what a program said, shown below the line, and `machine_wide` says that the
fault lies with this machine, so that the next model would fail alike.
"""

from collections.abc import Iterable

from benchkit.contract import ExitCode


class BenchError(Exception):
    """An error with a text for people; everything else that is raised is a bug of ours."""

    exit_code = ExitCode.FAILED
    cause = "error"
    tells_cause = False  # whether the text itself begins with the cause
    machine_wide = False

    def __init__(self, message: str, *, log: str = "", machine_wide: bool | None = None) -> None:
        super().__init__(message)
        self.log = log
        if machine_wide is not None:  # a fault that is the machine's only in some cases
            self.machine_wide = machine_wide


class UsageError(BenchError):
    exit_code = ExitCode.USAGE
    cause = "usage"


class UnknownName(UsageError):
    """A name that is in no table; lists the known ones, the nearest first."""

    cause = "unknown name"

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.known = sorted(known)
        from difflib import get_close_matches

        near = get_close_matches(name, self.known, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        super().__init__(f"unknown {kind} {name!r}: {guess}known are {', '.join(self.known)}")


class MissingDependency(UsageError):
    """An optional library or program that is not there, with the command that brings it."""

    cause = "missing dependency"
    machine_wide = True

    def __init__(self, what: str, command: str) -> None:
        super().__init__(f"{what} is not installed: {command}")
        self.command = command


class ModelFileError(BenchError):
    cause = "model file"


class ServerError(BenchError):
    cause = "server"


class EngineMissing(ServerError):
    cause = "engine not installed"
    machine_wide = True


class BadServerFlag(ServerError):
    cause = "bad server flag"


class PortTaken(ServerError):
    cause = "port taken"


class ModelRefused(ServerError):
    cause = "model refused"


class UnknownArchitecture(ModelRefused):
    cause = "unknown architecture"


class OutOfVRAM(ServerError):
    """`layers` is how many GPU layers would fit, where that is known."""

    cause = "out of VRAM"

    def __init__(self, message: str, *, log: str = "", layers: int | None = None) -> None:
        super().__init__(message, log=log)
        self.layers = layers


class OutOfRAM(ServerError):
    cause = "out of RAM"


class StartTimeout(ServerError):
    cause = "start timeout"


class WrongModel(ServerError):
    cause = "wrong model"


class NotAsAsked(ServerError):
    cause = "not as asked"


class ServerDied(ServerError):
    cause = "server died"


class ServerHangs(ServerError):
    cause = "server hangs"


class ServerBusy(ServerError):
    """`wait_s` is the pause that the server asks for; `rate_limited`, whether too much was asked of it."""

    wait_s: float | None = None
    rate_limited = False


class AccountEmpty(ServerError):
    cause = "account at the provider"


class ScriptError(BenchError):
    cause = "script"


class ParseError(BenchError):
    cause = "no result in the output"
    tells_cause = True


class HistoryError(BenchError):
    cause = "history"


class StoreUnavailable(HistoryError):
    """A shared history does not answer or takes nothing, which may be over in a while."""


class ClusterError(BenchError):
    """`may_pass` says that the same may succeed in a moment."""

    cause = "cluster"
    may_pass = False


class NoDiskSpace(BenchError):
    cause = "no disk space"
    machine_wide = True


class ProblemsError(BenchError):
    exit_code = ExitCode.USAGE
    cause = "problems"


class EndpointError(BenchError):
    cause = "endpoint"


class CostLimit(BenchError):
    """The next answer could pass what may be spent."""

    cause = "cost limit"


class SandboxError(BenchError):
    cause = "sandbox"
    machine_wide = True


class Interrupted(BaseException):
    """Ctrl-C, seen by us and passed up to the command, which exits with 130."""

    exit_code = ExitCode.INTERRUPTED
