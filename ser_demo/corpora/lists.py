"""CSV and TSV files that list recordings."""

import csv
import os
import re
import warnings
from io import StringIO
from pathlib import Path, PurePath

import pandas as pd

from ser_demo.corpora.names import parse_name
from ser_demo.corpora.speakers import SPEAKERS, known_corpus
from ser_demo.corpora.table import Found, complete, our_column_names
from ser_demo.errors import SerError, first_line

_SEPARATOR_LINE = re.compile(r'"?sep=([\t;,])"?(?=\r?\n)', re.IGNORECASE)  # by which Excel is told what separates
_LONGEST_FIELD = 2**31 - 1  # letters; csv's own limit of 131,072 is exceeded by the transcript of a day


def read_list(file: Path) -> Found:
    """The clips that a CSV file (commas, semicolons or tabs, UTF-8) names; paths are relative to the file's folder.

    What a file's name tells of a clip of a known corpus counts, but for its label, unless the list says that the clip
    belongs to another corpus.

    Raises:
        SerError: the file cannot be read as CSV, or has no column for the path or the emotion.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        if told := _SEPARATOR_LINE.match(text):
            text = text[told.end() :]  # but for its end, so that lines keep their numbers
        header = next((line for line in text.splitlines() if line.strip()), "")
        separator = told[1] if told else max("\t;,", key=header.count)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of what has no name: a separator ends each row
            table = pd.read_csv(StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False)
        _check_width(file, text, separator, len(table.columns))
    except UnicodeDecodeError as error:
        raise SerError(f"{file}: is not written in UTF-8. Save it as UTF-8, in Excel as CSV UTF-8.") from error
    except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise SerError(f"{file}: cannot be read as a list of recordings ({first_line(error)}).") from error
    table = table.rename(columns=our_column_names(list(table.columns)))
    if lacking := [name for name in ("path", "emotion") if name not in table]:
        raise SerError(
            f"{file}: has no column {' and no column '.join(lacking)}. Its columns are {', '.join(table.columns)}. "
            "path and emotion are needed; speaker, gender, language, intensity, sentence, corpus and split are used."
        )
    found = Found([])
    for values in table.to_dict("records"):
        row = {str(column): value for column, value in values.items()}
        path = file.parent / row["path"].strip()
        if os.path.isfile(path):  # unlike `Path.is_file` it raises nothing, as of a name that is too long
            is_known = known_corpus(row.get("corpus", "").strip()) in ("", *SPEAKERS)
            named = parse_name(PurePath(path.name)) if is_known else None
            found.rows.append(complete(row | (named or {}) | {"emotion": row["emotion"], "path": str(path)}, file.stem))
        else:
            found.missing.append(str(path))
    return found


def _check_width(file: Path, text: str, separator: str, columns: int) -> None:
    """Whether no row has more fields than there are `columns`, but for empty ones where a separator ends it.

    What is too much would be dropped, and a comma in a sentence makes a part of it the speaker.

    Raises:
        SerError: a row has.
    """
    usual = csv.field_size_limit(_LONGEST_FIELD)
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
        for fields in rows:
            if any(field.strip() for field in fields[columns:]):
                raise SerError(
                    f"{file}: line {rows.line_num} has {len(fields)} fields, but there are {columns} columns. Put "
                    f"text with {separator!r} in it in quotes, or name every column."
                )
    finally:
        csv.field_size_limit(usual)
