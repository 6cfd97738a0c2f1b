"""`python -m ser_demo average`: several trainings as one checkpoint."""

import argparse
import sys
from pathlib import Path

from ser_demo.cli.data import add_data_arguments, read_data
from ser_demo.cli.measure import measure_finished

DESCRIPTION = """\
Make one checkpoint of several that finetune or average made from the same pretrained weights: its weights are the mean
of theirs, each of them counting as often as it is named.
Trained with another --seed or other augmentations, they err differently: their mean is right more often on new voices,
and is as fast and as small as each of them. It is calibrated on the development speakers of --data, measured on its
test speakers, and is a checkpoint like any other. Networks that began with different random weights have no mean that
knows anything."""

EXAMPLE = """\
example:
    python -m ser_demo average first second --data corpora/ravdess corpora/crema-d --output both

Exit code: 0 all done, 1 the checkpoints do not fit together, 2 wrong usage, 130 stopped by Ctrl-C."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "average",
        help="make one checkpoint of several trainings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "models", nargs="+", type=Path, metavar="MODEL", help="folders that finetune or average made, two or more"
    )
    add_data_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the checkpoint")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if len(options.models) < 2:
        print("error: one model has no mean with another. Name two or more.", file=sys.stderr)
        return 2

    from transformers.utils import logging as transformers_logging

    from ser_demo.cli.progress import Terminal
    from ser_demo.training.averaging import average
    from ser_demo.training.lineage import shown_command

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()  # a table of layers that do not fit, which a line of ours tells
    table = read_data(options).table
    with Terminal() as terminal:
        average(options.models, options.output, table, shown_command(sys.argv[1:]), terminal)
        return 0 if measure_finished(options.output, table, terminal) else 130
