"""Data sets of the library `datasets`, on disk or on the Hugging Face Hub.

The library would decode audio through torchcodec. Here it hands out the files' bytes, and `ser_demo.audio` decodes them
as it does any other file's.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from ser_demo.corpora.names import parse_name
from ser_demo.corpora.table import Found, Row, canonical_split, complete, our_column_names
from ser_demo.errors import SerError, first_line

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict


def is_data_set(folder: Path) -> bool:
    """Whether `save_to_disk` made this folder."""
    return any(os.path.isfile(folder / name) for name in ("dataset_dict.json", "state.json"))


def read_data_set(folder: Path) -> Found:
    """The clips of a data set that `save_to_disk` wrote.

    Raises:
        SerError: it cannot be read, or has no column for the audio or the emotion.
    """
    from datasets import load_from_disk

    try:
        loaded = load_from_disk(str(folder))
    except (OSError, ValueError) as error:
        raise SerError(f"{folder}: cannot be read as a data set ({first_line(error)}).") from error
    return Found(list(_rows(loaded, folder.resolve().name)))


def read_hub(source: str) -> Found:
    """The clips of a data set on the Hub, "org/name" for all its splits or "org/name:split".

    Raises:
        SerError: it cannot be fetched, or has no column for the audio or the emotion.
    """
    from datasets import load_dataset_builder

    name, _, split = source.partition(":")
    try:
        builder = load_dataset_builder(name)
        with _files_as_they_are():
            builder.download_and_prepare()
        loaded = builder.as_dataset(split or None)
    # Errors of the library itself, of the Hub's client and of its HTTP client all come through.
    except Exception as error:
        reason = first_line(error.__cause__ or error)
        raise SerError(
            f"{source}: there is no such folder here, and no data set of the Hugging Face Hub could be had under this "
            f"name ({reason}). See to the name and the connection, and to HF_TOKEN if it is private."
        ) from error
    return Found(list(_rows(loaded, name.split("/")[1])))


@contextmanager
def _files_as_they_are() -> Iterator[None]:
    """The library would ask for torchcodec to note the name of a file in a folder, or its content in an archive."""
    from datasets import Audio

    def note(self: Audio, value: str | dict[str, Any]) -> dict[str, Any]:
        return {"bytes": None, "path": value} if isinstance(value, str) else value

    with patch.object(  # its builders for folders and archives make the column themselves
        Audio, "encode_example", note
    ):
        yield


def _rows(loaded: "Dataset | DatasetDict", name: str) -> Iterator[Row]:
    """`name` stands for the corpus; the keys of a `DatasetDict` are its splits."""
    if isinstance(loaded, dict):
        for split, part in loaded.items():
            for row in _rows_of_one(part, name):
                yield {"split": canonical_split(split)} | row
    else:
        yield from _rows_of_one(loaded, name)


def _rows_of_one(part: "Dataset", name: str) -> Iterator[Row]:
    from datasets import Audio, ClassLabel, Value

    audio = next((column for column, kind in part.features.items() if isinstance(kind, Audio)), None)
    if audio is None:
        raise SerError(f"{name}: the data set has no column of audio. Its columns are {', '.join(part.column_names)}.")
    inside = [column for column, kind in part.features.items() if isinstance(kind, dict)]  # WebDataset's JSON files
    columns = {**part.features, **{name: kind for column in inside for name, kind in part.features[column].items()}}
    kinds = {column: kind for column, kind in columns.items() if isinstance(kind, Value | ClassLabel)}
    names = our_column_names([column for column in kinds if column != "path"])
    if "emotion" not in names.values():
        raise SerError(f"{name}: the data set has no column emotion or label. Its columns are {', '.join(kinds)}.")
    folder = _cache() / name
    needed = [audio, *inside, *(name for name in names if name in part.features)]
    for row_of_part in part.select_columns(needed).cast_column(audio, Audio(decode=False)):
        values = row_of_part | {name: value for column in inside for name, value in (row_of_part[column] or {}).items()}
        known = {ours: _text(values.get(column), kinds[column]) for column, ours in names.items()}
        file = values[audio] or {"bytes": b"", "path": None}
        named = parse_name(Path(file["path"] or "")) or {}  # a known corpus; only its label may differ
        row = known | named | {"emotion": known["emotion"], "path": _file(file["bytes"], file["path"] or "", folder)}
        yield complete(row, name)


def _text(value: Any, kind: Any) -> str:
    if value is None or (hasattr(kind, "int2str") and value == -1):  # by which the Hub's data sets write no label
        return ""
    return kind.int2str(value) if hasattr(kind, "int2str") else str(value)


def _file(content: bytes | None, name: str, folder: Path) -> str:
    """Where the audio lies: its own file, or one in the cache, told from others of its name by its content.

    Raises:
        SerError: the cache cannot be written.
    """
    if content is None:
        return name
    digest = hashlib.sha256(content).hexdigest()[:16]
    stem, suffix = _begin(Path(name).stem, 100), _begin(Path(name).suffix, 20)
    file = folder / f"{stem or 'clip'}-{digest}{suffix or '.wav'}"
    if not file.exists():
        unfinished = file.with_suffix(f".{os.getpid()}")  # so that a file of half the content is never taken for whole
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)
            unfinished.replace(file)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise SerError(
                f"{file}: this recording of the data set cannot be kept there ({error.strerror}). Free some disk "
                "space, or name another folder in XDG_CACHE_HOME."
            ) from error
    return str(file)


def _begin(text: str, size: int) -> str:
    """As much of a text as `size` bytes hold: disks count the name of a file in bytes, and most take 255."""
    return text.encode(errors="ignore")[:size].decode(errors="ignore")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ser_demo"
