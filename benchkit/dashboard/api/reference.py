"""docs/api.md, made from the routes: `python -m benchkit.dashboard.api.reference > docs/api.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchkit.dashboard.api.application import make_api

INTRODUCTION = """\
# The page's API

<!-- Made from the routes by: python -m benchkit.dashboard.api.reference -->

What the page can do, a program of yours can do as well. Start `bench_runner.py dashboard --no-open`; the
address it prints ends in the token. The token goes into a cookie named `bench_runner_` and the port, and what
changes something also says that it comes from the page's own address:

```python
import json
import urllib.request

address, token = "http://127.0.0.1:8484", "the token that was printed"
headers = {"Cookie": f"bench_runner_8484={token}", "Origin": address, "Content-Type": "application/json"}
choices = {"models": [], "benchmarks": ["demo"]}
request = urllib.request.Request(f"{address}/api/check", json.dumps(choices).encode(), headers)
print(json.load(urllib.request.urlopen(request)))
```

It takes choices alone: models that were found, benchmarks that are known, values of a few settings, runs by
their id; never a script, a text for a shell, a server's path or arguments, or a history's path. Bodies are
JSON. An answer with a status from 400 on is `{"error": "one line", "fields": {"a field": "what is wrong"}}`.

What is going on now comes over the WebSocket `/live`: send `{"runs": true, "follow": {"a run": 0}}`, with the
byte of the run's `events.jsonl` from which on you want its events. Each frame is a list of messages: `runs`
(all that is in progress and waits), `run` with `events` and the next `offset`, `resync` (forget that run's
events, they come from the start), `over` (the run has ended).
"""


def reference() -> str:
    """The page as it is to be."""
    described = make_api(None).openapi()
    schemas = described["components"]["schemas"]
    routes = [
        (method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [INTRODUCTION, "## Routes\n", *(_route(*route) for route in routes), "## Bodies\n"]
    named = [name for name in schemas if not name.startswith(("HTTPValidation", "Validation"))]
    return "\n".join([*parts, *(_schema(name, schemas[name]) for name in sorted(named))])


def _route(method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [f"### {method.upper()} /api{path}\n", f"{operation['description']}\n"]
    lines += [_parameter(one) for one in operation.get("parameters", ()) if one["in"] == "query"]
    if body := operation.get("requestBody"):
        lines.append(f"- body: {_kind(body['content']['application/json']['schema'])}")
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            lines.append(f"- answers {status}: {_answer(answer)}")
    return "\n".join(lines) + "\n"


def _parameter(parameter: Mapping[str, Any]) -> str:
    schema = parameter["schema"]
    default = f", default `{schema['default']!r}`" if schema.get("default") not in (None, "") else ""
    return f"- `?{parameter['name']}=` {_kind(schema)}{default}"


def _answer(answer: Mapping[str, Any]) -> str:
    content = answer.get("content", {}).get("application/json", {}).get("schema")
    return _kind(content) if content else "the file"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    lines = [f"### {name}\n", *([f"{schema['description']}\n"] if "description" in schema else [])]
    lines += [_field(field, of) for field, of in schema["properties"].items()]
    return "\n".join(lines) + "\n"


def _field(name: str, schema: Mapping[str, Any]) -> str:
    description = f": {schema['description']}" if "description" in schema else ""
    return f"- `{name}` ({_kind(schema)}){description}"


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in words."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return " ".join(_words(schema))


def _words(schema: Mapping[str, Any]) -> Iterator[str]:
    kind = schema.get("type", "anything")
    yield {"array": "list of", "object": "names with"}.get(kind, kind)
    inner = schema.get("items") if kind == "array" else schema.get("additionalProperties")
    if kind in ("array", "object"):
        yield _kind(inner) if isinstance(inner, Mapping) and inner else "anything"


if __name__ == "__main__":
    print(reference(), end="")
