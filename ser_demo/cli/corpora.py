"""`python -m ser_demo corpora`: what labelled recordings hold, and which of them are of no use."""

import argparse
from dataclasses import replace
from pathlib import Path

from ser_demo.cli.data import SOURCES, add_choice_arguments, divide, read_chosen, remarks, undivided
from ser_demo.cli.output import can_be_written, write_text
from ser_demo.errors import SerError

DESCRIPTION = """\
Look at labelled recordings before training on them: emotions, speakers, languages, lengths, levels, how they would be
divided, and which are set aside and why: unreadable, silent, with too little speech, clipped throughout, or there
twice. Nothing is changed."""

EXAMPLE = """\
examples:
  python -m ser_demo corpora corpora/ravdess corpora/crema-d
  python -m ser_demo corpora calls.csv --map frustrated=angry --emotions angry,neutral --report report.html"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "corpora",
        help="look at labelled recordings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", nargs="+", metavar="SOURCE", help=SOURCES)
    add_choice_arguments(parser)
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write an HTML page with an example of each emotion drawn"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not can_be_written(options.report, read=options.data):
        return 2

    from ser_demo.cli.progress import progress_bar
    from ser_demo.corpora.overview import make_overview
    from ser_demo.corpora.preparation import survey_clips

    corpora = read_chosen(options)
    told = remarks(corpora, options)
    try:
        corpora = divide(corpora, options)
        told += undivided(corpora, options)
    except SerError as error:
        told.append(f"cannot be divided: {error}")
        corpora = replace(corpora, table=corpora.table.drop(columns="split", errors="ignore"))
    with progress_bar("listening") as progress:
        survey = survey_clips(corpora.table, progress)
    overview = make_overview(corpora.table, survey)
    print("\n".join([overview.to_text(), *told]))
    if options.report is not None:
        from ser_demo.corpora.report import to_html

        with progress_bar("drawing") as progress:
            page = to_html(overview, survey, told, progress)
        write_text(options.report, page)
    return 0
