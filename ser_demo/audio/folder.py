"""Which files of a folder are recordings, by their endings."""

import os
from pathlib import Path

from ser_demo.audio.headerless import HEADERLESS_SUFFIXES

AUDIO_SUFFIXES = HEADERLESS_SUFFIXES | {
    ".3g2", ".3gp", ".3gpp", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".asf", ".au", ".avi", ".awb", ".bwf",
    ".caf", ".eac3", ".flac", ".flv", ".m2ts", ".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4",
    ".mpeg", ".mpg", ".mpga", ".mts", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".sph", ".spx", ".ts", ".tta", ".w64",
    ".wav", ".wave", ".weba", ".webm", ".wma", ".wmv", ".wv",
}  # fmt: skip


def recordings_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """The recordings in a folder and in those inside it, and which of these folders may not be read; both in order."""
    recordings: list[Path] = []
    closed: list[Path] = []
    for above, _, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        if not os.access(above, os.X_OK):  # its files are listed, and cannot be opened
            closed.append(Path(above))
            continue
        for path in (Path(above, name) for name in names):
            # "._" begins macOS' notes on other disks.
            if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("._") and os.path.isfile(path):
                recordings.append(path)
    return sorted(recordings), sorted(closed)
