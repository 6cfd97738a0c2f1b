"""Which files of a folder are recordings, by their endings."""

from collections.abc import Iterator
from pathlib import Path

AUDIO_SUFFIXES = {
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".mp4", ".aac", ".wma", ".webm", ".amr", ".aif",
    ".aiff", ".aifc", ".mov", ".mkv", ".avi",
}  # fmt: skip


def recordings_below(folder: Path) -> Iterator[Path]:
    """The recordings in a folder and in those inside it, in the order of their paths."""
    for path in sorted(folder.rglob("*")):
        # "._" begins macOS' notes on other disks.
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("._") and path.is_file():
            yield path
