"""Folders of recordings: the known corpora by their file names, others by folders named after emotions."""

from collections.abc import Collection
from pathlib import Path
from unicodedata import normalize

from ser_demo.audio import recordings_below
from ser_demo.corpora.names import is_song_or_video, parse_name
from ser_demo.corpora.table import SPLITS, Found, Row, canonical_split, complete
from ser_demo.errors import SerError
from ser_demo.labels import canonical_label


def read_folder(folder: Path, emotions: Collection[str]) -> Found:
    """The clips below a folder, in the order of their paths.

    Args:
        emotions: names that make a sub-folder one of an emotion.

    Raises:
        SerError: a folder in it may not be read.
    """
    found = Found([])
    recordings, closed = recordings_below(folder)
    if closed:
        raise SerError(f"{closed[0]}: this folder may not be read. Allow reading it, or move it elsewhere.")
    for path in recordings:
        row = parse_name(path)
        if row is None and not is_song_or_video(path):
            row = _parse_folders(path.relative_to(folder).parts[:-1], emotions)
        if row is None:
            found.unknown.append(str(path))
            continue
        found.rows.append(complete(row | {"path": str(path)}, folder.resolve().name))
    return found


def _parse_folders(folders: tuple[str, ...], emotions: Collection[str]) -> Row | None:
    """What the folders above a file tell: one names the emotion, another may name the speaker, one the split."""
    splits = [folder for folder in folders if canonical_split(folder) in SPLITS]
    named = [folder for folder in folders if canonical_label(normalize("NFC", folder.lower())) in emotions]
    speakers = [folder for folder in folders if folder not in splits + named]
    if len(named) != 1 or len(speakers) > 1 or len(splits) > 1:
        return None
    row = {"emotion": named[0], "speaker": "".join(speakers)}
    return row | {"split": splits[0]} if splits else row
