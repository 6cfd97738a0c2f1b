"""Who trains, who chooses, who tests: by speaker, never by clip.

Every actor of these corpora speaks the same few sentences, so clips drawn at random put each test speaker's voice into
training and measure memory. The protocol below is fixed; TESS tests only, because its licence allows no derivatives.
"""

import pandas as pd

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
SPLITS = ("train", "dev", "test")


def assign_split(table: pd.DataFrame) -> pd.Series:
    """ "train", "dev" or "test" for every row of a table with the columns `corpus` and `speaker`."""

    def split(corpus: str, speaker: str) -> str:
        if speaker in TEST_SPEAKERS[corpus]:
            return "test"
        return "dev" if speaker in DEVELOPMENT_SPEAKERS[corpus] else "train"

    names = [split(corpus, speaker) for corpus, speaker in zip(table["corpus"], table["speaker"], strict=True)]
    return pd.Series(names, index=table.index, name="split")
