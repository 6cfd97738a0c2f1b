"""`python -m ser_demo evaluate`: measure a recogniser on speakers that it has never heard."""

import argparse
import json
from pathlib import Path

DESCRIPTION = """\
Measure a checkpoint on the corpora's test speakers, who never train and never tune. Each clip goes through the whole
recogniser as a user's file would. Prints a Markdown table: UAR (unweighted average recall, the mean over emotions of
the share that is found), the same over all eight labels (strict), WA (accuracy), macro-F1, and ECE (how far the
probabilities are from the truth)."""

EXAMPLE = """\
example:
  python -m ser_demo evaluate --data corpora/ravdess corpora/tess --output evaluation.json"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure a recogniser on speakers it has never heard",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", metavar="ID", help="Hub id or folder of a checkpoint (default: the embedded model)")
    parser.add_argument("--data", nargs="+", type=Path, required=True, metavar="DIR", help="folders of recordings")
    parser.add_argument("--split", choices=("test", "dev"), default="test", help="whose clips (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ser_demo.cli.progress import progress_bar
    from ser_demo.evaluation.evaluate import evaluate

    with progress_bar("evaluating", "clip") as progress:
        evaluation = evaluate(options.model, options.data, options.split, progress)
    print(evaluation.to_markdown())
    if options.output is not None:
        options.output.write_text(json.dumps(evaluation.to_dict(), indent=1) + "\n", encoding="utf-8")
    return 0
