"""The one table that every reader makes: a row per clip, strings throughout, "" where nothing is known.

    path       the recording's file
    corpus     its corpus, or the name of the folder, CSV file or data set it came from
    speaker    as the corpus names them; a speaker is one person within one corpus
    gender     "female" or "male"
    language   ISO 639-1, as in "en"
    emotion    one of `ser_demo.labels.EMOTIONS`, or what the corpus calls another one
    intensity  as the corpus names it, as in "strong"
    sentence   the corpus' code of what is said

Further columns of a CSV file or data set, such as `split`, are kept beside them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
from pandas.api.typing import DataFrameGroupBy

from ser_demo.corpora.speakers import known_corpus, known_speaker

COLUMNS = ["path", "corpus", "speaker", "gender", "language", "emotion", "intensity", "sentence"]
SPLITS = ("train", "dev", "test")

Row = dict[str, str]

# What other people call them.
_COLUMNS = {
    "path": ("file", "filename", "file_name", "filepath", "file_path", "wav", "audio", "audio_path", "audio_file"),
    "emotion": ("label", "emotions", "labels", "emotion_label"),
    "speaker": ("speaker_id", "speakerid", "speaker_name", "actor", "actor_id", "spk", "spk_id"),
    "gender": ("sex",),
    "language": ("lang", "locale"),
    "sentence": ("sentence_id", "text", "raw_text", "transcript", "transcription"),
}
_SPLITS = {
    "train": ("training",),
    "dev": ("development", "validation", "valid", "val", "eval"),
    "test": ("testing",),
}
_GENDERS = {"female": ("f", "w", "woman"), "male": ("m", "man")}


@dataclass(frozen=True)
class Found:
    """What one source holds.

    Attributes:
        rows: its clips, with all of `COLUMNS`.
        unknown: audio files that nothing is known about.
        missing: files that a list names and that are not there.
    """

    rows: list[Row]
    unknown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def complete(known: Row, corpus: str) -> Row:
    """A row with all of `COLUMNS` from what is known; `corpus` is what it is called unless the row tells itself."""
    row = dict.fromkeys(COLUMNS, "") | {column: value.strip() for column, value in known.items()}
    row |= {"corpus": known_corpus(row["corpus"]) or corpus, "gender": _canonical(row["gender"], _GENDERS)}
    row |= {"speaker": known_speaker(row["corpus"], row["speaker"])}
    return row | ({"split": canonical_split(row["split"])} if "split" in row else {})


def of_one_voice(clips: pd.DataFrame) -> DataFrameGroupBy:
    """The clips of each speaker in each emotion, by (corpus, speaker, emotion); whoever is unknown has one alone."""
    speakers = clips["speaker"].where(clips["speaker"] != "", clips["path"])
    return clips.groupby(["corpus", speakers, "emotion"])


def our_column_names(columns: Sequence[str]) -> dict[str, str]:
    """By what a table calls its columns, what they are called here. Of two columns for one thing the first counts."""
    names: dict[str, str] = {}
    for column in sorted(columns, key=lambda column: column.strip().lower() not in COLUMNS):  # our own names first
        ours = _canonical(re.sub(r"[\s-]+", "_", column.strip()), _COLUMNS)  # as of "Speaker ID"
        ours = ours if ours in COLUMNS else _canonical(column, _COLUMNS)
        if ours in names.values():
            ours = column
        while ours in names.values():  # as of "Emotion" and "emotion"
            ours += ".1"  # as pandas calls the second of two columns of one name
        names[column] = ours
    return names


def canonical_split(name: str) -> str:
    """ "Validation" -> "dev"; unknown names come back in lower case."""
    return _canonical(name, _SPLITS)


def _canonical(name: str, others: dict[str, tuple[str, ...]]) -> str:
    plain = name.strip().lower()
    return next((ours for ours, synonyms in others.items() if plain in synonyms), plain)
