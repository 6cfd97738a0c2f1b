"""Who trains, who chooses, who tests: by speaker unless asked otherwise, never by clip.

Every actor of these corpora speaks the same few sentences, so clips drawn at random put each test speaker's voice into
training and measure memory. The known corpora have a fixed protocol; TESS tests only, because its licence allows no
derivatives: it trains only where another division is asked for.
"""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from ser_demo.corpora.table import SPLITS
from ser_demo.errors import SerError

# RAVDESS: EmoBox folds 1 and 2 (Ma et al., 2024). CREMA-D: EMO-SUPERB fold 1 (Wu et al., 2024) tests.
TEST_SPEAKERS = {
    "ravdess": {"01", "11", "20", "21"},
    "crema-d": {str(actor) for actor in range(1001, 1019)},
    "emodb": {"03", "08"},
    "nemo": {"IC0", "SM0"},
    "tess": {"OAF", "YAF"},
}
DEVELOPMENT_SPEAKERS = {
    "ravdess": {"04", "10", "12", "14"},
    "crema-d": {str(actor) for actor in range(1019, 1037)},
    "emodb": {"09"},
    "nemo": {"MK0"},
    "tess": set(),
}
FOLDS = 5  # of speakers: one tests, one chooses, three train
SEED = 0  # of what is left to chance, so that the same recordings are always divided alike


def assign_split(table: pd.DataFrame, by: str = "speaker", test_corpus: str | None = None) -> pd.Series:
    """ "train", "dev" or "test" for every clip.

    Args:
        table: of `read_corpora`.
        by: "speaker": the fixed protocol for corpora that have one, else each corpus' speakers divided into about
            3/5, 1/5 and 1/5, with every emotion's share kept as well as that goes; one with too few speakers for that
            trains where there are other corpora, see `only_training`. "corpus": one tests, the speakers of the others
            train and choose. "random": by clip. "given": the table's own column `split`. Else a column: its values
            are divided, over all corpora, as speakers are.
        test_corpus: which one tests; for "corpus" only.

    Raises:
        SerError: the clips cannot be divided in this way; the text says why and what to do.
    """
    if test_corpus is not None and by != "corpus":
        raise SerError(
            f"--test-corpus tests on a whole corpus: it cannot go with --split-by {by}. Leave one of them out."
        )
    match by:
        case "speaker":
            is_only = table["corpus"].nunique() == 1
            return _by_corpus(table, lambda corpus, rows: _speakers_of(corpus, rows, is_only))
        case "corpus":
            return _leave_one_out(table, test_corpus)
        case "random":
            return _at_random(table)
        case "given":
            return _given(table)
        case _:
            if by not in table:
                raise SerError(
                    f"--split-by: there is no column {by}. Give speaker, corpus, random, given or one of the columns "
                    f"{', '.join(table.columns)}."
                )
            return _divide(table, by, "the recordings")


def fold_development(table: pd.DataFrame, part: int, parts: int) -> pd.Series:
    """The same split, but only one part of the development speakers still chooses: the others train.

    So several trainings hear all voices but the test speakers', and each still chooses on some that it has not heard.

    Args:
        table: with the column `split`.
        part: from 1; who is in which part depends on the names of the development speakers alone.
        parts: in how many the development speakers are divided, all corpora together.

    Raises:
        SerError: development speakers are unknown, or fewer than parts.
    """
    dev = table[table["split"] == "dev"]
    _check_known(dev, "speaker", "the development recordings")
    voices = dev.groupby(["corpus", "speaker"]).ngroup()
    if voices.nunique() < parts:
        raise SerError(
            f"--fold {part}/{parts}: there are only {voices.nunique()} development speakers. Name fewer parts."
        )
    trains = voices[voices % parts != part - 1].index
    return table["split"].where(~table.index.isin(trains), "train")


def leaks(table: pd.DataFrame) -> list[str]:
    """One line per corpus that tests: the share of its test clips whose speaker, and whose sentence, trains too."""
    lines = []
    for corpus, rows in table[table["split"] != "dev"].groupby("corpus"):
        train, test = rows[rows["split"] == "train"], rows[rows["split"] == "test"]
        told = []
        for column, what in (("speaker", "are of a speaker who trains"), ("sentence", "say a sentence that trains")):
            if train.empty or (rows[column] != "").all():
                told.append(f"{100 * test[column].isin(train[column]).mean():.0f} % {what}")
            elif column == "speaker":
                told.append(f"nobody knows how many {what}")
        if len(test):
            lines.append(f"{corpus}: of {len(test)} test clips, {', '.join(told)} too")
    return lines


def only_training(table: pd.DataFrame) -> list[str]:
    """One line per corpus that only trains, as a division by speaker leaves those that are too small.

    Args:
        table: with the column `split`.
    """
    return [
        f"{corpus}: too small to be divided by speaker ({rows['speaker'].nunique()} speakers, {len(rows)} clips): "
        "all of it trains, none of it chooses or tests"
        for corpus, rows in table.groupby("corpus")
        if corpus not in TEST_SPEAKERS and set(rows["split"]) == {"train"}
    ]


