"""Clippy over many answers: each is a module of one crate; one alone is the crate itself."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchkit.judging.sandbox import Outcome, Program
from benchkit.judging.scoring.composite.checkers.base import CodeToCheck, Findings
from benchkit.judging.scoring.composite.formatters import program_beside
from benchkit.judging.scoring.composite.lint import TIMEOUT_S, ToolFailed
from benchkit.judging.scoring.composite.tokens import Token, rewritten, without_comments
from benchkit.judging.tasks.harnesses.rust import dependencies_of, edition_of
from benchkit.languages import find_language
from benchkit.languages.crates import compiled_crates
from benchkit.languages.finding import version_of
from benchkit.languages.rust import RUSTC

DRIVER, CRATE = "clippy-driver", "bench_all.rs"
ROOTS = ("src/lib.rs", "src/main.rs")
_UNDERSCORED = re.compile(r"_[a-z][a-z0-9_]*")
_SHOWN = re.compile(r"\{_[a-z]")
# In which of our groups clippy's groups count, and those of rustc's own lints that depend on no name.
GROUPS: Mapping[str, str] = {
    "clippy::correctness": "likely mistakes",
    "clippy::suspicious": "likely mistakes",
    "clippy::complexity": "roundabout",
    "clippy::perf": "roundabout",
    "clippy::style": "roundabout",
}
OF_RUSTC: Mapping[str, str] = {
    "unused_must_use": "likely mistakes",
    "unreachable_code": "likely mistakes",
    "unreachable_patterns": "likely mistakes",
    "unconditional_recursion": "likely mistakes",
    "unused_comparisons": "likely mistakes",
    "path_statements": "likely mistakes",
    "unused_assignments": "likely mistakes",
    "unused_mut": "roundabout",
    "unused_parens": "roundabout",
    "unused_braces": "roundabout",
    "redundant_semicolons": "roundabout",
    "while_true": "roundabout",
}
# Left out: names, and what a function that nobody calls would silence; attributes and what is left of
# comments; what the task's signatures ask for.
IGNORED = frozenset({
    "builtin_type_shadow", "crate_in_macro_def", "disallowed_names", "duplicate_underscore_argument",
    "enum_variant_names", "inherent_to_string", "inherent_to_string_shadow_display",
    "items_after_test_module", "just_underscores_and_digits", "len_without_is_empty", "main_recursion",
    "misnamed_getters", "module_inception", "needless_pub_self", "new_ret_no_self", "new_without_default",
    "redundant_field_names", "redundant_locals", "result_unit_err", "self_named_constructors",
    "should_implement_trait", "upper_case_acronyms", "wrong_self_convention", "missing_safety_doc",
    "must_use_unit", "double_must_use", "empty_line_after_outer_attr", "blanket_clippy_restriction_lints",
    "deprecated_cfg_attr", "deprecated_clippy_cfg_attr", "duplicated_attributes", "mixed_attributes_style",
    "non_minimal_cfg", "unnecessary_clippy_cfg", "useless_attribute", "incompatible_msrv",
    "too_many_arguments", "type_complexity", "ptr_arg", "suspicious_else_formatting",
    "possible_missing_else", "suspicious_assignment_formatting", "suspicious_unary_op_formatting",
    "possible_missing_comma",
})  # fmt: skip


class Clippy:
    """Runs nothing of the code: it calls no build script, and knows no macros but rustc's and our crates'."""

    name = "clippy"
    how_to_get = "rustup component add clippy, or sudo apt install rust-clippy (Debian, Ubuntu)"
    probe = CodeToCheck({"src/lib.rs": "pub fn probe(x: i32) -> bool {\n    return x > 1;\n}\n"})

    def version(self) -> str | None:
        driver = _driver()
        return version_of(driver, "--version") if driver else None

    def kind(self, code: CodeToCheck) -> Hashable | None:
        """The edition, and the crates that are used."""
        if _root(code) not in code.files and not any(name.startswith("src/") for name in code.files):
            return None  # tests of a crate
        whole, toolchain = code.whole(), find_language("rust").find_toolchain()
        return (edition_of(whole), *compiled_crates(toolchain.version).flags(dependencies_of(whole)))

    def program(self, codes: Sequence[CodeToCheck]) -> Program:
        alone = len(codes) == 1
        files = {
            _name(number, name): _as_module(content, None if alone else number)
            if name.endswith(".rs")
            else content
            for number, code in enumerate(codes)
            for name, content in code.whole().items()
        }
        roots = [_name(number, _root(code)) for number, code in enumerate(codes)]
        crate = roots[0]
        if not alone:
            crate = CRATE
            modules = [f'#[path = "{root}"]\npub mod a{number};\n' for number, root in enumerate(roots)]
            files[crate] = "".join(modules).encode()
        return Program(argv=_command(crate, self.kind(codes[0])), files=files)

    def findings(self, codes: Sequence[CodeToCheck], outcome: Outcome) -> list[Findings]:
        by_name = {_name(number, name): number for number, code in enumerate(codes) for name in code.files}
        found: list[Findings] = [Counter() for _ in codes]
        for lint, (name, *_) in set(_rows(outcome.stderr.decode("utf-8", "replace"))):
            if name in by_name and (group := _group(lint)):
                found[by_name[name]][group] += 1
        return found


@cache
def _driver() -> Path | None:
    """It lies beside the compiler, where it is installed."""
    found = program_beside("rust", RUSTC, DRIVER)
    return found[0] if found else None


def _command(crate: str, kind: Hashable) -> tuple[str, ...]:
    """An answer's own words on lints count for nothing: neither what it allows nor what it denies."""
    edition, *crates = kind if isinstance(kind, tuple) else ("",)
    warned = [word for lint in (*GROUPS, *OF_RUSTC) for word in ("--force-warn", lint)]
    return (
        *(str(_driver()), "--edition", edition, "--crate-type", "lib", "--crate-name", Path(CRATE).stem),
        *("--emit", "metadata", "-o", "bench_all.rmeta", "--error-format", "json", "--cap-lints", "allow"),
        *(*warned, *crates, crate),
    )


