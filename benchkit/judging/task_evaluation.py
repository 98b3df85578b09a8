"""Asks a catalogue's tasks and judges the answers meanwhile; with --tries, failed ones are asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

import click

from benchkit.asking.script import Answer, Question, ScriptOutput, Settings, say, usage_text
from benchkit.asking.tasks import Catalogue, Task
from benchkit.asking.tasks.prompts import prompt_again, prompt_correction, prompt_of
from benchkit.contract import PARTS
from benchkit.judging.own_faults import detail_of_bug
from benchkit.judging.polyglot_figures import Figures, Try, figures_as_text
from benchkit.judging.scoring import Tally, as_text
from benchkit.judging.scoring.composite.tasks import TaskComposite
from benchkit.judging.task_bench import TaskJudging
from benchkit.judging.task_rows import Manner, TaskRow, questions_of
from benchkit.judging.tasks.artifacts import AttemptsFolder, keep_latest
from benchkit.judging.tasks.feedback import feedback_of
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.tested import Tested
from benchkit.terminal import how_many
from benchkit.verdict import Verdict

CORRIGIBLE = (Verdict.MALFORMED, Verdict.EMPTY)


@dataclass
class _State:
    """Where a sample's chat stands."""

    tried: int = 1
    corrections: int = 0  # in this try
    files: Mapping[str, bytes] | None = None  # that the next answer changes; None: the task's own


@dataclass
class TaskRun:
    """One model on one catalogue."""

    catalogue: Catalogue
    settings: Settings
    manner: Manner
    judging: TaskJudging
    efficiency: bool = False  # whether passing answers are timed on heavy inputs
    begun: float = field(default_factory=monotonic)
    first: dict[tuple[str, int], str] = field(default_factory=dict)  # the verdicts of first tries
    states: dict[tuple[str, int], _State] = field(default_factory=dict)

    def ask_and_judge(self) -> dict[str, Any]:
        """Ask what is not answered yet, judge while asking, and tell the result; gives summary.json."""
        folder, goes_on = self.settings.need_folder(), self.settings.part is not None
        with self.judging.remembering(folder, goes_on=goes_on) as judging:
            return replace(self, judging=judging)._ask_and_judge()

    def _ask_and_judge(self) -> dict[str, Any]:
        from benchkit.asking.client.asking import Asking

        asking = Asking(self.settings)
        questions = questions_of(self.catalogue, self.manner, self.settings.samples)
        folder = self.settings.need_folder()
        outcome = _Outcome(
            self, ScriptOutput(folder, len(questions), self.begun), AttemptsFolder(folder, asking.model)
        )
        depends_on = {"problem_set": self.catalogue.as_record(), **self.manner.as_record()}
        while questions:
            again: list[Question] = []
            with closing(asking.run(questions, depends_on, self._judged, self.judging.workers)) as rows:
                for row, answer in rows:
                    if following := self._next_question(row):
                        again.append(following)
                        outcome.keep_earlier(row, answer)
                    else:
                        outcome.add(row, answer)
            questions = again
            if questions:
                say(self._what_follows(questions))
        return outcome.finish({**asking.facts(), **self.catalogue.part_as_record(asking.left_out)})

    def judge_responses(self, responses: Sequence[tuple[Task, int, str]], model: str) -> list[TaskRow]:
        """Judge what was answered before, and tell the result; nothing is asked."""
        folder = self.settings.output_dir
        output = ScriptOutput(folder, len(responses), self.begun)
        outcome = _Outcome(self, output, AttemptsFolder(folder, model) if folder else None)
        judged = []
        with ThreadPoolExecutor(self.judging.workers) as pool:
            for row in pool.map(self._replayed, responses):
                outcome.add(row, None)
                judged.append(row)
        outcome.finish({})
        return judged

    def _replayed(self, given: tuple[Task, int, str]) -> TaskRow:
        task, sample, response = given
        prompt = prompt_of(task, self.manner.form, with_tests=self.manner.with_tests)
        return self._judged(Question(task.id, sample, prompt, task), Answer(response=response))

    def _judged(self, question: Question, answer: Answer) -> TaskRow:
        task: Task = question.task
        state = self._state_of(question)
        if answer.failure is not None:
            return self._row(state, question, answer, _unjudged(answer.failure))
        try:
            attempt = self.judging.judge.judge_answer(
                task, answer.response, truncated=answer.truncated, start=state.files
            )
        except Exception as error:
            attempt = _unjudged(detail_of_bug(error))
        return self._row(state, question, answer, attempt)

    def _state_of(self, question: Question) -> _State:
        return self.states.setdefault((question.task_id, question.sample), _State())

    def _row(self, state: _State, question: Question, answer: Answer, attempt: Attempt) -> TaskRow:
        task: Task = question.task
        key = (task.id, question.sample)
        if state.tried == 1:  # a correction belongs to the try that it corrects
            self.first[key] = str(attempt.verdict)
        first = self.first[key]
        further = {
            **attempt.as_record(),
            **answer.facts(),
            "language": task.language.name,
            "area": task.area,
            "difficulty": task.difficulty,
            "task_sha256": task.sha256,
            **({"try": state.tried, "first_try": first} if self.manner.tries > 1 else {}),
            **({"corrections": state.corrections} if state.corrections else {}),
        }
        return TaskRow(
            task_id=task.id,
            sample=question.sample,
            verdict=attempt.verdict,
            detail=attempt.detail,
            seconds=attempt.tested.build_s + attempt.tested.test_s,
            rung="+".join(attempt.forms) or None,
            tokens=answer.completion_tokens,
            further=further,
            attempt=attempt,
            question=question,
            response=answer.response,
        )

    def _next_question(self, row: TaskRow) -> Question | None:
        """The answer given back for correction, or the next try; None where this was the last."""
        assert row.question is not None
        assert row.attempt is not None
        question, state = row.question, self._state_of(row.question)
        turn = question.turn + 1
        if row.verdict in CORRIGIBLE and state.corrections < self.manner.reflections:
            state.corrections += 1
            prompt = prompt_correction(question.prompt, row.response, row.detail)
            return replace(question, prompt=prompt, turn=turn)
        if state.tried >= self.manner.tries or not _is_worth_another_try(row):
            return None
        state.tried, state.corrections = state.tried + 1, 0
        goes_on = bool(question.task.is_of_others)
        if goes_on:
            state.files = {**(state.files or question.task.workspace), **row.attempt.files}
        output = feedback_of(row.attempt.tested, self.manner.feedback_lines)
        prompt = prompt_again(question.prompt, row.response, row.detail, output, goes_on=goes_on)
        return replace(question, prompt=prompt, turn=turn)

    def _what_follows(self, questions: Sequence[Question]) -> str:
        corrected = sum(self._state_of(question).corrections > 0 for question in questions)
        tried = max(self._state_of(question).tried for question in questions)
        parts = [
            f"{how_many(failed, 'answer')} did not pass: try {tried} of {self.manner.tries}"
            if (failed := len(questions) - corrected)
            else "",
            f"{how_many(corrected, 'answer')} could not be applied: given back" if corrected else "",
        ]
        return "; ".join(filter(None, parts))


