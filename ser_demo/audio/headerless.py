"""Sound without a header, as telephone systems such as Asterisk record it: its ending alone tells what it is."""

from pathlib import PurePath

from ser_demo.audio.av_decoder import AvDecoder, open_av
from ser_demo.audio.headers import container_name
from ser_demo.audio.source import SourceFile

_TELEPHONE = {"sample_rate": "8000", "ch_layout": "mono"}
_KINDS = {  # ffmpeg's name of each, and what it must be told
    ".ul": ("mulaw", _TELEPHONE), ".ulaw": ("mulaw", _TELEPHONE), ".pcmu": ("mulaw", _TELEPHONE),
    ".al": ("alaw", _TELEPHONE), ".alaw": ("alaw", _TELEPHONE), ".pcma": ("alaw", _TELEPHONE),
    ".sln": ("s16le", _TELEPHONE), ".gsm": ("gsm", {}), ".g722": ("g722", {}),
}  # fmt: skip
HEADERLESS_SUFFIXES = set(_KINDS)


def open_headerless(file: SourceFile) -> AvDecoder | None:
    """A decoder, or None where the file's name ends otherwise, or it has a header all the same.

    Raises NoSamplesError or TruncatedAudioError for a file in which nothing can be decoded.
    """
    suffix = PurePath(file.file_name).suffix.lower()
    if suffix not in _KINDS or container_name(file) is not None:
        return None
    return open_av(file, *_KINDS[suffix])
