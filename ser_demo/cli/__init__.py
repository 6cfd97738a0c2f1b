"""The command line: one module per command, each with `add_parser` and `run`.

Exit codes: 0 all done, 1 some inputs failed (each named on standard error) or nothing could be done, 2 wrong usage, 130
stopped by Ctrl-C.
"""

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence

from ser_demo.cli import average, batch, corpora, evaluate, finetune, publish, recognize, serve, work
from ser_demo.errors import DISK_FULL, SerError

COMMANDS = (recognize, batch, serve, work, corpora, finetune, average, evaluate, publish)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ser_demo",
        description="Hears how people feel when they speak: emotions in recordings, for each channel and over time.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # of a file's name that cannot be shown, as standard error does
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except SerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.EPIPE, *DISK_FULL):
            raise
        if error.errno != errno.EPIPE:  # or else whoever reads, such as `head`, has enough
            print(f"error: {error.strerror}. Make room, and try again.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter writes the rest on its way out
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