def _unjudged(why: str) -> Attempt:
    return Attempt(Verdict.INFRASTRUCTURE, why, Tested(Verdict.INFRASTRUCTURE, why))


def _is_worth_another_try(row: TaskRow) -> bool:
    return row.verdict not in (Verdict.PASSED, Verdict.INFRASTRUCTURE)


class _Outcome:
    """Adds rows up, writes them down, and tells the result."""

    def __init__(self, run: TaskRun, output: ScriptOutput, attempts: AttemptsFolder | None) -> None:
        self._run, self._output, self._attempts = run, output, attempts
        self._tally, self._composite = Tally(run.catalogue), TaskComposite(run.catalogue)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._figures = Figures() if any(task.is_of_others for task in run.catalogue.problems) else None

    def keep_earlier(self, row: TaskRow, answer: Answer) -> None:
        """A try that another one follows: its tokens count, its verdict does not."""
        self._output.usage.add(answer)
        self._count_try(row, answer)
        assert row.question is not None
        self._keep(row, row.question.turn + 1)

    def add(self, row: TaskRow, answer: Answer | None) -> None:
        if self._attempts is not None:
            name = self._attempts.name_of(row.task_id, row.sample)
            row = replace(row, further={**row.further, "attempt": name})
        self._tally.add(row)
        self._count_try(row, answer)
        if row.attempt is not None:
            self._composite.add(row, row.attempt)
        self._output.add(row, answer)
        self._keep(row)
        self._rows.setdefault(row.task_id, []).append(row.as_record())

    def _count_try(self, row: TaskRow, answer: Answer | None) -> None:
        if self._figures is None or row.attempt is None:
            return
        tested = row.attempt.tested
        one = Try(
            row.verdict,
            row.response,
            (tested.stdout + tested.stderr).decode("utf-8", "replace"),
            truncated=answer is not None and answer.truncated,
            seconds=answer.seconds if answer is not None else 0.0,
            cost=answer.cost if answer is not None else None,
            number=row.further.get("try", 1),
        )
        self._figures.add(f"{row.task_id} {row.sample}".removesuffix(" 0"), one)

    def _keep(self, row: TaskRow, earlier_try: int | None = None) -> None:
        if self._attempts is None or row.question is None or row.attempt is None:
            return
        question = row.question
        self._attempts.keep(
            row.task_id,
            row.sample,
            question.prompt,
            row.response,
            row.attempt,
            row.as_record(),
            earlier_try,
        )

    def finish(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        run = self._run
        self._output.stop_clock()
        parts = self._composite.measure(
            run.settings.output_dir,
            lambda: run.judging.local_bench().sandbox,
            lambda: run.judging.local_bench().toolchains.by_language,
            say,
            efficiency=run.efficiency,
        )
        summary = self._tally.summary(tuple(sorted({1, run.settings.samples})))
        further = {
            **summary["further"],
            "judging": run.judging.as_record(),
            "tasks": self._per_task(),
            PARTS: parts,
        }
        if self._figures is not None:
            further["aider"] = self._figures.as_record(
                run.catalogue, run.manner.tries, run.manner.reflections
            )
        if run.manner.tries > 1:
            further["solved_at_first_try"] = sum(verdict == Verdict.PASSED for verdict in run.first.values())
        isolation = run.judging.isolation
        for warning in isolation.warnings:
            say(warning)
        whole = self._output.finish(
            {
                **summary,
                **run.manner.as_record(),
                **facts,
                "further": further,
                "sandbox": isolation.as_record(),
            }
        )
        if self._attempts is not None:
            keep_latest(_beside(self._attempts.folder), whole, self._rows)
        figures = figures_as_text(further["aider"]) if self._figures is not None else ()
        click.echo("\n".join(filter(None, (as_text(whole), *figures, usage_text(whole)))))
        return whole

    def _per_task(self) -> dict[str, str]:
        """The content that each task had: equal ones can be compared."""
        return {task.id: task.sha256[:16] for task in self._run.catalogue.problems}


def _beside(folder: Path) -> Path:
    """The runs' folder where this is one of the runner's, else the folder itself."""
    from benchkit.contract import RunFile

    return folder.parent if (folder / RunFile.EVENTS).exists() else folder