def _root(code: CodeToCheck) -> str:
    whole = code.whole()
    return next((name for name in (*ROOTS, *code.files) if name in whole), "")


def _name(number: int, name: str) -> str:
    return f"a{number}/{name}"


def _as_module(content: bytes, number: int | None) -> bytes:
    """Without comments; `crate` names the module, a number, where there is one.

    A name that begins with an underscore keeps lints quiet: none does.
    """
    text = without_comments("rust", content.decode("utf-8", "replace"))
    in_strings = _SHOWN.search(text) is not None  # such a name may stand in a format string

    def change(tokens: list[Token], place: int) -> str:
        word = tokens[place].text
        in_path = [token.text for token in tokens[place + 1 : place + 3]] == [":", ":"]
        if word == "crate" and in_path and number is not None:
            return f"crate::a{number}"
        if word == "clippy" and not in_path:
            return "linter"  # code that hides where clippy looks
        return f"u{word}" if _UNDERSCORED.fullmatch(word) and not in_strings else word

    return rewritten("rust", text, change).encode("utf-8", "replace")


def _rows(output: str) -> Iterator[tuple[str, tuple[str, int, int]]]:
    """Each finding's lint, and its file, line and column."""
    for line in output.splitlines():
        try:
            row: dict[str, Any] = json.loads(line)
            lint = row["code"]["code"]
            yield from (
                (lint, (span["file_name"], span["line_start"], span["column_start"]))
                for span in row["spans"]
                if span["is_primary"]
            )
        except (ValueError, KeyError, TypeError):
            continue  # not a finding


def _group(lint: str) -> str | None:
    """The group in which a lint counts; None where it does not."""
    tool, _, name = lint.partition("::")
    if tool != "clippy":
        return OF_RUSTC.get(lint)
    return None if name in IGNORED else _groups_of_lints().get(name)


@cache
def _groups_of_lints() -> Mapping[str, str]:
    """As this version of clippy tells them."""
    done = subprocess.run(
        [str(_driver()), "-W", "help"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    by_lint = {}
    for name, lints in re.findall(r"(?m)^ *(clippy::\w+) {2,}(clippy::.+)$", done.stdout):
        if group := GROUPS.get(name):
            for lint in lints.split(","):
                by_lint[lint.strip().removeprefix("clippy::").replace("-", "_")] = group
    if not by_lint:
        raise ToolFailed(f"{DRIVER} -W help names no lints: {done.stderr.strip()[-200:]}")
    return by_lint
