"""YAML and JSON without surprises: no key twice, and 010, 7:00 or a date stays the text that was written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import yaml

TOO_DEEP = "it is nested too deeply"


def read_json(text: str) -> Any:
    """ValueError for what is no JSON, or nested without end."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None


def read_yaml(text: str) -> Any:
    """ValueError for what is no YAML, holds itself, or is nested without end."""
    try:
        document = yaml.load(text, _Loader)
        json.dumps(document, default=str, skipkeys=True)  # refuses an alias inside of what it stands for
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{error.problem}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    return document


class _Loader(yaml.SafeLoader):
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=_twice(key.value), problem_mark=key.start_mark)
            seen.add(key.value)
        return node


def _as_written(kind: Callable[[str], object]) -> Callable[[Any, yaml.ScalarNode], object]:
    """YAML's older rules make 8 of 010 and 420 of 7:00; what reads otherwise than written stays a text."""

    def construct(_loader: Any, node: yaml.ScalarNode) -> object:
        try:
            return kind(node.value) if str(kind(node.value)) == node.value else node.value
        except ValueError:
            return node.value

    return construct


for _tag, _kind in {"int": int, "float": float, "timestamp": str}.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _as_written(_kind))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(_twice(name))
    return dict(pairs)


def _twice(name: str) -> str:
    return f"the key {name!r} is there twice"
