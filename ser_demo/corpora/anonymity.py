"""Names that may be published: those of the public corpora's speakers are, those of anyone else's are not."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ser_demo.corpora.names import SCHEMES

PUBLIC = {scheme.corpus for scheme in SCHEMES}


def hide_names(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its speakers numbered, corpus by corpus, unless the corpus is one of the public ones.

    Records of a training or a measurement go to the Hub, and a CSV's speakers may be called by their names there.
    """

    def number(speakers: pd.Series) -> pd.Series:
        if speakers.name in PUBLIC:
            return speakers
        names = sorted(set(speakers) - {""})
        return speakers.map({"": "", **{name: f"speaker {place}" for place, name in enumerate(names, start=1)}})

    return table.assign(speaker=table.groupby("corpus", group_keys=False)["speaker"].transform(number))


def hide_files(table: pd.DataFrame, reasons: Mapping[int, str]) -> list[str]:
    """What is wrong with some recordings, by row of `table`, each after its file's name if that may be published.

    Of anyone else's recordings the corpus takes its place, and a reason such as "double: a.wav" names none of them.
    """
    files = [Path(path).name for path in table["path"]]
    private = {file for file, corpus in zip(files, table["corpus"], strict=True) if corpus not in PUBLIC}
    told = []
    for row, reason in sorted(reasons.items()):
        corpus = table["corpus"].iloc[row]
        if corpus not in PUBLIC or any(file in reason for file in private):
            reason = reason.partition(": ")[0]
        told.append(f"{files[row] if corpus in PUBLIC else corpus}: {reason}")
    return told
