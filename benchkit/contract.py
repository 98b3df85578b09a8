"""The script contract: what the runner and a benchmark script share, each name spelled here and nowhere else.

The runner starts a script as a child with flags and environment variables, reads the events it appends while
it works and the files it leaves in the run's folder, and takes exit code 0 for "it ran to its end". Our own
scripts are started with `--check` before any server is.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from struct import Struct
from typing import Final


class Placeholder(StrEnum):
    """A value that the runner fills into a command line, as {base_url}."""

    BASE_URL = "base_url"  # ends in /v1
    MODEL = "model"  # the name to ask for
    OUTPUT_DIR = "output_dir"
    TEMPERATURE = "temperature"
    MAX_TOKENS = "max_tokens"
    PARALLEL = "parallel"
    MODEL_PATH = "model_path"
    GPU_LAYERS = "gpu_layers"


FLAGS = (
    Placeholder.BASE_URL,
    Placeholder.MODEL,
    Placeholder.OUTPUT_DIR,
    Placeholder.TEMPERATURE,
    Placeholder.MAX_TOKENS,
    Placeholder.PARALLEL,
)
"""What a script that is a file gets as flags; a command line names them, and more, as placeholders."""


def flag_of(name: str) -> str:
    """`--base-url` for `base_url`."""
    return f"--{name.replace('_', '-')}"


CHECK_FLAG = "--check"
"""Read the flags, the problems and the sandbox, ask nothing, and exit: our own scripts alone have it."""


PART_FLAG = "--part"
"""`SEED:N`: only the first N problems of a random order, so that a race goes on with more later."""


class Variable:
    """The environment variables that a script gets."""

    BASE_URL: Final = "OPENAI_BASE_URL"
    API_KEY: Final = "OPENAI_API_KEY"
    OUTPUT_DIR: Final = "BENCH_OUTPUT_DIR"
    EVENTS: Final = "BENCH_EVENTS"  # the file to append events to, one JSON object a line
    PROVIDER: Final = "BENCH_PROVIDER"  # whose address it is; its key is in the variable of the key
    SPENDING: Final = "BENCH_SPENDING"  # the file in which the runs of a batch keep within its --max-cost
    PACE: Final = "BENCH_PACE"  # the folder in which runs side by side share how fast they ask a provider
    REUSE: Final = "BENCH_REUSE"  # the folder of runs whose answers may be taken; empty: ask for all
    SERVER: Final = "BENCH_SERVER"  # tells servers of one model apart that answer differently
    MODEL_SHA256: Final = "BENCH_MODEL_SHA256"  # empty where it is unknown
    DEFAULT_MODEL: Final = "DEFAULT_MODEL"  # a person's own, as are the names without BENCH_
    DEFAULT_TEMPERATURE: Final = "DEFAULT_TEMPERATURE"
    ENV_FILE: Final = "BENCH_ENV_FILE"  # the .env whose variables the environment holds already


NO_KEY: Final = "none"
"""What stands in the variable of the key where there is none: OpenAI's library wants something there."""


class Event(StrEnum):
    """What an event's line tells of."""

    START = "start"
    PROBLEM = "problem"  # one more is judged
    HEARTBEAT = "heartbeat"  # requests are under way, or none is any more
    END = "end"


class EventKey(StrEnum):
    """The names in an event's line; `done` with `of` or `total` is what a progress line needs."""

    EVENT = "event"
    TOTAL = "total"
    DONE = "done"
    OF = "of"
    PASSED = "passed"
    ID = "id"
    VERDICT = "verdict"
    TOKENS = "tokens"
    TOKENS_PER_SECOND = "tokens_per_second"
    SCORE = "score"
    UNDER_WAY = "under_way"  # requests at the server
    TOKEN_AGE_S = "token_age_s"  # since the latest token, or since the first of them was sent


