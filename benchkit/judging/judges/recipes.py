"""Runs programs in any language: in a loaded interpreter where the sandbox keeps one, else by commands."""

from __future__ import annotations

import secrets
from dataclasses import replace

from benchkit.judging.sandbox import Limits, Outcome, Program, Sandbox, WorkerLost
from benchkit.languages import Language, Recipe
from benchkit.verdict import Verdict

BUILD_LIMITS = Limits(wall_s=60.0, memory_mb=4096, processes=32)
BUILD_FAILED = "the build failed: "


def sound(outcome: Outcome) -> Outcome:
    """The outcome; WorkerLost where the sandbox failed, so that the program has no verdict."""
    if outcome.sandbox_failed:
        raise WorkerLost(outcome.detail)
    return outcome


def run_program(sandbox: Sandbox, language: Language, source: str, stdin: bytes, limits: Limits) -> Outcome:
    """One program that reads stdin and writes stdout."""
    if language.preloaded:
        return sandbox.run(Program(source=source, stdin=stdin), limits)
    return run_recipe(sandbox, language.program(source), limits, stdin)


def run_recipe(sandbox: Sandbox, recipe: Recipe, limits: Limits, stdin: bytes = b"") -> Outcome:
    """The program's outcome, or that of its build where this fails."""
    files = recipe.files
    if recipe.build:
        built = sandbox.run(Program(argv=recipe.build, files=files, keep=recipe.products), BUILD_LIMITS)
        if built.verdict is not Verdict.PASSED:
            return replace(built, detail=f"{BUILD_FAILED}{built.detail}")
        files = built.files
    program = Program(argv=recipe.run, files=files, stdin=stdin, executable=recipe.products)
    return sandbox.run(program, limits)


def run_test(
    sandbox: Sandbox, language: Language, source: str, test: str, entry_point: str, limits: Limits
) -> Outcome:
    """The outcome of a program that tests itself; it passes by printing a token at the test's end."""
    token = secrets.token_hex(16)
    recipe = language.tested_program(source, test, entry_point, token)
    outcome = replace(run_recipe(sandbox, recipe, limits), inside=True)
    if outcome.verdict is Verdict.PASSED and token.encode() not in outcome.stdout.split():
        return replace(outcome, verdict=Verdict.WRONG, detail="the program ended before its test did")
    return outcome
