"""A workflow of three thousand tasks in layers that compete for two resources."""

from workflow import Task, run


def heavy():
    tasks = []
    for layer in range(100):
        for place in range(30):
            name = f"t{layer:03}_{place:02}"
            after = [f"t{layer - 1:03}_{(place + step) % 30:02}" for step in range(3)] if layer else []
            needs = {"cpu": 1 + place % 3, "disk": place % 2}
            tasks.append(
                Task(name, 1 + (layer * 7 + place * 3) % 11, after=tuple(after), needs=needs, retries=1, priority=place % 4)
            )
    report = run(tasks, {"cpu": 7, "disk": 3}, lambda name, attempt: attempt == 2 or not name.endswith("5"))
    return report.end, sorted(report.states.items()), sorted(report.busy.items()), len(report.events)
