"""`python -m ser_demo evaluate`: measure a recogniser on speakers that it has never heard."""

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path

from ser_demo.cli.data import add_data_arguments, read_data
from ser_demo.cli.output import can_be_written, write_text

DESCRIPTION = """\
Measure a checkpoint on recordings whose emotions are known, by default those of speakers who never train and never
tune. Each clip goes through the whole recogniser as a user's file would. Prints Markdown tables:

  UAR        unweighted average recall: the mean over emotions of the share that is found; in brackets its 95 %
             interval, had other speakers been drawn. The answer is sought among the emotions of the corpus ...
  UAR strict ... or among all those that the model knows
  WA         accuracy: the share of clips that are answered rightly
  macro-F1   the mean over emotions of the balance of precision and recall
  ECE        expected calibration error: how far the certainty of the answers is from how often they are right

The report shows them, and the results by emotion, gender and speaker, as one page that needs nothing else.
A recording that cannot be read is skipped. One that cannot tell right from wrong is set aside: silent, there twice, or
there under two labels. Both are named on standard error."""

EXAMPLE = """\
examples:
  the embedded model on the test speakers of two corpora
    python -m ser_demo evaluate --data corpora/ravdess corpora/tess --report report.html
  all of your own recordings, listed with the columns path, emotion and speaker, by another model
    python -m ser_demo evaluate --data calls.csv --split all --model org/some-checkpoint
  over telephones, at a low bit rate, in noise and in a room (takes six times as long)
    python -m ser_demo evaluate --data corpora/emodb --robustness --output evaluation.json

Exit code: 0 all done, 1 some recordings were skipped or nothing could be measured, 2 wrong usage, 130 stopped by
Ctrl-C."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure a recogniser on speakers it has never heard",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data_arguments(parser)
    parser.add_argument("--model", metavar="ID", help="Hub id or folder of a checkpoint (default: the embedded model)")
    parser.add_argument(
        "--split",
        choices=("test", "dev", "train", "all"),
        default="test",
        help="whose clips; all suits recordings that the model was not trained on, and divides nothing "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--robustness",
        action="store_true",
        help="recognise each clip again over a telephone, as an MP3 of 32 kbit/s, in noise 10 and 0 dB below the "
        "mean of the clip, pauses and all, and in a room",
    )
    parser.add_argument(
        "--lengths",
        action="store_true",
        help="recognise pieces of 1, 2, 3, 5 and 10 s of speech as well, see what more is worth",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write the figures as JSON; until then FILE.part keeps what was heard, so that the same command goes on "
        "where it was stopped",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page with all figures drawn")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not can_be_written(options.output, options.markdown, options.report, read=options.data):
        return 2

    from ser_demo.cli.progress import progress_bar
    from ser_demo.evaluation.evaluate import evaluate
    from ser_demo.evaluation.markdown import to_markdown
    from ser_demo.evaluation.report import to_html
    from ser_demo.evaluation.robustness import CONDITIONS
    from ser_demo.recognizer import EmotionRecognizer
    from ser_demo.settings import EMBEDDED, Settings
    from ser_demo.training.lineage import heard_before

    known = EmotionRecognizer(options.model).labels  # of which the eight may be a part only
    table = read_data(options, is_divided=options.split != "all", known=known).table
    measured = table if options.split == "all" else table[table["split"] == options.split]
    for line in heard_before(options.model or Settings.from_environment().model or str(EMBEDDED), measured):
        print(f"warning: {line}", file=sys.stderr)
    conditions = tuple(CONDITIONS) if options.robustness else ()
    part = None if options.output is None else options.output.with_name(f"{options.output.name}.part")
    told: list[str] = []  # with the names of files, which the figures may not tell to everybody
    try:
        with progress_bar("evaluating") as progress:
            evaluation = evaluate(
                options.model, table, options.split, progress, conditions, options.lengths, told.append, part
            )
    except KeyboardInterrupt:
        if part is None:
            raise
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    for line in told:
        print(line, file=sys.stderr)
    tables = to_markdown(evaluation)
    try:
        if part is not None:  # first: all else can be made of it
            write_text(options.output, json.dumps(evaluation.to_dict(), indent=1, ensure_ascii=False) + "\n")
            with suppress(OSError):
                part.unlink()
        if options.markdown is not None:
            write_text(options.markdown, tables + "\n")
        if options.report is not None:
            write_text(options.report, to_html(evaluation) + "\n")
    finally:  # a file that cannot be written must not cost what was measured
        print(tables)
    return 1 if evaluation.skipped else 0
