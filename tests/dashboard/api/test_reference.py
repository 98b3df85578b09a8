"""The API as a whole: its description, and that nothing it is sent brings it down."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from benchkit.dashboard.api import launching
from benchkit.dashboard.api.application import make_api
from benchkit.dashboard.api.reference import INTRODUCTION, reference
from benchkit.dashboard.site import Site
from tests.support import ROOT

ODD: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        7,
        1.5,
        1e308,
        10**30,
        "",
        "auto",
        "0.5",
        "x" * 3000,
        "\x00",
        "\ud800",
        "../..",
        "${HOME}",
    ),
    *("run-a", "demo", "night", [], {}, [None], [[]], {"a": {}}, [1, "2"], {"temperature": [0, 1]}),
]
VALUES: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [0, 1, 7, -1],
    "number": [0.0, 0.5, -1, 1e300],
    "string": ["demo", "human_eval", "tasks", "http://127.0.0.1:1/v1", "m", "", "{}", "\x00"],
}
REQUESTS = 300


def test_the_page_about_it_is_current() -> None:
    """docs/api.md is what the routes say; the command that makes it stands in it."""
    written = (ROOT / "docs" / "api.md").read_text()
    assert written == reference(), "python -m benchkit.dashboard.api.reference > docs/api.md"


def test_the_example_there_is_a_program() -> None:
    """Its parts are named as the code names them."""
    (example,) = re.findall(r"```python\n(.*?)```", INTRODUCTION, re.DOTALL)
    compile(example, "docs/api.md", "exec")
    from benchkit.dashboard.access import Access

    assert Access("127.0.0.1", 8484, "t").cookie in example


def test_no_request_is_answered_by_a_failure_of_ours(
    api: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Requests made from the description, most of them wrong in some way: never a 5xx, always with a text."""
    monkeypatch.setattr(launching, "start", lambda *_args, **_rest: "started")
    monkeypatch.chdir(tmp_path)
    chance = random.Random(16)
    described = make_api(None).openapi()
    operations = [
        (method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    statuses: dict[int, int] = {}
    for _ in range(REQUESTS):
        method, path, operation = chance.choice(operations)
        request = made_up(chance, path, operation, described)
        answer = api.request(method, **request)
        case = (method, request)
        assert answer.status_code < 500, case
        if answer.status_code >= 400:
            assert answer.json()["error"], case
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    assert {200, 400, 404, 409} <= statuses.keys(), statuses
    assert len(site.history.heads()) <= 3 + REQUESTS


def made_up(
    chance: random.Random, path: str, operation: dict[str, Any], described: dict[str, Any]
) -> dict[str, Any]:
    """A request of this operation, right or wrong."""
    known = ["run-a", "run-b", "nobody", "..", "%00", "a b", "é", "output.log", "attempts/x/response.txt"]
    url = re.sub(r"\{[^}]+\}", lambda _: chance.choice(known), path)
    parameters = {
        one["name"]: chance.choice(
            ["yes", "1", "csv", "demo", "\ud800".encode("utf-8", "replace").decode(), "x" * 99]
        )
        for one in operation.get("parameters", ())
        if one["in"] == "query" and chance.random() < 0.5
    }
    request: dict[str, Any] = {"url": url, "params": parameters}
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = value_of(chance, schema, described)
        request |= {
            "content": json.dumps(body) if chance.random() < 0.95 else chance.choice(["", "{", "[" * 5000])
        }
        request |= {"headers": {"Content-Type": "application/json"}}
    if chance.random() < 0.2:
        request["headers"] = {
            **request.get("headers", {}),
            "Range": chance.choice(["bytes=0-", "bytes=9-1", "x"]),
        }
    return request


def value_of(chance: random.Random, schema: dict[str, Any], described: dict[str, Any]) -> Any:
    """A value of a schema, sometimes one of another."""
    if chance.random() < 0.15:
        return chance.choice(ODD)
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return value_of(chance, chance.choice(schema["anyOf"]), described)
    kind = schema.get("type")
    if kind == "array":
        return [value_of(chance, schema["items"], described) for _ in range(chance.randrange(3))]
    if kind == "object":
        return object_of(chance, schema, described)
    return chance.choice(VALUES.get(str(kind), ODD))


def object_of(chance: random.Random, schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in schema:
        inner = schema.get("additionalProperties")
        key = chance.choice(["temperature", "seed", "x"])
        return {key: value_of(chance, inner if isinstance(inner, dict) else {}, described)}
    names = [name for name in schema["properties"] if chance.random() < 0.5]
    extra = {"surprise": 1} if chance.random() < 0.05 else {}
    return {name: value_of(chance, schema["properties"][name], described) for name in names} | extra
