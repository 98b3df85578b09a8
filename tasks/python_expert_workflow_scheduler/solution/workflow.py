"""Plays a workflow of tasks through in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


class WorkflowError(ValueError):
    """The workflow cannot be run."""


@dataclass(frozen=True)
class Task:
    name: str
    duration: int
    after: tuple[str, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    retries: int = 0
    backoff: int = 0
    timeout: int | None = None
    always: bool = False


@dataclass(frozen=True)
class Event:
    time: int
    kind: str  # started, succeeded, retry, failed, skipped
    task: str
    attempt: int


@dataclass(frozen=True)
class Report:
    events: list[Event]
    states: dict[str, str]
    end: int
    busy: dict[str, int]


def check_tasks(tasks: list[Task], resources: Mapping[str, int]) -> None:
    names = set()
    for task in tasks:
        if task.name in names:
            raise WorkflowError(f"duplicate task: {task.name}")
        names.add(task.name)
    for task in tasks:
        for other in task.after:
            if other not in names:
                raise WorkflowError(f"{task.name} waits for unknown task {other}")
    for task in tasks:
        for resource, amount in task.needs.items():
            if amount > resources.get(resource, 0):
                raise WorkflowError(f"{task.name} needs {amount} {resource} of {resources.get(resource, 0)}")


def sort_topologically(tasks: dict[str, Task], followers: dict[str, list[str]]) -> list[str]:
    """The names, each behind all that it waits for."""
    missing = {name: len(set(task.after)) for name, task in tasks.items()}
    ordered = [name for name, count in missing.items() if not count]
    for name in ordered:
        for follower in followers[name]:
            missing[follower] -= 1
            if not missing[follower]:
                ordered.append(follower)
    if len(ordered) < len(tasks):
        raise WorkflowError(f"cycle: {' -> '.join(find_cycle(tasks, set(tasks) - set(ordered)))}")
    return ordered


def find_cycle(tasks: dict[str, Task], stuck: set[str]) -> list[str]:
    """Each stuck task waits for a stuck one, so that going from one to the next comes round at some time."""
    path: list[str] = []
    name = min(stuck)
    while name not in path:
        path.append(name)
        name = next(other for other in tasks[name].after if other in stuck)
    circle = path[path.index(name):][::-1]
    first = circle.index(min(circle))
    return [*circle[first:], *circle[:first], circle[first]]


class Simulation:
    def __init__(self, tasks: list[Task], resources: Mapping[str, int], outcome: Callable[[str, int], bool], patience: int | None):
        self.tasks = {task.name: task for task in tasks}
        self.followers: dict[str, list[str]] = {task.name: [] for task in tasks}
        for task in tasks:
            for other in set(task.after):
                self.followers[other].append(task.name)
        ordered = sort_topologically(self.tasks, self.followers)
        tails: dict[str, int] = {}
        for name in reversed(ordered):
            tails[name] = self.tasks[name].duration + max((tails[f] for f in self.followers[name]), default=0)
        self.rank = {name: (-task.priority, -tails[name], name) for name, task in self.tasks.items()}
        self.outcome = outcome
        self.patience = patience
        self.free = dict(resources)
        self.busy = dict.fromkeys(resources, 0)
        self.open = {task.name: len(set(task.after)) for task in tasks}  # predecessors that are not settled
        self.ready = {name: 0 for name, count in self.open.items() if not count}  # since when
        self.resting: dict[str, int] = {}  # until when, before the next attempt
        self.running: dict[str, tuple[int, bool]] = {}  # end, whether it succeeds
        self.attempts = dict.fromkeys(self.tasks, 0)
        self.states: dict[str, str] = {}
        self.events: list[Event] = []
        self.now = 0

    def run(self) -> Report:
        while True:
            self.finish()
            self.start()
            moments = [end for end, _ in self.running.values()] + list(self.resting.values())
            if not moments:
                break
            self.now = min(moments)
        return Report(self.events, self.states, self.events[-1].time if self.events else 0, self.busy)

    def log(self, kind: str, name: str) -> None:
        self.events.append(Event(self.now, kind, name, self.attempts[name]))

    def finish(self) -> None:
        skipped: set[str] = set()
        for name in sorted(name for name, (end, _) in self.running.items() if end == self.now):
            _, succeeds = self.running.pop(name)
            task = self.tasks[name]
            for resource, amount in task.needs.items():
                if amount:
                    self.free[resource] += amount
            if succeeds:
                self.log("succeeded", name)
                self.settle(name, "succeeded", skipped)
            elif self.attempts[name] <= task.retries:
                self.log("retry", name)
                self.resting[name] = self.now + task.backoff * 2 ** (self.attempts[name] - 1)
            else:
                self.log("failed", name)
                self.settle(name, "failed", skipped)
        for name in sorted(skipped):
            self.log("skipped", name)
        for name in [name for name, end in self.resting.items() if end == self.now]:
            del self.resting[name]
            self.ready[name] = self.now

    def settle(self, name: str, state: str, skipped: set[str]) -> None:
        settled = [(name, state)]
        for name, state in settled:
            self.states[name] = state
            for follower in self.followers[name]:
                self.open[follower] -= 1
                if follower in self.states:
                    continue
                if state != "succeeded" and not self.tasks[follower].always:
                    # Its state is set at once, so that no other predecessor settles it again.
                    self.states[follower] = "skipped"
                    skipped.add(follower)
                    settled.append((follower, "skipped"))
                elif not self.open[follower]:
                    self.ready[follower] = self.now

    def start(self) -> None:
        reserved: set[str] = set()
        for name in sorted(self.ready, key=self.rank.__getitem__):
            task = self.tasks[name]
            needs = {resource: amount for resource, amount in task.needs.items() if amount}
            fits = all(amount <= self.free[resource] for resource, amount in needs.items())
            if fits and reserved.isdisjoint(needs):
                self.start_attempt(task, needs)
            elif not fits and self.patience is not None and self.now - self.ready[name] >= self.patience:
                reserved.update(needs)

    def start_attempt(self, task: Task, needs: dict[str, int]) -> None:
        del self.ready[task.name]
        self.attempts[task.name] += 1
        self.log("started", task.name)
        succeeds = bool(self.outcome(task.name, self.attempts[task.name]))
        length = task.duration
        if task.timeout is not None and task.timeout < length:
            length, succeeds = task.timeout, False
        for resource, amount in needs.items():
            self.free[resource] -= amount
            self.busy[resource] += amount * length
        self.running[task.name] = (self.now + length, succeeds)


def run(
    tasks: Iterable[Task],
    resources: Mapping[str, int],
    outcome: Callable[[str, int], bool],
    *,
    patience: int | None = None,
) -> Report:
    tasks = list(tasks)
    check_tasks(tasks, resources)
    return Simulation(tasks, resources, outcome, patience).run()
