"""Adapts `syntax`, `assembly` and `contests` to the protocols Syntax and ContestRules."""

from __future__ import annotations

from benchkit.languages.python import assembly, contests, syntax


class PythonSyntax:
    """Syntax, by the functions of `syntax` and `assembly`."""

    longest_code = staticmethod(syntax.longest_code)
    defines = staticmethod(syntax.defines)
    definition_start = staticmethod(syntax.definition_start)
    indented_definition = staticmethod(syntax.indented_definition)
    last_head = staticmethod(syntax.last_head)
    code_start = staticmethod(syntax.code_start)
    body_start = staticmethod(syntax.body_start)
    may_be_body = staticmethod(syntax.may_be_body)
    without_last_words = staticmethod(syntax.without_last_words)
    ends_in_function = staticmethod(syntax.ends_in_function)
    under_signature = staticmethod(assembly.under_signature)
    completed = staticmethod(assembly.completed)
    continuation = staticmethod(assembly.continuation)


class PythonContests:
    """ContestRules, by LiveCodeBench's rules."""

    libraries: tuple[str, ...] = contests.LIBRARIES
    library_versions = contests.LIBRARY_VERSIONS
    prepared = staticmethod(contests.prepared)
    second_form = staticmethod(contests.second_form)
    callable_name = staticmethod(contests.callable_name)
