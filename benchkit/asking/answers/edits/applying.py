"""From an answer's text to changed files: all of it, or Malformed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchkit.asking.answers.edits.base import Change, Draft, Malformed, Workspace
from benchkit.asking.answers.edits.blocks import take_blocks
from benchkit.asking.answers.edits.diffs import take_diffs
from benchkit.asking.answers.edits.guard import check_paths, check_size, checked_contents
from benchkit.asking.answers.edits.whole import FileNames, whole_files


@dataclass(frozen=True)
class Applied:
    """What an answer comes to."""

    files: Mapping[str, bytes]  # the whole workspace afterwards
    changed: tuple[str, ...] = ()  # names of files that are not as they were
    refused: tuple[str, ...] = ()  # one line each: what it wrote and may not
    forms: tuple[str, ...] = field(default=())  # whole, edits, diff: those that it used


def apply_answer(response: str, workspace: Workspace) -> Applied | None:
    """The files after the answer's changes; None where it holds none. Or Malformed: then nothing counts."""
    check_size(response)
    changes, forms = _changes(response.replace("\r\n", "\n"), workspace)
    if not changes:
        return None
    check_paths(changes, ())
    return _applied(changes, forms, workspace)


def apply_blocks(edits: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files after the edit blocks of a text, any of them editable; Malformed where one does not fit."""
    workspace = Workspace(files, tuple(files))
    blocks, _ = take_blocks(edits.split("\n"), FileNames(files))
    if not blocks:
        raise Malformed("no edit block")
    return dict(_applied(blocks, ("edits",), workspace).files)


def _changes(response: str, workspace: Workspace) -> tuple[list[Change], tuple[str, ...]]:
    names = FileNames({*workspace.files, *workspace.editable})
    lines = response.split("\n")
    blocks, lines = take_blocks(lines, names)
    only = workspace.editable[0] if len(workspace.editable) == 1 else None
    diffs, lines = take_diffs(lines, only)
    whole = whole_files(lines, workspace, names, alone=not (blocks or diffs))
    by_form: dict[str, list[Change]] = {"whole": [*whole], "edits": [*blocks], "diff": [*diffs]}
    forms = tuple(form for form, changes in by_form.items() if changes)
    return [change for changes in by_form.values() for change in changes], forms


def _applied(changes: Sequence[Change], forms: tuple[str, ...], workspace: Workspace) -> Applied:
    draft = Draft(workspace)
    for change in changes:
        change.apply(draft)
    written = checked_contents(draft)
    files, changed, refused = dict(workspace.files), list[str](), list[str]()
    for name in sorted({*written, *draft.deleted}):
        content = written.get(name)
        if content == workspace.files.get(name):
            continue
        if name not in workspace.editable:
            refused.append(f"{name}: only {', '.join(workspace.editable)} may be changed")
            continue
        changed.append(name)
        if content is None:
            files.pop(name, None)
        else:
            files[name] = content
    if refused and not changed:
        raise Malformed(f"it changes only what it may not: {'; '.join(refused)[:300]}")
    return Applied(files, tuple(changed), tuple(refused), forms)
