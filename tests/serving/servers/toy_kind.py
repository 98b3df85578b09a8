"""A new kind of server, as somebody would add it: this file, and one line in the table of kinds.

python -m tests.serving.servers.toy_kind ARGUMENTS OF bench_runner.py
"""

from __future__ import annotations

from pathlib import Path

import bench_runner
from benchkit.records import ServerFacts
from benchkit.serving.servers.base import EngineInfo
from benchkit.serving.servers.kinds import SERVERS, ServerKind
from benchkit.serving.servers.local import LocalServer
from benchkit.serving.servers.ports import HOST

PROGRAM = Path(__file__).parents[2] / "stand_ins" / "llama_server.py"


class ToyServer(LocalServer):
    kind = "toy"

    @staticmethod
    def engine(program: Path | None = None) -> EngineInfo:  # noqa: ARG004 - it is always the same one
        return EngineInfo("toy", "1.0", "it is here", None)

    def command(self, port: int) -> list[str]:
        at = ["--host", HOST, "--port", str(port)]
        return [str(PROGRAM), "-m", str(self.model.path), "-a", self.alias, *at, "-np", "1", "-c", "512"]

    def describe(self) -> ServerFacts:
        return ServerFacts(self.kind, self.base_url, self.alias, pids=self.process.pids())

    def shows_life(self) -> bool:
        return True


if __name__ == "__main__":
    SERVERS["toy"] = ServerKind("tests.serving.servers.toy_kind:ToyServer", 0, 0)
    bench_runner.main()
