"""TypeScript: made JavaScript by its own compiler, and run on Node as a CommonJS module."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from benchkit.errors import MissingDependency
from benchkit.languages.building import Commands, Recipe, Toolchain
from benchkit.languages.finding import own_folders
from benchkit.languages.javascript import NODE, JavaScript, call_of, packages_folder, with_export

COMPILER = "typescript"
MISSING = MissingDependency(COMPILER, "make toolchains brings it")
EMIT = "emit.cjs"
# One file alone: errors of syntax end it, errors of types do not, as with the compiler's own defaults.
_EMIT = """\
"use strict";
const fs = require("node:fs");
const ts = require(%s);
const options = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.CommonJS, newLine: ts.NewLineKind.LineFeed };
const source = fs.readFileSync("main.ts", "utf8");
const made = ts.transpileModule(source, { fileName: "main.ts", compilerOptions: options, reportDiagnostics: true });
for (const found of made.diagnostics) {
  const { line, character } = found.file.getLineAndCharacterOfPosition(found.start);
  const message = ts.flattenDiagnosticMessageText(found.messageText, " ");
  console.error(`main.ts:${line + 1}:${character + 1}: error TS${found.code}: ${message}`);
}
if (made.diagnostics.length) process.exit(1);
fs.writeFileSync("main.cjs", made.outputText);
"""  # noqa: E501


class TypeScript(JavaScript):
    """As JavaScript, with the compiler beside Node."""

    name = "typescript"
    title = "TypeScript"
    labels: tuple[str, ...] = ("typescript", "ts", "tsx", "mts", "cts")
    suffix = ".ts"
    stops_after_body: tuple[str, ...] = ("\nfunction ", "\nclass ", "\nconst ", "\n```")

    def find_toolchain(self) -> Toolchain:
        node = super().find_toolchain()
        about = compiler_folder() / "package.json"
        if not about.is_file():
            raise MISSING
        version = f"{json.loads(about.read_text())['version']} on Node {node.version}"
        return replace(node, version=version, folders=(*node.folders, *own_folders(packages_folder())))

    def calling_program(self, source: str, entry_point: str) -> Recipe:
        program = self.program(with_export(source, entry_point))
        files = {**program.files, "call.mjs": call_of("main.cjs", entry_point)}
        products = (*program.products, "call.mjs")
        return replace(program, files=files, run=(NODE, "call.mjs"), products=products)

    def program(self, source: str) -> Recipe:
        files = {"main.ts": source.encode(), EMIT: (_EMIT % json.dumps(str(compiler_folder()))).encode()}
        return Recipe(files, run=(NODE, "main.cjs"), build=(NODE, EMIT), products=("main.cjs",))

    def workspace(self) -> Commands:
        return Commands()


def compiler_folder() -> Path:
    """Where `make toolchains` puts the compiler."""
    return packages_folder() / COMPILER
