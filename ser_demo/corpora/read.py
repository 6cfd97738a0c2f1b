"""Any mix of sources to one table of the emotions that are wanted."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import pandas as pd

from ser_demo.corpora.data_sets import is_data_set, read_data_set, read_hub
from ser_demo.corpora.folders import read_folder
from ser_demo.corpora.lists import read_list
from ser_demo.corpora.names import is_song_or_video
from ser_demo.corpora.speakers import SPEAKERS
from ser_demo.corpora.table import COLUMNS, Found
from ser_demo.errors import SerError
from ser_demo.labels import EMOTIONS, canonical_label

LIST_SUFFIXES = (".csv", ".tsv")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?")


@dataclass(frozen=True)
class Corpora:
    """The clips of all sources.

    Attributes:
        table: `COLUMNS`, and whatever further columns a CSV file or data set has; a row per clip.
        unknown: audio files that nobody recognises.
        missing: files that a CSV file names and that are not there.
        unnamed: audio files whose names are no UTF-8, which no table of theirs could hold.
        left_out: clips per emotion that was not chosen.
        joined: the sources of each corpus that has several and is none of the public ones.
    """

    table: pd.DataFrame
    unknown: list[str]
    missing: list[str]
    unnamed: list[str]
    left_out: dict[str, int]
    joined: dict[str, list[str]]

    def remarks(self) -> list[str]:
        """What a user should know of that is not in the table, a line each."""
        songs = [path for path in self.unknown if is_song_or_video(Path(path))]
        others = [path for path in self.unknown if not is_song_or_video(Path(path))]
        lines = [
            _count("passed over, songs and videos of RAVDESS", songs),
            _count("passed over, nothing tells their emotion", others),
            _count("missing, though a list names them", self.missing),
            _count("passed over, rename them: their names are no UTF-8", self.unnamed),
        ]
        if self.left_out:
            emotions = ", ".join(f"{emotion or 'no emotion'} ({clips})" for emotion, clips in self.left_out.items())
            lines.append(f"left out, emotions that were not chosen: {emotions}")
        for corpus, sources in self.joined.items():
            lines.append(f"one corpus, with the same speakers, by its name {corpus}: {', '.join(sources)}")
        return [line for line in lines if line]


def read_corpora(
    sources: Sequence[str],
    emotions: Sequence[str] | None = None,
    mapping: Mapping[str, str] | None = None,
    known: Sequence[str] = (),
) -> Corpora:
    """All clips of the sources whose emotion is wanted.

    Args:
        sources: each a folder of a named corpus (RAVDESS, CREMA-D, TESS, SAVEE, EmoDB, nEMO), a folder with one folder
            per emotion, a .csv or .tsv file, a folder that `datasets` saved, or a data set on the Hub ("org/name" or
            "org/name:split").
        emotions: the ones that are wanted, by any of their names; None for the eight, what `mapping` leads to, and
            `known`.
        mapping: emotions to count as others, {"calm": "neutral"}.
        known: further emotions, which need not occur, such as a model tells apart.

    Raises:
        SerError: a source that does not exist, cannot be read or holds no clip; an emotion that is mapped or wanted
            and does not occur; a corpus of a public one's name with other speakers.
    """
    renamed = {_canonical(old): _canonical(new) for old, new in (mapping or {}).items()}
    wanted = [_canonical(emotion) for emotion in emotions or ()]
    usual = {*EMOTIONS, *map(_canonical, known)}
    found = [_read_source(source, {*usual, *renamed, *wanted}) for source in sources]
    rows = [row for part in found for row in part.rows]
    named = [row for row in rows if _is_text(row["path"])]
    if not named:
        raise SerError(f"{', '.join(sources)}: no recording has a name in UTF-8. Rename them.")
    table = pd.DataFrame(named).fillna("").drop_duplicates(["path", "emotion"])
    _check_speakers(table)
    table["speaker"] = table.groupby("corpus")["speaker"].transform(_one_spelling)
    table = table[COLUMNS + [column for column in table.columns if column not in COLUMNS]]
    table["emotion"] = _rename(table["emotion"].map(_canonical), renamed)
    is_wanted = table["emotion"].isin(_choose(table["emotion"], wanted, {*usual, *renamed.values()}))
    return Corpora(
        table=table[is_wanted].reset_index(drop=True),
        unknown=[path for part in found for path in part.unknown],
        missing=[path for part in found for path in part.missing],
        unnamed=[row["path"] for row in rows if not _is_text(row["path"])],
        left_out=table.loc[~is_wanted, "emotion"].value_counts().to_dict(),
        joined=_joined(dict(zip(sources, found, strict=True))),
    )


def _joined(found: Mapping[str, Found]) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {}
    for source, part in found.items():
        for corpus in dict.fromkeys(row["corpus"] for row in part.rows):
            sources.setdefault(corpus, []).append(source)
    return {corpus: names for corpus, names in sources.items() if len(names) > 1 and corpus not in SPEAKERS}


def _check_speakers(table: pd.DataFrame) -> None:
    """Whether what is called like a public corpus has its speakers, by whom it is divided and whom cards may name."""
    for corpus, speakers in table[table["speaker"] != ""].groupby("corpus")["speaker"]:
        names = SPEAKERS.get(str(corpus))
        if names and (odd := sorted(set(speakers) - names)):
            raise SerError(
                f"{corpus}: has no speaker {odd[0]}: they are called {min(names)} to {max(names)}. Call them so, or if "
                "the recordings are others than this corpus', call their folder, or their corpus in a CSV file, "
                "something else."
            )


def _one_spelling(names: pd.Series) -> pd.Series:
    """The same speakers, those whose names differ in case or spaces alone being one, called as the first time."""
    first: dict[str, str] = {}
    return names.map(lambda name: first.setdefault(" ".join(normalize("NFC", name).casefold().split()), name))


def _is_text(path: str) -> bool:
    try:
        return bool(path.encode())
    except UnicodeEncodeError:  # the name on the disk is in another encoding
        return False


def _canonical(emotion: str) -> str:
    return canonical_label(normalize("NFC", emotion.strip().lower()))


def _count(what: str, paths: list[str]) -> str:
    """ "" for none."""
    if not paths:
        return ""
    first = ", ".join(Path(path).name for path in paths[:3])
    return f"{what}: {len(paths)} ({first}{', ...' if len(paths) > 3 else ''})"


def _read_source(source: str, emotions: set[str]) -> Found:
    path = Path(source)
    if os.path.isdir(path):  # unlike `Path.is_dir` it raises nothing
        found = read_data_set(path) if is_data_set(path) else read_folder(path, emotions)
    elif path.suffix.lower() in LIST_SUFFIXES and os.path.isfile(path):
        found = read_list(path)
    elif HUB_ID.fullmatch(source) and not os.path.exists(path.parent):  # or else it is a path with a slip
        found = read_hub(source)
    elif os.path.isfile(path):
        raise SerError(f"{source}: is no folder, nor a list that can be read: save a list as .csv or .tsv.")
    else:
        raise SerError(f"{source}: there is no such folder or .csv file. Give what holds the recordings.")
    if not found.rows:
        raise SerError(f"{source}: {_what_was_looked_for(found)}")
    return found


def _what_was_looked_for(found: Found) -> str:
    if found.missing:
        return f"none of the {len(found.missing)} recordings that it names is there, the first is {found.missing[0]}."
    first = next(iter(found.unknown), None)
    example = f" ({len(found.unknown)} audio files have other names, the first is {first})" if first else ""
    return (
        f"no recording was recognised{example}. Looked for the file names of RAVDESS, CREMA-D, TESS, SAVEE, EmoDB and "
        "nEMO, and for sub-folders named after emotions, such as angry or happiness."
    )


def _rename(emotions: pd.Series, renamed: Mapping[str, str]) -> pd.Series:
    if absent := set(renamed) - set(emotions):
        raise SerError(f"--map: there is no {' and no '.join(sorted(absent))}. {_list(emotions)}")
    return emotions.replace(dict(renamed))


def _choose(emotions: pd.Series, wanted: list[str], usual: set[str]) -> set[str]:
    if absent := set(wanted) - set(emotions):
        raise SerError(f"--emotions: there is no {' and no '.join(sorted(absent))}. {_list(emotions)}")
    chosen = set(wanted) or usual
    if not chosen & set(emotions):
        raise SerError(
            "none of the recordings' emotions is one of the eight: choose by --emotions, or name them by --map, as in "
            f"--map freude=happy. {_list(emotions)}"
        )
    return chosen


def _list(emotions: pd.Series) -> str:
    counts = ", ".join(f"{emotion or 'nothing'} ({clips})" for emotion, clips in emotions.value_counts().items())
    return f"The recordings are labelled {counts}."
