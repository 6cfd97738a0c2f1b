"""CSV and TSV files that list recordings."""

import warnings
from pathlib import Path

import pandas as pd

from ser_demo.corpora.table import Found, complete, our_column_names
from ser_demo.errors import SerError, first_line


def read_list(file: Path) -> Found:
    """The clips that a CSV file (commas, semicolons or tabs, UTF-8) names; paths are relative to the file's folder.

    Raises:
        SerError: the file cannot be read as CSV, or has no column for the path or the emotion.
    """
    try:
        header = file.read_text(encoding="utf-8-sig").partition("\n")[0]
        separator = max("\t;,", key=header.count)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of what has no name: a separator ends each row
            table = pd.read_csv(
                file, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
            )
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
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
        if path.is_file():
            found.rows.append(complete(row | {"path": str(path)}, file.stem))
        else:
            found.missing.append(str(path))
    return found
