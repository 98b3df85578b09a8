#!/usr/bin/env python3
"""Which of my GGUF models writes the best code on this box, and at what price? The command people type."""

import sys

from benchkit.environment import use_own_environment


def main() -> None:
    use_own_environment()
    from benchkit.commands import find_command
    from benchkit.terminal import run_command

    command, arguments = find_command(sys.argv[1:])
    run_command(command, "bench_runner.py", arguments)


if __name__ == "__main__":
    main()
