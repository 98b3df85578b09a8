#!/usr/bin/env python3
"""Which of my GGUF models writes the best code on this box, and at what price? The command people type."""

import os
import sys

from benchkit.environment import use_own_environment


def main() -> None:
    try:
        use_own_environment()
        from benchkit.commands import COMPLETING, find_command
        from benchkit.terminal import run_command

        asked = os.environ.get(COMPLETING)
        if asked:
            from benchkit.commands.completion import complete

            sys.exit(complete(asked))
        name, command, arguments = find_command(sys.argv[1:])
        run_command(command, name, arguments)
    except KeyboardInterrupt:  # so early that nothing is there to say so
        sys.exit(130)


if __name__ == "__main__":
    main()
