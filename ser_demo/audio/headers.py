"""What a file's own bytes say about it, where the decoding libraries keep it to themselves.

libsndfile adapts to a file that is cut short and ffmpeg guesses a length that is not declared, both without a
word, so the few fields that tell are read here.
"""

import codecs
import struct
from collections.abc import Iterator
from itertools import islice

from ser_demo.audio.source import SourceFile
from ser_demo.errors import TruncatedAudioError

_MAX_CHUNKS = 1000  # a WAV has about five; a file made of empty chunks must not keep us busy
_SIZE_UNKNOWN = 0x7FFF0000  # writers that cannot seek back leave sizes from here up to 0xFFFFFFFF
_MAX_OGG_PAGE = 65307  # bytes
_NO_AUDIO = (  # where in the file, which bytes, and what they announce
    (0, b"%PDF", "a PDF document"),
    (0, b"\xd0\xcf\x11\xe0", "an Office document"),
    (0, b"\x89PNG", "an image"),
    (0, b"\xff\xd8\xff", "an image"),
    (0, b"GIF8", "an image"),
    (0, b"BM", "an image"),
    (0, b"II*\x00", "an image"),
    (0, b"MM\x00*", "an image"),
    (8, b"WEBP", "an image"),
    (4, b"ftypheic", "an image"),
    (4, b"ftypmif1", "an image"),
    (4, b"ftypavif", "an image"),
    (0, b"PK\x03\x04", "a ZIP archive or a document"),
    (0, b"Rar!", "a compressed archive"),
    (0, b"\x1f\x8b", "a compressed archive"),
    (0, b"BZh", "a compressed archive"),
    (0, b"\xfd7zXZ", "a compressed archive"),
    (0, b"\x28\xb5\x2f\xfd", "a compressed archive"),
    (0, b"7z\xbc\xaf", "a compressed archive"),
    (257, b"ustar", "an archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"SQLite format 3", "a database"),
)
_AUDIO_IN_ASCII = ("#!AMR", "RIFF", "FORM", "OggS", "fLaC", "ID3", "caff", ".snd", "MAC ", "wvpk", "TTA1", "NIST_1A")


def container_name(file: SourceFile) -> str | None:
    """The kind of audio file that the first bytes announce, in words, or None."""
    return _announced_by(_read_at(file, 0, 12))


def _announced_by(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head[4:8] == b"ftyp":
        return "MP4 or M4A"
    for magic, name in (
        (b"fLaC", "FLAC"),
        (b"OggS", "Ogg"),
        (b"ID3", "MP3"),
        (b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
        (b"\x30\x26\xb2\x75", "WMA"),
        (b"#!AMR", "AMR"),
        (b"caff", "CAF"),
        (b".snd", "AU"),
    ):
        if head.startswith(magic):
            return name
    return None


def begins_like_audio(head: bytes) -> bool:
    """Whether a file that begins with `head`, a dozen bytes or more, announces one of the usual kinds of audio."""
    return _announced_by(head) is not None


def begins_like_no_audio(head: bytes) -> str | None:
    """What is plainly wrong with a file that begins with `head`, a few hundred bytes; None where it may be a recording.

    For an answer at once: only decoding tells whether a file is a recording.
    """
    if not head:
        return "it is empty"
    for offset, magic, name in _NO_AUDIO:
        if head.startswith(magic, offset):
            return f"it is {name}, not a recording"
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)  # whose last letter may be cut in two
    except UnicodeDecodeError:
        return None
    is_text = all(letter.isprintable() or letter.isspace() for letter in text) and not text.startswith(_AUDIO_IN_ASCII)
    return "it is a text, not a recording" if is_text else None


def cut_too_early(file: SourceFile) -> TruncatedAudioError:
    """The error for a file that begins like audio and of which nothing can be read."""
    kind = container_name(file)
    return TruncatedAudioError(
        file.file_name,
        f"it begins like {kind or 'known'} audio but is cut off or damaged before any sound could be read",
        "Record, export or download it again, and wait until it is complete",
    )


def present_share(file: SourceFile) -> float:
    """Share of the declared sample bytes that a WAV, AIFF or AU file has, in [0, 1].

    1.0 where nothing is missing and where nothing is declared, as in a WAV that was written to a pipe.
    """
    head = _read_at(file, 0, 12)
    match head[:4]:
        case b"RIFF":
            declared, start = _find_chunk(file, b"data", "<")
        case b"RF64":
            declared, start = _find_chunk(file, b"data", "<")
            _, ds64 = _find_chunk(file, b"ds64", "<")
            sizes = _read_at(file, ds64 + 8, 8)
            declared = int.from_bytes(sizes, "little") if ds64 and declared == 0xFFFFFFFF else declared
            return _share(declared, start, file.size)
        case b"FORM":
            declared, start = _find_chunk(file, b"SSND", ">")
        case b".snd":
            start, declared = struct.unpack(">II", head[4:12].ljust(8, b"\0"))
        case _:
            return 1.0
    return 1.0 if declared >= _SIZE_UNKNOWN else _share(declared, start, file.size)


def has_broken_list(file: SourceFile) -> bool:
    """Whether a WAV file's list of texts holds one that runs beyond it, at which libsndfile turns for minutes."""
    if _read_at(file, 0, 4) not in (b"RIFF", b"RF64"):
        return False
    for kind, size, start in islice(_chunks(file, "<"), _MAX_CHUNKS):
        if kind == b"LIST":
            position, end = start + 4, min(start + size, file.size)
            for _ in range(_MAX_CHUNKS):
                if position + 8 > end:
                    break
                (length,) = struct.unpack("<I", _read_at(file, position + 4, 4))
                position += 8 + length + length % 2
            if position > end + 1:
                return True
    return False


def mp3_declares_length(file: SourceFile) -> bool:
    """Whether the first frame of an MP3 carries a frame count; without one any length is a guess."""
    tag = _read_at(file, 0, 10)
    start = 0
    if tag[:3] == b"ID3" and len(tag) == 10:  # its size is in four bytes of seven bits
        start = 10 + (tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9])
    frame = _read_at(file, start, 256)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def ogg_is_complete(file: SourceFile) -> bool:
    """Whether an Ogg file ends with a whole page that is marked as the last of its stream."""
    tail_start = max(0, file.size - _MAX_OGG_PAGE)
    tail = _read_at(file, tail_start, _MAX_OGG_PAGE)
    start = tail_start + max(0, tail.rfind(b"OggS"))
    length, is_last = _ogg_page(file, start)
    return is_last and start + length <= file.size


def ogg_is_one_stream(file: SourceFile) -> bool:
    """Whether an Ogg file is one whole stream: the first page marked as a last one is where the file ends."""
    position, is_last = 0, False
    while not is_last and position < file.size:
        length, is_last = _ogg_page(file, position)
        if not length:
            return False
        position += length
    return is_last and position == file.size


def _ogg_page(file: SourceFile, start: int) -> tuple[int, bool]:
    """Length in bytes, 0 where no page starts, and whether the page is marked as the last of its stream."""
    page = _read_at(file, start, 27 + 255)
    if len(page) < 27 or not page.startswith(b"OggS"):
        return 0, False
    segment_count = page[26]
    return 27 + segment_count + sum(page[27 : 27 + segment_count]), bool(page[5] & 4)


def _read_at(file: SourceFile, position: int, size: int) -> bytes:
    """Bytes from anywhere, leaving the file where a decoder that reads it expects to be."""
    before = file.tell()
    file.seek(position)
    found = file.read(size)
    file.seek(before)
    return found


def _share(declared: int, start: int, file_size: int) -> float:
    present = max(0, file_size - start)
    return present / declared if present < declared else 1.0


def _find_chunk(file: SourceFile, wanted: bytes, byte_order: str) -> tuple[int, int]:
    """Declared size and start in bytes of the first chunk of a kind, zeros where there is none."""
    for kind, size, start in islice(_chunks(file, byte_order), _MAX_CHUNKS):
        if kind == wanted:
            return size, start
    return 0, 0


def _chunks(file: SourceFile, byte_order: str) -> Iterator[tuple[bytes, int, int]]:
    position = 12
    while len(header := _read_at(file, position, 8)) == 8:
        kind, size = struct.unpack(byte_order + "4sI", header)
        yield kind, size, position + 8
        position += 8 + size + size % 2
