"""The public corpora of acted emotional speech, each read into one table.

A corpus is recognised by the names of its folders and files, whatever the audio suffix is. The table has one row per
clip: `path`, `corpus`, `speaker` (as the corpus names them) and `emotion` (one of `ser_demo.labels.EMOTIONS`).
"""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ser_demo.errors import SerError
from ser_demo.labels import EMOTIONS

COLUMNS = ["path", "corpus", "speaker", "emotion"]
AUDIO_SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".mp4", ".aiff"}

# Livingstone & Russo (2018): the third number of a name is the emotion, the last the actor.
RAVDESS_NAME = re.compile(r"03-01-(0[1-8])-0[12]-0[12]-0[12]-(\d\d)")
RAVDESS_EMOTIONS = dict(zip(["01", "02", "03", "04", "05", "06", "07", "08"], EMOTIONS, strict=True))

# Cao et al. (2014): actor_sentence_emotion_level.
CREMA_D_NAME = re.compile(r"(\d{4})_[A-Z]{3}_(ANG|DIS|FEA|HAP|NEU|SAD)_(?:XX|X|LO|MD|HI)")
CREMA_D_EMOTIONS = {
    "ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral", "SAD": "sad",
}  # fmt: skip

# Pichora-Fuller & Dupuis (2020): speaker_word_emotion; one file of the older actress is named OA.
TESS_NAME = re.compile(r"(OAF|OA|YAF)_\w+?_(angry|disgust|fear|happy|neutral|ps|sad)")
TESS_EMOTIONS = {
    "angry": "angry", "disgust": "disgust", "fear": "fearful", "happy": "happy", "neutral": "neutral",
    "ps": "surprised", "sad": "sad",
}  # fmt: skip

# Burkhardt et al. (2005): speaker, text, emotion, version. Boredom (L) is not among our eight.
EMODB_NAME = re.compile(r"(\d\d)[ab]\d\d([WEAFTNL])[a-z]?")
EMODB_EMOTIONS = {"W": "angry", "E": "disgust", "A": "fearful", "F": "happy", "T": "sad", "N": "neutral"}

# Christop (2024): speaker_emotion_sentence.
NEMO_NAME = re.compile(r"([A-Z]{2}\d)_(anger|fear|happiness|neutral|sadness|surprised)_\d+")
NEMO_EMOTIONS = {
    "anger": "angry", "fear": "fearful", "happiness": "happy", "neutral": "neutral", "sadness": "sad",
    "surprised": "surprised",
}  # fmt: skip

Row = tuple[str, str, str | None]  # corpus, speaker, emotion; None for an emotion that is not one of the eight


def parse_name(stem: str) -> Row | None:
    """What a file's name (without suffix) says of the clip; None for a name that no corpus uses."""
    for pattern, read in _READERS:
        if match := pattern.fullmatch(stem):
            return read(match)
    return None


def _ravdess(match: re.Match[str]) -> Row:
    emotion, actor = match.groups()
    return "ravdess", actor, RAVDESS_EMOTIONS[emotion]


def _crema_d(match: re.Match[str]) -> Row:
    actor, emotion = match.groups()
    return "crema-d", actor, CREMA_D_EMOTIONS[emotion]


def _tess(match: re.Match[str]) -> Row:
    speaker, emotion = match.groups()
    return "tess", "OAF" if speaker == "OA" else speaker, TESS_EMOTIONS[emotion]


def _emodb(match: re.Match[str]) -> Row:
    speaker, emotion = match.groups()
    return "emodb", speaker, EMODB_EMOTIONS.get(emotion)


def _nemo(match: re.Match[str]) -> Row:
    speaker, emotion = match.groups()
    return "nemo", speaker, NEMO_EMOTIONS[emotion]


_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Row]]] = [
    (RAVDESS_NAME, _ravdess),
    (CREMA_D_NAME, _crema_d),
    (TESS_NAME, _tess),
    (EMODB_NAME, _emodb),
    (NEMO_NAME, _nemo),
]


def read_corpora(folders: list[Path]) -> tuple[pd.DataFrame, list[Path]]:
    """All clips below `folders` as one table with `COLUMNS`, and the audio files that no corpus names like this.

    A clip whose emotion is not one of the eight (EmoDB's boredom) is neither.

    Raises:
        SerError: a folder that does not exist, or none of them holds a clip.
    """
    rows, unknown = [], []
    for folder in folders:
        if not folder.is_dir():
            raise SerError(f"{folder}: there is no such folder. Give the folders that hold the corpora.")
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in AUDIO_SUFFIXES:
                continue
            row = parse_name(path.stem)
            if row is None:
                unknown.append(path)
            elif row[-1] is not None:
                rows.append((str(path), *row))
    if not rows:
        names = ", ".join(str(folder) for folder in folders)
        raise SerError(f"{names}: no recording of RAVDESS, CREMA-D, TESS, EmoDB or nEMO was found there.")
    return pd.DataFrame(rows, columns=COLUMNS), unknown