class RunFile:
    """The files in a run's folder. The first five are the runner's, the others the script's.

    Plain texts and no enumeration: pathlib takes no other kind of text for a pattern.
    """

    RECORD: Final = "run.json"
    OUTPUT: Final = "output.log"
    SERVER_LOG: Final = "server.log"
    EVENTS: Final = "events.jsonl"
    TELEMETRY: Final = "telemetry.jsonl"
    ANSWERS: Final = "answers.jsonl"
    ANSWERS_KEY: Final = "answers.key.json"  # what the answers depend on
    JUDGED: Final = "judged.jsonl"  # of a run in rounds: verdicts that hold for the next one
    VERDICTS: Final = "verdicts.jsonl"  # of a foreign harness: written by the runner
    SUMMARY: Final = "summary.json"
    MEASURES: Final = "measures.jsonl"  # what quality and efficiency of each passing answer were made of
    PROGRAM: Final = "program.json"  # what tuning made of a judge's prompt
    ENOUGH: Final = "enough"  # the runner's word that a part is to end: no further problem is begun
    RATIONALES: Final = "rationales.jsonl"  # what a judge said of each answer, item by item, and why


class JudgeRun:
    """The benchmarks in which a model judges, and what `further` of summary.json holds of them."""

    CODE: Final = "judge"  # the answers of a run
    CHECK: Final = "judge_check"  # the judge itself, on answers whose truth is known
    PAIRS: Final = "judge_pairs"  # the answers of two runs, beside one another
    TUNE: Final = "judge_tune"  # its prompt
    ALL: Final = (CODE, PAIRS, CHECK, TUNE)
    VOTES: Final = 3  # on each answer, where nobody says otherwise
    FURTHER: Final = "judge"  # the key in `further`
    SERVED: Final = "served"  # … and in it what the server told of its model


class ScorePart(StrEnum):
    """The parts of the composite, by their names in summary.json's `further.parts`, columns and weights."""

    CORRECTNESS = "correctness"
    SPEED = "speed"
    QUALITY = "quality"
    EFFICIENCY = "efficiency"


class Figure(StrEnum):
    """Figures of other tools, by their names in `further.parts` and columns; no part of the overall."""

    MAINTAINABILITY = "maintainability"  # radon's index of passing answers in Python, from 0 to 100
    CYCLOMATIC = "cyclomatic"  # radon's cyclomatic complexity, the mean of an answer's functions
    COVERAGE = "coverage"  # the share of the reference, in percent, that tests written by a model run


PARTS: Final = "parts"
"""Where `further` of summary.json holds the parts and the figures."""

ATTEMPTS: Final = "attempts"
"""A folder in a run's folder: one more in it for each answer to a task, with all that came of it."""


class AttemptFile(StrEnum):
    """The files of one attempt at a task, in the order in which they are read; files/ lies beside them."""

    PROMPT = "prompt.txt"
    RESPONSE = "response.txt"
    PATCH = "patch.diff"
    VERDICT = "verdict.json"
    STDOUT = "stdout.log"
    STDERR = "stderr.log"


SERVER_LOGS = "server*.log"
"""All logs of a run's servers: one that is started again writes another."""


JUDGED_ON: Final = "judged_on"
"""In a line of verdicts.jsonl: the box that judged, where that was another machine, with what it judged."""

JUDGING: Final = "judging"
"""Where `further` of summary.json holds how answers were judged."""

JUDGING_BOXES: Final = "boxes"
"""And there: the boxes that judged by their names, with what they judged and how many answers."""

JUDGING_SERVICE = "benchkit.judging.service"
"""The module that judges for a run elsewhere: a box starts it, and passes frames on that it does not read."""

JUDGING_FRAME = Struct(">QI")
"""What a frame begins with: the number that its reply has, too, and the size of what follows."""

JUDGING_BEAT = (1 << 64) - 1
"""The number of the frames by which the service says that it is alive, whatever it is busy with."""

JUDGING_BEATS_EVERY_S = 2.0

JUDGING_OFFER = "offer"
"""The word by which the service tells how this machine would judge."""


class ExitCode(IntEnum):
    """How the runner and our scripts end."""

    OK = 0  # the benchmark ran to its end, whatever the model scored
    FAILED = 1
    USAGE = 2  # nothing was started
    INTERRUPTED = 130
