"""Which recordings a command works on, and how they are divided: arguments shared by corpora, finetune and evaluate."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_demo.corpora.read import Corpora

SOURCES = (
    "folders of the known corpora, folders with one sub-folder per emotion, CSV or TSV files (columns path and "
    "emotion), data sets saved by the library datasets, or data sets on the Hub: org/name or org/name:split"
)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """--data and what is done with it."""
    parser.add_argument("--data", nargs="+", required=True, metavar="SOURCE", help=SOURCES)
    add_choice_arguments(parser)


def add_choice_arguments(parser: argparse.ArgumentParser) -> None:
    """Which emotions, and who tests."""
    choice = parser.add_argument_group("recordings")
    choice.add_argument(
        "--emotions",
        type=_emotions,
        metavar="A,B,C",
        help="only these (default: neutral, calm, happy, sad, angry, fearful, disgust, surprised; in evaluate also "
        "what else the model tells apart)",
    )
    choice.add_argument(
        "--map",
        type=_mapping,
        metavar="FROM=TO,...",
        help="count an emotion as another one, as in calm=neutral,frustrated=angry",
    )
    choice.add_argument(
        "--split-by",
        metavar="HOW",
        help="speaker: fixed test speakers for the known corpora, else a fifth of the speakers (default); corpus: see "
        "--test-corpus; random: by clip, which lets test speakers train; given: the column split; or another column",
    )
    choice.add_argument("--test-corpus", metavar="NAME", help="test on this corpus, train on the others")


def read_data(options: argparse.Namespace, is_divided: bool = True, known: Sequence[str] = ()) -> "Corpora":
    """The recordings that the arguments name; warnings go to standard error.

    Args:
        options: what was typed.
        is_divided: whether the table gets the column `split`, for which recordings can be too few or too little known.
        known: emotions beyond the eight that are read where none are chosen.

    Raises:
        SerError: there are no such recordings, or they cannot be divided.
    """
    from ser_demo.corpora.splits import leaks

    is_first = is_first_process()
    corpora = read_chosen(options, known)
    for line in remarks(corpora, options, is_divided) if is_first else ():
        print(line, file=sys.stderr)
    if not is_divided:
        return corpora
    divided = divide(corpora, options)
    for line in undivided(divided, options) if is_first else ():
        print(line, file=sys.stderr)
    if is_first and how(options) not in ("speaker", "corpus"):
        table = divided.table
        if how(options) == "given":  # which keeps the speakers that are known apart
            table = table[table["corpus"].isin(table.loc[table["speaker"] == "", "corpus"])]
        for line in leaks(table):
            print(f"warning: {line}", file=sys.stderr)
    return divided


def is_first_process() -> bool:
    """Whether this is the process that speaks: torchrun starts the same command once per process."""
    return os.environ.get("RANK", "0") == "0"


def read_chosen(options: argparse.Namespace, known: Sequence[str] = ()) -> "Corpora":
    """The recordings that the arguments name."""
    from ser_demo.corpora.read import read_corpora

    return read_corpora(options.data, options.emotions, options.map, known)


def remarks(corpora: "Corpora", options: argparse.Namespace, is_divided: bool = True) -> list[str]:
    """What a user should know of the recordings that is not in the table, and which of its columns nothing reads."""
    from ser_demo.corpora.table import COLUMNS

    lines = corpora.remarks()
    if any(corpora.left_out) and options.emotions is None:  # the eight, which nobody has named
        lines.append("to take them in, name all emotions that you want by --emotions, or count some as others by --map")
    others = [column for column in corpora.table.columns if column not in (*COLUMNS, "split", how(options))]
    if others:
        known = f"{', '.join(COLUMNS)} and split"
        lines.append(f"not used, columns other than {known}: {', '.join(others)}; recordings are heard as a whole")
    if "split" in corpora.table and is_divided and how(options) not in ("given", "split"):
        lines.append(
            f"not used, the column split: recordings are divided by {how(options)}; --split-by given follows it"
        )
    return lines


def divide(corpora: "Corpora", options: argparse.Namespace) -> "Corpora":
    """The same with the column `split`."""
    from ser_demo.corpora.splits import assign_split

    split = assign_split(corpora.table, how(options), options.test_corpus)
    return replace(corpora, table=corpora.table.assign(split=split))


def undivided(divided: "Corpora", options: argparse.Namespace) -> list[str]:
    """Which corpora were too small to be divided by speaker, a line each."""
    from ser_demo.corpora.splits import only_training

    return only_training(divided.table) if how(options) in ("speaker", "corpus") else []


def how(options: argparse.Namespace) -> str:
    """By what the recordings are divided."""
    return options.split_by or ("corpus" if options.test_corpus else "speaker")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _emotions(text: str) -> list[str]:
    if not (names := _names(text)):
        raise argparse.ArgumentTypeError(f"{text!r} names no emotion")
    return names


def _mapping(text: str) -> dict[str, str]:
    pairs = [name.split("=") for name in _names(text)]
    if not pairs or any(len(pair) != 2 or not all(part.strip() for part in pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form from=to,from=to")
    return {old.strip(): new.strip() for old, new in pairs}
