"""Names that may be published: those of the public corpora's speakers are, those of anyone else's are not."""

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
