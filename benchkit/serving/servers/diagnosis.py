"""Derives the cause of a failed start, in one line, from the server's log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from benchkit.errors import (
    BadServerFlag,
    BenchError,
    EngineMissing,
    ModelRefused,
    OutOfRAM,
    OutOfVRAM,
    PortTaken,
    ServerDied,
    ServerError,
    UnknownArchitecture,
)
from benchkit.pip_commands import pip_install
from benchkit.records import ServerRequest
from benchkit.serving.servers.llama_log import read_log, without_prefix

TAIL_LINES = 20
SIGNALLED = 128
KILLED, ILLEGAL_INSTRUCTION = SIGNALLED + 9, SIGNALLED + 4
GPU_BUFFER = r"(?!CPU|\w*_Host|AMX|BLAS)\w+"
# How llama.cpp reports why it gives up; a debugger's backtrace, or advice, may stand below it.
CRASHES = (
    re.compile(r"^.*?((?:CUDA|HIP|ROCm|MUSA) error: .+)$", re.MULTILINE),
    re.compile(r"^\S+\.(?:c|cc|cpp|cu|cuh|h|hpp|m|mm):\d+: (.+)$", re.MULTILINE),
    re.compile(r"^ +what\(\): +(.+)$", re.MULTILINE),
)
LESS_MEMORY = "take a smaller model, fewer slots or a smaller --context"


@dataclass(frozen=True)
class FailedStart:
    """What is known of a server that ended before it was ready."""

    engine: str  # its kind and version, for people
    request: ServerRequest
    exit_code: int
    log: str
    killed_for_memory: bool | None = None  # by the kernel; None: unknown

    @property
    def model(self) -> str:
        return self.request.model.path.name if self.request.model else self.request.name

    @property
    def update(self) -> str:
        package = (
            "" if self.request.kind == "llama-server" else f" ({pip_install('--upgrade', self.request.kind)})"
        )
        return f"update llama.cpp{package}"

    @property
    def size(self) -> str:
        return f"{self.request.model.size_bytes / 2**20:,.0f} MB" if self.request.model else "of unknown size"


class Cause(NamedTuple):
    pattern: str
    error: type[ServerError]
    text: str  # {0}, {1}: what the pattern's brackets caught


# The first that matches is the cause: llama.cpp logs consequences further down.
CAUSES = (
    Cause(r"\[bench_runner\] cannot start (.+): (.+)", EngineMissing, "{0} cannot be started: {1}"),
    Cause(
        r"error while loading shared libraries: (\S+):|ImportError: (\S+\.so\S*):",
        EngineMissing,
        "{engine} lacks the library {0}: install it, or take a build made for this machine",
    ),
    Cause(
        r"\[bench_runner\] bad flag: (.+)",
        BadServerFlag,
        "{engine} refuses an argument: {0}; check --context, --gpu-layers and --server-arg",
    ),
    Cause(
        r"error while handling argument \"(.+?)\": (.*)",
        BadServerFlag,
        "{engine} refuses the value of {0} ({1}); check --context, --gpu-layers and --server-arg",
    ),
    Cause(
        r"error: (invalid argument: .+|unknown value for .+|unrecognized arguments: .+|argument .+)",
        BadServerFlag,
        "{engine} refuses an argument: {0}; check --server-arg",
    ),
    Cause(
        r"(couldn't bind HTTP server socket.*|.*[Aa]ddress already in use.*)",
        PortTaken,
        "the port is taken by another process: {0}",
    ),
    Cause(
        r"(?:unknown|unsupported) model architecture: '(.+?)'",
        UnknownArchitecture,
        "{engine} does not know the architecture {0!r} of {model}: {update}",
    ),
    Cause(
        r"unknown pre-tokenizer type: '(.+?)'",
        UnknownArchitecture,
        "{engine} does not know the tokenizer {0!r} of {model}: {update}",
    ),
    Cause(
        r"tensor '.+' has (invalid ggml type \d+)",
        UnknownArchitecture,
        "{engine} does not know a tensor of {model} ({0}): {update}, or the file is damaged",
    ),
    Cause(r"allocating ([\d.]+) MiB on device \d+: \w+Malloc failed: out of memory", OutOfVRAM, ""),
    Cause(r"(?:CUDA|HIP|ROCm|MUSA) error: out of memory", OutOfVRAM, ""),
    Cause(r"ErrorOutOfDeviceMemory|failed to allocate Metal buffer", OutOfVRAM, ""),
    Cause(rf"(?:unable|failed) to allocate {GPU_BUFFER} buffer\b", OutOfVRAM, ""),
    Cause(
        r"(std::bad_alloc|[Cc]annot allocate memory|(?:unable|failed) to allocate \w+ buffer.*)",
        OutOfRAM,
        f"{{model}} ({{size}}) does not fit in memory ({{0}}): {LESS_MEMORY}",
    ),
    Cause(
        r"failed to open GGUF file|Model path does not exist",
        ModelRefused,
        "{model} is not there, or cannot be read: check the path",
    ),
    Cause(
        r"this GGUF file is (version \d+) but",
        ModelRefused,
        "{engine} does not know GGUF {0}, which {model} has: {update}",
    ),
    Cause(
        r"invalid magic characters|failed to read magic|failed to read header",
        ModelRefused,
        "{model} is not a GGUF file: check the download",
    ),
    Cause(
        r"not within the file bounds|failed to read (?:key-value|tensor)|tensors expected but \d+ found",
        ModelRefused,
        "{model} is truncated or damaged: download it again",
    ),
    Cause(
        r"chat template parsing error: (.+)",
        ModelRefused,
        "{engine} cannot use the chat template of {model} ({0}): try --server-arg=--chat-template "
        "--server-arg=chatml",
    ),
    Cause(r"error loading model: (.+)", ModelRefused, "{engine} cannot load {model}: {0}"),
    Cause(
        r"failed to initialize the context: (failed to allocate.*)",
        OutOfRAM,
        f"{{model}} ({{size}}) does not fit in memory ({{0}}): {LESS_MEMORY}",
    ),
    Cause(
        r"failed to initialize the context: (.+)",
        BadServerFlag,
        "{engine} can make no context for {model}: {0}; check --server-arg and --context",
    ),
    Cause(r"[Ff]ailed to (?:load model|create_context)", ModelRefused, "{engine} cannot load {model}"),
)


def error_of_failed_start(start: FailedStart) -> ServerError:
    """The error with its cause, and the tail of the log."""
    tail = "\n".join(start.log.rstrip().splitlines()[-TAIL_LINES:])
    for pattern, error, text in CAUSES:
        if match := re.search(pattern, start.log):
            said = [group.strip() for group in match.groups() if group is not None]
            if error is OutOfVRAM:
                return _out_of_vram(start, said, tail)
            return error(_filled(text, start, said), log=tail)
    return _from_exit_code(start, tail)


def _filled(text: str, start: FailedStart, said: list[str]) -> str:
    words = {name: getattr(start, name) for name in ("engine", "model", "size", "update")}
    return text.format(*said, **words)


def _from_exit_code(start: FailedStart, tail: str) -> ServerError:
    """The log does not explain it: derive the cause from the exit code."""
    if start.exit_code == KILLED and start.killed_for_memory:
        text = f"{start.model} ({start.size}) does not fit in memory, the kernel killed it: {LESS_MEMORY}"
        return OutOfRAM(text, log=tail)
    if start.exit_code == KILLED:
        text = (
            f"{start.engine} was killed from outside while loading {start.model}: by a person or by a daemon"
        )
        return ServerDied(f"{text} that guards memory", log=tail)
    if start.exit_code == ILLEGAL_INSTRUCTION:
        return EngineMissing(f"{start.engine} was built for another processor: take another build", log=tail)
    ended = f"{start.engine} ended with {exit_words(start.exit_code)} while loading {start.model}"
    return ServerDied(f"{ended}: {last_error_lines(start.log)}", log=tail)


def _out_of_vram(start: FailedStart, said: list[str], tail: str) -> OutOfVRAM:
    """What was free, what it needs, and how many layers would fit, as far as that is known."""
    loaded = read_log(start.log)
    need = loaded.projected_mb or (float(said[0]) if said else None)
    needs = f"needs {need:,.0f} MB of VRAM" if need else "does not fit in VRAM"
    free = f" and {loaded.free_vram_mb:,.0f} MB was free" if loaded.free_vram_mb is not None else ""
    layers = _layers_that_fit(start, loaded.free_vram_mb)
    advice = "take fewer --gpu-layers" if layers is None else f"--gpu-layers {layers} would fit"
    text = f"{start.model} {needs}{free}: {advice}, or a smaller --context"
    return OutOfVRAM(text, log=tail, layers=layers)


def _layers_that_fit(start: FailedStart, free_mb: float | None) -> int | None:
    """How many GPU layers the VRAM that was free holds; None where that cannot be known."""
    from benchkit.serving.gguf import layers_that_fit, read_model_facts

    request = start.request
    if free_mb is None or request.model is None:
        return None
    try:
        facts = read_model_facts(request.model.path)
    except (BenchError, OSError):
        return None
    layers = layers_that_fit(int(free_mb * 2**20), facts, request.context or 0, request.parallel)
    asked, total = request.gpu_layers, len(facts.layers) + 1
    tried = min(asked, total) if isinstance(asked, int) else total
    return layers if layers < tried else None  # an estimate that has just been proved wrong is no advice


def exit_words(code: int) -> str:
    return f"signal {code - SIGNALLED}" if code > SIGNALLED else f"exit code {code}"


def last_error_lines(log: str) -> str:
    """The reason of a crash where the log has one, else its last non-empty line."""
    for pattern in CRASHES:
        if matches := pattern.findall(log):
            return str(matches[-1]).strip()[:200]
    lines = [without_prefix(line) for line in log.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
