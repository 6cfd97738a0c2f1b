"""`python -m ser_demo join`: several trainings of the embedded network as one checkpoint."""

import argparse
import shlex
import sys
from pathlib import Path

from ser_demo.cli.data import add_data_arguments, read_data
from ser_demo.cli.measure import measure_finished

DESCRIPTION = """\
Make one checkpoint of several that finetune made of the embedded network. Networks that were trained differently, by
other augmentation, another shape or another --seed, err differently: together they are right more often than the best
of them, and their probabilities are nearer to the truth. All must have been trained with --freeze encoder from the same
weights: the encoder is kept, and run, once. The result is calibrated on the development speakers of --data, measured on
its test speakers, and is a checkpoint like any other."""

EXAMPLE = """\
example:
    python -m ser_demo join first second --data corpora/ravdess corpora/crema-d --output both

Exit code: 0 all done, 1 the checkpoints cannot be joined, 2 wrong usage, 130 stopped by Ctrl-C."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "join",
        help="make one checkpoint of several that answer together",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="folders that finetune made, two or more")
    add_data_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where the checkpoint goes")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if len(options.models) < 2:
        print("error: one model is joined with nothing. Name two or more.", file=sys.stderr)
        return 2

    from ser_demo.cli.progress import Terminal
    from ser_demo.training.joining import join

    table = read_data(options).table
    with Terminal() as terminal:
        join(options.models, options.output, table, f"python -m ser_demo {shlex.join(sys.argv[1:])}", terminal)
        return 0 if measure_finished(options.output, table, terminal) else 130