def _by_corpus(table: pd.DataFrame, divide: Callable[[str, pd.DataFrame], pd.Series]) -> pd.Series:
    parts = [divide(str(corpus), rows) for corpus, rows in table.groupby("corpus")]
    return pd.concat(parts).reindex(table.index).rename("split")


def _speakers_of(corpus: str, rows: pd.DataFrame, is_only: bool) -> pd.Series:
    _check_known(rows, "speaker", corpus)
    split = pd.Series("train", rows.index)
    if corpus not in TEST_SPEAKERS:
        return split if _folds(rows, "speaker") < 3 and not is_only else _divide(rows, "speaker", corpus)
    split[rows["speaker"].isin(DEVELOPMENT_SPEAKERS[corpus])] = "dev"
    split[rows["speaker"].isin(TEST_SPEAKERS[corpus])] = "test"
    return split


def _leave_one_out(table: pd.DataFrame, test_corpus: str | None) -> pd.Series:
    names = sorted(table["corpus"].unique())
    if test_corpus not in names:
        raise SerError(f"--test-corpus: there is no corpus {test_corpus or 'named'}. Name one of {', '.join(names)}.")
    if len(names) < 2:
        raise SerError(f"{test_corpus} is the only corpus: nothing is left to train on. Add another one to --data.")

    def divide(corpus: str, rows: pd.DataFrame) -> pd.Series:
        if corpus == test_corpus:
            return pd.Series("test", rows.index)
        _check_known(rows, "speaker", corpus)
        if corpus in DEVELOPMENT_SPEAKERS:
            is_dev = rows["speaker"].isin(DEVELOPMENT_SPEAKERS[corpus])
            return pd.Series(np.where(is_dev, "dev", "train"), rows.index)
        if _folds(rows, "speaker") < 3 and len(names) > 2:  # of the others, some can be divided
            return pd.Series("train", rows.index)
        return _divide(rows, "speaker", corpus).replace("test", "train")

    return _by_corpus(table, divide)


def _at_random(table: pd.DataFrame) -> pd.Series:
    """A fifth of each corpus' and emotion's clips tests, a fifth chooses."""
    shuffled = table.sample(frac=1, random_state=SEED)
    turn = shuffled.groupby(["corpus", "emotion"]).cumcount() % FOLDS
    return turn.map(lambda fold: {0: "test", 1: "dev"}.get(fold, "train")).reindex(table.index).rename("split")


def _given(table: pd.DataFrame) -> pd.Series:
    if "split" not in table:
        raise SerError("--split-by given: the recordings have no column split. Add it to the CSV file.")
    odd = table.loc[~table["split"].isin(SPLITS), "split"].value_counts()
    if not odd.empty:
        values = ", ".join(f"{value or 'nothing'} ({clips} clips)" for value, clips in odd.items())
        raise SerError(f"--split-by given: the column split holds {values}. Each clip needs train, dev or test.")
    speakers = table[table["speaker"] != ""].groupby(["corpus", "speaker"])["split"]
    shared = [f"{speaker} ({corpus})" for (corpus, speaker), split in speakers if len(set(split)) > 1]
    if shared:
        named = ", ".join(shared[:10]) + (", ..." if len(shared) > 10 else "")
        raise SerError(
            f"--split-by given: {len(shared)} speakers are on several sides, which measures memory: {named}. "
            "Keep each speaker in one of train, dev and test, or let --split-by speaker divide them."
        )
    return table["split"].copy()


def _check_known(rows: pd.DataFrame, column: str, name: str) -> None:
    if unknown := int((rows[column] == "").sum()):
        raise SerError(
            f"{name}: the {column} of {unknown} of {len(rows)} clips is unknown, so they cannot be divided by it. Tell "
            f"it in a CSV file or by a folder per {column}, or choose --split-by random, by which test speakers train."
        )


def _folds(rows: pd.DataFrame, column: str) -> int:
    """Into how many parts clips can be divided, those of equal `column` together; three are needed."""
    return min(FOLDS, rows[column].nunique(), int(rows["emotion"].value_counts().max()))


def _divide(rows: pd.DataFrame, column: str, name: str) -> pd.Series:
    """Clips of equal `column` stay together, in folds that hold every emotion alike: one tests, one chooses."""
    _check_known(rows, column, name)
    folds = _folds(rows, column)
    if folds < 3:
        groups = rows[column].nunique()
        raise SerError(
            f"{name}: {len(rows)} clips with {groups} different values of {column} are too few to train, to choose and "
            "to test on different ones: it takes three. Add recordings, or choose another --split-by."
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of emotions with fewer clips than folds
        parts = [part for _, part in splitter.split(rows, rows["emotion"], rows[column])]
    parts.sort(key=lambda part: abs(len(part) - len(rows) / FOLDS))  # whoever has most of the clips trains
    split = np.full(len(rows), "train", dtype=object)
    split[parts[0]], split[parts[1]] = "test", "dev"
    return pd.Series(split, rows.index, name="split")
