"""Who trains and who tests: as the tutorials divide, by drawing clips, and as this project does, by speaker."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from ser_demo.corpora.splits import assign_split


@dataclass(frozen=True)
class Division:
    """Positions of the rows that train and of those that test."""

    train: np.ndarray
    test: np.ndarray


def draw_clips(table: pd.DataFrame, count: int, seed: int) -> Division:
    """`count` random rows train and the others test, whoever speaks them, and whichever clip they are a copy of."""
    train, test = train_test_split(np.arange(len(table)), train_size=count, random_state=seed)
    return Division(train, test)


def hold_out_speakers(table: pd.DataFrame) -> list[Division]:
    """The project's fixed protocol: its development speakers neither train nor test.

    Where the protocol lets nobody train (TESS), each speaker is tested once by what the others teach. Altered copies
    of clips (`copy` above 0) may train, but never test.
    """
    split = assign_split(table, "speaker")
    if (split == "train").any():
        tests = [(split == "train", split == "test")]
    else:
        tests = [(table["speaker"] != speaker, table["speaker"] == speaker) for speaker in table["speaker"].unique()]
    original = table["copy"] == 0
    return [Division(np.flatnonzero(train), np.flatnonzero(test & original)) for train, test in tests]


def limit_clips(table: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """At most `most` clips of each corpus, as evenly over its speakers and emotions as they go."""
    shuffled = table.sample(frac=1, random_state=seed)
    rank = shuffled.groupby(["corpus", "speaker", "emotion"]).cumcount()
    return shuffled.assign(rank=rank).sort_values("rank", kind="stable").groupby("corpus").head(most)[table.columns]
