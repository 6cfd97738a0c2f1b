"""Where a recording comes from: a path, bytes or a file object, all brought to one kind of seekable file."""

import io
import os
import stat
import tempfile
from typing import IO, Any, BinaryIO

import numpy as np

from ser_demo.errors import AudioTooLargeError, EmptyAudioError, SourceTypeError, UnreadableAudioError, printable
from ser_demo.settings import Limits

AudioSource = str | os.PathLike[str] | bytes | BinaryIO | tuple[np.ndarray, int]
"""A path, the bytes of a file, a binary file object, or (samples, sample rate in Hz).

Samples have shape (n,), (channels, n) or (n, channels). Of a 2-D array the shorter side counts as the
channels, and a square one is (channels, n). Integers are scaled to [-1, 1], floats are taken as they are.
"""

UNNAMED = "recording"
_PIECE = 1024 * 1024  # bytes read at once from a stream that cannot seek
_SPOOL_IN_MEMORY = 16 * 1024 * 1024  # bytes of such a stream that are kept before a temporary file takes over


class SourceFile:
    """The bytes of one recording, with just the file methods that the decoding libraries call.

    An error in reading is kept in `failure` and looks like the end of the file, because an exception must not
    travel through a C library. A broken header may send a library to an impossible place, so a seek that
    fails is no such error. There is no `name` attribute on purpose: soundfile would judge the content by its
    ending.
    """

    def __init__(self, stream: IO[bytes], file_name: str, size: int, owned: bool) -> None:
        self.file_name = file_name
        self.size = size
        self.failure: Exception | None = None
        self._stream = stream
        self._owned = owned

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except (OSError, ValueError) as failure:  # ValueError is what a closed file raises
            self.failure = failure
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError):
            return -1

    def tell(self) -> int:
        try:
            return self._stream.tell()
        except (OSError, ValueError):
            return -1

    def raise_failure(self) -> None:
        """Raise UnreadableAudioError if reading has failed since the file was opened."""
        if self.failure is not None:
            raise _unreadable(self.file_name, self.failure) from self.failure

    def release(self) -> None:
        """Close the underlying file, unless it is the caller's."""
        if self._owned:
            self._stream.close()


def source_name(source: AudioSource, name: str | None) -> str:
    """Base name by which messages call the recording: `name` if given, else the file's, else "recording"."""
    own = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    # A temporary file's name is its number.
    text = name or (os.fsdecode(own) if isinstance(own, str | os.PathLike) else "")
    base = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return printable(base) or UNNAMED


def open_source(source: AudioSource, limits: Limits, file_name: str) -> SourceFile:
    """Open a path, bytes or a file object; a caller's file object is read from its beginning and never
    closed.

    Raises UnreadableAudioError, EmptyAudioError, AudioTooLargeError; SourceTypeError for anything that is none
    of these.
    """
    if isinstance(source, bytes):
        file = SourceFile(io.BytesIO(source), file_name, len(source), owned=True)
    elif isinstance(source, str | os.PathLike):
        file = _open_path(os.fsdecode(source), file_name)
    elif isinstance(source, io.TextIOBase):
        raise SourceTypeError("audio is binary, open the file with mode 'rb'")
    elif hasattr(source, "read"):
        file = _open_stream(source, limits, file_name)
    else:
        kind = type(source).__name__
        raise SourceTypeError(f"audio is a path, bytes, a binary file object or (samples, sample_rate), not {kind}")
    try:
        if file.size == 0:
            raise EmptyAudioError(file_name, "it is empty, it has 0 bytes", "Record, save or upload it again")
        if file.size > limits.max_bytes:
            raise _too_large(file_name, f"it has {_in_words(file.size)}", limits)
    except BaseException:
        file.release()
        raise
    return file


def _open_path(path: str, file_name: str) -> SourceFile:
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError
        # A device never ends and a pipe may wait for ever.
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a regular file")
        return SourceFile(open(path, "rb"), file_name, status.st_size, owned=True)
    except (OSError, ValueError) as failure:  # ValueError is what a path with a zero byte raises
        raise _unreadable(file_name, failure) from failure


def _open_stream(stream: Any, limits: Limits, file_name: str) -> SourceFile:
    try:
        if getattr(stream, "seekable", lambda: False)():
            size = stream.seek(0, os.SEEK_END)
            return SourceFile(stream, file_name, size, owned=False)
        return _spool(stream, limits, file_name)
    except (OSError, ValueError) as failure:
        raise _unreadable(file_name, failure) from failure


def _spool(stream: Any, limits: Limits, file_name: str) -> SourceFile:
    """Copy a stream that cannot seek, no further than the limit, to where it can be read twice."""
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115, the SourceFile closes it
    try:
        while piece := stream.read(_PIECE):
            spool.write(piece)
            if spool.tell() > limits.max_bytes:
                raise _too_large(file_name, f"it has more than {_in_words(limits.max_bytes)}", limits)
        return SourceFile(spool, file_name, size=spool.tell(), owned=True)
    except BaseException:
        spool.close()
        raise


def _unreadable(file_name: str, failure: Exception) -> UnreadableAudioError:
    match failure:
        case FileNotFoundError() | NotADirectoryError():
            problem, remedy = "there is no such file", "Check the name and the folder"
        case IsADirectoryError():
            problem, remedy = "it is a folder, not a file", "Name the files in it"
        case PermissionError():
            problem, remedy = "permission to read it is denied", "Allow reading it, or make a copy"
        case _:
            problem, remedy = "it cannot be read", "Check that it is an ordinary file that opens elsewhere"
    return UnreadableAudioError(file_name, problem, remedy)


def _too_large(file_name: str, problem: str, limits: Limits) -> AudioTooLargeError:
    allowed = f"and at most {_in_words(limits.max_bytes)} are accepted"
    return AudioTooLargeError(file_name, f"{problem} {allowed}", "Split it, or save it as FLAC, M4A or MP3")


def _in_words(size: int) -> str:
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
