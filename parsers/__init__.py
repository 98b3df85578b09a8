"""A benchmark's output becomes Results.

`base.py` says what a parser offers; `harness.py` is what they share: files of this run first (`folder.py`,
`zip_archive.py`), printed text second (`text.py`, `progress.py`; `matching.py` for a user's own pattern).
Every other file is one parser. To add one, write its file and its line in PARSERS. A parser of another
package is found through the entry point group "bench_runner.parsers".
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from benchkit.errors import UnknownName, UsageError
from benchkit.records import ScoreScale
from parsers.base import Parser

PARSERS = {
    "aider": "parsers.aider:AiderParser",
    "baxbench": "parsers.baxbench:BaxBenchParser",
    "bigcode": "parsers.bigcode:BigCodeParser",
    "evalplus": "parsers.evalplus:EvalPlusParser",
    "human_eval": "parsers.human_eval:HumanEvalParser",
    "human_eval_official": "parsers.human_eval_official:OfficialHumanEvalParser",
    "inspect": "parsers.inspect:InspectParser",
    "json": "parsers.json_path:JsonParser",
    "lcb": "parsers.lcb:LcbParser",
    "lcb_runner": "parsers.lcb_runner:LcbRunnerParser",
    "llama_bench": "parsers.llama_bench:LlamaBenchParser",
    "llama_eval": "parsers.llama_eval:LlamaEvalParser",
    "lm_eval": "parsers.lm_eval:LmEvalParser",
    "regex": "parsers.regex:RegexParser",
    "tasks": "parsers.tasks:TasksParser",
}
"""Name -> module:Class. A class takes nothing, or what NEEDED_SETTING names and --score-scale."""

NEEDED_SETTING = {"json": "--score-path", "regex": "--score-pattern"}


def get_parser(name: str, setting: str | None = None, scale: ScoreScale | None = None) -> Parser:
    """The parser of that name; `setting` is the pattern of `regex` or the path of `json`."""
    if scale and name not in NEEDED_SETTING:
        raise UsageError(f"--score-scale goes with --parser {' or '.join(NEEDED_SETTING)}, not with {name}")
    if name in NEEDED_SETTING and not setting:
        raise UsageError(f"parser {name} needs {NEEDED_SETTING[name]}")
    maker = _ours(name) if name in PARSERS else _theirs(name)
    parser: Parser = maker(setting, scale) if name in NEEDED_SETTING else maker()
    return parser


def _ours(name: str) -> type:
    module, _, attribute = PARSERS[name].partition(":")
    parser: type = getattr(import_module(module), attribute)
    return parser


def _theirs(name: str) -> type:
    others = _others()
    if name not in others:
        raise UnknownName("parser", name, [*PARSERS, *others])
    point = others[name]
    try:
        parser: type = point.load()
    except Exception as error:  # whatever the package does when it is imported
        package = point.dist.name if point.dist else point.value
        raise UsageError(f"parser {name} of the package {package} cannot be loaded: {error}") from error
    return parser


def _others() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="bench_runner.parsers")}
