"""What is judged: the answers of a run, from what the run left in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from benchkit.asking.answers import extract
from benchkit.asking.problems.reading import rows
from benchkit.contract import ATTEMPTS, RunFile
from benchkit.errors import UnknownName, UsageError
from benchkit.judging.judges.llm.rubrics import rubric_name
from benchkit.languages import PYTHON, Language, find_language
from benchkit.verdict import Verdict

LONGEST_CODE = 60_000  # characters of one answer: more fills the context of most models
NO_CODE = "the answer holds no code"
_PLAIN = re.compile(r"(killed by )?[A-Za-z_][\w.]{0,59}( \(line \d+ of the test\))?")
TOO_LONG = f"the answer's code is longer than {LONGEST_CODE:,} characters"


@dataclass(frozen=True)
class Subject:
    """One answer as a judge sees it."""

    task_id: str
    sample: int
    rubric: str
    task: str  # what was asked for
    files: Mapping[str, str]  # the code, by its files' names
    ran: str = ""  # what running it showed, in words; empty: nothing is told
    told: Mapping[str, bool] = field(default_factory=dict)  # teller -> yes or no: what ran answers by itself
    why_not: str = ""  # why it cannot be judged

    @property
    def code(self) -> str:
        """All files in one text; what could pass for a mark of our prompt's own is broken up."""
        parts = (f"=== {name}\n{text.rstrip()}" for name, text in self.files.items())
        return "\n\n".join(parts).replace("[[ ##", "[ [ ##")


def subjects_of_run(folder: Path) -> list[Subject]:
    """All answers of a run; UsageError where its folder does not hold them, or none of them can be judged."""
    verdicts = _by_sample(folder / RunFile.VERDICTS)
    answers = _by_sample(folder / RunFile.ANSWERS)
    if not verdicts or not answers:
        missing = RunFile.VERDICTS if not verdicts else RunFile.ANSWERS
        raise UsageError(
            f"{folder} holds no {missing}: a judge reads answers and verdicts as our scripts keep them"
        )
    subjects = [_subject(folder, key, verdicts[key], answers.get(key, {})) for key in verdicts]
    if all(one.why_not for one in subjects):
        why = "; ".join(sorted({one.why_not for one in subjects}))
        raise UsageError(f"no answer in {folder} can be judged: {why}")
    return subjects


def _by_sample(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The last line of each sample: of several tries the one that counts, with the first one's prompt."""
    samples: dict[tuple[str, int], dict[str, Any]] = {}
    if not path.exists():
        return samples
    for _, row in rows(path, skip_broken=True):
        key = str(row.get("task_id")), int(row.get("sample") or 0)
        first = samples.get(key, row)
        samples[key] = {**row, "prompt": first.get("prompt")}
    return samples


def _subject(
    folder: Path, key: tuple[str, int], verdict: Mapping[str, Any], answer: Mapping[str, Any]
) -> Subject:
    files = dict(_changed_files(folder, verdict)) or _code_in(answer, verdict)
    text = "".join(files.values())
    why_not = NO_CODE if not text.strip() else TOO_LONG if len(text) > LONGEST_CODE else ""
    area = verdict.get("area")
    return Subject(
        task_id=key[0],
        sample=key[1],
        rubric=rubric_name(area if isinstance(area, str) else None),
        task=_asked(answer.get("prompt")),
        files=files,
        ran=ran_in_words(verdict),
        told=told_by_runs(verdict),
        why_not=why_not,
    )


def _changed_files(folder: Path, verdict: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What an answer to a task made of the files; none where it was no answer to a task."""
    attempt, names = verdict.get("attempt"), verdict.get("changed")
    if not isinstance(attempt, str) or not isinstance(names, list):
        return
    for name in map(str, names):
        place = PurePosixPath(attempt, "files", name)
        if ".." in place.parts or place.is_absolute():
            continue
        path = folder / ATTEMPTS / place
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")


def _code_in(answer: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, str]:
    language = _language_of(verdict)
    code = extract(str(answer.get("response") or ""), language=language).source
    return {f"answer{language.suffix}": code} if code.strip() else {}


def _language_of(verdict: Mapping[str, Any]) -> Language:
    """Python where nobody says another that we know: what lies between fences is found all the same."""
    with suppress(UnknownName):
        return find_language(str(verdict.get("language") or PYTHON.name))
    return PYTHON


def _asked(prompt: Any) -> str:
    """The words of the first message of a user, or the text that was to be continued."""
    if isinstance(prompt, str):
        return prompt
    messages = [one for one in prompt or () if isinstance(one, dict)]
    return next((str(one.get("content")) for one in messages if one.get("role") == "user"), "")


def ran_in_words(verdict: Mapping[str, Any]) -> str:
    """What running the answer showed: the judge is told to believe it, so no word of it is the answer's own.

    The message of an exception is, and so is a line that it printed: only the name of the exception is told.
    """
    detail = " ".join(str(verdict.get("detail") or "").partition(":")[0].split())
    detail = detail if _PLAIN.fullmatch(detail) else ""
    said = [f"Verdict of its tests: {verdict.get('verdict')}{f' ({detail})' if detail else ''}."]
    if isinstance(verdict.get("checks"), int):
        said.append(f"{verdict.get('checks_passed')} of {verdict['checks']} checks passed.")
    if isinstance(verdict.get("weight_share"), float):
        said.append(f"It scored {100 * verdict['weight_share']:.0f}% of the weights.")
    if isinstance(verdict.get("coverage"), float):
        said.append(f"Its tests reach {100 * verdict['coverage']:.0f}% of the lines.")
    if (violations := axe_violations(verdict)) is not None:
        said.append(f"axe found {violations} accessibility violations.")
    return " ".join(said)


def told_by_runs(verdict: Mapping[str, Any]) -> dict[str, bool]:
    """The items that need no judge, by what ran."""
    passed = verdict.get("verdict") == Verdict.PASSED
    answers = {"tests": passed, "mutants": passed}
    if (violations := axe_violations(verdict)) is not None:
        answers["axe"] = violations == 0
    return answers


def axe_violations(verdict: Mapping[str, Any]) -> int | None:
    browser = verdict.get("browser")
    count = browser.get("axe_violations") if isinstance(browser, Mapping) else None
    return count if isinstance(count, int) else None
