"""A folder of recordings and the folder of its results: what there is to do, what is done, and the table of all.

The folder of results holds `<recording>.json` for each recording that was analysed, in the same sub-folder, and one
`results.csv`. What is there is done: a run that was stopped goes on where it was.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ser_demo.audio import recordings_below
from ser_demo.errors import SerError
from ser_demo.result import CSV_FIELDS, Model, Result, csv_emotions, csv_lines

TABLE = "results.csv"


class NameTooLongError(SerError):
    """A recording is called so that its result, called the same with `.json` behind it, has no place on this disk."""


def find_recordings(folder: Path) -> tuple[list[str], list[str]]:
    """The recordings below a folder, and the folders there that may not be read.

    Both are paths from there with forward slashes, in order.
    """
    recordings, closed = ([path.relative_to(folder).as_posix() for path in paths] for paths in recordings_below(folder))
    return recordings, closed


class ResultFolder:
    """Where the results of one run lie.

    Args:
        path: the folder, made if it is not there.
        recordings: the folder of the recordings; a result that is older than its recording counts as not done.
        model: what answers in this run; a result by another model counts as not done.
        labels: its emotions, which the table calls so.

    Raises:
        SerError: it cannot be made or written, or holds a `results.csv` of something else.
    """

    def __init__(self, path: Path, recordings: Path, model: Model, labels: Sequence[str]):
        self._path = path
        self._recordings = recordings
        self._model = model
        self._labels = labels
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not os.access(path, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise _cannot_be_written(path, error) from error
        header = ",".join(CSV_FIELDS).encode()
        if _content(path / TABLE, len(header)) not in (b"", header):
            raise _not_ours(path / TABLE)

    def is_done(self, recording: str) -> bool:
        """Whether the result of a recording is there.

        Raises:
            NameTooLongError: no file can have its name.
            SerError: something else is there, such as a transcript beside the recording.
        """
        if _is_too_long(self._file(recording)):
            raise NameTooLongError(f"{recording}: its name is too long for one with .json. Shorten it.")
        if (result := self._read(recording)) is None and self._is_taken(recording):
            raise _not_ours(self._file(recording))
        return result is not None

    def add(self, recording: str, result: Result) -> None:
        """Keeps a result.

        Raises:
            SerError: it cannot be written.
        """
        self._write(self._file(recording), [result.to_json()])
        if self._has_changed(recording):  # a clock that is ahead has dated the recording
            with suppress(OSError):
                dated = (self._recordings / recording).stat().st_mtime_ns
                os.utime(self._file(recording), ns=(dated, dated))

    def write_table(self, recordings: list[str]) -> None:
        """The table of those recordings that are done.

        Raises:
            SerError: it cannot be written.
        """
        # Read twice, as hundreds of thousands of results are more than memory holds.
        columns = csv_emotions(self._done(recordings))
        self._write(self._path / TABLE, csv_lines(self._done(recordings), columns))

    def _done(self, recordings: list[str]) -> Iterator[tuple[str, Result]]:
        for recording in recordings:
            if (result := self._read(recording)) is not None:
                yield recording, result

    def _file(self, recording: str) -> Path:
        return self._path / f"{recording}.json"

    def _is_taken(self, recording: str) -> bool:
        """Whether a file of something else is where the result belongs."""
        content = _content(self._file(recording))
        try:
            return bool(content) and not json.loads(content).keys() >= {"channels", "model"}
        except (ValueError, AttributeError):
            return True

    def _read(self, recording: str) -> Result | None:
        try:
            result = Result.from_dict(json.loads(self._file(recording).read_text(encoding="utf-8")), self._labels)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or not ours
        return result if result.model == self._model and not self._has_changed(recording) else None

    def _has_changed(self, recording: str) -> bool:
        """Whether a recording is newer than its result."""
        try:
            return self._file(recording).stat().st_mtime_ns < (self._recordings / recording).stat().st_mtime_ns
        except OSError:  # the recording is gone by now
            return False

    def _write(self, file: Path, lines: Iterable[str]) -> None:
        """Writes a file whole or not at all."""
        # Short, since a name may be as long as a disk allows, and no other file's.
        unfinished = file.with_name(f".{hashlib.sha256(os.fsencode(file.name)).hexdigest()[:16]}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # A name of a file that is no UTF-8 gets question marks for what is not.
            with unfinished.open("w", encoding="utf-8", errors="replace") as text:
                text.writelines(lines)
            os.replace(unfinished, file)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise _cannot_be_written(file, error) from error


def _content(file: Path, size: int = -1) -> bytes:
    """The first `size` bytes or all of them, none where there is nothing to read."""
    try:
        with file.open("rb") as there:
            return there.read(size)
    except OSError:
        return b""


def _is_too_long(file: Path) -> bool:
    try:
        file.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def _not_ours(file: Path) -> SerError:
    return SerError(f"{file}: is of something else, and a result would take its place. Name another folder.")


def _cannot_be_written(path: Path, error: OSError) -> SerError:
    return SerError(f"{path}: cannot be written ({error.strerror}). Name another folder.")
