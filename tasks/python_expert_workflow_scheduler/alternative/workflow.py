"""Plays a workflow of tasks through in virtual time: a heap of moments, and plain functions around one table of nodes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


class WorkflowError(ValueError):
    pass


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
    kind: str
    task: str
    attempt: int


@dataclass(frozen=True)
class Report:
    events: list[Event]
    states: dict[str, str]
    end: int
    busy: dict[str, int]


@dataclass
class Node:
    task: Task
    before: list[Node] = field(default_factory=list)
    behind: list[Node] = field(default_factory=list)
    tail: int = -1
    colour: int = 0
    attempt: int = 0
    state: str = "waiting"
    since: int = 0

    @property
    def settled(self):
        return self.state in ("succeeded", "failed", "skipped")

    @property
    def spoilt(self):
        return not self.task.always and any(node.state in ("failed", "skipped") for node in self.before)


def build(tasks, resources):
    nodes = {}
    for task in tasks:
        if task.name in nodes:
            raise WorkflowError("duplicate task: " + task.name)
        nodes[task.name] = Node(task)
    for node in nodes.values():
        for name in dict.fromkeys(node.task.after):
            if name not in nodes:
                raise WorkflowError(f"{node.task.name} waits for unknown task {name}")
            node.before.append(nodes[name])
            nodes[name].behind.append(node)
    for node in nodes.values():
        for resource, amount in node.task.needs.items():
            there = resources.get(resource, 0)
            if amount > there:
                raise WorkflowError(f"{node.task.name} needs {amount} {resource} of {there}")
    for node in nodes.values():
        measure(node)
    return nodes


def measure(root):
    """Sets the tails of a node and of all behind it, depth first, with a stack of its own."""
    stack = [(root, iter(root.behind))] if not root.colour else []
    root.colour = root.colour or 1
    while stack:
        node, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            node.colour = 2
            node.tail = node.task.duration + max([n.tail for n in node.behind], default=0)
        elif following.colour == 1:
            names = [n.task.name for n, _ in stack]
            names = names[names.index(following.task.name):]
            turn = names.index(min(names))
            raise WorkflowError("cycle: " + " -> ".join(names[turn:] + names[:turn] + [min(names)]))
        elif not following.colour:
            following.colour = 1
            stack.append((following, iter(following.behind)))


def run(
    tasks: Iterable[Task],
    resources: Mapping[str, int],
    outcome: Callable[[str, int], bool],
    *,
    patience: int | None = None,
) -> Report:
    nodes = build(tasks, resources)
    events, busy, used = [], dict.fromkeys(resources, 0), defaultdict(int)
    heap = []  # (time, name, what: result of the attempt, or None for the end of a rest)
    ready = []

    def tell(kind, node):
        events.append(Event(now, kind, node.task.name, node.attempt))

    def make_ready(node):
        node.state, node.since = "ready", now
        ready.append(node)

    def end_attempt(node, well):
        for resource, amount in node.task.needs.items():
            used[resource] -= amount
        if well:
            node.state = "succeeded"
            tell("succeeded", node)
        elif node.attempt > node.task.retries:
            node.state = "failed"
            tell("failed", node)
        else:
            tell("retry", node)
            rest = node.task.backoff << (node.attempt - 1)
            if rest:
                node.state = "resting"
                heapq.heappush(heap, (now + rest, node.task.name, None))
            else:
                make_ready(node)
        return node.state in ("succeeded", "failed")

    def spread(settled):
        """Skips what is spoilt behind the settled nodes, and makes ready what can start."""
        touched, skipped = list(settled), []
        for node in touched:
            for behind in node.behind:
                if behind.state == "waiting" and behind.spoilt:
                    behind.state = "skipped"
                    skipped.append(behind)
                    touched.append(behind)
        for node in sorted(skipped, key=lambda n: n.task.name):
            tell("skipped", node)
        for node in touched:
            for behind in node.behind:
                if behind.state == "waiting" and all(n.settled for n in behind.before):
                    make_ready(behind)

    def start_what_fits():
        ready.sort(key=lambda n: (-n.task.priority, -n.tail, n.task.name))
        kept, closed = [], set()
        for node in ready:
            needs = {r: a for r, a in node.task.needs.items() if a > 0}
            blocked = any(used[r] + a > resources[r] for r, a in needs.items())
            if blocked and patience is not None and node.since + patience <= now:
                closed |= set(needs)
            if blocked or closed & set(needs):
                kept.append(node)
                continue
            node.state = "running"
            node.attempt += 1
            tell("started", node)
            well = outcome(node.task.name, node.attempt)
            span = min(node.task.duration, node.task.timeout or node.task.duration)
            for resource, amount in needs.items():
                used[resource] += amount
                busy[resource] += amount * span
            heapq.heappush(heap, (now + span, node.task.name, bool(well) and span == node.task.duration))
        ready[:] = kept

    now = 0
    for node in nodes.values():
        if not node.before:
            make_ready(node)
    while ready or heap:
        start_what_fits()
        if not heap:
            break
        now = heap[0][0]
        settled = []
        while heap and heap[0][0] == now:
            _, name, result = heapq.heappop(heap)
            if result is None:
                make_ready(nodes[name])
            elif end_attempt(nodes[name], result):
                settled.append(nodes[name])
        spread(settled)
    return Report(events, {name: node.state for name, node in nodes.items()}, events[-1].time if events else 0, busy)
