"""A flag that looks like one of ours and is none is refused before it reaches a script that has none such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import click

from benchkit.errors import UsageError

SHORTEST = 5  # letters: shorter words are too often other words, as run_eval.py's --mode beside --model
DASHES = "--"


class PassesFlagsOn(click.Command):
    """A command whose unknown flags go to another program, but for those that look like its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
            refuse_typos(_before_the_dashes(args, _passed_on(self, given)), flags_of(self))
        return super().parse_args(ctx, args)


def flags_of(command: click.Command) -> list[str]:
    options = [one for one in command.params if isinstance(one, click.Option)]
    return [*(flag for one in options for flag in one.opts), "--help"]


def refuse_typos(words: Iterable[str], known: Sequence[str]) -> None:
    """UsageError for the first word that is nearly one of the known flags."""
    for word in words:
        flag = word.partition("=")[0]
        if near := next((one for one in known if is_near(flag, one)), None):
            raise UsageError(
                f"no flag {flag}: did you mean {near}? One of the script's own goes behind {DASHES}, "
                f"as in {DASHES} {flag}"
            )


def is_near(flag: str, known: str) -> bool:
    """Whether one slip of the fingers a word makes the known flag of it; the flag itself is not near."""
    if not flag.startswith(DASHES) or len(flag) < len(DASHES) + SHORTEST or flag == known:
        return False
    written, meant = _simplified(flag), _simplified(known)
    return _one_slip_apart(written, meant) or _each_part_near(written.split("-"), meant.split("-"))


def _simplified(flag: str) -> str:
    """Dashes for underscores, and each doubled letter once: these are mixed up most."""
    return re.sub(r"([a-z])\1", r"\1", flag.removeprefix(DASHES).replace("_", "-").lower())


def _each_part_near(written: Sequence[str], meant: Sequence[str]) -> bool:
    pairs = zip(written, meant, strict=False)
    return len(written) == len(meant) and all(_one_slip_apart(one, other) for one, other in pairs)


def _one_slip_apart(one: str, other: str) -> bool:
    """At most one letter too many, missing, wrong, or changed places with the next."""
    if len(one) != len(other):
        shorter, longer = sorted((one, other), key=len)
        return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
    wrong = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
    return len(wrong) <= 1


def _passed_on(command: click.Command, given: dict[str, Any]) -> list[str]:
    """The words that no option of the command took."""
    arguments = [one.name for one in command.params if isinstance(one, click.Argument)]
    values = [given.get(name or "") for name in arguments]
    return [str(word) for value in values for word in (value if isinstance(value, tuple | list) else [value])]


def _before_the_dashes(args: Sequence[str], passed_on: Sequence[str]) -> Sequence[str]:
    """Of the words that are passed on, those that do not stand behind `--`."""
    behind = len(args) - args.index(DASHES) - 1 if DASHES in args else 0
    return passed_on[: len(passed_on) - behind]
