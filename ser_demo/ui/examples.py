"""The recordings that the page offers, all of them synthetic."""

from pathlib import Path

import ser_demo

FOLDER = Path(ser_demo.__file__).parent.parent / "examples"
LABELS = {
    "call_two_channels.flac": "Phone call, two channels",
    "happy_phone.wav": "Happy, on the phone",
    "sad_voice.flac": "Sad voice",
    "neutral_news.m4a": "Weather report",
    "hold_music.ogg": "Music, no speech",
}


def example_files() -> dict[Path, str]:
    """Each recording that is there, and what the page calls it; empty where only the package is installed."""
    return {FOLDER / name: label for name, label in LABELS.items() if (FOLDER / name).is_file()}
